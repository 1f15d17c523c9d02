"""What a figure holds goes where its hand goes, in one piece, and is swung or thrust in a blow."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite, regions
from ..parts.held import Held
from ..parts.types import Bools, Floats, Ints
from . import facing, gather, gather_parts, waves
from .motion import Parameters, Render

#: What has hands.
FIGURES = frozenset({"biped", ""})
#: Where the far end points, in degrees from ahead, up below 0: drawn back, and as the blow lands.
RAISED, STRUCK = -125.0, 15.0
MOST_BACK, LEAST_BLOW, MOST_BLOW = -80.0, 20.0, 115.0
#: How far a thrust is drawn back and pushed out, as a share of the length.
DRAWN, PUSHED = -0.7, 0.25


def wielded(
    sprite: Sprite, map_: Ints, order: list[str], side: int, *, stab: bool, share: float
) -> Ints:
    """Swing what is held over a posed body, or thrust it with `stab`; `share` of the whole turn."""
    held = sprite.held
    if held is None:
        return map_
    rest = _points(held, side)
    if stab:
        level = float(np.clip(-rest, -MOST_BLOW, MOST_BLOW))
        back, blow = level, level
    else:
        back = float(np.clip(RAISED - rest, MOST_BACK, 0.0))
        blow = float(np.clip(STRUCK - rest, LEAST_BLOW, MOST_BLOW))
    turns = facing.table(order, {"A": back, **dict.fromkeys("SCV", blow)})
    long = float(np.hypot(held.tip[0] - held.hand[0], held.tip[1] - held.hand[1]))
    pushed = facing.table(order, {"A": DRAWN, **dict.fromkeys("SCV", PUSHED)}) * long
    return _drawn(
        sprite,
        map_,
        held,
        np.radians(side * turns * share),
        side * share * (pushed if stab else 0 * pushed),
    )


def carrying(render: Render) -> Render:
    """Return a motion of a figure that keeps what it holds in one piece, as its hand goes."""

    def carried_along(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
        map_ = render(sprite, frames, parameters, seed)
        return carried(sprite, map_) if sprite.kind in FIGURES else map_

    return carried_along


def carried(sprite: Sprite, map_: Ints) -> Ints:
    """Keep what is held in one piece while the body is posed; it does not sink into the floor."""
    held = sprite.held
    if held is None:
        return map_
    right, down = _offsets(sprite, map_, held)
    thing = gather_parts.empty(sprite, len(map_))
    lowest = int(np.flatnonzero(held.mask.any(axis=1))[-1])
    down = np.minimum(down, sprite.box.bottom - 1 - lowest)
    gather_parts.place(sprite, thing, held.mask, right, down)
    drawn = np.where(thing >= 0, thing, without(sprite, map_, held))
    still = (map_ == gather.identity(sprite)).all(axis=(1, 2))
    drawn[still] = map_[still]
    return drawn if gather.contained(sprite, drawn) else map_


def hand(sprite: Sprite, map_: Ints, frame: int) -> tuple[float, float] | None:
    """Return where the hand that holds something is in a frame."""
    held = sprite.held
    if held is None:
        return None
    right, down = _offsets(sprite, map_[frame : frame + 1], held)
    return held.hand[0] + float(right[0]), held.hand[1] + float(down[0])


def shifted(map_: Ints, right: Ints, down: Ints) -> Ints:
    """Move what a map shows by whole pixels, frame by frame; what leaves the canvas is gone."""
    _, height, width = map_.shape
    rows = np.arange(height)[None, :, None] - down[:, None, None]
    columns = np.arange(width)[None, None, :] - right[:, None, None]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    frame = np.arange(len(map_))[:, None, None]
    taken = map_[frame, np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.where(inside, taken, gather.VOID)


def _points(held: Held, side: int) -> float:
    """Return where the far end points, in degrees from ahead, up below 0."""
    right, down = held.tip[0] - held.hand[0], held.tip[1] - held.hand[1]
    return float(np.round(np.degrees(np.arctan2(down, side * right)), 6))


def _drawn(sprite: Sprite, map_: Ints, held: Held, angles: Floats, pushed: Floats) -> Ints:
    """Draw the held thing over a body without it, its hand where the body's has gone."""
    body = without(sprite, map_, held)
    right, down = _offsets(sprite, map_, held)
    thing = _turned(sprite, held, angles, right + waves.symmetric(pushed), down)
    drawn = np.where(thing >= 0, thing, body)
    still = (map_ == gather.identity(sprite)).all(axis=(1, 2)) & (angles == 0)
    drawn[still] = map_[still]
    return drawn


