"""PNG containers without their pixels: what a file claims to be, checked before it is decoded.

Source: PNG specification, third edition (W3C 2025), sections 5, 11 and 12.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Container, Iterator
from contextlib import suppress

import msgspec

from ...core import png
from ...core.errors import SourceError
from ...core.model import MAX_PICTURE_PX
from ...core.png import Chunk

#: Chunks that hold the pixels. All others are dropped before decoding: colour profiles are not
#: ours to apply, and compressed text is a place for decompression bombs.
PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
#: A second one would count for the decoder, which is not what was checked.
_ONCE = frozenset((b"IHDR", b"PLTE", b"tRNS", b"acTL"))
#: A picture of 64 MiB in pieces of 4 KiB has a sixth of this.
_MOST_CHUNKS = 100_000
#: Bit depths that each colour type may have.
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

GREY, RGB, INDEXED = 0, 2, 3
#: Samples a pixel of each colour type.
_SAMPLES = {GREY: 1, RGB: 3, INDEXED: 1, 4: 2, 6: 4}
#: First column and row of each pass of an interlaced picture, and the steps to the next ones.
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
    (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
)  # fmt: skip

#: Bytes of the one transparent colour of pictures without a palette.
_TRANSPARENCY = {GREY: 2, RGB: 6}

_FOREIGN = (
    (b"\xff\xd8\xff", "a JPEG"),
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"8BPS", "a Photoshop file"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"<svg", "an SVG"),
    (b"<?xml", "an XML file"),
    (b"%PDF", "a PDF"),
)


class Header(msgspec.Struct, frozen=True):
    """What the chunks say: sizes in px, bit depth, colour type, frames of an APNG (else 1)."""

    width: int
    height: int
    depth: int
    color_type: int
    frames: int
    #: Content of tRNS, or b"".
    transparency: bytes
    #: The file again, with the chunks that hold pixels only.
    pixel_chunks: bytes
    is_interlaced: bool = False


def inspect(content: bytes, path: str, *, max_side_px: int = MAX_PICTURE_PX) -> Header:
    """Read the header and walk all chunks to IEND; `path` is for the sentences.

    Raises SourceError: empty, not fetched from LFS, another format, cut off, corrupt, too large,
    chunks repeated or missing.
    """
    _check_kind(content, path)
    width, height, depth, color_type = _read_ihdr(content, path, max_side_px)
    kept: list[bytes | memoryview] = [png.SIGNATURE]
    frames, transparency = 1, b""
    order: list[bytes] = []
    for kind, body, raw, _ in _chunks(content, path):
        order.append(kind if kind in PIXEL_CHUNKS else b"")
        if kind == b"PLTE" and (len(body) % 3 or not 0 < len(body) <= 3 * 256):
            raise _corrupt(path, f"a palette of {len(body)} bytes")
        if kind == b"acTL" and len(body) == 8:
            frames = max(1, int(struct.unpack(">I", body[:4])[0]))
        if kind == b"tRNS":
            transparency = bytes(body)
            if len(body) != _TRANSPARENCY.get(color_type, len(body)):
                raise _corrupt(path, "impossible tRNS")
        if kind in PIXEL_CHUNKS and (kind != b"tRNS" or color_type == INDEXED):
            kept.append(raw)
    _check_order(order, color_type, path)
    is_whole = sum(map(len, kept)) == len(content)
    chunks = content if is_whole else b"".join(kept)
    is_interlaced = bool(content[28])
    return Header(width, height, depth, color_type, frames, transparency, chunks, is_interlaced)


def _check_order(order: list[bytes], color_type: int, path: str) -> None:
    """Refuse a picture whose chunks contradict each other, or lack what its pixels need."""
    if b"IDAT" not in order:
        raise _corrupt(path, "no IDAT")
    first, count = order.index(b"IDAT"), order.count(b"IDAT")
    if order[first : first + count].count(b"IDAT") != count:
        raise _corrupt(path, "its IDAT chunks are apart")
    for kind in (b"PLTE", b"tRNS"):
        if kind in order[first:]:
            raise _corrupt(path, f"{kind.decode()} after IDAT")
    if color_type == INDEXED and b"PLTE" not in order:
        raise _corrupt(path, "its colours are those of a palette, and it has none (no PLTE)")


def rows(header: Header) -> int:
    """Return how many rows the compressed pixels have, at most those that the header says.

    Of an interlaced picture it is 0 when anything is missing. Bound: 64 KiB at a time.
    """
    bits = header.depth * _SAMPLES[header.color_type]
    passes = _PASSES if header.is_interlaced else ((0, 0, 1, 1),)
    strides = []
    for left, top, across, down in passes:
        wide, high = -(-(header.width - left) // across), -(-(header.height - top) // down)
        strides.append((1 + -(-wide * bits // 8), high) if wide > 0 and high > 0 else (0, 0))
    need = sum(stride * high for stride, high in strides)
    found = _unpacked(header.pixel_chunks, need)
    if header.is_interlaced:
        return header.height if found >= need else 0
    return min(header.height, found // strides[0][0])


def _unpacked(content: bytes, most: int) -> int:
    """Return how many bytes the IDAT chunks unpack to, no more than `most` being counted."""
    unpacking, found = zlib.decompressobj(), 0
    with suppress(zlib.error):  # what follows is lost
        for kind, body, *_ in _chunks(content, ""):
            waiting = bytes(body) if kind == b"IDAT" else b""
            while waiting and found < most and not unpacking.eof:
                found += len(unpacking.decompress(waiting, 1 << 16))
                waiting = unpacking.unconsumed_tail
    return found


def _corrupt(path: str, what: str) -> SourceError:
    return SourceError(f"{path}: the PNG is corrupt ({what}); export it again")


def _cut_off(path: str, content: bytes) -> SourceError:
    return SourceError(f"{path}: the PNG is cut off after {len(content)} bytes; export it again")


def frame_count(content: bytes) -> int:
    """Return the frames of an APNG, 1 for a still PNG. The content must have passed `inspect`."""
    return inspect(content, "").frames


def only(content: bytes, path: str, kinds: Container[bytes]) -> bytes:
    """Return a PNG with the chunks of these `kinds` only. Raises as `inspect` does."""
    return png.SIGNATURE + b"".join(
        one.whole for one in _chunks(content, path) if one.kind in kinds
    )


def write(width: int, height: int, rgba: bytes) -> bytes:
    """Write straight RGBA8 as a PNG; equal pixels give equal bytes with one version of zlib."""
    stride = width * 4
    rows = b"".join(b"\0" + rgba[y * stride : (y + 1) * stride] for y in range(height))
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(rows, 9)
    return png.write(((b"IHDR", ihdr), (b"IDAT", pixels), (b"IEND", b"")))


def _check_kind(content: bytes, path: str) -> None:
    if not content:
        raise SourceError(f"{path}: the file is empty (0 bytes); export it again")
    if content.startswith(b"version https://git-lfs"):
        raise SourceError(f"{path}: not fetched, this is a Git LFS pointer; run `git lfs pull`")
    if content.startswith(png.SIGNATURE):
        return
    if png.SIGNATURE.startswith(content[:8]):
        raise _cut_off(path, content)
    name = next((name for magic, name in _FOREIGN if content.startswith(magic)), None)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        name = "a WebP"
    if name:
        raise SourceError(f"{path}: this is {name}, not a PNG; save it as PNG")
    raise SourceError(f"{path}: this is not a PNG (no PNG signature); save it as PNG")


def _read_ihdr(content: bytes, path: str, max_side_px: int) -> tuple[int, int, int, int]:
    if len(content) < 33:
        raise _cut_off(path, content)
    if content[8:16] != b"\0\0\0\rIHDR":
        raise _corrupt(path, "no IHDR")
    width, height, depth, color_type, method, filtering, interlace = struct.unpack(
        ">IIBBBBB", content[16:29]
    )
    if depth not in DEPTHS.get(color_type, ()) or method or filtering or interlace > 1:
        raise _corrupt(path, "impossible IHDR")
    if not width or not height:
        raise SourceError(f"{path}: the PNG says {width}x{height} px; export it again")
    if max(width, height) > max_side_px:
        raise SourceError(
            f"{path}: {width}x{height} px is larger than {max_side_px}x{max_side_px}; "
            "crop or scale it down, or cut the sheet into sprites"
        )
    return width, height, depth, color_type


def _chunks(content: bytes, path: str) -> Iterator[Chunk]:
    """Yield each chunk up to IEND, once it is what it claims to be."""
    seen, count = set[bytes](), 0
    for one in itertools.islice(png.chunks(content), _MOST_CHUNKS):
        kind, count = one.kind, count + 1
        if kind in PIXEL_CHUNKS and not one.is_sound:
            raise _corrupt(path, f"{kind.decode()} at byte {one.at}")
        if kind in _ONCE and kind in seen:
            raise _corrupt(path, f"two {kind.decode()}")
        seen.add(kind)
        yield one
        if kind == b"IEND":
            return
    if count == _MOST_CHUNKS:
        raise SourceError(f"{path}: the PNG has more than {_MOST_CHUNKS} chunks; export it again")
    raise _cut_off(path, content)
