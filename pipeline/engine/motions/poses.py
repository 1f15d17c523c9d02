"""A body in a pose: squashed or stretched, leaning, and set elsewhere, its islands in one piece."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..parts import Sprite
from ..parts.types import Floats, Ints
from . import gather, gather_parts, shears, waves
from .scales import resize

#: How much of a pose is tried, where all of it would leave the canvas.
SHARES = (1.0, 0.75, 0.5, 0.25)


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
    return fitted(sprite, len(pose.tall), lambda share: bent(sprite, pose.scaled(share)))


def fitted(sprite: Sprite, frames: int, draw: Callable[[float], Ints]) -> Ints:
    """Return what is drawn with the largest share of its way that the canvas has room for."""
    for share in SHARES:
        map_ = draw(share)
        if fits(sprite, map_):
            return map_
    return gather.still(sprite, frames)


def bent(sprite: Sprite, pose: Pose) -> Ints:
    """Return the map of a pose, whether the canvas has room for it or not."""
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


def fits(sprite: Sprite, map_: Ints) -> bool:
    """Tell whether a map stays on the canvas, and no frame has lost a quarter of the ink."""
    ink = gather.solid(sprite, map_).sum(axis=(1, 2))
    return gather.contained(sprite, map_) and bool((ink >= 0.7 * sprite.area).all())
