"""The text side of the prompt reader: clauses, stems, negation, and the parts that verbs move."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from . import nouns, real_words, synonyms, verbs, words
from .unread import UNREAD_VERBS
from .words import listed

if TYPE_CHECKING:
    from .spelling import Speller

#: Texts whose reading is kept: a project asks for a few motions of very many sprites.
KEPT = 256
MOST_BETWEEN = 2
UNREAD = "unread"
#: Phrases whose two verbs "and" may join.
PAIRS = {("grow", "shrink"), ("lub", "dub"), ("open", "clos"), ("glow", "puls")}
ARTICLES = listed("a an the his her its their my your one three two four")
PART_REACH = 4
VERB_WEIGHT, FIRST_WEIGHT, NOUN_WEIGHT = 6, 2, 4
IDLE_WEIGHT = 7
ASIDE_WEIGHT = 3
_COMPOUND = ("cycle", "anim", "animation", "loop")


class Clause(msgspec.Struct, frozen=True):
    """A part of a prompt between punctuation; `negated` marks each word after a negation.

    `typed` are the words as they were typed, where the spelling was put right.
    """

    number: int
    words: tuple[str, ...]
    negated: tuple[bool, ...]
    typed: tuple[str, ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """A stem found in a clause: the sense it asks for, its words and where they stand.

    `how` are words of the reading (`slow`, `x2`), `part` is what moves, `beyond` says what one
    still picture cannot give of it; `is_aside` says that it only goes along with another verb.
    `subject` is the thing that does it, where one is named that somebody may carry; `is_mounted`
    says that this is told to be on something else; `object` is a thing that it is done to.
    """

    motion: str
    words: str
    clause: int
    start: int
    places: frozenset[int]
    length: int
    is_verb: bool
    negated: bool
    beyond: str = ""
    how: tuple[str, ...] = ()
    part: str = ""
    is_aside: bool = False
    subject: str = ""
    is_mounted: bool = False
    object: str = ""

    @property
    def reach(self) -> int:
        """Return the letters of its first word: of equals the more particular one leads."""
        return len(self.words.split()[0])

    @property
    def weight(self) -> int:
        """Return how much it counts: verbs and the first clause more, mere waiting less."""
        if self.motion == "idle":
            return IDLE_WEIGHT
        first = FIRST_WEIGHT * (self.clause == 0) - ASIDE_WEIGHT * self.is_aside
        return NOUN_WEIGHT + VERB_WEIGHT * self.is_verb + first


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


@lru_cache(KEPT)
def clauses(prompt: str) -> tuple[Clause, ...]:
    """Split a prompt at punctuation, "then" and "but", and mark what a negation covers."""
    pieces = re.split(
        r"[.,;:!?()\[\]{}\n/|]+|\s[-\u2013\u2014]+\s|\bthen\b|\bbut\b", normalised(prompt)
    )
    found = (re.findall(r"[^\W_]+(?:'[^\W_]+)?", piece) for piece in pieces)
    parts = [_clause(number, tuple(piece)) for number, piece in enumerate(filter(None, found))]
    taken = max((one.number for one in parts[:-1] if one.words in words.CORRECTIONS), default=-1)
    return tuple(
        replace(one, negated=(True,) * len(one.words)) if one.number <= taken else one
        for one in parts
    )


def _clause(number: int, typed: tuple[str, ...]) -> Clause:
    tokens = _spelled(_parted(typed))
    negated, covered = [], False
    for place, token in enumerate(tokens):
        after = tokens[place + 1 : place + 2]
        starts = token in words.NEGATIONS or (token, *after) in words.NEGATING
        only = after in (("only",), ("just",))
        ends = token in words.AGAIN and tokens[place - 1 : place] != ("not",)
        covered = (covered and not ends) or (starts and not only)
        negated.append(covered)
    return Clause(number, tokens, tuple(negated), _parted(typed))


def _compound(word: str) -> re.Match[str] | None:
    if not word.endswith(_COMPOUND):
        return None
    return re.match(rf"([a-z]{{2,}})({'|'.join(_COMPOUND)})\Z", word)


def _parted(typed: tuple[str, ...]) -> tuple[str, ...]:
    """Part words of the trade that were written as one: `walkcycle`."""
    found: list[str] = []
    for word in typed:
        match = _compound(word)
        is_two = match is not None and not is_plain(word) and is_stem_of_verb(match[1])
        found += [match[1], match[2]] if match is not None and is_two else [word]
    return tuple(found)


@lru_cache(KEPT)
def hits(clause: Clause) -> tuple[Hit, ...]:
    """Find all stems of a clause; where two share a word, the longer one stands."""
    starts = {word[:2] for word in clause.words}
    entries = [entry for entry in _entries() if entry.stems[0][:2] in starts]
    found = [hit for entry in entries for hit in _matches(entry, clause)]
    found.sort(key=lambda hit: (-len(hit.places), -hit.length, not hit.is_verb, hit.start))
    taken: set[int] = set()
    kept = []
    for hit in found:
        if not hit.places & taken:
            taken |= hit.places
            kept.append(hit)
    return tuple(_with_parts(sorted(kept, key=lambda hit: hit.start), clause))


class _Entry(msgspec.Struct, frozen=True):
    motion: str
    how: tuple[str, ...]
    stems: tuple[str, ...]
    is_verb: bool
    beyond: str


@cache
def _entries() -> tuple[_Entry, ...]:
    listed = [
        _Entry(reading.split()[0], tuple(reading.split()[1:]), _stems(phrase), is_verb, "")
        for table, is_verb in ((verbs.VERBS, True), (synonyms.SYNONYMS, True), (nouns.NOUNS, False))
        for reading, phrases in table.items()
        for phrase in phrases.split()
    ]
    for phrases, (reading, reason) in verbs.BEYOND.items():
        motion, *how = reading.split()
        listed += [
            _Entry(motion, tuple(how), _stems(phrase), True, reason) for phrase in phrases.split()
        ]
    listed += [
        _Entry(UNREAD, (), _stems(phrase), True, "") for phrase in UNREAD_VERBS if "_" in phrase
    ]
    return tuple(listed)


def _stems(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split("_"))


def _matches(entry: _Entry, clause: Clause) -> Iterable[Hit]:
    for start, word in enumerate(clause.words):
        is_here = is_form(word, entry.stems[0]) and not is_agent(word, entry.stems[0])
        if is_here and (entry.is_verb or is_noun_form(word, entry.stems[0])):
            places = _followed(entry.stems, clause.words, start)
            if places:
                told = [part for word in entry.how if (part := word.partition("part:")[2])]
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
                    how=entry.how,
                    part=told[0] if told else "",
                )


def is_agent(word: str, stem: str) -> bool:
    """Tell whether a word names who does it: a fighter does not fight by being one."""
    return word[len(stem) :].removeprefix(stem[-1]).removesuffix("s") in ("er", "or", "r")


def is_noun_form(word: str, stem: str) -> bool:
    """Tell whether a word is a noun of this stem: one or many, and no verb's ending."""
    return word[len(stem) :] in ("", "s", "es", "y", "ies", "e")


