"""Is a picture already an animation? Content that repeats from cell to cell decides, never shape.

The frames of a strip show the same figure again: shifted by a pixel or two, with the same colours,
and with a seam between them. What repeats everywhere (a blade, bricks, one flat colour) repeats at
half a cell as well, and what goes on across a seam is one thing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...core.model import Pixels
from .raster import U8, array

#: One number for each pixel's colour; 0 where it is transparent.
Ink = NDArray[np.int32]

#: Smallest cell of a sheet in px.
MIN_CELL_PX = 8
#: Least width by height of a cell, and height by width.
SIDES = 0.5
#: Larger pictures are no sprites, and would take seconds.
MAX_PX = 1 << 20
#: Cells that are compared at most.
MOST_CELLS = 24
#: Share of a figure's pixels that come again in the next cell, shifted by so many px at most; so
#: much less must come again at half a cell.
SAME, SHIFT_PX, CONTRAST = 0.6, 2, 0.2
#: Share of a seam's lines that go on in the same colour, from which one thing crosses it.
CROSSED = 0.7
#: A seam is measured by this share of a usual line at least: one pixel that touches is no crossing.
USUAL = 0.75
#: Share of colours that frames without a like shape have in common, and of cells that are filled.
SAME_COLORS, FILLED = 0.5, 0.75
#: Of two cells the colours must agree more, and be so few that a sprite would be a plain shape.
PAIR_COLORS, PAIR_MOST = 0.8, 2


def repeats(rgba: U8) -> bool:
    """Say whether (height, width, 4) uint8 is a strip or a grid of frames of one figure."""
    height, width = rgba.shape[:2]
    if width * height > MAX_PX:  # before anything is copied
        return False
    grids = list(_grids(width, height))
    if not grids:
        return False
    picture = _Picture(_packed(rgba))
    return any(_is_animation(picture, across, down) for across, down in grids)


def are_alike(one: Pixels, other: Pixels) -> bool:
    """Say whether two pictures of one size show one figure in two poses."""
    a, b = _packed(array(one)), _packed(array(other))
    if a.shape != b.shape or np.array_equal(a, b):
        return False
    ink = _ink(a, b)
    if _most(a, b) / ink < SAME:
        return False
    return any(found / ink >= SAME for found in _agreements(a, b, SHIFT_PX))


def _most(one: Ink, other: Ink) -> int:
    """Return of how many pixels two pictures could agree at any shift, by their colours."""
    both = np.stack([one, other])
    cells = np.searchsorted(np.unique(np.append(both, 0)), both)
    return next(most for most, _ in _common(list(cells)))


class _Picture:
    """What does not depend on how a picture is cut is found once."""

    def __init__(self, packed: Ink) -> None:
        self.packed = packed
        self.is_full = bool(packed.all())
        self.total = max(1, int(np.count_nonzero(packed)))

    @cached_property
    def ink(self) -> Ink:
        """The colours, numbered from 1 on: they can be counted."""
        colors = np.unique(self.packed)
        numbered: Ink = np.searchsorted(colors, self.packed).astype(np.int32)
        return numbered if colors[0] == 0 else numbered + 1

    @cached_property
    def columns(self) -> list[float]:
        """What `_crossing` says of the seams between columns."""
        return _crossing(self.packed.T)

    @cached_property
    def rows(self) -> list[float]:
        """What `_crossing` says of the seams between rows."""
        return _crossing(self.packed)


def _packed(rgba: U8) -> Ink:
    """Return one number for each pixel's colour; 0 where it is transparent."""
    codes = np.ascontiguousarray(rgba).view("<u4")[..., 0] & 0xFF_FF_FF
    packed: Ink = np.where(rgba[..., 3] >= 128, codes.astype(np.int32) + 1, 0)
    return packed


