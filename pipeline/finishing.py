"""Finish many sources: in this process when there are few, in other processes when it pays."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import parent_process
from typing import TYPE_CHECKING

from .errors import PixelpipeError
from .model import Record

if TYPE_CHECKING:
    from . import finish

#: Starting processes and loading numpy in them costs about as much as finishing this many sources.
_PAYS_FROM = 24


class Done(Record, frozen=True, kw_only=True):
    """How finishing a source ended: files, or the error."""

    source: str
    finished: finish.Finished | None = None
    error: PixelpipeError | None = None


class Finishing:
    """Takes tasks and gives results back, in any order. Use as a context manager."""

    def __init__(self, expected: int) -> None:
        """Prepare for about `expected` sources."""
        self._pool: ProcessPoolExecutor | None = None
        self._futures: dict[Future[Done], str] = {}
        self._done: list[Done] = []
        self._is_parallel = expected >= _PAYS_FROM and (os.cpu_count() or 1) > 1

    def __enter__(self) -> Finishing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def add(self, source: str, task: finish.Task) -> None:
        """Finish `task`; its result comes from `ready` or `rest`."""
        if not self._is_parallel:
            self._done.append(_finish(source, task))
            return
        if self._pool is None:
            # Spawned, not forked: this process has threads.
            self._pool = ProcessPoolExecutor(
                os.cpu_count(),
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_end_with_parent,
            )
        self._futures[self._pool.submit(_finish, source, task)] = source

    def ready(self) -> Iterator[Done]:
        """Yield what has been finished so far, without waiting."""
        yield from self._collect([future for future in self._futures if future.done()])
        while self._done:
            yield self._done.pop(0)

    def rest(self) -> Iterator[Done]:
        """Yield everything that is still to come, waiting for it."""
        yield from self.ready()
        while self._futures:
            ended, _ = wait(self._futures, return_when=FIRST_COMPLETED)
            yield from self._collect(list(ended))

    def _collect(self, futures: list[Future[Done]]) -> Iterator[Done]:
        for future in futures:
            del self._futures[future]
            yield future.result()


def _finish(source: str, task: finish.Task) -> Done:
    from . import finish  # heavy, and often needed in the other processes only

    try:
        return Done(source=source, finished=finish.make(task))
    except PixelpipeError as exc:
        return Done(source=source, error=exc)


def _end_with_parent() -> None:
    """End this worker when its parent dies: a killed build must leave no process behind."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _wait_for(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
