"""Idle with follow-through, by what stands there: a figure, a blob, a flyer, a thing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..parts import Sprite
from ..parts.types import Ints
from . import gather, gather_parts, waves, zones
from .elastic import column_cost, mirrored, row_cost, span
from .facing import side
from .limbs import flap
from .motion import Motion, Parameters, amplitude
from .shifts import floating
from .wielding import carrying

LARGE = 40
FIGURE, BEAST, LEGLESS, WINGED, THING = "stand", "quad", "legless", "winged", "thing"
STANCES: Mapping[str, str] = MappingProxyType(
    {
        "biped": FIGURE,
        "quadruped": BEAST,
        "legless": LEGLESS,
        "serpent": LEGLESS,
        "winged": WINGED,
        **dict.fromkeys(("item", "vehicle", "effect", "machine", "building"), THING),
    }
)
# When the parts of a breath go down and come up again, in eighths of a turn: body, then what
# follows it, then what follows last. Of eight frames no more than two are alike.
DOWN, UP = 1, 5


@carrying
def idle(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Breathe and let everything follow: the body first, what hangs on it after.

    Each zone sinks and rises in whole pixels, one eighth of a turn after the one before it.
    """
    kind = parameters.variant or stance(sprite)
    if kind == WINGED:
        return flap(sprite, frames, parameters, seed)
    if kind == THING:
        return floating(sprite, frames, parameters, seed)
    if kind == LEGLESS:
        return _blob(sprite, frames, parameters)
    depth = _depth(sprite, parameters)
    down = np.stack([steps(frames, parameters.cycles, late, depth) for late in (0, 1, 2, 2)])
    beast = kind == BEAST
    parts = zones.beast(sprite, side(sprite, parameters)) if beast else zones.figure(sprite)
    late = [order for mask, order in parts.moving if mask.any()]
    if len(late) < 3:
        return _blob(sprite, frames, parameters)
    return gather_parts.rigid(sprite, zones.sunk(sprite, parts, down))


def stance(sprite: Sprite) -> str:
    """Return what a sprite looks like: it stands on two or four, has no legs, or is a thing."""
    box = sprite.box
    if sprite.kind in STANCES:
        return STANCES[sprite.kind]
    if len(sprite.legs) >= 2:
        return BEAST if box.width > 1.2 * box.height or len(sprite.legs) > 2 else FIGURE
    if sprite.eyes is None:
        return THING
    return LEGLESS if box.height <= 0.8 * box.width else FIGURE


def steps(frames: int, cycles: int, late: int, depth: int) -> Ints:
    """Return how far a zone has sunk in each frame, 0 in frame 0; `late` in eighths of a turn.

    A pixel more a frame on the way down and up, so that `depth` pixels are reached in steps.
    """
    eighth = np.arange(frames) * cycles * 8 % (8 * frames) / frames
    level = np.zeros(frames, dtype=np.intp)
    for step in range(depth):
        inset = min(step, 1.5) * 1.0
        level += (eighth >= DOWN + late + inset - 1e-9) & (eighth < UP + late - inset - 1e-9)
    level[0] = 0
    return level


def _depth(sprite: Sprite, parameters: Parameters) -> int:
    usual = 2 if sprite.box.height >= LARGE else 1
    return max(1, int(waves.half_up(usual * min(2.0, parameters.strength))))


def _blob(sprite: Sprite, frames: int, parameters: Parameters) -> Ints:
    """Sink and spread, the top behind the bottom: the row that gives way travels upwards."""
    box = sprite.box
    depth = max(_depth(sprite, parameters), amplitude(sprite, parameters, 0.06))
    depth = min(depth, max(1, box.height - 2))
    low, high, out = (steps(frames, parameters.cycles, late, depth) for late in range(3))
    wide = np.minimum((out + 1) // 2, min(sprite.room.left, sprite.room.right))
    columns = mirrored(column_cost(sprite), (box.left, box.right), wide, sprite.width)
    rows = _sunk_rows(sprite, low, high)
    return gather_parts.rigid(sprite, gather.crossing(sprite, rows, columns))


def _sunk_rows(sprite: Sprite, low: Ints, high: Ints) -> Ints:
    """Return (frames, height) source rows: what is under the face has sunk by `low`, the top by
    `high`.

    Between the two a row is left out or repeated, where that shows least.
    """
    box = sprite.box
    cost = row_cost(sprite)
    face = sprite.eyes.box[3] if sprite.eyes is not None else box.top + box.height // 2
    middle = min(max(face, box.top + 1), box.bottom - 1)
    lines = np.full((len(low), sprite.height), -1, dtype=np.intp)
    for frame, (under, over) in enumerate(zip(low, high, strict=True)):
        upper = box.top + span(cost[box.top : middle], int(under) - int(over))
        lower = middle + span(cost[middle : box.bottom], -int(under))
        table = np.concatenate([upper, lower])[-box.bottom :]
        lines[frame, box.bottom - len(table) : box.bottom] = table
    return lines


FAMILY = (Motion("idle", idle, smallest=4, fallback="bob", margin=0.10),)
