"""Bodies in a blow: what is held is swung in one piece, beasts rear, blobs press, walls stand."""

from __future__ import annotations

import clips
import drawn_sprites as drawn
import numpy as np
import pytest
from clips import clip
from msgspec.structs import replace

from pipeline.engine import parts
from pipeline.engine.contract.orders import Described
from pipeline.engine.parts import Sprite
from pipeline.engine.parts.types import Bools, Pixels
from pipeline.engine.render import animate

SPEARMAN = """
.............Y.
....####.....Y.
...#bbBB#....t.
..#bbBBBB#...t.
..#bs#s#b#...t.
..#bs#s#b#...t.
...#ssss#....t.
..##bbbb##...t.
.#rrbBBb#ss##t.
.#rrbbBb#ss#.t.
.#rr#yy#.....t.
..###bb##....t.
...#p##p#....t.
...#p#.#p#...t.
..###..###.....
"""
BEAST = """
...............#.#....
...............##h#...
..............#hhhh#..
.##...........#hhwh##.
#hh#..........#hhh#hh#
.#hh###########hhhhhhh
..#hhhhhhhhhhhhhhhhhh#
...#hhhhhhhhhhhhhh###.
...#hhhhhhhhhhhhh#....
...#hhhhhhhhhhhhh#....
...#hhh##hhhh#hhh#....
...#hh#h#...#hh#h#....
...#hh##h#..#hh##h#...
...#h#.#h#..#h#.#h#...
...#hh##hh#.#hh##hh#..
"""


def standing(picture: str, kind: str, facing: str = "right") -> Sprite:
    """Return a drawn sprite of a kind, with the room that a client leaves for an attack."""
    sprite = parts.cut(drawn.padded(drawn.drawn(picture), 0.3))
    return replace(sprite, kind=kind, facing=facing)


def where(frame: Pixels, letter: str) -> Bools:
    """Return where a frame shows the colour of a letter."""
    found: Bools = np.all(frame == drawn.COLOURS[letter], axis=-1)
    return found


def place(frame: Pixels, letter: str) -> tuple[float, float]:
    """Return the middle of a colour in a frame as (x, y)."""
    rows, columns = np.nonzero(where(frame, letter))
    return float(columns.mean()), float(rows.mean())


def test_a_spear_is_found_with_its_hand_on_the_shaft() -> None:
    """The arm beside it is none of it."""
    sprite = standing(SPEARMAN, "biped")
    held = sprite.held
    assert held is not None
    assert (
        held.mask
        == np.isin(np.arange(sprite.width), [sprite.box.right - 1])[None, :] & sprite.opaque
    ).all()
    assert held.hand[0] == sprite.box.right - 0.5
    assert held.tip[1] == sprite.box.top + 0.5


@pytest.mark.parametrize("name", ["hero", "slime", "coin"])
def test_what_holds_nothing_has_nothing_in_its_hand(name: str) -> None:
    """An arm, a leg or a rim is no weapon."""
    assert parts.cut(drawn.every()[name]).held is None


def test_a_spear_is_raised_and_comes_down_ahead() -> None:
    """It goes with the hand: back over the shoulder, then its tip is ahead and lower."""
    sprite = standing(SPEARMAN, "biped")
    frames = clip("attack_strike", sprite, once=True)
    rest, raised, struck = (place(frames[at], "t") for at in (0, 1, 6))
    assert raised[0] < rest[0]
    assert struck[1] > rest[1]
    tip, shaft = place(frames[6], "Y"), place(frames[6], "t")
    assert tip[0] > shaft[0] + 2
    # In one piece: the shaft keeps its length, and nothing of it is left where it was.
    counts = [int(where(frame, "t").sum()) for frame in frames[[0, 1, 6]]]
    assert max(counts) - min(counts) <= 0.35 * counts[0]


def test_a_spear_is_thrust_level() -> None:
    """Drawn back level, then pushed out: it lies along the ground line, and its tip goes ahead."""
    sprite = standing(SPEARMAN, "biped")
    frames = clip("attack_thrust", sprite, once=True)
    for at in (1, 6):
        rows = np.flatnonzero(where(frames[at], "t").any(axis=1))
        assert len(rows) <= 2
    assert place(frames[6], "Y")[0] >= place(frames[1], "Y")[0] + 2


def test_a_beast_rears_and_springs() -> None:
    """Its front feet leave the floor as it draws back, its hind feet as it springs."""
    beast = standing(BEAST, "quadruped")
    frames = clip("attack_strike", beast, once=True)
    floor, middle = beast.box.bottom - 1, int(beast.box.centre_x)
    back, spring = frames[1][floor, :, 3] > 0, frames[3][floor, :, 3] > 0
    assert back[:middle].any()
    assert not back[middle + 3 :].any()
    assert spring[middle:].any()
    assert not spring[: middle - 3].any()


