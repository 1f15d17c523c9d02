"""The extension field `sprite`: what the engine is told of a sprite, and what it does with it."""

from __future__ import annotations

import base64

import drawn_sprites as drawn
import msgspec
import pytest
from game import png
from PIL import Image

import pipeline.engine as engine
from pipeline.core import version
from pipeline.engine import render
from pipeline.engine.accounts.jobs import Product
from pipeline.engine.contract import orders
from pipeline.engine.contract.errors import InvalidRequest
from pipeline.engine.render import animate

HERO = png(Image.fromarray(drawn.every()["hero"]))


def _body(**stated: object) -> dict[str, object]:
    return {"image": base64.b64encode(HERO).decode(), "prompt": "idle", **stated}


def test_without_it_nothing_is_said() -> None:
    """The contract is the vendor's; this field is ours, and nobody has to send it."""
    order = orders.read_animate(_body()).order
    assert isinstance(order, orders.AnimateOrder)
    assert order.sprite == orders.Described()


def test_it_is_read() -> None:
    """Kind, facing, boxes by name, colours."""
    told = {"kind": "building", "facing": "left", "parts": {"door": [1, 2, 3, 4]}}
    order = orders.read_animate(_body(sprite=told | {"extra_colors": ["#ff8800"]})).order
    assert isinstance(order, orders.AnimateOrder)
    assert order.sprite == orders.Described(
        "building", "left", (("door", (1, 2, 3, 4)),), ((255, 136, 0),)
    )


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "hovel"},
        {"facing": "up"},
        {"parts": {"door": [1, 2, 3]}},
        {"parts": {"door": [3, 2, 1, -4]}},
        {"parts": {"door": [1, 2, 3, True]}},
        {"extra_colors": "#ff8800"},
        {"extra_colors": ["orange"]},
        "building",
    ],
)
def test_nonsense_is_refused_and_named(told: object) -> None:
    """A refusal names the field."""
    with pytest.raises(InvalidRequest, match="sprite"):
        orders.read_animate(_body(sprite=told))


def test_the_kind_decides_what_a_sprite_does() -> None:
    """The same picture breathes as a person and stands fast as a building."""
    pixels = drawn.every()["hero"]
    person = animate.animate(pixels, "idle", described=orders.Described("biped"))
    house = animate.animate(pixels, "idle", described=orders.Described("building"))
    assert person.motions[0] in ("idle", "breathe")
    assert house.motions[0] in ("glow", "glint")


@pytest.mark.parametrize("prompt", ["bobbing", "walks", "the house shakes", "jumps", "breathes"])
def test_what_is_rooted_never_leaves_its_place(prompt: str) -> None:
    """It is shown with what it can do, and said to be so."""
    clip = animate.animate(drawn.every()["hero"], prompt, described=orders.Described("building"))
    assert clip.motions[0] in ("glow", "glint")
    assert clip.needs_ai is not None
    assert "stands fast" in clip.needs_ai


def test_a_named_part_moves_and_nothing_else() -> None:
    """The pixels outside of the box and its swing stay as they are."""
    pixels = drawn.every()["plant"]
    described = orders.Described("quadruped", "right", (("tail", (0, 0, 6, 6)),))
    clip = animate.animate(pixels, "wags its tail", described=described)
    low = clip.frames[:, pixels.shape[0] // 2 + 4 :]
    assert (low == low[0]).all()


def test_the_answer_says_which_art_it_is() -> None:
    """The caller writes it down, so that an upgrade can tell what is older."""
    draft = orders.read_animate(_body(prompt="dies"))
    product = render.render(msgspec.msgpack.encode(draft.order), 0)
    assert isinstance(product, Product)
    assert product.notes["engine_version"] == engine.ENGINE_VERSION
    assert product.notes["loops"] is False


def test_both_sides_know_the_engine_s_version() -> None:
    """They share no code: the plan must know what is newest without asking."""
    assert version.ENGINE_VERSION == engine.ENGINE_VERSION
