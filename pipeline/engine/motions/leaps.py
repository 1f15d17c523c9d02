"""A jump with dust where it lands, and a chest or door that opens."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Ints
from . import elastic, facing, gather, gather_parts, inks, marks, waves
from .motion import Motion, Parameters, repeating
from .scales import resize

JUMP, JUMP_GROW, JUMP_SHRINK = "RA123LlE", "A23L1E", "lE1A"
LIFT = {"1": 0.62, "2": 1.0, "3": 0.6}
SQUASH = {"A": 0.16, "1": -0.10, "3": -0.05, "L": 0.22, "l": 0.08}
OPEN, OPEN_GROW, OPEN_SHRINK = "RK12SOOO", "OKO1O2", "OKO2"
OPENED = {"K": 0.0, "1": 0.5, "2": 1.0, "S": 1.0, "O": 1.0}


@repeating
def jump(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Crouch, leap, fall and land in a little dust."""
    order = facing.held(frames, JUMP, JUMP_GROW, JUMP_SHRINK)
    box = sprite.box
    stretch = int(np.ceil(0.1 * box.height))
    height = max(int(waves.half_up(0.3 * box.height * parameters.strength)), 2)
    height = min(height, max(0, sprite.room.top - stretch))
    squash = facing.table(order, SQUASH)
    least = 1.01 / box.height
    squash = np.where(np.abs(squash) > 0, np.sign(squash) * np.maximum(np.abs(squash), least), 0.0)
    body = resize(sprite, 1 + 0.6 * squash, 1 - squash)
    lift = waves.half_up(height * facing.table(order, LIFT))
    map_ = gather.through(gather.shift(sprite, np.zeros(frames, dtype=np.intp), -lift), body)
    colours = inks.inks(sprite)
    stage = marks.stage(sprite, gather_parts.rigid(sprite, map_))
    if colours is None:
        return stage.map_
    for frame, pose in enumerate(order):
        if pose in "1Ll":
            _puff(stage, frame, {"1": 0, "L": 1, "l": 2}[pose], colours)
    return stage.map_


def _puff(stage: marks.Stage, frame: int, age: int, colours: inks.Inks) -> None:
    """Draw dust that runs out to both sides along the floor and thins."""
    sprite, box = stage.sprite, stage.sprite.box
    first, last = _feet(sprite)
    size = max(1, round(box.height / 24)) + (age == 1)
    for side, x in ((-1, first), (1, last)):
        at = x + side * (1 + (age == 2) * size + (age > 0))
        mask = marks.disc(
            sprite, at + 0.5, box.bottom - 0.5 - 0.5 * (age == 2), size * (0.8 if age == 1 else 0.6)
        )
        mask &= (np.arange(sprite.height) < box.bottom)[:, None]
        stage.dab(frame, mask, colours.light if age == 1 else colours.middle, behind=True)


def _feet(sprite: Sprite) -> tuple[int, int]:
    columns = np.flatnonzero(
        sprite.opaque[max(0, sprite.box.bottom - 2) : sprite.box.bottom].any(axis=0)
    )
    return (
        (int(columns[0]), int(columns[-1]))
        if columns.size
        else (sprite.box.left, sprite.box.right - 1)
    )


