"""What tells one state of a file from another without opening it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ...core.listing import HAS_INODES as HAS_INODES

#: A file that changed less than this before it was looked at may change again without its stat
#: showing it: clocks of file systems are coarse (git's racy-git.txt).
RACY_NS = 2_000_000_000


class Stat(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What tells one state of a file from another without opening it.

    Times are nanoseconds since the epoch. `ctime_ns` catches a file that was rewritten in place
    and given its old time back; it is the creation time on Windows.
    """

    size: int
    mtime_ns: int
    inode: int
    ctime_ns: int = 0

    def is_after(self, time_ns: int) -> bool:
        """Tell whether the file changed at that time or later."""
        return self.mtime_ns >= time_ns or self.ctime_ns >= time_ns

    def __str__(self) -> str:
        """Return it as it stands in a listing (see `imprint`)."""
        return f"{self.size} {self.mtime_ns} {self.inode} {self.ctime_ns}"


def stat_of(found: os.stat_result) -> Stat:
    """Keep of a stat what we compare."""
    inode = found.st_ino if HAS_INODES else 0
    return Stat(found.st_size, found.st_mtime_ns, inode, found.st_ctime_ns)


def stat_at(place: Path) -> Stat | None:
    """Return the stat of a file, or None when there is none that can be looked at."""
    try:
        return stat_of(place.stat())
    except OSError:
        return None
