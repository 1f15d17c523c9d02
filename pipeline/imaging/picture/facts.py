"""What the rules may know about a source: colours, opaque share, and whether it is a sheet."""

from __future__ import annotations

import numpy as np

from ...core.model import Pixels, Record
from . import color, raster, repeats
from .raster import U8, Bools, Floats
from .repeats import MIN_CELL_PX

#: Smallest number of filled cells of a sheet.
MIN_CELLS = 3
#: Share of cells that must be filled, and of a filled cell's ink against the median.
MIN_FILLED, MIN_INK = 0.75, 0.4
#: Share of a cell border's pixels that art may cross.
MAX_CROSSING = 0.03
#: How much rougher grid lines are than other columns in a tileset without gaps, and from how
#: many cells on.
TILE_CONTRAST, TILE_CELLS = 3.0, 9


class Facts(Record, frozen=True, kw_only=True):
    """Distinct opaque colours, share 0..1 of opaque pixels, and whether it is several pictures."""

    colors: int
    opaque_share: float
    looks_like_sheet: bool
    #: Frames of one figure, touching ones and pairs among them; see repeats.py.
    repeats: bool = False


def facts(pixels: Pixels, *, frames: int = 1) -> Facts:
    """Return the facts of a decoded source; `frames` is `frame_count` of its file."""
    rgba = raster.array(pixels)
    solid = rgba[..., 3] >= raster.ALPHA_CUT
    return Facts(
        colors=_colors(rgba, solid),
        opaque_share=float(solid.mean()),
        looks_like_sheet=frames > 1 or _is_sheet(rgba, solid),
        repeats=repeats.repeats(rgba),
    )


def _colors(rgba: U8, solid: Bools) -> int:
    """Count the distinct colours of solid pixels, a band at a time."""
    height, width = solid.shape
    if solid.size <= raster.BAND_PX:
        return len(color.colors(rgba[solid][:, :3]))
    seen = np.zeros(1 << 24, dtype=np.bool_)
    for band in raster.bands(height, width):
        seen[color.pack(rgba[band][solid[band]][:, :3])] = True
    return int(seen.sum())


def _is_sheet(rgba: U8, solid: Bools) -> bool:
    height, width = solid.shape
    sizes = {(w, h) for w in _divisors(width) for h in _divisors(height) if 0.5 <= w / h <= 2}
    if solid.all():
        columns, rows = _roughness(rgba, axis=1), _roughness(rgba, axis=0)
        return any(_is_tileset(columns, rows, w, h) for w, h in sizes)
    return any(_has_cells(solid, w, h) for w, h in sizes)


def _divisors(side: int) -> list[int]:
    return [size for size in range(MIN_CELL_PX, side + 1) if side % size == 0]


def _has_cells(solid: Bools, w: int, h: int) -> bool:
    """Say whether separate figures of similar size stand in cells of w x h px."""
    height, width = solid.shape
    if width * height // (w * h) < MIN_CELLS or _crossing(solid, w, h) > MAX_CROSSING:
        return False
    cells = solid.reshape(height // h, h, width // w, w).swapaxes(1, 2).reshape(-1, h, w)
    ink = cells.sum(axis=(1, 2))
    filled = ink > 0
    if filled.sum() < MIN_CELLS or filled.mean() < MIN_FILLED:
        return False
    figures, ink = cells[filled], ink[filled]
    similar = ink >= MIN_INK * np.median(ink)
    return bool(similar.mean() >= MIN_FILLED and _are_figures(figures[similar]))


def _are_figures(cells: Bools) -> bool:
    """Say whether the cells hold whole figures: each spans a good part of its cell both ways."""
    spans = np.stack([cells.any(axis=1).sum(axis=1), cells.any(axis=2).sum(axis=1)])
    sides = np.array([[cells.shape[2]], [cells.shape[1]]])
    return bool(((spans / sides) >= 0.4).all(axis=0).mean() >= MIN_FILLED)


def _crossing(solid: Bools, w: int, h: int) -> float:
    across = solid[:, w - 1 : -1 : w] & solid[:, w::w]
    down = solid[h - 1 : -1 : h] & solid[h::h]
    length = across.size + down.size
    return float(across.sum() + down.sum()) / length if length else 1.0


def _roughness(rgba: U8, axis: int) -> Floats:
    """Return how much each line of pixels differs from the next one along `axis`, on average."""
    here, there = (rgba[:, :-1], rgba[:, 1:]) if axis == 1 else (rgba[:-1], rgba[1:])
    height, width = here.shape[:2]
    sums = []
    for band in raster.bands(height, width):
        one, other = here[band], there[band]
        # In uint8 to the end: a large picture would take eight times its size in other types.
        steps = np.maximum(one, other) - np.minimum(one, other)
        sums.append(steps.sum(axis=(1 - axis, 2), dtype=np.int64))
    total = np.sum(sums, axis=0) if axis == 1 else np.concatenate([*sums, np.zeros(0, np.int64)])
    length = height if axis == 1 else width
    mean: Floats = (total / max(1, 4 * length)).astype(np.float32)
    return mean


def _is_tileset(columns: Floats, rows: Floats, w: int, h: int) -> bool:
    """Say whether an opaque picture breaks along the lines of a w x h grid, both ways."""
    width, height = columns.size + 1, rows.size + 1
    if width * height // (w * h) < TILE_CELLS or width == w or height == h:
        return False
    return all(
        line[size - 1 :: size].min() > TILE_CONTRAST * max(1.0, float(np.median(line)))
        for line, size in ((columns, w), (rows, h))
    )
