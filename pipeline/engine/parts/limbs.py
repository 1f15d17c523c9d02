"""Limbs and joints.

Neck, core columns, feet and legs, found from the silhouette and its dark gaps.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np

from . import regions
from .types import Bools, Floats, Ints

MOST_LEGS = 6


class Leg(msgspec.Struct, frozen=True, eq=False):
    """One leg.

    Its pixels, the row of the hip (first row of the leg), and the middle of its foot.
    """

    mask: Bools
    hip: int
    foot_x: float

    @property
    def length(self) -> int:
        """Return the number of rows from hip to floor."""
        rows = np.flatnonzero(self.mask.any(axis=1))
        return int(rows[-1]) - self.hip + 1 if rows.size else 0


def neck_row(opaque: Bools, top: int, bottom: int, chin: int | None) -> int:
    """Return the first row below the head.

    The narrowest row under the chin, or under the upper third.

    `chin` is the first row under the eyes when they are known.
    """
    height = bottom - top
    low = chin if chin is not None else top + int(0.22 * height)
    high = min(
        bottom - 1,
        max(low + 1, (chin + int(0.22 * height)) if chin is not None else top + int(0.5 * height)),
    )
    widths = opaque.sum(axis=1)[low : high + 1]
    if not widths.size:
        return min(bottom - 1, top + max(1, int(0.34 * height)))
    narrow = low + int(np.argmin(widths))
    above = opaque.sum(axis=1)[top : narrow + 1].max()
    if chin is None and opaque.sum(axis=1)[narrow] > 0.8 * above:
        return min(bottom - 1, top + int(np.floor(0.34 * height + 0.5)))
    return narrow


def core_columns(opaque: Bools, left: int, right: int) -> tuple[int, int]:
    """Return the columns (first, past last) that carry the body.

    At least 60 % of the tallest column's ink.
    """
    ink = opaque.sum(axis=0)
    heavy = np.flatnonzero(ink >= 0.6 * ink.max()) if ink.any() else np.array([left, right - 1])
    return int(heavy[0]), int(heavy[-1]) + 1


def lag(width: int, core: tuple[int, int], left: int, right: int) -> Floats:
    """Return 0 for the columns of the core, growing to 1 at the box's end on either side."""
    columns = np.arange(width)
    before = (core[0] - columns) / max(1, core[0] - left)
    after = (columns - core[1] + 1) / max(1, right - core[1])
    outside: Floats = np.clip(np.maximum(before, after), 0, 1)
    return outside


def find_legs(opaque: Bools, dark: Bools, box: tuple[int, int, int, int]) -> tuple[Leg, ...]:
    """Find the legs: parts under the highest gap between the feet, split in the middle of each gap.

    A gap is transparent, or as dark as an outline, below the body's last row. Returns none when
    there are fewer than two feet.
    """
    _, top, _, bottom = box
    height = bottom - top
    flesh = opaque & ~dark
    for body, longest in ((opaque, 0.45), (flesh, 0.2)):
        clearance = np.minimum(_clearance(body, bottom), max(1, int(longest * height)))
        legs = _legs_between_gaps(opaque, clearance, box)
        if len(legs) >= 2:
            return legs
    return ()


def _clearance(body: Bools, bottom: int) -> Ints:
    """Return how many rows lie under each column's lowest pixel; the height if it has none."""
    lowest = body.shape[0] - 1 - body[::-1].argmax(axis=0)
    under: Ints = np.where(body.any(axis=0), bottom - 1 - lowest, body.shape[0]).astype(np.intp)
    return under


def _legs_between_gaps(
    opaque: Bools, clearance: Ints, box: tuple[int, int, int, int]
) -> tuple[Leg, ...]:
    left, top, right, bottom = box
    height = bottom - top
    standing = clearance[left:right] <= max(0, height // 16)
    runs = _runs(standing)
    runs = [(left + start, left + end) for start, end in runs]
    if not 2 <= len(runs) <= MOST_LEGS:
        return ()
    gaps = [(end, start) for (_, end), (start, _) in pairwise(runs)]
    heights = [int(clearance[start:end].max()) for start, end in gaps]
    hip = bottom - max(heights)
    cuts = [left, *((start + end) // 2 for start, end in gaps), right]
    # What stands on the floor much wider than the narrowest leg is the body, a robe or a tail.
    widest = max(3, 2 * min(end - start for start, end in runs))
    legs = []
    for (start, end), first, past in zip(runs, cuts, cuts[1:], strict=False):
        region = np.zeros_like(opaque)
        region[hip:bottom, first:past] = opaque[hip:bottom, first:past]
        if end - start <= widest:
            legs.append(Leg(_joined(region, bottom - 1, start, end), hip, (start + end) / 2))
    return tuple(legs)


def _joined(region: Bools, floor: int, start: int, end: int) -> Bools:
    """Keep the part of a region that is connected to the foot between two columns."""
    labels, count = regions.label(np.where(region, 0, -1).astype(np.intp), diagonal=True)
    if count <= 1:
        return region
    foot = labels[max(0, floor - 2) : floor + 1, start:end]
    kept = regions.distinct(foot[foot >= 0])
    return region & np.isin(labels, kept)


def _runs(flags: Bools) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
