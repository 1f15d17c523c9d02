"""Find the pixel grid of enlarged pixel art whose edges are soft, or whose factor is not whole.

Edges lie at multiples of one period, so the profile of differences along an axis has a peak of its
spectrum there. Blur lowers the higher multiples and leaves the first.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..parts.types import Pixels

Floats = NDArray[np.float64]

#: Periods in px that are looked for, and how many cells a picture must have at least.
_SHORTEST, _LONGEST, _FEWEST_CELLS = 2.0, 64.0, 5
#: A side of fewer px says too little.
_SMALLEST = 32
#: Steps between two frequencies that a picture's length can tell apart.
_FINE = 8
#: Steps between the neighbours of the best frequency.
_NEARER = 65
#: Share of all edges that must agree; noise of 200 px reaches 0.06.
_CLEAR = 0.12
#: How much of a picture its cells may leave unsaid, as a share of its own variation.
_FAITHFUL = 0.6
#: A lower frequency may be the grid if it is nearly as strong as its multiples, and is it if its
#: cells say nearly as much.
_NEARLY, _AS_GOOD, _MOST_PEAKS = 0.8, 1.5, 8
#: Where a cell is looked at, as shares of its width from the middle.
_PLACES = (-0.12, 0.0, 0.12)


class Grid(msgspec.Struct, frozen=True):
    """Hold the period in px, and where the first cell begins in each axis (-period..0)."""

    period: float
    left: float
    top: float


def find(picture: Pixels) -> Grid | None:
    """Find the grid of (height, width, 4) uint8; None when no period is clear."""
    seen = picture.astype(np.float64)
    seen[..., :3] *= seen[..., 3:] / 255
    if min(picture.shape[:2]) < _SMALLEST:
        return None
    longest = min(_LONGEST, min(picture.shape[:2]) / _FEWEST_CELLS)
    steps = int(_FINE * max(picture.shape[:2]) * (1 / _SHORTEST - 1 / longest)) + 2
    rates = np.linspace(1 / longest, 1 / _SHORTEST, steps)
    for order in (1, 2):
        found = _candidates(seen, rates, order)
        unsaid = [_unsaid(seen, grid) for grid in found]
        if found:
            least = min(unsaid) * _AS_GOOD
            best = next(at for at, share in enumerate(unsaid) if share <= least)
            return found[best] if unsaid[best] <= _FAITHFUL else None
    return None


def _candidates(seen: Floats, rates: Floats, order: int) -> tuple[Grid, ...]:
    """Give the grids that the differences of one order speak for, the coarsest first.

    Between the middles of cells a bilinear enlargement rises evenly: its first differences show
    nothing, and its second ones the middles.
    """
    across, down = _profile(seen, order), _profile(seen.transpose(1, 0, 2), order)
    if not across.any() or not down.any():
        return ()
    strength = _strength(across, down, rates)
    if strength.max() < _CLEAR:
        return ()
    return tuple(_refined(across, down, rates, at, order) for at in _peaks(strength))


def _refined(across: Floats, down: Floats, rates: Floats, at: int, order: int) -> Grid:
    """Measure a period between the neighbours of its rate, and where the first cell begins."""
    near = np.linspace(rates[max(0, at - 1)], rates[min(len(rates) - 1, at + 1)], _NEARER)
    rate = near[[int(_strength(across, down, near).argmax())]]
    period = 1 / float(rate[0])
    # Colours change at the borders of cells and pixels, and bend in the middle of both.
    shift = 0.0 if order == 1 else 0.5 + 0.5 / period
    left, top = (_begin(_spectrum(axis, rate)[0], period, shift) for axis in (across, down))
    return Grid(period, left, top)


def _unsaid(seen: Floats, grid: Grid) -> float:
    """Say how much of a picture its cells do not say, as a share of its own variation."""
    cells = sampled(seen.astype(np.uint8), grid).astype(np.float64)
    places = (
        np.clip((np.arange(size) - begin) / grid.period, 0, count - 1).astype(np.int64)
        for size, begin, count in zip(
            seen.shape[:2], (grid.top, grid.left), cells.shape[:2], strict=True
        )
    )
    rows, columns = places
    varied = np.abs(seen - seen.mean(axis=(0, 1))).mean()
    return float(np.abs(cells[rows][:, columns] - seen).mean() / varied)


def sampled(picture: Pixels, grid: Grid) -> Pixels:
    """Take one colour for each cell: the median of nine places around its middle."""
    height, width = picture.shape[:2]
    rows, columns = _middles(grid.top, grid.period, height), _middles(grid.left, grid.period, width)
    taken = [
        picture[_at(rows, dy * grid.period, height)][:, _at(columns, dx * grid.period, width)]
        for dy in _PLACES
        for dx in _PLACES
    ]
    cells: Pixels = np.median(np.stack(taken), axis=0).astype(np.uint8)
    return cells


def _profile(seen: Floats, order: int) -> Floats:
    """Sum up the first or second differences for each column: where colours change, or bend."""
    found: Floats = np.abs(np.diff(seen, order, axis=1)).sum(axis=(0, 2))
    return np.concatenate([[0.0], found])


def _spectrum(profile: Floats, rates: Floats) -> NDArray[np.complex128]:
    """Say for each rate (cycles a px) which share of the edges agrees, and in which phase."""
    turns = np.exp(-2j * np.pi * np.outer(rates, np.arange(len(profile))))
    found: NDArray[np.complex128] = turns @ profile / profile.sum()
    return found


def _strength(across: Floats, down: Floats, rates: Floats) -> Floats:
    """Say for each rate how much of both axes' edges agrees, 0..1."""
    found: Floats = (np.abs(_spectrum(across, rates)) + np.abs(_spectrum(down, rates))) / 2
    return found


def _peaks(strength: Floats) -> tuple[int, ...]:
    """Find the peaks that are nearly as strong as the strongest, by rate."""
    inner = strength[1:-1]
    peaks = np.flatnonzero((inner >= strength[:-2]) & (inner >= strength[2:])) + 1
    strong = [int(at) for at in peaks if strength[at] >= _NEARLY * strength.max()]
    return tuple(strong[:_MOST_PEAKS]) or (int(strength.argmax()),)


def _begin(wave: np.complex128, period: float, shift: float) -> float:
    """Say where the first cell begins, from the phase of its edges, `shift` cells later."""
    offset = ((shift - float(np.angle(wave)) / (2 * np.pi)) * period) % period
    # An edge within a quarter of a px of the border is the border.
    return 0.0 if min(offset, period - offset) < 0.25 else offset - period


def _middles(begin: float, period: float, size: int) -> Floats:
    """List the middles of the cells of which at least half is inside."""
    middles: Floats = begin + period * (np.arange(int(size / period) + 2, dtype=np.float64) + 0.5)
    return middles[(middles >= 0) & (middles < size)]


def _at(middles: Floats, shift: float, size: int) -> NDArray[np.int64]:
    return np.clip(np.floor(middles + shift), 0, size - 1).astype(np.int64)
