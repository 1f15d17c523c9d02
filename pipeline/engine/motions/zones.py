"""A figure in zones that move one after another: crest, head, trunk, arms, and what stands still.

Zones are whole pixels of the source; where they part, the nearest row of the trunk is repeated, and
where they meet, the upper one covers the lower (the way a drawn idle moves: body, then hands and
tufts, then the head settles).
"""

from __future__ import annotations

import msgspec
import numpy as np

from ..parts import Sprite, regions
from ..parts.limbs import Leg
from ..parts.types import Bools, Ints
from . import gather, gather_parts

LEAST_ARM = 2


Zone = tuple[Bools, int]


class Zones(msgspec.Struct, frozen=True, eq=False):
    """What stands still, and the zones that move, each with its place in the order of moving.

    The later a zone in `moving`, the nearer to the eye it is drawn.
    """

    base: Bools
    moving: tuple[Zone, ...]


def figure(sprite: Sprite) -> Zones:
    """Divide what stands upright: the trunk first, then the head, then arms or the crest."""
    rows = np.arange(sprite.height)[:, None]
    return _upright(sprite, sprite.opaque & (rows >= waist_row(sprite)))


def above(sprite: Sprite, legs: tuple[Leg, ...]) -> Zones:
    """Divide what stands on legs; all that is no leg, and does not stand, goes with the trunk."""
    return _upright(sprite, np.any([leg.mask for leg in legs], axis=0) | standing(sprite, legs))


def standing(sprite: Sprite, legs: tuple[Leg, ...]) -> Bools:
    """Return what stands on the floor beside the legs: a foot too broad for a leg, a train."""
    legged = np.any([leg.mask for leg in legs], axis=0)
    hip = min(leg.hip for leg in legs)
    low = sprite.opaque & ~legged & (np.arange(sprite.height)[:, None] >= hip)
    labels, _ = regions.label(np.where(low, 0, -1).astype(np.intp), diagonal=True)
    floor = labels[sprite.box.bottom - 1]
    found: Bools = low & np.isin(labels, regions.distinct(floor[floor >= 0]))
    return found


def _upright(sprite: Sprite, base: Bools) -> Zones:
    rows = np.arange(sprite.height)[:, None]
    neck = min(sprite.neck, waist_row(sprite))
    above = sprite.opaque & (rows < neck) & ~base
    body = sprite.opaque & (rows >= neck) & ~base
    left, right = _arms(sprite, body)
    crest = np.zeros_like(above) if (left | right).any() else _crest(sprite, above)
    if not body.any():
        return Zones(base, ((above & ~crest, 0), (crest, 3)))
    trunk = body & ~left & ~right
    return Zones(base, ((trunk, 0), (left | right, 2), (above & ~crest, 1), (crest, 3)))


def beast(sprite: Sprite, side: int, legs: tuple[Leg, ...] = ()) -> Zones:
    """Divide what stands on four legs: the body first, then the head's end, then the tail's."""
    rows, columns = np.arange(sprite.height)[:, None], np.arange(sprite.width)[None, :]
    box = sprite.box
    base = sprite.opaque & (rows >= waist_row(sprite))
    if legs:
        base = np.any([leg.mask for leg in legs], axis=0)
    body = sprite.opaque & ~base
    reach = max(2, round(0.3 * box.width))
    left, right = body & (columns < box.left + reach), body & (columns >= box.right - reach)
    front, rear = (
        _free(sprite, right if side > 0 else left),
        _free(sprite, left if side > 0 else right),
    )
    middle = body & ~front & ~rear
    return Zones(base, ((middle, 0), (rear, 2), (front, 1)))