def _grids(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Yield how many cells may lie across and down: whole ones, not too narrow."""
    for across in (n for n in range(1, width // MIN_CELL_PX + 1) if width % n == 0):
        for down in (n for n in range(1, height // MIN_CELL_PX + 1) if height % n == 0):
            sides = (width // across) / (height // down)
            is_pair = across * down == 2
            if across * down >= 2 and (0.75 if is_pair else 0.5) <= sides <= (
                4 / 3 if is_pair else 2
            ):
                yield across, down


def _is_animation(picture: _Picture, across: int, down: int) -> bool:
    seams = _seams(picture, across, down)
    crossed = sum(share >= CROSSED for share in seams)
    if crossed * 3 > len(seams):
        return False
    cells = _cells(picture.ink, across, down)
    filled = [cell for cell in cells if cell.any()]
    if len(filled) < 2 or len(filled) < FILLED * len(cells):
        return False
    pairs = list(itertools.islice(itertools.pairwise(filled), MOST_CELLS))
    if picture.is_full and (min(across, down) > 1 or all(np.array_equal(a, b) for a, b in pairs)):
        return False  # a pattern: what is animated moves, or stands before nothing
    if len(cells) == 2 and _is_symmetric(*cells):
        return False
    common = list(_common(filled[: MOST_CELLS + 1]))
    if _comes_again(picture, across, down, pairs, [most for most, _ in common]):
        return True
    return min(across, down) == 1 and _is_effect(filled, [share for _, share in common], cells)


def _comes_again(
    picture: _Picture,
    across: int,
    down: int,
    pairs: Sequence[tuple[Ink, Ink]],
    most: Sequence[int],
) -> bool:
    """Say whether a figure comes again from cell to cell, and not at half a cell.

    `most` says of how many pixels the two of a pair could agree at all: where that is too few, no
    shift is tried.
    """
    inks = [_ink(a, b) for a, b in pairs]
    found = [count / ink for count, ink in zip(most, inks, strict=True)]
    if _median(found) < SAME:
        return False
    half = _at_half(picture, across, down)
    shift = 1 if across * down == 2 else SHIFT_PX
    for at, (a, b) in enumerate(pairs):
        if not _is_again(_median(found), half):
            return False
        found[at] = max(_agreements(a, b, shift)) / inks[at]
    return _is_again(_median(found), half)


def _is_again(same: float, half: float) -> bool:
    return same >= SAME and same - half >= CONTRAST


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _is_symmetric(one: Ink, other: Ink) -> bool:
    """Say whether two cells are halves of one symmetric thing, or a pair of such."""
    ink = _ink(one, other)
    mirrored = max(_agreements(one, other[:, ::-1], 0)) / ink
    return mirrored >= SAME and mirrored > max(_agreements(one, other, 0)) / ink


def _cells(ink: Ink, across: int, down: int) -> list[Ink]:
    height, width = ink.shape
    h, w = height // down, width // across
    return [
        ink[row * h : row * h + h, column * w : column * w + w]
        for row in range(down)
        for column in range(across)
    ]


def _seams(picture: _Picture, across: int, down: int) -> list[float]:
    """Return for each seam the share of its inked lines that go on in the same colour."""
    height, width = picture.packed.shape
    w, h = width // across, height // down
    columns = picture.columns[w - 2 : width - 2 : w] if across > 1 else []
    rows = picture.rows[h - 2 : height - 2 : h] if down > 1 else []
    return [*columns, *rows]


def _crossing(lines: Ink) -> list[float]:
    """Return what share of the ink goes on, for a seam before each line from the third one on."""
    before, last, first, after = lines[:-3], lines[1:-2], lines[2:-1], lines[3:]
    inked = np.count_nonzero((last > 0) | (first > 0), axis=1)
    # Outlines that touch end there; what goes on has its colour on both sides.
    same = (before == last) & (last == first) & (first == after) & (last > 0)
    usual = np.count_nonzero(lines, axis=1)
    least = USUAL * float(usual[usual > 0].mean()) if usual.any() else 1.0
    shares: list[float] = (
        np.count_nonzero(same, axis=1) / np.maximum(inked, max(1.0, least))
    ).tolist()
    return shares


def _ink(one: Ink, other: Ink) -> float:
    """Return how many pixels of two pictures are not transparent, on average."""
    return (int(np.count_nonzero(one)) + int(np.count_nonzero(other))) / 2 or 1.0


def _agreements(one: Ink, other: Ink, shift: int) -> Iterator[int]:
    """Yield of how many pixels two cells agree at each shift, the small ones first."""
    other = np.where(other > 0, other, -1)  # what is transparent agrees with nothing
    steps = sorted(range(-shift, shift + 1), key=abs)
    for y, x in itertools.product(steps, steps):
        yield _agreeing(one, other, x, y)


def _agreeing(one: Ink, other: Ink, x: int, y: int) -> int:
    height, width = one.shape
    here = one[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    there = other[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
    return int(np.count_nonzero(here == there))


def _at_half(picture: _Picture, across: int, down: int) -> float:
    """Return how much comes again between the cells: where all repeats, nothing is a frame."""
    ink = picture.packed
    height, width = ink.shape
    w, h = width // across, height // down
    there = np.where(ink > 0, ink, -1)
    found = [0.0]
    for part in (w // 3, w // 2, (2 * w) // 3) if across > 1 else ():
        found.append(_agreeing(ink, there, part, 0) / picture.total)
    for part in (h // 3, h // 2, (2 * h) // 3) if down > 1 else ():
        found.append(_agreeing(ink, there, 0, part) / picture.total)
    return max(found)


def _common(cells: Sequence[Ink]) -> Iterator[tuple[int, float]]:
    """Yield of each cell and the next how many pixels have colours in common, wherever they lie,
    and the share of colours that both have."""
    counted = (np.bincount(cell.reshape(-1))[1:] for cell in cells)
    for one, other in itertools.pairwise(counted):
        short = min(len(one), len(other))
        both = np.minimum(one[:short], other[:short])
        shared = int(np.count_nonzero(both))
        colors = int(np.count_nonzero(one)) + int(np.count_nonzero(other)) - shared
        yield int(both.sum()), shared / max(1, colors)


def _is_effect(filled: Sequence[Ink], shared: Sequence[float], cells: Sequence[Ink]) -> bool:
    """Say whether square cells hold what changes its shape and keeps its colours, as sparks do."""
    height, width = cells[0].shape
    if height != width or len(cells) < 2:
        return False
    if len(cells) == 2:
        most = max(len(np.unique(cell[cell > 0])) for cell in filled)
        return shared[0] >= PAIR_COLORS and most <= PAIR_MOST
    return _median(shared) >= SAME_COLORS
