"""Where each cell of a sheet stands. The one place that decides columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..core.errors import AssetError
from ..core.model import Frame, Pixels, Record

#: Widest image in px that is laid out unasked: what every engine and browser takes.
MAX_WIDTH_PX = 2048
#: Highest image in px: the largest texture of common graphics cards.
MAX_HEIGHT_PX = 16384


class Layout(Record, frozen=True, kw_only=True):
    """Equal cells in row-major order, `gutter` px apart, in an image of width by height px."""

    cell: tuple[int, int]
    count: int
    columns: int
    rows: int
    gutter: int = 0
    width: int
    height: int

    def place(self, index: int) -> tuple[int, int]:
        """Return the top left corner in px of cell `index`."""
        row, column = divmod(index, self.columns)
        return column * (self.cell[0] + self.gutter), row * (self.cell[1] + self.gutter)


class Limits(Record, frozen=True, kw_only=True):
    """What the user wants of a layout."""

    #: Most cells in a row; 0: as many as fit.
    columns: int = 0
    gutter: int = 0
    #: Largest width and height in px.
    max_width: int = MAX_WIDTH_PX
    max_height: int = MAX_HEIGHT_PX
    power_of_two: bool = False


def arrange(cell: tuple[int, int], count: int, limits: Limits | None = None) -> Layout:
    """Lay out `count` cells of `cell` px.

    Raises AssetError when they do not fit into the largest width and height.
    """
    limits = limits or Limits()
    fitting = (limits.max_width + limits.gutter) // (cell[0] + limits.gutter)
    columns = min(count, limits.columns or max(1, fitting))
    rows = -(-count // columns)
    width, height = _extent(cell[0], columns, limits), _extent(cell[1], rows, limits)
    if width > limits.max_width or height > limits.max_height:
        frames = "1 frame" if count == 1 else f"{count} frames"
        raise AssetError(
            f"{frames} of {cell[0]}x{cell[1]} px need{'s' * (count == 1)} a sheet of "
            f"{width}x{height} px, more than {limits.max_width}x{limits.max_height}; allow a "
            "larger one (targets: sheet: {max_width: …, max_height: …}), or ask for fewer frames"
        )
    return Layout(
        cell=cell,
        count=count,
        columns=columns,
        rows=rows,
        gutter=limits.gutter,
        width=width,
        height=height,
    )


def draw(layout: Layout, frames: Sequence[Frame]) -> Pixels:
    """Return the image: each frame at its place, all else transparent."""
    stride = layout.width * 4
    row_bytes = layout.cell[0] * 4
    if (layout.width, layout.height) == (len(frames) * layout.cell[0], layout.cell[1]):
        starts = range(0, layout.height * row_bytes, row_bytes)
        cells = [frame.pixels.rgba for frame in frames]
        row = b"".join([cell[at : at + row_bytes] for at in starts for cell in cells])
        return Pixels(width=layout.width, height=layout.height, rgba=row)
    image = bytearray(stride * layout.height)
    for index, frame in enumerate(frames):
        left, top = layout.place(index)
        for y in range(layout.cell[1]):
            at = (top + y) * stride + left * 4
            image[at : at + row_bytes] = frame.pixels.rgba[y * row_bytes : (y + 1) * row_bytes]
    return Pixels(width=layout.width, height=layout.height, rgba=bytes(image))


def strip(frames: Sequence[Frame]) -> Pixels:
    """Return `frames` side by side in one row, however wide."""
    cell = (frames[0].pixels.width, frames[0].pixels.height)
    limits = Limits(columns=len(frames), max_width=len(frames) * cell[0])
    return draw(arrange(cell, len(frames), limits), frames)


def digest(pixels: Pixels) -> str:
    """Return the SHA-256 of size and pixels: equal for equal pictures, however encoded."""
    found = hashlib.sha256(f"{pixels.width}x{pixels.height} rgba8\n".encode())
    found.update(pixels.rgba)
    return found.hexdigest()


def _extent(side: int, count: int, limits: Limits) -> int:
    """Return the px that `count` cells take, with gutters between, rounded up if wished."""
    px = count * side + (count - 1) * limits.gutter
    return 1 << (px - 1).bit_length() if limits.power_of_two else px
