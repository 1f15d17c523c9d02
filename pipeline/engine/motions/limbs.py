"""Motions of limbs: walk2, flap, nod."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.limbs import Leg
from ..parts.types import Bools, Floats, Ints
from . import gather, gather_parts, waves
from .motion import Motion, Parameters, amplitude

STRIDE = 0.28


def walk2(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Step leg by leg.

    Contact, passing, contact, passing: a walk on two legs.

    Legs swing from the hip by Rs(stride e sin), every second one half a turn later; a leg that
    comes forward is lifted, the other stands on the floor and is stretched at the hip by the rise
    of the body, R(A/2 |sin|). Without two feet the lower quarter is split in the middle.
    """
    legs = sprite.legs if len(sprite.legs) >= 2 else halves(sprite)
    rise = min(max(1, amplitude(sprite, parameters) // 2), sprite.room.top)
    turn = np.round(waves.swing(frames, parameters.cycles), 9)
    lift = waves.half_up(rise * np.abs(turn))
    trunk = sprite.opaque & ~np.any([leg.mask for leg in legs], axis=0)
    map_ = np.full((frames, sprite.height, sprite.width), gather.VOID, dtype=np.intp)
    for number, leg in enumerate(legs):
        phase = turn if number % 2 == 0 else -turn
        map_ = gather_parts.over(map_, _step(sprite, leg, phase, lift, parameters), leg.mask)
    body = gather.shift(sprite, np.zeros(frames, dtype=np.intp), -lift)
    return gather_parts.over(map_, gather_parts.only(body, trunk), trunk)


def _step(sprite: Sprite, leg: Leg, phase: Floats, lift: Ints, parameters: Parameters) -> Ints:
    """Return the map of one leg: lifted while its phase is positive, standing while it is not."""
    room = sprite.room
    high = max(1, int(waves.half_up(0.25 * leg.length * min(1.5, parameters.strength))))
    high = min(high, leg.length, leg.hip - sprite.box.top + room.top)
    raised = np.maximum(lift, waves.half_up(high * np.maximum(0, phase)))
    y = np.arange(sprite.height)
    standing = np.where(y < leg.hip, np.minimum(y + lift[:, None], leg.hip), y)
    rows = np.where((phase > 0)[:, None], y + raised[:, None], standing)
    stride = min(STRIDE * leg.length, room.left, room.right) * _side(sprite, parameters)
    reach = np.clip((rows - leg.hip + 1) / max(1, leg.length), 0, 1)
    right = waves.symmetric(stride * reach * phase[:, None]) if leg.length >= 4 else 0 * rows
    columns = np.arange(sprite.width) - right[:, :, None]
    inside = (columns >= 0) & (columns < sprite.width) & (rows < sprite.height)[:, :, None]
    return np.where(inside, rows[:, :, None] * sprite.width + columns, gather.VOID)


def _side(sprite: Sprite, parameters: Parameters) -> int:
    """Return which way to stride: as the prompt says, else right; nowhere if it faces us."""
    if parameters.across or sprite.eyes is None:
        return parameters.across or 1
    middle = (sprite.eyes.box[0] + sprite.eyes.box[2]) / 2
    return 0 if abs(middle - sprite.box.centre_x) <= 0.15 * sprite.box.width else 1


def halves(sprite: Sprite) -> tuple[Leg, ...]:
    """Return the lower rows split at the middle of the feet, for sprites without legs."""
    box = sprite.box
    tall = max(1, min(int(waves.half_up(0.18 * box.height)), box.height - 1))
    hip = box.bottom - tall
    ink = np.flatnonzero(sprite.opaque[hip : box.bottom].any(axis=0))
    middle = (int(ink[0]) + int(ink[-1]) + 1) / 2 if ink.size else box.centre_x
    low = np.zeros_like(sprite.opaque)
    low[hip : box.bottom] = sprite.opaque[hip : box.bottom]
    left = np.arange(sprite.width) + 0.5 < middle
    return tuple(Leg(low & side, hip, middle) for side in (left, ~left) if (low & side).any())


def flap(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Beat the wings: column dy = -Rs(A s sin), s growing from the shoulder to the tip.

    The tips follow the shoulder by a twelfth of a turn; the downstroke lifts the body by a third of
    the beat.
    """
    box = sprite.box
    hinge = 0.36 * box.width / 2
    from_centre = np.abs(np.arange(sprite.width) + 0.5 - box.centre_x)
    share = np.clip((from_centre - hinge) / max(1.0, box.width / 2 - hinge), 0, 1)
    turn = waves.phases(frames, parameters.cycles)[:, None]
    late = waves.TURN / 12 * share
    beat = share * (np.sin(turn - late) + np.sin(late)) / (1 + np.sin(late))
    lift = np.maximum(0, -np.sin(turn)) / 3

    def down(reach: int) -> Ints:
        return -waves.symmetric(reach * beat) - waves.half_up(reach * lift)

    reach = max(2, amplitude(sprite, parameters, 0.2))
    held = gather.largest(
        reach, lambda tried: gather.columns_fit(sprite, down(tried), smooth=tried > 2)
    )
    return gather_parts.tidy(sprite, gather.shear_columns(sprite, down(held)))


def nod(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Bow the head.

    Everything above the neck sinks by R(.6A(1 - cos)/2), drawn over the body.
    """
    head: Bools = sprite.opaque & (np.arange(sprite.height) < sprite.neck)[:, None]
    depth = max(1.0, 0.6 * amplitude(sprite, parameters))
    down = waves.half_up(depth * waves.rise(frames, parameters.cycles))
    sinking = gather.shift(sprite, np.zeros(frames, dtype=np.intp), down)
    body = np.where(head, gather.VOID, gather.identity(sprite))
    return gather_parts.over(np.broadcast_to(body, sinking.shape), sinking, head)


FAMILY = (
    Motion("walk2", walk2, smallest=4, fallback="bob", margin=0.15),
    Motion("flap", flap, smallest=4, fallback="float", margin=0.20),
    Motion("nod", nod, smallest=2, fallback="breathe", margin=0.0),
)
