"""A body in a pose: squashed or stretched, leaning, and set elsewhere, its islands in one piece."""

from __future__ import annotations

import msgspec

from ..parts import Sprite
from ..parts.types import Floats, Ints
from . import gather, gather_parts, shears, waves
from .scales import resize


class Pose(msgspec.Struct, frozen=True, eq=False):
    """How a body stands in each frame, all (frames,).

    `tall` and `wide` are factors; `lean` moves the top of the body, `right` and `down` all of it,
    in pixels.
    """

    tall: Floats
    wide: Floats
    lean: Floats
    right: Floats
    down: Floats

    def scaled(self, share: float) -> Pose:
        """Return the pose with a share of its way and its lean."""
        return Pose(
            1 + (self.tall - 1) * share,
            1 + (self.wide - 1) * share,
            self.lean * share,
            self.right * share,
            self.down * share,
        )


def posed(sprite: Sprite, pose: Pose) -> Ints:
    """Return the map of a pose, as much of it as the canvas has room for."""
    for share in (1.0, 0.75, 0.5, 0.25):
        map_ = _map(sprite, pose.scaled(share))
        if gather.contained(sprite, map_) and _whole(sprite, map_):
            return map_
    return gather.still(sprite, len(pose.tall))


def _map(sprite: Sprite, pose: Pose) -> Ints:
    bend = shears.height_share(sprite)
    body = resize(sprite, pose.wide, pose.tall)
    if pose.lean.any():
        leaning = waves.symmetric(bend * pose.lean[:, None])
        body = gather.through(gather.shear_rows(sprite, leaning), body)
    body = gather_parts.tidy(sprite, body)
    if not (pose.right.any() or pose.down.any()):
        return body
    moved = gather.shift(sprite, waves.symmetric(pose.right), waves.symmetric(pose.down))
    return gather.through(moved, body)


def _whole(sprite: Sprite, map_: Ints) -> bool:
    """Tell whether no frame has lost more than a quarter of the ink over the canvas's edge."""
    ink = gather.solid(sprite, map_).sum(axis=(1, 2))
    return bool((ink >= 0.7 * sprite.area).all())
