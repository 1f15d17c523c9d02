"""Which frame of a clip has to be the source, and how far it is from it.

A loop, and what acts, begin with the source. What arrives ends with it: a figure that appears out
of a ring of light, a lid that closes.
"""

from __future__ import annotations

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture.raster import Bools


def frame(reel: Reel, motion: Motion) -> int:
    """Return the number of the frame that has to be the source: the first, or the last one."""
    last = reel.count - 1
    return last if motion.arrives and differ(reel, last) < differ(reel, 0) else 0


def wrong(reel: Reel, at: int) -> Bools:
    """Return the pixels in which a frame differs from the source."""
    differs: Bools = reel.index[at] != reel.source
    return differs


def differ(reel: Reel, at: int) -> float:
    """Return how much of a frame and of the source, taken together, differs: 0 to 1."""
    union = int((reel.solid[at] | reel.source_solid).sum())
    return float(wrong(reel, at).sum()) / max(1, union)
