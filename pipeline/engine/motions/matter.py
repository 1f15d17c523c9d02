"""Matter as exact loops: smoke, water, lava, electric, dust. Nothing of it is in frame 0."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Ints
from . import facing, gather, inks, marks, shears, waves
from .marks import Stage
from .motion import Layer, Motion, Parameters, Render, repeating


@repeating
def smoke(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Smoke: discs r = 1 + 2u rise from the top, drift with the wind and thin out."""
    colours = inks.greys(sprite)
    stage = marks.stage(sprite, gather.still(sprite, frames))
    if colours is None:
        return stage.map_
    box = sprite.box
    x, y = _chimney(sprite, parameters.part)
    count = max(3, frames // 2)
    life = max(3, (2 * frames) // 3)
    size = max(1.2, 0.08 * box.height)
    wind = (parameters.across or 1) * 0.35
    way = min(0.7 * box.height, float(y - 1 + box.height // 3))
    for number in range(count):
        born = 1 + number * max(1, frames - 1 - life) // max(1, count - 1)
        for age in range(min(life, frames - born)):
            u = (age + 0.5) / life
            mask = marks.disc(
                sprite, x + wind * way * u, y - way * u, size * (0.8 + 1.6 * u)
            ) & marks.sieve(sprite, 1.15 - u)
            ink = colours.light if number % 2 else colours.middle
            stage.dab(born + age, mask, ink, behind=u < 0.3)
    return stage.map_


def _chimney(sprite: Sprite, name: str) -> tuple[float, float]:
    """Return where smoke leaves: the top of the named part or chimney, else of the sprite."""
    part = sprite.part(name or "chimney")
    if part is not None:
        left, top, right, _ = part.box
        return (left + right) / 2, float(top)
    columns = np.flatnonzero(sprite.opaque[sprite.box.top])
    middle = (int(columns[0]) + int(columns[-1]) + 1) / 2 if columns.size else sprite.box.centre_x
    return middle, float(sprite.box.top)


@repeating
def water(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flow: the rows of the liquid slide past each other and light glances on them."""
    mask = sprite.water
    if mask is None:
        mask = _mostly(sprite, sprite.palette.watery)
    return _liquid(sprite, frames, parameters, seed, mask, inks.COOL)


@repeating
def lava(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Seethe: the rows of the lava slide slowly, bubbles of light rise and burst."""
    flame = sprite.flame
    mask = flame.opaque & ~sprite.rim if flame is not None else None
    if mask is None:
        mask = _mostly(sprite, sprite.palette.fiery)
    return _liquid(sprite, frames, parameters, seed, mask, inks.WARM)


def _mostly(sprite: Sprite, chosen: Bools) -> Bools:
    """Return the inside of what is mostly of the chosen colours; nothing of another sprite."""
    mask = np.append(chosen, False)[sprite.palette.index]
    if 2 * mask.sum() < sprite.area:
        return np.zeros_like(mask)
    found: Bools = mask & ~sprite.rim & (sprite.islands[0] < 0)
    return found


def _liquid(
    sprite: Sprite, frames: int, parameters: Parameters, seed: int, mask: Bools, mood: str
) -> Ints:
    turn = waves.phases(frames, parameters.cycles)[:, None]
    rows = np.arange(sprite.height)
    crest = waves.TURN * rows / 7.0
    slide = 1.2 * (np.sin(turn + crest) - np.sin(crest))
    slide = slide + 0.8 * (np.sin(turn * 1 - 1.7 * crest) + np.sin(1.7 * crest))
    map_ = shears.rolled_rows(sprite, mask, waves.symmetric(min(2.0, parameters.strength) * slide))
    colours = inks.inks(sprite, mood)
    stage = marks.stage(sprite, map_)
    places = np.flatnonzero(mask)
    if colours is None or not places.size:
        return stage.map_
    count = int(np.clip(len(places) // 24, 1, 12))
    where = places[waves.scatter(seed, count, salt=94) % np.uint32(len(places))]
    for number, place in enumerate(where):
        y, x = int(place) // sprite.width, int(place) % sprite.width
        born = 1 + number * max(1, frames - 4) // count
        for age, half in enumerate((0, 1, 2) if mood == inks.COOL else (0, 1, 1)):
            if born + age < frames:
                glance = _glance(sprite, x, y, half, mood) & mask
                stage.dab(born + age, glance, colours.light if age else colours.middle)
    return stage.map_


def _glance(sprite: Sprite, x: int, y: int, half: int, mood: str) -> Bools:
    if mood == inks.WARM:
        return marks.star(sprite, x, y, half, wide=False)
    line = np.zeros(sprite.opaque.shape, dtype=np.bool_)
    line[y, max(0, x - half) : x + half + 1] = True
    return line


@repeating
def electric(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Crackle: short bolts walk along the rim, new in every frame."""
    colours = inks.inks(sprite, inks.COOL)
    stage = marks.stage(sprite, gather.still(sprite, frames))
    rim = np.flatnonzero(sprite.rim)
    if colours is None or not rim.size:
        return stage.map_
    count = int(np.clip((sprite.box.width + sprite.box.height) // 16, 2, 5))
    length = int(np.clip(max(sprite.box.width, sprite.box.height) // 3, 4, 16))
    for frame in range(1, frames):
        numbers = waves.scatter(seed, count * (length + 1), salt=200 + frame).astype(np.int64)
        for bolt in range(count):
            walk = numbers[bolt * (length + 1) : (bolt + 1) * (length + 1)]
            _bolt(stage, frame, int(rim[walk[0] % len(rim)]), walk[1:], colours)
    return stage.map_


def _bolt(stage: Stage, frame: int, start: int, walk: Ints, colours: inks.Inks) -> None:
    """Draw a jagged line from a pixel of the rim, outwards and along."""
    sprite, box = stage.sprite, stage.sprite.box
    y, x = start // sprite.width, start % sprite.width
    out_x = 1 if x + 0.5 >= box.centre_x else -1
    out_y = 1 if y + 0.5 >= box.centre_y else -1
    upright = bool(walk[0] % 2)
    for place, number in enumerate(walk):
        ink = colours.light if place < 0.7 * len(walk) else colours.middle
        stage.plot(frame, x, y, ink)
        turn = int(number // 2 % 3) - 1
        if upright:
            y, x = y + (-out_y if place % 4 else out_y), x + turn
        else:
            x, y = x + (-out_x if place % 4 else out_x), y + turn
        x, y = int(np.clip(x, 0, sprite.width - 1)), int(np.clip(y, 0, sprite.height - 1))


@repeating
def dust(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Stir up dust: puffs run out from the feet along the floor, rise a little and thin."""
    colours = inks.greys(sprite)
    stage = marks.stage(sprite, gather.still(sprite, frames))
    if colours is None:
        return stage.map_
    box = sprite.box
    side = facing.side(sprite, parameters)
    life = max(2, frames // 2)
    size = max(1.1, 0.06 * box.height)
    for number, born in enumerate(range(1, frames, max(1, life // 2))):
        back = -side if number % 3 else side
        start = box.left if back < 0 else box.right
        for age in range(min(life, frames - born)):
            u = (age + 0.5) / life
            x = start + back * (0.35 * box.width * u)
            y = box.bottom - 0.5 - 0.15 * box.height * u
            mask = marks.disc(sprite, x, y, size * (1.2 + u)) & marks.sieve(sprite, 1.2 - u)
            mask &= (np.arange(sprite.height) < box.bottom)[:, None]
            stage.dab(born + age, mask, colours.light if u < 0.5 else colours.middle, behind=True)
    return stage.map_


def _motion(name: str, render: Render, fallback: str, margin: float) -> Motion:
    return Motion(
        name,
        render,
        smallest=4,
        fallback=fallback,
        layer=Layer.COLOUR,
        margin=margin,
    )


FAMILY = (
    _motion("smoke", smoke, "bob", 0.30),
    _motion("water", water, "ripple", 0.0),
    _motion("lava", lava, "cycle", 0.0),
    _motion("electric", electric, "flash", 0.20),
    _motion("dust", dust, "bob", 0.30),
)
