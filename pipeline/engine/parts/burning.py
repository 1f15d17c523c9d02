"""What burns: fire by its colours and its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import colour
from .types import Bools

if TYPE_CHECKING:
    from . import Sprite

#: The heart of a flame is bright and yellow; brown things are as warm, and dull.
BRIGHT, YELLOW_DEGREES, LEAST_BRIGHT, LIGHTER_HEART = 0.8, 75.0, 0.08, 0.03


def is_fire(sprite: Sprite, mask: Bools) -> bool:
    """Tell whether a region burns: bright and yellow in its heart, redder at its edge, tapering."""
    palette = sprite.palette
    bright = palette.fiery & (palette.lab[:, 0] >= BRIGHT) & (palette.hue >= YELLOW_DEGREES)
    if np.append(bright, False)[palette.index][mask].mean() < LEAST_BRIGHT:
        return False
    widths = mask.sum(axis=1)
    widths = widths[widths > 0]
    tip = widths[: max(1, len(widths) // 4)].mean()
    is_upright = len(widths) >= 0.95 * widths.max() and tip <= 0.55 * widths.max()
    return is_upright and _heart(sprite, mask) >= LIGHTER_HEART


def _heart(sprite: Sprite, mask: Bools) -> float:
    """Return by how much the heart of a region is lighter than its edge, of its warm pixels."""
    warm = mask & np.append(sprite.palette.fiery, False)[sprite.palette.index]
    edge = colour.rim(mask)
    if not (warm & edge).any() or not (warm & ~edge).any():
        return 0.0
    return float(sprite.lightness[warm & ~edge].mean() - sprite.lightness[warm & edge].mean())
