"""A sprite of hundreds of colours comes back in 64: what is recognised takes its own again."""

from __future__ import annotations

import numpy as np
import pytest
from bought_clips import asked, task
from PIL import Image

from pipeline.core.model import Clip
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.run import finish

SIDE_PX = 40


def shaded() -> U8:
    """Draw a ball with two eyes, lit from the upper left: more than 384 colours."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    middle = SIDE_PX / 2 - 0.5
    light = np.clip(1.1 - np.hypot(x - middle * 0.7, y - middle * 0.6) / (SIDE_PX * 0.8), 0, 1)
    rgba = np.zeros((SIDE_PX, SIDE_PX, 4), dtype=np.uint8)
    rgba[..., 0], rgba[..., 1] = 40 + 200 * light, 30 + 120 * light**2 + (x * 3) % 4
    rgba[..., 2] = 90 * (1 - light) + 30
    for eye in (0.7, 1.3):
        rgba[np.hypot(x - middle * eye, y - middle * 0.8) < 2, :3] = (20, 20, 30)
    rgba[..., 3] = np.where(np.hypot(x - middle, y - middle) < SIDE_PX * 0.42, 255, 0)
    return raster.cut(rgba)


def returned(frames: U8, matte: str, *, together: bool) -> U8:
    """Flatten and reduce to 64 colours, each frame by itself or all of them."""
    flat = np.where(frames[..., 3:] > 0, frames[..., :3], color.from_hex(matte)).astype(np.uint8)
    groups = [flat.reshape(-1, *flat.shape[2:])] if together else list(flat)
    small = [
        np.asarray(Image.fromarray(one).quantize(64, Image.Quantize.MEDIANCUT).convert("RGB"))
        for one in groups
    ]
    return np.stack(small).reshape(flat.shape)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("prompt", ["breathing calmly", "floating", "swaying in the breeze"])
def test_shaded_sprite_gets_its_own_colours_back(prompt: str, together: bool) -> None:
    """Frame 0 differed from the source in 83 % of its pixels; so did all others."""
    art = shaded()
    assert len(color.palette(art)) > 384
    pixels = raster.pixels(art)
    plan = asked(pixels, prompt, 8)
    laid = fit.canvas(art, stages.placement(plan))
    truth = animate.animate(laid, prompt, frames=8).frames
    one = task(pixels, plan, returned(truth, plan.matte, together=together), Clip(name="idle"))
    got = np.stack([raster.array(frame) for frame in finish.each_stage(one)[-1].frames])
    assert (got[0] == laid).all()
    assert ((got[..., 3] > 0) == (truth[..., 3] > 0)).all()
    wrong = (got != truth).any(axis=-1).sum() / (truth[..., 3] > 0).sum()
    assert wrong < 0.06
    faults = finish.sheet(one)[1]["idle"].faults
    assert not any("source" in fault or "every frame" in fault for fault in faults), faults


def test_what_is_drawn_anew_keeps_the_nearest_colour() -> None:
    """A patch that the source does not have is recognised nowhere."""
    art = shaded()
    pixels = raster.pixels(art)
    plan = asked(pixels, "breathing calmly", 8)
    laid = fit.canvas(art, stages.placement(plan))
    frames = np.repeat(laid[None], 8, axis=0)
    y, x = (side // 2 for side in laid.shape[:2])
    frames[4, y : y + 6, x : x + 6, :3] = laid[y + 4, x][:3] // 2 + [60, 0, 90]
    one = task(pixels, plan, returned(frames, plan.matte, together=True), Clip(name="idle"))
    got = np.stack([raster.array(frame) for frame in finish.each_stage(one)[-1].frames])
    assert (got[3] == laid).all()
    changed = (got[4] != laid).any(axis=-1)
    assert changed[y + 1 : y + 5, x + 1 : x + 5].all()
    assert changed.sum() <= 60
