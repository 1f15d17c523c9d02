"""How far the figure travels from frame to frame, where differences of pixels would saturate.

A frame becomes a point of cumulative counts. The L1 distance of two such points is the earth
mover's distance along a line, so it grows evenly with every px that ink moves.
"""

from __future__ import annotations

from functools import cached_property

import msgspec
import numpy as np

from ..frames.indexed import Reel
from ..picture import color
from ..picture.raster import Floats, Ints

#: Of more colours, alike ones are followed together: each costs 16 KiB a frame at 256 px.
MOST_COLORS = 256
#: Levels of lightness and of both other axes into which more colours than that are sorted, and the
#: range that they divide.
LEVELS, LOWEST, HIGHEST = (12, 5, 4), (0.0, -0.5, -0.6), (1.0, 0.6, 0.4)
_INK = "travel of the ink"
#: Smaller whole numbers are exact in float32.
_EXACT = 1 << 24


class Travel(msgspec.Struct, frozen=True, eq=False, dict=True):
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
    """Follow all ink within every row and every column; found once for a reel."""
    known: Travel | None = reel.measures.get(_INK)
    if known is None:
        across = reel.solid.cumsum(axis=2, dtype=np.int32)
        down = reel.solid.cumsum(axis=1, dtype=np.int32)
        known = reel.measures[_INK] = _travel(reel, across, down)
    return known


def of_colors(reel: Reel) -> Travel:
    """Follow every colour by itself, in the sums of all rows and of all columns.

    Bound: 16 frames of 256 colours and 256 px take 34 MiB, and as much again on the way.
    """
    count, height, width = reel.index.shape
    frame, y, x = np.nonzero(reel.solid)
    group = groups(reel)
    colors = int(group.max(initial=0)) + 1
    at = frame * colors + group[reel.index[reel.solid]]
    across = np.bincount(at * width + x, minlength=count * colors * width)
    down = np.bincount(at * height + y, minlength=count * colors * height)
    return _travel(
        reel,
        across.reshape(-1, width).cumsum(axis=1),
        down.reshape(-1, height).cumsum(axis=1),
    )


def groups(reel: Reel) -> Ints:
    """Return the number by which each palette colour is followed: its own, if they are few."""
    if len(reel.palette) <= MOST_COLORS:
        return np.arange(len(reel.palette))
    low, high, levels = (np.array(one) for one in (LOWEST, HIGHEST, LEVELS))
    share = (color.lab_of(reel.palette) - low) / (high - low)
    level = np.floor(share * levels).astype(np.int64).clip(0, levels - 1)
    group: Ints = np.ravel_multi_index(tuple(level.T), LEVELS).astype(np.int64)
    return group


def _travel(reel: Reel, *counts: np.ndarray[tuple[int, ...], np.dtype[np.integer]]) -> Travel:
    area = max(1, int(reel.source_solid.sum()))
    points = np.concatenate([one.reshape(reel.count, -1) for one in counts], axis=1)
    if reel.source.size < _EXACT:  # no count is larger, so the quotient is the same in float32
        return Travel(points.astype(np.float32) / np.float32(area))
    return Travel((points / area).astype(np.float32))


def _length(way: Floats) -> Floats:
    length: Floats = np.abs(way).sum(axis=1)
    return length
