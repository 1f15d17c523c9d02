"""Motions that move the whole sprite by whole pixels: bob, float, hover8, hop, shake, lunge, scroll."""

from __future__ import annotations

import numpy as np

from ..parts import Ints, Sprite
from . import gather, waves
from .motion import Motion, Parameters, amplitude
from .scales import resize


def bob(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lift the sprite and set it down: dy = -R(A(1 - cos)/2), imaging.md 15 no. 1."""
    lift = min(amplitude(sprite, parameters), sprite.room.top)
    return gather.shift(sprite, _none(frames), -waves.half_up(lift * waves.rise(frames)))


def floating(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Hang in the air and swing up and down: dy = -Rs(A sin), imaging.md 15 no. 2."""
    reach = min(amplitude(sprite, parameters), sprite.room.top, sprite.room.bottom)
    down = -waves.symmetric(reach * waves.swing(frames, parameters.cycles))
    return gather.shift(sprite, _none(frames), down)


def shake(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Jolt by seeded whole pixels in -A..A, dying away in a one-shot, imaging.md 15 no. 13.

    Successive frames jolt to opposite sides, so that no two are equal by chance.
    """
    reach = amplitude(sprite, parameters)
    room = sprite.room
    fade = 1 - waves.shares(frames) if parameters.once else np.ones(frames)
    side = np.where(np.arange(frames) % 2 == 1, 1, -1)
    size = 0.5 + 0.5 * waves.chances(seed, frames, salt=1)
    across = np.maximum(1, waves.half_up(reach * size * fade)) * side
    down = waves.symmetric(reach * (2 * waves.chances(seed, frames, salt=2) - 1) * fade)
    across[0] = down[0] = 0
    return gather.shift(
        sprite, np.clip(across, -room.left, room.right), np.clip(down, -room.top, room.bottom)
    )


# Height of a hop and squash of the body (share of its height) at key poses, by share of the clip: stand, crouch,
# leap, top, fall, landing, settled. Keyed by pose, so that the landing is in every clip of 8 frames or more.
HOP_LIFT = (0.0, 0.0, 0.62, 0.94, 1.0, 0.82, 0.36, 0.0, 0.0)
HOP_SQUASH = (0.0, 0.18, -0.10, 0.0, 0.0, 0.0, -0.08, 0.18, 0.0)


def hop(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Crouch, leap, fall and land: 3A high on an eased table, squashed at both contacts, imaging.md 15 no. 6."""
    room = sprite.room
    stretch = 0.12 * sprite.box.height
    height = min(3 * amplitude(sprite, parameters), max(0, room.top - int(np.ceil(stretch))))
    clip = np.arange(frames) / frames
    lift = waves.half_up(height * waves.along(HOP_LIFT, clip))
    squash = waves.along(HOP_SQUASH, clip)
    body = resize(sprite, 1 + 0.6 * squash, 1 - squash)
    return gather.through(gather.shift(sprite, _none(frames), -lift), body)


def _none(frames: int) -> Ints:
    return np.zeros(frames, dtype=np.intp)


FAMILY = (
    Motion("bob", bob, smallest=2, fallback="bob"),
    Motion("float", floating, smallest=4, fallback="bob"),
    Motion("hop", hop, smallest=4, fallback="bob", shoots=True, margin=0.45),
    Motion("shake", shake, smallest=2, fallback="bob", shoots=True),
)
