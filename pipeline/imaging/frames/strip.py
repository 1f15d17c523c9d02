"""What the service returned for one clip, as frames: a row of cells, or in another dress.

A row is what is asked for. A column, a grid, an animation and another number of frames hold the
same pictures, and they are paid for: they are read too. What is larger by a whole number is
reduced. Only what holds no frames of the canvas' size is of no use.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from ...core.errors import AssetError, SourceError
from ..picture import color, raster
from ..picture.raster import U8
from . import delivered
from .delivered import Pictures

#: Sixteen frames of 256 px, four times as large.
MAX_STRIP_PX = 16384
#: In smaller blocks the neighbours of the middle pixel touch the next block.
LEAST_CROSS = 5
#: Beats that a service may mean: eight a second, or what uneven durations can only be multiples of.
_BEAT_MS, _ANY_BEAT_MS = (80, 170), (40, 500)
_ADVICE = "it is kept; buy another take with `reroll`"


class _Layout(msgspec.Struct, frozen=True):
    """Cells in reading order, each `factor` times as large as the canvas."""

    columns: int
    rows: int
    factor: int

    @property
    def cells(self) -> int:
        return self.columns * self.rows


def frames(
    content: bytes, *, count: int, canvas: tuple[int, int], name: str, matte: str = ""
) -> U8:
    """Decode what was bought: (frames, height, width, 3) uint8 at the canvas' size.

    `count` frames were asked for; what came decides. Transparent pixels are shown on the `matte`.
    Raises AssetError when there are no frames of `canvas` px in it, or when it is damaged.
    """
    try:
        return read(content, count=count, canvas=canvas, name=name, matte=matte)
    except SourceError as exc:
        raise AssetError(f"{exc}; the service sent it so: {_ADVICE}") from exc


def read(content: bytes, *, count: int, canvas: tuple[int, int], name: str, matte: str = "") -> U8:
    """Return what `frames` does; but what may be whole in another copy raises SourceError."""
    if what := delivered.useless(content):
        raise AssetError(f"{name}: the service sent {what}, not frames; {_ADVICE}")
    claim = delivered.claim(content, name, max_side_px=MAX_STRIP_PX)
    found = delivered.decode(content, claim, name, max_side_px=MAX_STRIP_PX)
    behind = color.from_hex(matte) if matte else np.zeros(3, np.uint8)
    if len(found.frames) > 1 and (factor := _scale(found.frames[0], canvas)):
        pictures = _held(found, count)
        return np.stack([_middles(_flat(one, behind), factor) for one in pictures])
    return _cells(_flat(found.frames[0], behind), count, canvas, name)


def area_px(content: bytes, name: str) -> int:
    """Return how many pixels a file says it has; 0 for what is no picture by its first bytes.

    Nothing is unpacked. Raises SourceError for what is damaged.
    """
    if delivered.useless(content):
        return 0
    return delivered.claim(content, name, max_side_px=MAX_STRIP_PX).area_px


def _held(found: Pictures, count: int) -> list[U8]:
    """Return all frames, those again that an encoder showed for longer in place of equal ones."""
    total = sum(found.durations)
    if len(found.frames) == count or not total:
        return list(found.frames)
    beat_ms = total / count
    least_ms, most_ms = _BEAT_MS if len(set(found.durations)) == 1 else _ANY_BEAT_MS
    times = [round(one / beat_ms) for one in found.durations]
    is_held = sum(times) == count and all(times) and least_ms <= beat_ms <= most_ms
    if not is_held:
        return list(found.frames)
    return [one for one, many in zip(found.frames, times, strict=True) for _ in range(many)]


def _cells(picture: U8, count: int, canvas: tuple[int, int], name: str) -> U8:
    """Cut a still picture into the frames that it shows."""
    height, width = picture.shape[:2]
    layouts = list(_layouts((width, height), canvas))
    if not layouts:
        raise AssetError(
            f"{name}: the service sent {width}x{height} px, but {count} frames of "
            f"{canvas[0]}x{canvas[1]} px have no place there; {_ADVICE}"
        )
    for layout in sorted(layouts, key=lambda one: one.cells != count):
        cut = _trimmed(_cut(picture, layout, canvas), count)
        if len(cut) == count:
            return cut
    return _cut(picture, layouts[0], canvas)


def _layouts(size: tuple[int, int], canvas: tuple[int, int]) -> Iterator[_Layout]:
    """Yield what a picture's size may mean: rows before columns before grids."""
    most = min(size[0] // canvas[0], size[1] // canvas[1])
    found = [
        _Layout(size[0] // (canvas[0] * factor), size[1] // (canvas[1] * factor), factor)
        for factor in range(1, most + 1)
        if not size[0] % (canvas[0] * factor) and not size[1] % (canvas[1] * factor)
    ]
    found = [one for one in found if one.cells <= delivered.MOST_FRAMES]
    yield from sorted(found, key=lambda one: (one.rows > 1, one.columns > 1, one.factor))


def _cut(picture: U8, layout: _Layout, canvas: tuple[int, int]) -> U8:
    width, height = canvas
    small = _middles(picture, layout.factor)
    apart = small.reshape(layout.rows, height, layout.columns, width, 3).swapaxes(1, 2)
    cut = np.empty(apart.shape, dtype=np.uint8)
    for channel in range(3):  # pixels of three bytes are copied half as fast
        cut[..., channel] = apart[..., channel]
    return cut.reshape(layout.cells, height, width, 3)


def _trimmed(cut: U8, count: int) -> U8:
    """Drop blank cells after the frames that were asked for: a grid's last row may not be full."""
    rest = cut[count:]
    return cut[:count] if len(rest) and (rest == rest[:, :1, :1]).all() else cut


def _scale(picture: U8, canvas: tuple[int, int]) -> int:
    """Return by which whole number a picture is larger than the canvas; 0 when by none."""
    height, width = picture.shape[:2]
    factor = height // canvas[1]
    return factor if (width, height) == (canvas[0] * factor, canvas[1] * factor) else 0


def _middles(large: U8, factor: int) -> U8:
    """Reduce a picture to the median of the pixels around the middle of each block.

    Four around a corner, or the middle one and its neighbours. Measured at 8 times: noise of
    sigma 15 leaves 0.1 % of the pixels wrong (the middle one alone 14 %, the mode of the inner
    block 12 %), blur 2.8 % (4.2 %, 16 %); all of the inner block would let the neighbours in.
    """
    middle = factor // 2
    if factor % 2 == 0:
        around = [(y, x) for y in (middle - 1, middle) for x in (middle - 1, middle)]
    elif factor >= LEAST_CROSS:
        around = [(middle + y, middle + x) for y, x in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))]
    else:
        return large[middle::factor, middle::factor]
    seen = np.stack([large[y::factor, x::factor] for y, x in around])
    reduced: U8 = np.median(seen, axis=0).astype(np.uint8)
    return reduced


def _flat(rgba: U8, behind: U8) -> U8:
    """Drop alpha: what is asked for is opaque; where nothing is shown, the matte is."""
    solid = rgba[..., 3:] >= raster.ALPHA_CUT
    return rgba[..., :3] if solid.all() else np.where(solid, rgba[..., :3], behind)
