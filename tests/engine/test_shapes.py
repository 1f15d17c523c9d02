"""Regions, openings and maps, against the plain way of finding each, pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterator

import drawn_sprites as drawn
import numpy as np
import pytest
from msgspec.structs import replace

from pipeline.engine import parts
from pipeline.engine.motions import gather, gather_parts
from pipeline.engine.parts import Sprite, held, protruding, regions
from pipeline.engine.parts.types import Bools, Ints

BESIDE = ((0, 1), (1, 0), (0, -1), (-1, 0))
CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def keys() -> Iterator[Ints]:
    """Yield pictures of few keys, some of them -1, down to a single pixel."""
    random = np.random.default_rng(4)
    for number in range(60):
        height, width = (int(side) for side in random.integers(1, (15, 15)))
        yield random.integers(-1, 1 + number % 4, (height, width)).astype(np.intp)


def flooded(picture: Ints, *, diagonal: bool) -> Ints:
    """Number regions of one key by walking from pixel to pixel, in reading order."""
    labels = np.full(picture.shape, -1)
    count = 0
    for start in map(tuple, np.argwhere(picture >= 0)):
        if labels[start] >= 0:
            continue
        labels[start], open_ = count, [start]
        while open_:
            y, x = open_.pop()
            for down, right in BESIDE + CORNERS * diagonal:
                there = y + down, x + right
                if not (0 <= there[0] < picture.shape[0] and 0 <= there[1] < picture.shape[1]):
                    continue
                if labels[there] < 0 and picture[there] == picture[start]:
                    labels[there] = count
                    open_.append(there)
        count += 1
    return labels


@pytest.mark.parametrize("picture", list(keys()))
def test_regions_of_one_key_are_numbered_in_reading_order(picture: Ints) -> None:
    """Whether or not pixels that touch at a corner are connected."""
    for diagonal in (False, True):
        labels, count = regions.label(picture, diagonal=diagonal)
        assert np.array_equal(labels, flooded(picture, diagonal=diagonal))
        assert count == labels.max() + 1


@pytest.mark.parametrize("picture", list(keys())[::4])
def test_an_opening_wears_off_px_by_px_and_grows_back(picture: Ints) -> None:
    """What lies outside of the picture is not of the mask."""
    mask = picture >= 0
    for radius in (1, 2, 3, 5):
        core = mask
        for _ in range(radius):
            core = ~regions.grow(~np.pad(core, 1))[1:-1, 1:-1]
        for _ in range(radius):
            core = regions.grow(core)
        assert np.array_equal(protruding.opened(mask, radius), core & mask)


def sprites() -> Iterator[Sprite]:
    """Yield drawn figures, some with a staff of their own height beside them."""
    for rows in (drawn.HERO, drawn.SLIME, drawn.FLAME):
        pixels = drawn.padded(drawn.drawn(rows))
        yield parts.cut(pixels)
        armed = pixels.copy()
        armed[2:-4, -3] = (150, 100, 60, 255)
        hand = armed.shape[0] // 2
        armed[hand : hand + 2, armed.shape[1] // 2 : -3] = (150, 100, 60, 255)
        yield replace(parts.cut(armed), kind="biped")


@pytest.mark.parametrize("sprite", list(sprites()))
def test_what_stands_out_of_less_is_no_longer(sprite: Sprite) -> None:
    """So thicknesses are looked at from thick to thin, as long as some piece is long."""
    all_ = [
        protruding.pieces(sprite, radius)
        for radius in held._radii(max(2, round(held.THICK * sprite.box.height)))
    ]
    looked_at = held._standing_out(sprite)
    passed_over = all_[: len(all_) - len(looked_at)]
    assert not any(held._is_long(sprite, piece) for found in passed_over for piece in found)


def maps(sprite: Sprite) -> Iterator[Ints]:
    """Yield maps of five frames with holes in them, on the border as well."""
    random = np.random.default_rng(8)
    size = sprite.height * sprite.width
    for share in (0.05, 0.4, 0.9):
        map_ = random.integers(0, size, (5, sprite.height, sprite.width))
        map_[random.random(map_.shape) < share] = gather.VOID
        yield map_


def test_a_map_is_read_through_another_pixel_by_pixel() -> None:
    """What the outer one takes from beyond the canvas stays."""
    sprite = next(sprites())
    for outer, inner in zip(maps(sprite), maps(sprite), strict=True):
        for beyond in (0, 3):
            outer[:, 0, 0] += beyond * sprite.height * sprite.width
            found = gather.through(outer, inner)
            for frame, y, x in np.ndindex(outer.shape):
                at = outer[frame, y, x]
                wanted = inner[frame].ravel()[at] if 0 <= at < inner[frame].size else at
                assert found[frame, y, x] == wanted


def test_a_gap_is_closed_between_two_that_show_something() -> None:
    """Side by side before one above the other."""
    sprite = next(sprites())
    for map_ in maps(sprite):
        wide = np.pad(map_, ((0, 0), (1, 1), (1, 1)), constant_values=gather.VOID)
        found = gather_parts.closed(map_, sprite.opaque)
        for frame, y, x in np.ndindex(map_.shape):
            wanted = map_[frame, y, x]
            if wanted == gather.VOID and sprite.opaque[y, x]:
                left, right = wide[frame, y + 1, x], wide[frame, y + 1, x + 2]
                above, below = wide[frame, y, x + 1], wide[frame, y + 2, x + 1]
                if above >= 0 and below >= 0:
                    wanted = below
                if left >= 0 and right >= 0:
                    wanted = left
            assert found[frame, y, x] == wanted


def test_a_part_is_drawn_where_it_has_moved_and_cut_off_at_the_border() -> None:
    """In each frame by itself."""
    sprite = next(sprites())
    mask: Bools = sprite.opaque & (np.arange(sprite.width) % 3 > 0)
    right, down = np.array([0, 1, -2, 40, -sprite.width]), np.array([0, -3, 2, 0, 1])
    found = gather_parts.empty(sprite, len(right))
    gather_parts.place(sprite, found, mask, right, down)
    wanted = gather_parts.empty(sprite, len(right))
    for frame, (x, y) in enumerate(zip(right, down, strict=True)):
        for row, column in np.argwhere(mask):
            if 0 <= row + y < sprite.height and 0 <= column + x < sprite.width:
                wanted[frame, row + y, column + x] = row * sprite.width + column
    assert np.array_equal(found, wanted)


def test_places_of_a_stack_are_those_of_numpy() -> None:
    """In the same order."""
    random = np.random.default_rng(9)
    for share in (0, 0.3, 1):
        mask = random.random((3, 4, 5)) < share
        assert np.array_equal(gather.places(mask), np.nonzero(mask))
