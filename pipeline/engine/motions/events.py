"""Motions that come and go: dissolve, blink_eyes."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import gather, waves
from .motion import Layer, Motion, Parameters


def dissolve(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Vanish pixel by pixel.

    Visible while the threshold T >= p, p = (1 - cos)/2 or i/(N - 1).

    T is an 8x8 Bayer matrix; seeded in the variant `seeded`, from the rim inwards in the variant
    `rim`.
    """
    gone = (
        np.arange(frames) / max(1, frames - 1)
        if parameters.once
        else waves.rise(frames, parameters.cycles)
    )
    threshold = np.maximum(_threshold(sprite, parameters.variant, seed), 1e-6)
    visible = threshold >= np.round(gone, 9)[:, None, None]
    visible[0] = True
    return np.where(visible & sprite.opaque, gather.identity(sprite), gather.VOID)


def _threshold(sprite: Sprite, variant: str, seed: int) -> Floats:
    rows, columns = np.indices((sprite.height, sprite.width))
    if variant == "seeded":
        return waves.chances(seed, rows.size, salt=41).reshape(rows.shape)
    if variant == "rim":
        return np.minimum(0.98, _depth(sprite.opaque))
    return (bayer(3)[rows % 8, columns % 8] + 0.5) / 64


def bayer(power: int) -> Ints:
    """Return the 2^power square ordered-dither matrix. Source: Bayer 1973."""
    matrix = np.zeros((1, 1), dtype=np.intp)
    for _ in range(power):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix


def _depth(opaque: Bools) -> Floats:
    """Return how far inside each pixel lies, as a share of the deepest one."""
    depth = np.zeros(opaque.shape)
    inside = opaque.copy()
    while inside.any():
        depth += inside
        wide = np.pad(inside, 1)
        inside = inside & wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    share: Floats = depth / max(1.0, float(depth.max()))
    return share


def blink_eyes(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Close the eyes in the frame before the last.

    All but their bottom row takes the skin beside it; extras.

    An eye of one row closes to nothing. Without a pair of eyes nothing moves.
    """
    map_ = gather.still(sprite, frames).copy()
    if sprite.eyes is None or frames < 4:
        return map_
    for eye in (sprite.eyes.left, sprite.eyes.right):
        rows = np.flatnonzero(eye.any(axis=1))
        closing = eye.copy()
        if len(rows) > 1:
            closing[rows[-1]] = False
        map_[frames - 2][closing] = sprite.skin[closing]
    return map_


FAMILY = (
    Motion(
        "dissolve",
        dissolve,
        smallest=2,
        fallback="flash",
        layer=Layer.COLOUR,
        shoots=True,
        margin=0.0,
    ),
    Motion("blink_eyes", blink_eyes, smallest=4, fallback="bob", layer=Layer.COLOUR, margin=0.0),
)
