"""Which word of a phrase is its head: results, adjectives, substances, and what only prepares.

"Flies open" opens, a fishing boat does not fish, what smoke does is what smoke does, and who turns
and then bows is asked to bow.
"""

from __future__ import annotations

from msgspec.structs import replace

from . import nouns, text
from .text import Clause, Hit
from .words import listed

#: What a thing is afterwards, so that the verb before it only says how.
RESULTS = frozenset({"open", "shut", "closed", "ajar"})
GOING = {
    ("out", "of", "existence"): "dissolve",
    ("out", "of", "sight"): "dissolve",
    ("out", "of", "view"): "dissolve",
    ("into", "nothing"): "dissolve",
    ("into", "nothingness"): "dissolve",
    ("into", "existence"): "spawn",
    ("into", "being"): "spawn",
    ("into", "view"): "spawn",
}
#: What moves as such a thing moves, whatever verb tells of it.
SUBSTANCES = {
    "smoke": listed("smoke steam fumes vapor vapour mist fog"),
    "water": listed("water river stream waterfall rain tide wave waves brook creek"),
    "fire": listed("flame flames fire embers campfire bonfire"),
    "lava": listed("lava magma"),
    "electric": listed("lightning electricity"),
}
#: Verbs that say only that a substance moves.
MOVING = listed(
    "run walk hop jump lunge tilt sway spin rotate rotat roll wave flutter fly float hover8 cycle"
    " shake wobble wiggle bob slither move turn spread blow swim crawl afterimage pendulum squash"
    " talk laugh"
)
#: Parts that are posed and do not move by themselves.
POSED = listed(
    "arms legs hands fists knees shoulders back hips teeth lips chin chest feet weapon sword shield"
)
#: What blinks without eyes.
LIGHTS = listed(
    "light lights lamp lamps led leds bulb bulbs cursor screen sign button display beacon monitor"
)
#: Things whose many are what a ship does, where no article and no verb says otherwise.
VOYAGES = {"sails": "tilt"}
LEAVES = listed("leaf leaves foliage branch branches grasses")
#: What a plant does when any of these is said of it.
SWAYING = listed("turn tilt sway wave wobble nod flutter wiggle shake blow move bob spread limb")
SOURCES = {
    "chimney": frozenset({"chimney", "chimneys"}),
    "engine": listed("engine engines thruster thrusters exhaust rocket jet"),
}
#: First stems of verbs that prepare another one: who aims and fires is asked to fire.
READYING = listed("pull draw grab tak reach cock load reload lift nock rais ready unsheath hold")
PREPARING = listed("turn step crouch duck kneel lean bend stoop aim rais lift")


def read(found: list[Hit], clause: Clause) -> list[Hit]:
    """Return the hits of a clause with the head of each phrase only."""
    kept = _with_results(found, clause)
    busy = {place for hit in kept if hit.is_verb for place in hit.places}
    kept = [hit for hit in kept if not any(_contains(one, hit, clause) for one in kept)]
    told = [_of_substance(hit, clause, busy) for hit in kept if not _is_state(hit, kept, clause)]
    return [_adjective(hit, told, clause) for hit in told]


def prepared(hits: list[Hit]) -> list[Hit]:
    """Count a verb less that prepares another one in the same clause or the next."""
    return [
        replace(hit, is_aside=True)
        if _prepares(hit) and any(_follows(other, hit) for other in hits)
        else hit
        for hit in hits
    ]


def is_preparing(clause: Clause, place: int, hit: Hit) -> bool:
    """Tell whether a verb that is not read only prepares the hit: "pulls the string and shoots"."""
    is_before = (clause.number, place) < (hit.clause, min(hit.places))
    readies = any(text.is_form(clause.words[place], stem) for stem in READYING)
    return is_before and readies and hit.clause - clause.number <= 1


def is_compound(words: tuple[str, ...], place: int) -> bool:
    """Tell whether a participle names a thing with the next word: a fishing boat."""
    after = words[place + 1] if place + 1 < len(words) else ""
    before = words[place - 1] if place else ""
    is_named = before in text.ARTICLES and after and not text.is_stem_of_verb(after)
    return words[place].endswith("ing") and (is_named or _is_lifeless(after))


def is_described(words: tuple[str, ...], place: int) -> bool:
    """Tell whether a participle describes a noun: "slime-covered hero", "arms crossed"."""
    before = words[place - 1] if place else ""
    after = words[place + 1] if place + 1 < len(words) else ""
    is_of_part = text.is_part(before) or before in POSED
    return words[place].endswith("ed") and (is_of_part or text.is_noun(after))


def _is_lifeless(word: str) -> bool:
    return _is_kind(word, ("vehicle", "machine", "item", "building", "effect"))


def _is_kind(word: str, kinds: tuple[str, ...]) -> bool:
    return any(word in (stem, f"{stem}s") for kind in kinds for stem in nouns.KINDS[kind].split())


