"""Motions of limbs: flap, nod."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.limbs import Leg
from ..parts.types import Bools, Ints
from . import facing, gather, gather_parts, waves, wings, zones
from .motion import Motion, Parameters, amplitude


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
    large = wings.beating(sprite, frames, parameters)
    if large is not None:
        return large
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

    Everything above the neck sinks by R(.6A(1 - cos)/2), drawn over the body. A beast has its head
    at its end: that sinks and no more, or its back would.
    """
    if sprite.kind == "quadruped":
        return _muzzle(sprite, frames, parameters)
    head: Bools = sprite.opaque & (np.arange(sprite.height) < sprite.neck)[:, None]
    depth = max(1.0, 0.6 * amplitude(sprite, parameters))
    down = waves.half_up(depth * waves.rise(frames, parameters.cycles))
    sinking = gather.shift(sprite, np.zeros(frames, dtype=np.intp), down)
    body = np.where(head, gather.VOID, gather.identity(sprite))
    return gather_parts.over(np.broadcast_to(body, sinking.shape), sinking, head)


def _muzzle(sprite: Sprite, frames: int, parameters: Parameters) -> Ints:
    """Let the end that a beast looks with go down by a pixel or two, and up again."""
    parts = zones.beast(sprite, facing.side(sprite, parameters), sprite.legs)
    deep = max(1.0, min(2.0, 0.04 * sprite.box.height) * parameters.strength)
    down = waves.half_up(deep * waves.rise(frames, parameters.cycles))
    still = np.zeros_like(down)
    sunk = zones.sunk(sprite, parts, np.stack([still, down, still, still]))
    return gather_parts.rigid(sprite, sunk)


FAMILY = (
    Motion("flap", flap, smallest=4, fallback="float", margin=0.20),
    Motion("nod", nod, smallest=2, fallback="breathe", margin=0.0),
)
