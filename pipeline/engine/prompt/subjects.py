"""Which thing a verb is about: the sprite, a thing that is part of it, or one that is not there.

"Flag waving on top" is about a flag on something else, "spins a coin" about a coin that somebody
spins. Moving the whole sprite would show neither.
"""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from . import nouns, text
from .text import Clause, Hit
from .words import listed

#: Kinds of things that others carry.
CARRIED = ("item", "flame")
#: What bodies, trees and flames have too, and "fire", which is mostly a verb.
OWN = listed("chest crown ring key fire flame flames candlelight")
#: What opens of itself.
OPENING = listed("lid chest box door gate trapdoor crate coffin book shell cover")
CLOTH = listed("flag cloth banner curtain pennant streamer")
#: What is not in a picture of the thing itself: who says it speaks of a part.
PLACES = listed(
    "roof rooftop tower turret spire battlement battlements castle keep mast deck stern bow house"
    " church ship boat tavern tent fort hut"
)
ON = listed("on atop above over from")
#: What somebody does to a thing that stands after the verb.
HANDLED = listed("float hop spin rotate rotat roll bob tilt wobble wave pendulum hover8 pulse sway")
THINGS = listed(
    "ball balls baton cane cards plate plates rock stone book books staff hat stick knife pen dice"
    " disc hoop rope barrel boulder box"
)
#: What vehicles and buildings have on them.
FITTINGS = listed("turret radar dish cannon gun weathervane weathercock beacon crane bucket pump")
#: What follows "a" and is no thing: how far, how often, and what is danced.
MEASURES = listed(
    "circle loop turn bit little pixel while moment way time step inch metre meter lap jig dance"
    " waltz lot full half whole single couple few second round"
)
#: What a rule calls the part that such a thing is.
PARTS = {"cloth": CLOTH, "flame": listed("torch candle flame fire brazier")}


def of(found: list[Hit], clause: Clause) -> list[Hit]:
    """Return the verbs of a clause with the thing that each is about, where one is named."""
    return [_about(hit, clause) if hit.is_verb else hit for hit in found]


def is_mounted(words: tuple[str, ...], place: int) -> bool:
    """Tell whether what is said of the noun at `place` says that it is a part: "on top"."""
    after = words[place + 1 : place + 8]
    for at, word in enumerate(after):
        near = [one for one in after[at + 1 : at + 4] if one not in text.ARTICLES]
        if word == "atop" or (word in ON and near[:1] == ["top"] and "pole" not in near):
            return True
        if word in ON and near[:1] and near[0] in PLACES:
            return True
    return False


def holder(words: tuple[str, ...], place: int) -> str:
    """Return the kind of what a mounted noun is said to be on, or ""."""
    return next((kind for word in words[place + 1 :] if (kind := kind_of(word))), "")


def kind_of(word: str) -> str:
    """Return the kind of sprite that a noun names, or ""."""
    singular = (word, *(word.removesuffix(many) for many in ("s", "es") if word.endswith(many)))
    for kind, stems in _stems().items():
        if not stems.isdisjoint(singular):
            return kind
    return "item" if word.removesuffix("s") in CLOTH else ""


@cache
def _stems() -> dict[str, frozenset[str]]:
    return {kind: frozenset(stems.split()) for kind, stems in nouns.KINDS.items()}


def part(thing: str) -> str:
    """Return what a rule calls the part that a thing is, or ""."""
    return next((name for name, things in PARTS.items() if thing in things), "")


def _about(hit: Hit, clause: Clause) -> Hit:
    first, last = min(hit.places), max(hit.places)
    at = next((place for place in (first, first - 1, first - 2) if _is_carried(clause, place)), -1)
    between = clause.words[at + 1 : first]
    if at >= 0 and all(word.endswith("ly") or word in ("is", "are") for word in between):
        word = clause.words[at]
        thing = word.removesuffix("es") if word == "torches" else word.removesuffix("s")
        return replace(hit, subject=thing, is_mounted=is_mounted(clause.words, at))
    if hit.motion in ("open", "close") and len(hit.places) == 1:
        return replace(hit, object=_opened(clause.words[last + 1 : last + 3]))
    if hit.motion in HANDLED and not hit.part and not hit.beyond:
        return replace(hit, object=_object(clause.words[last + 1 : last + 4]))
    return hit


def _is_carried(clause: Clause, place: int) -> bool:
    word = clause.words[place] if place >= 0 else ""
    return word not in OWN and (kind_of(word) in CARRIED or word.removesuffix("s") in FITTINGS)


def _opened(after: tuple[str, ...]) -> str:
    """Return what somebody opens who is no door: "opens a portal"."""
    is_thing = len(after) == 2 and after[0] in ("a", "an", "the") and after[1] not in OPENING
    return after[1] if is_thing and not text.is_part(after[1]) else ""


def _object(after: tuple[str, ...]) -> str:
    """Return the thing that follows a verb, with its article: "a coin", "his red hat"."""
    if not after or after[0] not in text.ARTICLES:
        return ""
    things = (word for word in after[1:] if word in THINGS or kind_of(word) in CARRIED)
    thing = next(things, "")
    is_new = after[0] in ("a", "an") and after[1:] and not text.is_known(after[1])
    return thing or (after[1] if is_new and after[1] not in MEASURES else "")
