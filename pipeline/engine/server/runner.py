"""Run queued jobs: start in order, render in the pool, show the result when its time has come."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from functools import partial

from ..accounts import jobs
from ..accounts.jobs import Product, Refusal, Turn
from . import pace
from .pace import Pace
from .pool import RenderPool

log = logging.getLogger(__name__)

_TICK_S = 1.0


class Runner:
    """Own the tasks that carry jobs from `queued` to their end. `run` until cancelled."""

    def __init__(self, db: sqlite3.Connection, pool: RenderPool, speed: Pace) -> None:
        self._db = db
        self._pool = pool
        self._pace = speed
        self._wake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Say that a job was queued, or that a place became free."""
        self._wake.set()

    async def run(self) -> None:
        """Start jobs as places become free; lapse holds and refresh pools once a second."""
        jobs.resume(self._db, time.time(), hold_s=self._pace.hold_s)
        self._wake.set()
        while True:
            try:
                async with asyncio.timeout(_TICK_S):
                    await self._wake.wait()
            except TimeoutError:
                self._guarded(self._keep_house)
            self._wake.clear()
            self._guarded(self._fill)

    def _guarded(self, step: Callable[[float], None]) -> None:
        """Take a step; a database that is locked or full is tried again at the next tick."""
        try:
            step(time.time())
        except sqlite3.OperationalError as exc:
            log.error("the database refuses: %s", exc)

    def _keep_house(self, now: float) -> None:
        for job in pace.keep_house(self._db, self._pace, now):
            self.drop(job)

    def drop(self, job: str) -> None:
        """Stop working for a job that was cancelled or has lapsed."""
        task = self._running.get(job)
        if task is not None:
            task.cancel()
        self._wake.set()

    def _fill(self, now: float) -> None:
        free = self._pace.slots - len(self._running)
        if free <= 0:
            return
        for turn in jobs.start(self._db, free, now, self._pace.latency.duration_s):
            task = asyncio.create_task(self._carry_out(turn))
            self._running[turn.id] = task
            task.add_done_callback(partial(self._leave, turn.id))

    def _leave(self, job: str, task: asyncio.Task[None]) -> None:
        del self._running[job]
        self._wake.set()

    async def _carry_out(self, turn: Turn) -> None:
        outcome: Product | Refusal = Refusal(
            "internal_error", "Generation failed on the server; no credits were charged."
        )
        if not turn.is_doomed:
            outcome = await self._pool.render(turn.order)
        delay = turn.ready_at - time.time()
        if delay > 0:
            await asyncio.sleep(delay)
        jobs.finish(self._db, turn.id, outcome, time.time(), hold_s=self._pace.hold_s)
