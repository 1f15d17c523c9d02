"""What a prompt asks for, before any sprite is looked at.

Verbs outrank things, the first clause outranks the rest, waiting outranks only things, and what a
negation or the negative prompt names is vetoed. Each word's effect is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from . import context, heads, nouns, subjects, text, unknown, verbs
from . import manner as manners
from .manner import Manner
from .phases import PHASES
from .text import Clause, Hit

#: Words for any blow.
GENERAL = ("attack", "fight", "fought", "combo", "melee")
LOOPED = {"jump": "hop"}


class Understanding(msgspec.Struct, frozen=True):
    """What a prompt asks for: hits in order of rank, the leading one first.

    `ruled_out` are senses of the prompt's own words that are vetoed, by it or by the negative
    prompt. `unread` are verbs that nothing performs, `ignored` the words without any effect,
    `things` nouns that ask for nothing; `kind` is what its nouns say the sprite is, or "".
    `effects` says of each word what it did.
    """

    asked: tuple[Hit, ...]
    vetoed: frozenset[str]
    ruled_out: tuple[str, ...]
    manner: Manner
    kind: str
    unread: tuple[str, ...]
    ignored: tuple[str, ...]
    things: tuple[str, ...]
    #: There is a text, and no word in it.
    is_wordless: bool
    effects: tuple[tuple[str, str], ...]

    @property
    def leading(self) -> str:
        """Return the sense that leads; "idle" when no word asks for anything."""
        return self.asked[0].motion if self.asked else "idle"

    @property
    def is_once(self) -> bool:
        """Tell whether it is to play once: it is said, or the verb has an end and no loop is."""
        return self.is_once_for(self.asked[0] if self.asked else None)

    def is_once_for(self, hit: Hit | None) -> bool:
        """Tell whether a hit that leads is to play once."""
        is_end = hit is not None and ends(hit)
        return self.manner.once or (is_end and not self.manner.loops)

    @property
    def ends(self) -> bool:
        """Tell whether what leads comes to an end by itself."""
        return bool(self.asked) and ends(self.asked[0])

    @property
    def says_nothing(self) -> bool:
        """Tell whether there is a text, and no word asks for anything or names the sprite."""
        is_asking = bool(self.asked or self.unread or self.vetoed or self.kind)
        return not is_asking and bool(self.ignored or self.things or self.is_wordless)

    @property
    def are_verbs_unread(self) -> bool:
        """Tell whether the prompt has verbs and none of them is read."""
        return bool(self.unread) and not any(hit.is_verb for hit in self.asked)


def ends(hit: Hit) -> bool:
    """Tell whether what a hit asks for comes to an end by itself."""
    return "once" in hit.how or hit.motion in verbs.ONE_SHOTS


@lru_cache(text.KEPT)
def understand(prompt: str, negative_prompt: str = "", kind: str = "") -> Understanding:
    """Read a prompt for a sprite of this `kind`; without one the prompt's nouns may tell."""
    clauses = text.clauses(prompt)
    hits = [hit for clause in clauses for hit in context.read(text.hits(clause), clause)]
    hits = heads.prepared(hits)
    named = kind_of(clauses, hits)
    kind = kind or named
    hits = [fitted for hit in hits if (fitted := _for_kind(hit, kind)).motion != "move"]
    vetoed = _vetoes(hits, negative_prompt, kind)
    manner = manners.read(prompt, clauses, hits)
    asked = [_looped(hit, manner) for hit in hits if not hit.negated and hit.motion not in vetoed]
    asked = _ranked([hit for hit in asked if hit.motion != text.UNREAD], kind)
    is_end = bool(asked) and ends(asked[0])
    unread = unknown.verbs(clauses, hits, asked, is_end=is_end)
    if unread and not any(hit.is_verb for hit in asked):
        asked = []  # things alone do not say what a verb that is not known asks of them
    busy = {(hit.clause, place) for hit in hits for place in hit.places}
    return Understanding(
        asked=tuple(asked),
        vetoed=frozenset(vetoed),
        ruled_out=tuple(sorted({hit.motion for hit in hits} & vetoed - {text.UNREAD})),
        manner=manner,
        kind=named,
        unread=unread,
        ignored=unknown.ignored(clauses, busy, unread),
        things=tuple(
            word for clause in clauses for word in clause.words if word in nouns.PLAIN_NOUNS
        ),
        is_wordless=not clauses and bool(prompt.strip()),
        effects=_effects(clauses, hits, vetoed, manner, unread),
    )


def kind_of(clauses: tuple[Clause, ...], hits: list[Hit]) -> str:
    """Return what the first noun before any verb says the sprite is, or ""."""
    if not clauses:
        return ""
    first = min((min(hit.places) for hit in hits if hit.is_verb and hit.clause == 0), default=99)
    for place, word in enumerate(clauses[0].words):
        is_late = place > first + len(next(iter(hits)).places) if hits else False
        if is_late or clauses[0].negated[place]:
            return ""
        kind = subjects.kind_of(word)
        is_tool = {word, word.removesuffix("s")} & context.TOOLS and any(h.is_verb for h in hits)
        if kind in subjects.CARRIED and subjects.is_mounted(clauses[0].words, place):
            return subjects.holder(clauses[0].words, place)
        if kind and not is_tool:
            return kind
    return ""


def _for_kind(hit: Hit, kind: str) -> Hit:
    """Turn a word that means another thing for another kind of sprite into what it means here."""
    hit = _waved(hit, kind)
    reading = verbs.BY_KIND.get((hit.motion, kind)) or verbs.BY_KIND.get((hit.motion, ""))
    stands = hit.negated and hit.motion == "move"  # "the base never moves" rules no motion out
    if reading is None or hit.part or stands:
        return hit
    place = (hit.motion, kind) if (hit.motion, kind) in verbs.BY_KIND else (hit.motion, "")
    motion, *how = reading.split()
    lacking = verbs.LACKING.get(place, "")
    part = next((one.partition(":")[2] for one in how if one.startswith("part:")), "")
    return replace(
        hit, motion=motion, how=(*hit.how, *how), part=part, beyond=hit.beyond or lacking
    )


