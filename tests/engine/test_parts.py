"""Parts by their names: found by shape, stated by a box, and left alone when they are not sure."""

from __future__ import annotations

from collections.abc import Callable

import drawn_sprites as drawn
import numpy as np
import pytest
from msgspec.structs import replace

from pipeline.engine import parts, prompt
from pipeline.engine.parts import Sprite, drawing, named
from pipeline.engine.parts.types import Bools, Pixels

GREY, DARK, RED, WOOD = (150, 150, 160), (30, 26, 34), (190, 60, 50), (150, 100, 60)


def _canvas(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 4), np.uint8)


def _fill(pixels: Pixels, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    left, top, right, bottom = box
    pixels[top:bottom, left:right] = (*colour, 255)


def windmill() -> Pixels:
    """Draw a tower with four crossed blades about a hub at (16, 12)."""
    pixels = _canvas(34, 40)
    _fill(pixels, (12, 12, 21, 38), WOOD)
    for step in range(3, 11):
        for right, down in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            x, y = 16 + right * step, 12 + down * step
            _fill(pixels, (x - 1, y - 1, x + 1, y + 1), GREY)
    _fill(pixels, (14, 10, 19, 15), DARK)
    return pixels


def house() -> Pixels:
    """Draw a hut with a dark door and a chimney on its left."""
    pixels = _canvas(32, 32)
    _fill(pixels, (4, 12, 28, 30), WOOD)
    _fill(pixels, (2, 9, 30, 13), RED)
    _fill(pixels, (7, 3, 10, 9), GREY)
    _fill(pixels, (14, 18, 20, 30), DARK)
    return pixels


def car() -> Pixels:
    """Draw a body on two round wheels."""
    pixels = _canvas(36, 20)
    _fill(pixels, (2, 4, 34, 14), RED)
    down, right = np.mgrid[0:20, 0:36]
    for x in (9, 27):
        pixels[(down - 14) ** 2 + (right - x) ** 2 <= 12] = (*DARK, 255)
    return pixels


def dog() -> Pixels:
    """Draw a body on four legs that looks right, with a thin tail at the left."""
    pixels = _canvas(32, 24)
    _fill(pixels, (8, 9, 24, 17), WOOD)
    _fill(pixels, (21, 4, 30, 12), WOOD)
    for x in (9, 13, 18, 22):
        _fill(pixels, (x, 17, x + 2, 23), WOOD)
    for step in range(6):
        _fill(pixels, (7 - step, 9 - step, 9 - step, 11 - step), WOOD)
    return pixels


def octopus() -> Pixels:
    """Draw a round body over four hanging arms."""
    pixels = _canvas(30, 30)
    down, right = np.mgrid[0:30, 0:30]
    pixels[(down - 10) ** 2 + (right - 15) ** 2 <= 80] = (*RED, 255)
    for x in (7, 12, 17, 22):
        _fill(pixels, (x, 15, x + 2, 28), RED)
    return pixels


def chest() -> Pixels:
    """Draw a box with a lighter lid."""
    pixels = _canvas(24, 20)
    _fill(pixels, (3, 3, 21, 9), (210, 160, 90))
    _fill(pixels, (3, 9, 21, 18), (110, 70, 40))
    return pixels


def _part(draw: Callable[[], Pixels], kind: str, name: str, facing: str = "") -> named.Part | None:
    return replace(parts.cut(draw()), kind=kind, facing=facing).part(name)


def _share(mask: Bools, box: tuple[int, int, int, int]) -> float:
    """Return how much of a mask lies in a box."""
    left, top, right, bottom = box
    return float(mask[top:bottom, left:right].sum() / mask.sum())


@pytest.mark.parametrize(
    ("draw", "kind", "name", "box"),
    [
        (windmill, "building", "blades", (4, 0, 29, 25)),
        (house, "building", "door", (14, 18, 20, 30)),
        (house, "building", "chimney", (6, 2, 11, 10)),
        (car, "vehicle", "wheels", (4, 9, 32, 19)),
        (dog, "quadruped", "tail", (1, 2, 10, 12)),
        (octopus, "legless", "tentacles", (6, 12, 25, 29)),
        (chest, "item", "lid", (3, 3, 21, 9)),
    ],
)
def test_parts_are_found_where_they_are(
    draw: Callable[[], Pixels], kind: str, name: str, box: tuple[int, int, int, int]
) -> None:
    """Nine tenths of what is taken for a part belong to it."""
    part = _part(draw, kind, name)
    assert part is not None
    assert _share(part.mask, box) >= 0.9
    assert part.is_sure


@pytest.mark.parametrize(
    ("draw", "kind", "name"),
    [
        (house, "building", "blades"),
        (chest, "item", "blades"),
        (windmill, "building", "tail"),
        (chest, "building", "wheels"),
        (car, "vehicle", "eyes"),
        (house, "building", "eyes"),
        (octopus, "legless", "wheels"),
    ],
)
def test_what_is_not_there_is_not_found(draw: Callable[[], Pixels], kind: str, name: str) -> None:
    """A wrong part moves what should be still."""
    assert _part(draw, kind, name) is None


def test_a_tail_is_looked_for_behind() -> None:
    """Where the dog looks decides which end is the tail."""
    assert _part(dog, "quadruped", "tail", "right") is not None
    assert _part(dog, "quadruped", "tail", "left") is None


def test_a_box_names_a_part_for_certain() -> None:
    """Whoever states it knows it; only opaque pixels belong to it, and an empty box is none."""
    sprite = replace(
        parts.cut(house()), kind="building", boxes=(("tail", (0, 0, 9, 9)), ("ears", (0, 0, 2, 2)))
    )
    tail = sprite.part("tail")
    assert tail is not None
    assert tail.confidence == 1.0
    assert tail.box == (7, 3, 9, 9)
    assert sprite.part("ears") is None


def test_what_is_no_creature_has_no_eyes() -> None:
    """Windows are no eyes: a castle does not blink."""
    hero = parts.cut(drawn.every()["hero"])
    assert hero.eyes is not None
    assert replace(hero, kind="building").eyes is None
    assert replace(hero, kind="biped").eyes is not None


@pytest.mark.parametrize("name", sorted(drawn.every()))
@pytest.mark.parametrize("kind", ["", "biped", "item", "building"])
def test_sprite_of_another_kind_has_what_one_of_that_kind_has(name: str, kind: str) -> None:
    """What was found before its kind was known stays only where no kind changes it."""
    sprite = parts.cut(drawn.every()[name])
    for before in ("", "building", "quadruped"):
        known = replace(sprite, kind=before)
        assert known.parts is not None  # looks for about everything
        found, fresh = known.of_kind(kind), replace(sprite, kind=kind)
        assert found.kind == kind
        assert (found.eyes is None) is (fresh.eyes is None)
        assert found.neck == fresh.neck
        assert found.core == fresh.core
        assert (found.islands[0] == fresh.islands[0]).all()
        assert (found.glowing == fresh.glowing).all()
        assert found.parts.keys() == fresh.parts.keys()


def test_a_motion_without_its_part_is_said_and_leaves_the_rest_still() -> None:
    """The house does not turn because no blades were found."""
    sprite = replace(parts.cut(house()), kind="building")
    reading = prompt.read("the blades turn", sprite)
    assert reading.motions[0][0] in ("glow", "glint")
    assert reading.needs_ai is not None
    assert "parts: {blades: [left, top, right, bottom]}" in reading.needs_ai
    boxed = prompt.read("the blades turn", replace(sprite, boxes=(("blades", (900, 0, 950, 9)),)))
    assert boxed.needs_ai is not None
    assert "the box that is stated for it lies outside" in boxed.needs_ai
    assert "name it by a box" not in boxed.needs_ai
    both = prompt.read("breathing, tail wagging", replace(sprite, kind="biped"))
    assert both.motions[0][0] == "breathe"
    assert both.unshown == ("wagging",)


def test_brown_art_is_no_fire() -> None:
    """The answer to "idle" is never flicker, unless it burns by colour and by shape."""
    for draw in (dog, chest, house, windmill):
        reading = prompt.read("idle", parts.cut(draw()))
        assert reading.motions[0][0] not in ("flicker", "fire")
        assert reading.kind != "flame"
    assert prompt.read("idle", parts.cut(drawn.every()["flame"])).kind == "flame"


@pytest.mark.parametrize("name", sorted(drawn.every()))
def test_what_is_found_is_drawn(name: str) -> None:
    """A picture of any sprite: opaque, as large as its list needs, the same every time."""
    sprite = parts.cut(drawn.every()[name])
    picture = drawing.drawn(sprite)
    assert (picture[..., 3] == 255).all()
    assert (picture == drawing.drawn(sprite)).all()
    assert picture.shape[0] >= 100


def test_unsure_parts_are_listed_and_not_used() -> None:
    """A motion falls back to one that needs no parts below half certainty."""
    for pixels in drawn.every().values():
        sprite: Sprite = parts.cut(pixels)
        found = {part.name: part for part in named.find(sprite)}
        for name, part in found.items():
            assert (sprite.part(name) is not None) == (part.confidence >= named.SURE)
