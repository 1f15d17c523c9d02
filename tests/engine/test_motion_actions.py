"""One-shots: a blow has one stroke, a death lies, what comes ends as the sprite, what goes goes."""

from __future__ import annotations

import statistics
from itertools import pairwise

import clips
import drawn_sprites as drawn
import numpy as np
import pytest
from clips import clip, steps
from msgspec.structs import replace

from pipeline.engine import parts
from pipeline.engine.motions import MOTIONS, Parameters, gather, perform
from pipeline.engine.parts import Sprite
from pipeline.engine.parts.types import Bools, Pixels

HERO, SLIME, COIN, TORCH = (
    parts.cut(drawn.every()[name]) for name in ("hero", "slime", "coin", "torch")
)
ATTACKS = ("attack_strike", "attack_bite", "attack_thrust", "attack_shoot")
ACTS = tuple(name for name, motion in MOTIONS.items() if motion.acts)
OVERLAYS = ("charge", "heal", "fire", "smoke", "electric", "dust", "look", "talk")


def stroke(frames: Pixels) -> float:
    """Return how many times the median step the largest one is."""
    taken = steps(frames)
    return max(taken) / max(1.0, statistics.median(taken))


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
def test_a_blow_is_one_stroke(name: str, sprite: Sprite) -> None:
    """Held back for two frames, then one large step, held, and at rest in the end."""
    frames = clip(name, sprite, once=True)
    assert (frames[1] == frames[2]).all()
    assert (frames[1] != frames[0]).any()
    assert stroke(frames) >= 3
    assert int(np.argmax(steps(frames))) == 2
    ink = sprite.area
    assert steps(np.stack([frames[-1], frames[0]]))[0] <= 0.35 * ink


@pytest.mark.parametrize("name", ATTACKS)
def test_every_real_sprite_strikes_once(name: str) -> None:
    """Sprites that people drew for games: three times the median in four of five, twice in all."""
    sprites = clips.shared(share=0.3)
    if not sprites:
        pytest.skip("needs ../shared/sprites")
    strokes = [
        stroke(gather.show(sprite, perform(name, sprite, 8, Parameters(once=True), 7)[1]))
        for sprite in sprites.values()
    ]
    assert min(strokes) >= 2
    assert sum(one >= 3 for one in strokes) >= 0.8 * len(strokes)


@pytest.mark.parametrize("facing", [-1, 1])
@pytest.mark.parametrize("name", ["attack_strike", "attack_thrust", "cast"])
def test_a_blow_lands_where_the_sprite_looks(name: str, facing: int) -> None:
    """A dragon that looks to the left bit with its tail."""
    frames = clip(name, HERO, once=True, facing=facing)
    smear = frames[3][..., 3] > 0
    new = np.flatnonzero((smear & ~HERO.opaque).any(axis=0))
    middle = HERO.box.centre_x
    ahead = (new + 0.5 > middle) if facing > 0 else (new + 0.5 < middle)
    assert ahead.mean() > 0.5


def lies(sprite: Sprite, frame: Pixels) -> bool:
    """Tell whether a frame is empty, or lower than the sprite stood."""
    rows = np.flatnonzero(frame[..., 3].any(axis=1))
    return not rows.size or int(rows[-1] - rows[0]) + 1 <= 0.78 * sprite.box.height + 1


@pytest.mark.parametrize(
    "sprite", [HERO, SLIME, COIN, TORCH], ids=["hero", "slime", "coin", "torch"]
)
def test_the_dead_lie(sprite: Sprite) -> None:
    """A death that ends standing is a hiccup."""
    frames = clip("death", sprite, once=True)
    assert lies(sprite, frames[-1])
    assert (frames[-1] == frames[-2]).all()
    assert not clip("death", sprite, once=True, variant="fade")[-1][..., 3].any()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_every_real_sprite_dies_lying(share: float) -> None:
    """With little room to lie in as well."""
    sprites = clips.shared(share=share)
    if not sprites:
        pytest.skip("needs ../shared/sprites")
    standing = [
        name for name, sprite in sprites.items() if not lies(sprite, clip("death", sprite)[-1])
    ]
    assert standing == []


