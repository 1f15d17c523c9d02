"""Matter as exact loops: fire, smoke, water, lava, electric, dust. Nothing of it is in frame 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..parts import Sprite, regions
from ..parts.types import Bools, Floats, Ints, Pixels
from . import facing, gather, inks, marks, shears, waves
from .marks import Stage
from .motion import Layer, Motion, Parameters, Render, repeating

SOURCES = 0.4
HEART_HUES_DEGREES = (60.0, 115.0)
HIGHEST = 0.4
WARM_UP = 5
#: How narrow a flame is in its upper quarter, of its width; and px of a rim above its columns.
TAPERED = 0.6
MOST_ABOVE = 2
#: Parts whose flame goes down.
DOWNWARD = ("engine",)
#: How strong a fire burns in the frames beside frame 0, where it does not burn at all.
KINDLED = (0.0, 0.55, 0.85)


@repeating
def fire(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Burn: a flame licks and throws embers; what is none is set alight along its upper edges.

    heat[y, x] = max(0, heat[y + 1, x + wind] - noise - 1), wind and noise drawn for (i mod N, y, x)
    and run for five turns, so that it closes. Source: the fire of PSX Doom, from its description.
    """
    flame = flame_of(sprite) if parameters.part not in DOWNWARD else None
    if flame is not None:
        bold = 1.5 if flame.box.height >= 12 else 1.0
        bolder = replace(parameters, strength=bold * parameters.strength)
        licking = shears.burning(sprite, flame, frames, bolder, seed)
        return _embers(sprite, flame, licking, frames, seed)
    colours = inks.ramp(sprite, inks.WARM, 6)
    stage = marks.stage(sprite, gather.still(sprite, frames))
    high = max(3, int(HIGHEST * sprite.box.height))
    heat = _heat(_burning(sprite, parameters.part), frames, seed, high)
    if parameters.part in DOWNWARD:
        heat = heat[:, ::-1]
    for frame in range(1, frames):
        near = min(frame, frames - frame)
        strength = KINDLED[near] if near < len(KINDLED) else 1.0
        burning = heat[frame] - (1 - strength) * high
        step = np.clip(np.floor((1 - burning / high) * len(colours)), 0, len(colours) - 1)
        for number, ink in enumerate(colours):
            stage.dab(frame, (burning > 0) & (step == number), int(ink))
    return stage.map_


def flame_of(sprite: Sprite) -> Sprite | None:
    """Return the flame that a sprite is or carries, with its glaring heart; None without one."""
    colours = sprite.palette
    low, high = HEART_HUES_DEGREES
    hot = (colours.lab[:, 0] >= 0.82) & (colours.hue >= low) & (colours.hue <= high)
    heart = np.append(hot | (colours.lab[:, 0] >= 0.97), False)[colours.index]
    fiery = np.append(colours.fiery, False)[colours.index]
    region = sprite.flame.opaque if sprite.flame is not None else fiery
    if region.sum() < 4 or (sprite.flame is None and 2 * fiery.sum() < sprite.area):
        return None
    for _ in range(3):
        region = region | (regions.grow(region) & heart)
    if not (region & heart).any() or not (region & fiery).any():
        return None
    if 2 * region.sum() > sprite.area:
        return sprite if _tapers(sprite) else None
    return Sprite(_only(sprite, region)) if _is_bare(sprite, region) else None


