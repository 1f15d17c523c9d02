"""The nearest colours of a palette, in bounded time and memory whatever the two hold.

Up to `PAIRS` pairs of colours every pair is looked at, a few at a time. Of more (a palette of tens
of thousands of colours: noise, a photograph) exact members are still found exactly; for the rest
the colour cube is cut into cells of 4x4x4, and each cell has one answer, spread from the palette's
own cells to their neighbours (jump flooding, Rong & Tan 2006). Bound: 16 MiB of pairs at a time;
24 MiB for the cells.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import color
from .raster import U8, Bools, Floats, Ints

#: Most pairs of colours that are compared one by one, and how many at a time.
PAIRS, AT_A_TIME = 1 << 26, 1 << 21
#: Cells along each axis of the cube, as bits of a channel that are left, and those dropped.
_BITS, _DROPPED = 6, 2
_SIDE = 1 << _BITS
_FAR = np.float32(np.inf)


class Nearest(NamedTuple):
    """The nearest and second nearest palette number of each colour, with their deltaE2.

    Of a colour that the palette has, and where only cells were looked at, nothing is known of the
    second: it is infinitely far.
    """

    first: Ints
    away: Floats
    second: Ints
    farther: Floats


def find(colors: U8, palette: U8) -> Nearest:
    """Look colours (n, 3) up in a palette (m, 3) of at least one colour."""
    first, is_member = members(colors, palette)
    away = np.zeros(len(colors), dtype=np.float32)
    found = Nearest(first, away, first.copy(), np.full(len(colors), _FAR))
    others = np.flatnonzero(~is_member)
    if others.size:
        rest = colors[others]
        is_few = len(rest) * len(palette) <= PAIRS
        part = (_of_pairs if is_few else _by_cell)(rest, palette)
        first[others], away[others] = part.first, part.away
        found.second[others], found.farther[others] = part.second, part.farther
    return found


def members(colors: U8, palette: U8) -> tuple[Ints, Bools]:
    """Return the palette number of each colour, 0 where it has none, and which have one."""
    codes, own = color.pack(palette), color.pack(colors)
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    at = np.searchsorted(codes, own).clip(0, len(codes) - 1)
    is_member: Bools = codes[at] == own
    return np.where(is_member, order[at], 0), is_member


def distance(colors: U8, palette: U8) -> Floats:
    """Return the deltaE2 of each colour to the nearest of a palette; infinite for an empty one."""
    if not len(palette):
        return np.full(len(colors), _FAR)
    return find(colors, palette).away


def _of_pairs(colors: U8, palette: U8) -> Nearest:
    art, wanted = color.lab_of(palette), color.lab_of(colors)
    first = np.empty(len(colors), dtype=np.int64)
    second, away = first.copy(), np.empty(len(colors), dtype=np.float32)
    farther = away.copy()
    step = max(1, AT_A_TIME // len(palette))
    for start in range(0, len(colors), step):
        part = slice(start, start + step)
        gaps = color.distances(wanted[part], art)
        rows = np.arange(len(gaps))
        best = gaps.argmin(axis=1)
        first[part], away[part] = best, gaps[rows, best]
        gaps[rows, best] = _FAR
        other = gaps.argmin(axis=1)
        second[part], farther[part] = other, gaps[rows, other]
    return Nearest(first, away, second, farther)


def _by_cell(colors: U8, palette: U8) -> Nearest:
    first = _cells(palette.tobytes())[_cell(colors)]
    away = color.gap(color.lab_of(colors), color.lab_of(palette)[first])
    return Nearest(first, away, first, np.full(len(colors), _FAR))


def _cell(rgb: U8) -> Ints:
    """Return the number of each colour's cell."""
    small = (rgb >> _DROPPED).astype(np.int64)
    return (small[..., 0] << 2 * _BITS) | (small[..., 1] << _BITS) | small[..., 2]


@lru_cache(maxsize=2)
def _cells(packed: bytes) -> Ints:
    """Return the palette number that is nearest to the middle of each cell, or close to it."""
    palette = np.frombuffer(packed, dtype=np.uint8).reshape(-1, 3)
    art = color.lab_of(palette)
    middles = color.lab_of(_middles())
    best = np.full(_SIDE**3, -1, dtype=np.int64)
    best[_cell(palette)] = np.arange(len(palette))
    away = np.where(best >= 0, color.gap(middles, art[best]), _FAR)
    cube, far = best.reshape((_SIDE,) * 3), away.reshape((_SIDE,) * 3)
    steps = [1 << bit for bit in reversed(range(_BITS))]
    for step in (*steps, 1):
        for axis in range(3):
            for by in (step, -step):
                _spread(cube, far, middles, art, axis, by)
    return best


def _spread(cube: Ints, far: Floats, middles: Floats, art: Floats, axis: int, by: int) -> None:
    """Offer each cell the answer of the one `by` cells away along an axis."""
    to, of = [slice(None)] * 3, [slice(None)] * 3
    to[axis] = slice(max(0, by), min(0, by) or None)
    of[axis] = slice(max(0, -by), min(0, -by) or None)
    offered = cube[tuple(of)]
    mine = middles.reshape((_SIDE,) * 3 + (3,))[tuple(to)]
    gap = np.where(offered >= 0, color.gap(mine, art[offered]), _FAR)
    better: Bools = gap < far[tuple(to)]
    np.copyto(far[tuple(to)], gap, where=better)
    np.copyto(cube[tuple(to)], offered, where=better)


def _middles() -> U8:
    """Return the middle colour of every cell, in the order of their numbers."""
    levels = (np.arange(_SIDE) << _DROPPED) + (1 << _DROPPED - 1)
    r, g, b = np.meshgrid(levels, levels, levels, indexing="ij")
    return np.stack([r, g, b], axis=-1).reshape(-1, 3).astype(np.uint8)
