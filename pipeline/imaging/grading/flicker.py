"""Flicker: single pixels that change for a moment.

It is measured only: in whole px, small motions flicker by design, and every way to mend it that was
tried left more pixels wrong than it put right.
"""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..picture import regions
from ..picture.raster import Bools

#: Components of fewer changed pixels than this are flicker.
SMALL_PX = 3


def share(reel: Reel) -> float:
    """Return the share of opaque pixels that change for one frame only, in tiny groups."""
    return float(_flicks(reel).sum()) / max(1, int(reel.solid.sum()))


def _flicks(reel: Reel) -> Bools:
    """Return the pixels within the ink's box that change in tiny groups, and then change back."""
    changed = np.roll(reel.changes, 1, axis=0)
    if reel.count < 3:
        return np.zeros_like(changed)
    frames = reel.inside
    before, after = (np.concatenate([frames[by:], frames[:by]]) for by in (-1, 1))
    flick: Bools = (before == after) & changed
    if not flick.any():
        return flick
    groups = regions.find(changed, diagonal=True)
    return flick & groups.paint(groups.areas() < SMALL_PX)
