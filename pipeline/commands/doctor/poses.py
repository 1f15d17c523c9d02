"""Prompts that ask for another pose than the picture shows. Pure.

A model that animates one picture keeps its pose: it moves what is there and re-poses poorly. Such
prompts need a drawn picture of the new pose (keyframes).
"""

from __future__ import annotations

import re

_NEGATED = re.compile(r"\b(?:no|not|never|without|don't|doesn't|avoid)\b[^,.;:!?]*", re.IGNORECASE)
_LIMB = r"(?:his|her|its|their|the|a|an)"
_PHRASES = (
    r"sit(?:s|ting)? (?:down|up)",
    r"(?:lie|lies|lying|lay|lays|laying) down",
    r"(?:stand|get|rise)(?:s|ing)? (?:up )?(?:from|to \w+ feet)",
    r"(?:stands|gets|standing|getting|stand|get) up",
    r"kneel(?:s|ing)?\b",
    r"(?:crouch(?:es|ing)|(?:crouch|duck(?:s|ing)?) (?:down|under))\b(?! and (?:leap|jump|hop))",
    r"turn(?:s|ing)? (?:around|round|left|right|back|to face|away|to the (?:left|right|camera))",
    r"(?:look|glanc)(?:s|es|ing|e)? (?:around|back|behind|over " + _LIMB + r" shoulder)",
    r"(?:transform|morph|evolv|shapeshift)(?:s|es|ing|e)?(?: into)?\b",
    r"(?:climb|crawl)(?:s|ing)?\b",
    r"(?:fall|collaps)(?:s|es|ing|e)? (?:over|down|dead|to the (?:ground|floor))",
    r"collaps(?:es|ing|e)\b",
    r"(?:dies|dying)\b",
    r"(?:draw|unsheathe|sheathe|raise|lift)(?:s|ing)? " + _LIMB + r" (?:sword|weapon|bow|gun|axe)",
    r"(?:open|clos)(?:s|es|ing|e)? (?:" + _LIMB + r" )?(?:lid|door|gate|chest|book|wings)",
    r"(?:side|back|rear|front) view\b",
    r"seen from (?:behind|the (?:side|back|front))",
    r"(?:another|new|different) pose\b",
)
_ASKED = re.compile(rf"\b(?:{'|'.join(_PHRASES)})", re.IGNORECASE)


def asked(prompt: str) -> str | None:
    """Return the words that ask for another pose, such as "sits down", or None."""
    found = _ASKED.search(_NEGATED.sub(" ", " ".join(prompt.split())))
    return found[0].strip() if found else None
