"""GIF, WebP and JPEG files without their pixels: how large they say they are, and how long.

Sources: GIF89a specification, sections 17 to 27; WebP container specification; ITU-T T.81, B.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...core.errors import SourceError

_TABLE, _TABLE_SIZE = 0x80, 0x07
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
#: Markers of JPEG that begin a frame header, which has the size; and those without a length.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))


def gif(content: bytes, name: str) -> tuple[int, int, int]:
    """Return width, height and frames of a GIF: the screen, or what reaches beyond it.

    Raises SourceError for one that is cut off, or has no frame.
    """
    count = 0
    try:
        width, height = _u16(content, 6), _u16(content, 8)
        for left, top, across, down in _gif_frames(content):
            width, height, count = max(width, left + across), max(height, top + down), count + 1
    except IndexError as exc:
        raise _cut_off("GIF", content, name) from exc
    if not count or not width or not height:
        raise SourceError(f"{name}: the GIF has no frame")
    return width, height, count


def webp(content: bytes, name: str) -> tuple[int, int, int]:
    """Return width, height and frames of a WebP. Raises SourceError for one that is cut off."""
    if len(content) < 30 or len(content) < int.from_bytes(content[4:8], "little") + 8:
        raise _cut_off("WebP", content, name)
    first = content[12:16]
    if first == b"VP8X":
        size = (_u24(content, 24) + 1, _u24(content, 27) + 1)
        return *size, max(1, sum(kind == b"ANMF" for kind in _webp_chunks(content)))
    if first == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 1
    if first == b"VP8 ":
        return _u16(content, 26) & 0x3FFF, _u16(content, 28) & 0x3FFF, 1
    raise SourceError(f"{name}: the WebP is damaged (no picture)")


def jpeg(content: bytes, name: str) -> tuple[int, int]:
    """Return width and height of a JPEG. Raises SourceError when it does not say."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAME_HEADERS:
            down, across = content[at + 5 : at + 7], content[at + 7 : at + 9]
            return int.from_bytes(across, "big"), int.from_bytes(down, "big")
        bare = marker in _BARE or marker == 0xFF
        at += 2 - (marker == 0xFF) if bare else 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    raise SourceError(f"{name}: the JPEG is damaged (no size)")


def _gif_frames(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield left, top, width and height of each frame that is there whole.

    Raises IndexError where the file is cut off.
    """
    at = 13 + _table(content[10])
    while content[at] != _END:
        kind = content[at]
        if kind == _IMAGE:
            place = [_u16(content, at + 1 + 2 * number) for number in range(4)]
            at = _blocks(content, at + 11 + _table(content[at + 9]))
            yield place[0], place[1], place[2], place[3]
        elif kind == _EXTENSION:
            at = _blocks(content, at + 2)
        elif not kind:
            at += 1  # some encoders leave a hole between blocks
        else:
            raise IndexError(at)  # no block begins so: whatever follows is none


def _blocks(content: bytes, at: int) -> int:
    """Return where a run of sub-blocks ends."""
    while size := content[at]:
        at += size + 1
    return at + 1


def _table(flags: int) -> int:
    return 3 << (flags & _TABLE_SIZE) + 1 if flags & _TABLE else 0


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(content):
        yield content[at : at + 4]
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + size + size % 2


def _u16(content: bytes, at: int) -> int:
    if at + 2 > len(content):
        raise IndexError(at)
    return int.from_bytes(content[at : at + 2], "little")


def _u24(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 3], "little")


def _cut_off(kind: str, content: bytes, name: str) -> SourceError:
    return SourceError(f"{name}: the {kind} is cut off after {len(content)} bytes")
