"""Write opaque frames as a sheet, a GIF or a lossless animated WebP, every frame kept.

GIF and WebP containers are assembled here: Pillow's writers merge equal neighbours, and the
contract promises as many frames as were asked for. Sources: GIF89a specification; Google, "WebP
Container Specification".
"""

from __future__ import annotations

import io
import struct
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..parts.types import Ints, Pixels
from . import rasters

_PNG_LEVEL = 4


class _Png(io.BytesIO):
    """By its name Pillow loads the one plugin; told the format, those of four others as well."""

    name = "picture.png"


def sheet(frames: Pixels) -> bytes:
    """Write (frames, height, width, 3 or 4) uint8 as one horizontal row, PNG."""
    count, height, width, channels = frames.shape
    row = frames.transpose(1, 0, 2, 3).reshape(height, count * width, channels)
    return png(row)


def sheet_of(words: NDArray[np.uint32], map_: Ints) -> bytes:
    """Write the frames of a map of opaque RGBA words as `sheet` writes RGB frames."""
    count, height, width = map_.shape
    row = words.take(map_.transpose(1, 0, 2), mode="wrap")
    size = (count * width, height)
    return _png(Image.frombytes("RGB", size, row.tobytes(), "raw", "RGBX"))


def png(picture: Pixels) -> bytes:
    """Write one (height, width, 3 or 4) uint8 picture as PNG."""
    return _png(Image.fromarray(picture))


def _png(image: Image.Image) -> bytes:
    out = _Png()
    image.save(out, compress_level=_PNG_LEVEL)
    return out.getvalue()


def webp(frames: Pixels, fps: int) -> bytes:
    """Write (frames, height, width, 3 or 4) uint8 as a lossless WebP that loops for ever."""
    height, width, channels = frames.shape[1:]
    flags = 0x02 | (0x10 if channels == 4 else 0)
    chunks = [
        _chunk(b"VP8X", struct.pack("<B3x", flags) + _u24(width - 1) + _u24(height - 1)),
        _chunk(b"ANIM", struct.pack("<IH", 0, 0)),
    ]
    for frame, duration_ms in zip(frames, _durations(len(frames), fps, 1), strict=True):
        head = _u24(0) * 2 + _u24(width - 1) + _u24(height - 1) + _u24(duration_ms)
        # Bits 1 and 0: do not blend, do not dispose; every frame replaces the whole canvas.
        chunks.append(_chunk(b"ANMF", head + b"\x02" + _still(frame)))
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _still(frame: Pixels) -> bytes:
    """Encode one picture and return its VP8L chunk, without the file around it."""
    out = io.BytesIO()
    Image.fromarray(frame).save(out, "WEBP", lossless=True, quality=60, method=3, exact=True)
    raw = out.getvalue()
    at = 12
    while at < len(raw):
        name, length = raw[at : at + 4], struct.unpack("<I", raw[at + 4 : at + 8])[0]
        end = at + 8 + length + length % 2
        if name == b"VP8L":
            return raw[at:end]
        at = end
    raise ValueError("Pillow wrote a WebP without a lossless chunk")


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "little")


def gif(frames: Pixels, fps: int) -> bytes:
    """Write (frames, height, width, 3 or 4) uint8 as a GIF that loops for ever.

    One table for all frames; exact up to 256 colours (255 with transparency).
    """
    indices, table, transparent = _indexed(frames)
    height, width = frames.shape[1:3]
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0)
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    blocks = [head + table.tobytes().ljust(768, b"\0") + loop]
    for frame, duration_ms in zip(indices, _durations(len(frames), fps, 10), strict=True):
        # Disposal 2 restores the transparent background, so that frames do not pile up.
        flags = (2 << 2) | 1 if transparent is not None else (1 << 2)
        control = struct.pack("<BHBB", flags, duration_ms // 10, transparent or 0, 0)
        blocks.append(b"\x21\xf9\x04" + control + _gif_image(frame))
    return b"".join(blocks) + b"\x3b"


def _gif_image(frame: Pixels) -> bytes:
    """Compress one frame of table indices; returns its image descriptor and blocks."""
    image = Image.fromarray(frame).convert("P")
    image.putpalette(bytes(range(256)) * 3)
    out = io.BytesIO()
    image.save(out, "GIF", optimize=False, interlace=0)
    raw = out.getvalue()
    at = 13 + 3 * 2 ** ((raw[10] & 7) + 1)
    while raw[at] == 0x21:
        at += 2
        while raw[at]:
            at += raw[at] + 1
        at += 1
    # The descriptor's last byte would announce a table of its own; all frames share the file's.
    return raw[at : at + 9] + b"\0" + _after_local_table(raw, at)[:-1]


def _after_local_table(raw: bytes, at: int) -> bytes:
    flags = raw[at + 9]
    return raw[at + 10 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0) :]


def _indexed(frames: Pixels) -> tuple[Pixels, Pixels, int | None]:
    """Find one colour table: indices (frames, height, width), table (n, 3), transparent index."""
    opaque = frames[..., 3] >= 128 if frames.shape[3] == 4 else np.ones(frames.shape[:3], bool)
    transparent = None if opaque.all() else 255
    table, inverse = rasters.colours(frames)
    indices = inverse.reshape(frames.shape[:3])
    room = 256 if transparent is None else 255
    if len(table) > room:
        table, indices = _reduced(table, indices, room)
    cells: Pixels = indices.astype(np.uint8)
    if transparent is not None:
        cells[~opaque] = transparent
    return cells, table, transparent


def _reduced(
    table: Pixels, indices: NDArray[np.intp], room: int
) -> tuple[Pixels, NDArray[np.intp]]:
    """Merge a table that is too long, by use, with Pillow's median cut."""
    counts = np.bincount(indices.ravel(), minlength=len(table))
    weighted = np.repeat(table, np.maximum(1, counts * 65536 // counts.sum()), axis=0)
    cut = Image.fromarray(weighted[None]).quantize(room, Image.Quantize.MEDIANCUT)
    entries = cut.getpalette() or []
    merged = np.array(entries[: room * 3], np.uint8).reshape(-1, 3)
    distance = ((table[:, None].astype(np.int32) - merged[None].astype(np.int32)) ** 2).sum(-1)
    return merged, distance.argmin(axis=1)[indices]


def _durations(count: int, fps: int, tick_ms: int) -> tuple[int, ...]:
    """Spread `count` frames at `fps` over whole ticks without drifting (120, 130 ms … in a GIF)."""
    edges = [int(1000 * step / fps / tick_ms + 0.5) * tick_ms for step in range(count + 1)]
    return tuple(after - before for before, after in pairwise(edges))
