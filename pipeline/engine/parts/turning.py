"""Parts that turn or open: blades about a hub, wheels, lids and doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import regions
from .types import Bools

if TYPE_CHECKING:
    from . import Sprite

Found = tuple[Bools, float, tuple[float, float]]
MOST_HUBS = 24
DARK = 0.38
MOST_FILLED = 0.75


def blades(sprite: Sprite) -> Found | None:
    """Find blades: a disc whose picture is the same after a quarter turn, and that has gaps."""
    if sprite.kind not in ("building", "machine", "item", ""):
        return None
    found = _best_hub(sprite)
    if found is None:
        return None
    score, x, y, radius = found
    mask = _disc(sprite, x, y, radius) & sprite.opaque
    if sprite.kind == "building":
        mask &= ~_tower(sprite, x, y, radius)
    return mask, score, (x, y)


def propeller(sprite: Sprite) -> Found | None:
    """Find a propeller: thin level or upright bar at an end of a vehicle."""
    if sprite.kind not in ("vehicle", "machine", ""):
        return None
    box = sprite.box
    widths = sprite.opaque.sum(axis=1)
    top = widths[box.top : box.top + max(2, box.height // 6)]
    below = widths[box.top + len(top) : box.top + 2 * len(top) + 1]
    is_bar = top.max(initial=0) >= 0.4 * box.width and below.min(initial=99) <= 0.4 * top.max()
    if not is_bar:
        return None
    rows = np.arange(sprite.height)[:, None]
    past = box.top + int(np.argmax(top)) + 1
    mask = sprite.opaque & (rows < past)
    columns = np.flatnonzero(mask.any(axis=0))
    return mask, 0.65, ((int(columns[0]) + int(columns[-1]) + 1) / 2, past - 0.5)


def wheels(sprite: Sprite) -> Found | None:
    """Find wheels: dark round regions at the foot of a vehicle, of about one size."""
    if sprite.kind not in ("vehicle", "machine", ""):
        return None
    box = sprite.box
    dark = sprite.opaque & (sprite.lightness < DARK)
    dark[: int(box.top + 0.45 * box.height)] = False
    labels, count = regions.label(np.where(dark, 0, -1).astype(np.intp), diagonal=True)
    bounds = regions.bounds(labels, count)
    chosen = [one for one in range(count) if _is_wheel(sprite, bounds[one].tolist())]
    if not chosen:
        return None
    mask = np.zeros_like(dark)
    for one in chosen:
        left, top, right, bottom = (int(value) for value in bounds[one])
        mask |= _disc(sprite, (left + right) / 2, (top + bottom) / 2, (right - left) / 2 + 0.25)
    mask &= sprite.opaque
    confidence = 0.75 if len(chosen) >= 2 else 0.5
    confidence *= 1.0 if sprite.kind == "vehicle" else 0.6
    rows, columns = np.nonzero(mask)
    return mask, confidence, (float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)


def _is_wheel(sprite: Sprite, bounds: list[int]) -> bool:
    left, top, right, bottom = bounds
    width, height = right - left, bottom - top
    box = sprite.box
    is_fit = 3 <= width <= 0.5 * box.width and abs(width - height) <= max(1, 0.25 * width)
    return is_fit and bottom >= box.bottom - max(1, 0.08 * box.height)


def door(sprite: Sprite) -> Found | None:
    """Find a door: the darkest upright region that is enclosed and stands at the foot."""
    if sprite.kind not in ("building", "item", "machine", ""):
        return None
    box = sprite.box
    dark = sprite.opaque & (sprite.lightness < DARK) & ~sprite.rim
    dark[: int(box.top + 0.4 * box.height)] = False
    labels, count = regions.label(np.where(dark, 0, -1).astype(np.intp))
    sizes, bounds = regions.sizes(labels, count), regions.bounds(labels, count)
    best: tuple[float, int] | None = None
    for one in range(count):
        left, top, right, bottom = (int(value) for value in bounds[one])
        width, height = right - left, bottom - top
        fill = sizes[one] / (width * height)
        is_fit = 2 <= width <= 0.45 * box.width and height >= 1.1 * width
        if is_fit and bottom >= box.bottom - 2 and fill >= 0.6:
            score = float(fill * height / box.height)
            best = max(best or (0.0, one), (score, one))
    if best is None:
        return None
    mask = labels == best[1]
    left, _, _, bottom = (int(value) for value in bounds[best[1]])
    return mask, 0.65 if sprite.kind == "building" else 0.45, (float(left), float(bottom))


def level_line(sprite: Sprite) -> tuple[int, float] | None:
    """Return the row of the strongest level line between a quarter and six tenths, and 0..1."""
    box = sprite.box
    light = sprite.lightness
    first, past = box.top + box.height // 4, box.top + int(0.6 * box.height) + 1
    best: tuple[float, int] | None = None
    for row in range(max(first, box.top + 1), min(past, box.bottom)):
        both = sprite.opaque[row] & sprite.opaque[row - 1]
        if both.sum() < 0.6 * box.width:
            continue
        step = np.abs(light[row] - light[row - 1])[both]
        share = float((step >= 0.12).mean())
        if best is None or share > best[0]:
            best = (share, row)
    if best is None:
        return None
    return best[1], min(0.9, best[0])


def _best_hub(sprite: Sprite) -> tuple[float, float, float, float] | None:
    """Return score, x, y and radius of the disc that looks most alike after a quarter turn."""
    box = sprite.box
    step = max(1, box.width // MOST_HUBS)
    best: tuple[float, float, float, float] | None = None
    for y in range(box.top + 2, box.bottom - 2, step):
        for x in range(box.left + 2, box.right - 2, step):
            radius = min(x - box.left, box.right - x, y - box.top, 0.5 * box.width)
            if radius < max(3, 0.25 * box.width):
                continue
            score = _turned_alike(sprite.opaque, x, y, int(radius))
            score *= radius / (0.5 * box.width)
            if best is None or score > best[0]:
                best = (score, float(x), float(y), float(radius))
    return best


def _turned_alike(opaque: Bools, x: int, y: int, radius: int) -> float:
    """Return how much a square's silhouette is the same after a quarter turn, gaps rewarded.

    A full disc is the same too, but turning it shows nothing: without gaps it scores nothing.
    """
    square = opaque[max(0, y - radius) : y + radius, max(0, x - radius) : x + radius]
    if square.shape[0] != square.shape[1] or not square.size:
        return 0.0
    turned = np.rot90(square)
    union = int((square | turned).sum())
    share = square.sum() / (np.pi * radius**2)
    if not union or share > MOST_FILLED or share < 0.2:
        return 0.0
    return float((square & turned).sum() / union)


def _disc(sprite: Sprite, x: float, y: float, radius: float) -> Bools:
    down = np.arange(sprite.height)[:, None] + 0.5 - y
    right = np.arange(sprite.width)[None, :] + 0.5 - x
    disc: Bools = down**2 + right**2 <= radius**2
    return disc


def _tower(sprite: Sprite, x: float, y: float, radius: float) -> Bools:
    """Return the columns under the hub that go on below the disc: the building itself."""
    below = min(sprite.height - 1, int(y + radius) + 1)
    columns = sprite.opaque[below:].any(axis=0)
    tower = np.zeros_like(sprite.opaque)
    tower[int(y) + 2 :, columns] = True
    return tower
