"""Motions that slide rows or columns: sway, wobble, wave, ripple, flicker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from ..parts import Sprite, regions
from ..parts.types import Bools, Floats, Ints
from . import gather, gather_parts, waves
from .motion import Motion, Parameters, amplitude
from .scales import resize

WOBBLE_LAG = 1.2
WAVE_LENGTH = 0.8


def sway(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lean with the wind from a fixed foot: row dx = Rs(A e^1.5 sin)."""
    bend = height_share(sprite) ** 1.5
    turn = (parameters.across or 1) * waves.swing(frames, parameters.cycles)[:, None]
    return _rows(sprite, amplitude(sprite, parameters, 0.07), lambda reach: reach * bend * turn)


def leaning(sprite: Sprite, frames: int, parameters: Parameters, slope: float) -> Ints:
    """Lean from the feet to both sides, the face straight: row dx = Rs(A e sin), A = slope H."""
    turn = (parameters.across or 1) * waves.swing(frames, parameters.cycles)[:, None]
    form = height_share(sprite) * turn
    reach = max(1, int(waves.half_up(slope * parameters.strength * sprite.box.height)))
    return _rows(sprite, reach, lambda tried: tried * form)


def wobble(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Jiggle like jelly, the top behind the bottom.

    row dx = Rs(A e (sin(t - 1.2 e) + sin 1.2 e)).
    """
    share = height_share(sprite)
    late = WOBBLE_LAG * share
    turn = waves.phases(frames, parameters.cycles)[:, None]
    form = (parameters.across or 1) * share * (np.sin(turn - late) + np.sin(late))
    return _rows(sprite, amplitude(sprite, parameters), lambda reach: reach * form)


def wave(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Run a wave from the mast to the free edge.

    column dy = Rs(A u (sin(t - q) + sin q)), q = 2 pi u / .8.

    The form is scaled to the amplitude, so that small cloth keeps its edge.

    The free edge is on the right; on the left when the prompt says so; below (a cape) when it says
    down.
    """
    turn = waves.phases(frames, parameters.cycles)[:, None]
    if parameters.down > 0:
        form = _travelling(1 - height_share(sprite), turn)
        return _rows(sprite, amplitude(sprite, parameters, 0.1), lambda reach: reach * form)
    box = sprite.box
    share = np.clip((np.arange(sprite.width) - box.left) / max(1, box.width - 1), 0, 1)
    form = _travelling(1 - share if parameters.across < 0 else share, turn)
    held = gather.largest(
        amplitude(sprite, parameters, 0.1),
        lambda reach: gather.columns_fit(sprite, waves.symmetric(reach * form), smooth=reach > 1),
    )
    moved = gather.shear_columns(sprite, waves.symmetric(held * form))
    return gather_parts.tidy(sprite, moved)


def _travelling(share: Floats, turn: Floats) -> Floats:
    crest = waves.TURN * share / WAVE_LENGTH
    form: Floats = share * (np.sin(turn - crest) + np.sin(crest))
    return form / max(1.0, float(np.abs(form).max()))


def ripple(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Let waves run through standing water.

    row dx = Rs(.6A (sin(t + q) - sin q)).

    Water that is a part of the sprite (a well, a fountain) ripples alone, inside its own edge.
    """
    box = sprite.box
    above = (1 - height_share(sprite)) * (box.height - 1)
    depth = waves.TURN * above / max(10.0, box.height / 2)
    turn = waves.phases(frames, parameters.cycles)[:, None]
    form = 0.6 * (np.sin(turn + depth) - np.sin(depth))
    reach = amplitude(sprite, parameters)
    if sprite.water is not None:
        rolled = rolled_rows(sprite, sprite.water, waves.symmetric(max(2, reach) * form))
        if gather.moves(sprite, rolled):
            return rolled
    return _rows(sprite, reach, lambda tried: tried * form)


def rolled_rows(sprite: Sprite, mask: Bools, right: Ints) -> Ints:
    """Roll the masked pixels of each row round among themselves by `right[f, y]` places."""
    map_ = gather.still(sprite, len(right)).copy()
    for row in np.flatnonzero(mask.any(axis=1)):
        columns = np.flatnonzero(mask[row])
        place = (np.arange(len(columns)) - right[:, row, None]) % len(columns)
        map_[:, row, columns] = row * sprite.width + columns[place]
    return map_


def flicker(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lick like a flame.

    Three seeded sines climb the rows, the height follows.

    A flame that is a part of the sprite (a torch in a hand) licks alone.
    """
    flame = sprite.flame
    if flame is None:
        return _licking(sprite, frames, parameters, seed)
    return burning(sprite, flame, frames, parameters, seed)


def burning(sprite: Sprite, flame: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Let a flame that is a part of a sprite lick, and the rest stand still."""
    bolder = max(parameters.strength, sprite.box.height / flame.box.height / 2)
    licking = _licking(flame, frames, replace(parameters, strength=bolder), seed)
    inside = not (regions.grow(flame.opaque) & ~sprite.opaque).any()
    behind = gather_parts.hole(sprite, flame.opaque) if inside else gather.VOID
    bare = np.where(flame.opaque, behind, gather.identity(sprite))
    shown = gather_parts.over(np.broadcast_to(bare, licking.shape), licking, flame.opaque)
    return gather_parts.closed(shown, flame.opaque)


def _licking(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    climb = height_share(sprite) ** 1.3
    starts = waves.TURN * waves.chances(seed, 4, salt=21)
    turn = waves.phases(frames, parameters.cycles)

    def lick(phase: Floats) -> Floats:
        waving = 0.6 * np.sin(phase + starts[0] + 3 * climb)
        waving = waving + 0.3 * np.sin(2 * phase + starts[1] + 6 * climb)
        licked: Floats = waving + 0.2 * np.sin(3 * phase + starts[2] + 9 * climb)
        return licked

    form = climb * (lick(turn[:, None]) - lick(np.zeros((1, 1))))
    reach = amplitude(sprite, parameters, 0.07)
    leaning = _rows(sprite, reach, lambda tried: tried * form)
    growth = 0.6 * reach * (np.sin(2 * turn + starts[3]) - np.sin(starts[3])) / sprite.box.height
    return gather.through(resize(sprite, np.ones(frames), 1 + growth), leaning)


def height_share(sprite: Sprite) -> Floats:
    """Return e(y), the height of each canvas row: 0 on the floor, 1 at the top of the box.

    It does not grow over the rows of the eyes, or of a head on a neck: what it bends leaves a face
    straight.
    """
    box = sprite.box
    loose = np.zeros(sprite.height)
    loose[box.top : box.bottom - 1] = 1
    loose[_stiff_rows(sprite)] = 0
    if loose.sum() < 0.25 * (box.height - 1):
        loose[box.top : box.bottom - 1] = 1
    above = np.cumsum(loose[::-1])[::-1]
    share: Floats = np.round(above / max(1.0, above.max()), 9)
    return share


def _stiff_rows(sprite: Sprite) -> slice:
    if sprite.eyes is None:
        return slice(0, 0)
    top, chin = sprite.eyes.box[1], sprite.eyes.box[3]
    return slice(max(sprite.box.top, top - 1), min(sprite.box.bottom, chin + 1))


def _rows(sprite: Sprite, reach: int, form: Callable[[int], Floats]) -> Ints:
    held = gather.largest(
        reach, lambda tried: gather.rows_fit(sprite, waves.symmetric(form(tried)), smooth=tried > 1)
    )
    moved = gather.shear_rows(sprite, waves.symmetric(form(held)))
    return gather_parts.tidy(sprite, moved)


FAMILY = (
    Motion("sway", sway, smallest=4, fallback="bob"),
    Motion("wobble", wobble, smallest=4, fallback="bob"),
    Motion("wave", wave, smallest=4, fallback="bob", margin=0.15),
    Motion("ripple", ripple, smallest=4, fallback="bob"),
    Motion("flicker", flicker, smallest=4, fallback="bob", margin=0.15),
)
