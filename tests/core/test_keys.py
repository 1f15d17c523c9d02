"""Keys: what makes a purchase another one, and what never does."""

from __future__ import annotations

import msgspec
import pytest

from pipeline.core import keys
from pipeline.core.model import Clip, Direction, Flip, Hints, Pixels, Request, Rule, TargetChoice

REQUEST = Request(source="a.png", pixel_digest="d" * 64, clip="idle", rule="r", prompt="breathing")


def test_key_of_a_request_never_changes() -> None:
    """A release that changes this number charges every user again: bump KEY_VERSION on purpose,
    say so in the changelog, and only then pin the new one."""
    text = keys.recipe(REQUEST, "pixel-engine")
    assert text == (
        'colors: "auto"\nfit: "auto"\nframes: "auto"\nkey_version: 1\nmatte: "auto"\n'
        'model: "auto"\nnegative_prompt: ""\npixels: "' + "d" * 64 + '"\nprompt: "breathing"\n'
        'seed: "auto"\nservice: "pixel-engine"\ntake: 0\n'
    )
    assert keys.request_key(REQUEST, "pixel-engine") == keys.digest(text.encode())
    assert keys.request_key(REQUEST, "pixel-engine") == (
        "316abe2668956745e9864398240f9c562402efeaaa15dc97b1c8c98e601d35f7"
    )


def test_a_recipe_is_read_by_its_fields() -> None:
    """A digest that stands in a prompt is no picture; a text that is no recipe has no fields."""
    words = msgspec.structs.replace(REQUEST, prompt=f'"{"e" * 64}"')
    found = keys.values(keys.recipe(words, "pixel-engine"))
    assert (found["pixels"], found["prompt"]) == ("d" * 64, f'"{"e" * 64}"')
    assert found["take"] == 0
    assert keys.values("no recipe") == keys.values("") == {}


def test_pixel_digest_never_changes() -> None:
    """The pixels' digest is part of every key."""
    one = Pixels(width=1, height=2, rgba=bytes(range(8)))
    assert keys.pixel_digest(one) == (
        "8a2b664f55cfe03f932eec3923c24ddc9c19ac0043a448133bc83315c4d3ec90"
    )
    other = Pixels(width=2, height=1, rgba=one.rgba)
    assert keys.pixel_digest(other) != keys.pixel_digest(one)


@pytest.mark.parametrize(
    "change",
    [
        {"pixel_digest": "e" * 64},
        {"prompt": "breathing "},
        {"negative_prompt": "blur"},
        {"frames": 8},
        {"colors": 16},
        {"colors": "source"},
        {"model": "m"},
        {"matte": "#ff00ff"},
        {"seed": 0},
        {"fit": "tight"},
        {"fit": 0},
        {"take": 1},
    ],
)
def test_what_is_stated_makes_another_purchase(change: dict[str, object]) -> None:
    """Every stated field counts; a stated 0 is no `auto`."""
    changed = msgspec.structs.replace(REQUEST, **change)
    assert keys.request_key(changed, "s") != keys.request_key(REQUEST, "s")


@pytest.mark.parametrize(
    "change",
    [{"source": "b/c.png"}, {"clip": "walk"}, {"rule": "x@9/y"}, {"open_prompt": "z"}],
)
def test_where_it_lies_and_what_it_is_called_makes_none(change: dict[str, object]) -> None:
    """Path, clip, rule and pack are names for the same purchase."""
    changed = msgspec.structs.replace(REQUEST, **change)
    assert keys.request_key(changed, "s") == keys.request_key(REQUEST, "s")


def test_fields_cannot_run_into_each_other() -> None:
    """A prompt that looks like the next line of the recipe is still a prompt."""
    sly = msgspec.structs.replace(REQUEST, prompt='x"\nseed: 5')
    plain = msgspec.structs.replace(REQUEST, prompt="x", seed=5)
    assert keys.request_key(sly, "s") != keys.request_key(plain, "s")
    assert len(keys.recipe(sly, "s").splitlines()) == 12


