"""KAPLAY: Aseprite's JSON as a list, which is the only form that its `loadAseprite` takes.

    loadAseprite("hero", "hero.anim.png", "hero.anim.kaplay.json");
    add([sprite("hero", {anim: "walk"})]);

It plays every tag forward at 10 frames a second, whatever the file says. So directions and holds
are baked, and each tag says `speed` and `loop`, for `play("walk", {speed: 8, loop: true})`.
"""

from __future__ import annotations

from . import aseprite
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("json", target="kaplay"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the list of frames as played."""
    style = aseprite.Style(is_array=True, has_extras=False, is_even=True, is_for_web=True)
    return (aseprite.document(drawn, style),)


TARGET = Target(name="kaplay", paths=paths, contents=contents)
