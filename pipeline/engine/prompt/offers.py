"""Which motions answer a sense, by preference, and what is missing when the first is not there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..motions import MOTIONS
from ..parts import Sprite
from . import prior
from .kinds import IDLES, Kind

SMALL_PX = 24
#: Share of the ink that may be lamps and windows: more of it is the thing itself, less is not seen.
LIGHTS = (0.04, 0.25)
_ATTACK = "an attack re-poses the limbs"

#: Senses that are no motion's name, and motions that may be missing: what shows them instead, and
#: what is then said to be missing (nothing where the next one shows it as well).
OFFERS: Mapping[str, tuple[tuple[str, ...], str]] = MappingProxyType(
    {
        "attack_strike": (("lunge",), _ATTACK),
        "attack_bite": (("attack_strike", "lunge"), _ATTACK),
        "attack_thrust": (("lunge",), ""),
        "attack_shoot": (("lunge",), "a shot needs a recoil pose and a projectile"),
        "cast": (("glow",), "casting re-poses the arms"),
        "charge": (("glow",), ""),
        "heal": (("glow",), ""),
        "hurt": (("flash",), ""),
        "death": (("dissolve",), "a fall re-poses the body"),
        "jump": (("hop",), ""),
        "spawn": (("dissolve",), ""),
        "teleport": (("dissolve",), ""),
        "explode": (("crumble", "shake"), "debris has to be drawn"),
        "crumble": (("dissolve",), ""),
        "open": (("shake",), "opening shows parts that the picture hides"),
        "close": (("shake",), "closing shows parts that the picture hides"),
        "pickup": (("hop",), ""),
        "levelup": (("glow",), ""),
        "fire": (("flicker",), ""),
        "smoke": (("sway",), "smoke has to be drawn"),
        "water": (("ripple",), ""),
        "lava": (("cycle",), ""),
        "electric": (("flash",), "sparks have to be drawn"),
        "dust": (("dissolve",), "dust has to be drawn"),
        "blink": (("blink_eyes",), ""),
        "look": (("bob",), "turning shows sides that the picture hides"),
        "talk": (("nod",), ""),
        "laugh": (("squash",), ""),
        "sleep": (("breathe",), ""),
        "slither": (("wave",), ""),
        "limb": (("nod",), "a limb by itself has to be drawn anew"),
    }
)


def choose(sense: str, sprite: Sprite) -> tuple[str, str]:
    """Return the motion on offer for a sense and this sprite, and what it lacks, or ""."""
    names, lacking = _candidates(sense, sprite)
    for place, name in enumerate(names):
        if name in MOTIONS:
            return name, lacking if place else ""
    return "bob", lacking


def is_known(sense: str) -> bool:
    """Tell whether a sense is a motion's name, or has one that shows it instead."""
    return sense in MOTIONS or sense in OFFERS or sense in ("idle", "walk", "run", "rotat")


def _candidates(sense: str, sprite: Sprite) -> tuple[tuple[str, ...], str]:
    match sense:
        case "idle":
            return _idle(sprite), ""
        case "walk":
            return _gait(sprite, "walk"), ""
        case "run":
            return _gait(sprite, "run"), ""
        case "rotat":
            return (("spin",) if prior.is_coin(sprite) else ("rotate",)), ""
    others, lacking = OFFERS.get(sense, ((), ""))
    return (sense, *others), lacking


def _idle(sprite: Sprite) -> tuple[str, ...]:
    """Return how it waits: what flies without legs beats its wings."""
    kind = Kind(sprite.kind) if sprite.kind else prior.kind(sprite)
    if kind is Kind.WINGED and not sprite.legs and sprite.part("wings") is not None:
        return ("flap", "idle", "breathe")
    if kind in (Kind.BUILDING, Kind.MACHINE) and not _is_lit(sprite):
        return ("glint",)
    return IDLES[kind]


def _is_lit(sprite: Sprite) -> bool:
    """Tell whether lamps and windows are a part of it."""
    least, most = LIGHTS
    return least <= float(sprite.glowing.sum()) / max(1, sprite.area) <= most


def _gait(sprite: Sprite, pace: str) -> tuple[str, ...]:
    """Return how it goes: on four legs, on its belly, small, or in full steps."""
    is_small = sprite.box.height <= SMALL_PX or not sprite.legs
    walks = ("walk4", "walk2") if is_small else ("walk2",)
    match sprite.kind:
        case Kind.SERPENT:
            return ("slither", "wave")
        case Kind.QUADRUPED if pace == "run":
            return ("run_quad", "run", "walk_quad", *walks)
        case Kind.QUADRUPED:
            return ("walk_quad", *walks)
    return ("run", *walks) if pace == "run" else walks
