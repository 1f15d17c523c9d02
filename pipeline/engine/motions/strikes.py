"""Attacks: held back, one smear, held at contact, and back; strike, bite, thrust, shoot."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from ..parts import Sprite
from ..parts.types import Ints
from . import facing, marks, poses
from .inks import Inks, inks
from .marks import Stage
from .motion import Layer, Motion, Parameters, repeating

# Rest, anticipation (held), smear, contact (held), recovery, settled.
ORDER, GROW, SHRINK = "RAASCCVE", "ACVAERER", "CEAV"
# The body strikes once: it stands in one pose from the smear to the end of contact, and only the
# arc of light goes on.
LEAN = {"A": -1.0, "S": 1.0, "C": 1.0, "V": 1.0}
WAY = {"S": 1.0, "C": 1.0, "V": 1.0, "E": 0.15}
TALL = {"S": -0.06, "C": -0.06, "V": -0.06}
WIDE = {"S": 0.1, "C": 0.1, "V": 0.1}
#: What is large shows its weight: it draws back, leans further, and goes low as it strikes.
LARGE, BACK, WEIGHT, LOW = 40, {"A": -0.35}, 0.12, {"A": -0.04, "S": -0.1, "C": -0.1, "V": -0.08}
Draw = Callable[[Stage, "Blow", int, str, int], None]


class Blow(msgspec.Struct, frozen=True, eq=False):
    """Where an attack lands: its side, the middle of the body, and how far its arc may reach."""

    side: int
    x: float
    y: float
    reach: float
    inks: Inks


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
    return _attack(sprite, frames, parameters, _streak, reach=0.6)


@repeating
def shoot(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Fire: a star at the muzzle, the body thrown back, a bolt on its way out."""
    return _attack(sprite, frames, parameters, _bolt, reach=-0.45)


def _attack(
    sprite: Sprite, frames: int, parameters: Parameters, draw: Draw, reach: float = 1.0
) -> Ints:
    order = facing.held(frames, ORDER, GROW, SHRINK)
    side = facing.side(sprite, parameters)
    way = _way(sprite, side, parameters) * reach
    map_ = poses.posed(sprite, _pose(sprite, order, side, way))
    colours = inks(sprite)
    if colours is None:
        return map_
    stage = marks.stage(sprite, map_)
    blow = _blow(sprite, side, way, colours)
    for frame, pose in enumerate(order):
        draw(stage, blow, frame, pose, order[:frame].count(pose))
    return stage.map_


def _way(sprite: Sprite, side: int, parameters: Parameters) -> float:
    room = sprite.room.right if side > 0 else sprite.room.left
    wanted = max(2.0, 0.2 * sprite.box.width) * min(1.5, parameters.strength)
    return float(min(wanted, room))


def _pose(sprite: Sprite, order: list[str], side: int, way: float) -> poses.Pose:
    """Return the body of an attack; one that is thrown back (`way` below 0) leans back with it."""
    height = sprite.box.height
    is_heavy = bool(sprite.kind) and height >= LARGE and way >= 0
    lean = max(1.0, (WEIGHT if is_heavy else 0.07) * height) * (1.0 if way >= 0 else -0.6)
    tall = facing.table(order, (LOW if is_heavy else TALL) if way >= 0 else {})
    tall = np.where(tall < 0, np.minimum(tall, -1.01 / height if height >= 12 else 0), tall)
    return poses.Pose(
        tall=1 + tall,
        wide=1 + facing.table(order, WIDE if way >= 0 else {}),
        lean=side * lean * facing.table(order, LEAN),
        right=side * way * facing.table(order, WAY | (BACK if is_heavy else {})),
        down=np.zeros(len(order)),
    )


def _blow(sprite: Sprite, side: int, way: float, colours: Inks) -> Blow:
    box = sprite.box
    x = box.centre_x + side * max(0.0, way)
    edge = sprite.width - 1.0 - x if side > 0 else x - 1.0
    reach = min(edge, 0.8 * max(box.width, box.height) + 1)
    return Blow(side, x, box.centre_y, max(3.0, reach), colours)


def _slash(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    sprite = stage.sprite
    if pose not in "SC" or again > 1:
        return
    arc = ((-115.0, 55.0), (0.0, 68.0), (35.0, 75.0))[(pose == "C") + again]
    thick = blow.reach * ((0.4, 0.2, 0.08)[(pose == "C") + again])
    mask, along = marks.crescent(sprite, blow.x, blow.y, blow.reach, thick, arc, blow.side)
    if pose == "C":
        mask &= marks.sieve(sprite, 0.6) | (along > 0.45)
        stage.dab(frame, mask, blow.inks.middle)
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
    thick = max(1.0, 0.14 * blow.reach)
    half = np.round(thick * np.sin(np.pi * share**0.6), 6)
    along = (right >= tail) & (right <= blow.reach)
    if pose == "S":
        mask = along & (down <= half)
        stage.dab(frame, mask, blow.inks.middle)
        stage.dab(frame, mask & (share > 0.25), blow.inks.light)
    else:
        thin = along & (down == 0) & marks.sieve(sprite, 0.75 - 0.3 * again)
        stage.dab(frame, thin, blow.inks.middle if again == 0 else blow.inks.dark)


def _bolt(stage: Stage, blow: Blow, frame: int, pose: str, again: int) -> None:
    sprite = stage.sprite
    box = sprite.box
    muzzle = (box.right if blow.side > 0 else box.left - 1) - blow.side
    way = {"S": 0, "C": 1 + again, "V": 3, "E": 4}.get(pose)
    if way is None:
        return
    size = max(1, min(box.width, box.height) // 10)
    y = int(blow.y)
    if way == 0:
        arm = max(2, min(box.width, box.height) // 5)
        stage.dab(frame, marks.star(sprite, muzzle, y, arm), blow.inks.light)
        return
    ahead = sprite.width - muzzle if blow.side > 0 else muzzle + 1
    tip = muzzle + blow.side * round(ahead * way / 3.2)
    if size > 2:
        centre = tip - blow.side * size + 0.5
        stage.dab(frame, marks.disc(sprite, centre, y + 0.5, size + 0.3), blow.inks.middle)
        stage.dab(frame, marks.disc(sprite, centre, y + 0.5, size - 0.8), blow.inks.light)
    for back in range(4 * size + 1 if size > 2 else 2 * size + 1):
        ink = blow.inks.light if back <= size else blow.inks.middle
        half = size // 2 if 0 < back <= size else max(0, size // 2 - back // size)
        for row in range(y - half, y + half + 1):
            stage.dab(frame, marks.dot(sprite, tip - blow.side * back, row), ink)


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
