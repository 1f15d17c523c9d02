"""A long thing in a hand, found from the silhouette: a spear, a staff, a scythe, a torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from . import protruding
from .types import Bools

if TYPE_CHECKING:
    from . import Sprite
    from .protruding import Piece

#: Shares of the box's height: how long it is at least, and how thick at the most.
LONG, THICK = 0.42, 0.12
#: Length squared by area: what is stouter is an arm, a wing or a bag.
SLENDER = 2.6
MOST_INK = 0.3
#: How far from the middle it is, and where the hand may be, as shares of width and height.
BESIDE, HIGHEST_HAND, LOWEST_HAND = 0.22, 0.25, 0.95
#: What goes on beyond the hand: how near, and how much in the other direction (a cosine).
NEAR, OPPOSITE = 0.3, -0.7
#: How much of it about the hand tells where its shaft is.
GRIP = 0.3


class Held(msgspec.Struct, frozen=True, eq=False):
    """A thing in a hand: its mask, the (x, y) of the hand, and the (x, y) of its far end."""

    mask: Bools
    hand: tuple[float, float]
    tip: tuple[float, float]


def find(sprite: Sprite) -> Held | None:
    """Return the longest slender thing beside the body that is no limb and no crest, if any."""
    best: tuple[float, Piece, tuple[Piece, ...]] | None = None
    for pieces in _standing_out(sprite):
        for piece in pieces:
            score = _score(sprite, piece)
            if score and (best is None or score > 1.15 * best[0]):
                best = score, piece, pieces
    return None if best is None else _held(sprite, best[1], best[2])


def _standing_out(sprite: Sprite) -> list[tuple[Piece, ...]]:
    """Return what stands out, for each thickness from thin to thick from which some may be long.

    What is thin stands out of less than what is thick: no piece of it is longer.
    """
    found: list[tuple[Piece, ...]] = []
    for radius in reversed(_radii(max(2, round(THICK * sprite.box.height)))):
        core = protruding.opened(sprite.opaque, radius)
        found.insert(0, protruding.outside(sprite, core))
        if core.any() and not any(_is_long(sprite, piece) for piece in found[0]):
            break
    return found


def _radii(most: int) -> list[int]:
    """Return half the thicknesses that are tried, the next half as large again."""
    radii = [1]
    while (following := max(radii[-1] + 1, radii[-1] * 3 // 2)) <= most:
        radii.append(following)
    return radii


def _score(sprite: Sprite, piece: Piece) -> float:
    """Return how long a piece is; 0 for what is no thing in a hand."""
    box = sprite.box
    extent = _extent(piece)
    middle = (piece.left + piece.right) / 2
    is_beside = abs(middle - box.centre_x) >= BESIDE * box.width
    is_limb = piece.bottom >= box.bottom and piece.top > box.top + 0.4 * box.height
    hand = (piece.joint[1] - box.top) / box.height
    if not _is_long(sprite, piece) or not is_beside or is_limb:
        return 0.0
    if not HIGHEST_HAND <= hand <= LOWEST_HAND or piece.area > MOST_INK * sprite.area:
        return 0.0
    return extent if extent**2 / piece.area >= SLENDER else 0.0


def _extent(piece: Piece) -> float:
    return float(np.hypot(piece.bottom - piece.top, piece.right - piece.left))


def _is_long(sprite: Sprite, piece: Piece) -> bool:
    return _extent(piece) >= max(5.0, LONG * sprite.box.height)


def _held(sprite: Sprite, piece: Piece, pieces: tuple[Piece, ...]) -> Held:
    """Return a piece with what goes on beyond the hand, and which of its ends is the far one."""
    mask, hand = piece.mask, piece.joint
    for other in pieces:
        if other is not piece and _goes_on(sprite, piece, other):
            mask = mask | other.mask | _between(sprite, piece, other)
            hand = tuple(float(one) for one in (np.array(hand) + np.array(other.joint)) / 2)  # type: ignore[assignment]
            break
    mask, hand = _gripped(mask, hand)
    rows, columns = np.nonzero(mask)
    away = np.hypot(columns + 0.5 - hand[0], rows + 0.5 - hand[1])
    # The end above the hand is the one that hits, where there is one to speak of.
    above = np.where(rows <= hand[1], away, 0.0)
    far = int(np.argmax(np.round(above if above.max() >= 0.5 * away.max() else away, 6)))
    return Held(mask, hand, (float(columns[far]) + 0.5, float(rows[far]) + 0.5))


def _gripped(mask: Bools, hand: tuple[float, float]) -> tuple[Bools, tuple[float, float]]:
    """Return a thing without the hand at its side, and where on its shaft the hand is."""
    high, wide = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if np.ptp(wide) > np.ptp(high):
        turned, (y, x) = _gripped(mask.T, (hand[1], hand[0]))
        return turned.T, (x, y)
    near = high[np.abs(high + 0.5 - hand[1]) <= max(2.0, GRIP * len(high))]
    first = mask[near].argmax(axis=1)
    past = mask.shape[1] - mask[near][:, ::-1].argmax(axis=1)
    middle, thick = float(np.median(first + past)) / 2, float(np.median(past - first))
    beside = np.abs(np.arange(mask.shape[1]) + 0.5 - middle) > thick / 2 + 0.4
    shaft = mask.copy()
    palm = high[np.abs(high + 0.5 - hand[1]) <= max(1.5, 0.12 * len(high))]
    shaft[palm] &= ~beside
    return shaft, (middle, hand[1])


def _goes_on(sprite: Sprite, piece: Piece, other: Piece) -> bool:
    """Tell whether another slender piece is the same thing on the other side of the hand."""
    gap = np.array(other.joint) - np.array(piece.joint)
    if other.slenderness < SLENDER or float(np.hypot(*gap)) > NEAR * sprite.box.height:
        return False
    ways = [np.array(_middle(one)) - np.array(one.joint) for one in (piece, other)]
    lengths = [max(1e-9, float(np.hypot(*way))) for way in ways]
    return float(ways[0] @ ways[1]) / (lengths[0] * lengths[1]) < OPPOSITE


def _middle(piece: Piece) -> tuple[float, float]:
    return (piece.left + piece.right) / 2, (piece.top + piece.bottom) / 2


def _between(sprite: Sprite, piece: Piece, other: Piece) -> Bools:
    """Return what lies between two ends of one thing, as broad as its thinner end: the grip."""
    low, high = sorted((piece, other), key=lambda one: one.top)
    mask = np.zeros_like(sprite.opaque)
    left, right = max(low.left, high.left), min(low.right, high.right)
    mask[low.bottom : high.top, left:right] = True
    return mask & sprite.opaque
