"""Bring enlarged pixel art back to its native size.

An exact enlargement comes back exactly. A soft or fractional grid is measured, and a large picture
without one is only made small: both are said in the job's `inputs`.
"""

from __future__ import annotations

import math

import numpy as np

from ..accounts.jobs import Product, Refusal
from ..parts.types import Pixels
from . import encode, grids, recolour

#: Pictures of more px a side are made small if they have no grid; the side that they get then.
_LARGE, _SMALL = 256, 128


def native_size(picture: Pixels, colors: int) -> Product | Refusal:
    """Divide (height, width, 4) uint8 by its factor and reduce it to `colors` colours."""
    factor = enlargement(picture)
    if factor >= 2:
        return _product(picture[::factor, ::factor], colors, {"scale": factor})
    grid = grids.find(picture)
    if grid is not None:
        reading = f"a pixel grid of {grid.period:.2f} px, measured"
        notes: dict[str, object] = {"scale": round(grid.period, 3), "interpretation": reading}
        return _product(grids.sampled(picture, grid), colors, notes)
    if max(picture.shape[:2]) > _LARGE:
        return _made_small(picture, colors)
    return Refusal(
        "needs_ai",
        "The picture has no pixel grid that could be measured: it is no enlarged pixel art, or at "
        "its native size already. The real Pixel Engine service may find more in it.",
    )


def _product(native: Pixels, colors: int, notes: dict[str, object]) -> Product:
    native = recolour.onto_count(native, colors)
    if (native[..., 3] == 255).all():
        native = native[..., :3]
    height, width = native.shape[:2]
    metadata: dict[str, object] = {"width": width, "height": height}
    return Product(encode.png(native), "image/png", metadata, notes)


def _made_small(picture: Pixels, colors: int) -> Product:
    """Take every n-th pixel, so that the longer side has at most `_SMALL` px."""
    step = -(-max(picture.shape[:2]) // _SMALL)
    begin = min(step // 2, min(picture.shape[:2]) - 1)
    reading = f"no pixel grid was found; every {step}th pixel was taken"
    notes: dict[str, object] = {"placeholder": True, "scale": step, "interpretation": reading}
    return _product(picture[begin::step, begin::step], colors, notes)


def enlargement(picture: Pixels) -> int:
    """Find the whole factor by which (height, width, 4) uint8 is enlarged; 1 when it is not.

    Every place where neighbouring rows or columns differ must lie on the grid.
    """
    across = (picture[:, 1:] != picture[:, :-1]).any(axis=(0, 2))
    down = (picture[1:] != picture[:-1]).any(axis=(1, 2))
    places = (np.flatnonzero(across) + 1, np.flatnonzero(down) + 1)
    return math.gcd(*picture.shape[:2], *(int(place) for axis in places for place in axis))
