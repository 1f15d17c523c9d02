"""Cut the matte out of a picture or an animation."""

from __future__ import annotations

import numpy as np

from ..accounts.jobs import Product
from ..contract.pictures import opened
from ..parts.colour import oklab
from ..parts.types import Bools, Pixels
from . import encode, rasters

_TOLERANCE = 0.12
_POCKET_TOLERANCE = 0.02
_WRITERS = {"PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


def cut_out(raw: bytes, threshold: int) -> Product:
    """Make the background transparent; the result is of the same kind as the input.

    Alpha below `threshold` counts as background; the rest becomes opaque.
    """
    with opened(raw) as image:
        kind = image.format or "PNG"
    frames, fps = rasters.decode_all(raw)
    cut = np.stack([_cut(frame, threshold) for frame in frames])
    height, width = cut.shape[1:3]
    metadata: dict[str, object] = {"width": width, "height": height}
    match kind:
        case "GIF":
            body = encode.gif(cut, fps)
        case "WEBP":
            body = encode.webp(cut, fps)
        case _:
            body = encode.png(cut[0])
    if kind != "PNG":
        metadata["frame_count"] = len(cut)
    return Product(body, _WRITERS[kind], metadata, {})


def _cut(frame: Pixels, threshold: int) -> Pixels:
    opaque = frame[..., 3] >= threshold if threshold else np.ones(frame.shape[:2], bool)
    if opaque.all():
        opaque = ~outside(frame)
    cut: Pixels = np.where(opaque[..., None], frame, np.uint8(0))
    cut[..., 3] = np.where(opaque, 255, 0)
    return cut


def outside(frame: Pixels) -> Bools:
    """Find the background: near the border's median colour and 4-connected to the border.

    Enclosed pockets (between arm and body) count only where they have that colour almost exactly.
    """
    ring = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])[:, :3]
    matte = np.median(ring, axis=0).astype(np.uint8)
    known, inverse = rasters.colours(frame)
    away = (oklab(known) - oklab(matte)) * np.array([1.0, 2.0, 2.0])
    distance = np.sqrt((away**2).sum(axis=-1))[inverse].reshape(frame.shape[:2])
    found: Bools = flooded(distance <= _TOLERANCE) | (distance <= _POCKET_TOLERANCE)
    return found


def flooded(passable: Bools) -> Bools:
    """Spread from the border through `passable` (height, width) along rows and columns."""
    reached = passable.copy()
    reached[1:-1, 1:-1] = False
    while True:
        grown = _along_rows(passable, reached)
        grown = _along_rows(passable.T, grown.T).T
        if (grown == reached).all():
            return reached
        reached = grown


def _along_rows(passable: Bools, reached: Bools) -> Bools:
    """Fill every horizontal run of passable pixels that holds a reached one."""
    starts = passable.copy()
    starts[:, 1:] &= ~passable[:, :-1]
    runs = np.cumsum(starts.ravel()).reshape(passable.shape) * passable
    is_hit = np.zeros(int(runs.max()) + 1, bool)
    is_hit[runs[reached]] = True
    is_hit[0] = False
    filled: Bools = is_hit[runs]
    return filled
