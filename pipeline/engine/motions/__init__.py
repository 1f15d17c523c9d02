"""The motions of the built-in engine, one file a family, and the way to perform one.

A motion is a map of whole indices: at each pixel a frame shows a pixel of the sprite, or one of its
colours. So no new colour and no half-transparent pixel can appear; in a loop, frame N would be
frame 0. It never looks at a clock, and is random by its seed only.

In the formulas A is the amplitude in whole px, t = 2 pi i / N the phase of frame i (`sin` and `cos`
alone are those of t), e the height above the floor as a share of the box; R rounds halves up, and
Rs does so with the sign left out and put back, so that left and right are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..parts import Sprite
from ..parts.types import Ints
from . import (
    colours,
    comings,
    events,
    faces,
    falls,
    fires,
    gather,
    idle,
    leaps,
    limbs,
    magic,
    matter,
    parted,
    scales,
    shears,
    shifts,
    strikes,
    turns,
    walks,
)
from .motion import Layer, Motion, Parameters

__all__ = ["ALIASES", "MOTIONS", "Layer", "Motion", "Parameters", "perform"]

FAMILIES = (
    *(shifts, scales, shears, turns, limbs, colours, events),
    *(idle, walks, strikes, falls, comings, magic, leaps, faces, fires, matter),
)

MOTIONS: Mapping[str, Motion] = MappingProxyType(
    {motion.name: motion for family in FAMILIES for motion in family.FAMILY}
)

#: Other words for a motion, so that readers of prompts may use either.
ALIASES: Mapping[str, str] = MappingProxyType(
    {"blink": "blink_eyes", "fly": "flap", "vanish": "dissolve", "attack": "attack_strike"}
)

LAST_RESORTS = ("bob", "breathe", "squash", "glint", "flash", "dissolve")


def perform(
    name: str, sprite: Sprite, frames: int, parameters: Parameters, seed: int
) -> tuple[str, Ints]:
    """Perform a motion, or its fallback when frames are too few, there is no room, or it would be
    cut off by the canvas.

    `name` may be an alias. Returns the name of the motion that was performed and its map.
    """
    name = ALIASES.get(name, name)
    alone = parted.render(name, sprite, frames, parameters, seed)
    if alone is not None:
        return name, alone
    tried: list[str] = []
    for candidate in (name, MOTIONS[name].fallback, *LAST_RESORTS):
        motion = MOTIONS[candidate]
        if candidate in tried or frames < motion.smallest:
            continue
        tried.append(candidate)
        map_ = motion.render(sprite, frames, parameters, seed)
        if gather.contained(sprite, map_) and gather.moves(sprite, map_):
            return candidate, map_
    return name, map_
