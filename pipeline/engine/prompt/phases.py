"""What goes without saying: verbs that are a phase of another motion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A jump crouches first and lands last: such verbs are shown with the one that leads.
_ATTACKS = frozenset({"attack_strike", "attack_bite", "attack_thrust", "attack_shoot", "lunge"})
_BLOW = _ATTACKS | {"tilt", "turn", "limb", "wave", "flash", "land", "open", "close", "talk"}
_BLOW |= {"run", "walk", "pendulum"}
PHASES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "idle": frozenset({"breathe", "bob", "tilt", "squash"}),
        "float": frozenset({"bob"}),
        "jump": frozenset({"squash", "hop", "land", "bob"}),
        "hop": frozenset({"squash", "jump", "land", "bob"}),
        "squash": frozenset({"sleep"}),
        "dissolve": frozenset({"smoke", "dust"}),
        "lunge": frozenset({"rotate"}),
        "sleep": frozenset({"breathe"}),
        "walk": frozenset({"limb", "sway", "wave", "nod", "turn", "bob", "drag"}),
        "run": frozenset({"limb", "walk", "wave", "tilt", "bob"}),
        "attack_strike": _BLOW,
        "attack_bite": _BLOW,
        "attack_thrust": _BLOW,
        "attack_shoot": _BLOW,
        "hurt": _BLOW | {"shake", "bob", "beat"},
        "death": _BLOW | {"hurt", "dissolve", "squash"},
        "explode": frozenset({"flash", "pulse", "crumble", "fly", "float", "dissolve", "glow"}),
        "crumble": frozenset({"explode", "dissolve", "dust", "death"}),
        "pickup": frozenset(
            {"hop", "jump", "spin", "turn", "rotate", "dissolve", "sparkle", "glow"}
        ),
        "levelup": frozenset({"glow", "flash", "sparkle", "jump", "hop", "celebrate"}),
        "spawn": frozenset({"glow", "flash", "sparkle"}),
        "teleport": frozenset({"glow", "flash", "sparkle", "dissolve", "spawn"}),
        "open": frozenset({"tilt", "sparkle", "glow", "explode", "turn", "rotate"}),
        "close": frozenset({"tilt", "turn", "rotate"}),
        "cast": frozenset({"glow", "charge", "sparkle"}),
        "charge": frozenset({"glow", "sparkle", "pulse"}),
        "heal": frozenset({"glow", "sparkle"}),
        "fire": frozenset({"dissolve", "flicker", "glow", "float"}),
        "smoke": frozenset({"dissolve", "pulse", "float", "hover8"}),
        "electric": frozenset({"jump", "hop", "flash", "spark"}),
        "lava": frozenset({"glow", "water", "bob"}),
        "water": frozenset({"wave", "ripple", "tilt", "sparkle"}),
        "slither": frozenset({"wave", "ripple", "run", "sway"}),
        "wave": frozenset({"run"}),
    }
)
