"""Very many records in little room: all but the last of them lie packed, some in one piece.

A record of a sprite that is held takes two kilobytes, mostly for its strings and pointers; packed
it takes two hundred bytes. Of a few records none is packed.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

import msgspec

T = TypeVar("T")
S = TypeVar("S")

#: Records in one piece, and so many that are held as they are (each look at packed ones costs).
_PIECE = 64
_HELD = 4096
#: Pieces that were looked into last stay open: those around the jobs in flight.
_OPEN = 4
_LEVEL = 1


class Form(Generic[T]):
    """How records of one kind are packed: as they are, unless a subclass says otherwise."""

    def __init__(self, kind: type[T]) -> None:
        """Nothing is prepared before the first record is read back."""
        self._kind: Any = kind
        self._decoder: msgspec.msgpack.Decoder[list[T]] | None = None

    def apart(self, item: T) -> tuple[T, tuple[Any, ...]]:
        """Return a record without what it has in common with many others, and all of that."""
        return item, ()

    def joined(self, item: T, common: tuple[Any, ...]) -> T:
        """Return a record, of which nobody else knows yet, with what `apart` took out of it."""
        return item

    def encode(self, items: list[T]) -> bytes:
        """Return records as bytes."""
        return zlib.compress(msgspec.msgpack.encode(items), _LEVEL)

    def decode(self, piece: bytes) -> list[T]:
        """Return the records of a piece."""
        if self._decoder is None:
            self._decoder = msgspec.msgpack.Decoder(list[self._kind])  # type: ignore[name-defined]
        return self._decoder.decode(zlib.decompress(piece))


class _Piece(NamedTuple):
    """Records as bytes, and for each the number of what it has in common with others.

    What cannot be written (a name that is no text) stays as it is.
    """

    content: bytes | list[Any]
    common: array[int]


class Packed(Sequence[T]):
    """Records that are never changed, in their order; what comes out equals what was put in.

    Owned by one thread.
    """

    def __init__(self, form: Form[T], items: Iterable[T] = ()) -> None:
        """Take `items` one by one: they need never all be there at once."""
        self._form = form
        self._pieces: list[_Piece] = []
        self._last: list[T] = []
        self._open: dict[int, list[T]] = {}
        #: What records have in common; each is kept once if it is the same object.
        self._common: list[tuple[Any, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Add one more."""
        self._last.append(item)
        if len(self._last) >= (_PIECE if self._pieces else _HELD):
            for at in range(0, len(self._last), _PIECE):
                self._pieces.append(self._packed(self._last[at : at + _PIECE]))
            self._last.clear()

    def __len__(self) -> int:
        return len(self._pieces) * _PIECE + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for piece in self._pieces:
            yield from self._unpacked(piece)
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
        found = self._open.pop(number, None) or self._unpacked(self._pieces[number])
        self._open[number] = found  # the one that was looked into last stands last
        if len(self._open) > _OPEN:
            del self._open[next(iter(self._open))]
        return found

    def _packed(self, items: list[T]) -> _Piece:
        divided = [self._form.apart(item) for item in items]
        numbers = array("L", (self._number(common) for _, common in divided))
        if len(set(numbers)) == 1:
            numbers = numbers[:1]
        lone = [item for item, _ in divided]
        try:
            return _Piece(self._form.encode(lone), numbers)
        except UnicodeEncodeError:
            return _Piece(lone, numbers)

    def _number(self, common: tuple[Any, ...]) -> int:
        """Return the number of what records have in common; it is kept, and so are its objects."""
        name = tuple(map(id, common))
        if (number := self._numbers.get(name)) is None:
            if self._common and self._common[-1] == common:
                return len(self._common) - 1
            number = self._numbers[name] = len(self._common)
            self._common.append(common)
        return number

    def _unpacked(self, piece: _Piece) -> list[T]:
        content, numbers = piece
        items = self._form.decode(content) if isinstance(content, bytes) else [*content]
        if len(numbers) == 1:
            common = self._common[numbers[0]]
            if not common:
                return items
            return [self._form.joined(item, common) for item in items]
        return [
            self._form.joined(item, self._common[number])
            for item, number in zip(items, numbers, strict=True)
        ]


class Mapped(Sequence[T]):
    """What a function makes of a sequence's items, each time it is asked for."""

    def __init__(self, made: Callable[[S], T], items: Sequence[S]) -> None:
        """Keep nothing but both."""
        self._made: Callable[[Any], T] = made
        self._items: Sequence[Any] = items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return map(self._made, self._items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return Mapped(self._made, self._items[index])
        return self._made(self._items[index])


class Chosen(Mapped[T]):
    """Some of a sequence's items, by their places."""

    def __init__(self, items: Sequence[T], places: Iterable[int]) -> None:
        """Keep the places only, in their order."""
        super().__init__(items.__getitem__, array("L", places))