def test_a_blob_presses_low_and_shoots_up() -> None:
    """Anticipation is the opposite of the blow."""
    frames = clip("attack_strike", replace(clips.sample("creatures/slime", 0.3), kind="legless"))
    heights = [int((frame[..., 3] > 0).any(axis=1).sum()) for frame in frames[[0, 1, 6]]]
    assert heights[1] < heights[0] < heights[2]


def test_what_is_rooted_shoots_from_its_top_and_keeps_its_foot() -> None:
    """A tower that leans is no tower."""
    tower = replace(parts.cut(drawn.padded(drawn.drawn(drawn.FLAG), 0.3)), kind="building")
    frames = clip("attack_shoot", tower, once=True)
    foot = np.s_[tower.box.bottom - 2 : tower.box.bottom, : tower.box.left + 3]
    assert (frames[:, *foot] == tower.pixels[foot]).all()
    assert (frames[3][: tower.box.top, :, 3] > 0).any()


def test_a_thing_strikes_in_one_piece() -> None:
    """A torch that is swung turns and does not bend: its handle stays as long as it was."""
    torch = replace(parts.cut(drawn.every()["torch"]), kind="item")
    frames = clip("attack_strike", torch, once=True)
    wood = [int(where(frame, "t").sum()) for frame in frames]
    assert max(wood) - min(wood) <= 0.35 * wood[0]
    assert (frames[1] != frames[0]).any()


@pytest.mark.parametrize("facing", ["", "left"])
def test_a_ship_from_above_shoots_where_its_nose_is(facing: str) -> None:
    """Up, unless it is stated that it looks elsewhere; it said that it faced right."""
    ship = drawn.drawn("....##....\n...#bb#...\n..#bBBb#..\n.#bbBBbb#.\n#bb#bb#bb#\n#b#.##.#b#")
    described = Described(kind="vehicle", facing=facing)
    picture = drawn.padded(ship, 0.5)
    done = animate.animate(picture, "ship shooting", described=described)
    box = parts.cut(picture).box
    new = (done.frames[3:6, ..., 3] > 0).any(axis=0) & ~(picture[..., 3] > 0)
    assert done.motions == ("attack_shoot",)
    assert new[: box.top - 1].any() is np.bool_(not facing)
    assert ("up (seen from above" in done.interpretation) is not bool(facing)


def test_what_is_held_stays_straight_on_the_way() -> None:
    """A spear that bends with the body of who walks is a rope."""
    sprite = standing(SPEARMAN, "biped")
    for name in ("walk4", "walk2", "run", "idle", "hurt"):
        for frame in clip(name, sprite):
            columns = np.flatnonzero(where(frame, "t").any(axis=0))
            assert len(columns) <= 1, name


def test_who_dies_lets_go_of_what_he_held() -> None:
    """It lies on the floor; it hung in the air over who lay there."""
    sprite = standing(SPEARMAN, "biped")
    last = clip("death", sprite, once=True)[-1]
    rows = np.flatnonzero(where(last, "t").any(axis=1))
    assert rows.tolist() == [sprite.box.bottom - 1]


def test_a_blob_melts_and_a_bat_lies_on_its_back() -> None:
    """What has no legs has no side to fall on; what flies turns over."""
    slime = replace(clips.sample("creatures/slime", 0.3), kind="legless")
    last = clip("death", slime, once=True)[-1]
    assert (last[..., 3] > 0).any(axis=0).sum() >= slime.box.width
    bat = replace(parts.cut(drawn.every()["slime"]), kind="winged")
    lying = clip("death", bat, once=True)[-1]
    rows = np.flatnonzero((lying[..., 3] > 0).any(axis=1))
    assert (lying[rows[0]] == bat.pixels[bat.box.bottom - 1]).all()
    assert (lying[rows[-1]] == bat.pixels[bat.box.top]).all()


def test_a_ship_pitches_on_the_waves_and_its_crew_does_not_bend() -> None:
    """Up and down by a pixel alone is a metronome."""
    ship = replace(clips.sample("vehicles/boat", 0.3), kind="vehicle")
    frames = clip("bob", ship)
    assert clips.distinct(frames) >= 5
    middle = slice(int(ship.box.centre_x) - 2, int(ship.box.centre_x) + 2)
    mast = ship.pixels[:, middle]
    for frame in frames:
        assert any((frame[:, middle] == np.roll(mast, -up, axis=0)).all() for up in range(6))


def test_a_broad_foot_does_not_sink_into_the_floor() -> None:
    """What stands beside the legs and is no leg was cut flat where the body sank."""
    sprite = standing(
        """
.##############.
#ssssssssssssss#
#ssssssssssssss#
#ssssssssssssss#
#ssssssssssssss#
#ssssssssssssss#
#s#..#ssss#..#s#
#s#..#ssss#..#s#
###..#yyyy#..###
""",
        "biped",
    )
    for frame in clip("walk4", sprite, 4):
        assert where(frame, "y").any()
