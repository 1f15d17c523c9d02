"""Read a prompt for a sprite.

Which motions it asks for, how strongly, how fast, and what has to be left to a model. What the
sprite is comes from the request first, from the prompt's nouns second, from its pixels last.
Deterministic, by word stems.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..motions import MOTIONS, Layer, Parameters
from ..parts import Sprite
from . import lacks, offers, prior, senses, subjects, text
from .kinds import CREATURES, ROOTED, UPROOTING, Kind
from .lacks import Lack
from .senses import Understanding
from .text import Hit

SECONDARY = {"breathe": "blink", "idle": "blink", "flicker": "glow"}
#: Motions that go somewhere: for these it matters where the sprite looks.
DIRECTED = frozenset(
    {
        *("walk2", "walk4", "walk_quad", "run", "run_quad", "lunge", "afterimage"),
        *("attack_strike", "attack_bite", "attack_thrust", "attack_shoot", "death"),
    }
)
#: Senses of what lives: who is told to walk is no thing, though no eyes were found.
ALIVE = frozenset({"walk", "run", "breathe", "sleep", "talk", "laugh"})
#: Senses that show something without the part that they name: a chest opens by itself.
WHOLE_WITHOUT = frozenset({"open", "close", "smoke", "nod", "talk", "look"})
#: Senses that say much the same: with one of a family shown, another word for it is not missing.
FAMILIES = (
    frozenset({"sway", "pendulum", "tilt", "wobble", "wave", "flutter"}),
    frozenset({"spin", "rotate", "rotat", "turn", "roll"}),
    frozenset({"water", "ripple", "wave", "cycle", "scroll"}),
    frozenset({"glow", "glint", "flicker", "fire", "sparkle", "pulse"}),
    frozenset({"bob", "float", "hover8"}),
    frozenset({"breathe", "squash", "pulse", "heartbeat"}),
)
_KNOWN = frozenset(Parameters.__struct_fields__)
_SIDES = {-1: "left", 1: "right"}


class Chosen(msgspec.Struct, frozen=True):
    """A motion to perform, of a part or of all, and the hit that asked for it, if one did."""

    name: str
    hit: Hit | None = None
    part: str = ""


class Reading(msgspec.Struct, frozen=True):
    """A prompt as it was understood.

    `motions` are names with parameters, the leading one first; `needs_ai` says what was asked that
    one still cannot show, or is None, `remark` what could be better; `kind_from` says how it is
    known what the sprite is, `facing` where it looks and how that is known; `unshown` are words
    that ask for something which is not performed, `lacking` those of them that `needs_ai` is about.
    `effects` says of each word what it did. `sprite` is the sprite with its kind.
    """

    motions: tuple[tuple[str, Parameters], ...]
    fps: int
    loops: bool
    needs_ai: str | None
    remark: str
    kind: str
    kind_from: str
    facing: str
    why: str
    unshown: tuple[str, ...]
    lacking: tuple[str, ...]
    understood: Understanding
    sprite: Sprite

    @property
    def effects(self) -> tuple[tuple[str, str], ...]:
        """Return each word that was looked at, and what it did."""
        return self.understood.effects

    @property
    def sentence(self) -> str:
        """Say the reading to people, as if all of it were performed."""
        return self.told(tuple(name for name, _ in self.motions))

    def told(self, done: tuple[str, ...]) -> str:
        """Say the reading to people; only what is in `done` is claimed beside the first motion."""
        names = [name for name, _ in self.motions]
        source = f" (from '{self.why}')" if self.why else f" (no motion word; it is {self._a_kind})"
        beside = "".join(f" with {name}" for name in names[1:] if name in done)
        manner = self.understood.manner
        how = [*manner.words, f"{self.fps} frames per second", "looping" if self.loops else "once"]
        told = [f"Read as {names[0]}{source}{beside}; {', '.join(how)}."]
        told += [f"Facing {self.facing}."] if self.facing and names[0] in DIRECTED else []
        ruled = self.understood.ruled_out
        told += [f"Ruled out: {', '.join(ruled)}."] if ruled else []
        unshown = (*self.unshown, *self._left(done))
        unshown = tuple(dict.fromkeys(unshown))
        told += [f"Not shown: {', '.join(unshown)}."] if unshown else []
        ignored = self.understood.ignored
        told += [f"Ignored: {', '.join(ignored)}."] if ignored else []
        return " ".join(filter(None, (*told, self.needs_ai, self.remark)))

    @property
    def _a_kind(self) -> str:
        return f"{'an' if self.kind[:1] in 'aeiou' else 'a'} {self.kind}"

    def not_shown(self, done: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that the clip is about and does not show; `done` is what it does.

        Another motion of the family that leads shows it as well: "hovers" shown as bobbing.
        """
        name, first = self.motions[0][0], self.why
        instead = name != done[0] and first and not any({name, done[0]} <= one for one in FAMILIES)
        return tuple(dict.fromkeys((*self.lacking, *((first,) if instead else ()))))

    def left_out(self, done: tuple[str, ...]) -> tuple[str, ...]:
        """Return the other words that ask for what the clip does not show."""
        words = dict.fromkeys((*self.unshown, *self._left(done)))
        return tuple(word for word in words if word not in self.not_shown(done))

    def _left(self, done: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words that asked for motions beside the first which were left out."""
        names = [name for name, _ in self.motions[1:] if name not in done]
        return tuple(hit.words for hit in self.understood.asked if hit.motion in names)


def read(prompt: str, sprite: Sprite, negative_prompt: str = "") -> Reading:
    """Read a prompt for a sprite; without any known word the look of the sprite decides."""
    sprite, kind_from = _classed(prompt, sprite)
    found = senses.understand(prompt, negative_prompt, sprite.kind)
    chosen, lack = _chosen(found, sprite, is_sure=kind_from != _BY_LOOK)
    leading = chosen[0]
    facing, said = _facing(found, sprite)
    motions = tuple((one.name, _parameters(one, found, facing)) for one in chosen)
    return Reading(
        motions=motions,
        fps=found.manner.fps,
        loops=not (found.is_once_for(leading.hit) and MOTIONS[leading.name].shoots),
        needs_ai=lack.sentence if lack and lack.words else None,
        remark=lack.sentence if lack and not lack.words else "",
        kind=sprite.kind,
        kind_from=kind_from,
        facing=said,
        why=leading.hit.words if leading.hit else "",
        unshown=_unshown(found, chosen),
        lacking=lack.words if lack else (),
        understood=found,
        sprite=sprite,
    )


# -- what the sprite is -------------------------------------------------------------------------

_BY_LOOK = "by its look"


def _classed(prompt: str, sprite: Sprite) -> tuple[Sprite, str]:
    """Return the sprite with its kind: as stated, by the prompt's nouns, or by its look."""
    if sprite.kind:
        return sprite, "as stated"
    clauses = text.clauses(prompt)
    named = senses.kind_of(clauses, [hit for clause in clauses for hit in text.hits(clause)])
    if named:
        return sprite.of_kind(named), "the prompt says so"
    look = prior.kind(sprite)
    if look is Kind.ITEM and senses.understand(prompt).leading in ALIVE:
        look = prior.creature(sprite)
    return sprite.of_kind(str(look)), _BY_LOOK


def _facing(found: Understanding, sprite: Sprite) -> tuple[int, str]:
    """Return where the sprite looks, and how that is known: stated, said, by its eyes, assumed."""
    if sprite.facing:
        signs = {"left": -1, "right": 1, "front": 0}
        return signs[sprite.facing], f"{sprite.facing} (as stated)"
    for sign, why in ((found.manner.facing, "said"), (found.manner.across, "as it goes")):
        if sign:
            return sign, f"{_SIDES[sign]} ({why})"
    if sign := prior.looks_to(sprite):
        return sign, f"{_SIDES[sign]} (by its eyes)"
    if sprite.kind == Kind.VEHICLE and _is_upward(sprite):
        return 0, "up (seen from above; state `facing`)"
    return 1, "right (assumed; state `facing`)"


def _is_upward(sprite: Sprite) -> bool:
    from ..motions.facing import is_upward  # loaded with the first ship

    return is_upward(sprite)


# -- which motions ------------------------------------------------------------------------------


def _chosen(
    found: Understanding, sprite: Sprite, *, is_sure: bool
) -> tuple[list[Chosen], Lack | None]:
    """Return the motions to perform, the leading one first, and what has to be left to a model."""
    vetoed = {offers.choose(sense, sprite)[0] for sense in found.vetoed}
    asked = found.asked
    if found.manner.is_still:
        asked = tuple(hit for hit in asked if hit.is_verb or not _is_whole(hit, sprite)) or asked
    unread = lacks.of_verbs(found, offers.choose(found.leading, sprite)[0])
    if not asked:
        look = Chosen(_by_look(found, sprite, vetoed))
        return _with_secondary([look], sprite, vetoed), unread
    whole = [hit for hit in asked if not _misses_part(hit, sprite)]
    first = next((hit for hit in whole if hit.is_verb), None)
    if first is None and asked[0] not in whole:
        idle = Chosen(offers.choose("idle", sprite)[0])
        return _with_secondary([idle], sprite, vetoed), lacks.of_part(asked[0], sprite, idle.name)
    first = first or asked[0]
    name, lack = _leading(first, sprite, is_sure=is_sure)
    chosen = [Chosen(name, first, first.part or _held(first, sprite))]
    for hit in whole:
        other = offers.choose(hit.motion, sprite)[0]
        if hit is not first and _combines(hit, other, chosen):
            chosen.append(Chosen(other, hit, hit.part or _held(hit, sprite)))
    return _with_secondary(chosen, sprite, vetoed), lack or unread


def _leading(first: Hit, sprite: Sprite, *, is_sure: bool) -> tuple[str, Lack | None]:
    """Return the motion of the leading hit, and what it cannot show of it."""
    name, lacking = offers.choose(first.motion, sprite)
    if is_sure and sprite.kind in ROOTED and first.motion in UPROOTING and not first.part:
        name, _ = offers.choose("idle", sprite)
        lack = lacks.of_ground(first, sprite.kind, name)
        return name, lack if first.motion != "idle" else None
    is_fire = "ablaze" in first.how and name == "fire"
    if is_fire and not _burns_by_itself(first, sprite):
        from ..motions import fires  # loaded where fire is asked for

        burns = fires.has_colours(sprite) or not is_sure
        name = "fire" if burns else offers.choose("idle", sprite)[0]
        return name, lacks.of_colours(first, name)
    if first.motion in ("walk", "run") and not prior.can_walk(sprite):
        name = "hop" if sprite.kind in CREATURES else "bob"
        name = "flap" if sprite.kind == Kind.WINGED else name
        return name, lacks.of_legs(first, name)
    return name, lacks.of_picture(first, name, lacking)


def _burns_by_itself(hit: Hit, sprite: Sprite) -> bool:
    """Tell whether a sprite is a flame, carries one, or may use colours beside its own."""
    is_flame = sprite.kind in (Kind.FLAME, Kind.EFFECT) or _carries_flame(sprite)
    return is_flame or bool(hit.part or sprite.extra_colours)


def _carries_flame(sprite: Sprite) -> bool:
    from ..motions import fires  # loaded where fire is asked for

    return fires.flame_of(sprite) is not None


def _misses_part(hit: Hit, sprite: Sprite) -> bool:
    """Tell whether a verb moves a part that was not found; moving the whole would be wrong."""
    if hit.object and sprite.kind in CREATURES:
        return True
    if _opens_nothing(hit, sprite):
        return True
    if _is_of_a_thing(hit, sprite):
        return not _held(hit, sprite)
    if not hit.part or hit.motion in WHOLE_WITHOUT or sprite.kind in (Kind.ITEM, Kind.EFFECT):
        return False
    return sprite.part(hit.part) is None


def _opens_nothing(hit: Hit, sprite: Sprite) -> bool:
    """Tell whether a creature is to open or close that has no lid and is no chest."""
    opens = hit.motion in ("open", "close") and sprite.kind in (Kind.BIPED, Kind.QUADRUPED)
    is_chest = "chest" in hit.words or "lid" in hit.words
    return opens and not is_chest and sprite.part(hit.part) is None


def _is_of_a_thing(hit: Hit, sprite: Sprite) -> bool:
    """Tell whether a verb is about a thing that the sprite is not, but carries or bears."""
    thing = (subjects.kind_of(hit.subject) or _FITTING) if hit.subject else ""
    if thing == _FITTING and sprite.kind == Kind.MACHINE:
        return False
    if not thing or (thing == sprite.kind and not hit.is_mounted):
        return False
    moves = MOTIONS[offers.choose(hit.motion, sprite)[0]].layer is not Layer.COLOUR
    if hit.motion == "fire":
        return sprite.kind != Kind.FLAME and not _carries_flame(sprite)
    return moves and (hit.is_mounted or sprite.kind not in (Kind.ITEM, Kind.EFFECT, Kind.FLAME))


_FITTING = "fitting"


def _held(hit: Hit, sprite: Sprite) -> str:
    """Return the name of the part that is the thing a verb is about, if it was found."""
    part = subjects.part(hit.subject)
    return part if part and sprite.part(part) is not None else ""


def _is_whole(hit: Hit, sprite: Sprite) -> bool:
    return MOTIONS[offers.choose(hit.motion, sprite)[0]].layer is Layer.WHOLE


def _by_look(found: Understanding, sprite: Sprite, vetoed: set[str]) -> str:
    """Return what a sprite does when no word says it: a plain round thing spins."""
    idle = offers.choose("idle", sprite)[0]
    spins = sprite.kind == Kind.ITEM and prior.is_coin(sprite) and not found.unread
    looks = "spin" if spins else idle
    names: tuple[str, ...] = (looks, "bob", "breathe", "sway", "glow")
    if sprite.kind in ROOTED:
        names = (looks, "sway", "glow", "glint")
    return next((name for name in names if name not in vetoed), looks)


def _combines(hit: Hit, name: str, chosen: list[Chosen]) -> bool:
    """Tell whether a motion can join those chosen: a verb's, of another layer, and only one."""
    layers = {MOTIONS[one.name].layer for one in chosen}
    first = chosen[0].hit
    if first is not None and senses.ends(first):
        return False
    return (
        len(chosen) < 2
        and MOTIONS[name].layer not in layers
        and hit.is_verb
        and not hit.beyond
        and hit.motion not in ("idle", "walk", "run")
    )


def _with_secondary(chosen: list[Chosen], sprite: Sprite, vetoed: set[str]) -> list[Chosen]:
    """Let who breathes blink, and a flame give light, unless that is ruled out."""
    sense = SECONDARY.get(chosen[0].name)
    if len(chosen) > 1 or sense is None:
        return chosen
    extra = offers.choose(sense, sprite)[0]
    has_it = sprite.eyes is not None if sense == "blink" else bool(sprite.glowing.any())
    if not has_it or extra in vetoed or MOTIONS[extra].layer is MOTIONS[chosen[0].name].layer:
        return chosen
    return [*chosen, Chosen(extra)]


def _parameters(one: Chosen, found: Understanding, facing: int) -> Parameters:
    """Return how a motion is to be done, in what the motions know by now."""
    manner = found.manner
    is_leading = not found.asked or one.hit is None or one.hit is found.asked[0]
    said = {word for hit in found.asked for word in hit.words.split()}
    stated: dict[str, Any] = {
        "strength": manner.strength,
        "across": manner.across,
        "down": manner.down,
        "cycles": manner.cycles if is_leading else 1,
        "once": found.is_once_for(one.hit),
        "facing": facing,
        "part": one.part,
        "variant": _variant(one, said),
    }
    if one.name == "wave" and one.hit and one.hit.part == "cape" and not manner.across:
        stated["down"] = 1
    return Parameters(**{name: value for name, value in stated.items() if name in _KNOWN})


def _variant(one: Chosen, said: set[str]) -> str:
    hides = one.name == "flash" and said & {"invulnerable", "invulnerability", "frames", "iframes"}
    return "vanish" if hides else ""


# -- what is missing ----------------------------------------------------------------------------


def _unshown(found: Understanding, chosen: list[Chosen]) -> tuple[str, ...]:
    """Return the verbs that are not performed, unread ones included."""
    shown = {one.hit.motion for one in chosen if one.hit}
    shown |= {one.name for one in chosen}
    alike = {motion for family in FAMILIES if family & shown for motion in family}
    left = [
        hit.words
        for hit in found.asked
        if hit.is_verb and hit.motion not in shown | alike and hit.motion != "idle"
    ]
    return tuple(dict.fromkeys((*left, *found.unread)))
