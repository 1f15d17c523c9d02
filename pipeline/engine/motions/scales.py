"""Motions that change proportions: breathe, squash, pulse, heartbeat."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import elastic, gather, waves
from .motion import Motion, Parameters, amplitude


def resize(sprite: Sprite, wide: Floats, tall: Floats, *, grounded: bool = True) -> Ints:
    """Scale each frame about the floor's middle (or the centre) by whole rows and columns.

    `wide` and `tall` are factors (frames,); sizes stay inside the room, so nothing is clipped.
    Lines are repeated or left out where that shows least, never through the eyes.
    """
    box, room = sprite.box, sprite.room
    half = min(room.left, room.right)
    narrow = -((box.width - 1) // 2)
    wider = np.clip(waves.symmetric(box.width * (wide - 1) / 2), narrow, half)
    upward = room.top if grounded else min(room.top, room.bottom)
    taller = _taller(box.height, tall, upward, grounded)
    across, upright = (box.left, box.right), (box.top, box.bottom)
    columns = elastic.mirrored(elastic.column_cost(sprite), across, wider, sprite.width)
    rows = elastic.stretched(
        elastic.row_cost(sprite), upright, taller, sprite.height, grounded=grounded
    )
    return gather.crossing(sprite, rows, columns)


def _taller(height: int, tall: Floats, upward: int, grounded: bool) -> Ints:
    """Return by how many rows each frame is taller.

    Any number on the floor, an even one about the centre.
    """
    if grounded:
        return np.clip(waves.symmetric(height * (tall - 1)), 1 - height, upward)
    return 2 * np.clip(waves.symmetric(height * (tall - 1) / 2), -((height - 1) // 2), upward)


def squash(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flatten and stretch, keeping the volume.

    scale (1 + k sin, 1 - k sin) on the floor.
    """
    factor = max(0.10 * parameters.strength, 1 / sprite.box.height)
    force = factor * waves.swing(frames, parameters.cycles)
    return resize(sprite, 1 + force, 1 - force)


def pulse(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Swell and shrink about the centre.

    scale 1 + k(1 - cos), at least a pixel.
    """
    box = sprite.box
    factor = max(0.08 * parameters.strength, 1 / max(box.width, box.height))
    size = 1 + 2 * factor * waves.rise(frames, parameters.cycles)
    return resize(sprite, size, size, grounded=False)


def heartbeat(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Beat twice and rest: scale 1 + k |sin 4 pi u| (1, then .6, then 0)."""
    box = sprite.box
    share = waves.phases(frames, parameters.cycles) / waves.TURN
    force = np.where(share < 0.25, 1.0, np.where(share < 0.5, 0.6, 0.0))
    beat = force * np.abs(np.sin(2 * waves.TURN * share))
    size = 1 + max(0.12 * parameters.strength, 2 / max(box.width, box.height)) * beat
    return resize(sprite, size, size, grounded=False)


def breathe(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lift head and shoulders by R(A(1 - cos)/2); feet stay.

    The chest grows by the rows are those that differ least from the next, never an outline;
    without room above the chest sinks instead.
    """
    box = sprite.box
    wanted = amplitude(sprite, parameters)
    deepest = min(wanted, sprite.room.top) or -min(wanted, box.height - 1)
    lift = waves.symmetric(deepest * waves.rise(frames, parameters.cycles))
    cost = np.where(_chest(sprite), elastic.row_cost(sprite), np.inf)
    rows = elastic.stretched(cost, (box.top, box.bottom), lift, sprite.height, grounded=True)
    return gather.crossing(
        sprite, rows, np.broadcast_to(np.arange(sprite.width), (frames, sprite.width))
    )


def _chest(sprite: Sprite) -> Bools:
    """Return the rows between neck and waist; all rows under the eyes when nothing lies between."""
    box = sprite.box
    rows = np.arange(sprite.height)
    waist = box.top + int(waves.half_up(0.78 * box.height))
    chest: Bools = (rows >= sprite.neck) & (rows < waist)
    return chest if chest.any() else rows >= min(sprite.neck, box.bottom - 1)


FAMILY = (
    Motion("breathe", breathe, smallest=2, fallback="squash"),
    Motion("squash", squash, smallest=4, fallback="bob", margin=0.15),
    Motion("pulse", pulse, smallest=2, fallback="bob", margin=0.15),
    Motion("heartbeat", heartbeat, smallest=6, fallback="pulse", margin=0.15),
)
