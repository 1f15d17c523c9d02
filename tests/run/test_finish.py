"""Bought bytes to files: what comes out is the truth wherever the input allows it."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from places import SPRITES

from pipeline import imaging
from pipeline.config.clip_fields import STAGES
from pipeline.core import keys
from pipeline.core.errors import AssetError
from pipeline.core.model import (
    Clip,
    Direction,
    Flip,
    Pixels,
    Request,
    Resolved,
    Rule,
    Sheet,
    TargetChoice,
)
from pipeline.engine.render import animate
from pipeline.imaging.picture import color, png, raster
from pipeline.imaging.picture.raster import U8
from pipeline.purchase import resolve
from pipeline.run import finish

PROMPTS = (
    "breathing calmly", "floating", "hopping", "squash and stretch", "swaying in the wind",
    "flag waving", "rippling water", "flickering flame", "coin spinning", "walking", "shaking",
)  # fmt: skip


def hero() -> Pixels:
    """Draw a small figure with eyes, two legs, a hole between them and a soft shadow pixel."""
    rgba = np.zeros((20, 14, 4), dtype=np.uint8)
    rgba[2:8, 4:10] = (230, 180, 140, 255)
    rgba[8:14, 3:11] = (60, 90, 170, 255)
    rgba[14:19, 4:6] = rgba[14:19, 8:10] = (50, 40, 40, 255)
    rgba[4:6, 5] = rgba[4:6, 8] = (20, 20, 20, 255)
    rgba[19, 3:11] = (0, 0, 0, 90)
    rgba[8, 3] = (60, 90, 170, 200)
    return raster.pixels(rgba)


def resolved(pixels: Pixels, prompt: str = "breathing", **fields: object) -> Resolved:
    """Resolve a request of the picture under a key of its own."""
    stated: dict[str, object] = {"clip": "idle", "rule": "r", "prompt": prompt, **fields}
    request = Request(source="hero.png", pixel_digest="0" * 64, **stated)  # type: ignore[arg-type]  # a table of fields
    return resolve.request(request, pixels, request_key="f00d", open_key=None)


def truth(pixels: Pixels, plan: Resolved) -> U8:
    """Return the built-in engine's frames on the canvas, (frames, height, width, 4)."""
    sent = raster.array(imaging.decode(resolve.upload(pixels, plan), "upload"))
    return animate.animate(sent, plan.prompt, frames=plan.frames).frames


def strip(frames: U8, matte: str) -> bytes:
    """Flatten frames on the matte and lay them side by side, as the service does."""
    count, height, width = frames.shape[:3]
    flat = np.where(frames[..., 3:] > 0, frames[..., :3], color.from_hex(matte))
    row = flat.swapaxes(0, 1).reshape(height, count * width, 3).astype(np.uint8)
    opaque = np.full((height, count * width, 1), 255, dtype=np.uint8)
    return png.write(count * width, height, np.concatenate([row, opaque], axis=-1).tobytes())


def task(
    pixels: Pixels,
    plan: Resolved,
    content: bytes,
    *,
    clips: tuple[Clip, ...] = (),
    service: str = "built-in",
    **fields: object,
) -> finish.Task:
    """Make the task of one bought clip, `idle`, and the clips derived from it."""
    bought = finish.BoughtClip(
        clip="idle",
        take=0,
        content=content,
        resolved=plan,
        digest=keys.digest(content),
        service=service,
        model="m",
    )
    rule = Rule(name="r", match=("*",), clips=clips or (Clip(name="idle", prompt=plan.prompt),))
    stated: dict[str, object] = {"rule": rule, "targets": (), **fields}
    return finish.Task(stem="hero", pixels=pixels, bought=(bought,), **stated)  # type: ignore[arg-type]  # a table of fields


def developed(one: finish.Task) -> U8:
    """Return the frames after the last stage, on the canvas."""
    return np.stack([raster.array(frame) for frame in finish.each_stage(one)[-1].frames])


@pytest.mark.parametrize("prompt", PROMPTS)
def test_clean_input_comes_out_bit_for_bit(prompt: str) -> None:
    """No repair may touch what is not broken: the truth is what went in."""
    pixels = hero()
    plan = resolved(pixels, prompt)
    frames = truth(pixels, plan)
    assert (developed(task(pixels, plan, strip(frames, plan.matte))) == frames).all()


@pytest.mark.skipif(not SPRITES.is_dir(), reason="needs the shared sprites")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_clean_strips_of_real_art_come_out_bit_for_bit(prompt: str) -> None:
    """Forty-one sprites hold shapes that nobody thinks of: single pixels, holes, thin lines."""
    for path in sorted(SPRITES.rglob("*.png")):
        pixels = imaging.decode(path.read_bytes(), path.name)
        if pixels.width > 64:
            continue
        plan = resolved(pixels, prompt)
        frames = truth(pixels, plan)
        got = developed(task(pixels, plan, strip(frames, plan.matte)))
        assert (got == frames).all(), path.name


