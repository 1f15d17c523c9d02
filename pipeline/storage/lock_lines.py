"""Very many lines of a lock file in little room: folder by folder, as bytes.

A line that is held as a record takes four hundred bytes, as bytes it takes seventy. Those of a few
folders, looked at last, are held as records too: whoever asks for sources in their order finds the
lines of the next one there. Of a small project none is packed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

L = TypeVar("L")
K = TypeVar("K")

#: So many lines are held as they are.
_HELD = 8192
#: Folders whose lines are held as records.
_OPEN = 8
_LEVEL = 1


class Form(Generic[L]):
    """How lines of one kind are packed: which file they are about, and what they say of it."""

    def __init__(
        self,
        row: type[Any],
        path_of: Callable[[L], str],
        packed: Callable[[L, str], Any],
        unpacked: Callable[[Any, str], L],
    ) -> None:
        """`packed` makes a row of a line and its file's name, `unpacked` a line of it and a path.

        `row` is the type of the rows.
        """
        self.path_of = path_of
        self._packed = packed
        self._unpacked = unpacked
        self._rows: Any = msgspec.msgpack.Decoder(list[row])  # type: ignore[valid-type]

    def encode(self, lines: Iterable[L]) -> bytes:
        """Return lines of one folder as bytes."""
        rows = [self._packed(line, self.path_of(line).rpartition("/")[2]) for line in lines]
        return zlib.compress(msgspec.msgpack.encode(rows), _LEVEL)

    def decode(self, content: bytes, folder: str) -> list[L]:
        """Return lines of one folder."""
        rows = self._rows.decode(zlib.decompress(content))
        return [self._unpacked(row, folder + row.name) for row in rows]


class Lines(Collection[L]):
    """Lines by the folders of their files, in the order of these; never changed."""

    def __init__(self, form: Form[L], folders: Mapping[str, bytes], count: int) -> None:
        """See `Gathering`."""
        self.form = form
        self._folders = folders
        self._count = count
        self._open: dict[str, list[L]] = {}

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[L]:
        for some in self.by_folder():
            yield from some

    def __contains__(self, line: object) -> bool:
        return any(line == one for one in self)

    def by_folder(self) -> Iterator[list[L]]:
        """Yield the lines of one folder after the other."""
        for folder, content in self._folders.items():
            yield self._open.get(folder) or self.form.decode(content, folder)

    def beside(self, path: str) -> list[L]:
        """Return the lines about files in the folder of a path."""
        folder = path[: path.rfind("/") + 1]
        if (found := self._open.get(folder)) is None:
            content = self._folders.get(folder)
            found = [] if content is None else self.form.decode(content, folder)
            self._open[folder] = found
            if len(self._open) > _OPEN:
                del self._open[next(iter(self._open))]
        return found


class Gathering(Generic[L]):
    """Takes lines one by one, in any order."""

    def __init__(self, form: Form[L]) -> None:
        self._form = form
        self._last: list[L] = []
        #: Pieces of what is said about the files of a folder, in their order.
        self._pieces: dict[str, list[bytes]] = {}

    def add(self, line: L) -> None:
        """Take one more."""
        self._last.append(line)
        if len(self._last) > _HELD:
            self._pack()

    def settled(self, settle: Callable[[list[L]], Sequence[L]]) -> Collection[L]:
        """Return what `settle` leaves of the lines: it is asked for those of each folder."""
        if not self._pieces:
            return tuple(settle(self._last))
        self._pack()
        folders, count, form = {}, 0, self._form
        for folder in sorted(self._pieces):
            pieces = self._pieces.pop(folder)
            lines = settle([line for piece in pieces for line in form.decode(piece, folder)])
            count += len(lines)
            folders[folder] = form.encode(lines)
        return Lines(form, folders, count)

    def _pack(self) -> None:
        folders: dict[str, list[L]] = {}
        for line in self._last:
            path = self._form.path_of(line)
            folders.setdefault(path[: path.rfind("/") + 1], []).append(line)
        self._last.clear()
        for folder, lines in folders.items():
            self._pieces.setdefault(folder, []).append(self._form.encode(lines))


class Grouped(Mapping[K, Sequence[L]]):
    """Lines by what they are about, found in the folder in which that lies."""

    def __init__(
        self, lines: Lines[L], name_of: Callable[[L], K], path_of: Callable[[K], str]
    ) -> None:
        """`name_of` a line tells what it is about; `path_of` that, which folder it lies in."""
        self._lines = lines
        self._name_of = name_of
        self._path_of = path_of
        #: The folder that was looked into last: its lines, and them by name.
        self._last: tuple[list[L] | None, dict[K, list[L]]] = (None, {})

    def __getitem__(self, name: K) -> Sequence[L]:
        lines = self._lines.beside(self._path_of(name))
        if lines is not self._last[0]:
            self._last = (lines, grouped_here(lines, self._name_of))
        return self._last[1][name]

    def __iter__(self) -> Iterator[K]:
        for lines in self._lines.by_folder():
            yield from grouped_here(lines, self._name_of)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def grouped(
    lines: Collection[L], name_of: Callable[[L], K], path_of: Callable[[K], str]
) -> Mapping[K, Sequence[L]]:
    """Return lines by what they are about; see `Grouped`."""
    if isinstance(lines, Lines):
        return Grouped(lines, name_of, path_of)
    return grouped_here(lines, name_of)


def grouped_here(lines: Iterable[L], name_of: Callable[[L], K]) -> dict[K, list[L]]:
    """Return lines by what they are about."""
    found: dict[K, list[L]] = {}
    for line in lines:
        found.setdefault(name_of(line), []).append(line)
    return found


def of_folders(lines: Collection[L]) -> Iterator[Collection[L]]:
    """Yield lines some at a time: all that is said about a file comes together."""
    if isinstance(lines, Lines):
        yield from lines.by_folder()
    else:
        yield lines
