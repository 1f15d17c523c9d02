"""Motions that turn the sprite: spin, rotate, pendulum, tilt."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.colour import rim
from ..parts.types import Floats, Ints
from . import enlarge, gather, gather_parts, shears, waves
from .motion import Motion, Parameters

PENDULUM = np.radians(10.0)
TILT = np.radians(7.0)
EDGE_SHARE = 0.15
THIN_SHARE = 0.4
ROUND_SHARE = 0.87


def spin(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Turn about the upright axis like a coin.

    width R(W |cos|), the back mirrored.

    Every row keeps its two rim pixels, so the outline stays closed and round; a thin view shows
    each row's commonest inner colour between them, so the edge-on frame is solid.
    """
    box = sprite.box
    turn = np.round(np.cos(waves.phases(frames, parameters.cycles)), 9)
    thinnest = min(1.0, max(3, EDGE_SHARE * box.width) / box.width)
    scale = np.maximum(np.abs(turn), thinnest)
    first, last = (spans[None, :, None] for spans in sprite.row_spans)
    width = last - first + 1
    shown = width - 2 * waves.half_up(width * (1 - scale[:, None, None]) / 2)
    shown = np.maximum(shown, np.minimum(width, 4 - width % 2))
    middle = box.centre_x + ((first + last + 1) / 2 - box.centre_x) * scale[:, None, None]
    place = np.arange(sprite.width) - waves.half_up(middle - shown / 2)
    inner = (2 * place - 1) * np.maximum(width - 2, 0) // np.maximum(2 * (shown - 2), 1)
    source = np.where(place == 0, first, np.where(place == shown - 1, last, first + 1 + inner))
    source = np.where(turn[:, None, None] < 0, first + last - source, source)
    there = (place >= 0) & (place < shown) & (last >= first)
    flat = np.arange(sprite.height)[None, :, None] * sprite.width + np.clip(
        source, 0, sprite.width - 1
    )
    thin = (scale < THIN_SHARE)[:, None, None]
    seen = np.where(thin, _plain(sprite).reshape(-1)[flat], flat)
    return np.where(there, seen, gather.VOID)


def _plain(sprite: Sprite) -> Ints:
    """Return the map that shows inside each row only the row's commonest inner colour."""
    map_ = gather.identity(sprite).copy()
    first, last = sprite.row_spans
    for row in np.flatnonzero(last - first >= 2):
        inside = slice(int(first[row]) + 1, int(last[row]))
        colours = sprite.palette.index[row, inside]
        counts = np.bincount(colours[colours >= 0], minlength=1)
        if counts.any():
            map_[row, inside] = sprite.palette.sample[int(np.argmax(counts))]
    return map_


