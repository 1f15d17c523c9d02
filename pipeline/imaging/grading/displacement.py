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
from ..picture.color import Float64
from ..picture.raster import Bools, Floats, Ints

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
    def _round(self) -> Floats:
        """The points of a whole round: the last one before the first, and that behind the last."""
        return np.concatenate([self.points[-1:], self.points, self.points[:1]])

    @cached_property
    def steps(self) -> Floats:
        """Return the way from each frame to the next, the last being the seam."""
        return _length(self._round[2:] - self.points)

    @cached_property
    def turns(self) -> Floats:
        """Return how much the motion changes at each frame: the second difference around it."""
        return _length(self._round[2:] + self._round[:-2] - 2 * self.points)

    @cached_property
    def detours(self) -> Floats:
        """Return the px that the way over each frame is longer than the way past it."""
        past = _length(self._round[2:] - self._round[:-2])
        return np.roll(self.steps, 1) + self.steps - past


def of_ink(reel: Reel) -> Travel:
    """Follow all ink within every row and every column; found once for a reel."""
    known: Travel | None = reel.measures.get(_INK)
    if known is None:
        known = reel.measures[_INK] = _of_ink(reel)
    return known


def _of_ink(reel: Reel) -> Travel:
    left, top, right, bottom = reel.box
    solid = reel.inside >= 0
    points = _points(reel, 2 * reel.source.size)
    both = points.reshape(reel.count, 2, *reel.source.shape)
    _add_up(solid, both[:, 0, top:bottom], left)
    _add_up(solid.swapaxes(1, 2), both[:, 1, :, left:right].swapaxes(1, 2), top)
    return _travel(reel, points)


def of_colors(reel: Reel) -> Travel:
    """Follow every colour by itself, in the sums of all rows and of all columns.

    Bound: 16 frames of 256 colours and 256 px take 34 MiB, and as much again on the way.
    """
    count, height, width = reel.index.shape
    left, top, right, bottom = reel.box
    group = groups(reel)
    many = int(group.max(initial=0)) + 1
    # What is transparent is followed as the last one, and left out.
    group = np.append(group, many)
    number = group[reel.inside.astype(np.intp)] + (many + 1) * np.arange(count)[:, None, None]
    points = _points(reel, many * (width + height))
    x, y = np.arange(right - left), np.arange(bottom - top)[:, None]
    parts = points[:, : many * width], points[:, many * width :]
    for part, place, first in zip(parts, (x, y), (left, top), strict=True):
        kinds = count * (many + 1)
        sums = np.bincount((number * place.size + place).ravel(), minlength=kinds * place.size)
        sums = sums.reshape(count, many + 1, place.size)[:, :-1]
        _add_up(sums, part.reshape(count, many, -1), first)
    return _travel(reel, points)


def groups(reel: Reel) -> Ints:
    """Return the number by which each palette colour is followed: its own, if they are few."""
    if len(reel.palette) <= MOST_COLORS:
        return np.arange(len(reel.palette))
    low, high, levels = (np.array(one) for one in (LOWEST, HIGHEST, LEVELS))
    share = (color.lab_of(reel.palette) - low) / (high - low)
    level = np.floor(share * levels).astype(np.int64).clip(0, levels - 1)
    group: Ints = np.ravel_multi_index(tuple(level.T), LEVELS).astype(np.int64)
    return group


def _points(reel: Reel, many: int) -> Floats | Float64:
    """Return room for counts (frames, many) that are exact: mostly in float32."""
    if reel.source.size < _EXACT:
        return np.zeros((reel.count, many), np.float32)
    return np.zeros((reel.count, many), np.float64)


def _add_up(counts: Bools | Ints, sums: Floats | Float64, first: int) -> None:
    """Add counts up along the last axis; they begin at place `first` of the sums, 0 until then."""
    end = first + counts.shape[-1]
    sums[..., first:end] = counts.cumsum(axis=-1, dtype=np.int32)
    sums[..., end:] = sums[..., end - 1 : end]


def _travel(reel: Reel, points: Floats | Float64) -> Travel:
    points /= points.dtype.type(max(1, int(reel.source_solid.sum())))
    return Travel(points.astype(np.float32, copy=False))


def _length(way: Floats) -> Floats:
    length: Floats = np.abs(way, out=way).sum(axis=1)
    return length