@pytest.mark.parametrize("name", ["spawn", "close"])
def test_what_arrives_ends_as_the_sprite(name: str) -> None:
    """It begins as something else; in a loop it begins as the sprite."""
    frames = clip(name, COIN, once=True)
    assert (frames[0] != COIN.pixels).any()
    assert (frames[-1] == COIN.pixels).all()
    assert (clip(name, COIN)[0] == COIN.pixels).all()


@pytest.mark.parametrize("name", ["explode", "crumble", "pickup"])
def test_what_goes_leaves_little(name: str) -> None:
    """A heap on the floor at the most."""
    last = clip(name, HERO, once=True)[-1][..., 3] > 0
    high = HERO.box.top + 0.6 * HERO.box.height
    assert last[: int(high)].sum() <= 0.15 * HERO.area


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("sprite", [HERO, COIN], ids=["hero", "coin"])
def test_no_one_shot_flashes_over_and_over(name: str, sprite: Sprite) -> None:
    """At most three times a second may a quarter of the figure turn into the lightest colour."""
    _, map_ = perform(name, sprite, 8, Parameters(once=True), 7)
    light = sprite.palette.lab[:, 0]
    lightest = sprite.palette.index.reshape(-1) == int(np.argmax(light))
    glaring: Bools = np.append(lightest, False)
    lit: Bools = glaring[map_]
    bright = [bool(frame.mean() > 0.25) for frame in lit]
    assert sum(late and not early for early, late in pairwise(bright)) <= 3


@pytest.mark.parametrize("name", OVERLAYS)
def test_effects_leave_the_figure_readable(name: str) -> None:
    """More than a quarter of the ink in other colours would be another figure."""
    frames = clip(name, HERO)
    inside = HERO.opaque
    changed = (frames != HERO.pixels).any(axis=-1) & inside
    assert changed.sum(axis=(1, 2)).max() <= 0.25 * HERO.area


@pytest.mark.parametrize("name", [*ATTACKS, "hurt", "cast", "jump", "levelup", "heal", "electric"])
def test_told_twice_it_is_done_twice(name: str) -> None:
    """Sixteen frames of two blows are the eight of one, twice."""
    twice, once = clip(name, HERO, 16, cycles=2), clip(name, HERO, 8)
    assert (twice == np.concatenate([once, once])).all()


def test_extra_colours_are_used_by_effects_and_nothing_else_is_new() -> None:
    """A fire in the colours that the rule allows; without them it burns in the sprite's own."""
    allowed = ((255, 210, 74), (232, 84, 42), (161, 42, 42))
    sprite = replace(SLIME, extra_colours=allowed)
    shown = {tuple(pixel) for pixel in clip("fire", sprite)[1:].reshape(-1, 4).tolist()}
    own = {tuple(pixel) for pixel in SLIME.pixels.reshape(-1, 4).tolist()} | {(0, 0, 0, 0)}
    assert shown - own == {(*colour, 255) for colour in allowed}
    plain = {tuple(pixel) for pixel in clip("fire", SLIME).reshape(-1, 4).tolist()}
    assert plain <= own


def test_a_body_in_motion_keeps_the_extra_colours_of_its_effects() -> None:
    """Two motions at once read one map through another; foreign colours must survive that."""
    sprite = replace(SLIME, extra_colours=((255, 0, 255),))
    inner = perform("charge", sprite, 8, Parameters(), 7)[1]
    outer = perform("attack_strike", sprite, 8, Parameters(), 7)[1]
    frames = gather.show(sprite, gather.through(outer, inner))
    assert (frames == (255, 0, 255, 255)).all(axis=-1).any(axis=(1, 2))[1:4].all()


