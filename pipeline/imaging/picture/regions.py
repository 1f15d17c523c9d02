"""Connected regions of masks, for a stack of frames at once and without a loop over pixels."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from .raster import Bools

Labels = NDArray[np.int64]
_Kind = TypeVar("_Kind", bound=np.generic)


class Regions(msgspec.Struct, frozen=True, eq=False):
    """The connected regions of masks (frames, height, width), numbered from 1; 0 is outside.

    They are kept as runs of pixels in a row: `first` and `end` (runs,) are places in the flat
    masks, `names` the region of each run. What is said of a region is painted run by run.
    """

    shape: tuple[int, ...]
    first: Labels
    end: Labels
    names: Labels
    count: int

    def areas(self) -> Labels:
        """Return the pixels of each region, (count + 1,), [0] being 0: what lies outside."""
        return self._summed(self.end - self.first)

    def begin(self) -> tuple[Labels, Labels]:
        """Return the frame and the uppermost row of each region, (count,) both, from 1 on."""
        _, height, width = self.shape
        is_new = np.diff(np.maximum.accumulate(self.names), prepend=0) > 0
        rows = self.first[is_new] // width
        return rows // height, rows % height

    def only(self, one: int) -> Bools:
        """Return the mask (height, width) of one region in its frame."""
        _, height, width = self.shape
        mask = np.zeros(height * width, dtype=np.bool_)
        runs = np.flatnonzero(self.names == one)
        start = self.first[runs[0]] // mask.size * mask.size
        for first, end in zip(self.first[runs] - start, self.end[runs] - start, strict=True):
            mask[first:end] = True
        return mask.reshape(height, width)

    def totals(self, values: Bools) -> Labels:
        """Return how many pixels of each region are True in `values`, as `areas` does.

        `values` may be of one frame (1, height, width) that stands for all.
        """
        if len(values) == 1:
            before = np.concatenate([[0], np.cumsum(values)])
            first = self.first % values.size
            return self._summed(before[first + (self.end - self.first)] - before[first])
        found = np.flatnonzero(values)
        return self._summed(found.searchsorted(self.end) - found.searchsorted(self.first))

    def paint(self, chosen: NDArray[_Kind]) -> NDArray[_Kind]:
        """Return masks that show of each pixel what `chosen` (count + 1,) says of its region."""
        values = np.full(2 * len(self.names) + 1, chosen[0])
        values[1::2] = chosen[self.names]
        edges = np.empty(2 * len(self.names), dtype=np.int64)
        edges[::2], edges[1::2] = self.first, self.end
        lengths = np.diff(edges, prepend=0, append=math.prod(self.shape))
        return values.repeat(lengths).reshape(self.shape)

    def _summed(self, of_runs: Labels) -> Labels:
        totals = np.bincount(self.names, weights=of_runs, minlength=self.count + 1)
        return totals.astype(np.int64)


def find(mask: Bools, *, diagonal: bool = False) -> Regions:
    """Number the connected regions of (frames, height, width) in the order of their first pixels.

    Neighbours are the 4, or with `diagonal` the 8 around a pixel. Rows are cut into runs, and runs
    that touch are united by the smaller number until nothing changes.
    """
    height, width = mask.shape[1:]
    flat = np.zeros(1 + len(mask) * height * (width + 1), dtype=np.bool_)
    flat[1:].reshape(*mask.shape[:2], width + 1)[..., :-1] = mask
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    # Each row has a place more here, so that no run goes on in the next one.
    first, end = edges[::2], edges[1::2]
    reach = int(diagonal)
    below = (first // (width + 1) + 1) % height > 0
    upper = np.flatnonzero(below)
    low = end.searchsorted(first[upper] + width + 1 - reach, side="right")
    high = first.searchsorted(end[upper] + width + 1 + reach, side="left")
    many = np.maximum(0, high - low)
    a = upper.repeat(many)
    b = np.arange(len(a)) - (np.cumsum(many) - many - low).repeat(many)
    roots = _unite(len(first), a, b)
    number = np.cumsum(roots == np.arange(len(roots)))
    row = first // (width + 1)
    return Regions(mask.shape, first - row, end - row, number[roots], int(number[-1:].sum()))


def label(mask: Bools, *, diagonal: bool = False) -> tuple[Labels, int]:
    """Return the number of each pixel's region, 0 outside, and how many there are; see `find`."""
    found = find(mask, diagonal=diagonal)
    return found.paint(np.arange(found.count + 1)), found.count


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return each whole number once, in order: `np.unique` loads masked arrays for that."""
    ordered = np.sort(numbers, axis=None)
    is_first = np.ones(ordered.size, np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def from_border(mask: Bools) -> Bools:
    """Return the part of (frames, height, width) that is 4-connected to its frame's border."""
    found = find(mask)
    rim = np.zeros((1, *mask.shape[1:]), dtype=np.bool_)
    rim[:, 0] = rim[:, -1] = rim[..., 0] = rim[..., -1] = True
    touched = found.totals(rim) > 0
    return found.paint(touched)


def areas(labels: Labels, count: int) -> Labels:
    """Return the pixels of each region, [0] being what lies outside."""
    return np.bincount(labels.ravel(), minlength=count + 1)


def grow(mask: Bools, steps: int = 1, *, diagonal: bool = True) -> Bools:
    """Dilate (frames, height, width) by `steps` px, over the 8 or the 4 neighbours."""
    for _ in range(steps):
        wide = mask.copy()
        wide[..., 1:] |= mask[..., :-1]
        wide[..., :-1] |= mask[..., 1:]
        across = wide if diagonal else mask
        out = wide.copy()
        out[..., 1:, :] |= across[..., :-1, :]
        out[..., :-1, :] |= across[..., 1:, :]
        mask = out
    return mask


def neighbours(mask: Bools) -> NDArray[np.int8]:
    """Count the True pixels among the 8 around each pixel."""
    padded = np.pad(mask, [(0, 0)] * (mask.ndim - 2) + [(1, 1), (1, 1)]).astype(np.int8)
    rows = padded[..., :-2, :] + padded[..., 1:-1, :] + padded[..., 2:, :]
    total: NDArray[np.int8] = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] - mask
    return total


def _unite(count: int, a: Labels, b: Labels) -> Labels:
    parent = np.arange(count)
    while a.size:
        low, high = np.minimum(parent[a], parent[b]), np.maximum(parent[a], parent[b])
        differ = low != high
        if not differ.any():
            break
        a, b = a[differ], b[differ]
        np.minimum.at(parent, high[differ], low[differ])
        while (parent[parent] != parent).any():
            parent = parent[parent]
    return parent
