"""What no table knows: verbs that nothing performs, and words that have no effect."""

from __future__ import annotations

from collections.abc import Iterable

from . import context, heads, nouns, text
from .phases import PHASES
from .text import Clause, Hit
from .unread import ACTION_NOUNS
from .words import HOW, STATES, listed

PLAYING = frozenset({"plays", "playing"})
AFTER_PLAYING = listed("once back twice in on at and forward backward backwards animation only")
#: After a word that may be a noun these make it a verb: "fishes in the lake".
AFTER_VERBS = text.ARTICLES | listed("in on at for with")
#: Looks that are listed with the nouns.
LOOKS = listed("his has was is slow steady happily sadly angrily nervously proudly gracefully")
#: Nouns that ask for a motion when no verb does.
THINGS = frozenset(word for stems in nouns.NOUNS.values() for word in stems.split())


def verbs(
    clauses: tuple[Clause, ...], hits: list[Hit], asked: list[Hit], *, is_end: bool
) -> tuple[str, ...]:
    """Return the verbs that nothing performs, in order, each once; `is_end`: what leads ends."""
    phases = PHASES.get(asked[0].motion, frozenset()) if asked else frozenset()
    busy = {(hit.clause, place) for hit in hits for place in hit.places}
    found = {
        hit.start: hit.words
        for hit in hits
        if hit.motion == text.UNREAD
        and not hit.negated
        and not ("land" in phases and hit.words.startswith("tak"))
    } | {
        100 * clause.number + place: clause.words[place]
        for clause in clauses
        for place in range(len(clause.words))
        if (clause.number, place) not in busy
        and not clause.negated[place]
        and _is_verb(clause.words, place)
        and not any(text.is_form(clause.words[place], phase) for phase in phases)
        and not (is_end and heads.is_preparing(clause, place, asked[0]))
    }
    if not any(hit.is_verb and not hit.negated for hit in hits):
        found |= _doing(clauses, busy, is_empty=all(hit.negated for hit in hits))
    return tuple(dict.fromkeys(found[start] for start in sorted(found)))


def _doing(
    clauses: tuple[Clause, ...], busy: set[tuple[int, int]], *, is_empty: bool
) -> dict[int, str]:
    """Return verbs that elsewhere only tell how a motion runs, where they have an object.

    "Drops a coin" asks for something; "drops slowly" beside another verb does not. Where nothing
    else is read they need none: "the bucket goes down".
    """
    return {
        100 * clause.number + place: word
        for clause in clauses
        for place, (before, word, after) in enumerate(_with_neighbours(clause.words))
        if (
            (word in HOW - STATES and (after in text.ARTICLES or (is_empty and _may_act(before))))
            or (word in PLAYING and after and after not in text.ARTICLES | AFTER_PLAYING)
        )
        and word.endswith(("s", "ing"))
        and (clause.number, place) not in busy
        and not clause.negated[place]
    }


def _with_neighbours(words: tuple[str, ...]) -> Iterable[tuple[str, str, str]]:
    return zip(("", *words), words, (*words[1:], ""), strict=False)


def _may_act(word: str) -> bool:
    """Tell whether a word may be who does what the next word says: a noun, or none at all."""
    return not word or text.is_thing(word) or word in nouns.PLAIN_NOUNS - LOOKS


def _is_verb(tokens: tuple[str, ...], place: int) -> bool:
    """Tell whether an unread word is a verb: by the list, by its ending, or by where it stands."""
    word = tokens[place]
    before = tokens[place - 1] if place else ""
    if word.endswith("'s"):
        return False
    if word in ACTION_NOUNS:
        return True
    if heads.is_compound(tokens, place) or heads.is_described(tokens, place):
        return False
    if text.is_plain(word):
        return _acts_upon(tokens, place)
    if text.is_unread_verb(word):
        acts = word.endswith("s") and {*tokens[place + 1 : place + 2]} & AFTER_VERBS
        is_noun = before in text.ARTICLES or (text.is_noun(word) and not acts)
        return word.endswith("ing") or not is_noun
    if _acts_upon(tokens, place):
        return True
    is_subject = not before or before in context.STARTERS or text.is_thing(before)
    if text.is_known(word):
        return is_subject and _lacks_its_phrase(tokens, place)
    if word.endswith("ing") and len(word) > 5:
        return before not in text.ARTICLES
    if context.KEEPING & {*tokens[place:]}:
        return False
    ends = word.endswith(("s", "es", "ed")) and not word.endswith(("ss", "us", "is"))
    return ends and is_subject and len(word) > 3


def _lacks_its_phrase(tokens: tuple[str, ...], place: int) -> bool:
    """Tell whether a verb is performed only beside a word that is not there: "falls" alone."""
    word, after = tokens[place], (*tokens[place + 1 :], "")[0]
    is_thing = text.is_noun(word) or word.removesuffix("s") in nouns.PLAIN_NOUNS | context.TOOLS
    if is_thing or not text.is_in_phrases_only(word):
        return False
    if tokens[place - 1 : place] == ("and",) and {*tokens[place - 2 : place - 1]} & HOW:
        return False  # "rises and falls"
    is_free = not after or after in text.ARTICLES or text.is_plain(after)
    return word.endswith("s") or (word.endswith("ing") and is_free)


def _acts_upon(tokens: tuple[str, ...], place: int) -> bool:
    """Tell whether a noun of the tables does something."""
    word = tokens[place]
    is_noun = word in nouns.PLAIN_NOUNS or text.is_noun(word) or word.removesuffix("s") in THINGS
    return is_noun and word not in HOW | STATES and context.is_acting(tokens, place)


def ignored(
    clauses: tuple[Clause, ...], busy: set[tuple[int, int]], unread: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the content words that had no effect, in order, each once."""
    left = (
        word
        for clause in clauses
        for place, word in enumerate(clause.words)
        if (clause.number, place) not in busy
        and word not in unread
        and not (word.isascii() and text.is_silent(word))
        and not clause.negated[place]
    )
    return tuple(dict.fromkeys(left))
