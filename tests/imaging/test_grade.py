"""The grade tells true loops from spoilt ones, and its sentences say what is wrong where."""

from __future__ import annotations

import numpy as np
import planted
import pytest
from drawn_sprites import FLAME, HERO, SLIME, drawn, padded
from graded_clips import graded, reel_of
from hand_drawn import Loop, loops

from pipeline.engine.render import animate
from pipeline.engine.render.animate import Animation
from pipeline.imaging import stages
from pipeline.imaging.frames import prompt_motion
from pipeline.imaging.grading import closure, dips, grade
from pipeline.imaging.keying import cutout
from pipeline.imaging.picture.raster import U8

SPRITES = {"hero": HERO, "slime": SLIME, "flame": FLAME}
#: Motions of every kind: in place, travelling, growing, of colours, of parts.
PROMPTS = (
    "breathing calmly", "floating", "hopping", "squash and stretch", "swaying in the breeze",
    "flag flapping", "rippling under water", "coin spinning", "lantern swinging", "walking",
    "glint", "shaking", "dissolving", "lunging", "scrolling", "flame flickering",
)  # fmt: skip


def clip(sprite: str, prompt: str, frames: int = planted.FRAMES) -> Animation:
    """Return a true clip of the built-in engine with room around it: a loop, or one that ends."""
    return animate.animate(padded(drawn(SPRITES[sprite])), prompt, frames=frames)


def cycle(sprite: str, prompt: str, frames: int = planted.FRAMES) -> U8:
    """Return the frames of a true loop of the built-in engine."""
    return clip(sprite, prompt, frames).frames


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("sprite", SPRITES)
def test_true_loops_grade_well(sprite: str, prompt: str) -> None:
    """A grader that cries wolf is switched off; in four frames one step is always the widest."""
    for count in (4, 6, 8, 12):
        made = clip(sprite, prompt, count)
        found = graded(made.frames, prompt, loop=made.loops)
        # Of a sprite of a few px some motions leave two poses, or hold one for half of the time.
        told = [one for one in found.faults if "metronome" in one or "pose is held" in one]
        if told:
            assert sprite == "flame" or prompt == "walking", (prompt, told)
            continue
        assert found.points >= 85, found


@pytest.mark.parametrize("loop", list(loops()), ids=lambda loop: loop.name)
def test_loops_drawn_by_hand_grade_well(loop: Loop) -> None:
    """No formula made these: pose to pose, as artists draw."""
    found = graded(loop.frames, loop.prompt)
    assert found.points >= 85, found.faults


def test_there_are_loops_drawn_by_hand() -> None:
    """At least six, of 4 to 8 frames and 16 to 48 px: an empty folder would prove nothing."""
    found = list(loops())
    assert len(found) >= 6
    for loop in found:
        count, height, width = loop.frames.shape[:3]
        assert 4 <= count <= 8
        assert 14 <= width <= 48
        assert 16 <= height <= 48
        assert len({frame.tobytes() for frame in loop.frames}) == count


