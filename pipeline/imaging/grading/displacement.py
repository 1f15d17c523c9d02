"""How far the figure travels from frame to frame, where differences of pixels would saturate.

A frame becomes a point of cumulative counts. The L1 distance of two such points is the earth
mover's distance along a line, so it grows evenly with every px that ink moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..frames.indexed import Reel
from ..picture.raster import Floats


@dataclass(frozen=True, eq=False)
class Travel:
    """Points (frames, n); distances are in px, as if the whole figure moved so far."""

    points: Floats

    @cached_property
    def steps(self) -> Floats:
        """Return the way from each frame to the next, the last being the seam."""
        return _length(np.roll(self.points, -1, axis=0) - self.points)

    @cached_property
    def turns(self) -> Floats:
        """Return how much the motion changes at each frame: the second difference around it."""
        after, before = np.roll(self.points, -1, axis=0), np.roll(self.points, 1, axis=0)
        return _length(after + before - 2 * self.points)

    @cached_property
    def detours(self) -> Floats:
        """Return the px that the way over each frame is longer than the way past it."""
        past = _length(np.roll(self.points, -1, axis=0) - np.roll(self.points, 1, axis=0))
        return np.roll(self.steps, 1) + self.steps - past


def of_ink(reel: Reel) -> Travel:
    """Follow all ink within every row and every column."""
    across = reel.solid.cumsum(axis=2, dtype=np.int32)
    down = reel.solid.cumsum(axis=1, dtype=np.int32)
    return _travel(reel, across, down)


def of_colors(reel: Reel) -> Travel:
    """Follow every colour by itself, in the sums of all rows and of all columns."""
    count, height, width = reel.index.shape
    frame, y, x = np.nonzero(reel.solid)
    colors = len(reel.palette)
    at = frame * colors + reel.index[reel.solid]
    across = np.bincount(at * width + x, minlength=count * colors * width)
    down = np.bincount(at * height + y, minlength=count * colors * height)
    return _travel(
        reel,
        across.reshape(-1, width).cumsum(axis=1),
        down.reshape(-1, height).cumsum(axis=1),
    )


def _travel(reel: Reel, *counts: np.ndarray[tuple[int, ...], np.dtype[np.integer]]) -> Travel:
    area = max(1, int(reel.source_solid.sum()))
    points = np.concatenate([one.reshape(reel.count, -1) for one in counts], axis=1)
    return Travel((points / area).astype(np.float32))


def _length(way: Floats) -> Floats:
    length: Floats = np.abs(way).sum(axis=1)
    return length
