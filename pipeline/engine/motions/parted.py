"""One named part in motion and nothing else: swung about its hinge, turned, or opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ..parts import Sprite
from ..parts.named import Part
from ..parts.types import Bools, Floats, Ints
from . import enlarge, gather, gather_parts, inks, waves
from .motion import Parameters

SWING = np.radians(14.0)
MOST_SWING = np.radians(40.0)
#: How a door stands open, in eighths of a clip.
AJAR = (0.0, 0.25, 0.55, 0.85, 1.0, 1.0, 1.0, 1.0)
#: Turns that a wheel may look the same after, in parts of a whole one.
FOLDS = (8, 6, 5, 4, 3, 2)
ALIKE = 0.8
#: What opens to a side; a lid opens upwards.
DOORS = ("door", "gate")


def render(
    name: str, sprite: Sprite, frames: int, parameters: Parameters, seed: int
) -> Ints | None:
    """Return the map of a motion of the part that `parameters` name; None where it has none."""
    part = sprite.part(parameters.part) if parameters.part else None
    own = MOTIONS_OF_PARTS.get(name)
    if part is None or own is None or (own is opened and part.name not in DOORS):
        return None
    map_ = own(sprite, part, frames, parameters)
    return map_ if gather.moves(sprite, map_) else None


def swung(sprite: Sprite, part: Part, frames: int, parameters: Parameters) -> Ints:
    """Swing a part about its hinge: its tip moves by a pixel or two at least."""
    rows, columns = np.nonzero(part.mask)
    away = (columns + 0.5 - part.hinge[0]) ** 2 + (rows + 0.5 - part.hinge[1]) ** 2
    reach = float(np.sqrt(away.max(initial=1.0)))
    widest = min(MOST_SWING, max(SWING * parameters.strength, 1.6 / max(1.0, reach)))
    angles = (parameters.across or 1) * widest * waves.swing(frames, parameters.cycles)
    return _over_rest(sprite, part, _turned(sprite, part, angles))


def turned(sprite: Sprite, part: Part, frames: int, parameters: Parameters) -> Ints:
    """Turn a part about its hub, as far as it looks the same again, so that it loops."""
    fold = _fold(sprite, part)
    turn = np.arange(frames) * parameters.cycles % frames / frames
    angles = (parameters.across or 1) * waves.TURN * turn / fold
    return _over_rest(sprite, part, _turned(sprite, part, angles))


def opened(sprite: Sprite, part: Part, frames: int, parameters: Parameters) -> Ints:
    """Open a door: it is drawn narrower towards its hinge, and it is dark behind it."""
    left, top, right, bottom = part.box
    eighth = np.arange(frames) * 8 // frames
    wide = right - left
    map_ = gather.still(sprite, frames).copy()
    for frame, ajar in enumerate(np.array(AJAR)[eighth]):
        if not ajar:
            continue
        shown = max(1, wide - int(waves.half_up(0.8 * wide * ajar)))
        columns = left + (2 * np.arange(shown) + 1) * wide // (2 * shown)
        map_[frame][part.mask] = inks.dark(sprite)
        for place, column in enumerate(columns):
            inside = part.mask[top:bottom, column] & part.mask[top:bottom, left + place]
            rows = top + np.flatnonzero(inside)
            map_[frame, rows, left + place] = rows * sprite.width + column
    return map_


def _turned(sprite: Sprite, part: Part, angles: Floats) -> Ints:
    """Return the map of the part alone, turned; nothing else."""
    alone = Sprite(np.where(part.mask[..., None], sprite.pixels, 0).astype(np.uint8))
    return enlarge.turned(alone, angles, part.hinge)


def _over_rest(sprite: Sprite, part: Part, moving: Ints) -> Ints:
    """Draw a moving part over the rest, which is filled where the part stood before it."""
    bare = np.where(part.mask, behind(sprite, part.mask), gather.identity(sprite))
    bare = np.where(sprite.opaque, bare, gather.VOID)
    map_ = gather_parts.over(np.broadcast_to(bare, moving.shape), moving, part.mask)
    map_ = gather_parts.closed(map_, sprite.opaque)
    map_[0] = gather.identity(sprite)
    return _within(sprite, map_)


def _within(sprite: Sprite, map_: Ints) -> Ints:
    """Take away what would touch a side of the canvas that the sprite leaves free."""
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        if not sprite.opaque[side].any():
            map_[(slice(None), *(side if isinstance(side, tuple) else (side,)))] = gather.VOID
    return map_


def behind(sprite: Sprite, mask: Bools) -> Ints:
    """Return what is seen where a part was: the rest around it, nothing outside the rest."""
    rest = sprite.opaque & ~mask
    enclosed = _between(rest) | _between(rest.T).T
    return np.where(enclosed, gather_parts.hole(sprite, mask), gather.VOID)


def _between(rest: Bools) -> Bools:
    """Return the pixels with ink of the rest on both sides of their row, near by."""
    before = np.maximum.accumulate(rest, axis=1)
    after = np.maximum.accumulate(rest[:, ::-1], axis=1)[:, ::-1]
    both: Bools = before & after
    return both


def _fold(sprite: Sprite, part: Part) -> int:
    """Return after which part of a turn the silhouette lies on itself again: 1 for a whole one."""
    moved = _turned(sprite, part, waves.TURN / np.array([1.0, *FOLDS]))
    shapes = moved >= 0
    for shape, fold in zip(shapes[1:], FOLDS, strict=True):
        union = int((shape | part.mask).sum())
        if union and int((shape & part.mask).sum()) >= ALIKE * union:
            return fold
    return 1


Own = Callable[[Sprite, Part, int, Parameters], Ints]
MOTIONS_OF_PARTS: Mapping[str, Own] = MappingProxyType(
    {
        **dict.fromkeys(("sway", "wobble", "wave", "pendulum", "tilt", "nod", "shake"), swung),
        **dict.fromkeys(("rotate", "spin"), turned),
        "open": opened,
    }
)
