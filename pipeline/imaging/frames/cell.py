"""Back from the canvas to the source: where frames lie, the cell they share, and mirroring.

Coordinates are px of the source as drawn, so a cell may start left of or above it at a negative
number. Frames are never trimmed singly: that makes feet slide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from ...core.errors import AssetError
from ...core.model import Pixels
from ..picture import raster
from ..picture.raster import U8
from ..upload.fit import Placement

#: left, top, right, bottom (exclusive).
Rect = tuple[int, int, int, int]
#: Of all frames of a clip together: 16 of 2048x2048 px, 256 MiB. No sheet that is loaded is larger,
#: and a record of a checkout can say anything of how large the pixels of a source are.
MOST_PX = 16 * 2048**2


class Placed(msgspec.Struct, frozen=True, eq=False):
    """Frames (frames, height, width, 4), whose top left corner lies at x, y of the source."""

    rgba: U8
    x: int
    y: int

    @property
    def rect(self) -> Rect:
        """Return the area that the frames cover."""
        height, width = self.rgba.shape[1:3]
        return self.x, self.y, self.x + width, self.y + height

    def ink(self) -> Rect | None:
        """Return the box of all pixels that show in any frame."""
        found = raster.box(self.rgba[..., 3] > 0)
        if found is None:
            return None
        return found[0] + self.x, found[1] + self.y, found[2] + self.x, found[3] + self.y

    def crop(self, rect: Rect) -> U8:
        """Return the frames on the area of `rect`, transparent where they do not reach."""
        out = np.zeros((len(self.rgba), rect[3] - rect[1], rect[2] - rect[0], 4), dtype=np.uint8)
        left, top, right, bottom = overlap(self.rect, rect)
        if right > left and bottom > top:
            out[:, top - rect[1] : bottom - rect[1], left - rect[0] : right - rect[0]] = self.rgba[
                :, top - self.y : bottom - self.y, left - self.x : right - self.x
            ]
        return out


def whole(pictures: Sequence[Pixels]) -> Placed:
    """Lay pictures of one size over the source as they are."""
    return Placed(np.stack([raster.array(one) for one in pictures]), 0, 0)


def put_back(frames: U8, placement: Placement) -> Placed:
    """Lay frames of the canvas (frames, height, width, 4) over the source, at its own scale.

    Of a source that is drawn in blocks only what is not empty is made larger. Raises AssetError
    when that is more than MOST_PX.
    """
    scale = placement.scale
    left, top, _, _ = placement.pad
    if scale == 1:
        return Placed(frames, -left, -top)
    x, y, right, bottom = raster.box(frames[..., 3] > 0) or (0, 0, 1, 1)
    width, height = (right - x) * scale, (bottom - y) * scale
    if len(frames) * width * height > MOST_PX:
        raise AssetError(
            f"{len(frames)} frames of {width}x{height} px are too large to be made: each pixel of"
            f" the drawing is {scale} px wide; draw it smaller"
        )
    shown = frames[:, y:bottom, x:right]
    return Placed(raster.enlarge(shown, scale), (x - left) * scale, (y - top) * scale)


def keep_alpha(placed: Placed, source: U8) -> Placed:
    """Put the source's soft alpha back wherever a frame shows the cut source unchanged."""
    height, width = source.shape[:2]
    rect = union(placed.rect, (0, 0, width, height))
    frames = placed.crop(rect)
    inner = frames[:, -rect[1] : -rect[1] + height, -rect[0] : -rect[0] + width]
    same = (inner == raster.cut(source)).all(axis=-1)
    inner[same] = np.broadcast_to(source, inner.shape)[same]
    return Placed(frames, rect[0], rect[1])


def flip_x(placed: Placed, axis: int) -> Placed:
    """Mirror left for right about x = axis / 2."""
    return Placed(placed.rgba[:, :, ::-1], axis - placed.rect[2], placed.y)


def flip_y(placed: Placed, axis: int) -> Placed:
    """Mirror top for bottom about y = axis / 2."""
    return Placed(placed.rgba[:, ::-1], placed.x, axis - placed.rect[3])


def pivot(stated: str | tuple[int, int] | None, source: U8) -> tuple[int, int]:
    """Return the pivot in px of the source: as stated, else the bottom centre of the art."""
    if isinstance(stated, tuple):
        return stated
    left, top, right, bottom = _art(source)
    words = (stated or "bottom").replace("-", " ").replace("_", " ").lower().split()
    x = left if "left" in words else right if "right" in words else (left + right) // 2
    if "top" in words:
        return x, top
    return x, bottom if "bottom" in words else (top + bottom) // 2


def mirror_axis(point: tuple[int, int], source: U8) -> int:
    """Return twice the x about which a flip keeps the pivot; art of odd width keeps its centre."""
    left, _, right, _ = _art(source)
    return left + right if abs(left + right - 2 * point[0]) <= 1 else 2 * point[0]


def shared(inks: list[Rect], size: tuple[int, int], point: tuple[int, int]) -> Rect:
    """Return the one cell for all clips of a source of `size` px.

    It is the source's own rectangle while all ink is inside, else it grows so that the pivot keeps
    its share of the width; upwards and downwards only as far as the ink needs.
    """
    whole: Rect = (0, 0, *size)
    wanted = whole
    for ink in inks:
        wanted = union(wanted, ink)
    if wanted == whole:
        return whole
    left, right = _grow(wanted[0], wanted[2], size[0], point[0])
    top, bottom = wanted[1], wanted[3]
    if abs(2 * point[1] - size[1]) <= 1:
        top, bottom = _grow(top, bottom, size[1], point[1])
    return left, top, right, bottom


def mirrored(base: U8, parts: Sequence[U8], point: tuple[int, int]) -> Rect:
    """Return the cell of pictures and their mirror images, before anything moves in them.

    `base` is what the pivot `point` was measured on. What is opaque all over is cut to its size.
    """
    inks = []
    for part in parts:
        left, top, right, bottom = _art(part)
        if not raster.is_tile(part):
            axis = mirror_axis(point, part)
            inks += [(left, top, right, bottom), (axis - right, top, axis - left, bottom)]
    return shared(inks, (base.shape[1], base.shape[0]), point)


def union(a: Rect, b: Rect) -> Rect:
    """Return the smallest area that holds both."""
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def overlap(a: Rect, b: Rect) -> Rect:
    """Return the area that both cover; empty when right <= left or bottom <= top."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _grow(first: int, last: int, length: int, at: int) -> tuple[int, int]:
    share = at / length
    if (first >= 0 and last <= length) or not 0 < share < 1:
        return min(first, 0), max(last, length)
    size = max((at - first) / share, (last - at) / (1 - share))
    return at - math.ceil(round(share * size, 9)), at + math.ceil(round((1 - share) * size, 9))


def _art(source: U8) -> Rect:
    found = raster.box(source[..., 3] >= raster.ALPHA_CUT)
    return found or (0, 0, source.shape[1], source.shape[0])
