"""Flicker: single pixels that change for a moment.

It is measured only: in whole px, small motions flicker by design, and every way to mend it that was
tried left more pixels wrong than it put right.
"""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..picture import regions
from ..picture.raster import Bools, Index

#: Components of fewer changed pixels than this are flicker.
SMALL_PX = 3


def share(reel: Reel) -> float:
    """Return the share of opaque pixels that change for one frame only, in tiny groups."""
    return float(_flicks(reel.index).sum()) / max(1, int(reel.solid.sum()))


def _flicks(index: Index) -> Bools:
    before, after = np.roll(index, 1, axis=0), np.roll(index, -1, axis=0)
    flick: Bools = (before == after) & (index != before)
    if len(index) < 3 or not flick.any():
        return np.zeros_like(flick)
    changed = regions.find(index != before, diagonal=True)
    return flick & changed.paint(changed.areas() < SMALL_PX)
