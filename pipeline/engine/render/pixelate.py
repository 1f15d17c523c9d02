"""Bring enlarged pixel art back to its native size, when it is an exact enlargement.

Soft or fractional grids need the real service.
"""

from __future__ import annotations

import math

import numpy as np

from ..accounts.jobs import Product, Refusal
from ..parts.types import Pixels
from . import encode, recolour


def native_size(picture: Pixels, colors: int) -> Product | Refusal:
    """Divide (height, width, 4) uint8 by its exact factor and reduce it to `colors` colours."""
    factor = enlargement(picture)
    if factor < 2:
        return Refusal(
            "needs_ai",
            "The picture is not an exact enlargement of pixel art by a whole factor; finding a "
            "soft pixel grid needs the real Pixel Engine service.",
        )
    native = recolour.onto_count(picture[::factor, ::factor], colors)
    if (native[..., 3] == 255).all():
        native = native[..., :3]
    height, width = native.shape[:2]
    metadata: dict[str, object] = {"width": width, "height": height}
    return Product(encode.png(native), "image/png", metadata, {"scale": factor})


def enlargement(picture: Pixels) -> int:
    """Find the whole factor by which (height, width, 4) uint8 is enlarged; 1 when it is not.

    Every place where neighbouring rows or columns differ must lie on the grid.
    """
    across = (picture[:, 1:] != picture[:, :-1]).any(axis=(0, 2))
    down = (picture[1:] != picture[:-1]).any(axis=(1, 2))
    places = (np.flatnonzero(across) + 1, np.flatnonzero(down) + 1)
    return math.gcd(*picture.shape[:2], *(int(place) for axis in places for place in axis))
