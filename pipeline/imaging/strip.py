"""The strip that the service returned: one row of frames, as bytes."""

from __future__ import annotations

import numpy as np

from ..errors import AssetError, SourceError
from . import raster
from .raster import U8

#: Sixteen frames of 256 px, four times as large.
MAX_STRIP_PX = 16384


def frames(content: bytes, *, count: int, canvas: tuple[int, int], name: str) -> U8:
    """Decode and cut a strip: (frames, height, width, 3) uint8 at the canvas' size.

    A strip larger by a whole number is reduced to the middle pixel of each block. Raises
    AssetError when the bytes are no picture, or not one of `count` frames of `canvas` px.
    """
    try:
        picture = raster.decode(content, name, max_side_px=MAX_STRIP_PX)
    except SourceError as exc:
        raise AssetError(f"{exc}; the service sent it so: buy another take with `reroll`") from exc
    width, height = canvas
    factor = picture.height // height
    if not factor or (picture.width, picture.height) != (width * count * factor, height * factor):
        raise AssetError(
            f"{name}: the service sent {picture.width}x{picture.height} px, but {count} frames of "
            f"{width}x{height} px are {width * count}x{height}; buy another take with `reroll`"
        )
    row = _flat(raster.array(picture))[factor // 2 :: factor, factor // 2 :: factor]
    return np.ascontiguousarray(row.reshape(height, count, width, 3).swapaxes(0, 1))


def _flat(rgba: U8) -> U8:
    """Drop alpha: the service's pictures are opaque (api.md 4.4); black is what alpha 0 left."""
    return rgba[..., :3]
