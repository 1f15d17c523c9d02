"""Maps from frame pixels to source pixels: the one way a motion can change a picture.

A map is (frames, height, width) intp: the flat index of the source pixel that each frame pixel
copies, or VOID. So no motion can invent a colour or a half-transparent pixel, and two motions
compose by reading one map through the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..parts import Sprite
from ..parts.types import Bools, Ints, Pixels

VOID = -1


def still(sprite: Sprite, frames: int) -> Ints:
    """Return the map that shows the source in every frame (read-only: copy before writing)."""
    return np.broadcast_to(identity(sprite), (frames, sprite.height, sprite.width))


def identity(sprite: Sprite) -> Ints:
    """Return (height, width) intp: each pixel's own flat index."""
    count = sprite.height * sprite.width
    return np.arange(count, dtype=np.intp).reshape(sprite.height, sprite.width)


def shift(sprite: Sprite, right: Ints, down: Ints) -> Ints:
    """Move the whole sprite by whole pixels; `right` and `down` are (frames,)."""
    columns = np.arange(sprite.width) - right[:, None]
    rows = np.arange(sprite.height) - down[:, None]
    return crossing(sprite, rows, columns)


def crossing(sprite: Sprite, rows: Ints, columns: Ints) -> Ints:
    """Copy source row `rows[f, y]` and column `columns[f, x]` to (y, x); outside is VOID."""
    rows_in = np.where((rows >= 0) & (rows < sprite.height), rows * sprite.width, -(2**30))
    columns_in = np.where((columns >= 0) & (columns < sprite.width), columns, -(2**30))
    map_: Ints = np.maximum(rows_in[:, :, None] + columns_in[:, None, :], VOID)
    return map_


def shear_rows(sprite: Sprite, right: Ints) -> Ints:
    """Move row y of frame f to the right by `right[f, y]`."""
    columns = np.arange(sprite.width) - right[:, :, None]
    inside = (columns >= 0) & (columns < sprite.width)
    starts = (np.arange(sprite.height) * sprite.width)[:, None]
    return np.where(inside, starts + columns, VOID)


def shear_columns(sprite: Sprite, down: Ints) -> Ints:
    """Move column x of frame f down by `down[f, x]`."""
    rows = np.arange(sprite.height)[:, None] - down[:, None, :]
    inside = (rows >= 0) & (rows < sprite.height)
    return np.where(inside, rows * sprite.width + np.arange(sprite.width), VOID)


def through(outer: Ints, inner: Ints) -> Ints:
    """Apply `inner` to the sprite first and `outer` to the result, frame by frame.

    What `outer` takes from beyond the canvas, a colour of its own, is no pixel of `inner`.
    """
    frames, height, width = inner.shape
    # Before each frame stands what its VOID reads.
    flat = np.full((frames, 1 + height * width), VOID, dtype=np.intp)
    flat[:, 1:] = inner.reshape(frames, -1)
    starts = 1 + np.arange(frames)[:, None, None] * flat.shape[1]
    beyond = outer >= height * width
    if beyond.any():
        return np.where(beyond, outer, flat.take(np.where(beyond, VOID, outer) + starts))
    taken: Ints = flat.take(outer + starts)
    return taken


def named(sprite: Sprite) -> NDArray[np.uint32]:
    """Return what the numbers of a map name, RGBA as one word each; VOID names the last of them."""
    own = np.ascontiguousarray(sprite.pixels).view(np.uint32).reshape(-1)
    extra = np.ascontiguousarray(sprite.extra).view(np.uint32).reshape(-1)
    return np.concatenate([own, extra, np.zeros(1, np.uint32)])


def show(sprite: Sprite, map_: Ints) -> Pixels:
    """Copy the pixels that a map names: (frames, height, width, 4) uint8."""
    return painted(named(sprite), map_)


def painted(words: NDArray[np.uint32], map_: Ints) -> Pixels:
    """Copy the words that a map of any shape names, as (..., 4) uint8."""
    picture: NDArray[np.uint32] = words.take(map_, mode="wrap")
    return picture.view(np.uint8).reshape(*map_.shape, 4)


def solid(sprite: Sprite, map_: Ints) -> Bools:
    """Return where the frames of a map are opaque."""
    extra = np.ones(len(sprite.extra) + 1, dtype=np.bool_)
    extra[-1] = False
    mask: Bools = np.concatenate([sprite.opaque.reshape(-1), extra])[map_]
    return mask


def places(mask: Bools) -> tuple[Ints, ...]:
    """Return what `np.nonzero` does, of a stack of frames in a tenth of the time."""
    return np.unravel_index(np.flatnonzero(mask), mask.shape)


def rows_fit(sprite: Sprite, right: Ints, *, smooth: bool = False) -> bool:
    """Tell whether rows moved by `right` (frames, height) stay off the canvas border.

    With `smooth` neighbouring rows may part by one pixel only, so that an outline stays closed.
    """
    first, last = sprite.row_spans
    return _spans_fit(first, last, right, sprite.width, smooth)


def columns_fit(sprite: Sprite, down: Ints, *, smooth: bool = False) -> bool:
    """Tell whether columns moved by `down` (frames, width) stay off the canvas border."""
    first, last = sprite.column_spans
    return _spans_fit(first, last, down, sprite.height, smooth)


def _spans_fit(first: Ints, last: Ints, offsets: Ints, length: int, smooth: bool) -> bool:
    used = last >= 0
    first, last, moved = first[used], last[used], offsets[:, used]
    if smooth and (np.abs(np.diff(moved, axis=1)) > 1).any():
        return False
    low, high = (first + moved).min(axis=0, initial=length), (last + moved).max(axis=0, initial=-1)
    return bool(
        (low >= np.minimum(first, 1)).all() and (high <= np.maximum(last, length - 2)).all()
    )


def largest(amplitude: int, fits: Callable[[int], bool]) -> int:
    """Return the largest amplitude from `amplitude` down to 0 that fits the canvas."""
    return next((tried for tried in range(amplitude, 0, -1) if fits(tried)), 0)


def contained(sprite: Sprite, map_: Ints) -> bool:
    """Tell whether no frame touches a side of the canvas that the source leaves free."""
    ever = np.any(solid(sprite, map_), axis=0)
    sides = (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1])
    return all(bool(sprite.opaque[side].any() or not ever[side].any()) for side in sides)


def moves(sprite: Sprite, map_: Ints) -> bool:
    """Tell whether at least one frame looks different from the source."""
    words = named(sprite)
    own = words[: sprite.height * sprite.width].reshape(sprite.height, sprite.width)
    return any(bool((words.take(frame, mode="wrap") != own).any()) for frame in map_)
