"""Fit a sprite to the service's canvas: room for the motion, allowed aspect, no resampling.

The service takes sides up to 256 px and an aspect from 1:2 to 2:1, and its frames have the size of
what was sent, so that cutting the margins off again is exact.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from ...core.errors import SourceError
from ...core.model import MAX_ASPECT, MAX_SIDE_PX, MIN_SIDE_PX, Pixels, Record
from ...core.motion_words import ROOM, TURNING, affirmed, telling
from ..picture import raster
from ..picture.raster import U8

#: Every motion gets at least this room; one more stays empty, so that clipping can be seen.
MIN_MARGIN_PX, FREE_PX = 2, 1
#: A larger source is not scaled back up: its sheet would fill a gigabyte.
MAX_UPSCALED_PX = 1024


class Margins(NamedTuple):
    """Room on each side, as a share of the art's box or in px."""

    left: float
    top: float
    right: float
    bottom: float


class Placement(Record, frozen=True, kw_only=True):
    """Where the source lies in the canvas.

    `pad` is left, top, right, bottom in px around the source divided by `scale`; a negative number
    cuts away empty border.
    """

    canvas: tuple[int, int]
    pad: tuple[int, int, int, int]
    scale: int


class MotionClass(Record, frozen=True, kw_only=True):
    """A kind of motion, and its margins as shares of the art's width and height."""

    name: str
    sides: float
    top: float
    is_floating: bool = False


CLASSES = (
    MotionClass(
        name="effect",
        sides=0.30,
        top=0.30,
        is_floating=True,
    ),
    MotionClass(
        name="attack",
        sides=0.30,
        top=0.15,
    ),
    MotionClass(
        name="hop",
        sides=0.20,
        top=0.45,
    ),
    MotionClass(
        name="float",
        sides=0.20,
        top=0.20,
        is_floating=True,
    ),
    MotionClass(
        name="run",
        sides=0.20,
        top=0.20,
    ),
    MotionClass(
        name="walk",
        sides=0.15,
        top=0.15,
    ),
)  # fmt: skip
IDLE = MotionClass(name="idle", sides=0.10, top=0.10)
_TELLING = {name: telling(stems) for name, stems in ROOM.items()}
_TURNS = telling(TURNING)


@lru_cache(maxsize=64)
def motion_classes(clip: str, prompt: str) -> tuple[MotionClass, ...]:
    """Return the classes that the clip's name and the prompt speak of, else idle alone."""
    words = _words(clip, prompt)
    found = tuple(kind for kind in CLASSES if _TELLING[kind.name].search(words))
    return found or (IDLE,)


