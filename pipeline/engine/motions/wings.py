"""Large wings that beat about their shoulders; small ones are sheared (limbs.py)."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import enlarge, gather, gather_parts, waves
from .motion import Parameters

#: Least width of a wing in px: a smaller one turned is noise.
LARGE = 8
#: How much of a wing stays with the body, of its width.
ROOT = 0.22
#: How far the wings are down in eighths of a beat, in degrees, and how far the body is up for it.
DOWN = (0.0, -10.0, -6.0, 22.0, 48.0, 38.0, 22.0, 8.0)
LIFT = (0.0, 0.0, -0.5, 0.0, 1.0, 1.0, 0.5, 0.0)


def beating(sprite: Sprite, frames: int, parameters: Parameters) -> Ints | None:
    """Return the map of a beat of the wings that were found; None without two large ones.

    A quick stroke down that lifts the body, a slower one up, drawn behind the body.
    """
    part = sprite.part("wings")
    if part is None:
        return None
    wings = _pair(sprite, part.mask)
    if wings is None:
        return None
    eighth = waves.eighths(frames, parameters.cycles)
    rise = max(1.0, 0.05 * sprite.box.height)
    up = waves.symmetric(rise * np.array(LIFT)[eighth])
    up = np.clip(up, -sprite.room.bottom, sprite.room.top)
    for share in (1.0, 0.75, 0.5, 0.3):
        degrees = share * min(1.3, parameters.strength) * np.array(DOWN)[eighth]
        map_ = _beat(sprite, wings, degrees, up)
        if gather.contained(sprite, map_):
            return map_
    return None


def _pair(sprite: Sprite, mask: Bools) -> tuple[Bools, Bools] | None:
    """Return the left and the right wing, if both are large and the body is between them."""
    middle = np.arange(sprite.width)[None, :] + 0.5 < sprite.box.centre_x
    pair = mask & middle, mask & ~middle
    wide = [int(wing.any(axis=0).sum()) for wing in pair]
    return pair if min(wide) >= LARGE else None


def _beat(sprite: Sprite, wings: tuple[Bools, Bools], degrees: Floats, up: Ints) -> Ints:
    map_ = gather_parts.empty(sprite, len(degrees))
    body = sprite.opaque & ~wings[0] & ~wings[1]
    for wing, side in zip(wings, (-1, 1), strict=True):
        body = body | (wing & _root(sprite, wing, side))
        alone = Sprite(np.where(wing[..., None], sprite.pixels, 0).astype(np.uint8))
        angles = np.radians(side * degrees)
        turned = enlarge.turned(alone, angles, _shoulder(wing, side))
        map_ = np.where(turned >= 0, turned, map_)
    still = np.zeros(len(degrees), dtype=np.intp)
    gather_parts.place(sprite, map_, body, still, still)
    map_ = gather_parts.closed(map_, sprite.opaque)
    return gather.through(gather.shift(sprite, still, -up), map_)


def _root(sprite: Sprite, wing: Bools, side: int) -> Bools:
    """Return the part of a wing that stays with the body, so that no gap opens at the joint."""
    x, y = _shoulder(wing, side)
    wide = int(wing.any(axis=0).sum())
    reach = max(2.0, ROOT * wide)
    columns, rows = np.arange(sprite.width)[None, :] + 0.5, np.arange(sprite.height)[:, None] + 0.5
    near: Bools = (columns - x) ** 2 + (rows - y) ** 2 <= reach * reach
    return near


def _shoulder(wing: Bools, side: int) -> tuple[float, float]:
    """Return where a wing is joined: the middle of its columns nearest to the body."""
    columns = np.flatnonzero(wing.any(axis=0))
    inner = columns[-2:] if side < 0 else columns[:2]
    rows = np.flatnonzero(wing[:, inner].any(axis=1))
    x = float(inner[-1] + 1 if side < 0 else inner[0])
    return x, (int(rows[0]) + int(rows[-1]) + 1) / 2