def test_only_the_named_part_turns() -> None:
    """The rest of a windmill stands still while its blades go round."""
    left, top, right, bottom = COIN.box.left, COIN.box.top, COIN.box.right, COIN.box.top + 6
    sprite = replace(COIN, boxes=(("blades", (left, top, right, bottom)),))
    frames = clip(
        "sway", replace(sprite, boxes=(("tail", (left, top, right, bottom)),)), part="tail"
    )
    below = np.s_[:, bottom + 3 :]
    assert (frames[below] == np.broadcast_to(COIN.pixels, frames.shape)[below]).all()
    assert (frames != COIN.pixels).any()
    turned = clip("rotate", sprite, part="blades")
    assert (turned[0] == COIN.pixels).all()
    assert clips.distinct(turned) >= 4


def test_a_torch_burns_at_its_flame() -> None:
    """Embers rise from the flame; the handle neither moves nor burns."""
    frames = clip("fire", TORCH)
    handle = slice(TORCH.box.top + 6, None)
    assert (frames[:, handle] == TORCH.pixels[handle]).all()
    assert (frames[1:] != TORCH.pixels).any(axis=(1, 2, 3)).all()


def test_an_engine_burns_downwards_from_its_nozzle() -> None:
    """Flames of a rocket on its nose would be another story."""
    box = SLIME.box
    nozzle = ("engine", (box.left + 4, box.bottom - 2, box.right - 4, box.bottom))
    frames = clip("fire", replace(SLIME, boxes=(nozzle,)), part="engine")
    new: Bools = np.any((frames[..., 3] > 0) & ~SLIME.opaque, axis=0)
    assert new[box.bottom :].any()
    assert not new[: box.bottom - 1].any()


def test_a_beast_dies_on_its_back() -> None:
    """Pressed to a line it would be a carpet: the legs point up, and most of it is still there."""
    beast = replace(SLIME, kind="quadruped")
    last = clip("death", beast, once=True)[-1]
    solid = last[..., 3] > 0
    assert lies(beast, last)
    assert solid.sum() >= 0.5 * beast.area
    rows = np.flatnonzero(solid.any(axis=1))
    foot, back = beast.pixels[beast.box.bottom - 1], beast.pixels[beast.box.top]
    assert (last[rows[0]] == foot).all()
    assert (last[rows[-1]] == back).all()


@pytest.mark.parametrize("kind", ["biped", "quadruped", "legless", "winged", "item"])
def test_no_real_sprite_dies_to_a_line(kind: str) -> None:
    """What has been a person must still be one: at least a third of the ink lies there."""
    sprites = clips.shared(share=0.3)
    if not sprites:
        pytest.skip("needs ../shared/sprites")
    for name, sprite in sprites.items():
        known = replace(sprite, kind=kind)
        last = clip("death", known, once=True)[-1]
        assert lies(known, last), name
        assert (last[..., 3] > 0).sum() >= 0.33 * known.area, name


def test_stone_glints_in_no_other_hue() -> None:
    """A lighter colour that is red makes wounds on a grey wall."""
    wall = np.full((24, 24, 4), (110, 104, 112, 255), np.uint8)
    wall[::6] = (150, 144, 152, 255)
    wall[4:8, 4:8] = (190, 60, 60, 255)
    sprite = replace(parts.cut(drawn.padded(wall)), kind="building")
    red = (clip("glint", sprite) == (190, 60, 60, 255)).all(axis=-1)
    own = (sprite.pixels == (190, 60, 60, 255)).all(axis=-1)
    assert not (red & ~own).any()


def test_what_explodes_once_is_gone() -> None:
    """In a known kind of thing; nothing is left hanging in the air."""
    assert not clip("explode", replace(SLIME, kind="vehicle"), once=True)[-1][..., 3].any()


def test_fair_hair_does_not_burn_where_colours_of_fire_are_allowed() -> None:
    """The fire is on the figure's upper edges, in the colours that the rule names."""
    allowed = ((255, 210, 74), (232, 84, 42), (161, 42, 42))
    sprite = replace(HERO, kind="biped", extra_colours=allowed)
    shown = {tuple(pixel[:3]) for pixel in clip("fire", sprite)[1:].reshape(-1, 4).tolist()}
    assert set(allowed) <= shown
