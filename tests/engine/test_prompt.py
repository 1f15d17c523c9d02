"""The prompt reader of the built-in engine: verbs, things, negation, adverbs, limits."""

from __future__ import annotations

import drawn_sprites as drawn
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from places import REPOSITORY

from pipeline.engine import parts, prompt
from pipeline.engine.contract.orders import Described
from pipeline.engine.motions import MOTIONS
from pipeline.engine.prompt import nouns, offers, senses, synonyms, verbs
from pipeline.engine.prompt import text as prompt_text
from pipeline.engine.render import animate

SPRITES = {name: parts.cut(pixels) for name, pixels in drawn.every().items()}


def motions(text: str, sprite: str = "hero", negative: str = "") -> list[str]:
    """Return the names that a prompt is read as."""
    return [name for name, _ in prompt.read(text, SPRITES[sprite], negative).motions]


@pytest.mark.parametrize(
    ("text", "sprite", "leading"),
    [
        ("the hero breathes calmly", "hero", "breathe"),
        ("idle", "hero", "idle"),
        ("idle", "flag", "idle"),
        ("a slime hopping", "slime", "hop"),
        ("slime", "slime", "squash"),
        ("slime squashing and stretching", "slime", "squash"),
        ("hero walking to the right", "hero", "walk"),
        ("running fast", "hero", "run"),
        ("coin spinning", "coin", "spin"),
        ("a coin", "coin", "spin"),
        ("rotating", "flag", "rotate"),
        ("torch burning", "torch", "fire"),
        ("a candle flame", "torch", "fire"),
        ("lava flow", "flame", "lava"),
        ("flag waving in the wind", "flag", "wave"),
        ("tree swaying in the breeze", "plant", "sway"),
        ("grass", "plant", "sway"),
        ("ghost floating", "slime", "float"),
        ("wings flapping", "hero", "flap"),
        ("the lantern swings", "torch", "pendulum"),
        ("boat rocking on the waves", "coin", "tilt"),
        ("treasure glinting", "coin", "glint"),
        ("hit flash", "hero", "flash"),
        ("shivering", "hero", "shake"),
        ("a soft shiver", "slime", "wobble"),
        ("the crystal glows", "coin", "glow"),
        ("dissolves into dust", "hero", "dissolve"),
        ("teleports away", "hero", "teleport"),
        ("blinks", "hero", "blink"),
        ("nods", "hero", "nod"),
        ("heartbeat", "coin", "heartbeat"),
        ("pulsing orb", "coin", "pulse"),
        ("conveyor belt", "flag", "scroll"),
        ("sparkling", "coin", "sparkle"),
        ("dashes forward", "hero", "lunge"),
        ("hovering fairy", "hero", "float"),
        ("drifting lazily", "slime", "hover8"),
        ("underwater shimmer", "slime", "ripple"),
        ("rolls along", "coin", "rotate"),
    ],
)
def test_prompt_is_read_as(text: str, sprite: str, leading: str) -> None:
    """Each motion, and each thing that suggests one, by an example that people would write."""
    read = prompt.read(text, SPRITES[sprite])
    assert read.motions[0][0] == offers.choose(leading, read.sprite)[0]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        *(("rune", "run"), ("castle", "cast"), ("battle", "bat"), ("bath", "bat")),
        *(("fantasy", "fan"), ("signal", "sign"), ("start", "star"), ("window", "wind")),
        *(("rocket", "rock"), ("lightning", "light"), ("been", "bee"), ("situation", "sit")),
        *(("belly", "bell"), ("restless", "rest"), ("headbutt", "head"), ("hope", "hop")),
    ],
)
def test_words_that_begin_alike_are_no_hits(word: str, stem: str) -> None:
    """A castle casts no spell, and a rune does not run."""
    assert not prompt_text.is_form(word, stem)


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("hopping", "hop"),
        ("ran", "ran"),
        ("waves", "wav"),
        ("flickering", "flicker"),
        ("rolled", "roll"),
    ],
)
def test_forms_of_a_word_are_hits(word: str, stem: str) -> None:
    """English endings and doubled letters."""
    assert prompt_text.is_form(word, stem)


def leading(text: str, kind: str = "biped") -> str:
    """Return the sense that leads for a kind of sprite."""
    return senses.understand(text, kind=kind).leading


@pytest.mark.parametrize(
    "word",
    [
        "waking",
        "throne",
        "swamp",
        "wakes",
        "curls",
        "trust",
        "learning",
        "plain",
        "browse",
        "streak",
    ],
)
def test_what_is_spelled_right_is_no_slip_of_a_verb(word: str) -> None:
    """A swamp swam and a throne was thrown, because a verb is only one letter away."""
    (clause,) = prompt_text.clauses(word)
    assert clause.words == (word,)


