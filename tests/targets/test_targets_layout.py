"""Places of cells, and the order and time in which they play."""

from __future__ import annotations

import logging

import hero_sheet
import pytest

from pipeline import targets
from pipeline.core.model import Direction, Sheet, SheetClip
from pipeline.targets import layout, timing

FORWARD, REVERSE = Direction.FORWARD, Direction.REVERSE
PINGPONG, BACK_FIRST = Direction.PINGPONG, Direction.PINGPONG_REVERSE


@pytest.mark.parametrize(
    ("count", "direction", "loop", "steps"),
    [
        (4, FORWARD, True, (0, 1, 2, 3)),
        (4, REVERSE, True, (3, 2, 1, 0)),
        (4, PINGPONG, True, (0, 1, 2, 3, 2, 1)),
        (4, BACK_FIRST, True, (3, 2, 1, 0, 1, 2)),
        (4, PINGPONG, False, (0, 1, 2, 3, 2, 1, 0)),
        (4, BACK_FIRST, False, (3, 2, 1, 0, 1, 2, 3)),
        (2, PINGPONG, True, (0, 1)),
        (2, BACK_FIRST, True, (1, 0)),
        (1, PINGPONG, True, (0,)),
        (1, PINGPONG, False, (0,)),
        (1, BACK_FIRST, False, (0,)),
    ],
)
def test_order_of_each_direction(
    count: int, direction: Direction, loop: bool, steps: tuple[int, ...]
) -> None:
    """Looped ping-pong shows neither end twice in a row; played once, it ends where it began."""
    assert timing.order(count, direction, loop=loop) == steps


@pytest.mark.parametrize(
    ("durations", "direction", "loop", "count"),
    [
        ((125,) * 8, FORWARD, True, 8),
        ((125, 250, 125, 125), FORWARD, False, 5),
        ((125, 250, 125, 125), PINGPONG, True, 8),
        ((83, 84, 83), FORWARD, True, 3),
        ((100, 160, 140), FORWARD, True, 4),
        ((100,), PINGPONG, False, 1),
    ],
)
def test_beats_count_held_frames_again(
    durations: tuple[int, ...], direction: Direction, loop: bool, count: int
) -> None:
    """The plan names files by this number before anything is drawn."""
    assert targets.beats(durations, direction, loop=loop) == count


def held(*durations: int) -> tuple[Sheet, SheetClip]:
    """Return a sheet of one clip."""
    clip = SheetClip(name="walk", first=0, count=len(durations))
    return hero_sheet.sheet(clip, durations=durations), clip


def test_uneven_hold_is_repeated_and_its_error_named(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should have to find out by ear that a jump lasts 30 ms less."""
    with caplog.at_level(logging.WARNING):
        assert timing.baked(*held(125, 280)) == (0, 1, 1)
    assert "differs by 30 ms from the 405 ms wanted" in caplog.text


def test_rounded_milliseconds_are_no_hold(caplog: pytest.LogCaptureFixture) -> None:
    """12 fps is 83, 84, 83 ms: that is no reason to warn."""
    with caplog.at_level(logging.WARNING):
        assert timing.baked(*held(83, 84, 83, 83)) == (0, 1, 2, 3)
    assert not caplog.records


@pytest.mark.parametrize(
    ("cell", "count", "limits", "expected"),
    [
        ((16, 24), 8, layout.Limits(), (8, 1, 128, 24)),
        ((256, 256), 9, layout.Limits(), (8, 2, 2048, 512)),
        ((256, 256), 9, layout.Limits(gutter=1), (7, 2, 1798, 513)),
        ((16, 24), 8, layout.Limits(columns=4), (4, 2, 64, 48)),
        ((16, 24), 7, layout.Limits(columns=4, gutter=2), (4, 2, 70, 50)),
        ((16, 24), 7, layout.Limits(columns=3, power_of_two=True), (3, 3, 64, 128)),
        ((16, 24), 1, layout.Limits(), (1, 1, 16, 24)),
    ],
)
def test_layout_of_cells(
    cell: tuple[int, int], count: int, limits: layout.Limits, expected: tuple[int, int, int, int]
) -> None:
    """Columns are decided in one place; every target reads them from it."""
    found = layout.arrange(cell, count, limits)
    assert (found.columns, found.rows, found.width, found.height) == expected


@pytest.mark.parametrize(
    "limits",
    [
        layout.Limits(),
        layout.Limits(columns=3, gutter=2),
        layout.Limits(columns=5, power_of_two=True),
    ],
)
def test_every_cell_is_where_the_layout_says(limits: layout.Limits) -> None:
    """Drawing and describing must not disagree."""
    sheet = hero_sheet.hero()
    places = layout.arrange(sheet.cell, len(sheet.frames), limits)
    image = layout.draw(places, sheet.frames)
    found = [
        hero_sheet.decode(image.rgba, image.width, *places.place(i))
        for i in range(len(sheet.frames))
    ]
    assert found == list(range(8))
    cells = sum(sum(frame.pixels.rgba) for frame in sheet.frames)
    assert sum(image.rgba) == cells  # all else is transparent


def test_digest_follows_pixels_and_size() -> None:
    """Importers that cache by it must notice a changed pixel, and only that."""
    sheet = hero_sheet.hero()
    wide, high = layout.Limits(), layout.Limits(columns=1)
    digests = {
        layout.digest(layout.draw(layout.arrange(sheet.cell, 8, limits), sheet.frames))
        for limits in (wide, wide, high)
    }
    assert len(digests) == 2
