"""What a grade rests on is measured within the ink's box: as on the whole canvas, pixel by pixel.

The definitions stand here in their long form, and are held against clips of every kind.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.imaging.frames.indexed import Reel
from pipeline.imaging.grading import closure, displacement, flicker, missing
from pipeline.imaging.picture import color, raster, regions
from pipeline.imaging.picture.raster import Bools, Floats, Ints


def reels() -> Iterator[Reel]:
    """Yield clips: of one frame and of many, still, empty, with and without room around."""
    random = np.random.default_rng(7)
    for number in range(60):
        count, height, width = (int(side) for side in random.integers(1, (9, 14, 14)))
        colors = int(random.integers(1, 7))
        palette = random.permutation(256)[: 3 * colors].astype(np.uint8).reshape(colors, 3)
        index = random.integers(-1, colors, (count, height, width)).astype(np.int32)
        index[random.random(index.shape) < random.random()] = -1
        if number % 3 == 0:
            index[:, height // 2 :] = index[:, :, : width // 3] = -1
        if number % 4 == 0:
            index[1::2] = index[0]
        yield Reel(index=index, source=index[0], palette=palette, own=colors)


@pytest.fixture(scope="module", params=list(reels()))
def reel(request: pytest.FixtureRequest) -> Reel:
    """One of many clips."""
    found: Reel = request.param
    return found


def area(reel: Reel) -> np.float32:
    """Return the px of the source, by which all ways are divided."""
    return np.float32(max(1, int((reel.source >= 0).sum())))


def points(*counts: Ints) -> Floats:
    """Return counts (frames, …) as points of as many frames."""
    flat = np.concatenate([one.reshape(len(one), -1) for one in counts], axis=1)
    return flat.astype(np.float32)


def test_ink_is_followed_in_every_row_and_column(reel: Reel) -> None:
    """A point of a frame are its running counts across, then those down."""
    solid = reel.index >= 0
    wanted = points(solid.cumsum(axis=2), solid.cumsum(axis=1)) / area(reel)
    assert np.array_equal(displacement.of_ink(reel).points, wanted)


def test_colours_are_followed_each_by_itself(reel: Reel) -> None:
    """What is transparent is none of them."""
    each = np.stack([reel.index == number for number in range(len(reel.palette))], axis=1)
    wanted = points(each.sum(axis=2).cumsum(axis=2), each.sum(axis=3).cumsum(axis=2))
    assert np.array_equal(displacement.of_colors(reel).points, wanted / area(reel))


def test_ways_are_those_between_points(reel: Reel) -> None:
    """The last frame is followed by the first."""
    travel = displacement.of_ink(reel)
    at = travel.points
    after, before = np.roll(at, -1, axis=0), np.roll(at, 1, axis=0)
    steps = np.abs(after - at).sum(axis=1)
    past = np.abs(after - before).sum(axis=1)
    assert np.array_equal(travel.steps, steps)
    assert np.array_equal(travel.turns, np.abs(after + before - 2 * at).sum(axis=1))
    assert np.array_equal(travel.detours, np.roll(steps, 1) + steps - past)


def test_pixels_are_counted_by_row_column_and_colour(reel: Reel) -> None:
    """Rows and columns are those of the canvas."""
    solid = reel.index >= 0
    assert np.array_equal(reel.rows, solid.sum(axis=2))
    assert np.array_equal(reel.columns, solid.sum(axis=1))
    colours = [[(frame == at).sum() for at in range(len(reel.palette))] for frame in reel.index]
    assert np.array_equal(missing.counted(reel), colours)


def test_the_middle_of_the_ink_is_a_place_of_the_canvas(reel: Reel) -> None:
    """An empty frame has 0, 0."""
    for frame, found in zip(reel.index, closure.centres(reel), strict=True):
        places = np.argwhere(frame >= 0)
        wanted = places.mean(axis=0) if len(places) else (0, 0)
        assert np.allclose(found, wanted, atol=1e-5)


def test_pixels_flicker_that_change_for_one_frame_in_tiny_groups(reel: Reel) -> None:
    """Two px that touch at a corner are a group."""
    index = reel.index
    if reel.count < 3:
        assert flicker.share(reel) == 0
        return
    before, after = np.roll(index, 1, axis=0), np.roll(index, -1, axis=0)
    labels, count = regions.label(index != before, diagonal=True)
    small = regions.areas(labels, count) < flicker.SMALL_PX
    flicks = (before == after) & (index != before) & small[labels]
    assert flicker.share(reel) == flicks.sum() / max(1, (index >= 0).sum())


def test_changes_are_those_from_a_frame_to_the_next(reel: Reel) -> None:
    """All of them lie within the box of the ink."""
    after = np.roll(reel.index, -1, axis=0)
    assert reel.changes.sum() == (reel.index != after).sum()
    differs = [bool((a != b).any()) for a, b in zip(reel.index, after, strict=True)]
    assert reel.changes.any(axis=(1, 2)).tolist() == differs


def masks() -> Iterator[Bools]:
    """Yield stacks of masks, from none to all of the pixels."""
    random = np.random.default_rng(3)
    for share in np.linspace(0, 1, 30):
        yield random.random(tuple(random.integers(1, (4, 12, 12)))) < share


@pytest.mark.parametrize("mask", list(masks()))
def test_each_region_knows_its_frame_its_top_and_its_pixels(mask: Bools) -> None:
    """In the order of their numbers."""
    labels, count = regions.label(mask, diagonal=True)
    found = regions.find(mask, diagonal=True)
    frames, tops = found.begin()
    assert found.count == count
    for one in range(1, count + 1):
        frame, row, _ = np.argwhere(labels == one)[0]
        assert (frames[one - 1], tops[one - 1]) == (frame, row)
        assert np.array_equal(found.only(one), labels[frame] == one)


def test_colours_are_listed_in_order_with_the_number_of_each_pixel() -> None:
    """Few and very many."""
    random = np.random.default_rng(5)
    for many in (1, 4, 256):
        rgb = random.integers(0, many, (3, 20, 30, 3)).astype(np.uint8)
        colors, number = color.distinct(rgb)
        assert np.array_equal(colors, np.unique(rgb.reshape(-1, 3), axis=0))
        assert np.array_equal(colors[number], rgb)


def test_a_stack_of_frames_is_as_many_pictures() -> None:
    """Nothing is left of the colour of a transparent pixel."""
    random = np.random.default_rng(6)
    frames = random.integers(0, 256, (4, 5, 6, 4)).astype(np.uint8)
    frames[:2, ..., 3] = random.integers(0, 2, (2, 5, 6)) * 255
    assert raster.each(frames) == tuple(raster.pixels(one) for one in frames)
    for one, picture in zip(frames, raster.each(frames), strict=True):
        assert np.array_equal(raster.array(picture), one * (one[..., 3:] > 0))