@pytest.mark.parametrize("kind", ["", "biped", "flame", "liquid", "item", "serpent"])
def test_what_is_ruled_out_of_the_camera_vetoes_no_motion(kind: str) -> None:
    """ "Camera movement, zoom" is about the camera: fire that may not move would not burn."""
    ruled_out = "blurry, soft edges, new objects, changed colors, background, camera movement, zoom"
    assert senses.understand("", ruled_out, kind).vetoed == {"cycle"}  # "changed colors"


@pytest.mark.parametrize(
    "text", ["wakes up", "waking", "woke up", "awakens", "gets out of bed", "he is awake"]
)
def test_who_wakes_does_not_walk(text: str) -> None:
    """Waking needs another posture than the picture's: it is shown as one, and said."""
    found = senses.understand(text, kind="biped")
    assert found.leading == "squash"
    assert found.asked[0].beyond


@pytest.mark.parametrize(
    ("text", "kind", "sense"),
    [
        ("the lid flies open", "item", "open"),
        ("the door slams shut", "building", "close"),
        ("blinks out of existence", "biped", "dissolve"),
        ("the river runs", "liquid", "water"),
        ("flames leap high", "flame", "fire"),
        ("the flower nods", "plant", "sway"),
        ("turns and then bows", "biped", "nod"),
        ("crouches and jumps", "biped", "jump"),
        ("no walking, just standing", "biped", "idle"),
        ("doesn't run, walks", "biped", "walk"),
        ("walks instead of running", "biped", "walk"),
        ("a light punch, no kick", "biped", "attack_strike"),
        ("a fighter walks", "biped", "walk"),
        ("slow idle with a nervous glance", "biped", "idle"),
    ],
)
def test_the_head_of_a_phrase_says_what_happens(text: str, kind: str, sense: str) -> None:
    """Results, substances, preparations and what is ruled out: the verb alone would mislead."""
    assert leading(text, kind) == sense


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("walks with a heavy sack", 1.0),
        ("a small bat flies", 1.0),
        ("a heavy walk", 2.0),
        ("a big jump", 2.0),
        ("sways in a strong wind", 2.0),
        ("breathes in a heavy uneven rhythm", 2.0),
    ],
)
def test_what_is_heavy_is_not_walked_heavily(text: str, strength: float) -> None:
    """A word of strength before a thing says nothing of the motion."""
    assert senses.understand(text, kind="biped").manner.strength == strength


@pytest.mark.parametrize(
    ("text", "negative", "never"),
    [
        ("tree swaying, no shaking", "", "shake"),
        ("breathing without blinking", "", "blink"),
        ("hero breathing, don't walk", "", "walk"),
        ("hero breathing, don\u2019t walk", "", "walk"),
        ("breathing", "blinking eyes", "blink"),
        ("torch burning", "glow", "glow"),
        ("never jump, just breathe", "", "hop"),
        ("breathing calmly, do not bob", "", "bob"),
    ],
)
def test_negated_words_veto_their_motion(text: str, negative: str, never: str) -> None:
    """What is ruled out must not come in by the back door as a secondary motion."""
    names = motions(text, "hero", negative)
    assert not {never, offers.choose(never, SPRITES["hero"])[0]} & set(names)


def test_not_only_is_no_negation() -> None:
    """ "Not only walking" is walking."""
    assert motions("not only walking", "hero") == motions("walking", "hero")


@pytest.mark.parametrize(
    ("text", "strength", "fps", "cycles"),
    [
        ("swaying", 1.0, 8, 1),
        ("gently swaying", 0.5, 8, 1),
        ("swaying wildly", 2.0, 8, 1),
        ("slowly swaying", 1.0, 6, 1),
        ("swaying fast", 1.0, 12, 1),
        ("frantically swaying", 1.0, 12, 2),
        ("not wildly, just swaying", 1.0, 8, 1),
        ("the heavy body breathes", 1.0, 8, 1),
        ("two swells, a strong one and a weaker one", 1.0, 8, 1),
        ("breathes heavily, strong", 2.0, 8, 1),
    ],
)
def test_adverbs_set_strength_and_speed(text: str, strength: float, fps: int, cycles: int) -> None:
    """Gentle halves the strength, wild doubles it; slow is 6 fps, fast 12, frantic two cycles."""
    reading = prompt.read(text, SPRITES["plant"])
    parameters = reading.motions[0][1]
    assert (parameters.strength, reading.fps, parameters.cycles) == (strength, fps, cycles)


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("hops", True),
        ("hops once", False),
        ("dissolves, then stops", False),
        ("breathes once", True),
        ("hops once, seamless loop", True),
    ],
)
def test_once_makes_a_one_shot_where_the_motion_has_one(text: str, loops: bool) -> None:
    """Breathing has no end, so it stays a loop and says so."""
    assert prompt.read(text, SPRITES["hero"]).loops is loops


