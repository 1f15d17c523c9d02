"""Have sources finished by an executor that somebody lends, such as that of a cluster.

Nothing depends on it: a source whose task fails there for whatever reason is given back, and is
finished here. So is everything that is out when the other side has fallen silent.
"""

from __future__ import annotations

import functools
import itertools
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from . import finish_remote

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from .finish import Task
    from .finish_pool import Done

#: Tasks for each thread of the other side, so that none waits for the way to us and back.
AHEAD = 8
#: Without any answer for this long we ask whether anybody is still there.
_SILENT_S = 5.0
#: Without any answer for this long nobody is, whatever is said.
_LOST_S = 60.0
#: How often we ask how many threads there are.
_COUNTED_S = 5.0


class Lender(Protocol):
    """Lends an executor whose processes may be other versions, may come, and may go."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def executor(self) -> Executor:
        """What runs module functions; another one after `narrow`."""

    def threads(self) -> int:
        """Return how many tasks can run at a time; 0 when nobody is there."""

    def narrow(self, fingerprint: str) -> bool:
        """Use only processes with this fingerprint from now on; tell whether there are any."""


class Lent:
    """The tasks that are out."""

    def __init__(
        self,
        lender: Lender,
        give_back: Callable[[str, Task], None],
        done: Callable[[Done], None],
    ) -> None:
        """Give sources back, or say how they ended, from any thread."""
        self._lender = lender
        self._give_back = give_back
        self._done = done
        self._fingerprint = finish_remote.look()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._out: dict[int, tuple[str, Task]] = {}
        self._heard = self._counted = time.monotonic()
        self._threads = lender.threads()
        self._is_over = not self._threads
        self._is_narrowed = False
        self._others = 0
        self._failed = 0
        self._why = "" if self._threads else "no worker is there"

    @property
    def room(self) -> int:
        """How many tasks may be out."""
        if time.monotonic() - self._counted > _COUNTED_S and not self._is_over:
            self._threads = self._lender.threads() or self._threads
            self._counted = time.monotonic()
        return 0 if self._is_over else AHEAD * self._threads

    def take(self, source: str, task: Task) -> bool:
        """Send a task; False where it has to be finished here."""
        if self._others and not self._is_narrowed:
            self._narrow()
        if self._is_over:
            return False
        number = next(self._numbers)
        order = pickle.dumps((source, task), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            if not self._out:
                self._heard = time.monotonic()
            self._out[number] = source, task
        try:
            future = self._lender.executor.submit(finish_remote.answer, self._fingerprint, order)
        except Exception as exc:
            self._note(exc)
            return self._taken(number) is None
        future.add_done_callback(functools.partial(self._settled, number))
        return True

    def look(self) -> None:
        """Take everything back when nothing has come for too long and nobody is there."""
        silent = time.monotonic() - self._heard
        if not self._out or silent < _SILENT_S:
            return
        if silent < _LOST_S and self._lender.threads():
            return
        self._why = self._why or "no worker answers any more"
        for number in list(self._out):
            if order := self._taken(number):
                self._failed += 1
                self._give_back(*order)
        self._narrow()

    def close(self) -> None:
        """Wait for nothing more."""
        self._is_over = True
        with self._lock:
            self._out.clear()

    @property
    def notices(self) -> Iterator[str]:
        """Yield what the user should know, in sentences."""
        if self._others:
            yield (
                f"{self._lender.name}: some workers have another version of pixelpipe, Python, "
                f"numpy, Pillow or a plugin; what they were given ({self._others} sprites) was "
                "finished here. Install the same there"
            )
        if self._why:
            yield (
                f"{self._lender.name}: {self._why}; {self._failed or 'all'} sprites were finished "
                "here"
            )

    def _settled(self, number: int, future: Future[tuple[str, bytes]]) -> None:
        """Take an answer, in a thread of the executor's: it must not wait."""
        order = self._taken(number)
        if order is None:
            return
        self._heard = time.monotonic()
        try:
            _, answer = future.result()
            done: Done | None = pickle.loads(answer) if answer else None
            self._others += not answer
        except Exception as exc:
            self._note(exc)
            done = None
        if done is None:
            self._give_back(*order)
        else:
            self._done(done)

    def _note(self, exc: Exception) -> None:
        if isinstance(exc, ImportError | AttributeError):  # an older version, or none, is there
            self._others += 1
            return
        self._failed += 1
        self._why = self._why or f"{type(exc).__name__}: {exc}".partition("\n")[0][:200]

    def _narrow(self) -> None:
        """Use only workers that are known to be the same; without any, nothing more is sent."""
        self._is_narrowed = True
        if not self._lender.narrow(self._fingerprint):
            self._is_over = True
        self._heard = self._counted = time.monotonic()
        self._threads = self._lender.threads()

    def _taken(self, number: int) -> tuple[str, Task] | None:
        with self._lock:
            return self._out.pop(number, None)
