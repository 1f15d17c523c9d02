"""A background of the sprite's own colour: its silhouette is known, and decides."""

from __future__ import annotations

import numpy as np
import pytest
from bought_clips import asked, task
from drawn_sprites import HERO, drawn

from pipeline.core.model import Clip
from pipeline.engine.render import animate
from pipeline.imaging import stages
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.run import finish


def _white() -> U8:
    """Return the hero with every pixel of its outline and its largest colour white."""
    art = drawn(HERO)
    art = raster.cut(np.pad(art, [(2, 2), (2, 2), (0, 0)]))
    colors, counts = np.unique(art[art[..., 3] > 0], axis=0, return_counts=True)
    art[(art == colors[counts.argmax()]).all(axis=-1)] = 255
    return art


@pytest.mark.parametrize("prompt", ["breathing calmly", "floating", "swaying in the breeze"])
def test_white_sprite_on_white_keeps_its_silhouette(prompt: str) -> None:
    """Flooded from the border, a fifth of the figure was background, at grade 90."""
    art = _white()
    pixels = raster.pixels(art)
    plan = asked(pixels, prompt, 8)
    laid = fit.canvas(art, stages.placement(plan))
    truth = animate.animate(laid, prompt, frames=8).frames
    white = np.where(truth[..., 3:] > 0, truth[..., :3], 255).astype(np.uint8)
    one = task(pixels, plan, white, Clip(name="idle", prompt=prompt))
    got = np.stack([raster.array(frame) for frame in finish.each_stage(one)[-1].frames])
    assert (got[0] == laid).all()
    wrong = ((got[..., 3] > 0) != (truth[..., 3] > 0)).sum() / (truth[..., 3] > 0).sum()
    assert wrong < 0.05


def test_what_nothing_decides_lowers_the_grade_and_names_a_take() -> None:
    """A pose that the source does not have, white on white: a person has to look."""
    art = _white()
    pixels = raster.pixels(art)
    plan = asked(pixels, "breathing calmly", 8)
    laid = fit.canvas(art, stages.placement(plan))
    frames = np.repeat(np.where(laid[..., 3:] > 0, laid[..., :3], 255)[None], 8, axis=0)
    rng = np.random.default_rng(1)
    colors = color.palette(laid)
    for at in (3, 4):
        some = rng.integers(0, len(colors), laid.shape[:2])
        inside = laid[..., 3] > 0
        frames[at][inside] = colors[some][inside]
    one = task(pixels, plan, frames.astype(np.uint8), Clip(name="idle", prompt=plan.prompt))
    grade = finish.sheet(one)[1]["idle"]
    assert grade.points < 85
    assert any("#ffffff, a colour of the sprite" in remedy.fault for remedy in grade.remedies)
    assert any(remedy.option.startswith("--matte") for remedy in grade.remedies)
