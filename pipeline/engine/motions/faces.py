"""Faces and small life: look, talk, laugh, sleep, and the body of a snake."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import facing, gather, gather_parts, inks, waves, zones
from .idle import steps
from .motion import Layer, Motion, Parameters, repeating

LOOKING = (0, -1, -1, 0, 0, 1, 1, 0)
MOUTH = (0, 1, 2, 1, 0, 2, 1, 1)


@repeating
def look(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Look left and right: the pupils go a pixel to each side and stay for two frames."""
    map_ = gather.still(sprite, frames).copy()
    if sprite.eyes is None:
        return map_
    eighth = (np.arange(frames) * parameters.cycles * 8 // frames) % 8
    right = np.array(LOOKING)[eighth] * (parameters.across or 1)
    eyes = sprite.eyes.left | sprite.eyes.right
    bare = gather_parts.hole(sprite, eyes)
    for frame in np.flatnonzero(right):
        way = _free_way(sprite, eyes, int(right[frame]))
        shown = np.where(eyes, bare, gather.identity(sprite))
        rows, columns = np.nonzero(eyes)
        shown[rows, columns + way] = rows * sprite.width + columns
        map_[frame] = shown
    return map_


def _free_way(sprite: Sprite, eyes: Bools, way: int) -> int:
    """Return a step to a side if the eyes stay inside the face, else none."""
    moved = np.roll(eyes, way, axis=1)
    return way if bool((sprite.opaque & ~sprite.rim)[moved & ~eyes].all()) else 0


def mouth(sprite: Sprite) -> Bools | None:
    """Return the mouth: the dark island under the eyes, else two pixels where it should be."""
    if sprite.eyes is None:
        return None
    left, _, right, chin = sprite.eyes.box
    labels, count = sprite.islands
    rows, columns = np.indices(labels.shape)
    below = (rows >= chin) & (rows <= chin + max(2, sprite.box.height // 5))
    near = below & (columns >= left - 1) & (columns < right + 1) & (labels >= 0)
    dark = near & (sprite.lightness < 0.45)
    for number in range(count if dark.any() else 0):
        island: Bools = labels == number
        if (island & dark).any() and not (island & ~below).any():
            return island
    middle = (left + right) // 2
    spot = (rows == chin + 1) & (columns >= middle - 1) & (columns < middle + 1)
    inside: Bools = spot & sprite.opaque & ~sprite.rim & (labels < 0)
    return inside if inside.any() and inside.sum() == spot.sum() else None


@repeating
def talk(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Talk: the mouth opens by one and two rows in the rhythm of speech."""
    map_ = gather.still(sprite, frames).copy()
    lips = mouth(sprite)
    if lips is None:
        return map_
    eighth = (np.arange(frames) * 8 // frames) % 8
    wide = np.minimum(np.array(MOUTH)[eighth], 2 if sprite.box.height >= 14 else 1)
    deepest = max(1, sprite.box.height // 24)
    for frame in np.flatnonzero(wide):
        map_[frame] = _mouthed(sprite, lips, int(wide[frame]) * deepest)
    return map_


def _mouthed(sprite: Sprite, lips: Bools, deep: int) -> Ints:
    """Return the source with its mouth open downwards."""
    shown = gather.identity(sprite).copy()
    ink = int(np.flatnonzero(lips)[0]) if sprite.lightness[lips].min() < 0.45 else inks.dark(sprite)
    opened = lips.copy()
    for _ in range(deep - (0 if lips.sum() and ink in np.flatnonzero(lips) else 1)):
        opened[1:] |= opened[:-1]
    shown[opened & sprite.opaque & ~sprite.rim] = ink
    return shown


@repeating
def laugh(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Laugh: head and shoulders shake up and down twice, the mouth open on each."""
    up = (np.arange(frames) * 4 * parameters.cycles // frames) % 2 == 1
    up = (np.arange(frames) % 2 == 1) if frames <= 8 else up
    late = np.roll(up, 1)
    late[0] = False
    down = np.stack([up, up, late, up]).astype(np.intp)
    parts = zones.figure(sprite)
    map_ = gather_parts.rigid(sprite, zones.sunk(sprite, parts, down))
    lips = mouth(sprite)
    if lips is None:
        return map_
    opened = _mouthed(sprite, lips, max(1, sprite.box.height // 16))
    talking = np.where(up[:, None, None], opened, gather.identity(sprite))
    return gather.through(map_, talking)


@repeating
def sleep(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Sleep: the eyes shut, a slow breath, the head low."""
    map_ = gather.still(sprite, frames).copy()
    if sprite.eyes is not None:
        closing = _lids(sprite)
        shut = np.where(closing, sprite.skin, gather.identity(sprite))
        map_[1:] = shut
    depth = 2 if sprite.box.height >= 60 else 1
    down = np.stack([steps(frames, parameters.cycles, late, depth) for late in (0, 1, 2, 2)])
    body = zones.sunk(sprite, zones.figure(sprite), down)
    return gather.through(gather_parts.rigid(sprite, body), map_)


def _lids(sprite: Sprite) -> Bools:
    """Return what of the eyes a lid covers: all but their lowest row, the lashes."""
    closing = np.zeros_like(sprite.opaque)
    if sprite.eyes is None:
        return closing
    for eye in (sprite.eyes.left, sprite.eyes.right):
        rows = np.flatnonzero(eye.any(axis=1))
        lid = eye.copy()
        lid[rows[-1]] = False
        closing |= lid
    return closing


def slither(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Slither: a wave runs from the head to the tail, the head and the face stay in one piece.

    Columns of what lies, rows of what stands; A s sin(t - 2 pi s), the head's end fixed.
    """
    box = sprite.box
    turn = waves.phases(frames, parameters.cycles)[:, None]
    reach = max(1, round(0.07 * min(box.width, box.height) * parameters.strength))
    if box.width >= box.height:
        side = facing.side(sprite, parameters)
        share = np.clip((np.arange(sprite.width) - box.left) / max(1, box.width - 1), 0, 1)
        form = _wave(1 - share if side > 0 else share, turn)
        held = gather.largest(
            reach,
            lambda one: gather.columns_fit(sprite, waves.symmetric(one * form), smooth=one > 1),
        )
        moved = gather.shear_columns(sprite, waves.symmetric(held * form))
    else:
        share = np.clip((np.arange(sprite.height) - box.top) / max(1, box.height - 1), 0, 1)
        form = _wave(share, turn)
        held = gather.largest(
            reach, lambda one: gather.rows_fit(sprite, waves.symmetric(one * form), smooth=one > 1)
        )
        moved = gather.shear_rows(sprite, waves.symmetric(held * form))
    return gather_parts.tidy(sprite, moved)


def _wave(share: Floats, turn: Floats) -> Floats:
    """Return a wave that runs to where `share` is 1, still over the first quarter."""
    loose = np.clip((share - 0.25) / 0.75, 0, 1)
    late = waves.TURN * loose
    form: Floats = np.minimum(1.0, 0.4 + loose) * (loose > 0) * (np.sin(turn - late) + np.sin(late))
    return form / max(1.0, float(np.abs(form).max(initial=0.0)))


FAMILY = (
    Motion(
        "look", look, smallest=4, fallback="nod", layer=Layer.COLOUR, margin=0.0, needs=("eyes",)
    ),
    Motion(
        "talk", talk, smallest=4, fallback="nod", layer=Layer.COLOUR, margin=0.0, needs=("eyes",)
    ),
    Motion("laugh", laugh, smallest=4, fallback="bob", margin=0.0),
    Motion("sleep", sleep, smallest=4, fallback="breathe", margin=0.0),
    Motion("slither", slither, smallest=4, fallback="wave", margin=0.10),
)
