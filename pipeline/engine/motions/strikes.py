"""Attacks: held back, one smear, held at contact, and back; strike, bite, thrust, shoot."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from msgspec.structs import replace

from ..parts import Sprite
from ..parts.types import Ints
from . import bodies, facing, gather, idle, marks, wielding
from .inks import Inks, inks
from .marks import Stage
from .motion import Layer, Motion, Parameters, repeating

#: How much of the room before it a body takes up: the arc of light needs the rest.
LEFT_FOR_LIGHT = 0.65
# Rest, anticipation (held), smear, contact (held), recovery, settled.
ORDER, GROW, SHRINK = "RAASCCVE", "ACVAERER", "CEAV"
#: From where to where the arc of light goes: in the smear, and twice at contact, in degrees.
BARE = ((-115.0, 55.0), (0.0, 68.0), (35.0, 75.0))
ARMED = ((-125.0, 18.0), (-60.0, 14.0), (-25.0, 12.0))
Draw = Callable[[Stage, "Blow", int, str, int], None]


class Blow(msgspec.Struct, frozen=True, eq=False):
    """Where an attack lands: its side, the middle of the body, and how far its arc may reach."""

    side: int
    x: float
    y: float
    reach: float
    inks: Inks
    is_armed: bool = False
    is_up: bool = False


@repeating
def strike(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Swing: a crescent sweeps before the body in one frame and breaks up at contact.

    |p - c| in (r - t(a), r], t = T sin^0.8(pi u), a from -80 to 55 degrees.
    """
    return _attack(sprite, frames, parameters, _slash)


