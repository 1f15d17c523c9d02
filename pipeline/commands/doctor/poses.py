"""Prompts that ask for another pose than the picture shows. Pure.

A model that animates one picture keeps its pose: it moves what is there and re-poses poorly. Such
prompts need a drawn picture of the new pose (keyframes).
"""

from __future__ import annotations

import re

from ...core.motion_words import POSES

#: Wider than elsewhere: this only advises.
_NEGATED = re.compile(r"\b(?:no|not|never|without|don't|doesn't|avoid)\b[^,.;:!?]*", re.IGNORECASE)
_ASKED = re.compile(rf"\b(?:{'|'.join(POSES)})", re.IGNORECASE)


def asked(prompt: str) -> str | None:
    """Return the words that ask for another pose, such as "sits down", or None."""
    found = _ASKED.search(_NEGATED.sub(" ", " ".join(prompt.split())))
    return found[0].strip() if found else None
