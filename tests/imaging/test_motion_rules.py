"""The grade sees what a person sees in a motion: loops drawn by hand hold, spoilt ones do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_sprites import HERO, drawn, padded
from graded_clips import graded
from hand_drawn import loops
from PIL import Image
from places import SPRITES

from pipeline.core.model import Grade
from pipeline.imaging.frames import prompt_motion
from pipeline.imaging.picture.raster import U8

#: Strips of an animator, `<name>.<action>.<frames>.png`; not part of the project.
STRIPS = SPRITES.parent / "loops"
WORST = 60


def _strips() -> Iterator[tuple[str, str, U8]]:
    """Yield name, action and frames of every strip that has a sprite."""
    for path in sorted(Path(STRIPS).glob("*.png")):
        name, *rest = path.stem.split(".")
        if name.startswith("fx_"):
            continue  # an effect, of no sprite
        action, count = rest
        row = np.array(Image.open(path).convert("RGBA"))
        frames = np.stack(np.split(row, int(count), axis=1))
        frames[frames[..., 3] < 128] = 0
        frames[..., 3] = np.where(frames[..., 3] > 0, 255, 0)
        yield f"{name}.{action}", action, np.pad(frames, [(0, 0), (6, 6), (6, 6), (0, 0)])


def _judged(frames: U8, action: str) -> Grade:
    return graded(frames, action, loop=action in ("idle", "walk"))


def _hero(count: int = 8) -> U8:
    """Return an idle of our own: the upper body dips a px, the arms follow, the head settles."""
    still = padded(drawn(HERO))
    rows = np.flatnonzero((still[..., 3] > 0).any(axis=1))
    top, waist = int(rows[0]), int(rows[0] + 0.6 * len(rows))
    head = int(rows[0] + 0.4 * len(rows))
    frames = np.repeat(still[None], count, axis=0)
    moves = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (1, 2), (1, 1), (0, 1)]
    for at, (body, cap) in enumerate(moves):
        if body:
            frames[at, head + body : waist] = still[head : waist - body]
        if cap:
            frames[at, top + cap : head + cap] = still[top:head]
            frames[at, top : top + cap] = 0
    return frames[:count]


@pytest.mark.skipif(not STRIPS.is_dir(), reason="needs the shared loops")
def test_strips_of_an_animator_hold() -> None:
    """Half of them lie at 90 or more, and none below 70: what is drawn so is right."""
    found = {name: _judged(frames, action) for name, action, frames in _strips()}
    assert len(found) >= 20
    points = [grade.points for grade in found.values()]
    assert np.median(points) >= 90
    assert min(points) >= 70, {name: one for name, one in found.items() if one.points < 70}


def _still(frames: U8) -> U8:
    return np.repeat(frames[:1], len(frames), axis=0)


def _ticking(frames: U8) -> U8:
    return frames[[0, 1] * 4]


def _popping(frames: U8) -> U8:
    return frames[[0] * 4 + [1] * 4]


def _recoloured(frames: U8) -> U8:
    """Exchange the channels of all colours in the middle of the clip."""
    out = frames.copy()
    middle = slice(1, max(2, len(frames) - 1))
    out[middle, ..., :3] = frames[middle][..., [1, 2, 0]]
    return out


def _sliding(frames: U8) -> U8:
    """Let the lowest rows go aside and come back."""
    out = frames.copy()
    rows = np.flatnonzero((frames[0, ..., 3] > 0).any(axis=1))
    height = len(rows)
    first, step = int(rows[-1]) + 1 - max(2, round(0.15 * height)), max(1, height // 32)
    for at in range(len(frames)):
        by = (0, 1, 2, 3, 2, 1, 0, 1)[at % 8] * step
        out[at, first:] = np.roll(frames[at, first:], by, axis=1)
    return out


DAMAGES: dict[str, tuple[Callable[[U8], U8], str]] = {
    "still": (_still, "nothing moves"),
    "ticking": (_ticking, "metronome"),
    "popping": (_popping, "metronome"),
    "recoloured": (_recoloured, "other colours|have turned"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_our_idle_holds_and_its_damage_does_not(kind: str) -> None:
    """Without anything but this file: one clip, spoilt in each way, with the fault named."""
    plant, says = DAMAGES[kind]
    assert graded(_hero(), "idle").points >= 85, graded(_hero(), "idle")
    found = graded(plant(_hero()), "idle")
    assert found.points <= WORST, found
    assert any(word in fault for fault in found.faults for word in says.split("|")), found


@pytest.mark.parametrize("kind", ["still", "ticking", "popping"])
def test_loops_of_our_own_that_are_spoilt_do_not_hold(kind: str) -> None:
    """A bird, a flag, a walker: what repeats two poses is no motion."""
    plant, says = DAMAGES[kind]
    for loop in loops():
        if loop.name in ("candle", "key", "slime") and kind != "still":
            continue  # these hop, flicker and gleam: two poses may be meant
        found = graded(plant(loop.frames), loop.prompt)
        assert found.points <= WORST, (loop.name, found)
        assert says in found.faults[0]


@pytest.mark.skipif(not STRIPS.is_dir(), reason="needs the shared loops")
@pytest.mark.parametrize("kind", DAMAGES)
def test_spoilt_strips_do_not_hold(kind: str) -> None:
    """Idles and walks, spoilt on purpose, lie at 60 at most, and the sentence names the fault."""
    plant, says = DAMAGES[kind]
    for name, action, frames in _strips():
        if action not in ("idle", "walk") or len(frames) < 3:
            continue
        found = _judged(plant(frames), action)
        assert found.points <= WORST, (name, found)
        assert any(word in fault for fault in found.faults for word in says.split("|")), name


@pytest.mark.skipif(not STRIPS.is_dir(), reason="needs the shared loops")
def test_sliding_feet_are_seen() -> None:
    """Those that fly have none; the others must stay where they stand."""
    for name, action, frames in _strips():
        if action != "idle" or name.startswith(("bat", "ghost")):
            continue
        found = _judged(_sliding(frames), action)
        assert found.points <= WORST, (name, found)
        assert any("feet slide" in fault for fault in found.faults), (name, found)


@pytest.mark.parametrize("both", [True, False])
def test_eyes_that_leave_their_place_are_seen(both: bool) -> None:
    """A face that shifts in its head is the first thing that anybody sees."""
    face = np.zeros((24, 24, 4), dtype=np.uint8)
    face[3:21, 3:21] = (40, 40, 60, 255)
    face[4:20, 4:20] = (220, 170, 130, 255)
    face[4:7, 4:20] = (120, 70, 40, 255)
    face[16:20, 4:20] = (60, 90, 170, 255)
    eyes = ((slice(9, 11), slice(8, 10)), (slice(9, 11), slice(14, 16)))
    frames = np.repeat(face[None], 8, axis=0)
    for at in range(8):
        by = (0, 0, 1, 1, 1, 0, 0, 0)[at]
        shown = face.copy()
        for number, (rows, columns) in enumerate(eyes):
            if at in (3, 4) and (both or not number):
                shown[rows, columns] = (220, 170, 130, 255)
                shown[rows, columns.start + 2 : columns.stop + 2] = (20, 20, 20, 255)
            else:
                shown[rows, columns] = (20, 20, 20, 255)
        frames[at] = np.roll(shown, by, axis=0)
    found = graded(frames, "alive")
    assert found.points <= WORST, found
    assert any("the eyes leave their place by 2 px" in fault for fault in found.faults), found
    assert not any("eyes" in fault for fault in graded(frames, "looking around").faults)


def test_motion_of_another_part_than_the_named_one_is_seen() -> None:
    """The prompt says head, and the legs move: it is not what was asked for."""
    still = _hero()[0]
    rows = np.flatnonzero((still[..., 3] > 0).any(axis=1))
    low = int(rows[0] + 0.75 * len(rows))
    frames = np.repeat(still[None], 8, axis=0)
    for at in range(1, 8):
        frames[at, low:] = np.roll(still[low:], (1, 2, 1, 0, -1, -2, -1)[at - 1], axis=1)
    found = graded(frames, "nodding its head")
    assert found.points <= WORST, found
    assert any("names the head" in fault for fault in found.faults)
    assert graded(frames, "tapping its feet").points > found.points


def test_death_that_ends_on_its_feet_is_seen() -> None:
    """Played once, it must end lying, sunk or gone."""
    frames = _hero()
    found = graded(frames, "dies", loop=False)
    assert any("still stands" in fault for fault in found.faults)
    lying = frames.copy()
    ink = np.argwhere(frames[0, ..., 3] > 0)
    lying[5:] = 0
    for y, x in ink:
        row = int(ink[:, 0].max()) - (x - int(ink[:, 1].min())) // 2
        column = (y - int(ink[:, 0].min())) % lying.shape[2]
        lying[5:, row, column] = frames[0, y, x]
    assert not any("stands" in one for one in graded(lying, "dies", loop=False).faults)


def test_feet_that_are_said_to_stay_are_not_named() -> None:
    """What a prompt names as standing still is not what it asks to move."""
    still = (
        "sways in the wind; the foot of the stem never moves",
        "waves in the wind, pole, foot and knob stay perfectly still",
        "nothing but the cloth waves; the feet are planted",
        "the cloak waves while both feet stay where they are",
    )
    for prompt in still:
        assert not prompt_motion.read("idle", prompt).names_bottom, prompt
    assert prompt_motion.read("idle", "tapping its feet, the head stays still").names_bottom
    assert not prompt_motion.read("idle", "tapping its feet, the head stays still").names_top
    assert prompt_motion.read("idle", "nods its head while the feet stay still").names_top
    assert prompt_motion.read("idle", "taps a foot, head and arms keep still").names_bottom


def test_thing_that_bobs_by_a_pixel_does_not_tick() -> None:
    """Up by a px and down again is all that a small thing can do; a breath is more."""
    still = padded(drawn(HERO))
    up = np.roll(still, -1, axis=0)
    frames = np.stack([still, still, up, up, up, up, still, still])
    for prompt in ("floating gently in place", "idle", "bobbing"):
        assert graded(frames, prompt).points >= 85, graded(frames, prompt)
    for prompt in ("idle, breathing calmly", "walking"):
        assert graded(frames, prompt).points <= WORST, prompt
    ticking = np.stack([still, up] * 4)
    assert graded(ticking, "idle").points <= WORST


def test_heart_that_beats_twice_and_rests_is_right() -> None:
    """Between two beats it is as it was: two poses are all there is."""
    still = padded(drawn(HERO))
    large = still.copy()
    large[1:] = np.where(large[1:] == 0, still[:-1], large[1:])
    frames = np.stack([still, large, still, large, still, still, still, still])
    prompt = "a soft double heartbeat: it swells a little, swells once more, then rests"
    assert graded(frames, prompt).points >= 85, graded(frames, prompt)
    assert graded(frames[:1].repeat(8, axis=0), prompt).points <= WORST


def test_feet_may_travel_in_a_lunge_and_not_in_a_breath() -> None:
    """Who strikes goes forward, feet and all."""
    frames = _sliding(_hero())
    assert any("feet slide" in one for one in graded(frames, "idle").faults)
    assert not any("feet" in one for one in graded(frames, "attacks", loop=False).faults)


def test_eyes_that_close_have_not_left_their_place() -> None:
    """A blink beside an outline of the eyes' own colour shows no eye that moved."""
    face = np.zeros((24, 24, 4), dtype=np.uint8)
    face[3:21, 3:21] = (20, 20, 20, 255)
    face[4:20, 4:20] = (90, 190, 40, 255)
    eyes = ((slice(9, 10), slice(5, 6)), (slice(9, 10), slice(18, 19)))
    for eye in eyes:
        face[eye] = (20, 20, 20, 255)
    frames = np.repeat(face[None], 8, axis=0)
    for eye in eyes:
        frames[6][eye] = (90, 190, 40, 255)
    assert not any("eyes" in one for one in graded(frames, "idle").faults)
    for rows, columns in eyes:
        frames[6][slice(rows.start + 2, rows.stop + 2), columns] = (20, 20, 20, 255)
    assert any("the eyes leave their place" in one for one in graded(frames, "idle").faults)


def test_clip_that_ends_acts_unless_it_lives_on_the_spot() -> None:
    """Of an unknown word its end is enough; a breath that is played once stays a breath."""
    unknown = prompt_motion.read("clip", "zorbles once")
    assert not unknown.acts
    assert prompt_motion.ending(unknown).acts
    assert not prompt_motion.ending(prompt_motion.read("clip", "breathing calmly")).acts
