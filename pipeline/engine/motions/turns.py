"""Motions that turn the sprite: spin, rotate, pendulum, tilt."""

from __future__ import annotations

import numpy as np

from ..parts import Ints, Sprite
from . import gather, waves
from .motion import Motion, Parameters
from .scales import _even_steps


def spin(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Turn about the upright axis like a coin: width R(W |cos|), the back mirrored, imaging.md 15 no. 14."""
    box = sprite.box
    turn = np.cos(waves.phases(frames, parameters.cycles))
    least = min(box.width, max(3, int(waves.half_up(0.15 * box.width))))
    widths = np.clip(_even_steps(box.width, np.abs(turn)), least, box.width)
    starts = box.left + (box.width - widths) // 2
    place = np.arange(sprite.width) - starts[:, None]
    front = box.left + (2 * place + 1) * box.width // (2 * widths[:, None])
    back = box.left + box.right - 1 - front
    shown = np.where(np.round(turn, 9)[:, None] < 0, back, front)
    columns = np.where((place >= 0) & (place < widths[:, None]), shown, -1)
    return gather.crossing(sprite, np.broadcast_to(np.arange(sprite.height), (frames, sprite.height)), columns)


FAMILY = (Motion("spin", spin, smallest=4, fallback="bob", margin=0.0),)
