"""Connected regions of a picture, in numpy alone."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .types import Bools, Ints

_Kind = TypeVar("_Kind", bound=np.generic)


def label(keys: Ints, *, diagonal: bool = False) -> tuple[Ints, int]:
    """Number the connected regions of equal key; keys below 0 belong to none and get -1.

    Returns (height, width) labels in reading order of each region's first pixel, and their count.
    With `diagonal` pixels that touch at a corner are connected too.
    """
    used = keys >= 0
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    labels = np.full(keys.shape, -1, dtype=np.intp)
    if not rows.size:
        return labels, 0
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    labels[box], count = _labelled(keys[box], diagonal)
    return labels, count


def _labelled(keys: Ints, diagonal: bool) -> tuple[Ints, int]:
    """Cut the rows into runs of one key, and unite those that touch one below them."""
    begins = np.ones(keys.shape, dtype=np.bool_)
    np.not_equal(keys[:, 1:], keys[:, :-1], out=begins[:, 1:])
    first = np.flatnonzero(begins)
    end = np.append(first[1:], keys.size)
    key = keys.reshape(-1)[first]
    upper, lower = _touching(first, end, keys.shape[1], diagonal)
    same = (key[upper] == key[lower]) & (key[upper] >= 0)
    parent = _united(len(first), upper[same], lower[same])
    used = key >= 0
    number = np.cumsum(used & (parent == np.arange(len(parent)))) - 1
    labels = np.where(used, number[parent], -1).repeat(end - first)
    return labels.reshape(keys.shape), int(number[-1]) + 1


def _touching(first: Ints, end: Ints, width: int, diagonal: bool) -> tuple[Ints, Ints]:
    """Return all pairs of a run and one that touches it in the row below."""
    left = first - (diagonal & (first % width > 0)) + width
    right = end + (diagonal & (end % width > 0)) + width
    low, high = end.searchsorted(left, side="right"), first.searchsorted(right)
    many = high - low
    upper = np.arange(len(first)).repeat(many)
    lower = np.arange(len(upper)) - (np.cumsum(many) - high).repeat(many)
    return upper, lower


def _united(count: int, first: Ints, second: Ints) -> Ints:
    """Return the first of all that are connected with each of `count` things by pairs of them."""
    parent = np.arange(count, dtype=np.intp)
    while first.size:
        low, high = (
            np.minimum(parent[first], parent[second]),
            np.maximum(parent[first], parent[second]),
        )
        open_ = low != high
        if not open_.any():
            break
        np.minimum.at(parent, high[open_], low[open_])
        parent = _settled(parent)
        first, second = first[open_], second[open_]
    return parent


def distinct(numbers: Ints) -> Ints:
    """Return each whole number once, in order: `np.unique` loads masked arrays for that."""
    ordered = np.sort(numbers, axis=None)
    is_first = np.ones(ordered.size, np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def framed(values: NDArray[_Kind], fill: int) -> NDArray[_Kind]:
    """Return (height, width) values with a px of `fill` around: `np.pad` takes longer."""
    wide = np.full((values.shape[0] + 2, values.shape[1] + 2), fill, dtype=values.dtype)
    wide[1:-1, 1:-1] = values
    return wide


def grow(mask: Bools, *, diagonal: bool = True) -> Bools:
    """Return the mask and every pixel that touches it."""
    wide = framed(mask, False)
    if diagonal:
        across = wide[:, :-2] | wide[:, 1:-1] | wide[:, 2:]
        grown: Bools = across[:-2] | across[1:-1] | across[2:]
        return grown
    crossed: Bools = (
        wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    )
    return crossed


def sizes(labels: Ints, count: int) -> Ints:
    """Return the number of pixels of each region."""
    return np.bincount(labels[labels >= 0], minlength=count).astype(np.intp)


def bounds(labels: Ints, count: int) -> Ints:
    """Return (count, 4) left, top, right, bottom of each region, right and bottom exclusive."""
    rows, columns = np.nonzero(labels >= 0)
    which = labels[rows, columns]
    box = np.zeros((count, 4), dtype=np.intp)
    box[:, :2] = max(labels.shape)
    np.minimum.at(box[:, 0], which, columns)
    np.minimum.at(box[:, 1], which, rows)
    np.maximum.at(box[:, 2], which, columns + 1)
    np.maximum.at(box[:, 3], which, rows + 1)
    return box


def _settled(parent: Ints) -> Ints:
    """Point each at the root of its tree."""
    while True:
        higher = parent[parent]
        if np.array_equal(higher, parent):
            return parent
        parent = higher
