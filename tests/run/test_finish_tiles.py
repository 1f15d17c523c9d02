"""A picture that is opaque all over stays so, keeps its size, and tells what was filled."""

from __future__ import annotations

import degrade
import msgspec
import numpy as np
import pytest
from bought_clips import asked, task

from pipeline.core.model import Clip, Grade, Pixels, Resolved, Sheet
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.run import finish

#: Width and height: square, lying, wider than the service takes, smaller than it takes.
SIZES = ((32, 32), (40, 24), (48, 16), (8, 8))
PROMPTS = ("water rippling", "shaking", "hopping", "lava flowing", "breathing calmly")


def tile(width: int, height: int) -> U8:
    """Draw a tile of bricks in four colours, the joints touching all edges."""
    y, x = np.mgrid[:height, :width]
    shade = np.where((y % 5 == 0) | ((x + 4 * (y // 5 % 2)) % 8 == 0), 0, 1 + (x // 8 + y // 5) % 3)
    colors = np.array([[60, 50, 48], [170, 80, 60], [190, 96, 70], [150, 70, 56]], dtype=np.uint8)
    return np.concatenate([colors[shade], np.full((height, width, 1), 255, np.uint8)], axis=-1)


def _frames(art: U8, plan: Resolved, prompt: str) -> U8:
    laid = fit.canvas(art, stages.placement(plan))
    return animate.animate(laid, prompt, frames=plan.frames).frames


def _finished(pixels: Pixels, plan: Resolved, frames: U8) -> tuple[Sheet, Grade]:
    clip = Clip(name="idle", prompt=plan.prompt, stages={"holds": False})
    drawn, grades, _ = finish.sheet(task(pixels, plan, frames, clip))
    return drawn, grades["idle"]


def _sent(frames: U8, plan: Resolved, damage: str) -> U8:
    matte = color.from_hex(plan.matte)
    painted = (int(matte[0]), int(matte[1]), int(matte[2]))
    return degrade.DAMAGES[damage](frames, painted, np.random.default_rng(3)).frames


@pytest.mark.parametrize("damage", ["clean", "blur", "chroma", "service"])
@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("size", SIZES)
def test_tile_stays_opaque_and_as_large_as_it_is(
    size: tuple[int, int], prompt: str, damage: str
) -> None:
    """Grass with holes, 34 px wide, fits no map; the grade called that 100."""
    art = tile(*size)
    pixels = raster.pixels(art)
    plan = asked(pixels, prompt, 8)
    drawn, _ = _finished(pixels, plan, _sent(_frames(art, plan, prompt), plan, damage))
    assert drawn.cell == size
    for frame in drawn.frames:
        assert (raster.array(frame.pixels)[..., 3] == 255).all()
    if damage == "clean":
        assert drawn.frames[0].pixels == pixels


def test_tile_gets_no_room_unless_a_rule_says_so() -> None:
    """Matte around it would be drawn into its edges, and keyed out of them again."""
    square = raster.pixels(tile(32, 32))
    assert asked(square, "hopping", 8).canvas == (32, 32)
    sprite = raster.pixels(np.pad(tile(32, 32), [(1, 1), (1, 1), (0, 0)]))
    assert asked(sprite, "hopping", 8).canvas > (34, 34)


def test_what_a_motion_left_empty_is_filled_and_told() -> None:
    """The picture is whole again, and it is not what was asked for."""
    art = tile(32, 32)
    pixels = raster.pixels(art)
    plan = asked(pixels, "breathing calmly", 8)
    frames = np.repeat(art[None], 8, axis=0)
    for at in range(1, 8):
        frames[at, :8] = 0
    drawn, grade = _finished(pixels, plan, _sent(frames, plan, "clean"))
    assert all(frame.pixels == pixels for frame in drawn.frames)
    assert grade.points < 85
    assert any("22% of the picture was left empty" in fault for fault in grade.faults)


def test_tile_that_has_the_colour_of_the_matte_keeps_it() -> None:
    """A rule may ask for a matte that is a colour of the tile: then nothing can be told by it."""
    art = tile(32, 32)
    art[8:16, 8:16] = (255, 0, 255, 255)
    pixels = raster.pixels(art)
    plan = msgspec.structs.replace(asked(pixels, "breathing calmly", 8), matte="#ff00ff")
    frames = np.repeat(art[None], 8, axis=0)
    drawn, _ = _finished(pixels, plan, frames[..., :3])
    assert all(frame.pixels == pixels for frame in drawn.frames)


def test_tile_sent_with_room_before_is_cut_back() -> None:
    """What was bought with margins around it is finished again for nothing."""
    art = tile(32, 32)
    pixels = raster.pixels(art)
    plan = msgspec.structs.replace(asked(pixels, "hopping", 8), canvas=(40, 44), pad=(4, 10, 4, 2))
    frames = _frames(art, plan, "hopping")
    for damage in ("clean", "blur"):
        drawn, _ = _finished(pixels, plan, _sent(frames, plan, damage))
        assert drawn.cell == (32, 32)
        for frame in drawn.frames:
            assert (raster.array(frame.pixels)[..., 3] == 255).all()