def _followed(stems: tuple[str, ...], tokens: tuple[str, ...], start: int) -> list[int]:
    """Return where the stems of a phrase stand, at most two words apart; else nothing."""
    places = [start]
    for stem in stems[1:]:
        near = range(places[-1] + 1, min(len(tokens), places[-1] + 2 + MOST_BETWEEN))
        joined = tokens[near.start : near.start + 1] == ("and",)
        if joined and len(stems) == 2 and stems not in PAIRS:
            return []
        place = next((place for place in near if is_form(tokens[place], stem)), None)
        if place is None:
            return []
        places.append(place)
    return places


def is_form(word: str, stem: str) -> bool:
    """Tell whether a word is a stem with one of the common endings, and not an exception."""
    if word == stem:
        return True
    if not word.startswith(stem) or word in words.EXCEPTIONS:
        return False
    ending = word[len(stem) :]
    return ending in words.SUFFIXES or (
        ending[:1] == stem[-1] and ending[1:] in words.SUFFIXES - {""}
    )


# -- parts --------------------------------------------------------------------------------------


def parts(clause: Clause) -> dict[int, str]:
    """Return the parts that a clause names, by the place of their word."""
    found: dict[int, str] = {}
    for place, word in enumerate(clause.words):
        for part, (stems, _) in nouns.PARTS.items():
            if place not in found and any(_is_noun(word, stem) for stem in stems.split()):
                found[place] = part
    return found


def _is_noun(word: str, stem: str) -> bool:
    return word in (stem, f"{stem}s", f"{stem}es")


def _with_parts(found: list[Hit], clause: Clause) -> list[Hit]:
    """Give each verb the part that it moves: the nearest one before it, or after it."""
    named = parts(clause)
    if not named:
        return found
    busy = {place for hit in found if hit.is_verb for place in hit.places}
    free = {place: part for place, part in named.items() if place not in busy}
    return [_with_part(hit, free, busy) if hit.is_verb else hit for hit in found]


def _with_part(hit: Hit, free: dict[int, str], busy: set[int]) -> Hit:
    closes = hit.motion in ("open", "close")
    if (hit.motion not in nouns.LOOSE and not closes) or hit.beyond or not free:
        return hit
    if hit.motion == "float":
        free = {place: part for place, part in free.items() if part != "eyes"}
    if hit.part and not closes:
        return hit
    first, last = min(hit.places), max(hit.places)
    reach = {
        place: (first - place if place < first else place - last + 1)
        for place in free
        if not busy & set(range(min(place, last) + 1, max(place, first)))
    }
    near = [place for place, distance in reach.items() if distance <= PART_REACH]
    if not near:
        return hit
    return _moving(hit, free[min(near, key=lambda place: reach[place])])


