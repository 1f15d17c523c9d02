"""Sprites of a pixel, a line or one colour, in whatever a service made of them, end in no bug."""

from __future__ import annotations

from typing import Any

import degrade
import msgspec
import numpy as np
import pytest
from bought_clips import asked, task
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.errors import AssetError, SourceError
from pipeline.core.model import Clip, Pixels, Resolved
from pipeline.imaging import stages
from pipeline.imaging.picture import color, raster
from pipeline.imaging.picture.raster import U8
from pipeline.imaging.upload import fit
from pipeline.run import finish

SOURCES = ("1 px", "2 px", "one colour", "noise", "half", "few", "column", "row")
#: What a service may send besides damaged frames: nothing, noise, white, the art's colour alone.
SENT = (*degrade.DAMAGES, "empty", "noise", "white", "all art", "empty later")
PROMPTS = ("breathing", "walking", "dissolving", "shaking", "hopping", "attack", "scrolling", "x")


def source(kind: str, width: int, height: int, rng: np.random.Generator) -> U8:
    """Draw a degenerate sprite (height, width, 4) with at least one opaque pixel."""
    width, height = 1 if kind == "column" else width, 1 if kind == "row" else height
    art = np.zeros((height, width, 4), dtype=np.uint8)
    art[..., :3] = rng.integers(0, 256, (height, width, 3) if kind == "noise" else 3)
    share = {"1 px": 0.0, "2 px": 0.0, "half": 0.5, "few": 0.2}.get(kind, 1.1)
    art[..., 3] = np.where(rng.random((height, width)) < share, 255, 0)
    for _ in range(2 if kind == "2 px" else 1):
        art[rng.integers(height), rng.integers(width), 3] = 255
    return art


def sent(kind: str, art: U8, plan: Resolved, rng: np.random.Generator) -> U8:
    """Return opaque frames (frames, height, width, 3) as a service may send them."""
    laid = fit.canvas(raster.cut(art), stages.placement(plan))
    steps = [(0, 0), *(tuple(rng.integers(-2, 3, 2)) for _ in range(plan.frames - 1))]
    frames = np.stack([np.roll(laid, by, (0, 1)) for by in steps])
    matte = color.from_hex(plan.matte)
    if kind in degrade.DAMAGES:
        painted = (int(matte[0]), int(matte[1]), int(matte[2]))
        return degrade.DAMAGES[kind](frames, painted, rng).frames
    blank: U8 = np.zeros((*frames.shape[:3], 3), dtype=np.uint8)
    if kind == "empty later":
        frames[1:] = 0
        return degrade.flatten(frames, (int(matte[0]), int(matte[1]), int(matte[2])))
    if kind == "noise":
        noise: U8 = rng.integers(0, 256, blank.shape, dtype=np.uint8)
        return noise
    fills: dict[str, Any] = {
        "empty": matte,
        "white": (255,) * 3,
        "all art": art[art[..., 3] > 0][0, :3],
    }
    blank[...] = fills[kind]
    return blank


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(SOURCES),
    size=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    damage=st.sampled_from(SENT),
    prompt=st.sampled_from(PROMPTS),
    frames=st.sampled_from([4, 8, 16]),
    off=st.sets(st.sampled_from(finish.STAGES)),
    loop=st.sampled_from([None, False]),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_sprite_of_almost_nothing_is_finished(
    kind: str,
    size: tuple[int, int],
    damage: str,
    prompt: str,
    frames: int,
    off: set[str],
    loop: bool | None,
    seed: int,
) -> None:
    """One of two pixels ended every build after it was paid for: repairs met empty arrays."""
    rng = np.random.default_rng(seed)
    art = source(kind, *size, rng)
    pixels = raster.pixels(art)
    try:
        plan = asked(pixels, prompt, frames)
    except SourceError:
        return
    clip = Clip(name="idle", prompt=prompt, loop=loop, stages=dict.fromkeys(off, False))
    drawn, grades, _ = finish.sheet(task(pixels, plan, sent(damage, art, plan, rng), clip))
    assert len(drawn.frames) >= 1
    assert 0 <= grades["idle"].points <= 100


@pytest.mark.parametrize("changed", [{"canvas": (0, 0)}, {"scale": 0}, {"scale": 10**9},
                                     {"pad": (-1000, 0, 0, 0)}, {"matte": "#0"}])  # fmt: skip
def test_a_record_of_another_picture_is_told(changed: dict[str, object]) -> None:
    """What a checkout holds may be anything; its numbers are never believed as sizes."""
    rng = np.random.default_rng(1)
    art = source("few", 9, 9, rng)
    plan = asked(raster.pixels(art), "breathing", 4)
    made = task(raster.pixels(art), plan, sent("clean", art, plan, rng), Clip(name="idle"))
    wrong = msgspec.structs.replace(plan, **changed)
    spoilt = msgspec.structs.replace(made.bought[0], resolved=wrong)
    with pytest.raises(AssetError, match="does not fit its source"):
        finish.sheet(msgspec.structs.replace(made, bought=(spoilt,)))


def test_a_source_without_any_opaque_pixel_is_told() -> None:
    """It cannot be bought; a record of it is a mistake that must not end the run."""
    pixels = Pixels(width=4, height=4, rgba=bytes(64))
    rng = np.random.default_rng(1)
    art = source("few", 4, 4, rng)
    plan = asked(raster.pixels(art), "breathing", 4)
    frames = sent("clean", art, plan, rng)
    with pytest.raises(AssetError, match="no opaque pixel"):
        finish.sheet(task(pixels, plan, frames, Clip(name="idle")))