def _crest(sprite: Sprite, head: Bools) -> Bools:
    """Return the hair, hat or ears above the face; the upper third without a face."""
    box = sprite.box
    rows = np.flatnonzero(head.any(axis=1))
    if not rows.size:
        return head
    face = sprite.eyes.box[1] - 1 if sprite.eyes is not None else 0
    usual = int(rows[0]) + max(1, len(rows) // 3)
    end = min(usual, face) if face > box.top else usual
    return _free(sprite, head & (np.arange(sprite.height)[:, None] < max(end, int(rows[0]) + 1)))


def waist_row(sprite: Sprite) -> int:
    """Return the first row that stands still: the hip, else the lowest sixth."""
    box = sprite.box
    if len(sprite.legs) >= 2:
        hip = min(leg.hip for leg in sprite.legs)
        return max(hip, box.top + 2)
    return max(box.top + 1, box.bottom - max(1, round(0.15 * box.height)))


def _arms(sprite: Sprite, body: Bools) -> tuple[Bools, Bools]:
    """Return what hangs left and right of the body's heavy columns, if it is more than a rim."""
    none = np.zeros_like(body)
    ink = body.sum(axis=0)
    if not ink.any():
        return none, none
    columns = np.flatnonzero(ink)
    first, past = int(columns[0]), int(columns[-1]) + 1
    heavy = np.flatnonzero(ink >= max(1, 0.75 * ink.max()))
    inner_left, inner_right = int(heavy[0]), int(heavy[-1]) + 1
    reach = max(LEAST_ARM, round(0.18 * (past - first)))
    if inner_left - first < LEAST_ARM or inner_left - first > 0.45 * (past - first):
        inner_left = first + reach
    if past - inner_right < LEAST_ARM or past - inner_right > 0.45 * (past - first):
        inner_right = past - reach
    if inner_right - inner_left < 2:
        return none, none
    where = np.arange(sprite.width)[None, :]
    left, right = body & (where < inner_left), body & (where >= inner_right)
    return _free(sprite, left), _free(sprite, right)


def _free(sprite: Sprite, arm: Bools) -> Bools:
    """Return an arm, or nothing when it would cut through an island."""
    labels, count = sprite.islands
    if not count or not arm.any():
        return arm
    touched = regions.distinct(labels[arm & (labels >= 0)])
    cut = np.isin(labels, touched) & (labels >= 0) & ~arm
    return arm & ~regions.grow(np.isin(labels, touched) & (labels >= 0)) if cut.any() else arm


def sunk(sprite: Sprite, parts: Zones, down: Ints) -> Ints:
    """Draw the zones, zone of order k sunk by `down[k]` (frames,), and close what has opened."""
    none = np.zeros(down.shape[1], dtype=np.intp)
    return moved(sprite, parts, np.broadcast_to(none, down.shape), down)


def moved(sprite: Sprite, parts: Zones, right: Ints, down: Ints) -> Ints:
    """Draw the zones, zone of order k moved by `right[k]` and `down[k]`, each (frames,)."""
    map_ = gather_parts.empty(sprite, down.shape[1])
    still = np.zeros(down.shape[1], dtype=np.intp)
    gather_parts.place(sprite, map_, parts.base, still, still)
    for mask, order in parts.moving:
        gather_parts.place(sprite, map_, mask, right[order], down[order])
    return closed(sprite, map_)


def closed(sprite: Sprite, map_: Ints) -> Ints:
    """Fill what opened between zones: a hole between two rows or columns shows one of them.

    Only where the source has ink: a gap between arm and body is no hole. Nothing sinks through the
    floor.
    """
    map_[:, sprite.box.bottom :] = gather.VOID
    wide = np.full((len(map_), sprite.height + 2, sprite.width + 2), gather.VOID, dtype=np.intp)
    wide[:, 1:-1, 1:-1] = map_
    ink = regions.framed(sprite.opaque, False)
    shown, line = wide.reshape(-1), sprite.width + 2
    for _ in range(2):
        at = np.flatnonzero((wide == gather.VOID) & ink)  # of one axis: ten times as fast
        above, below, left, right = (shown[at + step] for step in (-line, line, -1, 1))
        beside = np.where((left >= 0) & (right >= 0), left, gather.VOID)
        shown[at] = np.where((above >= 0) & (below >= 0), below, beside)
    return np.ascontiguousarray(wide[:, 1:-1, 1:-1])