def _tapers(sprite: Sprite) -> bool:
    """Tell whether all of a sprite may be a flame: as stated, or pointed and without a face."""
    if sprite.kind or sprite.eyes is not None:
        return sprite.kind in ("flame", "effect")
    wide = sprite.opaque.sum(axis=1)[sprite.box.top : sprite.box.bottom]
    quarter = max(1, len(wide) // 4)
    return bool(wide[:quarter].mean() <= TAPERED * wide.max())


def _is_bare(sprite: Sprite, region: Bools) -> bool:
    """Tell whether a region burns in the open: nothing of the sprite is above most of its columns.

    A window or a cockpit may have the colours of a flame.
    """
    columns = np.flatnonzero(region.any(axis=0))
    tops = region.argmax(axis=0)[columns]
    above = np.cumsum(sprite.opaque, axis=0)
    covered = [above[top, x] - 1 > MOST_ABOVE for x, top in zip(columns, tops, strict=True)]
    return float(np.mean(covered)) <= 0.5


def _burning(sprite: Sprite, name: str) -> Sprite:
    """Return what burns: the named part alone, or all; upside down if its flame goes down."""
    part = sprite.part(name) if name else None
    pixels = sprite.pixels if part is None else _only(sprite, part.mask)
    return Sprite(pixels[::-1] if name in DOWNWARD else pixels)


def _heat(sprite: Sprite, frames: int, seed: int, high: int) -> Floats:
    """Return (frames, height, width) heat, up to `high` at its sources."""
    height, width = sprite.opaque.shape
    sources = _sources(sprite, seed)
    drawn = [_drawn(frame, height, width, seed) for frame in range(frames)]
    heat = np.zeros((height + 1, width))
    shown = np.zeros((frames, height, width))
    for step in range((WARM_UP + 1) * frames):
        below, loss = drawn[step % frames]
        risen = heat.reshape(-1)[below] - loss
        heat[:height] = np.maximum(0, risen, out=risen)
        heat[:height][sources] = high
        shown[step % frames] = heat[:height]
    return _whole(shown, high)


def _drawn(frame: int, height: int, width: int, seed: int) -> tuple[Ints, Floats]:
    """Return where each cell's heat comes from, in the row below it, and the loss on its way.

    The wind blows by -1, 0 or 1 column; both are alike in lumps. Below the last row it is cold.
    """
    lump = 2 if min(height, width) >= 24 else 1
    tall, wide = -(-height // lump), -(-width // lump)
    numbers = waves.scatter(seed, tall * wide, salt=100 + frame).reshape(tall, wide)
    numbers = np.repeat(np.repeat(numbers, lump, axis=0), lump, axis=1)[:height, :width]
    wind = np.array([-1, 0, 0, 1])[((numbers >> np.uint32(8)) % np.uint32(4)).astype(np.intp)]
    loss = np.array([0.5, 1.0, 1.0, 1.5])[(numbers % np.uint32(4)).astype(np.intp)]
    columns = np.clip(np.arange(width) + wind, 0, width - 1)
    return (np.arange(height)[:, None] + 1) * width + columns, loss


def _whole(heat: Floats, high: int) -> Floats:
    """Return heat without its fringe: what is faint, or has fewer than two neighbours that burn."""
    burning = heat > 0.18 * high
    wide = np.pad(burning, ((0, 0), (1, 1), (1, 1))).astype(np.intp)
    beside = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] + wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    return np.where(burning & (beside >= 2), heat, 0.0)


def _only(sprite: Sprite, mask: Bools) -> Pixels:
    return np.where(mask[..., None], sprite.pixels, 0).astype(np.uint8)


def _sources(sprite: Sprite, seed: int) -> Bools:
    """Return the pixels that burn: upper edges, in a few clusters of columns."""
    opaque = sprite.opaque
    edge = opaque & ~np.vstack([np.zeros((1, sprite.width), dtype=np.bool_), opaque[:-1]])
    edge &= sprite.islands[0] < 0
    edge &= (np.arange(sprite.height) < sprite.box.top + 0.75 * sprite.box.height)[:, None]
    columns = np.arange(sprite.width)
    box = sprite.box
    count = max(1, box.width // 10)
    wide = max(1.0, SOURCES * box.width / count / 2)
    burning = np.zeros(sprite.width, dtype=np.bool_)
    places = (np.arange(count) + 0.25 + 0.5 * waves.chances(seed, count, salt=91)) / count
    for place in places:
        burning |= np.abs(columns + 0.5 - box.left - place * box.width) <= wide
    found: Bools = edge & burning[None, :]
    return found if found.any() else edge


def _embers(sprite: Sprite, flame: Sprite, map_: Ints, frames: int, seed: int) -> Ints:
    """Let a few embers rise from a flame."""
    colours = inks.inks(sprite, inks.WARM)
    stage = marks.stage(sprite, map_)
    if colours is None:
        return stage.map_
    box = flame.box
    count = int(np.clip(box.width // 4, 2, 6))
    place, way = waves.chances(seed, count, salt=92), waves.chances(seed, count, salt=93)
    life = max(2, frames // 2)
    for number in range(count):
        born = 1 + number * max(1, frames - 1 - life) // count
        for age in range(min(life, frames - born)):
            share = (age + 1) / life
            x = int(np.floor(box.left + (0.2 + 0.6 * place[number]) * box.width))
            x += int(waves.symmetric(1.4 * np.sin(waves.TURN * (way[number] + share / 2))))
            y = int(np.floor(box.top + 0.35 * box.height - share * (0.5 * box.height + 2)))
            ink = colours.light if share < 0.5 else colours.middle
            stage.plot(born + age, x, y, ink, behind=True)
    return stage.map_


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
    _motion("fire", fire, "flicker", 0.30),
    _motion("smoke", smoke, "bob", 0.30),
    _motion("water", water, "ripple", 0.0),
    _motion("lava", lava, "cycle", 0.0),
    _motion("electric", electric, "flash", 0.20),
    _motion("dust", dust, "bob", 0.30),
)
