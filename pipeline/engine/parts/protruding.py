"""Parts that stand out of the silhouette: tails, ears, wings, tentacles, chimneys, nozzles.

What an opening (erosion, then dilation) takes away stands out; each piece is judged by where it
sits and how long it is for its width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from . import regions
from .types import Bools

if TYPE_CHECKING:
    from . import Sprite

Found = tuple[Bools, float, tuple[float, float]]


class Piece(msgspec.Struct, frozen=True, eq=False):
    """A piece that stands out: its mask, box (right and bottom exclusive), and joint (x, y)."""

    mask: Bools
    left: int
    top: int
    right: int
    bottom: int
    joint: tuple[float, float]

    @property
    def area(self) -> int:
        """Return the number of pixels."""
        return int(self.mask.sum())

    @property
    def reach(self) -> float:
        """Return how far it reaches from its joint, in px."""
        rows, columns = np.nonzero(self.mask)
        x, y = self.joint
        return float(np.sqrt((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2).max())

    @property
    def slenderness(self) -> float:
        """Return the length by the width: the square of its reach by its area."""
        return self.reach**2 / max(1, self.area)


def pieces(sprite: Sprite, radius: int = 0) -> tuple[Piece, ...]:
    """Return what stands out of the silhouette, largest first; specks are left out.

    What is thinner than twice the radius and one stands out; unstated it fits the sprite.
    """
    radius = radius or max(1, round(0.1 * min(sprite.box.width, sprite.box.height)))
    return outside(sprite, opened(sprite.opaque, radius))


def outside(sprite: Sprite, core: Bools) -> tuple[Piece, ...]:
    """Return what stands out of a core of the silhouette, if there is one, as `pieces` does."""
    if not core.any():
        return ()
    labels, count = regions.label(
        np.where(sprite.opaque & ~core, 0, -1).astype(np.intp), diagonal=True
    )
    sizes, bounds = regions.sizes(labels, count), regions.bounds(labels, count)
    least = max(3, round(0.006 * sprite.area))
    order = sorted(range(count), key=lambda one: (-int(sizes[one]), one))
    return tuple(
        _piece(labels == one, bounds[one].tolist(), sprite) for one in order if sizes[one] >= least
    )


def _piece(mask: Bools, bounds: list[int], sprite: Sprite) -> Piece:
    left, top, right, bottom = bounds
    return Piece(mask, left, top, right, bottom, joint(mask, sprite.opaque))


def opened(mask: Bools, radius: int) -> Bools:
    """Return what is left of a mask when everything thinner than a square is worn off."""
    core = _worn(mask, radius, beyond=False)
    return mask & ~_worn(~core, radius, beyond=True)


def _worn(mask: Bools, radius: int, *, beyond: bool) -> Bools:
    """Return where all pixels of the square around are in a mask; `beyond` it none are, or all."""
    height, width = mask.shape
    wide = np.full((height + 2 * radius, width + 2 * radius), beyond)
    wide[radius : radius + height, radius : radius + width] = mask
    return _in_a_row(_in_a_row(wide, 2 * radius + 1).T, 2 * radius + 1).T


def _in_a_row(mask: Bools, length: int) -> Bools:
    """Return which rows are True together with those after them, `length` in all."""
    known = 1
    while known < length:
        more = min(known, length - known)
        mask = mask[:-more] & mask[more:]
        known += more
    return mask


def joint(mask: Bools, opaque: Bools) -> tuple[float, float]:
    """Return the (x, y) where a part touches the rest of the sprite; its middle if it does not."""
    beside = mask & regions.grow(opaque & ~mask)
    rows, columns = np.nonzero(beside if beside.any() else mask)
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def _joined(found: list[Piece]) -> Bools:
    mask: Bools = np.any([piece.mask for piece in found], axis=0)
    return mask


def _sign(sprite: Sprite) -> int:
    """Return where the sprite looks: -1, 1, or 0 when that was not stated."""
    return {"left": -1, "right": 1}.get(sprite.facing, 0)


def tail(sprite: Sprite) -> Found | None:
    """Find a tail: a long piece at the back, above the feet, that is no ear and no wing."""
    if sprite.kind not in ("quadruped", "serpent", "winged", "biped", ""):
        return None
    box, sign = sprite.box, _sign(sprite)
    best: tuple[float, Piece] | None = None
    for piece in pieces(sprite):
        x, y = (piece.left + piece.right) / 2, (piece.top + piece.bottom) / 2
        side = (x - box.centre_x) / (box.width / 2)
        high = (y - box.top) / box.height
        if abs(side) < 0.5 or piece.bottom >= box.bottom or high < 0.15:
            continue
        share = piece.area / sprite.area
        score = min(1.0, piece.slenderness / 2) * (1.0 if 0.01 <= share <= 0.15 else 0.4)
        score *= 0.5 if sprite.kind == "biped" else 1.0
        score *= 1.0 if sign and side * sign < 0 else 0.2 if sign else 0.8
        if best is None or score > best[0]:
            best = (score, piece)
    if best is None:
        return None
    return best[1].mask, best[0], best[1].joint


def ears(sprite: Sprite) -> Found | None:
    """Find ears: one or two small pieces on top of the head."""
    if sprite.kind not in ("quadruped", "biped", "winged", "legless", ""):
        return None
    box = sprite.box
    top = [
        piece
        for piece in pieces(sprite)
        if piece.top <= box.top + max(1, 0.1 * box.height)
        and piece.bottom <= box.top + 0.4 * box.height
        and piece.area <= 0.08 * sprite.area
    ][:2]
    if not top:
        return None
    is_pair = len(top) == 2 and abs(top[0].area - top[1].area) <= 0.5 * top[0].area + 2
    confidence = 0.75 if is_pair else 0.55 if sprite.kind == "quadruped" else 0.4
    confidence *= 0.5 if sprite.kind == "biped" else 1.0  # a plume, a hat
    mask = _joined(top)
    return mask, confidence, joint(mask, sprite.opaque)


def wings(sprite: Sprite) -> Found | None:
    """Find wings: large pieces beside or above the trunk; a pair is surer than one."""
    if sprite.kind not in ("winged", "legless", "biped", ""):
        return None
    box = sprite.box
    found = _beside(sprite) if sprite.kind == "winged" else pieces(sprite)
    large = [
        piece
        for piece in found
        if piece.area >= 0.07 * sprite.area
        and piece.top < box.top + 0.6 * box.height
        and not piece.left < box.centre_x < piece.right
    ]
    if not large:
        return None
    mask = _joined(large)
    sides = {piece.left > box.centre_x for piece in large}
    confidence = 0.8 if len(sides) == 2 else 0.55
    if sprite.kind != "winged":
        confidence *= 0.75 if len(sides) == 2 else 0.4
    return mask, confidence, joint(mask, sprite.opaque)


def _beside(sprite: Sprite) -> tuple[Piece, ...]:
    """Return what lies beside the trunk and above the feet of what is known to have wings."""
    box = sprite.box
    beside = sprite.opaque & ~_trunk(sprite)
    beside[int(box.top + 0.8 * box.height) :] = False
    labels, count = regions.label(np.where(beside, 0, -1).astype(np.intp), diagonal=True)
    bounds = regions.bounds(labels, count)
    return tuple(_piece(labels == one, bounds[one].tolist(), sprite) for one in range(count))


def _trunk(sprite: Sprite) -> Bools:
    """Return the columns that carry the body, widened to a quarter of the box at the least."""
    first, past = sprite.core
    box = sprite.box
    least = max(2, box.width // 4)
    if past - first > box.width // 2:
        middle = (first + past) // 2
        first, past = middle - least // 2, middle + (least + 1) // 2
    core = np.zeros_like(sprite.opaque)
    core[:, first:past] = True
    return core & sprite.opaque


def tentacles(sprite: Sprite) -> Found | None:
    """Find tentacles: at least three pieces that hang down from a body."""
    if sprite.kind not in ("legless", "plant", ""):
        return None
    box = sprite.box
    low = [piece for piece in pieces(sprite) if piece.bottom >= box.top + 0.7 * box.height]
    low = [piece for piece in low if piece.top >= box.top + 0.3 * box.height]
    if len(low) < 3:
        return None
    mask = _joined(low)
    return mask, 0.7 if sprite.kind == "legless" else 0.45, joint(mask, sprite.opaque)


def chimney(sprite: Sprite) -> Found | None:
    """Find a chimney: a small upright piece on top of a building, not its very gable."""
    if sprite.kind not in ("building", "machine", "vehicle", "item", ""):
        return None
    box = sprite.box
    best: tuple[float, Piece] | None = None
    for piece in pieces(sprite):
        is_high = piece.bottom <= box.top + 0.5 * box.height
        is_small = piece.right - piece.left <= 0.3 * box.width
        is_upright = piece.bottom - piece.top >= 0.8 * (piece.right - piece.left)
        stands = piece.joint[1] >= piece.bottom - 1.5  # joined at its foot, not at its side
        if not (is_high and is_small and is_upright and stands):
            continue
        off = abs((piece.left + piece.right) / 2 - box.centre_x) / box.width
        score = (0.5 + min(0.3, off)) * (1.0 if sprite.kind == "building" else 0.5)
        if best is None or score > best[0]:
            best = (score, piece)
    if best is None:
        return None
    found = best[1]
    return found.mask, best[0], ((found.left + found.right) / 2, float(found.top))


def engine(sprite: Sprite) -> Found | None:
    """Find nozzles: pieces at the lower end of what stands tall, else at the back end."""
    if sprite.kind not in ("vehicle", "machine"):
        return None
    box, sign = sprite.box, _sign(sprite)
    is_tall = box.height > box.width
    found = [
        piece
        for piece in pieces(sprite)
        if (
            piece.bottom >= box.bottom - 1
            if is_tall
            else _is_behind(piece, box.left, box.right, sign)
        )
    ]
    if not found:
        return None
    mask = _joined(found)
    return mask, 0.6 if is_tall or sign else 0.45, joint(mask, sprite.opaque)


def _is_behind(piece: Piece, left: int, right: int, sign: int) -> bool:
    return piece.right >= right - 1 if sign < 0 else piece.left <= left + 1
