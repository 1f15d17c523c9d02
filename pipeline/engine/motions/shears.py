"""Motions that slide rows or columns: sway, wobble, wave, ripple, flicker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..parts import Floats, Ints, Sprite
from . import gather, waves
from .motion import Motion, Parameters, amplitude
from .scales import resize


def sway(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lean with the wind from a fixed foot: row dx = Rs(A e^1.5 sin), imaging.md 15 no. 9."""
    side = parameters.across or 1
    bend = height_share(sprite) ** 1.5
    turn = side * waves.swing(frames, parameters.cycles)[:, None]
    return _rows(sprite, amplitude(sprite, parameters), lambda reach: reach * bend * turn)


def wave(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Run a wave from the mast to the free edge: column dy = Rs(A u (sin(t - 2 pi u / .8) + sin(2 pi u / .8))); no. 11.

    The free edge is on the right unless the prompt says left.
    """
    box = sprite.box
    share = np.clip((np.arange(sprite.width) - box.left) / max(1, box.width - 1), 0, 1)
    share = 1 - share if parameters.across < 0 else share
    crest = waves.TURN * share / 0.8
    turn = waves.phases(frames, parameters.cycles)[:, None]
    form = share * (np.sin(turn - crest) + np.sin(crest))
    return _columns(sprite, amplitude(sprite, parameters), lambda reach: reach * form)


def ripple(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Let waves run through standing water: row dx = Rs(.6A (sin(t + q) - sin q)), imaging.md 15 no. 12."""
    box = sprite.box
    depth = waves.TURN * (np.arange(sprite.height) - box.top) / max(6.0, box.height / 2)
    turn = waves.phases(frames, parameters.cycles)[:, None]
    form = 0.6 * (np.sin(turn + depth) - np.sin(depth))
    return _rows(sprite, amplitude(sprite, parameters), lambda reach: reach * form)


def flicker(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lick like a flame: three seeded sines climb the rows, the height follows, imaging.md 15 no. 21."""
    climb = height_share(sprite) ** 1.3
    first = waves.TURN * waves.chances(seed, 4, salt=21)
    turn = waves.phases(frames, parameters.cycles)

    def lick(phase: Floats) -> Floats:
        steps = ((0.6, 1, 3, first[0]), (0.3, 2, 6, first[1]), (0.2, 3, 9, first[2]))
        return sum((part * np.sin(turns * phase + start + rate * climb) for part, turns, rate, start in steps),
                   np.zeros(1))

    form = climb * (lick(turn[:, None]) - lick(np.zeros((1, 1))))
    reach = amplitude(sprite, parameters)
    leaning = _rows(sprite, reach, lambda tried: 0.8 * tried * form)
    growth = 0.6 * reach * (np.sin(2 * turn + first[3]) - np.sin(first[3])) / sprite.box.height
    tall = resize(sprite, np.ones(frames), 1 + growth)
    return gather.through(tall, leaning)


def height_share(sprite: Sprite) -> Floats:
    """Return e(y) of imaging.md 1 for each canvas row: 0 on the floor, 1 at the top of the box."""
    box = sprite.box
    return np.clip((box.bottom - 1 - np.arange(sprite.height)) / max(1, box.height - 1), 0, 1)


def _rows(sprite: Sprite, reach: int, form: Callable[[int], Floats]) -> Ints:
    held = gather.largest(reach, lambda tried: gather.rows_fit(sprite, waves.symmetric(form(tried))))
    return gather.shear_rows(sprite, waves.symmetric(form(held)))


def _columns(sprite: Sprite, reach: int, form: Callable[[int], Floats]) -> Ints:
    held = gather.largest(reach, lambda tried: gather.columns_fit(sprite, waves.symmetric(form(tried))))
    return gather.shear_columns(sprite, waves.symmetric(form(held)))


FAMILY = (
    Motion("sway", sway, smallest=4, fallback="bob"),
    Motion("wave", wave, smallest=4, fallback="bob", margin=0.15),
    Motion("ripple", ripple, smallest=4, fallback="bob"),
    Motion("flicker", flicker, smallest=4, fallback="bob", margin=0.15),
)
