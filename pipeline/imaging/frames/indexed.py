"""A clip in the making: frames as palette numbers, beside the source that they were made from."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from ..picture import color, raster
from ..picture.raster import U8, Bools, Floats, Index, Ints

#: The distances of so many colours to each other are kept: 1 MiB.
TABLE_COLORS = 512


class Reel(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Frames (frames, height, width) and source (height, width) as numbers of palette colours.

    -1 is transparent. The palette's first `own` colours are the source's.
    """

    index: Index
    source: Index
    palette: U8
    own: int

    @property
    def count(self) -> int:
        """Return the number of frames."""
        return int(self.index.shape[0])

    @cached_property
    def measures(self) -> dict[str, Any]:
        """Keep what others have measured of these frames, by its name: many ask for the same."""
        return {}

    @cached_property
    def solid(self) -> Bools:
        """Return which pixels of the frames are opaque."""
        return self.index >= 0

    @cached_property
    def source_solid(self) -> Bools:
        """Return which pixels of the source are opaque."""
        return self.source >= 0

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of what is opaque in any frame; 0, 0, 1, 1 of nothing."""
        return raster.box(self.solid) or (0, 0, 1, 1)

    @cached_property
    def inside(self) -> Index:
        """Return the frames within `box`: outside, all of them are transparent."""
        left, top, right, bottom = self.box
        return np.ascontiguousarray(self.index[:, top:bottom, left:right])

    @cached_property
    def changes(self) -> Bools:
        """Return which pixels within `box` differ in the next frame; the first follows the last."""
        changes = np.empty(self.inside.shape, dtype=np.bool_)
        np.not_equal(self.inside[:-1], self.inside[1:], out=changes[:-1])
        np.not_equal(self.inside[-1], self.inside[0], out=changes[-1])
        return changes

    def apart(self, a: Index | int, b: Index | int) -> Floats:
        """Return the deltaE2 of palette numbers of one shape; transparent against opaque is 1.0.

        Of a few colours a table is quicker; of more it would take a gigabyte.
        """
        if self._table is not None:
            known: Floats = self._table[a, b]
            return known
        gap = color.gap(self._shades[a], self._shades[b])
        one, other = np.less(a, 0), np.less(b, 0)
        away: Floats = np.where(one | other, np.float32(1), gap)
        return np.where(one & other, np.float32(0), away)

    @cached_property
    def _shades(self) -> Floats:
        return color.lab_of(self.palette)

    @cached_property
    def _table(self) -> Floats | None:
        """Return the distance of every two numbers; the last, so -1 too, is transparent."""
        size = len(self.palette)
        if size > TABLE_COLORS:
            return None
        table = np.ones((size + 1, size + 1), dtype=np.float32)
        table[:size, :size] = color.distances(self._shades, self._shades)
        table[size, size] = 0.0
        return table

    @cached_property
    def steps(self) -> tuple[float, ...]:
        """Return the difference of each frame to the next, the last being the seam."""
        if self._table is None:
            after = np.roll(self.index, -1, axis=0)
            return tuple(self.difference(a, b) for a, b in zip(self.index, after, strict=True))
        size = len(self._table)
        numbers = np.where(self.inside < 0, np.int32(size - 1), self.inside)
        table, empty = self._table.ravel(), size * size - 1
        found = []
        for at, a in enumerate(numbers):
            pairs = a * np.int32(size) + numbers[(at + 1) % len(numbers)]
            pairs = pairs[pairs != empty]
            found.append(float(table.take(pairs).mean()) if pairs.size else 0.0)
        return tuple(found)

    @cached_property
    def rows(self) -> Ints:
        """Return how many px of each row are opaque, (frames, height)."""
        _, top, _, bottom = self.box
        counts = np.zeros(self.index.shape[:2], dtype=np.int64)
        np.sum(self.inside >= 0, axis=2, out=counts[:, top:bottom])
        return counts

    @cached_property
    def columns(self) -> Ints:
        """Return how many px of each column are opaque, (frames, width)."""
        left, _, right, _ = self.box
        counts = np.zeros((self.count, self.index.shape[2]), dtype=np.int64)
        np.sum(self.inside >= 0, axis=1, out=counts[:, left:right])
        return counts

    def difference(self, a: Index, b: Index) -> float:
        """Return the mean deltaE2 of two frames over the union of their opaque pixels."""
        union = (a >= 0) | (b >= 0)
        return float(self.apart(a[union], b[union]).mean()) if union.any() else 0.0

    def with_index(self, index: Index) -> Reel:
        """Return the same clip with other frames."""
        return replace(self, index=index.astype(np.int32, copy=False))

    def rgba(self) -> U8:
        """Return the frames as (frames, height, width, 4) uint8."""
        return paint(self.index, self.palette)


def paint(index: Index, palette: U8) -> U8:
    """Colour palette numbers of any shape; -1 becomes transparent black."""
    table = np.zeros((len(palette) + 1, 4), dtype=np.uint8)
    table[:-1, :3] = palette
    table[:-1, 3] = 255
    # A pixel as one number, and places of the machine's own size: eight times as fast.
    words = table.view(np.uint32)[:, 0][index.astype(np.intp)]
    return words.view(np.uint8).reshape(*index.shape, 4)


def number(rgba: U8, palette: U8) -> Index:
    """Return the palette numbers of an alpha-cut picture whose colours are all in the palette."""
    codes = color.pack(palette)
    order = np.argsort(codes)
    at = np.searchsorted(codes[order], color.pack(rgba[..., :3])).clip(0, len(codes) - 1)
    return np.where(rgba[..., 3] > 0, order[at], -1).astype(np.int32)
