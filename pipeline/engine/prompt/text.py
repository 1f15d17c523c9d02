"""The text side of the prompt reader: clauses, stems, negation, adverbs and directions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from . import words

FPS, SLOW_FPS, FAST_FPS = 8, 6, 12
MOST_BETWEEN = 2
VERB_WEIGHT, FIRST_WEIGHT, NOUN_WEIGHT = 3, 1, 2


@dataclass(frozen=True)
class Clause:
    """A part of a prompt between punctuation; `negated` marks each word after a negation."""

    number: int
    words: tuple[str, ...]
    negated: tuple[bool, ...]


@dataclass(frozen=True)
class Hit:
    """A stem found in a clause: the motion it asks for, its words and where they stand."""

    motion: str
    words: str
    clause: int
    start: int
    places: frozenset[int]
    length: int
    is_verb: bool
    negated: bool
    beyond: str = ""
    swapped_for: str = ""

    @property
    def weight(self) -> int:
        """Return the score: verbs and the first clause count more."""
        return NOUN_WEIGHT + VERB_WEIGHT * self.is_verb + FIRST_WEIGHT * (self.clause == 0)


@dataclass(frozen=True)
class Manner:
    """How a prompt wants things done; `words` are the adverbs that said so."""

    strength: float
    fps: int
    cycles: int
    across: int
    down: int
    once: bool
    is_still: bool
    words: tuple[str, ...]


def normalised(prompt: str) -> str:
    """Return the prompt in NFKC and lower case, apostrophes straight, no control characters."""
    plain = (
        unicodedata.normalize("NFKC", prompt)
        .lower()
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    return "".join(
        " " if unicodedata.category(letter).startswith("C") else letter for letter in plain
    )


def clauses(prompt: str) -> tuple[Clause, ...]:
    """Split a prompt at punctuation, "then" and "but", and mark what a negation covers."""
    pieces = re.split(
        r"[.,;:!?()\[\]{}\n/|]+|\s[-\u2013\u2014]+\s|\bthen\b|\bbut\b", normalised(prompt)
    )
    found = (re.findall(r"[^\W_]+(?:'[^\W_]+)?", piece) for piece in pieces)
    return tuple(_clause(number, tuple(piece)) for number, piece in enumerate(filter(None, found)))


def _clause(number: int, tokens: tuple[str, ...]) -> Clause:
    negated, covered = [], False
    for place, token in enumerate(tokens):
        starts = token in words.NEGATIONS or (
            token == "do" and tokens[place + 1 : place + 2] == ("not",)
        )
        only = tokens[place + 1 : place + 2] == ("only",)
        covered = covered or (starts and not only)
        negated.append(covered)
    return Clause(number, tokens, tuple(negated))


def hits(clause: Clause) -> list[Hit]:
    """Find all stems of a clause; where two share a word, the longer one stands."""
    found = [hit for entry in _entries() for hit in _matches(entry, clause)]
    found.sort(key=lambda hit: (-len(hit.places), -hit.length, not hit.is_verb, hit.start))
    taken: set[int] = set()
    kept = []
    for hit in found:
        if not hit.places & taken:
            taken |= hit.places
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


@dataclass(frozen=True)
class _Entry:
    motion: str
    stems: tuple[str, ...]
    is_verb: bool
    beyond: str


@cache
def _entries() -> tuple[_Entry, ...]:
    listed = [
        _Entry(motion, tuple(phrase.split("_")), table is words.VERBS, "")
        for table in (words.VERBS, words.NOUNS)
        for motion, phrases in table.items()
        for phrase in phrases.split()
    ]
    for phrases, (motion, reason) in words.BEYOND.items():
        listed += [
            _Entry(motion, tuple(phrase.split("_")), True, reason) for phrase in phrases.split()
        ]
    return tuple(listed)


def _matches(entry: _Entry, clause: Clause) -> Iterable[Hit]:
    for start, word in enumerate(clause.words):
        if is_form(word, entry.stems[0]):
            places = _followed(entry.stems, clause.words, start)
            if places:
                yield Hit(
                    entry.motion,
                    " ".join(clause.words[place] for place in places),
                    clause.number,
                    100 * clause.number + start,
                    frozenset(places),
                    sum(map(len, entry.stems)),
                    entry.is_verb,
                    clause.negated[start],
                    entry.beyond,
                )


def _followed(stems: tuple[str, ...], tokens: tuple[str, ...], start: int) -> list[int]:
    """Return where the stems of a phrase stand, at most two words apart; else nothing."""
    places = [start]
    for stem in stems[1:]:
        near = range(places[-1] + 1, min(len(tokens), places[-1] + 2 + MOST_BETWEEN))
        place = next((place for place in near if is_form(tokens[place], stem)), None)
        if place is None:
            return []
        places.append(place)
    return places


def is_form(word: str, stem: str) -> bool:
    """Tell whether a word is a stem with one of the common endings, and not an exception."""
    if not word.startswith(stem) or word in words.EXCEPTIONS:
        return False
    ending = word[len(stem) :]
    return ending in words.SUFFIXES or (
        ending[:1] == stem[-1] and ending[1:] in words.SUFFIXES - {""}
    )


def manner(prompt: str, parts: tuple[Clause, ...]) -> Manner:
    """Read adverbs, speed, direction, and loop or once from the words that no negation covers."""
    said = [
        word for part in parts for word, no in zip(part.words, part.negated, strict=True) if not no
    ]
    plain = " ".join(normalised(prompt).replace("-", " ").split())
    once = any(phrase in plain for phrase in words.ONCE) and not set(said) & words.LOOP
    gentle, strong = [w for w in said if w in words.GENTLE], _strong(parts)
    slow = [w for w in said if w in words.SLOW]
    fast = [w for w in said if w in words.FAST | words.FRANTIC]
    return Manner(
        strength=0.5 if gentle and not strong else 2.0 if strong else 1.0,
        fps=SLOW_FPS if slow and not fast else FAST_FPS if fast else FPS,
        cycles=2 if set(said) & words.FRANTIC else 1,
        across=_first(said, words.ACROSS),
        down=_first(said, words.DOWN),
        once=once,
        is_still=bool(set(said) & words.STILL),
        words=tuple(dict.fromkeys(gentle + strong + slow + fast)),
    )


def _strong(parts: tuple[Clause, ...]) -> list[str]:
    """Return the words of strength, but not those that describe a thing: "the heavy body"."""
    return [
        word
        for part in parts
        for word, after, no in zip(part.words, (*part.words[1:], ""), part.negated, strict=True)
        if word in words.STRONG and after not in words.THINGS and not no
    ]


def _first(said: list[str], table: Mapping[str, int]) -> int:
    return next((table[word] for word in said if word in table), 0)


def unread(parts: tuple[Clause, ...], found: list[Hit]) -> tuple[str, ...]:
    """Return the content words that had no effect, in order, each once."""
    read = {(hit.clause, place) for hit in found for place in hit.places}
    known = (
        words.GENTLE
        | words.STRONG
        | words.SLOW
        | words.FAST
        | words.FRANTIC
        | words.LOOP
        | words.STILL
        | words.PLAIN
        | words.NEGATIONS
        | frozenset(words.ACROSS)
        | frozenset(words.DOWN)
        | {"once", "stops"}
    )
    left = (
        word
        for part in parts
        for place, word in enumerate(part.words)
        if (part.number, place) not in read and word not in known and not part.negated[place]
    )
    return tuple(dict.fromkeys(left))
