"""How figures wait, walk and run: something moves in every frame, and feet stay on the floor."""

from __future__ import annotations

import clips
import drawn_sprites as drawn
import numpy as np
import pytest
from clips import clip, distinct, longest_hold
from msgspec.structs import replace

from pipeline.engine import parts
from pipeline.engine.motions import ALIASES, MOTIONS, Parameters, gather, perform

HERO, SLIME = (parts.cut(drawn.every()[name]) for name in ("hero", "slime"))
WOLF = parts.cut(
    drawn.padded(
        drawn.drawn("""
............####
............#hh#
#...........#hhh
##..#########hh#
.####hhhhhhhhhh#
..##hhhhhhhhhh##
...#hhhhhhhhhh#.
...#hh######hh#.
...#h##h#.#h#h#.
...#h#.#h##h#h#.
...#h#.#h##h#h#.
...##..##.##.##.
""")
    )
)
MOST_HELD = 0.3
STANDING = ("characters", "monsters", "animals")
GAITS = ("walk2", "walk_quad", "run", "run_quad")
#: The names that readers of prompts may count on.
PROMISED = (
    *("idle", "walk4", "walk2", "walk_quad", "run", "run_quad", "fly", "flap", "slither"),
    *("attack_strike", "attack_bite", "attack_thrust", "attack_shoot", "cast", "charge", "heal"),
    *("hurt", "death", "jump", "spawn", "teleport", "explode", "crumble", "open", "close"),
    *("pickup", "levelup", "fire", "smoke", "water", "lava", "electric", "sparkle", "dust"),
    *("blink", "look", "talk", "laugh", "sleep", "breathe"),
)


def test_every_promised_name_is_a_motion() -> None:
    """A prompt is read into these names; one that is missing would be a crash."""
    assert [name for name in PROMISED if ALIASES.get(name, name) not in MOTIONS] == []


@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
def test_idle_moves_part_by_part(sprite: parts.Sprite) -> None:
    """One pop of the whole body and back is a metronome: parts follow one another."""
    frames = clip("idle", sprite)
    assert distinct(frames) >= 5
    assert longest_hold(frames) <= MOST_HELD


def test_idle_leaves_the_feet_where_they_are() -> None:
    """What stands may breathe, but not slide."""
    frames = clip("idle", HERO)
    floor = HERO.box.bottom
    assert (frames[:, floor - 2 : floor] == HERO.pixels[floor - 2 : floor]).all()


def test_a_thing_waits_in_one_piece() -> None:
    """A potion has no chest to breathe with."""
    sprite = replace(clips.sample("items/potion"), kind="item")
    for frame in clip("idle", sprite):
        rows = np.flatnonzero(frame[..., 3].any(axis=1))
        assert (frame == np.roll(sprite.pixels, int(rows[0]) - sprite.box.top, axis=0)).all()


@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
def test_four_frame_walk_has_four_poses(sprite: parts.Sprite) -> None:
    """Rest, left, rest, right: and the second rest is not the first."""
    assert distinct(clip("walk4", sprite, 4)) == 4


@pytest.mark.parametrize("name", GAITS)
@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
def test_longer_walk_keeps_moving(name: str, sprite: parts.Sprite) -> None:
    """Eight frames of which five are alike limp."""
    frames = clip(name, sprite)
    assert distinct(frames) >= 5
    assert longest_hold(frames) <= MOST_HELD


def test_a_walk_sinks_on_each_step_and_never_below_the_floor() -> None:
    """The body goes down with the step; no pixel goes through the floor."""
    frames = clip("walk4", HERO, 4)
    tops = [int(np.flatnonzero(frame[..., 3].any(axis=1))[0]) for frame in frames]
    assert tops == [tops[0], tops[0] + 1, tops[0], tops[0] + 1]
    assert not frames[:, HERO.box.bottom :, :, 3].any()


@pytest.mark.parametrize("name", ["walk_quad", "run_quad"])
def test_a_beast_begins_as_drawn_and_sets_all_its_feet_in_motion(name: str) -> None:
    """Legs at other phases are not at rest in frame 0, unless their rest is taken off."""
    frames = clip(name, WOLF)
    assert (frames[0] == WOLF.pixels).all()
    assert distinct(frames) >= 5
    floor = frames[:, WOLF.box.bottom - 1, :, 3] > 0
    assert WOLF.legs
    for leg in WOLF.legs:
        foot = leg.mask[WOLF.box.bottom - 1]
        assert (floor[:, foot] != floor[0, foot]).any()