@repeating
def bite(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Snap: two jaws of light close before the head."""
    return _attack(sprite, frames, parameters, _jaws)


@repeating
def thrust(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Stab: a streak runs straight ahead and thins out."""
    return _attack(sprite, frames, parameters, _streak, reach=0.6, stab=True)


@repeating
def shoot(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Fire: a star at the muzzle, the body thrown back, a bolt on its way out."""
    return _attack(sprite, frames, parameters, _bolt, reach=-0.45)


def _attack(
    sprite: Sprite,
    frames: int,
    parameters: Parameters,
    draw: Draw,
    reach: float = 1.0,
    *,
    stab: bool = False,
) -> Ints:
    order = facing.held(frames, ORDER, GROW, SHRINK)
    side = facing.side(sprite, parameters)
    way = _way(sprite, side, parameters) * reach
    is_told = parameters.across or parameters.facing
    up = way < 0 and not is_told and facing.is_upward(sprite)
    if way < 0:
        map_ = bodies.recoiling(sprite, order, side, way, up=up)
    else:
        map_ = bodies.struck(sprite, order, side, way, stab)
    colours = inks(sprite)
    if colours is None:
        return map_
    stage = marks.stage(sprite, map_)
    blow = replace(_blow(sprite, map_, order, side, colours, stab), is_up=up)
    for frame, pose in enumerate(order):
        draw(stage, blow, frame, pose, order[:frame].count(pose))
    return stage.map_


def _way(sprite: Sprite, side: int, parameters: Parameters) -> float:
    room = sprite.room.right if side > 0 else sprite.room.left
    wanted = max(2.0, 0.2 * sprite.box.width) * min(1.5, parameters.strength)
    return float(min(wanted, max(1.0, LEFT_FOR_LIGHT * room)))


def _blow(
    sprite: Sprite, map_: Ints, order: list[str], side: int, colours: Inks, stab: bool
) -> Blow:
    """Return where a blow lands, from where the body and its hand are in the frame of the smear."""
    box = sprite.box
    frame = order.index("S") if "S" in order else 0
    solid = gather.solid(sprite, map_[frame])
    columns = np.flatnonzero(solid.any(axis=0))
    left, right = (int(columns[0]), int(columns[-1]) + 1) if columns.size else (box.left, box.right)
    stance = idle.stance(sprite)
    palm = wielding.hand(sprite, map_, frame) if stance == idle.FIGURE else None
    x, y, long = (left + right) / 2, box.centre_y, 0.8 * max(box.width, box.height) + 1
    if palm is not None and sprite.held is not None:
        held = sprite.held
        x, y = palm
        long = float(np.hypot(held.tip[0] - held.hand[0], held.tip[1] - held.hand[1])) + 1.5
        # Where the canvas ends the thing has slid back through the hand.
        edge = (sprite.width - 1.0 - x) if side > 0 else x - 1.0
        x -= side * max(0.0, min(long - edge, 0.5 * long))
    elif stance == idle.BEAST:
        long = 0.7 * max(box.height, 0.6 * box.width) + 2
        x, y = (right if side > 0 else left) - side * 0.4 * long, box.centre_y
    elif stab:
        long = 0.6 * max(box.width, box.height) + 1
        x, y = (right if side > 0 else left) - side * 0.2 * box.width, box.top + 0.6 * box.height
    edge = sprite.width - 1.0 - x if side > 0 else x - 1.0
    return Blow(side, x, y, max(3.0, min(edge, long)), colours, palm is not None)


def _slash(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    sprite = stage.sprite
    if pose not in "SC" or again > 1:
        return
    swing = ARMED if blow.is_armed else BARE
    arc = swing[(pose == "C") + again]
    thick = blow.reach * ((0.4, 0.2, 0.08)[(pose == "C") + again])
    mask, along = marks.crescent(sprite, blow.x, blow.y, blow.reach, thick, arc, blow.side)
    if pose == "C":
        mask &= marks.sieve(sprite, 0.6) | (along > 0.45)
        stage.dab(frame, mask, blow.inks.middle, behind=True)
        return
    stage.dab(frame, mask, blow.inks.dark)
    stage.dab(frame, mask & (along > 0.18), blow.inks.middle)
    stage.dab(frame, mask & (along > 0.38), blow.inks.light)


def _jaws(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    sprite = stage.sprite
    wide = max(2.0, 0.5 * blow.reach)
    x = blow.x + blow.side * (blow.reach - wide)
    if pose == "S":
        for sign in (-1, 1):
            arc = (sign * 150.0, sign * 10.0)
            mask, _ = marks.crescent(
                sprite, x, blow.y + 0.15 * sign * wide, wide, 0.45 * wide, arc, blow.side
            )
            stage.dab(frame, mask, blow.inks.light)
    elif pose == "C" and again == 0:
        tip = int(np.floor(x + blow.side * 0.5 * wide))
        stage.dab(
            frame, marks.star(sprite, tip, int(blow.y), max(1, int(0.8 * wide))), blow.inks.light
        )
    elif pose == "C" and again == 1:
        tip = int(np.floor(x + blow.side * 0.5 * wide))
        stage.dab(frame, marks.star(sprite, tip, int(blow.y), 1), blow.inks.middle)


def _streak(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    sprite = stage.sprite
    if pose not in "SC" or again > 1:
        return
    right = blow.side * (np.arange(sprite.width)[None, :] + 0.5 - blow.x)
    down = np.abs(np.arange(sprite.height)[:, None] - int(blow.y))
    tail = -0.15 * blow.reach if pose == "S" else 0.25 * blow.reach + 0.2 * blow.reach * again
    share = np.clip((right - tail) / max(1.0, blow.reach - tail), 0, 1)
    thick = max(1.5, 0.14 * blow.reach)
    half = np.round(thick * np.sin(np.pi * share**0.6), 6)
    along = (right >= tail) & (right <= blow.reach)
    if pose == "S":
        mask = along & (down <= half)
        stage.dab(frame, mask, blow.inks.middle)
        stage.dab(frame, mask & (share > 0.25), blow.inks.light)
    else:
        thin = along & (down == 0) & marks.sieve(sprite, 0.75 - 0.3 * again)
        stage.dab(frame, thin, blow.inks.middle if again == 0 else blow.inks.dark, behind=True)


def _bolt(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    if stage.sprite.kind in bodies.ROOTED:
        _lobbed(stage, blow, frame, pose, again)
        return
    sprite, inks_, box = stage.sprite, blow.inks, stage.sprite.box
    way = {"S": 0, "C": 1 + again, "V": 3, "E": 4}.get(pose)
    if way is None:
        return
    least = min(box.width, box.height)
    if way == 0:
        star = marks.star(sprite, *_ahead(sprite, blow, -1), max(2, least // 5))
        stage.dab(frame, star, inks_.light)
        return
    size = max(2 if least >= 10 else 1, least // 10)
    edge = _ahead(sprite, blow, 0)
    room = edge[1] + 1 if blow.is_up else sprite.width - edge[0] if blow.side > 0 else edge[0] + 1
    tip = round((room + 1) * way / 3.2) - 1
    for back in range(4 * size + 1 if size > 2 else 2 * size + 1):
        half = size // 2 if 0 < back <= size else max(0, size // 2 - back // size)
        half = half if size > 2 else 0
        x, y = _ahead(sprite, blow, tip - back)
        ink = inks_.light if back <= size else inks_.middle
        for off in range(-half, half + 1):
            at = (x + off, y) if blow.is_up else (x, y + off)
            stage.dab(frame, marks.dot(sprite, *at), ink)
    x, y = _ahead(sprite, blow, tip - size + 1)
    if size == 2:
        stage.dab(frame, marks.star(sprite, x, y, 1), inks_.light)
    if size > 2:
        stage.dab(frame, marks.disc(sprite, x + 0.5, y + 0.5, size + 0.3), inks_.middle)
        stage.dab(frame, marks.disc(sprite, x + 0.5, y + 0.5, size - 0.8), inks_.light)


def _ahead(sprite: Sprite, blow: Blow, way: int) -> tuple[int, int]:
    """Return the pixel that lies `way` px before the muzzle."""
    box = sprite.box
    if blow.is_up:
        return int(box.centre_x - 0.5), box.top - 1 - way
    return (box.right + way if blow.side > 0 else box.left - 1 - way), int(blow.y)


def _lobbed(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    """Throw a ball out of the top of what is rooted: up, over its side, and down to the floor."""
    sprite, box = stage.sprite, stage.sprite.box
    size = max(1.0, 0.07 * min(box.width, box.height))
    columns = np.flatnonzero(sprite.opaque[box.top])
    x, y = (int(columns[0]) + int(columns[-1]) + 1) / 2, float(box.top)
    if pose in "AS":
        arm = max(2, min(box.width, box.height) // 5) if pose == "S" else min(1, again)
        stage.dab(frame, marks.star(sprite, int(x), int(y) - (pose == "A"), arm), blow.inks.light)
        return
    place = {"C": 0.35 + 0.4 * min(1, again), "V": 1.0}.get(pose)
    if place is None or again > 1 or (pose == "V" and again):
        return
    edge = sprite.width - 2 - size if blow.side > 0 else 1 + size
    room = min(0.25 * box.height, max(0.0, box.top - 1 - size))
    if pose == "V":
        landing = marks.star(sprite, int(edge), box.bottom - 2, max(1, int(size)))
        stage.dab(frame, landing, blow.inks.middle)
        return
    for back, ink in ((0.1, blow.inks.middle), (0.0, blow.inks.light)):
        u = place - back
        at_x = int(x + (edge - x) * u) + 0.5
        at_y = int(y - 4 * room * u * (1 - u) + (box.bottom - 2 - y) * u**3) + 0.5
        stage.dab(frame, marks.disc(sprite, at_x, at_y, size * (1 - 4 * back)), ink)


def _motion(name: str, render: Callable[[Sprite, int, Parameters, int], Ints]) -> Motion:
    return Motion(
        name,
        render,
        smallest=4,
        fallback="lunge",
        layer=Layer.FORM,
        shoots=True,
        margin=0.30,
        acts=True,
    )


FAMILY = (
    _motion("attack_strike", strike),
    _motion("attack_bite", bite),
    _motion("attack_thrust", thrust),
    _motion("attack_shoot", shoot),
)
