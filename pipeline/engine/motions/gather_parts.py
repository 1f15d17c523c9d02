"""Parts in motion: layers drawn over each other, and rigid islands kept in one piece."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite, islands
from ..parts.types import Bools, Ints
from . import gather
from .gather import VOID
from .waves import half_up

BESIDE = ((0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))


def over(bottom: Ints, top: Ints, mask: Bools) -> Ints:
    """Draw the masked source pixels of map `top` over map `bottom`; `mask` is (height, width)."""
    shown = np.append(mask.reshape(-1), False)[top]
    return np.where(shown, top, bottom)


def place(sprite: Sprite, map_: Ints, mask: Bools, right: Ints, down: Ints) -> None:
    """Draw a masked part into a map, moved by `right` and `down` (frames,), in place."""
    rows, columns = np.nonzero(mask)
    source = rows * sprite.width + columns
    if not source.size:
        return
    height, width = sprite.height, sprite.width
    is_whole = (columns.min() + right >= 0) & (columns.max() + right < width)
    is_whole &= (rows[0] + down >= 0) & (rows[-1] + down < height)
    starts = np.arange(len(map_)) * height * width + down * width + right
    np.put(map_, starts[is_whole, None] + source, source)
    for frame in np.flatnonzero(~is_whole):
        to_x, to_y = columns + right[frame], rows + down[frame]
        inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
        map_[frame, to_y[inside], to_x[inside]] = source[inside]


def empty(sprite: Sprite, frames: int) -> Ints:
    """Return a map that shows nothing, to draw parts into."""
    return np.full((frames, sprite.height, sprite.width), VOID, dtype=np.intp)


def only(map_: Ints, mask: Bools) -> Ints:
    """Keep the pixels of a map that come from inside a (height, width) mask."""
    return np.where(np.append(mask.reshape(-1), False)[map_], map_, VOID)


def rigid(sprite: Sprite, map_: Ints) -> Ints:
    """Move each island as one piece, by the mean offset that the map gives its pixels.

    The body is warped without its islands; then each is set whole where its pixels went.
    """
    labels, count = sprite.islands
    if not count:
        return map_
    right, down, seen = _mean_offsets(sprite, map_, labels, count)
    frames = np.arange(len(map_))[:, None]
    rows, columns = np.nonzero(labels >= 0)
    which = labels[rows, columns]
    to_row, to_column = rows + down[:, which], columns + right[:, which]
    inside = (
        (to_row >= 0) & (to_row < sprite.height) & (to_column >= 0) & (to_column < sprite.width)
    )
    inside &= seen[:, which]
    moved = np.append(sprite.skin.reshape(-1), VOID)[map_]
    source = np.broadcast_to(rows * sprite.width + columns, inside.shape)
    frame = np.broadcast_to(frames, inside.shape)
    moved[frame[inside], to_row[inside], to_column[inside]] = source[inside]
    return moved


def _mean_offsets(sprite: Sprite, map_: Ints, labels: Ints, count: int) -> tuple[Ints, Ints, Bools]:
    """Return (frames, count) offsets right and down of each island, and whether it shows."""
    frame, row, column = gather.places(np.append(labels >= 0, False)[map_])
    source = map_[frame, row, column]
    group = frame * count + labels.reshape(-1)[source]
    length = len(map_) * count
    seen = np.bincount(group, minlength=length)
    right = np.bincount(group, weights=column - source % sprite.width, minlength=length)
    down = np.bincount(group, weights=row - source // sprite.width, minlength=length)
    share = np.maximum(seen, 1)
    shape = (len(map_), count)
    return (
        half_up(right / share).reshape(shape),
        half_up(down / share).reshape(shape),
        (seen > 0).reshape(shape),
    )


def hole(sprite: Sprite, mask: Bools) -> Ints:
    """Return the map that shows the sprite with a masked part covered by what is around it."""
    return islands.filled(mask, sprite.opaque)


def closed(map_: Ints, mask: Bools) -> Ints:
    """Close gaps of one pixel inside a mask: what lies between two pixels shows one of them."""
    wide = np.full((len(map_), map_.shape[1] + 2, map_.shape[2] + 2), VOID, dtype=np.intp)
    wide[:, 1:-1, 1:-1] = map_
    frame, row, column = gather.places((map_ == VOID) & mask)
    left, right = wide[frame, row + 1, column], wide[frame, row + 1, column + 2]
    above, below = wide[frame, row, column + 1], wide[frame, row + 2, column + 1]
    upright = np.where((above >= 0) & (below >= 0), below, VOID)
    shut = map_.copy()
    shut[frame, row, column] = np.where((left >= 0) & (right >= 0), left, upright)
    return shut


def mended(sprite: Sprite, map_: Ints) -> Ints:
    """Close the outline where a shear has torn it: what was inside must not lie at the edge.

    Such a pixel shows what an edge pixel beside it shows.
    """
    solid = np.append(sprite.opaque.reshape(-1), False)[map_]
    edge = np.append(sprite.rim.reshape(-1), False)[map_]
    wide = np.pad(solid, ((0, 0), (1, 1), (1, 1)))
    enclosed = wide[:, :-2, 1:-1] & wide[:, 2:, 1:-1] & wide[:, 1:-1, :-2] & wide[:, 1:-1, 2:]
    frame, row, column = gather.places(solid & ~edge & ~enclosed)
    source = map_[frame, row, column]
    open_ = np.ones(len(source), dtype=np.bool_)
    for down, right in BESIDE:
        y = np.clip(row + down, 0, sprite.height - 1)
        x = np.clip(column + right, 0, sprite.width - 1)
        takes = open_ & edge[frame, y, x]
        source = np.where(takes, map_[frame, y, x], source)
        open_ &= ~takes
    whole = map_.copy()
    whole[frame, row, column] = source
    return whole


def tidy(sprite: Sprite, map_: Ints) -> Ints:
    """Keep islands in one piece and the outline closed after the form was bent."""
    return rigid(sprite, mended(sprite, map_))