def without(sprite: Sprite, map_: Ints, held: Held) -> Ints:
    """Return a posed body without what it holds: what is behind that shows, inside the body."""
    from . import parted  # few hold anything

    bare = np.where(held.mask, parted.behind(sprite, held.mask), gather.identity(sprite))
    bare = np.where(sprite.opaque, bare, gather.VOID)
    return gather.through(map_, np.broadcast_to(bare, map_.shape))


def _turned(sprite: Sprite, held: Held, angles: Floats, right: Ints, down: Ints) -> Ints:
    """Return the map of the held thing alone, turned about the hand and moved.

    Where it would leave the canvas it slides through the hand.
    """
    from . import enlarge  # few hold anything

    rows, columns = np.nonzero(held.mask)
    away = np.hypot(columns + 0.5 - held.hand[0], rows + 0.5 - held.hand[1])
    edge = int(np.ceil(away.max(initial=0.0))) + 1
    left, top, wide = int(held.hand[0]) - edge, int(held.hand[1]) - edge, 2 * edge + 2
    window = np.zeros((wide, wide, 4), dtype=np.uint8)
    window[rows - top, columns - left] = sprite.pixels[rows, columns]
    steps, which = np.unique(angles, return_inverse=True)
    poses = enlarge.turned(Sprite(window), steps, (held.hand[0] - left, held.hand[1] - top))
    map_ = gather_parts.empty(sprite, len(angles))
    used: tuple[Bools, Bools] = (np.any(sprite.opaque, axis=1), np.any(sprite.opaque, axis=0))
    for frame, pose in enumerate(which.reshape(-1)):
        y, x = np.nonzero(poses[pose] >= 0)
        source = poses[pose][y, x]
        source = (source // wide + top) * sprite.width + source % wide + left
        y = _kept_in(y + top + int(down[frame]), used[0])
        x = _kept_in(x + left + int(right[frame]), used[1])
        inside = (y >= 0) & (y < sprite.height) & (x >= 0) & (x < sprite.width)
        map_[frame, y[inside], x[inside]] = source[inside]
    return map_


def _kept_in(places: Ints, used: Bools) -> Ints:
    """Move places by as much as it takes to stay off the ends that the sprite leaves free."""
    low, high = int(not used[0]), len(used) - 1 - int(not used[-1])
    if not places.size or places.max() - places.min() > high - low:
        return places
    return places + max(0, low - int(places.min())) - max(0, int(places.max()) - high)


def _offsets(sprite: Sprite, map_: Ints, held: Held) -> tuple[Ints, Ints]:
    """Return (frames,) how far right and down the body has gone where it meets the held thing."""
    near = regions.grow(regions.grow(held.mask)) & sprite.opaque & ~held.mask
    if not near.any():
        near = held.mask
    rows, columns = np.nonzero(near)
    away = np.hypot(columns + 0.5 - held.hand[0], rows + 0.5 - held.hand[1])
    reach = max(2.0, float(away.min()) + 1.0)
    palm: Bools = np.zeros_like(near)
    palm[rows[away <= reach], columns[away <= reach]] = True
    shown = np.append(palm.reshape(-1), False)[map_]
    frame, row, column = gather.places(shown)
    source = map_[frame, row, column]
    count = np.maximum(1, np.bincount(frame, minlength=len(map_)))
    right = np.bincount(frame, column - source % sprite.width, minlength=len(map_)) / count
    down = np.bincount(frame, row - source // sprite.width, minlength=len(map_)) / count
    return waves.symmetric(right), waves.symmetric(down)
