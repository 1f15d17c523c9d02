"""Pixels: decode, fit, matte, key-out, palette, alignment, loop, grade. Owner of numpy.

Everything here is integer, deterministic and pure: bytes and arrays in, bytes and arrays out.
Arrays of frames are (frames, height, width[, 4]); an index picture is int32, -1 where transparent.
It must never open a file, or let a clock, the machine or the order of a set decide a pixel.
"""

from __future__ import annotations

from .frames.strip import area_px
from .frames.strip import read as strip_frames
from .picture.facts import Facts, facts
from .picture.png import frame_count
from .picture.raster import decode, encode
from .picture.repeats import are_alike
from .upload.fit import unfit

__all__ = [
    "Facts",
    "are_alike",
    "area_px",
    "decode",
    "encode",
    "facts",
    "frame_count",
    "strip_frames",
    "unfit",
]
