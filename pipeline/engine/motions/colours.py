"""Motions of colour alone.

Glow, glint, cycle, flash, sparkle. A colour becomes another colour of the sprite.
"""

from __future__ import annotations

import numpy as np

from ..parts import Sprite, colour, regions
from ..parts.types import Bools, Ints
from . import gather, inks, waves
from .motion import Layer, Motion, Parameters

#: How far the hue of a glint may lie from the colour that glints, and how much more vivid it is.
ALIKE_DEGREES, ALIKE, PALER = 30.0, 0.05, 0.02


def glow(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Brighten and dim what gives light, among its own colours.

    A light of one colour only brightens: the next darker colour of the sprite is no light. Ramp
    index + R(sin), outline and eyes left alone. However strong, it dims by one
    step: two steps down a face has the colour of its eyes.
    """
    steps = 2 if parameters.strength >= 2 else 1
    level = np.maximum(waves.symmetric(steps * waves.swing(frames, parameters.cycles)), -1)
    own = colour.own_steps(sprite.palette, sprite.glowing)
    moved = _stepped(sprite, level, own)
    if (moved == np.arange(len(sprite.palette.lab))).all():
        moved = _stepped(sprite, np.maximum(level, 0))
    return _recoloured(sprite, moved, sprite.glowing)


def glint(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Run a band of light across.

    c <= x + y < c + band is a step lighter, two frames of rest.
    """
    box = sprite.box
    band = max(2, int(waves.half_up(0.12 * (box.width + box.height))))
    rows, columns = np.indices((sprite.height, sprite.width))
    along = (columns - box.left) + (rows - box.top)
    if parameters.across < 0:
        along = (box.right - 1 - columns) + (rows - box.top)
    start = np.full(frames, -2 * (sprite.width + sprite.height), dtype=np.intp)
    travel = box.width + box.height + band
    start[1 : frames - 1] = waves.half_up(
        -band / 2 + travel * (np.arange(frames - 2) + 0.5) / (frames - 2) - band / 2
    )
    lit = (along >= start[:, None, None]) & (along < start[:, None, None] + band)
    inside = sprite.opaque & ~sprite.outline & (sprite.islands[0] < 0)
    level = np.where(lit & (inside if inside.any() else sprite.opaque), 1, 0)
    stepped = _stepped(sprite, np.full(frames, 2))
    if sprite.kind:
        stepped = _alike(sprite, stepped)
    lighter = _recoloured(sprite, stepped, sprite.opaque)
    return np.where(level > 0, lighter, gather.identity(sprite))


def _alike(sprite: Sprite, stepped: Ints) -> Ints:
    """Keep of the lighter colours those of the same hue, and pale ones: no stone glints red."""
    colours = sprite.palette
    apart = np.abs((colours.hue[stepped] - colours.hue + 180) % 360 - 180)
    more = colours.chroma[stepped] - colours.chroma
    fits = (more <= PALER) | ((apart <= ALIKE_DEGREES) & (more <= ALIKE))
    own: Ints = np.where(fits, stepped, np.arange(len(colours.lab)))
    return own


def cycle(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Let the colours of the most vivid ramp run round.

    Index + R(L i / N) mod L.

    Source of the idea: palette rotation (effectgames.com, canvascycle).
    """
    colours = sprite.palette
    inside = sprite.opaque & ~sprite.outline & (sprite.islands[0] < 0)
    counts = np.bincount(colours.index[inside], minlength=len(colours.lab))
    vivid = np.round(counts * (colours.chroma + 0.01), 6)
    ramps = [ramp[counts[ramp] > 0] for ramp in colours.ramps]
    ramp = max(ramps, key=lambda ramp: (len(ramp) > 1, float(vivid[ramp].sum()), len(ramp)))
    if len(ramp) < 2:
        return gather.still(sprite, frames)
    turn = np.arange(frames) * parameters.cycles % frames / frames
    moved = waves.half_up(len(ramp) * turn)
    table = np.broadcast_to(np.arange(len(colours.lab)), (frames, len(colours.lab))).copy()
    table[:, ramp] = ramp[(np.arange(len(ramp)) + moved[:, None]) % len(ramp)]
    return _recoloured(sprite, table, inside)


def flash(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flash in frames 1 and 3 in the lightest colours; the line and the eyes stay.

    The variant `vanish` hides odd frames instead.
    """
    if parameters.variant == "vanish":
        hidden = (np.arange(frames) % 2 == 1)[:, None, None]
        return np.where(hidden, gather.VOID, gather.identity(sprite))
    map_ = gather.still(sprite, frames).copy()
    lit = [frame for frame in (1, 3) if frame < frames]
    map_[lit] = inks.flashed(sprite, map_[lit])
    return map_


def sparkle(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Twinkle at seeded points.

    A pixel of the lightest colour, then a plus, then a pixel.
    """
    area = sprite.opaque & ~sprite.outline & (sprite.islands[0] < 0)
    area = area if area.any() else sprite.opaque
    if not area.any() or len(sprite.palette.lab) < 2:
        return gather.still(sprite, frames)
    count = max(2, sprite.area // 150)
    inside = np.flatnonzero(area)
    where = inside[waves.scatter(seed, count, salt=31) % np.uint32(len(inside))]
    latest = np.uint32(max(1, frames - 2))
    start = 1 + (waves.scatter(seed, count, salt=32) % latest).astype(np.intp)
    lightest = sprite.palette.sample[int(np.argmax(sprite.palette.lab[:, 0]))]
    map_ = gather.still(sprite, frames).copy()
    for age, is_plus in enumerate((False, True, False)):
        frame = start + age
        lit = np.zeros(map_.shape, dtype=np.bool_)
        lit.reshape(frames, -1)[frame[frame < frames], where[frame < frames]] = True
        for number in range(frames if is_plus else 0):
            lit[number] = regions.grow(lit[number], diagonal=False)
        map_[lit & area] = lightest
    return map_


def _stepped(sprite: Sprite, level: Ints, steps: tuple[Ints, Ints] | None = None) -> Ints:
    """Return (frames, colours).

    Each colour `level[f]` visible steps lighter (darker below 0): on its ramp, or by `steps`.
    """
    colours = sprite.palette
    lighter, darker = steps or (colours.lighter, colours.darker)
    table = {0: np.arange(len(colours.lab))}
    for step in range(1, int(np.abs(level).max(initial=0)) + 1):
        table[step] = lighter[table[step - 1]]
        table[-step] = darker[table[1 - step]]
    return np.stack([table[int(step)] for step in level])


def _recoloured(sprite: Sprite, table: Ints, mask: Bools) -> Ints:
    """Return the map that shows masked pixels of colour c in the colour `table[f, c]`."""
    if not sprite.area:
        return gather.still(sprite, len(table))
    sample = sprite.palette.sample
    index = np.where(mask, sprite.palette.index, 0)
    changed = sample[table][:, index]
    return np.where(mask & (sprite.palette.index >= 0), changed, gather.identity(sprite))


FAMILY = (
    Motion("glow", glow, smallest=4, fallback="sparkle", layer=Layer.COLOUR, margin=0.0),
    Motion("glint", glint, smallest=4, fallback="sparkle", layer=Layer.COLOUR, margin=0.0),
    Motion("cycle", cycle, smallest=4, fallback="glow", layer=Layer.COLOUR, margin=0.0),
    Motion("flash", flash, smallest=2, fallback="bob", layer=Layer.COLOUR, shoots=True, margin=0.0),
    Motion("sparkle", sparkle, smallest=4, fallback="bob", layer=Layer.COLOUR, margin=0.0),
)
