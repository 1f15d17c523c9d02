"""Strips and grids are known by what repeats in them, and no single sprite is taken for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from places import REPOSITORY

from pipeline import imaging
from pipeline.imaging.picture import raster, repeats

U8 = NDArray[np.uint8]
SHARED = REPOSITORY.parent / "shared"
DARK, SKIN, STEEL, EDGE = (30, 20, 40), (230, 180, 140), (170, 180, 200), (230, 235, 245)


def blank(width: int, height: int) -> U8:
    return np.zeros((height, width, 4), dtype=np.uint8)


def fill(art: U8, x: int, y: int, width: int, height: int, color: tuple[int, int, int]) -> None:
    art[y : y + height, x : x + width] = (*color, 255)


def slime(size: int = 16, squash: int = 0, width: int | None = None) -> U8:
    """Draw a figure with an outline, two eyes and a shine; `squash` lowers it."""
    art, wide = blank(size, size), width or size - 4
    left, top = (size - wide) // 2, 4 + squash
    fill(art, left, top, wide, size - 1 - top, DARK)
    fill(art, left + 1, top + 1, wide - 2, size - 3 - top, (80, 190, 90))
    fill(art, left + 2, top + 2, 3, 1, (170, 240, 170))
    fill(art, left + 3, top + 4, 1, 2, DARK)
    fill(art, left + wide - 5, top + 4, 1, 2, DARK)
    return art


def sword() -> U8:
    art = blank(48, 16)
    fill(art, 12, 6, 33, 4, STEEL)
    fill(art, 12, 6, 33, 1, EDGE)
    fill(art, 45, 7, 2, 2, EDGE)
    fill(art, 9, 3, 3, 10, (150, 110, 40))
    fill(art, 1, 7, 8, 2, (90, 50, 30))
    return art


def boots(width: int = 16, apart: int = 8, mirrored: bool = True) -> U8:
    one = blank(width // 2, 16)
    fill(one, 1, 3, 4, 8, (120, 70, 40))
    fill(one, 1, 11, 6, 3, DARK)
    fill(one, 2, 4, 1, 5, (170, 110, 60))
    art = blank(width, 16)
    art[:, : width // 2] = one[:, ::-1] if mirrored else one
    art[:, apart : apart + width // 2] = one
    return art


def face(size: int = 32, height: int = 16) -> U8:
    half = blank(size // 2, height)
    fill(half, 2, 1, size // 2 - 2, height - 2, SKIN)
    fill(half, 2, 1, 1, height - 2, DARK)
    fill(half, 7, 5, 3, 3, (255, 255, 255))
    fill(half, 8, 6, 1, 1, DARK)
    fill(half, size // 2 - 3, 11, 3, 1, (150, 40, 40))
    return np.concatenate([half, half[:, ::-1]], axis=1)


def bricks() -> U8:
    art = blank(48, 16)
    fill(art, 0, 0, 48, 16, (140, 60, 50))
    for row in range(4):
        fill(art, 0, row * 4 + 3, 48, 1, (200, 190, 180))
        for at in range((row % 2) * 4, 48, 8):
            fill(art, at, row * 4, 1, 3, (200, 190, 180))
    return art


def fence() -> U8:
    art = blank(48, 16)
    for at in (3, 19, 35):
        fill(art, at, 2, 4, 14, (120, 80, 40))
    fill(art, 0, 5, 48, 2, (150, 100, 50))
    fill(art, 0, 11, 48, 2, (150, 100, 50))
    return art


def car() -> U8:
    art = blank(32, 16)
    fill(art, 2, 6, 28, 6, (200, 40, 40))
    fill(art, 8, 2, 14, 4, (120, 180, 220))
    for at in (6, 22):
        fill(art, at, 10, 5, 5, DARK)
        fill(art, at + 2, 12, 1, 1, STEEL)
    fill(art, 28, 7, 2, 2, (255, 240, 120))
    return art


def platform() -> U8:
    art = blank(64, 16)
    fill(art, 0, 0, 64, 16, (110, 80, 50))
    fill(art, 0, 0, 64, 4, (90, 170, 60))
    return art


def spear() -> U8:
    return np.rot90(sword()).copy()


def checkers() -> U8:
    art = blank(32, 32)
    fill(art, 0, 0, 32, 32, STEEL)
    for y in range(0, 32, 8):
        for x in range((y % 16), 32, 16):
            fill(art, x, y, 8, 8, DARK)
    return art


SINGLE: dict[str, Callable[[], U8]] = {
    "a sword of 48x16": sword,
    "a spear of 16x48": spear,
    "a pair of boots": boots,
    "a pair of boots that are the same": lambda: boots(mirrored=False),
    "a wide pair of boots": lambda: boots(32, 14, mirrored=False),
    "a mirrored pair in a wide picture": lambda: boots(32, 16),
    "a symmetric face": face,
    "a square symmetric face": lambda: face(16, 16),
    "a brick wall": bricks,
    "a fence": fence,
    "a car": car,
    "a platform": platform,
    "a checkered floor": checkers,
    "one slime": slime,
    "nothing": lambda: blank(32, 16),
}


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_sprite_is_no_sheet(name: str) -> None:
    art = SINGLE[name]()
    assert not repeats.repeats(art)
    assert not imaging.facts(raster.pixels(art)).repeats


def poses(count: int, width: int | None = None) -> list[U8]:
    return [slime(16, (0, 1, 2, 1)[at % 4], width) for at in range(count)]


ANIMATED: dict[str, Callable[[], U8]] = {
    "two equal cells": lambda: np.concatenate([slime(), slime()], axis=1),
    "two poses": lambda: np.concatenate(poses(2), axis=1),
    "two poses below each other": lambda: np.concatenate(poses(2), axis=0),
    "four touching cells": lambda: np.concatenate(poses(4, 16), axis=1),
    "four poses": lambda: np.concatenate(poses(4), axis=1),
    "a column of three": lambda: np.concatenate(poses(3), axis=0),
    "a grid": lambda: np.concatenate(
        [np.concatenate(poses(3), axis=1), np.concatenate(poses(3)[::-1], axis=1)], axis=0
    ),
    "an empty last cell": lambda: np.concatenate([*poses(3), blank(16, 16)], axis=1),
}


@pytest.mark.parametrize("name", ANIMATED)
def test_frames_of_one_figure_are_a_sheet(name: str) -> None:
    assert repeats.repeats(ANIMATED[name]())


def strips() -> Iterator[tuple[str, U8]]:
    for path in sorted((SHARED / "loops").glob("*.png")):
        yield path.name, np.array(Image.open(path).convert("RGBA"))


def is_asked(art: U8) -> bool:
    found = imaging.facts(raster.pixels(art))
    too_large = bool(imaging.unfit(raster.pixels(art)))
    return found.looks_like_sheet or found.repeats or too_large


@pytest.mark.skipif(not (SHARED / "loops").is_dir(), reason="needs the shared strips")
def test_no_strip_of_a_real_game_is_taken_for_one_sprite() -> None:
    bought = [name for name, art in strips() if not is_asked(art)]
    assert bought == []
    turned = [name for name, art in strips() if not is_asked(np.rot90(art).copy())]
    assert turned == []


@pytest.mark.skipif(not (SHARED / "sprites").is_dir(), reason="needs the shared sprites")
def test_no_sprite_of_a_real_game_is_taken_for_a_strip() -> None:
    places: list[Path] = sorted((SHARED / "sprites").rglob("*.png"))
    places += [p for p in (REPOSITORY / "sample_project").rglob("*.png") if ".anim" not in p.name]
    assert len(places) > 40
    for path in places:
        picture = imaging.decode(path.read_bytes(), path.name)
        art = raster.array(picture)
        for turned in (art, np.rot90(art).copy(), art[:, ::-1].copy()):
            assert not imaging.facts(raster.pixels(turned)).repeats, path.name


def test_two_poses_are_alike_and_two_figures_are_not() -> None:
    other = slime()
    other[other[..., 1] == 190] = (200, 40, 160, 255)
    one = raster.pixels(slime())
    assert imaging.are_alike(one, raster.pixels(slime(squash=1)))
    assert not imaging.are_alike(one, one)
    assert not imaging.are_alike(one, raster.pixels(other))
    assert not imaging.are_alike(one, raster.pixels(car()))
