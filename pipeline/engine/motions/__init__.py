"""The motions of the built-in engine, one file a family, and the way to perform one.

A motion is a map of whole indices: at each pixel a frame shows a pixel of the sprite, or one of its
colours. So no new colour and no half-transparent pixel can appear; in a loop, frame N would be
frame 0. It never looks at a clock, and is random by its seed only.

In the formulas A is the amplitude in whole px, t = 2 pi i / N the phase of frame i (`sin` and `cos`
alone are those of t), e the height above the floor as a share of the box; R rounds halves up, and
Rs does so with the sign left out and put back, so that left and right are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

from ..parts import Sprite
from ..parts.types import Ints
from . import gather
from .motion import Layer, Motion, Parameters

__all__ = ["ALIASES", "MOTIONS", "Layer", "Motion", "Parameters", "perform"]

#: The file of each family, and its motions: a file is loaded with the first of them, since a clip
#: shows one or two.
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "shifts": ("bob", "float", "hover8", "hop", "shake", "lunge", "scroll", "afterimage"),
        "scales": ("breathe", "squash", "pulse", "heartbeat"),
        "shears": ("sway", "wobble", "wave", "ripple", "flicker"),
        "turns": ("spin", "rotate", "pendulum", "tilt"),
        "limbs": ("flap", "nod"),
        "colours": ("glow", "glint", "cycle", "flash", "sparkle"),
        "events": ("dissolve", "blink_eyes"),
        "idle": ("idle",),
        "walks": ("walk4", "walk2", "walk_quad", "run", "run_quad"),
        "strikes": ("attack_strike", "attack_bite", "attack_thrust", "attack_shoot"),
        "falls": ("hurt", "death"),
        "comings": ("spawn", "teleport", "explode", "crumble"),
        "magic": ("charge", "heal", "cast", "pickup", "levelup"),
        "leaps": ("jump", "open", "close"),
        "faces": ("look", "talk", "laugh", "sleep", "slither"),
        "fires": ("fire",),
        "matter": ("smoke", "water", "lava", "electric", "dust"),
    }
)


class _Motions(Mapping[str, Motion]):
    """All motions by name, in the order of their families."""

    def __init__(self) -> None:
        self._files = {name: file for file, names in FAMILIES.items() for name in names}
        self._loaded: dict[str, Motion] = {}

    def __getitem__(self, name: str) -> Motion:
        if name not in self._loaded:
            family = import_module(f".{self._files[name]}", __name__).FAMILY
            self._loaded |= {motion.name: motion for motion in family}
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


MOTIONS: Mapping[str, Motion] = _Motions()

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
    if parameters.part:
        from . import parted  # few motions are of a part

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
