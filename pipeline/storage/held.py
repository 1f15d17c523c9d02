"""Locks that a process holds for as long as it lives: the system lets go of them when it dies.

One file, one holder. Most systems lock files themselves (`flock`), and to ask them takes nothing;
where that is not so (Windows, some network file systems) the package `filelock` does, which takes
as long to load as drawing a sprite. Both take the same lock of the same file.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

_MODE = 0o644
#: How often a lock that is taken is asked for again.
_AGAIN_S = 0.05
#: What a system says of a lock that another holds.
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK)
#: What it says where it knows no locks of files.
_UNKNOWN = (errno.ENOSYS, errno.ENOTSUP)


class BusyError(TimeoutError):
    """Another process, or another part of this one, holds the lock."""


class Hold:
    """A lock file that is held, until `release` or the end of a `with`."""

    def __init__(self, place: Path, release: Callable[[], None]) -> None:
        """`release` lets go of what was taken at `place`."""
        self.place = place
        self.release = release

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def hold(place: Path, *, wait_s: float = 0.0, mode: int = _MODE) -> Hold:
    """Take the lock file at `place`, which is made with `mode`; its folder is there.

    Raises BusyError when another still holds it after `wait_s`, and OSError where no file can be.
    """
    try:
        import fcntl
    except ImportError:
        return _by_package(place, wait_s, mode)
    ends = time.monotonic() + wait_s
    while True:
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(descriptor)
            if exc.errno in _UNKNOWN:
                return _by_package(place, wait_s, mode)
            if exc.errno not in _TAKEN:
                raise
            if time.monotonic() >= ends:
                raise BusyError(f"{place} is held") from None
            time.sleep(_AGAIN_S)
            continue
        if os.fstat(descriptor).st_nlink:  # else whoever held it has deleted it since it was opened
            return Hold(place, partial(os.close, descriptor))
        os.close(descriptor)


def _by_package(place: Path, wait_s: float, mode: int) -> Hold:
    from filelock import FileLock, Timeout

    lock = FileLock(place, timeout=wait_s, mode=mode)
    try:
        lock.acquire()
    except Timeout as exc:
        raise BusyError(f"{place} is held") from exc
    return Hold(place, lock.release)


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
