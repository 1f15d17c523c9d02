"""Locks that a process holds for as long as it lives: the system lets go of them when it dies.

One file, one holder. The package `filelock` takes them, on every system; it is slow to load, and
most commands lock nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MODE = 0o644


class BusyError(TimeoutError):
    """Another process, or another part of this one, holds the lock."""


class Lock:
    """A lock file: who takes it again and again keeps this, for making one takes a while.

    Taken by `acquire` until `release`, or for a `with`.
    """

    def __init__(self, place: Path, *, wait_s: float = 0.0, mode: int = _MODE) -> None:
        """The file at `place` is made with `mode` when it is first taken; its folder is there."""
        self.place = place
        self._wait_s = wait_s
        self._mode = mode
        self._lock: BaseFileLock | None = None

    def acquire(self) -> None:
        """Take it.

        Raises BusyError when another still holds it after `wait_s`, OSError where no file can be.
        """
        from filelock import FileLock, Timeout

        if self._lock is None:
            self._lock = FileLock(self.place, timeout=self._wait_s, mode=self._mode)
        try:
            self._lock.acquire()
        except Timeout as exc:
            raise BusyError(f"{self.place} is held") from exc

    def release(self) -> None:
        """Let go of it."""
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def hold(place: Path, *, mode: int = _MODE) -> Lock:
    """Take the lock file at `place` at once, and return it. Raises as `Lock.acquire` does."""
    lock = Lock(place, mode=mode)
    lock.acquire()
    return lock


def is_held(place: Path) -> bool:
    """Tell whether a living process holds the lock file at `place`; False where nothing is told."""
    if not place.exists():
        return False
    try:
        hold(place).release()
    except BusyError:
        return True
    except OSError:
        return False
    return False
