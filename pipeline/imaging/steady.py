"""Flicker: single pixels that change for a moment, where the picture stands still.

Source: imaging.md section 9. Never an average: a pixel takes the value of the frames around it.
Restoring the source wherever most frames show it was measured too, and left more pixels wrong.
"""

from __future__ import annotations

import numpy as np

from . import regions
from .raster import Bools, Index
from .reel import Reel

#: Above this share of the opaque pixels it is no flicker but motion.
MOST = 0.15
#: Components of fewer changed pixels than this are flicker.
SMALL_PX = 3


def flicker(reel: Reel) -> float:
    """Return the share of opaque pixels that change for one frame only, in tiny groups."""
    return float(_flicks(reel.index).sum()) / max(1, int(reel.solid.sum()))


def steady(reel: Reel) -> Reel:
    """Take flicker out; the clip itself where there is none, or more than flicker can be."""
    index = _settled(reel.index)
    changed = float((index != reel.index).sum()) / max(1, int(reel.solid.sum()))
    return reel.with_index(index) if 0 < changed <= MOST else reel


def _settled(index: Index) -> Index:
    """Undo single changes of one frame on whose place the frames before and after agree."""
    return np.where(_flicks(index), np.roll(index, 1, axis=0), index).astype(np.int16)


def _flicks(index: Index) -> Bools:
    before, after = np.roll(index, 1, axis=0), np.roll(index, -1, axis=0)
    flick: Bools = (before == after) & (index != before)
    if len(index) < 3 or not flick.any():
        return np.zeros_like(flick)
    labels, count = regions.label(index != before, diagonal=True)
    small = regions.areas(labels, count) < SMALL_PX
    return flick & small[labels]
