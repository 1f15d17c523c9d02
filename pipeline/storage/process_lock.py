"""A file that one process holds at a time, until it lets go or dies.

The system keeps the lock (`flock`), as it does for `filelock`, which earlier releases used on the
same files: both keep each other out. `filelock` itself takes as long to load as the rest of a
ledger, and serves where there is no `flock`.
"""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import filelock

_POLL_S = 0.05
#: What systems say when another process holds it.
_HELD = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK)
#: What some file systems say of locks.
_UNKNOWN = (errno.ENOSYS, errno.EOPNOTSUPP)


class HeldError(TimeoutError):
    """Another process, or another lock of this one, holds the file."""


class ProcessLock:
    """One lock; owned by one thread, and not to be taken twice. Use it as a context manager."""

    def __init__(self, path: Path, *, timeout_s: float = -1.0, mode: int = 0o644) -> None:
        """`timeout_s`: how long to wait for others; below 0 for ever. `mode` of a new file."""
        self.path = path
        self._timeout_s = timeout_s
        self._mode = mode
        self._descriptor = -1
        self._other: filelock.BaseFileLock | None = None

    def acquire(self, *, blocking: bool = True) -> None:
        """Take it. Raises HeldError when others keep it, and OSError where there is no such file.

        A file that was removed while we waited guards nothing any more: its successor is taken.
        """
        until = time.monotonic() + self._timeout_s
        while not self._has_taken():
            if not blocking or (self._timeout_s >= 0 and time.monotonic() >= until):
                raise HeldError(f"{self.path} is held by another process")
            time.sleep(_POLL_S)

    def release(self) -> None:
        """Let go; without having it, nothing happens. The file stays."""
        if self._other is not None:
            self._other.release()
        if self._descriptor >= 0:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
        self._other, self._descriptor = None, -1

    def __enter__(self) -> ProcessLock:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def __del__(self) -> None:
        # Closed, and not unlocked: a process that was forked from this one has the same lock.
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def _has_taken(self) -> bool:
        if fcntl is None:
            return self._has_taken_other()
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK
        descriptor = os.open(self.path, flags, self._mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_nlink:
                self._descriptor, descriptor = descriptor, -1
                return True
        except OSError as exc:
            if exc.errno in _UNKNOWN:
                return self._has_taken_other()
            if exc.errno not in _HELD:
                raise
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return False

    def _has_taken_other(self) -> bool:
        from filelock import FileLock, Timeout

        other = FileLock(self.path, mode=self._mode)
        try:
            other.acquire(blocking=False)
        except Timeout:
            return False
        self._other = other
        return True
