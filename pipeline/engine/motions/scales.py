"""Motions that change proportions: breathe, squash, pulse, heartbeat."""

from __future__ import annotations

import numpy as np

from ..parts import Floats, Ints, Sprite
from . import gather, waves
from .motion import Motion, Parameters, amplitude


def resize(sprite: Sprite, wide: Floats, tall: Floats, *, grounded: bool = True) -> Ints:
    """Scale each frame about the floor's middle (or the centre) to whole numbers of rows and columns.

    `wide` and `tall` are factors (frames,); sizes are held inside the room, so nothing is clipped.
    """
    box, room = sprite.box, sprite.room
    half = min(room.left, room.right)
    widths = np.clip(_even_steps(box.width, wide), 1, box.width + 2 * half)
    upward = room.top if grounded else 2 * min(room.top, room.bottom)
    heights = np.clip(_steps(box.height, tall, grounded), 1, box.height + upward)
    columns = _resample(sprite.width, box.left, box.width, box.left - (widths - box.width) // 2, widths)
    lift = heights - box.height if grounded else (heights - box.height) // 2
    rows = _resample(sprite.height, box.top, box.height, box.top - lift, heights)
    return gather.crossing(sprite, rows, columns)


def _even_steps(size: int, factors: Floats) -> Ints:
    """Return sizes that differ from `size` by even numbers, so that the centre stays where it is."""
    return size + 2 * waves.symmetric(size * (factors - 1) / 2)


def _steps(size: int, factors: Floats, grounded: bool) -> Ints:
    return size + waves.symmetric(size * (factors - 1)) if grounded else _even_steps(size, factors)


def _resample(length: int, start: int, size: int, starts: Ints, sizes: Ints) -> Ints:
    """Return (frames, length): which source line of start..start+size each frame line shows, else -1."""
    place = np.arange(length) - starts[:, None]
    source = start + (2 * place + 1) * size // (2 * sizes[:, None])
    return np.where((place >= 0) & (place < sizes[:, None]), source, -1)


def squash(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flatten and stretch, keeping the volume: scale (1 + k sin, 1 - k sin) on the floor, imaging.md 15 no. 5."""
    force = _visible(0.10 * parameters.strength, sprite) * waves.swing(frames, parameters.cycles)
    return resize(sprite, 1 + force, 1 - force)


def _visible(factor: float, sprite: Sprite) -> float:
    """Raise a scale factor until it is at least one pixel of the sprite's height."""
    return max(factor, 1 / sprite.box.height)


def breathe(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lift the chest: rows above the waist rise by R(A(1 - cos)/2), the torso stretches, feet stay; no. 4.

    The rows that repeat are those which differ least from the row below, never an outline.
    """
    box = sprite.box
    deepest = min(amplitude(sprite, parameters, 0.04), sprite.room.top)
    lift = waves.half_up(deepest * waves.rise(frames, parameters.cycles))
    neck = box.top + int(waves.half_up(0.34 * box.height))
    waist = box.top + int(waves.half_up(0.74 * box.height))
    torso = max(1, waist - neck)
    y = np.arange(sprite.height)
    lifts = lift[:, None]
    inner = neck + np.minimum(torso - 1, (y - neck + lifts) * torso // (torso + lifts))
    rows = np.where(y >= waist, y, np.where(y < neck - lifts, y + lifts, inner))
    return gather.crossing(sprite, rows, np.broadcast_to(np.arange(sprite.width), (frames, sprite.width)))


FAMILY = (
    Motion("breathe", breathe, smallest=2, fallback="bob"),
    Motion("squash", squash, smallest=4, fallback="bob", margin=0.15),
)
