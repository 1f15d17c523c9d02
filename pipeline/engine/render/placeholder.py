"""Stand in where only a generative model could answer, so that a client's path can be tried.

What comes out has the kind, size and shape of an answer, and says in `inputs.placeholder` that it
is none.
"""

from __future__ import annotations

import hashlib

import numpy as np

from ..contract.errors import InvalidImage
from ..contract.orders import GenerateOrder, RetakeOrder
from ..parts.types import Pixels
from . import rasters

SIDE = 92
_CELLS, _BORDER = 23, 3
_MOST_FRAMES = 24


def figure(order: GenerateOrder) -> Pixels:
    """Draw a symmetric pattern, (92, 92, 4) uint8 and opaque: another one for each prompt."""
    name = f"{order.model}\n{order.prompt}".encode()
    raw = hashlib.shake_128(name).digest(3 * 3 + _CELLS * _CELLS)
    colours = np.frombuffer(raw[:9], np.uint8).reshape(3, 3)
    chance = np.frombuffer(raw[9:], np.uint8).reshape(_CELLS, _CELLS)
    cells = np.where(chance < 96, 1, np.where(chance < 160, 2, 0))
    cells = np.minimum(cells, cells[:, ::-1])
    inside = slice(_BORDER, -_BORDER)
    framed = np.zeros_like(cells)
    framed[inside, inside] = cells[inside, inside]
    opaque = np.concatenate([colours, np.full((3, 1), 255, np.uint8)], axis=1)
    grown = np.repeat(np.repeat(framed, SIDE // _CELLS, 0), SIDE // _CELLS, 1)
    drawn: Pixels = opaque[grown]
    return drawn


def unchanged(order: RetakeOrder) -> tuple[Pixels, int]:
    """Give the frames as they were, (frames, height, width, 4) uint8, and the frames a second.

    Raises InvalidImage when the region ends after the last frame.
    """
    frames, fps = rasters.decode_all(order.image)
    if len(frames) == 1:
        frames = _split(frames[0], order.frame_count)
    if order.end_frame is not None and order.end_frame >= len(frames):
        raise InvalidImage(
            f"`retake_region` ends at frame {order.end_frame}; the animation has {len(frames)}, "
            "counted from 0."
        )
    return frames, fps


def _split(strip: Pixels, count: int) -> Pixels:
    """Cut one row into `count` frames; 0: into squares if it is made of some, else it is one."""
    height, width = strip.shape[:2]
    squares = width // height if width % height == 0 else 1
    count = count or (squares if squares <= _MOST_FRAMES else 1)
    if width % count:
        count = 1
    return strip.reshape(height, count, width // count, 4).transpose(1, 0, 2, 3)