def place(
    source: U8, *, path: str, clip: str, prompt: str, fit: int | Literal["tight", "pad"] | None
) -> Placement:
    """Return the canvas for an alpha-cut source (height, width, 4).

    A source that is opaque all over is a tile or a scene: it gets no room unless a rule says so.

    Raises SourceError when nothing is opaque, or when no allowed canvas holds the art.
    """
    box = raster.box(source[..., 3] >= raster.ALPHA_CUT)
    if box is None:
        raise SourceError(
            f"{path}: every pixel is transparent (alpha under {raster.ALPHA_CUT}); "
            "there is nothing to animate"
        )
    if fit is None and raster.is_tile(source):
        fit = "tight"
    kinds = motion_classes(clip, prompt)
    wanted = _margins(box, kinds, _words(clip, prompt), fit)
    floating = any(kind.is_floating for kind in kinds)
    placement = _try(source, box, wanted, floating)
    is_small = max(source.shape[:2]) <= MAX_UPSCALED_PX
    factor = raster.upscale_factor(source) if placement is None and is_small else 1
    if placement is None and factor > 1:
        small = tuple(side // factor for side in box)
        # Shares and least px count in the small picture; what a rule states, in the source's px.
        own = fit / factor if isinstance(fit, int) else fit
        margins = _margins(small, kinds, _words(clip, prompt), own)
        placement = _try(source[::factor, ::factor], small, margins, floating, factor)
    if placement is None:
        raise SourceError(_too_large(path, source, box))
    return placement


def unfit(picture: Pixels) -> str:
    """Say why no margins let a picture be sent as a whole; "" when it can be."""
    rgba = raster.array(picture)
    if max(rgba.shape[:2]) <= MAX_SIDE_PX and (rgba[..., 3] >= raster.ALPHA_CUT).any():
        return ""
    # Of a large one only the box of the art counts, and a copy would take its size again.
    source = raster.cut(rgba) if max(rgba.shape[:2]) <= MAX_UPSCALED_PX else rgba
    try:
        place(source, path="", clip="", prompt="", fit="tight")
    except SourceError as exc:
        return str(exc).removeprefix(": ")
    return ""


def canvas(source: U8, placement: Placement) -> U8:
    """Lay an alpha-cut source out on its canvas: (canvas height, canvas width, 4)."""
    small = source[:: placement.scale, :: placement.scale]
    width, height = placement.canvas
    left, top, _, _ = placement.pad
    out = np.zeros((height, width, 4), dtype=np.uint8)
    x0, y0 = max(0, left), max(0, top)
    part = small[max(0, -top) :, max(0, -left) :][: height - y0, : width - x0]
    out[y0 : y0 + part.shape[0], x0 : x0 + part.shape[1]] = part
    return out


@lru_cache(maxsize=64)
def _words(clip: str, prompt: str) -> str:
    return " " + affirmed(f"{clip.replace('_', ' ')}, {prompt}")


@lru_cache(maxsize=64)
def _turns(words: str) -> bool:
    return _TURNS.search(words)


def _margins(
    box: tuple[int, ...],
    kinds: tuple[MotionClass, ...],
    words: str,
    fit: float | Literal["tight", "pad"] | None,
) -> Margins:
    """Return the room in px that the art wants on each side of its box."""
    if fit == "tight":
        return Margins(0, 0, 0, 0)
    if isinstance(fit, int | float):
        return Margins(fit, fit, fit, fit)
    width, height = box[2] - box[0], box[3] - box[1]
    side = _room(max(kind.sides for kind in kinds), width)
    top = _room(max(kind.top for kind in kinds), height)
    bottom = _room(0.30 if kinds[0].name == "effect" else 0.10, height)
    if _turns(words):
        diagonal = math.hypot(width, height)
        side = max(side, math.ceil((diagonal - width) / 2) + FREE_PX)
        top = max(top, math.ceil((diagonal - height) / 2) + FREE_PX)
        bottom = max(bottom, top)
    return Margins(side, top, side, bottom)


def _room(share: float, length: int) -> int:
    return max(MIN_MARGIN_PX, math.ceil(share * length)) + FREE_PX


def _try(
    source: U8, box: tuple[int, ...], wanted: Margins, floating: bool, scale: int = 1
) -> Placement | None:
    """Return a placement with as much of the wanted room as fits, or None."""
    height, width = source.shape[:2]
    left, right = _axis(width, box[0], box[2], wanted.left, wanted.right)
    top, bottom = _axis(height, box[1], box[3], wanted.top, wanted.bottom)
    wide, high = width + left + right, height + top + bottom
    add_x = max(0, -(-high // MAX_ASPECT) - wide, MIN_SIDE_PX - wide)
    add_y = max(0, -(-wide // MAX_ASPECT) - high, MIN_SIDE_PX - high)
    wide, high = wide + add_x, high + add_y
    if max(wide, high) > MAX_SIDE_PX:
        return None
    above = add_y // 2 if floating else add_y
    pad = (
        left + add_x // 2,
        top + above,
        right + add_x - add_x // 2,
        bottom + add_y - above,
    )
    return Placement(canvas=(wide, high), pad=pad, scale=scale)


def _axis(length: int, first: int, last: int, before: float, after: float) -> tuple[int, int]:
    """Return the px to add before and after one axis, less than wanted where 256 px are full."""
    start = max(0, math.ceil(before) - first)
    end = max(0, math.ceil(after) - (length - last))
    over = length + start + end - MAX_SIDE_PX
    if over <= 0:
        return start, end
    cut_start = min(start, (over + 1) // 2)
    cut_end = min(end, over - cut_start)
    cut_start = min(start, over - cut_end)
    start, end, over = start - cut_start, end - cut_end, over - cut_start - cut_end
    if over > 0:  # the canvas itself is too large: give up its empty border
        spare_end = min(over, length - last)
        start, end = start - min(over - spare_end, first), end - spare_end
    return start, end


def _too_large(path: str, source: U8, box: tuple[int, ...]) -> str:
    height, width = source.shape[:2]
    size = f"{path}: {width}x{height} px"
    remedy = "draw it smaller, or cut it into sprites"
    if box[2] - box[0] > MAX_SIDE_PX:
        return f"{size} is wider than {MAX_SIDE_PX}; {remedy}"
    if box[3] - box[1] > MAX_SIDE_PX:
        return f"{size} is higher than {MAX_SIDE_PX}; {remedy}"
    return f"{size} does not fit {MAX_SIDE_PX}x{MAX_SIDE_PX} at 1:2 to 2:1; {remedy}"
