"""The repairs: each mends its defect, and none touches what is sound."""

from __future__ import annotations

import degrade
import numpy as np
import pytest
from degraded_clips import damaged, finished, planned, strip, true_frames

from pipeline.core.model import Clip, Grade
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.frames import prompt_motion
from pipeline.imaging.frames.indexed import Reel, number
from pipeline.imaging.frames.raw import Film
from pipeline.imaging.grading import grade
from pipeline.imaging.keying import cutout, remap, specks
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8, Index
from pipeline.imaging.repair import align, damage, loop, tracks

FLOATING = "floating"
BREATHING = "breathing calmly"


def _hero() -> U8:
    """Draw a 16x20 figure with eyes, arms and two legs on a canvas with room."""
    art = np.zeros((40, 36, 4), dtype=np.uint8)
    art[10:16, 13:23] = (230, 180, 140, 255)
    art[16:24, 11:25] = (60, 90, 170, 255)
    art[17:23, 9:11] = art[17:23, 25:27] = (180, 120, 90, 255)
    art[24:30, 13:16] = art[24:30, 20:23] = (50, 40, 40, 255)
    art[12:14, 15] = art[12:14, 20] = (20, 20, 20, 255)
    art[9, 13:23] = (120, 60, 20, 255)
    return art


def _reel(frames: U8) -> Reel:
    palette = color.palette(frames[0])
    index = np.stack([number(frame, palette) for frame in frames])
    return Reel(index=index, source=index[0], palette=palette, own=len(palette))


def _clip(prompt: str, frames: int = 8) -> Reel:
    return _reel(animate.animate(_hero(), prompt, frames=frames).frames)


def _graded(reel: Reel, prompt: str) -> Grade:
    blank = np.zeros((reel.count, 3), dtype=np.uint8)
    cut = cutout.Cutout(reel.solid, reel.index, blank, is_exact=True)
    return grade.grade(stages.Step("x", reel, cut, prompt_motion.read("clip", prompt)), loop=True)


def _moved(reel: Reel, by: list[tuple[int, int]]) -> Reel:
    frames = [align.move(f, x, y) for f, (x, y) in zip(reel.index, by, strict=True)]
    return reel.with_index(np.stack(frames))


@pytest.mark.parametrize(
    "by",
    [
        [(0, 0)] * 4 + [(3, -2)] + [(0, 0)] * 3,
        [(0, 0), (0, 0), (-2, 0), (0, 0), (0, 0), (0, 3), (0, 0), (0, 0)],
        [(round(3 * at / 7), 0) for at in range(8)],
        [(0, round(-2 * at / 7)) for at in range(8)],
    ],
)
@pytest.mark.parametrize("prompt", [BREATHING, FLOATING, "rippling under water"])
def test_stray_frames_are_put_back_exactly(by: list[tuple[int, int]], prompt: str) -> None:
    """A service shifts single frames or lets the figure drift, also one that never stands still."""
    sound = _clip(prompt)
    mended, found = align.align(_moved(sound, by), prompt_motion.read("clip", prompt))
    assert found.tolist() == [list(at) for at in by]
    assert (mended.index == sound.index).all()


def test_a_whole_clip_that_is_shifted_is_measured_on_frame_0() -> None:
    """Frame 0 shows the source, so it says where everything should be."""
    assert tracks.first(_moved(_clip(BREATHING), [(2, -3)] * 8)) == (2, -3)
    assert tracks.first(_clip(BREATHING)) == (0, 0)


@pytest.mark.parametrize("prompt", ["floating", "hopping", "walking", "swaying", "tilting"])
def test_motion_is_not_taken_for_a_defect(prompt: str) -> None:
    """A figure that floats is not a figure that strays."""
    sound = _clip(prompt)
    _, found = align.align(sound, prompt_motion.read("clip", prompt))
    assert not found.any()


@pytest.mark.parametrize(("prompt", "right_px"), [("hopping", 2), ("shaking", 0)])
def test_an_abrupt_motion_is_believed(prompt: str, right_px: int) -> None:
    """A hop leaves the ground by itself, but never sideways; a shake has no right place at all."""
    stray = _moved(_clip(prompt), [(2 * (at == 3), 0) for at in range(8)])
    _, found = align.align(stray, prompt_motion.read("clip", prompt))
    assert found.tolist() == [[right_px * (at == 3), 0] for at in range(8)]


def test_a_repeated_last_frame_is_left_out() -> None:
    """The loop would stutter for an eighth of its time."""
    frames = animate.animate(_hero(), "swaying in the wind", frames=8).frames
    distinct = _reel(np.concatenate([frames[:3], frames[5:7], frames[:1]]))
    mended = loop.mend(distinct, prompt_motion.Motion())
    assert mended.reel.count == 5
    assert "repeated frame 0" in mended.note