@pytest.mark.parametrize("name", ["idle", "walk4", "walk2", "walk_quad", "run"])
@pytest.mark.parametrize("sprite", [HERO, SLIME], ids=["hero", "slime"])
def test_eyes_stay_one_piece(name: str, sprite: parts.Sprite) -> None:
    """A face that splits while the body breathes is what people notice first."""
    assert sprite.eyes is not None
    left, top, right, bottom = sprite.eyes.box
    eyes = sprite.eyes.left | sprite.eyes.right
    rows, columns = np.nonzero(eyes)
    for frame in clip(name, sprite):
        places = [
            (y, x)
            for y in range(-top, sprite.height - bottom + 1)
            for x in range(-left, sprite.width - right + 1)
            if abs(y) <= 6 and abs(x) <= 6
        ]
        assert any(
            (frame[rows + y, columns + x] == sprite.pixels[rows, columns]).all() for y, x in places
        )


@pytest.mark.parametrize(("name", "frames"), [("idle", 8), ("walk4", 4), ("walk2", 8), ("run", 8)])
def test_nine_of_ten_real_creatures_keep_moving(name: str, frames: int) -> None:
    """Sprites that people drew for games, with the margin that the client leaves."""
    creatures = {k: v for k, v in clips.shared(*STANDING).items() if "chest" not in k}
    if not creatures:
        pytest.skip("needs ../shared/sprites")
    least, most = (4, 0.25) if frames == 4 else (5, MOST_HELD)
    lively = 0
    for sprite in creatures.values():
        how = Parameters(variant="" if sprite.eyes or sprite.legs else "stand")
        done, map_ = perform(name, sprite, frames, how, 7)
        picture = gather.show(sprite, map_)
        lively += distinct(picture) >= least and longest_hold(picture) <= most and done == name
    assert lively >= 0.9 * len(creatures)


def test_a_flat_body_creeps_unless_it_is_said_to_stand() -> None:
    """A slime sinks, reaches and comes after; a goblin with its pack steps."""
    slime = replace(SLIME, kind="legless")
    heights = [int(frame[..., 3].any(axis=1).sum()) for frame in clip("walk4", slime, 4)]
    assert min(heights) < heights[0] < max(heights)
    goblin = replace(SLIME, kind="biped")
    heights = [int(frame[..., 3].any(axis=1).sum()) for frame in clip("walk4", goblin, 4)]
    assert max(heights) == heights[0]


BAT = """
.##..............................##.
#hh##..........................##hh#
#hhhh##........####..........##hhhh#
.#hhhhh###...##gggg##.....###hhhhh#.
..#hhhhhhh####gg#g#gg####hhhhhhhh#..
...###hhhhhhhhhgg#g#gghhhhhhhhh##...
......####hhhhhgggggghhhhh####......
..........######gggg######..........
................####................
"""


def test_large_wings_beat_about_their_shoulders() -> None:
    """The tips go far down on the stroke, and the body rises on it."""
    sprite = replace(parts.cut(drawn.padded(drawn.drawn(BAT), 0.3)), kind="winged")
    left = sprite.box.left
    assert sprite.part("wings") is not None
    frames = clip("flap", sprite)
    tips = frames[:, :, left : left + 3, 3] > 0
    low = [int(np.flatnonzero(tip.any(axis=1))[-1]) for tip in tips if tip.any()]
    assert (frames[0] == sprite.pixels).all()
    assert max(low) - low[0] >= 3
    assert distinct(frames) >= 6


@pytest.mark.parametrize("facing", [-1, 1])
def test_a_beast_that_chews_keeps_its_back(facing: int) -> None:
    """Its head is at its end: what bows there takes no rows from the rest."""
    beast = replace(WOLF, kind="quadruped")
    frames = clip("nod", beast, facing=facing)
    left, right = beast.box.left, beast.box.right
    middle = slice(left + 5, right - 5)
    assert (frames[:, :, middle] == beast.pixels[:, middle]).all()
    head = slice(right - 4, right) if facing > 0 else slice(left, left + 4)
    assert (frames[:, :, head] != beast.pixels[:, head]).any()
