"""How a body goes through a blow, by what it is: a figure, a beast, a blob, a flyer, a thing.

It stands in one pose from the smear to the end of contact, so that a blow is one stroke.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import enlarge, facing, gather, gather_parts, idle, poses, waves, wielding, zones
from .poses import Pose

#: Poses by letter: rest, anticipation, smear, contact, recovery, settled.
Table = Mapping[str, float]
BLOW = "SCV"


def _blow(drawn_back: float, struck: float, settled: float = 0.0) -> Table:
    return {"A": drawn_back, **dict.fromkeys(BLOW, struck), "E": settled}


ROOTED, PLANTED = frozenset({"building", "machine"}), "plant"
#: What is large shows its weight: it leans further.
LARGE = 40
#: What is so slender a thing is swung by its lower end, others about their middle; in degrees.
STICK, SWUNG, TURNED = 1.8, (-40.0, 70.0), (-14.0, 25.0)


def struck(sprite: Sprite, order: list[str], side: int, way: float, stab: bool = False) -> Ints:
    """Return the map of a body that strikes, its way `way` px to a `side` (-1 or 1)."""
    if sprite.kind in ROOTED:
        return recoiling(sprite, order, side, way)
    if sprite.kind == PLANTED:
        return poses.posed(sprite, _pose(sprite, order, side, 0.0, lean=0.12))
    return BODIES[idle.stance(sprite)](sprite, order, side, way, stab)


def recoiling(sprite: Sprite, order: list[str], side: int, way: float, *, up: bool = False) -> Ints:
    """Return the map of a body that is thrown back, or with `up` down; what is rooted only sinks
    by a row.
    """
    height, none = sprite.box.height, np.zeros(len(order))
    if sprite.kind in ROOTED or sprite.kind == PLANTED:
        row = 1.01 / height * facing.table(order, _blow(0.0, -max(1.0, round(0.14 * height))))
        return poses.posed(sprite, Pose(1 + row, 1 + none, none, none, none))
    right = -side * abs(way) * facing.table(order, _blow(0.0, 1.0, 0.3))
    if up:
        back = max(1.0, min(0.08 * height, sprite.room.bottom))
        down = back * facing.table(order, _blow(0.0, 1.0, 0.3)) - facing.table(order, {"A": 1.0})
        return poses.posed(sprite, Pose(1 + none, 1 + none, none, none, down))
    if idle.stance(sprite) == idle.THING:
        right = right + side * facing.table(order, {"A": 1.0})
        return poses.posed(sprite, Pose(1 + none, 1 + none, none, right, none))
    lean = -0.6 * side * max(1.0, 0.07 * height) * facing.table(order, _blow(-1.0, 1.0))
    pose = Pose(1 + none, 1 + none, lean, right, none)
    return poses.fitted(
        sprite,
        len(order),
        lambda share: wielding.carried(sprite, poses.bent(sprite, pose.scaled(share))),
    )


def _pose(
    sprite: Sprite,
    order: list[str],
    side: int,
    way: float,
    *,
    lean: float,
    tall: Table = MappingProxyType({}),
    wide: Table = MappingProxyType({}),
) -> Pose:
    """Return a pose that draws back and strikes: `lean` is a share of the height."""
    height = sprite.box.height
    reach = max(1.0, lean * height)
    low = facing.table(order, tall)
    row = 1.01 / height if height >= 8 else 0.0
    low = np.where(low < 0, np.minimum(low, -row), np.where(low > 0, np.maximum(low, row), 0.0))
    return Pose(
        tall=1 + low,
        wide=1 + facing.table(order, wide),
        lean=side * reach * facing.table(order, _blow(-0.8, 1.0)),
        right=side * way * facing.table(order, _blow(-0.35, 1.0, 0.15)),
        down=np.zeros(len(order)),
    )


def _figure(sprite: Sprite, order: list[str], side: int, way: float, stab: bool) -> Ints:
    """Draw back low, then step out and strike: with what is in the hand, else with the arm."""
    heavy = bool(sprite.kind) and sprite.box.height >= LARGE
    pose = _pose(
        sprite,
        order,
        side,
        way,
        lean=0.12 if stab else 0.1 if heavy else 0.08,
        tall=_blow(-0.06, -0.07 if heavy else -0.04),
        wide=_blow(0.0, 0.06),
    )
    held = sprite.held

    def drawn(share: float) -> Ints:
        map_ = poses.bent(sprite, pose.scaled(share))
        map_ = _stepped(sprite, map_, order, side, share)
        if held is not None:
            return wielding.wielded(sprite, map_, order, side, stab=stab, share=share)
        return _punched(sprite, map_, order, side, way * share)

    return poses.fitted(sprite, len(order), drawn)


def _stepped(sprite: Sprite, map_: Ints, order: list[str], side: int, share: float) -> Ints:
    """Drag the rear foot: it stays behind while the body goes, and the hip goes with the body."""
    legs = [leg for leg in sprite.legs if leg.length >= 2]
    if len(legs) != 2 or len(sprite.legs) != 2:
        return map_
    rear = min(legs, key=lambda leg: side * leg.foot_x)
    back = min(rear.length, max(1.0, 0.35 * rear.length)) * share
    ahead = -side * back * facing.table(order, _blow(0.0, 1.0))
    return _dragged(sprite, map_, rear.mask, ahead)


def _dragged(sprite: Sprite, map_: Ints, mask: Bools, ahead: Floats) -> Ints:
    """Slide the rows of a limb to the right: its last by `ahead` (frames,), its first hardly."""
    limb = gather_parts.only(map_, mask)
    rows: Bools = np.any(limb >= 0, axis=2)
    place, many = rows.cumsum(axis=1), np.maximum(1, rows.sum(axis=1, keepdims=True))
    steps = waves.symmetric(ahead[:, None] * place / many)
    slid = gather.through(gather.shear_rows(sprite, steps), limb)
    drawn = np.where(slid >= 0, slid, np.where(limb >= 0, gather.VOID, map_))
    still = ahead == 0
    drawn[still] = map_[still]
    return drawn


def _punched(sprite: Sprite, map_: Ints, order: list[str], side: int, way: float) -> Ints:
    """Draw the arm of the striking side back and up, and out as the blow falls."""
    parts = zones.figure(sprite)
    middle = sprite.box.centre_x
    half = side * (np.arange(sprite.width)[None, :] + 0.5 - middle) > 0
    arms = [mask & half for mask, place in parts.moving if place == 2]
    if not arms or not arms[0].any():
        return map_
    reach = max(1.0, min(0.07 * sprite.box.width, way))
    right = waves.symmetric(side * reach * facing.table(order, {"A": -0.5, "S": 1.0, "C": 1.0}))
    down = waves.symmetric(-max(1.0, 0.05 * sprite.box.height) * facing.table(order, {"A": 1.0}))
    return _set_apart(sprite, map_, arms[0], right, down)


def _set_apart(sprite: Sprite, map_: Ints, mask: Bools, right: Ints, down: Ints) -> Ints:
    """Move a part of a posed body further, and close what opens behind it."""
    limb = gather_parts.only(map_, mask)
    rest = np.where(limb >= 0, gather.VOID, map_)
    moved = wielding.shifted(limb, right, down)
    drawn = np.where(moved >= 0, moved, rest)
    for _ in range(2):
        drawn = gather_parts.closed(drawn, limb >= 0)
    stays = (drawn == gather.VOID) & (limb >= 0)
    return np.where(stays & _joins(drawn), limb, drawn)


def _joins(map_: Ints) -> Bools:
    """Return the empty pixels between two that are not, side by side: a joint that has opened."""
    solid = np.pad(map_ >= 0, ((0, 0), (0, 0), (2, 2)))
    left: Bools = solid[:, :, 1:-3] | solid[:, :, :-4]
    right: Bools = solid[:, :, 3:-1] | solid[:, :, 4:]
    return left & right


def _beast(sprite: Sprite, order: list[str], side: int, way: float, stab: bool) -> Ints:
    """Rear up on the hind legs, then spring: the front comes down ahead and the rear is thrown up.

    What is drawn in stabs and rams lowers its head instead of rearing.
    """
    box = sprite.box
    ahead = np.clip(
        0.5 + side * (np.arange(sprite.width) + 0.5 - box.centre_x) / max(1, box.width), 0, 1
    )
    rise = max(1.0, 0.1 * box.height) if stab else max(2.0, 0.2 * box.height)
    front = -rise * facing.table(order, {"A": 0.0 if stab else 1.0})
    rear = -max(1.0, 0.2 * box.height) * facing.table(order, _blow(0.0, 1.0))
    pose = _pose(
        sprite,
        order,
        side,
        min(1.2 * way, 0.6 * (sprite.room.right if side > 0 else sprite.room.left)),
        lean=0.0,
        tall={"A": -0.12} if stab else {},
        wide=_blow(-0.04, 0.08),
    )
    none = np.zeros(len(order))
    pose = Pose(pose.tall if stab else np.ones(len(order)), pose.wide, none, pose.right, none)

    def drawn(share: float) -> Ints:
        body = poses.bent(sprite, pose.scaled(share))
        down = front[:, None] * ahead[None, :] ** 1.3 + rear[:, None] * (1 - ahead[None, :]) ** 1.3
        pitched = gather.shear_columns(sprite, waves.symmetric(share * down))
        return gather.through(body, gather_parts.tidy(sprite, pitched))

    return poses.fitted(sprite, len(order), drawn)


def _blob(sprite: Sprite, order: list[str], side: int, way: float, stab: bool) -> Ints:
    """Press low and broad, then shoot up and forward as one lash."""
    pose = _pose(
        sprite,
        order,
        side,
        way,
        lean=0.2,
        tall=_blow(-0.22, 0.1),
        wide=_blow(0.14, -0.04),
    )
    return poses.posed(sprite, pose)


def _flyer(sprite: Sprite, order: list[str], side: int, way: float, stab: bool) -> Ints:
    """Rise and draw back with a stroke of the wings, then swoop down with the wings up behind."""
    box, room = sprite.box, sprite.room
    from_centre = np.abs(np.arange(sprite.width) + 0.5 - box.centre_x)
    out = np.clip((from_centre - 0.18 * box.width) / max(1.0, 0.32 * box.width), 0, 1)
    beat = max(1.0, 0.25 * box.height)
    wings = beat * facing.table(order, _blow(1.0, -1.0))
    lift = min(max(1.0, 0.15 * box.height), max(0, room.top))
    fall = min(max(1.0, 0.2 * box.height), max(0, room.bottom))
    down = facing.table(order, {"A": -lift, **dict.fromkeys(BLOW, fall)})
    right = side * way * facing.table(order, _blow(-0.5, 1.3, 0.15))
    none = np.zeros(len(order))
    pose = Pose(1 + none, 1 + none, none, right, down)

    def drawn(share: float) -> Ints:
        spread = waves.symmetric(share * wings[:, None] * out[None, :])
        beaten = gather_parts.tidy(sprite, gather.shear_columns(sprite, spread))
        return gather.through(poses.bent(sprite, pose.scaled(share)), beaten)

    return poses.fitted(sprite, len(order), drawn)


def _thing(sprite: Sprite, order: list[str], side: int, way: float, stab: bool) -> Ints:
    """Swing a thing as one piece, as if by a hand: nothing bends, or goes through the floor."""
    box = sprite.box
    is_stick = box.height >= STICK * box.width
    back, blow = (0.0, 0.0) if stab else SWUNG if is_stick else TURNED
    middle, grip = (box.centre_x, box.centre_y), (box.centre_x, box.bottom - 0.15 * box.height)
    angles = np.radians(side * facing.table(order, _blow(back, blow)))
    right = side * facing.table(order, _blow(-max(1.0, 0.4 * way), way, 0.15 * way))

    def drawn(share: float, centre: tuple[float, float]) -> Ints:
        turned = enlarge.turned(sprite, angles * share, centre)
        rows: Bools = np.any(turned >= 0, axis=2)
        lowest = sprite.height - 1 - rows[:, ::-1].argmax(axis=1)
        up = np.maximum(0, lowest - (box.bottom - 1))
        return wielding.shifted(turned, waves.symmetric(right * share), -up)

    if is_stick and poses.fits(sprite, swung := drawn(1.0, grip)):
        return swung
    return poses.fitted(sprite, len(order), lambda share: drawn(share, middle))


Body = Callable[[Sprite, list[str], int, float, bool], Ints]
BODIES: Mapping[str, Body] = MappingProxyType(
    {
        idle.FIGURE: _figure,
        idle.BEAST: _beast,
        idle.LEGLESS: _blob,
        idle.WINGED: _flyer,
        idle.THING: _thing,
    }
)