def test_directions_set_signs() -> None:
    """Left, right, up and down steer the motion."""
    left = prompt.read("walking to the left", SPRITES["hero"]).motions[0][1]
    down = prompt.read("water flowing down", SPRITES["flag"]).motions[0][1]
    assert (left.across, down.down) == (-1, 1)


def test_what_stands_in_for_walking_joins_no_other_motion() -> None:
    """Folds that run through a flag do not lift its pole."""
    assert motions("waving in the wind: folds run through the cloth", "flag") == ["wave"]


def test_light_is_added_only_to_what_asks_for_it() -> None:
    """What hovers does not give light by itself: an airship's hull must not change colour."""
    assert motions("hovering in the air", "coin") == ["float"]
    assert motions("floating and glowing", "coin") == ["float", "glow"]


def test_two_motions_at_once() -> None:
    """A second verb joins when it acts on something else: colour on form, whole on form."""
    assert motions("spinning slowly and glowing", "coin") == ["spin", "glow"]
    assert motions("floating and flapping its wings", "slime") == ["float", "flap"]
    both = prompt.read("hopping and walking", SPRITES["hero"])
    assert [name for name, _ in both.motions] == ["hop"]
    assert both.unshown == ("walking",)


@pytest.mark.parametrize(
    ("text", "sprite", "nearest"),
    [
        ("sits down", "hero", "squash"),
        ("turns to face left", "hero", "look"),
        ("climbs a ladder", "hero", "bob"),
        ("eats an apple", "hero", "talk"),
        ("waves his hand", "hero", "nod"),
        ("walking", "coin", "bob"),
    ],
)
def test_what_one_still_cannot_show_is_said(text: str, sprite: str, nearest: str) -> None:
    """It is not faked: the nearest motion is shown, named, and marked."""
    reading = prompt.read(text, SPRITES[sprite])
    shown = offers.choose(nearest, reading.sprite)[0]
    assert reading.needs_ai is not None
    assert shown in reading.needs_ai
    assert reading.motions[0][0] == shown


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("attacks with his sword", "attack_strike"),
        ("swings his mighty sword", "attack_strike"),
        ("casts a spell", "cast"),
        ("dies", "death"),
    ],
)
def test_what_another_motion_stands_in_for_is_said(text: str, sense: str) -> None:
    """As long as a motion is not there the nearest one is shown and marked; then nothing is."""
    reading = prompt.read(text, SPRITES["hero"])
    shown, lacking = offers.choose(sense, reading.sprite)
    assert reading.motions[0][0] == shown
    assert (reading.needs_ai is not None) == bool(lacking)


@pytest.mark.parametrize(
    "text", ["breathing", "", "hero with a castle in the background", "no attack, idle"]
)
def test_what_it_can_do_needs_no_ai(text: str) -> None:
    """The mark must stay rare to mean something."""
    assert prompt.read(text, SPRITES["hero"]).needs_ai is None


@pytest.mark.parametrize(
    ("sprite", "kind"),
    [
        ("hero", "biped"),
        ("slime", "legless"),
        ("plant", "plant"),
        ("flame", "flame"),
        ("flag", "item"),
    ],
)
def test_without_a_word_the_look_decides(sprite: str, kind: str) -> None:
    """What it looks like: rooted plants sway, fire flickers, who has eyes breathes."""
    reading = prompt.read("", SPRITES[sprite])
    assert (reading.kind, reading.kind_from) == (kind, "by its look")
    assert reading.motions[0][0] == offers.choose("idle", reading.sprite)[0]


def test_reading_is_told_in_a_sentence_with_what_was_ignored() -> None:
    """Users see what had no effect, so that they do not pay for it later."""
    clip = animate.animate(
        drawn.every()["torch"], "medieval torch burning softly, no shaking", frames=8
    )
    name = clip.motions[0]
    beside = " with glow" if clip.motions[1:] else ""
    assert name == offers.choose("fire", SPRITES["torch"])[0]
    assert clip.interpretation == (
        f"Read as {name} (from 'torch burning'){beside}; softly, 8 frames per second, looping."
        " Ruled out: shake. Ignored: medieval."
    )
    assert clip.needs_ai is None


