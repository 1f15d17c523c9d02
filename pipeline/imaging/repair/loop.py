"""The seam of a loop: how far the last frame is from the first, and repairs in order of cost.

Steps between frames are mean distances of colour (reel.py); the seam is judged against the widest.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture.raster import Bools
from .tracks import Doubles

#: A seam this much wider than the widest step is looked at; from here on it is certainly broken:
#: none of 375 perfect loops that were measured was above 1.24.
VISIBLE, BROKEN = 1.05, 1.25
#: A last frame nearer to the first than this repeats it, if no other frame is nearer to the next
#: than twice that: where poses are held, a held last one is right.
REPEATED = 0.004
#: Least frames, and least share of frames and of motion, that a trim leaves.
FEWEST, KEPT, LIVELY = 4, 0.6, 0.6


class Seam(msgspec.Struct, frozen=True):
    """Ratios of the seam to the widest step: of colour and of silhouette; `jump_px` of centroid."""

    color: float
    shape: float
    jump_px: float

    @property
    def is_visible(self) -> bool:
        """Say whether the loop seems not to close; 2 % of perfect loops seem so too."""
        return max(self.color, self.shape) > VISIBLE or self.jump_px > 1


class Mended(msgspec.Struct, frozen=True):
    """A clip after loop repair: its frames, what was done, and whether it plays to and fro."""

    reel: Reel
    note: str = ""
    to_and_fro: bool = False


def seam(reel: Reel) -> Seam:
    """Measure the seam of a clip of at least two frames."""
    *inner, last = reel.steps
    shapes = [
        1 - overlap(a, b) for a, b in zip(reel.solid, np.roll(reel.solid, -1, 0), strict=True)
    ]
    centres = _centres(reel)
    moves = [float(np.hypot(*(b - a))) for a, b in pairwise(centres)]
    jump = float(np.hypot(*(centres[-1] - centres[0]))) - max(0.5, *moves)
    return Seam(
        last / max(1e-6, *inner) if last else 0.0,
        shapes[-1] / max(1e-6, *shapes[:-1]) if shapes[-1] else 0.0,
        jump,
    )


def overlap(a: Bools, b: Bools) -> float:
    """Return intersection over union of two silhouettes; 1 when both are empty."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 1.0


def mend(reel: Reel, motion: Motion) -> Mended:
    """Repair a loop that certainly does not close; a sound one is returned as it is."""
    if reel.count < FEWEST:
        return Mended(reel)
    *inner, last = reel.steps
    if last < REPEATED and min(inner) >= 2 * REPEATED:
        return Mended(
            reel.with_index(reel.index[:-1]),
            f"frame {reel.count - 1} repeated frame 0 and was left out",
        )
    if motion.is_event:
        return Mended(reel)  # it jumps by design
    found = seam(reel)
    if max(found.color, found.shape) <= BROKEN:
        return Mended(reel)
    trimmed = _trim(reel, inner)
    if trimmed is not None:
        return Mended(trimmed, f"the loop was closed by ending it at frame {trimmed.count - 1}")
    if motion.is_reversible:
        return Mended(reel, "the loop did not close and plays to and fro", to_and_fro=True)
    return Mended(reel)


def _trim(reel: Reel, inner: list[float]) -> Reel | None:
    """Return the longest beginning of the clip that closes and still moves, if there is one."""
    least = max(FEWEST, int(np.ceil(KEPT * reel.count)))
    for count in range(reel.count - 1, least - 1, -1):
        shorter = reel.with_index(reel.index[:count])
        lively = np.mean(inner[: count - 1]) >= LIVELY * np.mean(inner)
        if lively and not seam(shorter).is_visible:
            return shorter
    return None


def _centres(reel: Reel) -> Doubles:
    """Return the middle of each frame's ink, (frames, 2) of y and x; an empty frame has 0, 0."""
    ink = np.maximum(1, reel.rows.sum(axis=1))
    sums = [counts @ np.arange(counts.shape[1]) for counts in (reel.rows, reel.columns)]
    centres: Doubles = np.stack(sums, axis=1) / ink[:, None]
    return centres