def _edited(change: Callable[[bytes], bytes]) -> finish.Task:
    pixels = hero()
    plan = resolved(pixels)
    return task(pixels, plan, change(strip(truth(pixels, plan), plan.matte)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda content: content[: len(content) // 2], "cut off"),
        (lambda content: b"", "empty"),
        (lambda content: b"<html>expired</html>", "not a PNG"),
        (lambda content: png.write(30, 30, b"\1" * 3600), "sent 30x30 px, but 8 frames"),
    ],
)
def test_a_strip_that_lies_is_refused_in_a_sentence(
    change: Callable[[bytes], bytes], words: str
) -> None:
    """One broken purchase must not be published, nor end the build."""
    with pytest.raises(AssetError, match=words) as caught:
        finish.make(_edited(change))
    assert "hero.png, clip 'idle'" in str(caught.value)
    assert "reroll" in str(caught.value)


def test_the_first_frame_is_the_source_in_its_own_place() -> None:
    """Engines place a sprite by its pivot: the still and the clip must not jump."""
    pixels = hero()
    plan = resolved(pixels)
    one = task(pixels, plan, strip(truth(pixels, plan), plan.matte))
    sheet = finish.sheet(one)[0]
    cut = raster.cut(raster.array(pixels))
    first = raster.array(sheet.frames[0].pixels)
    x, y = sheet.pivot[0] - 7, sheet.pivot[1] - 19
    assert (first[y : y + 20, x : x + 14] == cut).all()
    assert int((first[..., 3] > 0).sum()) == int((cut[..., 3] > 0).sum())


def test_soft_alpha_comes_back_where_nothing_moved() -> None:
    """`alpha: keep` is for shadows and glows, which the service never saw."""
    pixels = hero()
    plan = resolved(pixels)
    content = strip(truth(pixels, plan), plan.matte)
    kept = finish.sheet(task(pixels, plan, content, clips=(Clip(name="idle", alpha="keep"),)))[0]
    x, y = kept.pivot[0] - 7, kept.pivot[1] - 19
    first = raster.array(kept.frames[0].pixels)[y : y + 20, x : x + 14]
    assert (first == raster.array(pixels)).all()


def test_the_table_of_stages_is_what_runs() -> None:
    """A stage that a rule cannot name cannot be switched off."""
    assert tuple(STAGES) == finish.STAGES


def test_rule_switches_stages_off() -> None:
    """What a repair gets wrong for one clip must not need another release."""
    pixels = hero()
    plan = resolved(pixels)
    frames = truth(pixels, plan)

    def names(**stages: bool) -> list[str]:
        clip = Clip(name="idle", prompt=plan.prompt, stages=stages)
        bought = task(pixels, plan, strip(frames, plan.matte), clips=(clip,), service="paid")
        return [stage.name for stage in finish.each_stage(bought)]

    assert names() == ["key", "palette", "align", "lock_first", "loop"]
    assert names(align=False, loop=False) == ["key", "palette", "lock_first"]


def test_clip_that_the_rule_plays_to_and_fro_need_not_close() -> None:
    """Its way back is the way it came, whatever the last frame shows."""
    pixels = hero()
    plan = resolved(pixels, "swinging", fit=8, frames=8)
    content = strip(truth(pixels, msgspec.structs.replace(plan, frames=16))[:8], plan.matte)

    def points(direction: Direction) -> int:
        clip = Clip(name="idle", prompt=plan.prompt, direction=direction, stages={"loop": False})
        bought = task(pixels, plan, content, clips=(clip,), service="paid")
        return finish.sheet(bought)[1]["idle"].points

    assert points(Direction.FORWARD) < 85 <= points(Direction.PINGPONG)


def test_holds_stay_single_frames_when_the_rule_says_so() -> None:
    """Some engines play every frame for the same time."""
    pixels = hero()
    plan = resolved(pixels)
    content = strip(truth(pixels, plan), plan.matte)
    clip = Clip(name="idle", prompt=plan.prompt, stages={"holds": False})
    assert len(finish.sheet(task(pixels, plan, content, clips=(clip,)))[0].frames) == 8


def test_cell_stays_as_large_as_the_source_when_the_rule_says_so() -> None:
    """A tile that grows by two px fits no grid; by default a hop is not cut off."""
    pixels = hero()
    plan = resolved(pixels, "hopping")
    content = strip(truth(pixels, plan), plan.matte)

    def sheet(*clips: Clip) -> Sheet:
        return finish.sheet(task(pixels, plan, content, clips=clips))[0]

    idle = Clip(name="idle", prompt=plan.prompt)
    free, cut = sheet(idle), sheet(msgspec.structs.replace(idle, crop="original"))
    assert free.cell[1] > 20
    assert (cut.cell, cut.pivot) == ((14, 20), (7, 19))
    top = free.pivot[1] - cut.pivot[1]
    left = free.pivot[0] - cut.pivot[0]
    for a, b in zip(free.frames, cut.frames, strict=True):
        whole = raster.array(a.pixels)[top : top + 20, left : left + 14]
        assert (whole == raster.array(b.pixels)).all()


def _derive(*clips: Clip) -> tuple[U8, dict[str, tuple[U8, tuple[int, ...], bool]]]:
    pixels = hero()
    plan = resolved(pixels, "walking")
    content = strip(truth(pixels, plan), plan.matte)
    one = task(pixels, plan, content, clips=(Clip(name="idle"), *clips), stages=())
    sheet = finish.sheet(one)[0]
    pictures = np.stack([raster.array(frame.pixels) for frame in sheet.frames])
    times = tuple(frame.duration_ms for frame in sheet.frames)
    return pictures, {
        clip.name: (
            pictures[clip.first : clip.first + clip.count],
            times[clip.first : clip.first + clip.count],
            clip.loop,
        )
        for clip in sheet.clips
    }


def test_derived_clips_mirror_reverse_and_retime_for_nothing() -> None:
    """A walk to the left is the walk to the right: no second purchase."""
    _, clips = _derive(
        Clip(name="left", derived_from="idle", flip=Flip.X),
        Clip(name="back", derived_from="left", is_reversed=True, fps=4, loop=False),
        Clip(name="hold", derived_from="idle", hold={0: 500}, direction=Direction.PINGPONG),
    )
    right, times, _ = clips["idle"]
    assert (clips["left"][0] == right[:, :, ::-1]).all()
    assert (clips["back"][0] == right[::-1, :, ::-1]).all()
    assert set(times) == {125}
    assert set(clips["back"][1]) == {250}
    assert not clips["back"][2]
    assert clips["hold"][1] == (500, *times[1:])


def test_held_poses_become_one_frame_that_shows_for_longer() -> None:
    """A 1-px idle holds most of its poses: fewer frames, the same time."""
    pixels = hero()
    plan = resolved(pixels)
    content = strip(truth(pixels, plan), plan.matte)
    merged = finish.sheet(task(pixels, plan, content))[0]
    assert len(merged.frames) < 8
    assert sum(frame.duration_ms for frame in merged.frames) == 8 * 125
    assert min(frame.duration_ms for frame in merged.frames) == 125
    assert merged.clips[0].count == len(merged.frames) == merged.provenance[0].frames[1]


def test_a_clip_that_is_not_there_is_noted_and_the_rest_is_made() -> None:
    """One failed purchase does not take the other clips of the sprite with it."""
    pixels = hero()
    plan = resolved(pixels)
    content = strip(truth(pixels, plan), plan.matte)
    clips = (Clip(name="idle"), Clip(name="run"), Clip(name="left", derived_from="run"))
    done = finish.make(task(pixels, plan, content, clips=clips))
    assert set(done.grades) == {"idle"}
    assert any("'run' is not there yet" in note for note in done.notes)


def test_the_same_task_gives_the_same_bytes_in_another_process() -> None:
    """Tasks travel to a pool, and equal bytes are what keeps files untouched."""
    pixels = hero()
    plan = resolved(pixels)
    choices = (TargetChoice(name="aseprite"),)
    one = task(pixels, plan, strip(truth(pixels, plan), plan.matte), targets=choices)
    travelled = pickle.loads(pickle.dumps(one))
    assert finish.make(travelled) == finish.make(one)
    assert pickle.loads(pickle.dumps(finish.make(one))) == finish.make(one)
    assert [file.path for file in finish.make(one).files] == ["hero.anim.png", "hero.anim.json"]


def test_scaled_up_art_comes_back_at_its_own_size() -> None:
    """The cell must fit the still that the game already places."""
    small = raster.array(hero())
    large = raster.pixels(raster.enlarge(small, 16))
    plan = resolved(large)
    assert plan.scale == 16
    frames = truth(large, plan)
    sheet = finish.sheet(task(large, plan, strip(frames, plan.matte)))[0]
    assert sheet.cell[0] >= 14 * 16
    assert raster.upscale_factor(raster.array(sheet.frames[2].pixels)) % 2 == 0