def _moving(hit: Hit, part: str) -> Hit:
    """Let a verb move a part: as such a part does."""
    if hit.motion in ("open", "close"):
        other = nouns.OPENING.get(part)
        return replace(hit, motion=other, part="", how=()) if other else hit
    motion = nouns.PARTS[part][1]
    if not motion:
        return replace(hit, motion="limb", beyond="a limb by itself has to be drawn anew")
    if part == "sails":
        turns = hit.motion in ("rotate", "rotat", "turn", "spin")
        return (
            replace(hit, motion="rotate", part="blades") if turns else replace(hit, motion="wave")
        )
    return replace(hit, motion=motion, part=part if part in nouns.TOLD else "")


# -- spelling -----------------------------------------------------------------------------------


def _spelled(typed: tuple[str, ...]) -> tuple[str, ...]:
    """Put words right that are meant to be verbs; what follows "a" or "the" is a thing."""
    befores = ("", *typed[:-1]) if typed else ()
    return tuple(
        word if before in ARTICLES or _is_right(word) else _speller().corrected(word)
        for before, word in zip(befores, typed, strict=True)
    )


@cache
def _speller() -> Speller:
    from .spelling import Speller  # many prompts have no slip

    single = (entry.stems[0] for entry in _entries() if entry.is_verb and len(entry.stems) == 1)
    stems = {stem for stem in single if stem[2:]}
    forms = {stem + ending for stem in stems for ending in ("", "s", "e", "es", "ed", "ing")}
    doubled = {
        f"{stem}{stem[-1]}{ending}" for stem in stems if _doubles(stem) for ending in ("ing", "ed")
    }
    return Speller({*forms, *doubled, *words.SLOW, *words.FAST, *words.LOOP}, _is_right)


def _is_right(word: str) -> bool:
    """Tell whether a word is spelled right, known here or not."""
    return word in real_words.REAL_WORDS or is_known(word)


def _doubles(stem: str) -> bool:
    """Tell whether a stem doubles its last letter: hop, hopping."""
    vowels = [letter in "aeiou" for letter in stem[-3:]]
    return len(stem) <= 5 and vowels == [False, True, False] and stem[-1] not in "wxy"


@cache
def is_in_phrases_only(word: str) -> bool:
    """Tell whether a word is performed beside others alone: "falls" is, as "falls over"."""
    near = [stems for stems in _phrases(word[:2]) if any(is_form(word, stem) for stem in stems)]
    return bool(near) and all(len(stems) > 1 for stems in near)


@cache
def _phrases(start: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        entry.stems for entry in _entries() if any(stem[:2] == start for stem in entry.stems)
    )


@cache
def is_known(word: str) -> bool:
    """Tell whether any table has a word, in one of its forms."""
    return is_plain(word) or is_stem_of_verb(word) or is_unread_verb(word) or is_noun(word)


def is_plain(word: str) -> bool:
    """Tell whether a word says nothing of what moves, or only how."""
    return (
        word in words.PLAIN
        or word in words.HOW
        or word in nouns.PLAIN_NOUNS
        or word in words.EXCEPTIONS
        or word in _ADVERBS
        or not word.isascii()
    )


_ADVERBS = frozenset(
    {
        *(*words.GENTLE, *words.STRONG, *words.SLOW, *words.FAST, *words.FRANTIC, *words.LOOP),
        *(*words.STILL, *words.NEGATIONS, *words.ACROSS, *words.DOWN, *words.COUNTS),
        *("once", "stops", "times", "time", "shot", "single"),
    }
)


def is_stem_of_verb(word: str) -> bool:
    """Tell whether a word, alone or in a phrase, is the form of a verb that is performed."""
    return any(is_form(word, stem) for entry in _near(word[:2]) for stem in entry if stem)


@cache
def _near(start: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        stems
        for entry in _entries()
        if (stems := tuple(stem for stem in entry.stems if stem[:2] == start))
    )


def is_unread_verb(word: str) -> bool:
    """Tell whether a word is the form of a verb that nothing here performs."""
    return any(is_form(word, stem) for stem in UNREAD_VERBS if "_" not in stem)


def is_noun(word: str) -> bool:
    """Tell whether a word is a kind of sprite, or a part of one."""
    return any(
        _is_noun(word, stem)
        for table in (*nouns.KINDS.values(), *(stems for stems, _ in nouns.PARTS.values()))
        for stem in table.split()
    )


def is_part(word: str) -> bool:
    """Tell whether a word is a part of a sprite."""
    return any(_is_noun(word, one) for stems, _ in nouns.PARTS.values() for one in stems.split())


def is_thing(word: str) -> bool:
    """Tell whether a word is a noun that may do something: a kind of sprite, or a part."""
    return is_noun(word)


def is_silent(word: str) -> bool:
    """Tell whether a word is too common to be reported as ignored."""
    return is_plain(word) or is_noun(word)
