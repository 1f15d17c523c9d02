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
        way = np.empty_like(self.points)
        np.subtract(self.points[1:], self.points[:-1], out=way[:-1])
        np.subtract(self.points[0], self.points[-1], out=way[-1])
        return _length(way)

    @cached_property
    def turns(self) -> Floats:
        """Return how much the motion changes at each frame: the second difference around it."""
        after, before = np.roll(self.points, -1, axis=0), np.roll(self.points, 1, axis=0)
        return _length(after + before - 2 * self.points)

    @cached_property
    def detours(self) -> Floats:
        """Return the px that the way over each frame is longer than the way past it."""
        way, points = np.empty_like(self.points), self.points
        np.subtract(points[2:], points[:-2], out=way[1:-1])
        for at in (0, -1):
            np.subtract(points[at + 1], points[at - 1], out=way[at])
        return np.roll(self.steps, 1) + self.steps - _length(way)


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
    group = groups(reel)
    # What is transparent is followed as the last one, and left out.
    group = np.append(group, group.max(initial=0) + 1)
    left, top, right, bottom = reel.box
    every = int(group[-1]) + 1
    at = group[reel.inside] + every * np.arange(count)[:, None, None]
    x, y = np.arange(left, right), np.arange(top, bottom)[:, None]
    sums = []
    for side, places in ((width, x), (height, y)):
        many = np.bincount((at * side + places).ravel(), minlength=count * every * side)
        sums.append(many.reshape(count, every, side)[:, :-1].cumsum(axis=2))
    return _travel(reel, *sums)


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
    points = [one.reshape(reel.count, -1) for one in counts]
    if reel.source.size < _EXACT:  # no count is larger, so the quotient is the same in float32
        exact = np.concatenate(points, axis=1, dtype=np.float32)
        exact /= np.float32(area)
        return Travel(exact)
    return Travel((np.concatenate(points, axis=1) / area).astype(np.float32))


def _length(way: Floats) -> Floats:
    length: Floats = np.abs(way, out=way).sum(axis=1)
    return length
