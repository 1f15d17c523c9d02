"""What the motions know about a sprite: its pixels, its box, and its parts, each found once when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

ALPHA_CUT = 128


@dataclass(frozen=True)
class Box:
    """The opaque box of a sprite in canvas pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Return the width in pixels, at least 1 for a box that holds a pixel."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def centre_x(self) -> float:
        """Return the horizontal centre; a box of odd width has it in the middle of a pixel."""
        return (self.left + self.right) / 2

    @property
    def centre_y(self) -> float:
        """Return the vertical centre."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Room:
    """How far opaque pixels may travel to each side without touching the outermost canvas pixel."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, eq=False)
class Sprite:
    """A source sprite with alpha cut to 0 or 255: `pixels` is (height, width, 4) uint8."""

    pixels: Pixels

    @cached_property
    def height(self) -> int:
        """Return the canvas height."""
        return int(self.pixels.shape[0])

    @cached_property
    def width(self) -> int:
        """Return the canvas width."""
        return int(self.pixels.shape[1])

    @cached_property
    def opaque(self) -> Bools:
        """Return (height, width) bool: where the sprite is."""
        return self.pixels[..., 3] > 0

    @cached_property
    def box(self) -> Box:
        """Return the opaque box; an empty sprite gives a box of one pixel in the corner."""
        rows = np.flatnonzero(self.opaque.any(axis=1))
        columns = np.flatnonzero(self.opaque.any(axis=0))
        if not rows.size:
            return Box(0, 0, 1, 1)
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    @cached_property
    def room(self) -> Room:
        """Return the room round the box; a side on which the sprite touches the canvas has none."""
        box = self.box
        return Room(
            max(0, box.left - 1),
            max(0, box.top - 1),
            max(0, self.width - box.right - 1),
            max(0, self.height - box.bottom - 1),
        )

    @cached_property
    def area(self) -> int:
        """Return the number of opaque pixels."""
        return int(self.opaque.sum())

    @cached_property
    def row_spans(self) -> tuple[Ints, Ints]:
        """Return first and last opaque column of each row; (width, -1) for an empty row."""
        return _spans(self.opaque)

    @cached_property
    def column_spans(self) -> tuple[Ints, Ints]:
        """Return first and last opaque row of each column; (height, -1) for an empty column."""
        return _spans(self.opaque.T)


def cut(pixels: Pixels) -> Sprite:
    """Cut the alpha of straight RGBA at 128 to 0 or 255 and zero the RGB of transparent pixels."""
    solid = pixels[..., 3] >= ALPHA_CUT
    clean = np.where(solid[..., None], pixels, 0).astype(np.uint8)
    clean[..., 3] = np.where(solid, 255, 0)
    return Sprite(clean)


def _spans(mask: Bools) -> tuple[Ints, Ints]:
    length = mask.shape[1]
    first = np.where(mask.any(axis=1), mask.argmax(axis=1), length)
    last = np.where(mask.any(axis=1), length - 1 - mask[:, ::-1].argmax(axis=1), -1)
    return first.astype(np.intp), last.astype(np.intp)
