"""Decode pictures to arrays, in the workers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..contract.pictures import opened
from ..parts import regions
from ..parts.types import Ints, Pixels

OPAQUE_FROM = 128


def decode(raw: bytes) -> Pixels:
    """Decode a checked picture to (height, width, 4) uint8 straight RGBA."""
    with opened(raw) as image:
        return _rgba(image)


def decode_all(raw: bytes) -> tuple[Pixels, int]:
    """Decode every frame: (frames, height, width, 4) uint8, and the frames a second."""
    from PIL import ImageSequence  # for what moves only

    with opened(raw) as image:
        shown = [
            (_rgba(frame), frame.info.get("duration") or 125)
            for frame in ImageSequence.Iterator(image)
        ]
    mean_ms = sum(duration for _, duration in shown) / len(shown)
    return np.stack([pixels for pixels, _ in shown]), max(1, round(1000 / mean_ms))


def _rgba(image: Image.Image) -> Pixels:
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow would clip instead of scaling.
        grey = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        image = Image.fromarray(grey)
    return np.array(image.convert("RGBA"))


def cut_alpha(pixels: Pixels) -> Pixels:
    """Make alpha 0 or 255 at half, and zero the colour of what is transparent."""
    opaque = pixels[..., 3:] >= OPAQUE_FROM
    cut = np.where(opaque, pixels, np.uint8(0))
    cut[..., 3] = np.where(opaque[..., 0], 255, 0)
    return cut


def words(pixels: Pixels) -> NDArray[np.uint32]:
    """View (..., 4) uint8 as one number a pixel, in the machine's own order: moved at once."""
    found: NDArray[np.uint32] = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]
    return found


def colours(pixels: Pixels) -> tuple[Pixels, Ints]:
    """List the colours of (..., 3 or 4) uint8 as (n, 3), and each pixel's index in it (flat)."""
    wide = pixels.astype(np.intp)
    codes = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    known = regions.distinct(codes)
    table = np.stack([known >> 16, known >> 8 & 255, known & 255], axis=-1)
    return table.astype(np.uint8), known.searchsorted(codes.ravel())
