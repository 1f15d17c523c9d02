"""Aseprite's own binary file, for artists, Unity's importer and Bevy's loaders.

Little-endian: a header, then frames of chunks. Source of the layout: the format's published
specification (docs/ase-file-specs.md in Aseprite's repository).
"""

from __future__ import annotations

import heapq
import struct
import sys
import zlib
from collections.abc import Iterator

from ..core.model import Direction, Pixels
from . import aseprite
from .target import Drawn, Naming, Target

_FILE, _FRAME = 0xA5E0, 0xF1FA
_LAYER, _CEL, _PROFILE, _TAGS, _PALETTE, _SLICE = 0x2004, 0x2005, 0x2007, 0x2018, 0x2019, 0x2022
#: The order of the format's direction numbers.
_DIRECTIONS = (
    Direction.FORWARD,
    Direction.REVERSE,
    Direction.PINGPONG,
    Direction.PINGPONG_REVERSE,
)
MAX_PALETTE = 256


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("aseprite"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the file: one layer, a cel for each frame, tags, palette and the pivot's slice."""
    colors = _colors(drawn)
    frames = []
    for index, frame in enumerate(drawn.sheet.frames):
        head = tuple(_setup(drawn, colors)) if index == 0 else ()
        frames.append(_frame((*head, _cel(frame.pixels)), frame.duration_ms))
    body = b"".join(frames)
    return (_header(drawn, len(body), len(colors)) + body,)


def _header(drawn: Drawn, body_size: int, color_count: int) -> bytes:
    """Return the 128 bytes before the first frame."""
    width, height = drawn.layout.cell
    head = struct.pack(
        "<IHHHHHIHIIB3xHBBhhHH",
        128 + body_size,
        _FILE,
        len(drawn.sheet.frames),
        width,
        height,
        32,  # bits a pixel
        1,  # layer opacity is valid
        100,  # speed, unused since frames have durations
        0,
        0,
        0,  # transparent index
        color_count,
        1,  # pixel ratio
        1,
        0,  # grid
        0,
        16,
        16,
    )
    return head.ljust(128, b"\0")


def _setup(drawn: Drawn, colors: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield the chunks that describe the whole file; they stand in frame 0 before its cel."""
    yield _chunk(_PROFILE, struct.pack("<HHI8x", 1, 0, 0))  # sRGB
    entries = b"".join(struct.pack("<H", 0) + color for color in colors)
    yield _chunk(_PALETTE, struct.pack("<III8x", len(colors), 0, len(colors) - 1) + entries)
    layer = struct.pack("<HHHHHHB3x", 3, 0, 0, 0, 0, 0, 255)  # visible and editable
    yield _chunk(_LAYER, layer + _string("Layer"))
    yield _chunk(_TAGS, _tags(drawn))
    yield _chunk(_SLICE, _pivot(drawn))


def _tags(drawn: Drawn) -> bytes:
    """Return the clips as tags; repeat 0 means for ever."""
    body = struct.pack("<H8x", len(drawn.sheet.clips))
    for clip in drawn.sheet.clips:
        repeat = 0 if clip.loop else aseprite.rounds(clip.direction)
        last = clip.first + clip.count - 1
        direction = _DIRECTIONS.index(clip.direction)
        body += struct.pack("<HHBH6x3xx", clip.first, last, direction, repeat)
        body += _string(clip.name)
    return body


def _pivot(drawn: Drawn) -> bytes:
    """Return a slice over the whole cell: the only place where the format keeps a pivot."""
    has_pivot = 2
    bounds = struct.pack("<IiiIIii", 0, 0, 0, *drawn.layout.cell, *drawn.sheet.pivot)
    return struct.pack("<III", 1, has_pivot, 0) + _string("pivot") + bounds


def _cel(pixels: Pixels) -> bytes:
    """Return one frame's picture, compressed."""
    compressed = 2
    head = struct.pack("<HhhBHh5x", 0, 0, 0, 255, compressed, 0)
    size = struct.pack("<HH", pixels.width, pixels.height)
    return _chunk(_CEL, head + size + zlib.compress(pixels.rgba, 9))


def _frame(chunks: tuple[bytes, ...], duration_ms: int) -> bytes:
    """Return one frame with its ms."""
    body = b"".join(chunks)
    count = len(chunks)
    return struct.pack("<IHHH2xI", 16 + len(body), _FRAME, count, duration_ms, count) + body


def _chunk(kind: int, data: bytes) -> bytes:
    """Return one chunk: its size, its type, its data."""
    return struct.pack("<IH", 6 + len(data), kind) + data


def _string(text: str) -> bytes:
    """Return a string: length in bytes, then UTF-8."""
    encoded = text.encode()
    return struct.pack("<H", len(encoded)) + encoded


def _colors(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the opaque colours as the palette, in order, or black alone when there are none.

    A frame at a time: those of a whole clip may be a million.
    """
    kept: list[bytes] = []
    for frame in drawn.sheet.frames:
        words = set(memoryview(frame.pixels.rgba).cast("I"))
        pixels = {word.to_bytes(4, sys.byteorder) for word in words}
        opaque = {pixel for pixel in pixels if pixel[3] == 255}
        kept = heapq.nsmallest(MAX_PALETTE, opaque.union(kept))
    return tuple(kept) or (b"\0\0\0\xff",)


TARGET = Target(name="ase", paths=paths, contents=contents)
