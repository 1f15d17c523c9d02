"""How a prompt wants things done: strength, pace, direction, count, and loop or once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from . import nouns, text, words
from .text import Clause, Hit

FPS, SLOW_FPS, FAST_FPS = 8, 6, 12


class Manner(msgspec.Struct, frozen=True):
    """How a prompt wants things done; `words` are the adverbs that said so.

    `loops` and `once` are what was said, neither when nothing was; `facing` is -1, 0 or 1.
    """

    strength: float
    fps: int
    cycles: int
    across: int
    down: int
    once: bool
    loops: bool
    is_still: bool
    facing: int
    words: tuple[str, ...]
    effects: tuple[tuple[str, str], ...] = ()


def read(prompt: str, parts: tuple[Clause, ...], found: Iterable[Hit]) -> Manner:
    """Read adverbs, pace, direction, count, loop or once from what no negation covers."""
    found = list(found)
    plain = " ".join(text.normalised(prompt).replace("-", " ").split())
    said = _said(parts)
    words_said = [word for _, _, word in said]
    how = {one for hit in found if hit.is_verb and not hit.negated for one in hit.how}
    loops = bool(set(words_said) & words.LOOP) or any(one in plain for one in words.LOOPING)
    loops &= not any(one in plain for one in words.ONCE if "loop" in one)
    once = any(one in plain for one in words.ONCE) and not loops
    busy = {(hit.clause, place) for hit in found if hit.is_verb for place in hit.places}
    gentle, strong = (_graded(parts, one, busy) for one in (words.GENTLE, words.STRONG))
    slow = [w for w in words_said if w in words.SLOW]
    fast = [
        w
        for clause, place, w in said
        if w in words.FAST | words.FRANTIC and (clause, place) not in busy
    ]
    across, down, steered = _direction(said, found)
    cycles, counted = _count(said, how, words_said, found)
    is_slow = bool(slow) or ("slow" in how and not fast)
    is_fast = bool(fast) or "fast" in how
    return Manner(
        strength=2.0
        if strong or ("strong" in how and not gentle)
        else 0.5
        if gentle or "soft" in how
        else 1.0,
        fps=SLOW_FPS if is_slow and not fast else FAST_FPS if is_fast else FPS,
        cycles=cycles,
        across=across,
        down=down,
        once=once,
        loops=loops,
        is_still=bool(set(words_said) & words.STILL),
        facing=_facing(plain),
        words=tuple(dict.fromkeys(gentle + strong + slow + fast)),
        effects=(
            *((word, "softer") for word in dict.fromkeys(gentle)),
            *((word, "stronger") for word in dict.fromkeys(strong)),
            *((word, "slower") for word in dict.fromkeys(slow)),
            *((word, "faster") for word in dict.fromkeys(fast)),
            *((word, f"to the {word}" if word in words.ACROSS else word) for word in steered),
            *((word, f"{cycles} times") for word in counted),
            *((w, "loops") for w in dict.fromkeys(words_said) if w in words.LOOP and loops),
            *((w, "once") for w in dict.fromkeys(words_said) if w == "once" and once),
            *((w, "nothing else moves") for w in dict.fromkeys(words_said) if w in words.STILL),
        ),
    )


_Said = list[tuple[int, int, str]]


def _said(parts: tuple[Clause, ...]) -> _Said:
    """Return the words that no negation covers, with their clause and place."""
    return [
        (part.number, place, word)
        for part in parts
        for place, (word, no) in enumerate(zip(part.words, part.negated, strict=True))
        if not no
    ]


def _graded(
    parts: tuple[Clause, ...], table: frozenset[str], busy: set[tuple[int, int]]
) -> list[str]:
    """Return the words of strength, but not those that describe a thing: "the heavy body"."""
    return [
        word
        for part in parts
        for place, (word, no) in enumerate(zip(part.words, part.negated, strict=True))
        if word in table and not no and not _describes(part, place, busy)
    ]


def _describes(part: Clause, place: int, busy: set[tuple[int, int]]) -> bool:
    """Tell whether a word of strength says what a thing is like, not how it moves."""
    word, after = part.words[place], (*part.words[place + 1 :], "")[0]
    if word in words.STRONG and after in words.THINGS:
        return True
    if word not in words.OF_THINGS:
        return False
    if (part.number, place + 1) in busy:
        return text.is_noun(after) and after not in nouns.KINDS["effect"].split()
    if words.OF_MOTION & {*part.words[place + 1 : place + 3]}:
        return False
    if place and part.words[place - 1] in text.ARTICLES:
        return True
    is_thing = text.is_noun(after) or after in nouns.PLAIN_NOUNS or not text.is_known(after)
    return bool(after) and is_thing


def _direction(said: _Said, found: list[Hit]) -> tuple[int, int, list[str]]:
    """Return across and down, and the words that said so; "up and down" steers to neither side."""
    busy = {(hit.clause, place) for hit in found if hit.is_verb for place in hit.places}
    names = {(clause, place): word for clause, place, word in said}
    free = [
        (clause, place, word)
        for clause, place, word in said
        if not (_is_particle(word) and (clause, place) in busy)
        and names.get((clause, place + 1), "").rstrip("s") not in words.SIDES
    ]
    across = _first(free, words.ACROSS)
    down = _first(free, words.DOWN) if found else ""
    steered = [word for word in (across, down) if word]
    return words.ACROSS.get(across, 0), words.DOWN.get(down, 0), steered


def _is_particle(word: str) -> bool:
    """Tell whether a word belongs to a verb in phrases: "power up", "turn left" steers still."""
    return word in words.DOWN


def _first(said: _Said, table: Mapping[str, int]) -> str:
    by_clause: dict[int, set[str]] = {}
    for clause, _, word in said:
        by_clause.setdefault(clause, set()).add(word)
    for clause, _, word in said:
        near = by_clause[clause].union(
            *(by_clause.get(one, set()) for one in (clause - 1, clause + 1))
        )
        paired = any(word in pair and pair <= near for pair in words.PAIRED)
        if word in table and not paired:
            return word
    return ""


def _facing(plain: str) -> int:
    """Return where the sprite is said to look: -1 left, 1 right, 0 not said."""
    for start in ("faces", "facing", "face", "looks to the", "looking to the", "faces to the"):
        for side, sign in (("left", -1), ("right", 1)):
            if f"{start} {side}" in plain:
                return sign
    return 0


def _count(said: _Said, how: set[str], plain: list[str], found: list[Hit]) -> tuple[int, list[str]]:
    """Return how often it happens within the clip, and the words that said so."""
    for at, (_, _, word) in enumerate(said):
        times = [after for _, _, after in said[at + 1 : at + 2]]
        if (
            word == "double"
            and times
            and any(hit.is_verb and times[0] in hit.words for hit in found)
        ):
            return 2, [word]
        is_count = word in ("twice", "thrice") or times in (["times"], ["time"])
        if word in words.COUNTS and is_count:
            return words.COUNTS[word], [word]
    stated = [int(one[1:]) for one in how if one[:1] == "x" and one[1:].isdigit()]
    if stated:
        return stated[0], []
    return (2, []) if set(plain) & words.FRANTIC else (1, [])
