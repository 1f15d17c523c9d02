"""Very many records in little room: all but the last of them lie packed, a hundred in one piece.

A record of a sprite that is held takes two kilobytes, mostly for its strings and pointers; packed
it takes two hundred bytes. Of a few records none is packed.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")

#: Records in one piece, and so many that are held as they are (each look at packed ones costs).
_PIECE = 128
_HELD = 8192
#: Pieces that were looked into last stay open: those around the jobs in flight.
_OPEN = 4
_LEVEL = 1


class Packed(Sequence[T]):
    """Records that are never changed, in their order; what comes out equals what was put in.

    Owned by one thread.
    """

    def __init__(self, items: Iterable[T] = ()) -> None:
        """Take `items` one by one: they need never all be there at once."""
        self._pieces: list[bytes] = []
        self._last: list[T] = []
        self._open: dict[int, list[T]] = {}
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Add one more."""
        self._last.append(item)
        if len(self._last) >= (_PIECE if self._pieces else _HELD):
            for at in range(0, len(self._last), _PIECE):
                self._pieces.append(_packed(self._last[at : at + _PIECE]))
            self._last.clear()

    def __len__(self) -> int:
        return len(self._pieces) * _PIECE + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for piece in self._pieces:
            yield from _unpacked(piece)
        yield from self._last

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number, place = divmod(range(len(self))[index], _PIECE)
        if number >= len(self._pieces):
            return self._last[place + (number - len(self._pieces)) * _PIECE]
        return self._piece(number)[place]

    def _piece(self, number: int) -> list[T]:
        found = self._open.pop(number, None) or _unpacked(self._pieces[number])
        self._open[number] = found  # the one that was looked into last stands last
        if len(self._open) > _OPEN:
            del self._open[next(iter(self._open))]
        return found


class Chosen(Sequence[T]):
    """Some of a sequence's items, by their places."""

    def __init__(self, items: Sequence[T], places: Iterable[int]) -> None:
        """Keep the places only, in their order."""
        self._items = items
        self._places = array("L", places)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return Chosen(self._items, self._places[index])
        return self._items[self._places[index]]


def _packed(items: list[T]) -> bytes:
    import pickle  # loads for as long as a small plan takes, which is never packed

    return zlib.compress(pickle.dumps(items, pickle.HIGHEST_PROTOCOL), _LEVEL)


def _unpacked(piece: bytes) -> list[T]:
    import pickle

    found: list[T] = pickle.loads(zlib.decompress(piece))
    return found