def test_motion_shown_instead_is_told() -> None:
    """With too few frames another motion is shown, and the sentence says which."""
    clip = animate.animate(drawn.every()["plant"], "swaying", frames=2)
    assert clip.motions == ("bob",)
    assert "Shown as bob" in clip.interpretation


def test_every_word_leads_to_a_motion() -> None:
    """A table that names a motion which does not exist would fail only for the user who says it."""
    readings = [*verbs.VERBS, *synonyms.SYNONYMS, *nouns.NOUNS, *verbs.BY_KIND.values()]
    readings += [reading for reading, _ in verbs.BEYOND.values()]
    readings += [motion for _, motion in nouns.PARTS.values() if motion]
    by_kind = {sense for sense, _ in verbs.BY_KIND} | {"move"}
    for sense in {reading.split()[0] for reading in readings} - by_kind:
        for sprite in SPRITES.values():
            assert offers.choose(sense, sprite)[0] in MOTIONS, sense
            assert offers.is_known(sense), sense


@settings(max_examples=150)
@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_read(text: str, negative: str) -> None:
    """No prompt is an error for the reader, and the same prompt is read the same."""
    reading = prompt.read(text, SPRITES["slime"], negative)
    again = prompt.read(text, SPRITES["slime"], negative)
    assert reading == replace(again, sprite=reading.sprite)
    assert {name for name, _ in reading.motions} <= set(MOTIONS)


def shipped_prompts() -> list[str]:
    """Return the prompts of all packs that ship, as their authors wrote them."""
    packs = sorted((REPOSITORY / "rules").glob("*.yaml"))
    rules = [rule for pack in packs for rule in yaml.safe_load(pack.read_bytes())["rules"]]
    clips = [clip for rule in rules for clip in rule.get("clips", {}).values()]
    texts = [clip if isinstance(clip, str) else clip.get("prompt") for clip in clips]
    return [" ".join(text.split()) for text in texts if text]


def test_shipped_prompts_are_read_by_their_words() -> None:
    """Users learn prompting from the packs: each must name a motion that the engine can show."""
    assert shipped_prompts()
    whole = replace(SPRITES["hero"], boxes=(("blades", (6, 4, 14, 12)),))
    for text in shipped_prompts():
        reading = prompt.read(text, whole)
        assert reading.needs_ai is None, text
        assert "(from '" in reading.sentence, text


@pytest.mark.parametrize(
    "text", ["!!!", "\U0001f525", "\u547c\u5438", "\u0434\u044b\u0448\u0438\u0442", "m\u00fcde"]
)
def test_a_prompt_of_which_nothing_is_understood_is_told(text: str) -> None:
    """In another language or in signs: what is shown is how it waits, and that is said."""
    assert "asks for no motion" in (prompt.read(text, SPRITES["hero"]).needs_ai or "")
    assert prompt.read("", SPRITES["hero"]).needs_ai is None
    assert prompt.read(f"{text} idle", SPRITES["hero"]).needs_ai is None


CASTLE = replace(SPRITES["coin"], kind="building")


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("flag waving on top", "flag"),
        ("the banner flutters above the gate", "banner"),
        ("the bell swings", "bell"),
        ("torches flickering on the walls", "torch"),
    ],
)
def test_what_is_part_of_a_building_never_bends_the_building(text: str, thing: str) -> None:
    """A castle that bends as its flag should is worse than one that stands still."""
    reading = prompt.read(text, CASTLE)
    assert reading.motions[0][0] in ("glow", "glint")
    assert f"needs the {thing}" in (reading.needs_ai or "")


def test_a_flag_on_something_is_a_part_also_where_nothing_is_stated() -> None:
    """A flag by itself waves; so does one whose box is stated."""
    assert prompt.read("flag waving on top", SPRITES["coin"]).needs_ai
    assert prompt.read("flag waving on the tower", SPRITES["coin"]).kind == "building"
    assert prompt.read("flag waving on its pole", SPRITES["flag"]).needs_ai is None
    stated = replace(CASTLE, boxes=(("cloth", CASTLE.corners),))
    assert prompt.read("flag waving on top", stated).motions[0][1].part == "cloth"


