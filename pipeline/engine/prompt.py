"""Read a prompt: which motions it asks for, how strongly, how fast, and what has to be left to a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .motions import Parameters

STEMS = {
    "bob": ("idle", "bob", "stand", "wait", "rest"),
    "float": ("float", "hover", "levitat", "ghost", "fly", "suspend"),
    "breathe": ("breath", "chest", "alive", "sleep", "calm"),
    "squash": ("squash", "stretch", "jelly", "slime", "rubber"),
    "hop": ("hop", "jump", "bounc", "leap", "frog"),
    "sway": ("sway", "wind", "breeze", "plant", "tree", "grass", "reed"),
    "wave": ("wav", "flag", "banner", "cape", "cloth", "flutter", "sail", "ribbon"),
    "ripple": ("water", "rippl", "underwater", "swim", "heat", "haze", "mirage", "reflect"),
    "shake": ("shak", "trembl", "shiver", "rumbl", "scared", "angry", "vibrat", "hit"),
    "spin": ("spin", "coin", "turn around", "flip", "collect"),
    "walk2": ("walk", "run", "march", "step", "patrol"),
    "flicker": ("fire", "flame", "torch", "burn", "campfire", "candle", "lava"),
}


@dataclass(frozen=True)
class Reading:
    """A prompt as it was understood: motions with parameters, frames per second, loop or one-shot, a sentence."""

    motions: tuple[tuple[str, Parameters], ...]
    fps: int
    loops: bool
    sentence: str
    needs_ai: str | None


def read(prompt: str, negative_prompt: str = "") -> Reading:
    """Read a prompt by word stems; without any, the sprite bobs."""
    text = prompt.lower()
    found = [
        (match.start(), name)
        for name, stems in STEMS.items()
        for stem in stems
        if (match := re.search(rf"\b{stem}", text))
    ]
    name = min(found)[1] if found else "bob"
    return Reading(((name, Parameters()),), 8, True, f"'{prompt}' -> {name}", None)