def test_held_poses_are_no_stutter() -> None:
    """A 1-px idle rests on its first pose; that is how it is drawn."""
    sound = _clip("bobbing")
    assert loop.mend(sound, prompt_motion.Motion(is_reversible=True)).reel is sound


def test_a_loop_that_cannot_close_plays_to_and_fro_where_that_looks_right() -> None:
    """Ping-pong is right for a breath and wrong for a walk."""
    sound = _clip("swaying in the wind", 16)
    grown = np.stack([align.move(f, at // 2, 0) for at, f in enumerate(sound.index[:8])])
    broken = sound.with_index(grown)
    assert loop.mend(broken, prompt_motion.Motion(is_reversible=True)).to_and_fro
    assert not loop.mend(broken, prompt_motion.Motion()).to_and_fro


@pytest.mark.parametrize(
    ("kind", "alpha", "colors"),
    [
        ("blur", 0.0, 0.0),
        ("smear", 0.0, 0.002),
        ("cast", 0.002, 0.01),
        ("chroma", 0.002, 0.01),
        ("fringe", 0.001, 0.01),
        ("islands", 0.001, 0.002),
        ("spill", 0.0, 0.005),
    ],
)
def test_damaged_frames_come_back_nearly_true(kind: str, alpha: float, colors: float) -> None:
    """What a model does to pixels must not reach the game."""
    pixels = raster.pixels(_hero())
    plan = planned(pixels, BREATHING)
    truth = true_frames(pixels, plan)
    matte = bytes.fromhex(plan.matte[1:])
    rng = np.random.default_rng(1)
    sent = degrade.DAMAGES[kind](truth, (matte[0], matte[1], matte[2]), rng)
    got, _ = finished(pixels, plan, strip(sent.frames), stages.STAGES)
    solid, known = got[..., 3] > 0, truth[..., 3] > 0
    wrong = (got != truth).any(axis=-1) & solid & known
    assert (solid != known).sum() <= alpha * known.sum()
    assert wrong.sum() <= colors * known.sum()
    assert color.is_member(got[solid][:, :3], color.palette(truth[0])).all()


def test_a_colour_that_the_rule_allows_survives_the_calibration() -> None:
    """A muzzle flash is no damage: frame 0 does not show it, and it must not be read away."""
    art = _hero()
    truth = np.repeat(art[None], 8, axis=0)
    truth[3:6, 14:17, 26:31] = (255, 250, 90, 255)
    pixels = raster.pixels(art)
    plan = planned(pixels, BREATHING)
    laid = np.zeros((8, plan.canvas[1], plan.canvas[0], 4), dtype=np.uint8)
    left, top = plan.pad[:2]
    laid[:, top : top + art.shape[0], left : left + art.shape[1]] = truth
    matte = bytes.fromhex(plan.matte[1:])
    sent = degrade.blur(laid, (matte[0], matte[1], matte[2]), np.random.default_rng(1))
    own = len(color.palette(art))
    clip = Clip(name="clip", prompt=plan.prompt, colors=own + 2)
    steps = stages.develop(strip(sent.frames), pixels, plan, clip, name="x.png")
    *_, last = steps
    flash = last.reel.rgba()[4, top + 15, left + 28]
    assert np.abs(flash[:3].astype(int) - (255, 250, 90)).max() < 40


def test_the_fringe_is_unmixed_onto_the_palette_only() -> None:
    """An edge half matte must not become a new purple; one mostly matte must go."""
    palette = np.array([[200, 50, 40], [30, 30, 60]], dtype=np.uint8)
    matte = np.array([255, 0, 255], dtype=np.uint8)
    mixed = np.array([[217, 35, 105], [247, 7, 222]], dtype=np.uint8)
    share, entry, _ = cutout.unmix(mixed, palette, matte)
    assert entry.tolist() == [0, 0]
    assert share[0] < cutout.CLEAR_SHARE <= share[1]


def test_new_colours_need_a_policy_that_allows_them() -> None:
    """A muzzle flash may bring its yellow when the rule says so, else it takes what is there."""
    frames = np.zeros((4, 8, 8, 3), dtype=np.uint8)
    frames[:, 2:6, 2:6] = (200, 50, 40)
    frames[1:3, 3:5, 3:5] = (255, 255, 0)
    source: Index = np.full((8, 8), -1, dtype=np.int32)
    source[2:6, 2:6] = 0
    palette = np.array([[200, 50, 40]], dtype=np.uint8)
    solid = np.broadcast_to(source >= 0, (4, 8, 8))
    settled = np.full((4, 8, 8), -1, dtype=np.int32)
    cut = cutout.Cutout(solid, settled, np.zeros((4, 3), dtype=np.uint8))
    strict = remap.remap(Film(frames), cut, source, palette)
    assert set(np.unique(strict.index)) == {-1, 0}
    extended = remap.remap(Film(frames), cut, source, palette, policy=2)
    assert [255, 255, 0] in extended.palette.tolist()
    assert (extended.rgba()[1, 3, 3] == (255, 255, 0, 255)).all()


@pytest.mark.parametrize("prompt", [BREATHING, FLOATING, "walking", "swaying", "squash", "glint"])
def test_sound_clips_grade_well(prompt: str) -> None:
    """A grader that cries wolf is switched off."""
    assert _graded(_clip(prompt), prompt).points >= 85


def _erased(reel: Reel) -> Reel:
    index = reel.index.copy()
    index[3, 8:16] = -1
    return reel.with_index(index)


def _recoloured(reel: Reel) -> Reel:
    index = reel.index.copy()
    body = int(np.bincount(reel.source[reel.source >= 0]).argmax())
    index[5][index[5] == body] = (body + 1) % len(reel.palette)
    return reel.with_index(index)


def _drifted(reel: Reel) -> Reel:
    return _moved(reel, [(round(4 * at / 7), 0) for at in range(8)])


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (_erased, ("frame 3", "lost", "at the top")),
        (_recoloured, ("frame 5", "px of #")),
        (_drifted, ("frame 7",)),
    ],
)
def test_planted_faults_cost_points_and_are_named(plant: object, words: tuple[str, ...]) -> None:
    """The artist needs the frame, the place and the colour, not a number."""
    assert callable(plant)
    found = _graded(plant(_clip(BREATHING)), BREATHING)
    assert found.points < 85
    assert any(all(word in sentence for word in words) for sentence in found.faults)


def test_a_still_clip_is_not_called_an_animation() -> None:
    """Eight equal frames for 20 credits must not pass as fine."""
    sound = _clip(BREATHING)
    still = sound.with_index(np.repeat(sound.index[:1], 8, axis=0))
    assert _graded(still, BREATHING).points < 85
    assert "nothing moves" in _graded(still, BREATHING).faults[0]


def test_pairs_of_rows_that_share_their_colour_are_seen_alike() -> None:
    """4:2:0 keeps one colour for two rows: taps look the other way on odd ones."""
    taps = np.zeros((len(damage.TAPS), 3), dtype=np.float32)
    taps[(damage.TAPS == (0, 0)).all(axis=1)] = taps[(damage.TAPS == (1, 0)).all(axis=1)] = 0.5
    shades = np.arange(4, dtype=np.float32)[:, None].repeat(3, axis=1)
    numbers = np.arange(4, dtype=np.uint16)[:, None].repeat(3, axis=1)
    shown = damage.Damage(shades, taps, np.ones(3)).shown(numbers)
    assert shown[0, :, 0].tolist() == [0.5, 0.5, 2.5, 2.5]


@pytest.mark.parametrize(("prompt", "kept"), [("dissolving into dust", 1), (BREATHING, 0)])
def test_dust_is_dropped_unless_the_motion_makes_it(prompt: str, kept: int) -> None:
    """A lone pixel far from the figure is a defect, and the last that is seen of a ghost."""
    pixels = raster.pixels(_hero())
    plan = planned(pixels, prompt)
    frames = np.repeat(true_frames(pixels, plan)[:1], plan.frames, axis=0)
    frames[3, 2, 2] = frames[0][frames[0, ..., 3] > 0][0]
    sent = damaged("hero", "blur", frames, plan)
    result, _ = finished(pixels, plan, strip(sent.frames), stages.STAGES)
    assert (result[:, 2, 2, 3] > 0).sum() == kept


@pytest.mark.parametrize(("own", "filled"), [(True, False), (False, True)])
def test_a_hole_is_filled_unless_the_source_has_its_like(*, own: bool, filled: bool) -> None:
    """A gap of one px between arm and body moves along with them."""
    source = np.full((12, 12), -1, dtype=np.int32)
    source[2:10, 2:10] = 0
    solid = np.repeat((source >= 0)[None], 3, axis=0)
    if own:
        source[5, 5], solid[0, 5, 5] = -1, False
    solid[1, 6, 5] = False
    assert specks.cleared(solid, source)[1, 6, 5] == filled
