"""What a sprite looks like it would do.

The prior of the prompt reader, from shape and colours alone.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from ..motions.turns import is_round
from ..parts import Sprite


class Kind(StrEnum):
    """What a sprite looks like."""

    FIRE = "fire"
    PLANT = "plant"
    CREATURE = "creature"
    ROUND = "round"
    THING = "thing"


PRIOR = {
    Kind.FIRE: "flicker",
    Kind.PLANT: "sway",
    Kind.CREATURE: "breathe",
    Kind.ROUND: "spin",
    Kind.THING: "bob",
}


def kind(sprite: Sprite) -> Kind:
    """Tell what a sprite looks like.

    Fire by hue, a plant by green and a stem, a creature by eyes or feet.
    """
    index = sprite.palette.index[sprite.opaque]
    if not index.size:
        return Kind.THING
    palette = sprite.palette
    green = (palette.hue >= 110) & (palette.hue <= 170) & (palette.chroma >= 0.05)
    if sprite.eyes is not None:
        return Kind.CREATURE
    if is_burning(sprite):
        return Kind.FIRE
    tall = sprite.box.height >= 0.8 * sprite.box.width
    if palette.fiery[index].mean() >= 0.5 and tall and not sprite.legs:
        return Kind.FIRE
    if green[index].mean() >= 0.5 and is_rooted(sprite):
        return Kind.PLANT
    if is_round(sprite) and len(palette.lab) <= 5:
        return Kind.ROUND
    return Kind.CREATURE if is_creature(sprite) else Kind.THING


def idle(sprite: Sprite) -> str:
    """Return what a sprite does while it waits: what it looks like, but it does not spin."""
    motion = PRIOR[kind(sprite)]
    return "bob" if motion == "spin" else motion


def is_burning(sprite: Sprite) -> bool:
    """Tell whether a bright flame is a part of the sprite and stands at its top."""
    flame = sprite.flame
    if flame is None or flame.area < 0.08 * sprite.area:
        return False
    at_top = flame.box.top <= sprite.box.top + 1 and flame.box.centre_y < sprite.box.centre_y
    return at_top and bool(flame.palette.lab[:, 0].max() >= 0.8)


def is_creature(sprite: Sprite) -> bool:
    """Tell whether a sprite has eyes, or stands on two feet and is no flat block."""
    return sprite.eyes is not None or (
        len(sprite.legs) >= 2 and sprite.box.height >= 0.7 * sprite.box.width
    )


def can_walk(sprite: Sprite) -> bool:
    """Tell whether stepping would look like walking.

    Two feet, or a creature that is not a flat blob.
    """
    return len(sprite.legs) >= 2 or (
        is_creature(sprite) and sprite.box.height >= 0.8 * sprite.box.width
    )


def is_rooted(sprite: Sprite) -> bool:
    """Tell whether the widest run of floor pixels is at most half of the width: a stem, or feet."""
    floor = sprite.opaque[sprite.box.bottom - 1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], floor, [False]]).astype(np.int8)))
    widest = int((edges[1::2] - edges[::2]).max(initial=0))
    return 2 * widest <= sprite.box.width


def has_wings(sprite: Sprite) -> bool:
    """Tell whether the sprite is wide and much of it lies beside its body."""
    box = sprite.box
    return box.width >= 1.2 * box.height and sprite.eyes is not None
