"""Shapes that effects draw: crescents, rings, stars, motes, discs and streaks, in whole pixels.

Each takes a stage, draws into one frame of its map, and never touches a side of the canvas that the
sprite leaves free.
"""

from __future__ import annotations

import msgspec
import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import gather
from .events import bayer


class Stage(msgspec.Struct, frozen=True, eq=False):
    """A map that is drawn on: `map_` is (frames, height, width), written in place."""

    sprite: Sprite
    map_: Ints
    open_: Bools

    def dab(self, frame: int, mask: Bools, ink: int, *, behind: bool = False) -> None:
        """Give the masked pixels of a frame one colour, over or behind what is there."""
        where = mask & self.open_
        if behind:
            where = where & ~gather.solid(self.sprite, self.map_[frame])
        self.map_[frame][where] = ink

    def plot(self, frame: int, x: int, y: int, ink: int, *, behind: bool = False) -> None:
        """Give one pixel of a frame a colour, over or behind what is there."""
        height, width = self.open_.shape
        if not (0 <= x < width and 0 <= y < height) or not self.open_[y, x]:
            return
        if behind and self.solid_at(frame, y, x):
            return
        self.map_[frame, y, x] = ink

    def solid_at(self, frame: int, y: int, x: int) -> bool:
        """Tell whether a pixel of a frame shows anything."""
        source = int(self.map_[frame, y, x])
        if source < 0 or source >= self.sprite.opaque.size:
            return source >= 0
        return bool(self.sprite.opaque.reshape(-1)[source])


def stage(sprite: Sprite, map_: Ints) -> Stage:
    """Return a stage on a copy of a map."""
    open_ = np.ones(sprite.opaque.shape, dtype=np.bool_)
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        if not sprite.opaque[side].any():
            open_[side] = False
    return Stage(sprite, np.array(map_, dtype=np.intp), open_)


def polar(
    sprite: Sprite, x: float, y: float, flat: float = 1.0, side: int = 1
) -> tuple[Floats, Floats]:
    """Return distance and angle (degrees, 0 ahead, 90 down) of each pixel's middle from a point.

    Ahead is right, or left with `side` -1. With `flat` the distance is that of an ellipse `flat`
    times as high as wide.
    """
    columns = np.arange(sprite.width, dtype=np.float64)[None, :]
    rows = np.arange(sprite.height, dtype=np.float64)[:, None]
    ahead: Floats = np.asarray(side * (columns + 0.5 - x), dtype=np.float64)
    down: Floats = np.asarray((rows + 0.5 - y) / flat, dtype=np.float64)
    away = np.round(np.sqrt(ahead * ahead + down * down), 6)
    distance: Floats = np.asarray(away, dtype=np.float64)
    turned = np.arctan2(down, np.broadcast_to(ahead, distance.shape))
    angle: Floats = np.asarray(np.round(np.degrees(turned), 6), dtype=np.float64)
    return distance, angle


def crescent(
    sprite: Sprite,
    x: float,
    y: float,
    radius: float,
    thick: float,
    arc: tuple[float, float],
    side: int = 1,
) -> tuple[Bools, Floats]:
    """Return a crescent, thickest past its middle, and how far along its arc each pixel lies.

    |p - c| in (r - t(a), r], t = T sin^0.8(pi u), u along the arc from its tail to its head.
    """
    distance, angle = polar(sprite, x, y, side=side)
    tail, head = arc
    turned = (angle - tail) % 360 if head > tail else (tail - angle) % 360
    along = np.round(turned / abs(head - tail), 6)
    share = np.clip(along, 0, 1) ** 1.4
    depth = np.round(thick * np.sin(np.pi * share) ** 0.8, 6)
    inside = (distance <= radius) & (distance > radius - np.maximum(depth, 0.75))
    mask: Bools = inside & (along <= 1)
    return mask, along


def ring(
    sprite: Sprite, x: float, y: float, outer: float, inner: float, *, flat: float = 1.0
) -> Bools:
    """Return the pixels between two radii."""
    distance, _ = polar(sprite, x, y, flat)
    mask: Bools = (distance <= outer) & (distance > inner)
    return mask


def broken(sprite: Sprite, x: float, y: float, share: float) -> Bools:
    """Return what is left of a ring that has broken into four arcs, `share` 0..1 of it gone."""
    _, angle = polar(sprite, x, y)
    mask: Bools = np.abs((angle % 90) - 45) >= 45 * share
    return mask


def star(sprite: Sprite, x: int, y: int, arm: int, *, wide: bool = True) -> Bools:
    """Return a cross star with arms of `arm` pixels: a cross, or with `wide` a body that tapers."""
    right = np.abs(np.arange(sprite.width)[None, :] - x)
    down = np.abs(np.arange(sprite.height)[:, None] - y)
    cross: Bools = ((right == 0) & (down <= arm)) | ((down == 0) & (right <= arm))
    if arm <= 2 or not wide:
        return cross
    tapered = np.round(np.sqrt(right) + np.sqrt(down), 6) <= np.sqrt(arm) + 0.2
    body: Bools = cross | (right + down <= max(1, arm // 3)) | (tapered & (right + down <= arm))
    return body


def disc(sprite: Sprite, x: float, y: float, radius: float) -> Bools:
    """Return the pixels within a radius of a point."""
    distance, _ = polar(sprite, x, y)
    mask: Bools = distance <= radius
    return mask


def dot(sprite: Sprite, x: int, y: int, size: int = 1) -> Bools:
    """Return a square of `size` pixels, its upper left at a point; empty outside the canvas."""
    mask = np.zeros(sprite.opaque.shape, dtype=np.bool_)
    mask[max(0, y) : max(0, y + size), max(0, x) : max(0, x + size)] = True
    return mask


def sieve(sprite: Sprite, share: float) -> Bools:
    """Return an ordered dither that keeps `share` 0..1 of the pixels."""
    rows, columns = np.indices(sprite.opaque.shape)
    mask: Bools = (bayer(2)[rows % 4, columns % 4] + 0.5) / 16 < share
    return mask