def _prepares(hit: Hit) -> bool:
    first = hit.words.split()[0]
    return hit.is_verb and any(text.is_form(first, stem) for stem in PREPARING)


def _follows(other: Hit, hit: Hit) -> bool:
    is_near = other.start > hit.start and other.clause - hit.clause <= 1
    is_act = other.is_verb and not other.negated and other.motion not in (text.UNREAD, "idle")
    return is_near and is_act and other.motion != hit.motion and not _prepares(other)


def _with_results(found: list[Hit], clause: Clause) -> list[Hit]:
    """Let what something is afterwards take the verb before it: "flies open"."""
    found = [_gone(hit, clause) for hit in found]
    taken = {
        place - 1: hit
        for hit in found
        if hit.motion in ("open", "close")
        for place in hit.places
        if clause.words[place] in RESULTS and place and _is_finite(clause.words[place - 1])
    }
    kept = [hit for hit in found if not (len(hit.places) == 1 and taken.keys() & hit.places)]
    return [
        replace(hit, places=hit.places | {place for place, one in taken.items() if one is hit})
        for hit in kept
    ]


def _gone(hit: Hit, clause: Clause) -> Hit:
    """Let what is out of existence afterwards vanish, and what is in it appear."""
    last = max(hit.places)
    for words, motion in GOING.items():
        if hit.is_verb and clause.words[last + 1 : last + 1 + len(words)] == words:
            return replace(hit, motion=motion, part="", how=(), beyond="")
    return hit


def _is_finite(word: str) -> bool:
    return word.endswith(("s", "ing", "ed")) and not text.is_noun(word)


def _of_substance(hit: Hit, clause: Clause, busy: set[int]) -> Hit:
    """Let a substance do what it does, whatever its verb: "the river runs", "smoke curls"."""
    place = min(hit.places)
    is_subject = place > 0 and _is_kind(clause.words[place - 1], ("vehicle",))
    if clause.words[place] in VOYAGES and not hit.is_verb and is_subject and not busy:
        return replace(hit, motion=VOYAGES[clause.words[place]], is_verb=True)
    if hit.motion == "blink" and LIGHTS & {*clause.words}:
        return replace(hit, motion="flicker")
    if hit.is_verb:
        before = place - 1 - (place > 1 and clause.words[place - 1].endswith("ly"))
        name = _substance(clause.words[before]) if before >= 0 else ""
        moving = SWAYING if name == "sway" else MOVING
        is_meant = name and hit.motion in moving and not hit.beyond and before not in busy
        return _moved(replace(hit, motion=name, how=()), clause) if is_meant else hit
    after = clause.words[place + 1 : place + 2]
    if not _substance(clause.words[place]) or not after or place + 1 in busy:
        return hit
    if not _is_finite(after[0]) or text.is_plain(after[0]):
        return hit
    if any(text.is_form(after[0], stem) for stem in ("fall", "drop", "wilt", "wither")):
        return hit  # what leaves do then is no swaying
    return _moved(replace(hit, is_verb=True, places=hit.places | {place + 1}), clause)


def _contains(phrase: Hit, hit: Hit, clause: Clause) -> bool:
    """Tell whether a verb lies within a phrase of a substance: "smoke drifting out of it"."""
    first, last = min(phrase.places), max(phrase.places)
    is_within = first < min(hit.places) and max(hit.places) < last and phrase is not hit
    return is_within and hit.motion in MOVING and bool(_substance(clause.words[first]))


def _substance(word: str) -> str:
    if _is_kind(word, ("plant",)) or word in LEAVES:
        return "sway"
    return next((name for name, words in SUBSTANCES.items() if word in words), "")


def _moved(hit: Hit, clause: Clause) -> Hit:
    """Return what a substance does with where it comes from."""
    part = next((part for part, words in SOURCES.items() if words & {*clause.words}), "")
    fits = (hit.motion, part) in (("smoke", "chimney"), ("fire", "engine"))
    return replace(hit, part=part) if fits else replace(hit, part="")


def _is_state(hit: Hit, found: list[Hit], clause: Clause) -> bool:
    """Tell whether a participle says what a part is like: "a wounded leg"."""
    place = max(hit.places)
    after = clause.words[place + 1 : place + 2]
    is_one = hit.is_verb and clause.words[place].endswith("ed") and len(hit.places) == 1
    return bool(is_one and after and (text.is_part(after[0]) or after[0] in POSED)) and (
        clause.number > 0 or any(one.is_verb and one is not hit for one in found)
    )


def _adjective(hit: Hit, found: list[Hit], clause: Clause) -> Hit:
    """Count a participle less that describes who acts: "a burning zombie walks"."""
    place = max(hit.places)
    after = clause.words[place + 1 : place + 2]
    is_one = hit.is_verb and clause.words[place].endswith("ing") and after
    if not is_one or not text.is_noun(after[0]):
        return hit
    acts = any(other.is_verb and other.start > hit.start for other in found)
    return replace(hit, is_aside=True) if acts else hit
