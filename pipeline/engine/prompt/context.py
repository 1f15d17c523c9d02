"""What a word means beside its neighbours: nouns that look like verbs, blows given and taken."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from . import heads, subjects, text, words
from .text import Clause, Hit
from .words import listed

# What stands before such a word is said to stay as it is: "outline and shine keep their shape".
KEEPING = listed("keep keeps stay stays remain remains")
#: Before a verb these say that it is not done yet.
INTENTS = {("ready", "to"), ("poised", "to"), ("eager", "to"), ("prepared", "to")}
#: After these a clause tells what goes with the motion, not the motion.
ASIDE = frozenset({"with"})
#: What is told of before: "respawns after being collected".
BEFORE = frozenset({"after"})
WIND = listed("wind winds breeze gust gusts storm air behind")
#: Before a participle these say that somebody else does it.
SUFFERING = listed("get gets got getting is was be being been gotten")
TAKING = frozenset({"take", "takes", "taking", "took"})
#: What one takes and gives: "takes a shot".
GIVEN = listed("shot swing stab bite slash jab snap")
STRIKING = listed(
    "sword axe mace club hammer blade staff katana scythe stick pickaxe knife machete sabre"
    " saber flail bat weapon greatsword halberd whip wrench pan fist fists hand claw claws"
)
THRUSTING = listed("spear lance pike rapier trident pitchfork javelin harpoon fork bayonet")
SHOOTING = listed(
    "bow crossbow gun rifle pistol shotgun cannon laser blaster arrow bullet revolver musket"
    " slingshot turret missile"
)
#: Things that are held: they do not say what the sprite is where somebody acts.
TOOLS = STRIKING | THRUSTING | SHOOTING | listed("wand ring dagger torch shield")
#: After a word that may be a noun these say that it is done to something.
OBJECTS = frozenset({"the", "a", "an", "his", "her", "its", "their"})
#: Before a verb these may stand.
STARTERS = listed("to can will must starts begins and then while who that it he she they")
BLOWS = listed("attack_strike attack_bite attack_thrust attack_shoot")


def read(found: Sequence[Hit], clause: Clause) -> list[Hit]:
    """Return the hits of a clause as their neighbours mean them."""
    kept = [
        hit for hit in found if not _is_noun(hit, found, clause) and not _is_intent(hit, clause)
    ]
    kept = subjects.of(heads.read(kept, clause), clause)
    kept = [_with_weapon(_suffered(_by_hand(hit, kept, clause), clause), clause) for hit in kept]
    return [_aside(hit, kept, clause) for hit in kept]


def is_acting(tokens: tuple[str, ...], place: int) -> bool:
    """Tell whether a word that may be a noun does something: "paws the ground", "tips his hat"."""
    word, before = tokens[place], tokens[place - 1] if place else ""
    is_subject = not before or before in STARTERS or text.is_thing(before)
    is_many = word.endswith("s") and not word.endswith("ss") and len(word) > 3
    return bool(is_many and is_subject and {*tokens[place + 1 : place + 2]} & OBJECTS)


def _is_noun(hit: Hit, found: Sequence[Hit], clause: Clause) -> bool:
    """Tell whether a verb is a noun here, as in "throws a rock", or a noun a verb."""
    place = min(hit.places)
    if not hit.is_verb and len(hit.places) == 1:
        return is_acting(clause.words, place)  # "plants a flag" asks for no plant
    if not hit.is_verb or len(hit.places) > 1:
        return False
    is_bare = not clause.words[place].endswith(("s", "ing", "ed"))
    keeps = max((at for at, word in enumerate(clause.words) if word in KEEPING), default=-1)
    if is_bare and place < keeps:
        return True
    before = clause.words[max(0, place - 1) : place]
    if clause.words[place].endswith("s") and before in (("the",), ("these",), ("those",)):
        return True  # "beneath the waves": many things, and no verb
    if hit.motion == "beat" and "to" in clause.words[:place]:
        return True  # "dances to the beat"
    others = [one for one in found if one.is_verb and one is not hit]
    if clause.words[place] in TOOLS and others:
        return True
    is_graded = place > 1 and clause.words[place - 1] in words.STRONG | words.GENTLE
    at = place - 1 - (is_graded and not ASIDE & {*clause.words[:place]})
    if at < 0 or clause.words[at] not in text.ARTICLES:
        return False
    return bool(others) and (is_bare or any(one.start < hit.start for one in others))


def _by_hand(hit: Hit, found: Sequence[Hit], clause: Clause) -> Hit:
    """Note of a verb that it may wave a hand: nothing is said of wind, or of what waves do."""
    is_waving = hit.is_verb and hit.motion == "wave" and text.is_form(hit.words, "wav")
    is_waving &= not any(other.is_verb and other is not hit for other in found)
    return replace(hit, how=(*hit.how, "hand")) if is_waving and not WIND & {*clause.words} else hit


def _is_intent(hit: Hit, clause: Clause) -> bool:
    """Tell whether a verb is only what somebody is ready to do."""
    place = min(hit.places)
    return hit.is_verb and clause.words[max(0, place - 2) : place] in INTENTS


def _suffered(hit: Hit, clause: Clause) -> Hit:
    """Turn a blow that is taken into being hurt, and a hit that is given into a blow."""
    place = min(hit.places)
    before = clause.words[max(0, place - 2) : place]
    word, after = clause.words[place], clause.words[place + 1 : place + 2]
    if hit.motion in BLOWS and after == ("by",) and not word.endswith("ing"):
        return replace(hit, motion="hurt", how=())
    is_given = word in GIVEN and "a" in before
    if hit.motion in BLOWS and TAKING & {*before} and text.ARTICLES & {*before} and not is_given:
        return replace(hit, motion="hurt", how=())
    if hit.motion in BLOWS and word.endswith(("ed", "ck", "tten", "en")) and SUFFERING & {*before}:
        return replace(hit, motion="hurt", how=())
    gives = word in ("hits", "hitting") and after and (after[0] in text.ARTICLES)
    if hit.motion == "hurt" and (gives or (after and after[0] == "enemies")):
        return replace(hit, motion="attack_strike")
    return hit


def _with_weapon(hit: Hit, clause: Clause) -> Hit:
    """Let the weapon that is named say how it is used: spears thrust, bows shoot."""
    if not hit.is_verb or hit.motion not in ("attack_strike", "pendulum", "charge"):
        return hit
    named = {*clause.words} | {word.removesuffix("s") for word in clause.words}
    if hit.motion == "charge":
        is_armed = "with" in clause.words and named & (THRUSTING | STRIKING)
        return replace(hit, motion="attack_thrust") if is_armed else hit
    for weapons, motion in (
        (THRUSTING, "attack_thrust"),
        (SHOOTING, "attack_shoot"),
        (STRIKING, "attack_strike"),
    ):
        is_used = hit.motion == "attack_strike" or motion == "attack_strike"
        if named & weapons and is_used and not hit.part and not hit.beyond:
            return replace(hit, motion=motion)
    return hit


def _aside(hit: Hit, found: Sequence[Hit], clause: Clause) -> Hit:
    """Count a verb less that tells what goes along: "casting, with glowing hands"."""
    before = clause.words[: min(hit.places)]
    if hit.motion == "hurt" and hit.words.endswith("ed") and not SUFFERING & {*before[-2:]}:
        acts = any(one.is_verb and one.start < hit.start for one in found)
        return replace(hit, is_aside=acts)  # "limping home wounded"
    return replace(hit, is_aside=True) if (ASIDE | BEFORE) & {*before} else hit
