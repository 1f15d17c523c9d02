"""Read a prompt.

Which motions it asks for, how strongly, how fast, and what has to be left to a model.

Deterministic, by word stems. Verbs outrank things, the first clause outranks the rest, what a
negation or the negative prompt names is vetoed, and what the sprite looks like breaks ties.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..motions import MOTIONS, Layer, Parameters
from ..parts import Sprite
from . import prior, text
from .text import Hit

SECONDARY = {"breathe": "blink_eyes", "flicker": "glow"}


@dataclass(frozen=True)
class Reading:
    """A prompt as it was understood.

    `motions` are names with parameters, the leading one first; `sentence` says it to people;
    `needs_ai` says what was asked that one still cannot show, or is None.
    """

    motions: tuple[tuple[str, Parameters], ...]
    fps: int
    loops: bool
    sentence: str
    needs_ai: str | None


def read(prompt: str, sprite: Sprite, negative_prompt: str = "") -> Reading:
    """Read a prompt for a sprite; without any known word the look of the sprite decides."""
    clauses = text.clauses(prompt)
    hits = [hit for clause in clauses for hit in text.hits(clause)]
    vetoed = _vetoes(hits, negative_prompt)
    asked = [_settled(hit, sprite) for hit in hits if not hit.negated]
    asked = [hit for hit in asked if hit.motion not in vetoed]
    manner = text.manner(prompt, clauses)
    if manner.is_still:
        vetoed |= {name for name, motion in MOTIONS.items() if motion.layer is Layer.WHOLE}
        asked = [hit for hit in asked if hit.motion not in vetoed or hit.is_verb]
    names, why = _chosen(asked, sprite, vetoed)
    parameters = Parameters(
        strength=manner.strength,
        across=manner.across,
        down=manner.down,
        once=manner.once,
        cycles=manner.cycles,
    )
    motions = tuple((name, _fitted(name, parameters, asked)) for name in names)
    loops = not (manner.once and MOTIONS[names[0]].shoots)
    needs_ai = _needs_ai(asked, names[0], sprite)
    ignored = text.unread(clauses, [hit for hit in hits if not hit.negated])
    sentence = _sentence(
        names, why, manner, loops, ignored, needs_ai, vetoed & {h.motion for h in hits}
    )
    return Reading(motions, manner.fps, loops, sentence, needs_ai)


def _vetoes(hits: Iterable[Hit], negative_prompt: str) -> set[str]:
    negative = [hit for clause in text.clauses(negative_prompt) for hit in text.hits(clause)]
    return {hit.motion for hit in hits if hit.negated} | {
        hit.motion for hit in negative if not hit.negated
    }


def _settled(hit: Hit, sprite: Sprite) -> Hit:
    """Turn a word whose motion depends on the sprite into one motion."""
    match hit.motion:
        case "idle":
            return replace(hit, motion=prior.idle(sprite))
        case "rotat":
            return replace(
                hit, motion="spin" if prior.kind(sprite) is prior.Kind.ROUND else "rotate"
            )
        case "fly":
            return replace(hit, motion="flap" if prior.has_wings(sprite) else "float")
        case "walk2" if not prior.can_walk(sprite):
            return replace(
                hit, motion="hop" if prior.is_creature(sprite) else "bob", swapped_for="walk2"
            )
    return hit


def _chosen(asked: list[Hit], sprite: Sprite, vetoed: set[str]) -> tuple[list[str], str]:
    """Return the motions to perform, the leading one first, and the words that led to it."""
    looks = prior.PRIOR[prior.kind(sprite)]
    ranked = sorted(
        asked, key=lambda hit: (-hit.weight - (hit.motion == looks), -hit.length, hit.start)
    )
    names: list[str] = []
    for hit in ranked:
        if hit.motion not in names and _combines(hit, names):
            names.append(hit.motion)
    why = ranked[0].words if ranked else ""
    if not names:
        names = [
            next(name for name in (looks, "bob", "breathe", "sway", "glow") if name not in vetoed)
        ]
    extra = SECONDARY.get(names[0])
    if len(names) == 1 and extra and extra not in vetoed and _has(sprite, extra):
        names.append(extra)
    return names, why


def _combines(hit: Hit, names: list[str]) -> bool:
    """Tell whether a motion can join those chosen.

    The first always, one more of another layer if a verb asks, and not one that stands in for
    walking: folds that run through a flag do not lift its pole.
    """
    if not names:
        return True
    layers = {MOTIONS[name].layer for name in names}
    return (
        len(names) < 2
        and MOTIONS[hit.motion].layer not in layers
        and hit.is_verb
        and not hit.beyond
        and not hit.swapped_for
    )


def _has(sprite: Sprite, extra: str) -> bool:
    return sprite.eyes is not None if extra == "blink_eyes" else bool(sprite.glowing.any())


def _fitted(name: str, parameters: Parameters, asked: list[Hit]) -> Parameters:
    """Adjust what a word says about one motion.

    Capes hang down, waterfalls flow down, blinking hides.
    """
    said = {word for hit in asked for word in hit.words.split()}
    if name == "wave" and said & {"cape", "cloak", "capes"} and not parameters.across:
        return replace(parameters, down=1)
    if name == "flash" and said & {"invulnerable", "invulnerability"}:
        return replace(parameters, variant="vanish")
    return parameters


def _needs_ai(asked: list[Hit], leading: str, sprite: Sprite) -> str | None:
    """Return a sentence when the best reading, or the only verb, is beyond one still."""
    swapped = next((hit for hit in asked if hit.swapped_for == "walk2"), None)
    if swapped is not None and swapped.motion == leading:
        return (
            f"'{swapped.words}' needs legs, and none were found;"
            f" the nearest motion on offer is {leading}."
        )
    verbs = [hit for hit in asked if hit.is_verb]
    first = next((hit for hit in verbs if hit.beyond), None)
    if first is None or (verbs[0] is not first and first.motion != leading):
        return None
    return (
        f"'{first.words}' needs a model: {first.beyond}, which one still picture cannot give;"
        f" the nearest motion on offer is {leading}."
    )


def _sentence(
    names: list[str],
    why: str,
    manner: text.Manner,
    loops: bool,
    ignored: tuple[str, ...],
    needs_ai: str | None,
    vetoed: set[str],
) -> str:
    source = f" (from '{why}')" if why else " (no motion word; from the look of the sprite)"
    extra = "".join(f" with {name}" for name in names[1:])
    how = ", ".join(
        [*manner.words, f"{manner.fps} frames per second", "looping" if loops else "once"]
    )
    parts = [f"Read as {names[0]}{source}{extra}; {how}."]
    if vetoed:
        parts.append(f"Ruled out: {', '.join(sorted(vetoed))}.")
    if ignored:
        parts.append(f"Ignored: {', '.join(ignored)}.")
    if needs_ai:
        parts.append(needs_ai)
    return " ".join(parts)