@pytest.mark.parametrize("kind", ["drifted", "recoloured", "erased"])
@pytest.mark.parametrize("prompt", ["shaking", "floating", "swaying in the breeze"])
def test_planted_faults_are_caught_and_named(kind: str, prompt: str) -> None:
    """The artist needs frame, place and colour, not a number."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        fault = planted.PLANTS[kind](lambda count: cycle("hero", prompt, count), rng)
        assert fault is not None
        found = graded(fault.frames, prompt)
        assert found.points < 85, (seed, found)
        assert fault.is_named_by(found.faults), (seed, fault.says, found.faults)


@pytest.mark.parametrize("name", ["walker", "flag", "slime", "bird", "potion"])
def test_faults_in_drawings_are_caught(name: str) -> None:
    """Drawn poses vary more than computed ones, and hide less than one would think."""
    (loop,) = (one for one in loops() if one.name == name)
    frames = np.pad(loop.frames, [(0, 0), (9, 9), (9, 9), (0, 0)])
    for kind, seed in (("drifted", 3), ("recoloured", 2)):
        fault = planted.PLANTS[kind](lambda _: frames, np.random.default_rng(seed))
        assert fault is not None
        found = graded(fault.frames, loop.prompt)
        assert found.points < 85, (kind, found)
        assert fault.is_named_by(found.faults)


@pytest.mark.parametrize(
    ("sprite", "prompt"),
    [("hero", "floating"), ("hero", "lantern swinging"), ("slime", "flag flapping")],
)
def test_cycle_that_is_cut_short_is_told(sprite: str, prompt: str) -> None:
    """The first eight of twelve frames: the motion breaks off where it is fastest."""
    found = graded(cycle(sprite, prompt, 12)[:8], prompt)
    assert found.points < 85
    assert "frame 7: the loop does not close" in found.faults[0]


def test_conveyor_that_stops_short_is_told() -> None:
    """What rolls round looks like any other frame of it; only its pace is broken."""
    whole = cycle("hero", "scrolling", 12)
    assert graded(whole, "scrolling").points >= 85
    found = graded(whole[:8], "scrolling")
    assert found.points < 85
    assert "rolls on by" in found.faults[0]
    assert not closure.stumbles(reel_of(whole)).any()


def test_conveyor_that_skips_is_told() -> None:
    """Frames that are missing on the way are named where they are missing."""
    whole = cycle("hero", "scrolling", 12)
    found = graded(np.delete(whole, [4, 5, 6, 7], axis=0), "scrolling")
    assert found.points < 85
    assert "frame 4: the picture jumps, it rolls on by" in found.faults[0]


def test_clip_that_plays_once_or_to_and_fro_need_not_close() -> None:
    """A death has no way back, and a ping-pong has its own."""
    cut = cycle("hero", "lantern swinging", 12)[:8]
    assert graded(cut, "lantern swinging").points < 85
    assert graded(cut, "lantern swinging", loop=False).points >= 85
    assert graded(cut, "lantern swinging", to_and_fro=True).points >= 85


def test_end_of_a_clip_that_plays_once_may_lack_parts() -> None:
    """A crumbling tower ends without its top; only a loop has to have it back."""
    frames = cycle("hero", "breathing calmly").copy()
    frames[5:, :10] = 0
    assert graded(frames, "breathing calmly").points < 85
    assert graded(frames, "breathing calmly", loop=False).points >= 85


def test_head_that_nods_is_not_called_lost() -> None:
    """It hides the shoulders, and is all there: what is gone is not what is missed."""
    frames = cycle("hero", "breathing calmly")[:1].repeat(8, axis=0)
    top = int(np.flatnonzero((frames[0, ..., 3] > 0).any(axis=1))[0])
    head = frames[0, top : top + 7].copy()
    for at in (3, 4):
        below = frames[at, top + 2 : top + 9]
        below[head[..., 3] > 0] = head[head[..., 3] > 0]
        frames[at, top : top + 2] = 0
    lost = int((frames[0, ..., 3] > 0).sum()) - int((frames[3, ..., 3] > 0).sum())
    assert lost > 4
    assert not any("lost" in fault for fault in graded(frames, "sleeping").faults)


@pytest.mark.parametrize(
    ("series", "loops", "grows", "expected"),
    [
        ([10, 10, 7, 7, 10, 10], True, False, (3, 2, 3)),
        ([10, 10, 10, 7, 7, 7], True, False, (3, 3, 5)),
        ([10, 10, 10, 7, 7, 7], False, False, (0, 0, 0)),
        ([10, 9, 8, 7, 8, 9], True, False, (0, 0, 0)),
        ([10, 13, 10, 10, 7, 10], True, False, (0, 0, 0)),
        ([10, 13, 10, 10, 7, 10], True, True, (3, 4, 4)),
        ([10, 12, 9, 12, 12, 10], True, True, (3, 2, 2)),
        ([10, 10, 10, 10], True, True, (0, 0, 0)),
    ],
)
def test_dips_are_what_two_steps_make(
    series: list[int], loops: bool, grows: bool, expected: tuple[float, int, int]
) -> None:
    """A fault comes in one step and goes in one; a motion takes its time."""
    found = dips.deepest(np.array(series, dtype=np.float32), loops=loops, grows=grows)
    assert (found.excess, found.first, found.last) == expected


@pytest.mark.parametrize("kind", sorted(planted.PLANTS))
def test_faults_are_really_planted(kind: str) -> None:
    """A benchmark whose faults are none would praise any grader."""
    fault = planted.PLANTS[kind](
        lambda count: cycle("hero", "floating", count), np.random.default_rng(4)
    )
    assert fault is not None
    assert fault.frames.shape[1:] == fault.truth.shape[1:]
    assert (fault.frames[0] == fault.truth[0]).all()
    if kind in ("drifted", "recoloured", "erased"):
        assert fault.is_visible
        assert not fault.is_left_in(fault.truth)
        wrong = (fault.frames != fault.truth).any(axis=(1, 2, 3))
        assert set(np.flatnonzero(wrong)) <= set(fault.at)


def test_cut_of_a_motion_of_one_px_cannot_be_seen() -> None:
    """Up and down by one px in seven frames of twelve is a loop like any other."""
    up = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    still = cycle("hero", "breathing calmly")[0]
    whole = np.stack([np.roll(still, -by, axis=0) for by in up])
    rng = np.random.default_rng(0)
    assert not planted.ended(lambda _: whole, rng).is_visible


@pytest.mark.parametrize(("residue", "lowest", "highest"), [(0, 100, 100), (1, 60, 84), (4, 0, 0)])
def test_background_left_in_the_figure_weighs_by_its_size(
    residue: int, lowest: int, highest: int
) -> None:
    """One px in eight frames is told; a clip full of background is none."""
    reel = reel_of(cycle("hero", "floating"))
    blank = np.zeros((reel.count, 3), dtype=np.uint8)
    cut = cutout.Cutout(reel.solid, reel.index, blank, residue=residue)
    asked = prompt_motion.read("clip", "floating")
    found = grade.grade(stages.Step("x", reel, cut, asked), loop=True)
    assert lowest <= found.points <= highest
    assert bool(residue) == any("background" in fault for fault in found.faults)


def test_figure_that_wanders_is_named_where_nothing_has_to_close() -> None:
    """Played once, a drift has no seam that would give it away."""
    frames = cycle("hero", "breathing calmly")
    wandering = np.stack([np.roll(frame, at // 2, axis=1) for at, frame in enumerate(frames)])
    assert graded(frames, "breathing calmly", loop=False).points >= 85
    found = graded(wandering, "breathing calmly", loop=False)
    assert found.points < 85
    assert "drifted 3 px right" in found.faults[0]


#: What ends elsewhere than it began, or begins elsewhere than it ends.
ONCE = (
    "spawns in a flash of light", "appears out of thin air", "closes", "the lid shuts", "lands",
    "explodes", "crumbles to dust", "is picked up and vanishes", "dies and fades away", "dies",
    "gets hurt, knocked back, recovers", "lunges forward to bite", "attacks with a fast strike",
    "opens", "teleports", "jumps once", "respawns", "materializes", "fades in",
    "rises from the grave", "blown up", "melts", "shuts", "dodges backwards", "levels up",
)  # fmt: skip


#: Nothing of a person does that, and it is not shown: the reading says so.
_OF_THINGS = ("closes", "the lid shuts", "shuts")


@pytest.mark.parametrize(
    ("sprite", "prompt"),
    [(one, said) for one in SPRITES for said in ONCE if one != "hero" or said not in _OF_THINGS],
)
def test_clips_that_end_grade_well(sprite: str, prompt: str) -> None:
    """A death lies, an explosion leaves nothing, who lunges goes forward: all that is meant."""
    for count in (6, 8):
        made = clip(sprite, prompt, count)
        source = padded(drawn(SPRITES[sprite]))
        found = graded(made.frames, prompt, loop=made.loops, source=source)
        assert found.points >= 85, (count, made.interpretation, found)


@pytest.mark.parametrize(
    ("sprite", "prompt"), [("hero", "spawns in a flash of light"), ("slime", "closes")]
)
def test_arrival_must_show_the_source_in_the_end(sprite: str, prompt: str) -> None:
    """Neither at its beginning nor at its end: whoever arrived is somebody else."""
    frames, source = clip(sprite, prompt).frames, padded(drawn(SPRITES[sprite]))
    assert (frames[-1] == source).all()
    assert (frames[0] != source).any()
    other = frames.copy()
    ink = frames[-1, ..., 3] > 0
    other[-1][ink] = np.roll(frames[-1][ink], 1, axis=1) | np.array([0, 0, 0, 255], dtype=np.uint8)
    found = graded(other, prompt, loop=False, source=source)
    assert found.points < 85, found
    assert any("differ from the source" in fault for fault in found.faults)


def test_only_what_arrives_may_begin_with_nothing() -> None:
    """An attack whose first frame is empty has lost its figure."""
    frames, source = clip("hero", "attacks with a fast strike").frames.copy(), padded(drawn(HERO))
    assert (frames[-1] == source).all()
    frames[0] = 0
    attack = graded(frames, "attacks", loop=False, source=source)
    assert (attack.points, attack.faults) == (0, ("frame 0 is empty: the figure was lost",))
    assert graded(frames, "spawns", loop=False, source=source).points >= 85
    frames[-1] = 0
    assert graded(frames[[0, -1]], "spawns", loop=False, source=source).points == 0
