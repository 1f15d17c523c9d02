"""The texts of very many folders, a third of their length."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

#: So many bytes are kept as they are.
_HELD = 1 << 20
_LEVEL = 1


class Texts(Mapping[str, bytes]):
    """A text for each folder; all but the first of them are compressed."""

    def __init__(self) -> None:
        self._plain: dict[str, bytes] = {}
        self._packed: dict[str, bytes] = {}
        self._left = _HELD

    def add(self, folder: str, text: bytes) -> None:
        """Keep the text of a folder that has none yet."""
        self._left -= len(text)
        if self._left >= 0:
            self._plain[folder] = text
        else:
            self._packed[folder] = zlib.compress(text, _LEVEL)

    def __getitem__(self, folder: str) -> bytes:
        plain = self._plain.get(folder)
        return zlib.decompress(self._packed[folder]) if plain is None else plain

    def __iter__(self) -> Iterator[str]:
        yield from self._plain
        yield from self._packed

    def __len__(self) -> int:
        return len(self._plain) + len(self._packed)