def test_open_key_forgets_path_words_only() -> None:
    """Two paths share an open key when only the words of the path differ, and nothing else."""
    one = msgspec.structs.replace(REQUEST, prompt="hero walks", open_prompt="{stem} walks")
    two = msgspec.structs.replace(one, prompt="knight walks")
    assert keys.open_key(REQUEST, "s") is None
    assert keys.open_key(one, "s") == keys.open_key(two, "s") is not None
    assert keys.open_key(one, "s") != keys.open_key(one, "t")
    other = msgspec.structs.replace(two, pixel_digest="e" * 64)
    assert keys.open_key(one, "s") != keys.open_key(other, "s")


RULE = Rule(name="r", match=("*.png",), clips=(Clip(name="idle", prompt="x"),))
BOUGHT = (("idle", "k", "d"),)
TARGETS = (TargetChoice(name="aseprite"),)


def _build(rule: Rule = RULE, **other: object) -> str:
    stated = {"stem": "a", "bought": BOUGHT, "targets": TARGETS, **other}
    return keys.build_key(rule=rule, **stated)  # type: ignore[arg-type]


def _clip(**change: object) -> Rule:
    clip = msgspec.structs.replace(RULE.clips[0], **change)
    return msgspec.structs.replace(RULE, clips=(clip,))


@pytest.mark.parametrize(
    "other",
    [
        _build(stem="b"),
        _build(bought=(("idle", "k", "e"),)),
        _build(targets=(*TARGETS, TargetChoice(name="gif"))),
        _build(targets=(TargetChoice(name="aseprite", options={"layout": "row"}),)),
        _build(msgspec.structs.replace(RULE, pivot="center")),
        _build(_clip(fps=12.0)),
        _build(_clip(loop=False)),
        _build(_clip(direction=Direction.PINGPONG)),
        _build(_clip(hold={0: 400})),
        _build(_clip(derived_from="y", flip=Flip.X)),
        _build(_clip(alpha="keep")),
        _build(_clip(crop="original")),
        _build(_clip(stages={"align": False})),
    ],
)
def test_what_is_derived_makes_another_build(other: str) -> None:
    """Whatever changes our files changes the build key."""
    assert other != _build()


@pytest.mark.parametrize(
    "other",
    [
        _build(_clip(prompt="y")),
        _build(_clip(seed=4, frames=8, matte="#00ff00")),
        _build(_clip(file="rules/b.yaml", line=9)),
        _build(msgspec.structs.replace(RULE, name="q", match=("b.png",), pack="x@1", line=3)),
    ],
)
def test_what_is_paid_or_a_place_makes_none(other: str) -> None:
    """What was bought stands in the request keys; where a rule stands changes no file."""
    assert other == _build()


def test_key_of_a_free_clip_never_changes_either() -> None:
    """Art that is there would be made anew; what is new in a release enters only when stated."""
    assert keys.request_key(REQUEST, "built-in") == keys.digest(
        keys.recipe(REQUEST, "pixel-engine").replace("pixel-engine", "built-in").encode()
    )


HINTS = Hints(kind="building", facing="left", parts={"blades": (1, 2, 3, 4)})


def test_what_a_rule_says_of_the_sprite_buys_nothing() -> None:
    """It is told to the built-in engine alone: for any other service the key stays as it was."""
    told = msgspec.structs.replace(REQUEST, hints=HINTS, open_prompt="x")
    plain = msgspec.structs.replace(REQUEST, open_prompt="x")
    for service in ("pixel-engine", "engine.example.org"):
        assert keys.request_key(told, service) == keys.request_key(plain, service)
        assert keys.open_key(told, service) == keys.open_key(plain, service)
    assert keys.request_key(told, "built-in") != keys.request_key(plain, "built-in")
    assert 'hints: {"facing":"left","kind":"building","parts":{"blades":[1,2,3,4]}}\n' in (
        keys.recipe(told, "built-in")
    )


@pytest.mark.parametrize(
    "changed",
    [{"kind": "item"}, {"facing": None}, {"parts": {}}, {"extra_colors": ("#ff8800",)}],
)
def test_every_hint_makes_another_free_clip(changed: dict[str, object]) -> None:
    """Otherwise a corrected box would change nothing until the prompt does."""
    told = msgspec.structs.replace(REQUEST, hints=HINTS)
    other = msgspec.structs.replace(REQUEST, hints=msgspec.structs.replace(HINTS, **changed))
    assert keys.request_key(told, "built-in") != keys.request_key(other, "built-in")
