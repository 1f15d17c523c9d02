"""What sprites can be, and what each kind does while it waits."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What a sprite is: it decides how it waits and walks, and what it never does."""

    BIPED = "biped"
    QUADRUPED = "quadruped"
    WINGED = "winged"
    LEGLESS = "legless"
    SERPENT = "serpent"
    PLANT = "plant"
    FLAME = "flame"
    LIQUID = "liquid"
    BUILDING = "building"
    MACHINE = "machine"
    VEHICLE = "vehicle"
    ITEM = "item"
    EFFECT = "effect"


CREATURES = frozenset({Kind.BIPED, Kind.QUADRUPED, Kind.WINGED, Kind.LEGLESS, Kind.SERPENT})
#: What stands fast: it never leaves its place, and does not breathe.
ROOTED = frozenset({Kind.PLANT, Kind.BUILDING, Kind.LIQUID})
#: What a rooted thing never does as a whole.
UPROOTING = frozenset(
    {
        *("idle", "bob", "breathe", "float", "hover8", "hop", "jump", "shake", "lunge", "squash"),
        *("walk", "walk2", "walk4", "walk_quad", "run", "run_quad", "flap", "slither"),
        *("tilt", "spin", "rotate", "pendulum", "heartbeat"),
    }
)
#: What a kind does while it waits, by preference.
IDLES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.BIPED: ("idle", "breathe"),
        Kind.QUADRUPED: ("idle", "breathe"),
        Kind.WINGED: ("idle", "breathe"),
        Kind.LEGLESS: ("idle", "breathe"),
        Kind.SERPENT: ("idle", "breathe"),
        Kind.PLANT: ("sway",),
        Kind.FLAME: ("fire", "flicker"),
        Kind.LIQUID: ("water", "ripple"),
        Kind.BUILDING: ("glow", "glint"),
        Kind.MACHINE: ("glow", "glint"),
        Kind.VEHICLE: ("bob",),
        Kind.ITEM: ("bob",),
        Kind.EFFECT: ("pulse",),
    }
)
