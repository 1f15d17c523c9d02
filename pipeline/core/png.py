"""Read and write the chunks of a PNG, whatever is in them. Pure.

A PNG is its signature and a row of chunks: four bytes of length, four of kind, the body, and four
of CRC over kind and body. What a chunk may hold is for those who read it.

Source: PNG specification, third edition (W3C 2025), 5.2 and 5.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Bytes of length, kind and CRC.
_FRAME_BYTES = 12


class Chunk(NamedTuple):
    """One chunk: views into the file, for there may be one large one."""

    kind: bytes
    body: memoryview
    #: The chunk with its length, kind and CRC.
    whole: memoryview
    #: Where it begins in the file, in bytes.
    at: int

    @property
    def is_sound(self) -> bool:
        """Whether the CRC is that of kind and body."""
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:], "big")


def chunks(content: bytes) -> Iterator[Chunk]:
    """Yield each whole chunk; stop quietly where the bytes end or lie, or are no PNG.

    No CRC is looked at, and what stands behind IEND is told as well.
    """
    if not content.startswith(SIGNATURE):
        return
    at, view = len(SIGNATURE), memoryview(content)
    while at + _FRAME_BYTES <= len(content):
        end = at + _FRAME_BYTES + int.from_bytes(content[at : at + 4], "big")
        if end > len(content):
            return
        yield Chunk(content[at + 4 : at + 8], view[at + 8 : end - 4], view[at:end], at)
        at = end


def chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    """Frame one chunk: length, kind, body, CRC."""
    framed = kind + body
    return len(body).to_bytes(4, "big") + framed + zlib.crc32(framed).to_bytes(4, "big")


def write(parts: Iterable[tuple[bytes, bytes | memoryview]]) -> bytes:
    """Return a PNG of chunks that are given by kind and body."""
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts)