def _waved(hit: Hit, kind: str) -> Hit:
    """Let who waves and has nothing that waves raise a hand."""
    if "hand" not in hit.how or kind not in ("biped", "quadruped") or hit.part or hit.subject:
        return hit
    return replace(hit, motion="nod", beyond="a gesture re-poses an arm")


def _looped(hit: Hit, manner: Manner) -> Hit:
    """Turn what ends into what goes on, where a loop is said: jumping becomes hopping."""
    is_loop = manner.loops and hit.motion in LOOPED
    return replace(hit, motion=LOOPED[hit.motion]) if is_loop else hit


def _is_same(one: Hit, other: Hit) -> bool:
    """Tell whether two hits use the same word: "a punch, no kick" still punches."""
    return one.words[:4] == other.words[:4]


def _vetoes(hits: Iterable[Hit], negative_prompt: str, kind: str) -> set[str]:
    negative = [
        _for_kind(hit, kind)
        for clause in text.clauses(negative_prompt)
        for hit in text.hits(clause)
    ]
    hits = list(hits)
    asked = [hit for hit in hits if hit.is_verb and not hit.negated]
    return {
        hit.motion
        for hit in hits
        if hit.negated
        and not any(one.motion == hit.motion and not _is_same(one, hit) for one in asked)
    } | {hit.motion for hit in negative if not hit.negated}


def _ranked(asked: list[Hit], kind: str) -> list[Hit]:
    """Put the leading hit first; what is only a phase of it is left out."""
    ranked = sorted(asked, key=_rank)
    verbs_read = [hit.motion for hit in ranked if hit.is_verb]
    for leader in ("jump", "hop", "run"):
        if leader in verbs_read and ranked[0].motion in PHASES[leader] - {"hop", "jump", "wave"}:
            ranked.sort(key=lambda hit: hit.motion != leader)
            break
    _prefer_idle(ranked)
    _prefer_fuller(ranked, kind)
    _prefer_particular(ranked)
    phases = PHASES.get(ranked[0].motion, frozenset()) if ranked else frozenset()
    rest = [hit for hit in ranked[1:] if hit.motion not in phases or _is_gesture(hit)]
    return [*ranked[:1], *rest]


def _is_gesture(hit: Hit) -> bool:
    """Tell whether a hit asks for a gesture, which no phase of another motion shows."""
    return bool(hit.beyond) and hit.motion == "nod"


def _rank(hit: Hit) -> tuple[int, bool, int, int]:
    """Return what is less for who leads: of equals what ends, then the more particular one."""
    return -hit.weight, not ends(hit), -hit.reach, hit.start


def _prefer_particular(ranked: list[Hit]) -> None:
    """Let the particular blow lead: "wolf attack, bite" bites."""
    if ranked and ranked[0].motion in context.BLOWS and ranked[0].words.startswith(GENERAL):
        found = next((hit for hit in ranked[1:] if hit.motion in context.BLOWS), None)
        if found is not None and found.motion != ranked[0].motion:
            ranked.sort(key=lambda hit: hit is not found)


#: Motions that contain another one, so that of both they lead.
FULLER = {
    ("bob", ""): ("float", "tilt"),
    ("float", "winged"): ("flap",),
    ("dissolve", ""): ("death",),
}


def _prefer_fuller(ranked: list[Hit], kind: str) -> None:
    """Let the fuller of two motions lead: who bobs and floats floats."""
    if not ranked or not ranked[0].is_verb:
        return
    motion = ranked[0].motion
    fuller = FULLER.get((motion, kind)) or FULLER.get((motion, ""), ())
    found = next((hit for hit in ranked[1:] if hit.is_verb and hit.motion in fuller), None)
    if found is not None:
        ranked.sort(key=lambda hit: hit is not found)


def _prefer_idle(ranked: list[Hit]) -> None:
    """Let who idles and breathes idle: that is the fuller motion of the two."""
    idle = next((hit for hit in ranked if hit.motion == "idle"), None)
    if idle is None:
        return
    first = ranked[0]
    goes_along = first.is_aside and idle.start < first.start and idle.clause == first.clause
    is_said = any(text.is_form(word, "idl") for word in idle.words.split())
    goes_along |= first.motion == "blink" and idle.start < first.start
    goes_along |= bool(first.beyond) and first.motion == "squash" and is_said
    goes_along |= first.motion == "squash" and first.words.endswith("ing")
    if first.motion == "breathe" or goes_along:
        ranked.sort(key=lambda hit: hit is not idle)


def _effects(
    clauses: tuple[Clause, ...],
    hits: list[Hit],
    vetoed: set[str],
    manner: Manner,
    unread: tuple[str, ...],
) -> tuple[tuple[str, str], ...]:
    """Say of each word what it did."""
    mended = [
        (typed, f"read as '{word}'")
        for clause in clauses
        for word, typed in zip(clause.words, clause.typed, strict=True)
        if word != typed
    ]
    read = [
        (hit.words, "ruled out" if hit.negated or hit.motion in vetoed else _effect(hit))
        for hit in hits
    ]
    return (
        *mended,
        *read,
        *manner.effects,
        *((word, "a verb that is not known") for word in unread),
    )


def _effect(hit: Hit) -> str:
    part = f" of the {hit.part}" if hit.part else ""
    return f"{hit.motion}{part}" if hit.is_verb else f"{hit.motion}, unless a verb says otherwise"
