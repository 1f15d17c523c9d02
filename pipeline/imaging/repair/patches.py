"""How well patches fit: the error of each pixel with that of the 3x3 and the 5x5 around it.

A plane lies in one row of places, with a margin around it: what lies beside a pixel, or above it,
is so many places away, and a pass over the plane is one loop.
"""

from __future__ import annotations

import numpy as np

from ..picture.raster import Floats

#: Pixels of a patch on each side of its middle.
_REACH = 2


class Patches:
    """The costs of one plane (height, width) of errors after the other, in the same memory."""

    def __init__(self, shape: tuple[int, int], row: int = 0) -> None:
        """Take room for planes; `row` places, at least 4 more than a row is wide, are a row."""
        height, self._width = shape
        self._row = row or self._width + 2 * _REACH
        self._first, self._size = _REACH * (self._row + 1), height * self._row
        self._flat = np.zeros(self._size + 2 * self._first, dtype=np.float32)
        self._wide = self._flat[: -2 * _REACH].reshape(-1, self._row)
        self._rows = np.zeros_like(self._flat)
        self._cost, self._box = np.empty((2, self._size), dtype=np.float32)

    @property
    def error(self) -> Floats:
        """Return the places (places,) that errors are written to, whole rows of them."""
        return self._flat[self._first : self._first + self._size]

    def costs(self) -> Floats:
        """Return each pixel's own error plus the means around it, (places,), until the next."""
        self._frame()
        flat, rows, cost, box = self._flat, self._rows, self._cost, self._box
        inner = rows[2:-2]
        np.add(flat[1:-3], flat[2:-2], out=inner)
        inner += flat[3:-1]
        np.add(self._beside(-1), self._beside(0), out=cost)
        cost += self._beside(1)
        cost *= np.float32(1 / 9)
        cost += self.error
        inner += flat[:-4]
        inner += flat[4:]
        np.add(self._beside(-2), self._beside(-1), out=box)
        for down in (0, 1, 2):
            box += self._beside(down)
        box *= np.float32(1 / 25)
        cost += box
        return cost

    def _beside(self, down: int) -> Floats:
        """Return the sums of rows so many rows below each pixel."""
        first = self._first + down * self._row
        return self._rows[first : first + self._size]

    def _frame(self) -> None:
        """Repeat the plane's edge twice on each side."""
        wide, right = self._wide, _REACH + self._width
        rows = wide[_REACH:-_REACH]
        rows[:, :_REACH] = rows[:, _REACH : _REACH + 1]
        rows[:, right : right + _REACH] = rows[:, right - 1 : right]
        wide[:_REACH], wide[-_REACH:] = rows[0], rows[-1]


def costs(error: Floats) -> Floats:
    """Return the costs (height, width) of a plane of errors."""
    height, width = error.shape
    patches = Patches((height, width))
    patches.error.reshape(height, -1)[:, :width] = error
    return patches.costs().reshape(height, -1)[:, :width]
