"""Which way a sprite looks, and how long a figure's poses are held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..parts import Sprite
from .motion import Parameters

LEAST_SKEW = 0.08
#: How much of a ship from above is the mirror of its other side.
LEAST_MIRRORED = 0.85


def side(sprite: Sprite, parameters: Parameters) -> int:
    """Return -1 for left, 1 for right: as said, else where the eyes look, else right."""
    if parameters.across:
        return parameters.across
    if parameters.facing:
        return parameters.facing
    return _eyes_look(sprite) or 1


def is_front(sprite: Sprite, parameters: Parameters) -> bool:
    """Tell whether the sprite looks at us: as stated, or both eyes about the middle."""
    if sprite.facing or parameters.across:
        return sprite.facing == "front"
    return sprite.eyes is not None and _eyes_look(sprite) == 0


def is_upward(sprite: Sprite) -> bool:
    """Tell whether it is a ship seen from above, its nose up: each side is the other's mirror."""
    if sprite.kind != "vehicle" or sprite.facing or not sprite.area:
        return False
    box = sprite.box
    shown = sprite.palette.index[box.top : box.bottom, box.left : box.right]
    return bool((shown == shown[:, ::-1]).mean() >= LEAST_MIRRORED)


def _eyes_look(sprite: Sprite) -> int:
    if sprite.eyes is None:
        return 0
    middle = (sprite.eyes.box[0] + sprite.eyes.box[2]) / 2
    skew = (middle - sprite.box.centre_x) / sprite.box.width
    return 0 if abs(skew) <= LEAST_SKEW else (1 if skew > 0 else -1)


def held(frames: int, order: str, grow: str, shrink: str) -> list[str]:
    """Return a pose for each frame: `order` of single letters, longer or shorter as needed.

    `grow` names the poses that are held longer, in turn; `shrink` those to give up a frame first.
    """
    poses = list(order)
    for pose in _endless(grow, frames - len(poses)):
        poses.insert(len(poses) - poses[::-1].index(pose), pose)
    for pose in shrink:
        if len(poses) <= frames:
            break
        if pose in poses:
            poses.remove(pose)
    return poses[:frames]


def _endless(letters: str, count: int) -> Sequence[str]:
    return [letters[step % len(letters)] for step in range(max(0, count))]


def table(
    poses: Sequence[str], values: Mapping[str, float]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the value of each frame's pose, 0 for a pose that is not listed."""
    return np.array([values.get(pose, 0.0) for pose in poses])
