"""Going without legs: creeping along the floor, and bounding."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Ints
from . import poses, waves
from .facing import side
from .motion import Parameters

CREEP_TALL = (0.0, -0.6, -1.0, -0.5, 0.0, 0.6, 1.0, 0.5)
CREEP_LEAN = (0.0, 0.5, 1.0, 1.0, 0.5, 0.0, -0.5, -0.5)
#: A bound: crouch, leap, top, landing; the second is lower.
BOUND_UP = (0.0, 0.6, 1.0, 0.0, 0.0, 0.4, 0.7, 0.0)
BOUND_PRESS = (0.0, -0.4, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
BOUND_LEAN = (0.0, 1.0, 1.0, 0.5, 0.0, 1.0, 0.0, 0.0)


def creeping(sprite: Sprite, frames: int, parameters: Parameters) -> Ints:
    """Go without legs: sink and spread, reach ahead, draw up and come after."""
    eighth = waves.eighths(frames, parameters.cycles)
    deep = max(0.1, 1.01 / sprite.box.height)
    tall = deep * np.array(CREEP_TALL)[eighth]
    lean = side(sprite, parameters) * max(1.0, 0.06 * sprite.box.height)
    zero = np.zeros(frames)
    ahead = lean * np.array(CREEP_LEAN)[eighth]
    return poses.posed(sprite, poses.Pose(1 + tall, 1 - tall, ahead, zero, zero))


def bounding(sprite: Sprite, frames: int, parameters: Parameters) -> Ints:
    """Run without legs: bound forward leaning, squashed at each landing."""
    eighth = waves.eighths(frames, parameters.cycles)
    height = sprite.box.height
    rise = min(max(2, round(0.12 * height)), sprite.room.top)
    press = np.array(BOUND_PRESS)[eighth] * max(0.12, 1.01 / height)
    lean = side(sprite, parameters) * (1 + height // 24) * np.array(BOUND_LEAN)[eighth]
    up = rise * np.array(BOUND_UP)[eighth]
    pose = poses.Pose(1 - press, 1 + press, lean, np.zeros(frames), -up)
    return poses.posed(sprite, pose)
