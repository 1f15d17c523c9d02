"""What is known of very many files, by path: all but that of a few folders lies packed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from .stats import Stat

V = TypeVar("V")

#: Folders of which everything is held as it is.
_MOST_OPEN = 32
_LEVEL = 1


class ByFolder(MutableMapping[str, V], Generic[V]):
    """Values by path, in an eighth of the room that a dictionary takes.

    Those of one folder are looked for and noted one after the other, or it takes its time.
    """

    _decoder: ClassVar[msgspec.msgpack.Decoder[Any]]

    def __init__(self, found: Mapping[str, V] | None = None) -> None:
        """Begin with what was `found`."""
        #: By folder and name; folders end with a slash, and that of the root is "".
        self._open: dict[str, dict[str, V]] = {}
        self._closed: dict[str, bytes] = {}
        #: Open folders that are not as they are packed.
        self._changed: set[str] = set()
        self._count = 0
        self.update(found or {})

    def __getitem__(self, path: str) -> V:
        names, name = self._at(path)
        return names[name]

    def __setitem__(self, path: str, value: V) -> None:
        names, name = self._at(path)
        self._changed.add(path[: len(path) - len(name)])
        self._count += name not in names
        names[name] = value

    def __delitem__(self, path: str) -> None:
        names, name = self._at(path)
        del names[name]
        self._changed.add(path[: len(path) - len(name)])
        self._count -= 1

    def __iter__(self) -> Iterator[str]:
        for folder in (*self._closed, *(self._open.keys() - self._closed.keys())):
            names = self._open.get(folder)
            names = self._unpacked(folder) if names is None else names
            yield from [folder + name for name in names]

    def __len__(self) -> int:
        return self._count

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        names, name = self._at(path)
        return name in names

    def _at(self, path: str) -> tuple[dict[str, V], str]:
        """Return what is kept of the folder of a path, and the name in it."""
        end = path.rfind("/") + 1
        folder = path[:end]
        if (names := self._open.get(folder)) is None:
            names = self._open[folder] = self._unpacked(folder) if folder in self._closed else {}
            if len(self._open) > _MOST_OPEN:
                self._close(next(iter(self._open)))
        return names, path[end:]

    def _close(self, folder: str) -> None:
        names = self._open.pop(folder)
        if folder in self._changed:
            try:
                content = msgspec.msgpack.encode(names)
            except UnicodeEncodeError:  # a name that is no text: the folder stays open
                self._open[folder] = names
                return
            self._changed.remove(folder)
            self._closed[folder] = zlib.compress(content, _LEVEL)

    def _unpacked(self, folder: str) -> dict[str, V]:
        found: dict[str, V] = self._decoder.decode(zlib.decompress(self._closed[folder]))
        return found


class Stats(ByFolder[Stat | None]):
    """Stats by path; None for what is not there."""

    _decoder = msgspec.msgpack.Decoder(dict[str, Stat | None])


class FoundFiles(ByFolder[Stat]):
    """The files that a scan has found, with their stats."""

    _decoder = msgspec.msgpack.Decoder(dict[str, Stat])


class Names(ByFolder[bool]):
    """Paths of files, each marked with True."""

    _decoder = msgspec.msgpack.Decoder(dict[str, bool])

    @classmethod
    def of(cls, paths: Iterable[str]) -> Names:
        """Return these paths."""
        found = cls()
        for path in paths:
            found[path] = True
        return found


class Digests(ByFolder[str]):
    """Digests of files by path."""

    _decoder = msgspec.msgpack.Decoder(dict[str, str])
