"""What tells one state of a file from another without opening it."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Mapping, MutableMapping
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


_PACKED = struct.Struct("<qqQq")
_MOST_INODE = 2**64 - 1


#: Folders whose stats are held as they are; those of the others lie packed.
_MOST_OPEN = 8

_Names = dict[str, bytes | None]


class Stats(MutableMapping[str, Stat | None]):
    """Stats by path, None for what is not there: in an eighth of the room that the records take.

    Those of one folder are looked for and noted one after the other, or it takes its time.
    """

    def __init__(self, found: Mapping[str, Stat | None] | None = None) -> None:
        """Begin with what was `found`."""
        self._open: dict[str, _Names] = {}
        self._closed: dict[str, bytes] = {}
        self._count = 0
        self.update(found or {})

    def __getitem__(self, path: str) -> Stat | None:
        names, name = self._at(path)
        packed = names[name]
        return None if packed is None else Stat(*_PACKED.unpack(packed))

    def __setitem__(self, path: str, stat: Stat | None) -> None:
        names, name = self._at(path)
        self._count += name not in names
        names[name] = (
            None
            if stat is None
            else _PACKED.pack(stat.size, stat.mtime_ns, stat.inode & _MOST_INODE, stat.ctime_ns)
        )

    def __delitem__(self, path: str) -> None:
        names, name = self._at(path)
        del names[name]
        self._count -= 1

    def __iter__(self) -> Iterator[str]:
        for folder in (*self._closed, *self._open):
            names = self._open.get(folder)
            names = _unpacked(self._closed[folder]) if names is None else names
            yield from (folder + name for name in names)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        names, name = self._at(path)
        return name in names

    def _at(self, path: str) -> tuple[_Names, str]:
        """Return what is kept of the folder of a path, and the name in it."""
        before, slash, name = path.rpartition("/")
        folder = before + slash
        if (names := self._open.get(folder)) is None:
            packed = self._closed.pop(folder, None)
            names = self._open[folder] = {} if packed is None else _unpacked(packed)
            if len(self._open) > _MOST_OPEN:
                oldest = next(iter(self._open))
                self._closed[oldest] = zlib.compress(
                    msgspec.msgpack.encode(self._open.pop(oldest)), 1
                )
        return names, name


def _unpacked(packed: bytes) -> _Names:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=_Names)


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
