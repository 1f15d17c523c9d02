"""Finish many sources: in this process when there are few, in other processes when it pays.

The processes of this machine are always there; an executor that is lent (`finish_lent`) goes
before them, and gives back what it fails at. They are plain commands that read tasks and write
results, not `multiprocessing`: that would run the main module of a build script again in each of
them, and `Project("game").build()` must work in a script of two lines. They end when their input
ends: a killed build leaves none behind.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ..core import children
from ..core.apart import apart
from ..core.errors import AssetError, PixelpipeError
from ..core.model import Record

if TYPE_CHECKING:
    import subprocess

    from . import finish
    from .finish_lent import Lender, Lent

#: Starting processes and loading numpy in them costs about as much as finishing this many sources.
_PAYS_FROM = 24
#: Tasks for each worker, so that none waits for us; more would only fill the memory.
_AHEAD = 4
#: How often we look whether a lent executor has fallen silent.
_LOOK_S = 1.0
#: How long the end of a run waits for workers that are still at a task.
_LAST_S = 5.0


class Done(Record, frozen=True, kw_only=True):
    """How finishing a source ended: files, or the error."""

    source: str
    finished: finish.Finished | None = None
    error: PixelpipeError | None = None


class Finishing:
    """Takes tasks and gives results back, in any order. Use as a context manager."""

    def __init__(
        self, expected: int, lender: Lender | None = None, processes: int | None = None
    ) -> None:
        """Prepare for about `expected` sources.

        `processes` is how many may be started here, by default one for each core.
        """
        most = processes or os.cpu_count() or 1
        self._most = most if pays(expected) and most > 1 else 0
        self._workers: list[threading.Thread] = []
        self._tasks: queue.SimpleQueue[tuple[str, finish.Task] | None] = queue.SimpleQueue()
        self._done: queue.Queue[Done] = queue.Queue()  # SimpleQueue: see purchase.scheduler
        self._open = 0
        self._starting = threading.Lock()
        self._lent: Lent | None = None
        if lender is not None:
            self._most = most  # what is given back must not be finished in the lender's threads
            from .finish_lent import Lent

            self._lent = Lent(lender, self._here, self._done.put)

    @property
    def notices(self) -> tuple[str, ...]:
        """What of an executor that was lent the user should know, in sentences."""
        return () if self._lent is None else tuple(self._lent.notices)

    def __enter__(self) -> Finishing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lent is not None:
            self._lent.close()
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        for _worker in self._workers:
            self._tasks.put(None)
        for worker in self._workers:
            worker.join(_LAST_S)

    def add(self, source: str, task: finish.Task) -> None:
        """Finish `task`; its result comes from `room`, `ready` or `rest`."""
        self._open += 1
        if self._lent is None or not self._lent.take(source, task):
            self._here(source, task)

    def room(self) -> Iterator[list[Done]]:
        """Yield results, as many as there are at a time, until there is room for another task:
        memory holds those in flight."""
        while self._open >= max(1, self._most * _AHEAD, self._lent.room if self._lent else 0):
            yield [self._next(), *self.ready()]

    def ready(self) -> list[Done]:
        """Return what has been finished so far, without waiting."""
        found: list[Done] = []
        with suppress(queue.Empty):
            while self._open:
                found.append(self._next(wait=False))
        return found

    def rest(self) -> Iterator[list[Done]]:
        """Yield everything that is still to come, as many as there are at a time."""
        while self._open:
            yield [self._next(), *self.ready()]

    def _next(self, *, wait: bool = True) -> Done:
        done = self._done.get(wait) if self._lent is None or not wait else self._awaited(self._lent)
        self._open -= 1
        return done

    def _awaited(self, lent: Lent) -> Done:
        """Wait for a result; a lender that has fallen silent is not waited for."""
        while True:
            with suppress(queue.Empty):
                return self._done.get(timeout=_LOOK_S)
            lent.look()

    def _here(self, source: str, task: finish.Task) -> None:
        """Finish `task` on this machine; called from other threads as well."""
        if not self._most:
            self._done.put(finish_here(source, task))
            return
        with self._starting:
            if len(self._workers) < min(self._most, self._open):
                self._workers.append(threading.Thread(target=self._serve, daemon=True))
                self._workers[-1].start()
        self._tasks.put((source, task))

    def _serve(self) -> None:
        """Hand tasks to one process until there are no more; one that dies is replaced."""
        worker = None
        while (order := self._tasks.get()) is not None:
            try:
                worker = worker or _start()
                with apart():
                    done = _ask(worker, order)
            except (OSError, PixelpipeError) as exc:
                done = Done(source=order[0], error=_reason(order[0], exc))
                if worker is not None:
                    _end(worker)
                worker = None
            self._done.put(done)
        if worker is not None:
            _end(worker)


def pays(expected: int) -> bool:
    """Tell whether other processes finish so many sources sooner than this one."""
    return expected >= _PAYS_FROM


def _start() -> subprocess.Popen[bytes]:
    import subprocess  # slow to load, and few runs need others

    return subprocess.Popen(
        [sys.executable, "-c", f"from {__name__} import work; work()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.environment(),
        start_new_session=True,  # Ctrl-C goes to us alone
    )


def _end(worker: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        worker.communicate()


def _ask(worker: subprocess.Popen[bytes], order: tuple[str, finish.Task]) -> Done:
    assert worker.stdin is not None
    assert worker.stdout is not None
    import pickle

    try:
        worker.stdin.write(pickle.dumps(order, pickle.HIGHEST_PROTOCOL))
        worker.stdin.flush()
        done: Done = pickle.load(worker.stdout)
    except (OSError, EOFError, pickle.UnpicklingError) as exc:
        raise AssetError(f"{order[0]}: the process that finished it has died") from exc
    return done


def _reason(source: str, exc: OSError | PixelpipeError) -> PixelpipeError:
    """Return why a source was not finished; without a process none can be."""
    if isinstance(exc, PixelpipeError):
        return exc
    return AssetError(f"{source}: no process can be started to finish it ({exc.strerror or exc})")


def finish_here(source: str, task: finish.Task) -> Done:
    """Finish `task` in this process; an error that concerns this source alone is its answer."""
    from . import finish  # heavy, and often needed in the other processes only

    try:
        with apart():
            return Done(source=source, finished=finish.make(task))
    except PixelpipeError as exc:
        return Done(source=source, error=exc)


def packed(done: Done) -> bytes:
    """Return an answer as it is sent; an error of another package may refuse to travel."""
    import pickle

    try:
        with apart():
            return pickle.dumps(done, pickle.HIGHEST_PROTOCOL)
    except PixelpipeError as exc:
        return pickle.dumps(Done(source=done.source, error=exc), pickle.HIGHEST_PROTOCOL)


def work() -> None:
    """Finish the tasks on standard input until it ends: the body of a worker process."""
    import pickle

    from ..core import logs

    logs.to_stderr()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a target of another package prints is no answer
    with suppress(EOFError, BrokenPipeError):
        while True:
            source, task = pickle.load(sys.stdin.buffer)
            answers.write(packed(finish_here(source, task)))
            answers.flush()