@pytest.mark.parametrize("text", ["levitating a book", "spins a coin", "bounces his ball"])
def test_what_somebody_does_to_a_thing_is_not_done_by_himself(text: str) -> None:
    """A wizard who levitates a book stays where he is."""
    reading = prompt.read(text, replace(SPRITES["hero"], kind="biped"))
    assert reading.motions[0][0] == "idle"
    assert "not in the picture" in (reading.needs_ai or "")


FIRE = ((255, 210, 74), (232, 84, 42), (161, 42, 42))


def test_what_burns_needs_colours_of_fire_or_says_that_it_has_none() -> None:
    """Grey flames on a grey castle are no fire; a ramp that is allowed makes one of them."""
    grey = np.full((20, 20, 4), (120, 120, 120, 255), np.uint8)
    castle = replace(parts.cut(drawn.padded(grey)), kind="building")
    reading = prompt.read("a burning building", castle)
    assert reading.motions[0][0] in ("glow", "glint")
    assert "extra_colors" in (reading.needs_ai or "")
    allowed = prompt.read("a burning building", replace(castle, extra_colours=FIRE))
    assert allowed.motions[0][0] == "fire"
    assert allowed.needs_ai is None


def test_own_colours_of_a_fire_are_told_and_refuse_nothing() -> None:
    """It burns, and the sentence says how it would burn better."""
    reading = prompt.read("burns", replace(SPRITES["coin"], kind="machine"))
    assert reading.motions[0][0] == "fire"
    assert reading.needs_ai is None
    assert "extra_colors" in reading.sentence
    assert "extra_colors" not in prompt.read("burns", SPRITES["torch"]).sentence


def test_who_is_told_to_walk_is_no_thing() -> None:
    """A knight whose visor hides his eyes walks when it is said; a coin has nothing to walk on."""
    knight = np.full((12, 9, 4), (90, 90, 110, 255), np.uint8)
    knight[4:8, 2:7] = (160, 60, 60, 255)
    sprite = parts.cut(drawn.padded(knight))
    assert prompt.read("idle", sprite).kind == "item"
    assert prompt.read("walks", sprite).motions[0][0].startswith("walk")
    assert prompt.read("walks", SPRITES["coin"]).needs_ai


WIDE_COAT = """
......######......
.....#hhhhhh#.....
.....#h#hh#h#.....
.....#hhhhhh#.....
......######......
...####yyyy####...
..#yyyyyyyyyyyy#..
.#yyyyyyyyyyyyyy#.
#yyyyyyyyyyyyyyyy#
#yyyyyyyyyyyyyyyy#
#yyyyyyyyyyyyyyyy#
#yyyy##yyyyyy##yy#
#yyy#..#yyyy#..#y#
####...######...##
"""


def test_who_looks_at_us_stands_on_two_legs() -> None:
    """Folds of a wide coat are no four legs; the face in the middle says so."""
    sprite = parts.cut(drawn.padded(drawn.drawn(WIDE_COAT)))
    assert sprite.box.width > 1.15 * sprite.box.height
    assert len(sprite.legs) >= 2
    assert prompt.read("idle", sprite).kind == "biped"


def test_wings_are_no_legs_to_walk_on() -> None:
    """A bat that is told to walk flies, and that is said."""
    bat = replace(SPRITES["slime"], kind="winged")
    assert bat.box.width >= 1.3 * bat.box.height
    reading = prompt.read("walks", bat)
    assert reading.motions[0][0] == "flap"
    assert "needs legs" in (reading.needs_ai or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kneels", ("kneels",)),
        ("plants a flag", ("plants",)),
        ("rolls a cigarette", ("rolls",)),
        ("visor snaps shut", ("shut",)),
        ("chewing", ("chewing",)),
        ("hides", ("hides",)),
        ("\U0001f525", ("the prompt",)),
        ("walks", ()),
        ("hovers", ()),
    ],
)
def test_a_clip_names_the_words_that_it_is_about_and_does_not_show(
    text: str, words: tuple[str, ...]
) -> None:
    """A face without a mouth to chew with nods, which is no chewing."""
    faceless = drawn.every()["hero"].copy()
    eyes = SPRITES["hero"].eyes
    assert eyes is not None
    left, top, right, bottom = eyes.box
    faceless[top:bottom, left:right] = faceless[top, left - 1]
    pixels = faceless if text == "chewing" else drawn.every()["hero"]
    clip = animate.animate(pixels, text, described=Described("biped"))
    assert clip.not_shown == words


def test_words_beside_what_is_shown_are_told_apart() -> None:
    """Who walks and juggles is shown walking."""
    clip = animate.animate(drawn.every()["hero"], "walks and juggles")
    assert (clip.not_shown, clip.left_out) == ((), ("juggles",))
