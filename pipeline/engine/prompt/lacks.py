"""What a prompt asks for and one still cannot show: the words that ask, and a sentence for people.

Each sentence names the word, what is missing, and what is shown in its place.
"""

from __future__ import annotations

import msgspec

from ..parts import Sprite
from . import subjects
from .senses import Understanding
from .text import Hit


class Lack(msgspec.Struct, frozen=True):
    """The `words` of a prompt that are not shown as they are meant, and why.

    Without words all is shown, and the sentence says how it would be better.
    """

    words: tuple[str, ...]
    sentence: str


def of_picture(hit: Hit, name: str, lacking: str) -> Lack | None:
    """Say what a verb needs that one picture does not have; None when it lacks nothing."""
    reason = hit.beyond or lacking
    if not reason or not hit.is_verb:
        return None
    return Lack(
        (hit.words,),
        f"'{hit.words}' needs a model: {reason}, which one still picture cannot give;"
        f" the nearest motion on offer is {name}.",
    )


def of_legs(hit: Hit, name: str) -> Lack:
    """Say that nothing was found to walk on."""
    return Lack(
        (hit.words,),
        f"'{hit.words}' needs legs, and none were found; the nearest motion on offer is {name}.",
    )


def of_ground(hit: Hit, kind: str, name: str) -> Lack:
    """Say that what stands fast does not move as a whole."""
    return Lack(
        (hit.words,),
        f"'{hit.words}' would move what stands fast: {kind}s do not; the nearest motion on"
        f" offer is {name}.",
    )


def of_colours(hit: Hit, name: str) -> Lack:
    """Say that a fire has only the sprite's own colours, or none that could be fire's."""
    remedy = 'name the fire\'s, `extra_colors: ["#ffd24a", "#e8542a", "#a12a2a"]`'
    if name == "fire":
        return Lack((), f"'{hit.words}' is drawn in the sprite's own colours; {remedy}.")
    told = f"'{hit.words}' needs colours of fire, and the sprite has none"
    return Lack((hit.words,), f"{told}; {remedy}. Shown is {name}.")


def of_part(hit: Hit, sprite: Sprite, name: str) -> Lack:
    """Say that the part which is to move was not found, or that it is no part at all."""
    if hit.object:
        told = f"'{hit.words}' moves the {hit.object}, which is not in the picture by itself"
        return Lack((hit.words,), f"{told}; shown is {name}.")
    part = hit.part or subjects.part(hit.subject)
    thing = hit.part or hit.subject
    if part and any(stated == part for stated, _ in sprite.boxes):
        return Lack(
            (hit.words,),
            f"'{hit.words}' needs the {thing}, and the box that is stated for it lies outside of"
            f" the sprite or where it is clear, so it stays still. Shown is {name}.",
        )
    remedy = f"; name it by a box, `parts: {{{part}: [left, top, right, bottom]}}`" if part else ""
    return Lack(
        (hit.words,),
        f"'{hit.words}' needs the {thing}, and none was found for certain, so it stays still"
        f"{remedy}. Shown is {name}.",
    )


def of_verbs(found: Understanding, name: str) -> Lack | None:
    """Say that no verb of the prompt is known, so that what is shown is only how it waits."""
    if found.says_nothing:
        words = (*found.things, *found.ignored)
        said = ", ".join(f"'{word}'" for word in words[:5])
        return Lack(
            words or ("the prompt",),
            f"{said or 'The prompt'} asks for no motion that the built-in engine knows; shown is"
            f" {name}.",
        )
    if not found.are_verbs_unread:
        return None
    said = ", ".join(f"'{word}'" for word in found.unread)
    return Lack(
        found.unread, f"{said} is no motion that the built-in engine knows; shown is {name}."
    )
