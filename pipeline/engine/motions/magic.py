"""Magic and rewards: cast, charge, heal, pickup, levelup."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Ints
from . import facing, gather, inks, marks, poses, waves
from .inks import Inks
from .marks import Stage
from .motion import Layer, Motion, Parameters, repeating
from .scales import resize

CAST, CAST_GROW, CAST_SHRINK = "RAABCCVE", "ACVEAE", "CEAV"
LEVEL, LEVEL_GROW, LEVEL_SHRINK = "RA123CVE", "C3V1E2", "VE2C"
PICK, PICK_GROW, PICK_SHRINK = "RA123SX0", "231A3S", "A0X2"


@repeating
def charge(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Gather force: an ellipse of light on the floor, and motes that rise, for ever.

    Motes: y = foot - 1.25 H frac((i + f k)/N), none in frame 0, so that a loop begins with the
    source.
    """
    return _aura(sprite, frames, parameters, seed, _mote)


@repeating
def heal(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Be healed: small crosses rise over an ellipse of light."""
    return _aura(sprite, frames, parameters, seed, _cross)


def _aura(
    sprite: Sprite,
    frames: int,
    parameters: Parameters,
    seed: int,
    shape: Callable[[Sprite, int, int], Bools],
) -> Ints:
    colours = inks.inks(sprite, inks.ANY)
    stage = marks.stage(sprite, gather.still(sprite, frames))
    if colours is None:
        return stage.map_
    for frame in range(1, frames):
        _ellipse(stage, frame, colours, beat=frame / frames)
        for x, y, is_behind, age in _risen(sprite, frame, frames, seed):
            ink = colours.light if age < 0.7 else colours.middle
            stage.dab(frame, shape(sprite, x, y), ink, behind=is_behind)
    return stage.map_


def _risen(
    sprite: Sprite, frame: int, frames: int, seed: int
) -> list[tuple[int, int, bool, float]]:
    """Return x, y, whether it is behind the body, and the age 0..1 of each mote of a frame."""
    box = sprite.box
    count = int(np.clip(box.width // 3, 4, 14))
    place = waves.chances(seed, count, salt=81)
    life = max(2, (frames * 5) // 8)
    found = []
    for number in range(count):
        born = 1 + int(place[number] * 0 + (number * 7 % count) * (frames - 1 - life // 2) // count)
        age = (frame - born) / life
        if not 0 <= age < 1:
            continue
        spread = (number + 0.5) / count
        wide = box.width + 2
        x = int(np.floor(box.left - 1 + wide * spread))
        y = int(np.floor(box.bottom - 1 - 1.25 * box.height * age * (0.6 + 0.4 * place[number])))
        found.append((x, y, number % 3 == 0, age))
    return found


def _mote(sprite: Sprite, x: int, y: int) -> Bools:
    mask = marks.dot(sprite, x, y, max(1, sprite.box.height // 40))
    mask |= marks.dot(sprite, x, y + 1, max(1, sprite.box.height // 40))
    return mask


def _cross(sprite: Sprite, x: int, y: int) -> Bools:
    return marks.star(sprite, x, y, max(1, sprite.box.height // 32), wide=False)


def _ellipse(stage: Stage, frame: int, colours: Inks, beat: float) -> None:
    """Draw the ring on the floor: its back half behind the body, its front half before it."""
    sprite, box = stage.sprite, stage.sprite.box
    swing = 0.5 - 0.5 * float(np.round(np.cos(waves.TURN * 2 * beat), 9))
    radius = max(2.5, 0.5 * box.width) + swing
    y = box.bottom - 0.5 - 0.1 * radius
    ring = marks.ring(sprite, box.centre_x, y, radius, radius - 1.3, flat=0.34)
    rows = np.arange(sprite.height)[:, None] + 0.5
    stage.dab(frame, ring & (rows < y), colours.middle, behind=True)
    stage.dab(frame, ring & (rows >= y), colours.light if swing > 0.5 else colours.middle)


@repeating
def cast(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Cast: crouch while light gathers, rise with a burst before the hand, hold, settle."""
    order = facing.held(frames, CAST, CAST_GROW, CAST_SHRINK)
    side = facing.side(sprite, parameters)
    height = sprite.box.height
    least = 1.01 / height
    lift = facing.table(
        order, {"A": -max(0.06, least), "B": max(0.08, least), "C": max(0.04, least)}
    )
    zero = np.zeros(frames)
    lean = (
        side
        * max(1.0, 0.06 * height)
        * facing.table(order, {"A": -0.6, "B": 1.0, "C": 1.0, "V": 0.4})
    )
    map_ = poses.posed(sprite, poses.Pose(1 + lift, 1 - 0.3 * lift, lean, zero, zero))
    colours = inks.inks(sprite)
    stage = marks.stage(sprite, map_)
    if colours is None:
        return stage.map_
    x = _hand(sprite, side)
    y = int(sprite.box.top + 0.45 * height)
    for frame, pose in enumerate(order):
        _spell(stage, frame, pose, order[:frame].count(pose), (x, y), colours)
    return stage.map_


def _hand(sprite: Sprite, side: int) -> int:
    """Return the column just before the body, inside the canvas."""
    reach = max(1, sprite.box.width // 6)
    x = sprite.box.right - 1 + reach if side > 0 else sprite.box.left - reach
    return int(np.clip(x, 1, sprite.width - 2))


def _spell(
    stage: Stage, frame: int, pose: str, again: int, hand: tuple[int, int], colours: Inks
) -> None:
    sprite = stage.sprite
    x, y = hand
    size = max(2, round(0.22 * sprite.box.height))
    if pose == "A":
        grain = max(1, sprite.box.height // 36)
        for number in range(6):
            angle = waves.TURN * (number + 0.25) / 6
            far = size * (1.6 - 0.7 * min(again, 1)) + 1
            at_x = int(np.floor(x + far * np.round(np.cos(angle), 6)))
            at_y = int(np.floor(y + far * np.round(np.sin(angle), 6)))
            stage.dab(frame, marks.dot(sprite, at_x, at_y, grain), colours.middle)
        core = max(0.8, 0.3 * size * (0.5 + 0.5 * min(again, 1)))
        stage.dab(frame, marks.disc(sprite, x + 0.5, y + 0.5, core), colours.light)
    elif pose == "B":
        stage.dab(
            frame, marks.ring(sprite, x + 0.5, y + 0.5, size + 1.0, size - 0.5), colours.middle
        )
        stage.dab(frame, marks.star(sprite, x, y, size), colours.light)
    elif pose == "C":
        outer = size + 1.6 + again
        ring = marks.ring(sprite, x + 0.5, y + 0.5, outer, outer - 1.0)
        ring &= marks.broken(sprite, x + 0.5, y + 0.5, 0.25 + 0.3 * again)
        stage.dab(frame, ring, colours.middle if again == 0 else colours.dark)
        stage.dab(frame, marks.star(sprite, x, y, max(1, size - 1 - again)), colours.light)
    elif pose == "V":
        stage.dab(frame, marks.star(sprite, x, y, 1), colours.middle)


def pickup(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Be picked up: dip, rise, become a star, and be gone."""
    order = facing.held(frames, PICK, PICK_GROW, PICK_SHRINK)
    box = sprite.box
    rise = min(max(2, round(0.3 * box.height)), sprite.room.top)
    up = facing.table(order, {"A": -0.2, "1": 0.5, "2": 0.85, "3": 1.0, "S": 1.0, "X": 1.0})
    size = facing.table(order, {"3": -0.3, "S": -0.6})
    body = resize(sprite, 1 + size, 1 + size, grounded=False)
    down = -waves.symmetric(rise * np.maximum(up, 0)) + (up < 0) * min(1, sprite.room.bottom)
    map_ = gather.through(gather.shift(sprite, np.zeros(frames, dtype=np.intp), down), body)
    colours = inks.inks(sprite)
    stage = marks.stage(sprite, map_)
    for frame, pose in enumerate(order):
        if pose in "X0":
            stage.map_[frame] = gather.VOID
        if pose == "3":
            stage.map_[frame] = inks.flashed(sprite, stage.map_[frame])
        if colours is not None:
            _gone(stage, frame, pose, rise, colours)
    return stage.map_


def _gone(stage: Stage, frame: int, pose: str, rise: int, colours: Inks) -> None:
    sprite, box = stage.sprite, stage.sprite.box
    x, y = int(box.centre_x), int(box.centre_y) - rise
    size = max(2, round(0.35 * max(box.width, box.height)))
    if pose == "S":
        stage.dab(frame, marks.star(sprite, x, y, size), colours.light)
    elif pose == "X":
        ring = marks.ring(sprite, x + 0.5, y + 0.5, size + 0.5, size - 0.6)
        stage.dab(frame, ring & marks.broken(sprite, x + 0.5, y + 0.5, 0.3), colours.middle)
        stage.dab(frame, marks.star(sprite, x, y, max(1, size // 2)), colours.light)
    elif pose == "0":
        for right, down in ((-size, 0), (size, 0), (0, -size), (0, size)):
            stage.dab(frame, marks.dot(sprite, x + right, y + down), colours.middle)


@repeating
def levelup(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Level up: crouch, leap in a ring of light that runs up the body, land under a star."""
    order = facing.held(frames, LEVEL, LEVEL_GROW, LEVEL_SHRINK)
    box = sprite.box
    rise = min(max(1, round(0.18 * box.height)), sprite.room.top)
    least = 1.01 / box.height
    tall = facing.table(order, {"A": -max(0.08, least), "1": 0.04, "C": -max(0.06, least)})
    up = facing.table(order, {"1": 0.6, "2": 1.0, "3": 0.7})
    zero = np.zeros(frames)
    map_ = poses.posed(sprite, poses.Pose(1 + tall, 1 - 0.5 * tall, zero, zero, -rise * up))
    colours = inks.inks(sprite)
    stage = marks.stage(sprite, map_)
    if colours is None:
        return stage.map_
    for frame, pose in enumerate(order):
        _praised(stage, frame, pose, colours)
    return stage.map_


def _praised(stage: Stage, frame: int, pose: str, colours: Inks) -> None:
    sprite, box = stage.sprite, stage.sprite.box
    radius = max(2.5, 0.55 * box.width)
    share = {"A": 0.0, "1": 0.25, "2": 0.6, "3": 0.95}.get(pose)
    if share is not None:
        y = box.bottom - 1 - share * box.height
        ring = marks.ring(sprite, box.centre_x, y, radius, radius - 1.3, flat=0.34)
        rows = np.arange(sprite.height)[:, None] + 0.5
        stage.dab(frame, ring & (rows < y), colours.middle, behind=True)
        stage.dab(frame, ring & (rows >= y), colours.light)
        for number in range(4):
            x = int(box.left - 1 + (box.width + 1) * number / 3)
            top = int(y) + 2 + number % 2
            if share > 0:
                stage.dab(frame, marks.dot(sprite, x, top), colours.light)
                stage.dab(frame, marks.dot(sprite, x, top + 2), colours.middle)
    elif pose in "CV":
        arm = max(2, round(0.16 * box.width)) - (pose == "V")
        for right in (-1, 1):
            x = int(box.centre_x + right * radius)
            stage.dab(frame, marks.star(sprite, x, box.top + arm, max(1, arm - 1)), colours.light)
        stage.dab(
            frame,
            marks.star(sprite, int(box.centre_x), max(arm + 1, box.top - 1), arm),
            colours.light,
        )


FAMILY = (
    Motion(
        "charge", charge, smallest=4, fallback="glow", layer=Layer.COLOUR, shoots=True, margin=0.20
    ),
    Motion(
        "heal",
        heal,
        smallest=4,
        fallback="glow",
        layer=Layer.COLOUR,
        shoots=True,
        margin=0.20,
        acts=True,
    ),
    Motion(
        "cast",
        cast,
        smallest=4,
        fallback="charge",
        layer=Layer.FORM,
        shoots=True,
        margin=0.30,
        acts=True,
    ),
    Motion(
        "pickup",
        pickup,
        smallest=4,
        fallback="dissolve",
        loops=False,
        shoots=True,
        margin=0.30,
        acts=True,
    ),
    Motion("levelup", levelup, smallest=4, fallback="hop", shoots=True, margin=0.30, acts=True),
)