def open_(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Open: a rattle, the lid goes up and leaves a dark gap, light bursts out; it stays open."""
    order = facing.held(frames, OPEN, OPEN_GROW, OPEN_SHRINK)
    return _opened(sprite, order, parameters)


@repeating
def close(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Close: what stands open comes down with a knock, and is the source at the end.

    In a loop it opens first.
    """
    if not parameters.once:
        return _opened(sprite, facing.held(frames, "R12OO21K", "OO", "KO21"), parameters)
    order = facing.held(frames, "OOO21KRR", "ORO", "ORO2")
    return _opened(sprite, order, parameters)


def _opened(sprite: Sprite, order: list[str], parameters: Parameters) -> Ints:
    frames, seam = len(order), lid_row(sprite)
    lid = sprite.opaque & (np.arange(sprite.height) < seam)[:, None]
    opened = facing.table(order, OPENED)
    map_ = gather_parts.only(gather.still(sprite, frames), sprite.opaque & ~lid).copy()
    colours = inks.inks(sprite)
    stage = marks.stage(sprite, map_)
    for frame, pose in enumerate(order):
        _tilted(stage, frame, seam, float(opened[frame]), colours)
        if pose == "K" and sprite.room.left and sprite.room.right:
            stage.map_[frame] = np.roll(stage.map_[frame], 1 if frame % 2 else -1, axis=1)
        if colours is not None and pose in "2S":
            _shine(stage, frame, pose, seam, colours)
    return stage.map_


def _tilted(
    stage: marks.Stage, frame: int, seam: int, share: float, colours: inks.Inks | None
) -> None:
    """Draw the lid tipped back by a share: shorter and a little higher, and what it uncovers."""
    sprite, box = stage.sprite, stage.sprite.box
    tall = seam - box.top
    cut = int(waves.half_up(share * max(1.0, 0.3 * tall)))
    up = min(sprite.room.top, int(waves.half_up(share * max(1.0, 0.12 * box.height))))
    rows = box.top + elastic.span(elastic.row_cost(sprite)[box.top : seam], -min(cut, tall - 1))
    first = box.top - up
    own = gather.identity(sprite)
    shown = own[rows]
    there = sprite.opaque[rows]
    stage.map_[frame][first : first + len(rows)][there] = shown[there]
    gap = slice(first + len(rows), seam)
    if gap.start >= gap.stop:
        return
    columns = np.flatnonzero(sprite.opaque[min(seam, sprite.height - 1)])
    inside = np.zeros(sprite.opaque.shape, dtype=np.bool_)
    if columns.size:
        inside[gap, int(columns[0]) : int(columns[-1]) + 1] = True
    stage.dab(frame, inside, inks.dark(sprite))
    glow = np.zeros_like(inside)
    if columns.size > 4 and gap.stop - gap.start > 1:
        glow[gap.stop - 1, int(columns[0]) + 2 : int(columns[-1]) - 1] = True
    if colours is not None:
        stage.dab(frame, glow, colours.middle)


def _shine(stage: marks.Stage, frame: int, pose: str, seam: int, colours: inks.Inks) -> None:
    sprite, box = stage.sprite, stage.sprite.box
    far = 2 if pose == "S" else 0
    for number, share in enumerate((0.2, 0.5, 0.8)):
        x = int(box.left + share * box.width)
        y = seam - 2 - far - number % 2
        stage.dab(
            frame,
            marks.star(sprite, x, y, 1 if pose == "2" else max(1, box.width // 16)),
            colours.light,
        )


def lid_row(sprite: Sprite) -> int:
    """Return the first row under the lid: the strongest horizontal line near the upper third."""
    box = sprite.box
    stated = sprite.part("lid")
    if stated is not None:
        return int(np.clip(stated.box[3], box.top + 1, max(box.top + 1, box.bottom - 1)))
    low = box.top + max(1, round(0.25 * box.height))
    high = box.top + max(2, round(0.6 * box.height))
    light = np.where(sprite.opaque, sprite.lightness, 0.0)
    jump_ = np.abs(np.diff(light, axis=0)).mean(axis=1)
    third = np.abs(np.arange(len(jump_)) + 1 - (box.top + 0.42 * box.height)) / box.height
    score = np.round(jump_ - 0.15 * third, 9)
    score[: max(0, low - 1)] = score[high:] = -1.0
    row = int(np.argmax(score)) + 1 if score.size else 0  # a canvas of one row has no lines
    return int(np.clip(row, box.top + 1, max(box.top + 1, box.bottom - 1)))


FAMILY = (
    Motion("jump", jump, smallest=4, fallback="hop", shoots=True, margin=0.45, acts=True),
    Motion(
        "open",
        open_,
        smallest=4,
        fallback="shake",
        loops=False,
        shoots=True,
        margin=0.20,
        acts=True,
    ),
    Motion(
        "close",
        close,
        smallest=4,
        fallback="shake",
        shoots=True,
        margin=0.20,
        acts=True,
        arrives=True,
    ),
)
