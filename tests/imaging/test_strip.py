"""A strip that comes back larger than the canvas is reduced without letting neighbours in."""

from __future__ import annotations

import numpy as np
import pytest
from degraded_clips import strip as laid
from drawn_sprites import HERO, drawn
from PIL import Image, ImageFilter

from pipeline.imaging.frames import strip
from pipeline.imaging.picture.raster import U8

CANVAS = (14, 18)


def picture() -> U8:
    """Return one frame of fourteen by eighteen px on a matte, (height, width, 3)."""
    rgba = drawn(HERO)
    frame: U8 = np.where(rgba[..., 3:] > 0, rgba[..., :3], (255, 0, 255)).astype(np.uint8)
    return frame


def read(large: U8) -> U8:
    """Return what the strip of one large frame is taken for."""
    frame: U8 = strip.frames(laid(large[None]), count=1, canvas=CANVAS, name="x")[0]
    return frame


def enlarged(factor: int) -> U8:
    """Return the frame with every pixel as a block."""
    return picture().repeat(factor, axis=0).repeat(factor, axis=1)


def wrong(got: U8) -> float:
    """Return the share of pixels that are far from their colour."""
    return float((np.abs(got.astype(int) - picture()).sum(axis=-1) > 48).mean())


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 8])
def test_clean_blocks_give_the_picture_back(factor: int) -> None:
    """No colour may change where nothing is damaged."""
    assert (read(enlarged(factor)) == picture()).all()


@pytest.mark.parametrize("factor", [2, 4, 5, 8])
def test_noise_is_outvoted(factor: int) -> None:
    """A single pixel tells little: with this noise, one in eight is far from its colour."""
    rng = np.random.default_rng(3)
    clean = enlarged(factor)
    noisy = (clean + rng.normal(0, 15, clean.shape)).clip(0, 255).round().astype(np.uint8)
    middle = noisy[factor // 2 :: factor, factor // 2 :: factor]
    assert wrong(middle) > 0.05
    assert wrong(read(noisy)) < 0.01


def test_blur_lets_few_neighbours_in() -> None:
    """The middle of a block is the last place that a blur reaches."""
    blurred = np.asarray(Image.fromarray(enlarged(8)).filter(ImageFilter.GaussianBlur(2.2)))
    assert wrong(read(blurred)) <= wrong(blurred[4::8, 4::8]) < 0.1


def test_shift_of_one_px_in_large_blocks_does_no_harm() -> None:
    """Services enlarge with half a pixel of offset."""
    assert (read(np.roll(enlarged(8), 1, axis=(0, 1))) == picture()).all()
