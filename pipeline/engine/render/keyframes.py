"""Draw the frames between supplied pictures without a new colour.

Between two pictures the outline follows their blended signed distances, moved along with the centre
of the figure; each pixel inside takes the colour of the nearer picture in time. Sources: Raya and
Udupa 1990, shape-based interpolation; Rong and Tan 2006, jump flooding.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from ..contract.orders import KeyFrame
from ..parts.types import Bools, Floats, Ints, Pixels


def moved(picture: Pixels, key: KeyFrame) -> Pixels:
    """Flip and shift (height, width, 4) uint8 as the key's placement says; what leaves is lost."""
    if key.flip_h:
        picture = picture[:, ::-1]
    if key.flip_v:
        picture = picture[::-1]
    return _shifted(picture, key.offset_x, key.offset_y)


def between(keys: Mapping[int, Pixels], total: int) -> Pixels:
    """Fill `total` frames: held before the first and after the last key, drawn in between.

    `keys` maps frame numbers to (height, width, 4) uint8 pictures of one size, alpha 0 or 255.
    """
    order = sorted(keys)
    frames = [keys[order[0]]] * order[0]
    for first, last in pairwise(order):
        frames.append(keys[first])
        span = last - first
        frames.extend(_blend(keys[first], keys[last], step / span) for step in range(1, span))
    frames.extend([keys[order[-1]]] * (total - order[-1]))
    return np.stack(frames)


def _blend(first: Pixels, last: Pixels, share: float) -> Pixels:
    """Draw the picture at `share` (0..1) of the way."""
    if np.array_equal(first, last) or not (first[..., 3].any() and last[..., 3].any()):
        return first if share < 0.5 else last
    way = _centre(last) - _centre(first)
    there = np.floor(way * share + 0.5).astype(int)
    back = there - np.floor(way + 0.5).astype(int)
    early, late = _shifted(first, *there), _shifted(last, *back)
    if not (early[..., 3].any() and late[..., 3].any()):
        return first if share < 0.5 else last
    inside = _depth(early) * (1 - share) + _depth(late) * share > 0
    nearer, other = (early, late) if share < 0.5 else (late, early)
    colours = np.where(nearer[..., 3:] > 0, nearer, other)
    rows, columns = _nearest(colours[..., 3] > 0)
    drawn: Pixels = np.where(inside[..., None], colours[rows, columns], np.uint8(0))
    return drawn


def _centre(picture: Pixels) -> Floats:
    rows, columns = np.nonzero(picture[..., 3])
    return np.array([columns.mean(), rows.mean()])


def _shifted(picture: Pixels, right: int, down: int) -> Pixels:
    height, width = picture.shape[:2]
    out = np.zeros_like(picture)
    rows, columns = np.arange(height) - down, np.arange(width) - right
    from_rows = (rows >= 0) & (rows < height)
    from_columns = (columns >= 0) & (columns < width)
    out[np.ix_(from_rows, from_columns)] = picture[np.ix_(rows[from_rows], columns[from_columns])]
    return out


def _depth(picture: Pixels) -> Floats:
    """Give each pixel's distance to the outline: above 0 inside, below 0 outside."""
    opaque = picture[..., 3] > 0
    return _distance(~opaque) - _distance(opaque)


def _distance(targets: Bools) -> Floats:
    if not targets.any():
        return np.full(targets.shape, float(sum(targets.shape)))
    rows, columns = _nearest(targets)
    grid = np.indices(targets.shape)
    away: Floats = np.hypot(rows - grid[0], columns - grid[1])
    return away


def _nearest(targets: Bools) -> tuple[Ints, Ints]:
    """Find for each pixel the row and column of a nearest target, by jump flooding."""
    height, width = targets.shape
    grid_rows, grid_columns = np.indices(targets.shape)
    far = 4 * (height + width)
    rows = np.where(targets, grid_rows, far)
    columns = np.where(targets, grid_columns, far)
    jump = 1 << max(height, width).bit_length()
    while jump := jump // 2:
        for down in (-jump, 0, jump):
            for right in (-jump, 0, jump):
                from_rows = np.clip(grid_rows + down, 0, height - 1)
                from_columns = np.clip(grid_columns + right, 0, width - 1)
                new_rows, new_columns = (
                    rows[from_rows, from_columns],
                    columns[from_rows, from_columns],
                )
                is_nearer = _square(new_rows - grid_rows, new_columns - grid_columns) < _square(
                    rows - grid_rows, columns - grid_columns
                )
                rows = np.where(is_nearer, new_rows, rows)
                columns = np.where(is_nearer, new_columns, columns)
    return rows, columns


def _square(down: Ints, right: Ints) -> Ints:
    return down * down + right * right
