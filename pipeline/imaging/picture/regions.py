"""Connected regions of masks, for a stack of frames at once and without a loop over pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .raster import Bools

Labels = NDArray[np.int64]


def label(mask: Bools, *, diagonal: bool = False) -> tuple[Labels, int]:
    """Number the connected regions of (frames, height, width): 1..count, 0 outside.

    Neighbours are the 4, or with `diagonal` the 8 around a pixel. Rows are cut into runs, and runs
    that touch are united by the smaller number until nothing changes.
    """
    starts = mask.copy()
    starts[..., 1:] &= ~mask[..., :-1]
    runs: Labels = np.where(mask, np.cumsum(starts.ravel()).reshape(mask.shape), 0)
    count = int(runs.max(initial=0))
    pairs = [_touching(runs[:, :-1], runs[:, 1:])]
    if diagonal:
        pairs.append(_touching(runs[:, :-1, :-1], runs[:, 1:, 1:]))
        pairs.append(_touching(runs[:, :-1, 1:], runs[:, 1:, :-1]))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    roots = _unite(count, first, second)
    kept, number = np.unique(roots[1:], return_inverse=True)
    names = np.concatenate([[0], number + 1])
    return names[runs], int(kept.size)


def distinct(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return each whole number once, in order: `np.unique` loads masked arrays for that."""
    ordered = np.sort(numbers, axis=None)
    is_first = np.ones(ordered.size, np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def from_border(mask: Bools) -> Bools:
    """Return the part of (frames, height, width) that is 4-connected to its frame's border."""
    labels, count = label(mask)
    touched = np.zeros(count + 1, dtype=np.bool_)
    for edge in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        touched[edge.ravel()] = True
    touched[0] = False
    return touched[labels]


def areas(labels: Labels, count: int) -> Labels:
    """Return the pixels of each region, [0] being what lies outside."""
    return np.bincount(labels.ravel(), minlength=count + 1)


def totals(labels: Labels, count: int, values: NDArray[np.bool_]) -> Labels:
    """Return how many pixels of each region are True in `values`."""
    return np.bincount(labels[values], minlength=count + 1)


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


def _touching(a: Labels, b: Labels) -> tuple[Labels, Labels]:
    both = (a > 0) & (b > 0)
    # Along one overlap the two run numbers stay the same: its first pixel is enough.
    both[..., 1:] &= ~both[..., :-1]
    return a[both], b[both]


def _unite(count: int, a: Labels, b: Labels) -> Labels:
    parent = np.arange(count + 1)
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