def rotate(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Roll one whole turn about the centre, quarter turns exact.

    A sprite whose corners would leave the canvas stays still, and `perform` falls back to tilting
    it.
    """
    box, room = sprite.box, sprite.room
    rows, columns = np.nonzero(sprite.opaque)
    far = np.sqrt(
        ((columns + 0.5 - box.centre_x) ** 2 + (rows + 0.5 - box.centre_y) ** 2).max(initial=0)
    )
    least = min(
        room.left + box.width / 2,
        room.right + box.width / 2,
        room.top + box.height / 2,
        room.bottom + box.height / 2,
    )
    angles = (parameters.across or 1) * waves.phases(frames, parameters.cycles)
    if abs(box.width - box.height) <= 1 and is_round(sprite):
        return _turned_inside(sprite, angles)
    if far + 0.5 > least:
        return gather.still(sprite, frames)
    return enlarge.turned(sprite, angles, (box.centre_x, box.centre_y))


def _turned_inside(sprite: Sprite, angles: Floats) -> Ints:
    """Turn what lies inside the rim about the centre; a round rim looks the same at every angle."""
    box = sprite.box
    inside = sprite.opaque & ~rim(sprite.opaque)
    turning = enlarge.turned(sprite, angles, (box.centre_x, box.centre_y))
    from_inside = np.append(inside.reshape(-1), False)[turning]
    return np.where(inside & from_inside, turning, gather.identity(sprite))


def pendulum(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Swing from the nail.

    Turn by 10 degrees times sin about the top's middle.
    """
    box = sprite.box
    return _swung(sprite, frames, parameters, PENDULUM, (box.centre_x, float(box.top)))


def tilt(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Rock on the floor.

    Turn by 7 degrees times sin about the foot's middle.
    """
    box = sprite.box
    if sprite.eyes is not None or len(sprite.legs) >= 2:
        return shears.leaning(sprite, frames, parameters, np.tan(TILT))
    return _swung(sprite, frames, parameters, TILT, (box.centre_x, float(box.bottom)))


def _swung(
    sprite: Sprite, frames: int, parameters: Parameters, angle: float, pivot: tuple[float, float]
) -> Ints:
    """Swing about a pivot.

    At least far enough for the far end to move a pixel, at most as far as the room allows.
    """
    box = sprite.box
    arm = max(box.height, box.width / 2)
    widest = max(angle * parameters.strength, 1.0 / arm)
    side = parameters.across or 1
    for share in (1.0, 0.8, 0.6, 0.4, 0.2):
        angles = side * share * widest * waves.swing(frames, parameters.cycles)
        map_ = gather_parts.tidy(sprite, _turned(sprite, angles, pivot))
        if gather.contained(sprite, map_):
            return map_
    return gather.still(sprite, frames)


def _turned(sprite: Sprite, angles: Floats, pivot: tuple[float, float]) -> Ints:
    """Turn on the enlarged grid if small, by three shears if not (Paeth 1986).

    A round sprite is moved, and turned inside its rim.
    """
    box = sprite.box
    if is_round(sprite):
        arm_x, arm_y = box.centre_x - pivot[0], box.centre_y - pivot[1]
        right = waves.symmetric(arm_x * (np.cos(angles) - 1) - arm_y * np.sin(angles))
        down = waves.symmetric(arm_y * (np.cos(angles) - 1) + arm_x * np.sin(angles))
        return gather.through(gather.shift(sprite, right, down), _turned_inside(sprite, angles))
    if max(box.width, box.height) <= 32:
        return enlarge.turned(sprite, angles, pivot)
    return _sheared(sprite, angles, pivot)


def _sheared(sprite: Sprite, angles: Floats, pivot: tuple[float, float]) -> Ints:
    down = np.arange(sprite.height) + 0.5 - pivot[1]
    right = np.arange(sprite.width) + 0.5 - pivot[0]
    lean = waves.symmetric(-np.tan(angles / 2)[:, None] * down)
    lift = waves.symmetric(np.sin(angles)[:, None] * right)
    first = gather.shear_rows(sprite, lean)
    second = gather.through(gather.shear_columns(sprite, lift), first)
    return gather.through(gather.shear_rows(sprite, lean), second)


def is_round(sprite: Sprite) -> bool:
    """Tell whether the silhouette nearly is the ellipse in its box."""
    box = sprite.box
    down = (np.arange(sprite.height) + 0.5 - box.centre_y)[:, None] / (box.height / 2)
    right = (np.arange(sprite.width) + 0.5 - box.centre_x)[None, :] / (box.width / 2)
    ellipse = down**2 + right**2 <= 1
    union = (ellipse | sprite.opaque).sum()
    return bool(union and (ellipse & sprite.opaque).sum() >= ROUND_SHARE * union)


FAMILY = (
    Motion("spin", spin, smallest=4, fallback="bob", margin=0.0),
    Motion("rotate", rotate, smallest=4, fallback="tilt", margin=0.30),
    Motion("pendulum", pendulum, smallest=4, fallback="sway", margin=0.20),
    Motion("tilt", tilt, smallest=4, fallback="sway", margin=0.15),
)
