"""Motions of limbs: walk2, flap, nod."""

from __future__ import annotations

import numpy as np

from ..parts import Ints, Sprite
from . import gather, waves
from .motion import Layer, Motion, Parameters, amplitude


def walk2(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Step with one leg and the other: the body rises over the standing leg, imaging.md 15 no. 19."""
    box = sprite.box
    rise = min(max(1, amplitude(sprite, parameters) // 2), sprite.room.top)
    hip = box.top + int(waves.half_up(0.70 * box.height))
    turn = waves.swing(frames, parameters.cycles)
    lift = waves.half_up(rise * np.abs(turn))
    y = np.arange(sprite.height)
    body = np.where(y < hip, y + lift[:, None], y)
    body = np.where((y < hip) & (y >= hip - lift[:, None]), hip, body)
    walking = y + lift[:, None]
    left = np.arange(sprite.width) < box.centre_x
    columns = np.arange(sprite.width)
    stepping = np.where(left, np.round(turn, 9)[:, None] > 0, np.round(turn, 9)[:, None] < 0)
    rows = np.where(stepping[:, None, :], walking[:, :, None], body[:, :, None])
    return np.where(rows < sprite.height, rows * sprite.width + columns, gather.VOID)


FAMILY = (Motion("walk2", walk2, smallest=4, fallback="bob", layer=Layer.PART),)
