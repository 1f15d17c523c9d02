"""Is a picture already an animation? Content that repeats from cell to cell decides, never shape.

The frames of a strip show the same figure again: shifted by a pixel or two, with the same colours,
and with a seam between them. What repeats everywhere (a blade, bricks, one flat colour) repeats at
half a cell as well, and what goes on across a seam is one thing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ...core.model import Pixels
from .raster import U8, Bools, Ints, array

#: Smallest cell of a sheet in px.
MIN_CELL_PX = 8
#: Least width by height of a cell, and height by width; of two cells alone.
SIDES, PAIR_SIDES = 0.5, 0.75
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
    ink = _packed(rgba)
    return any(_is_animation(ink, across, down) for across, down in _grids(width, height))


def are_alike(one: Pixels, other: Pixels) -> bool:
    """Say whether two pictures of one size show one figure in two poses."""
    a, b = _packed(array(one)), _packed(array(other))
    return a.shape == b.shape and not np.array_equal(a, b) and _same(a, b) >= SAME


def _packed(rgba: U8) -> Ints:
    """Return one number for each pixel's colour; 0 where it is transparent."""
    wide = rgba.astype(np.int64)
    color = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    packed: Ints = np.where(rgba[..., 3] >= 128, color + 1, 0)
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


def _is_animation(ink: Ints, across: int, down: int) -> bool:
    seams = _seams(ink, across, down)
    crossed = sum(share >= CROSSED for share in seams)
    if crossed * 3 > len(seams):
        return False
    cells = _cells(ink, across, down)
    filled = [cell for cell in cells if cell.any()]
    if len(filled) < 2 or len(filled) < FILLED * len(cells):
        return False
    pairs = list(itertools.pairwise(filled))[:MOST_CELLS]
    if ink.all() and (min(across, down) > 1 or all(np.array_equal(a, b) for a, b in pairs)):
        return False  # a pattern: what is animated moves, or stands before nothing
    if len(cells) == 2 and _is_symmetric(*cells):
        return False
    shift = 1 if len(cells) == 2 else SHIFT_PX
    same = float(np.median([_same(a, b, shift) for a, b in pairs]))
    if same >= SAME and same - _at_half(ink, across, down) >= CONTRAST:
        return True
    return min(across, down) == 1 and _is_effect(filled, pairs, cells)


def _is_symmetric(one: Ints, other: Ints) -> bool:
    """Say whether two cells are halves of one symmetric thing, or a pair of such."""
    mirrored = _same(one, other[:, ::-1], 0)
    return mirrored >= SAME and mirrored > _same(one, other, 0)


def _cells(ink: Ints, across: int, down: int) -> list[Ints]:
    height, width = ink.shape
    h, w = height // down, width // across
    return [
        ink[row * h : row * h + h, column * w : column * w + w]
        for row in range(down)
        for column in range(across)
    ]


def _seams(ink: Ints, across: int, down: int) -> list[float]:
    """Return for each seam the share of its inked lines that go on in the same colour."""
    height, width = ink.shape
    w, h = width // across, height // down
    columns = [(ink[:, at - 2 : at + 2].T, 0) for at in range(w, width, w)]
    rows = [(ink[at - 2 : at + 2], 1) for at in range(h, height, h)]
    shares = []
    for lines, axis in (*columns, *rows):
        inked: Bools = (lines[1] > 0) | (lines[2] > 0)
        # Outlines that touch end there; what goes on has its colour on both sides.
        same = (lines == lines[1]).all(axis=0) & (lines[1] > 0)
        usual = (ink > 0).sum(axis=axis)
        least = USUAL * float(usual[usual > 0].mean()) if usual.any() else 1.0
        shares.append(float(same.sum()) / max(1.0, float(inked.sum()), least))
    return shares


def _same(one: Ints, other: Ints, shift: int = SHIFT_PX) -> float:
    """Return the share of two cells' ink that agrees, at the best shift."""
    ink = (int((one > 0).sum()) + int((other > 0).sum())) / 2 or 1.0
    return max(
        float(_agreeing(one, other, x, y)) / ink
        for y in range(-shift, shift + 1)
        for x in range(-shift, shift + 1)
    )


def _agreeing(one: Ints, other: Ints, x: int, y: int) -> int:
    height, width = one.shape
    here = one[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    there = other[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
    return int(((here == there) & (here > 0)).sum())


def _at_half(ink: Ints, across: int, down: int) -> float:
    """Return how much comes again between the cells: where all repeats, nothing is a frame."""
    height, width = ink.shape
    w, h = width // across, height // down
    total = max(1, int((ink > 0).sum()))
    found = [0.0]
    for part in (w // 3, w // 2, (2 * w) // 3) if across > 1 else ():
        found.append(_agreeing(ink, ink, part, 0) / total)
    for part in (h // 3, h // 2, (2 * h) // 3) if down > 1 else ():
        found.append(_agreeing(ink, ink, 0, part) / total)
    return max(found)


def _is_effect(filled: list[Ints], pairs: list[tuple[Ints, Ints]], cells: list[Ints]) -> bool:
    """Say whether square cells hold what changes its shape and keeps its colours, as sparks do."""
    height, width = cells[0].shape
    if height != width or len(cells) < 2:
        return False
    shared = [_shared_colors(a, b) for a, b in pairs]
    if len(cells) == 2:
        most = max(len(set(cell[cell > 0].tolist())) for cell in filled)
        return shared[0] >= PAIR_COLORS and most <= PAIR_MOST
    return float(np.median(shared)) >= SAME_COLORS


def _shared_colors(one: Ints, other: Ints) -> float:
    a, b = set(one[one > 0].tolist()), set(other[other > 0].tolist())
    return len(a & b) / max(1, len(a | b))
