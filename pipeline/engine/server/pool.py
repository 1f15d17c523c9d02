"""Render in worker processes beside the event loop; a worker that dies is replaced.

Workers come from a fork server that has numpy and the motions loaded already, so a new one costs
milliseconds. They end by themselves when the engine is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ..accounts.jobs import Product, Refusal

log = logging.getLogger(__name__)
_NICENESS = 5


class RenderPool:
    """Own the worker processes. `close` ends them."""

    def __init__(self, workers: int, matte_noise: int = 0) -> None:
        self.workers = workers
        self._matte_noise = matte_noise
        methods = multiprocessing.get_all_start_methods()
        self._context = multiprocessing.get_context(
            "forkserver" if "forkserver" in methods else "spawn"
        )
        if "forkserver" in methods:
            self._context.set_forkserver_preload([f"{__package__}.rendering"])
        self._executor = self._make()
        self._alone = asyncio.Lock()

    def _make(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, self._context, initializer=_settle)

    def warm_up(self) -> None:
        """Start the fork server without waiting for it, so that the first job finds it loaded."""
        if self._context.get_start_method() == "forkserver":
            from multiprocessing import forkserver

            forkserver.ensure_running()

    async def render(self, order: bytes) -> Product | Refusal:
        """Render one packed order; a crash of the renderer comes back as a refusal."""
        outcome = await self._try(order)
        if outcome is None:
            # A dead worker takes all renderings under way with it; one at a time shows the cause.
            async with self._alone:
                outcome = await self._try(order)
        return outcome or Refusal(
            "internal_error", "The renderer stopped unexpectedly on this request."
        )

    async def _try(self, order: bytes) -> Product | Refusal | None:
        executor = self._executor
        try:
            return await asyncio.wrap_future(executor.submit(_render, order, self._matte_noise))
        except (BrokenProcessPool, EOFError, OSError) as exc:
            log.warning("a render worker died: %s", exc)
            if self._executor is executor:
                self._executor = self._make()
            return None

    def close(self) -> None:
        """End the workers; jobs being rendered stay in the database and are run after a restart."""
        workers = tuple((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            with contextlib.suppress(ValueError, OSError):
                worker.terminate()


def _render(order: bytes, matte_noise: int) -> Product | Refusal:
    from . import rendering  # heavy: this process only hands orders on

    return rendering.render(order, matte_noise)


def _settle() -> None:
    """Give way to the event loop, leave Ctrl-C to the engine, and end when the engine is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
