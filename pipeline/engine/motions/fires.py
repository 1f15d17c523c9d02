"""Fire as an exact loop: a flame that licks and throws embers, and flames along upper edges."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from ..parts import CREATURES, Sprite
from ..parts import regions as regions
from ..parts.types import Bools, Floats, Ints, Pixels
from . import gather, inks, marks, shears, waves
from .motion import Layer, Motion, Parameters, repeating

SOURCES = 0.4
HEART_HUES_DEGREES = (60.0, 115.0)
HIGHEST = 0.4
WARM_UP = 5
#: How narrow a flame is in its upper quarter, of its width; and px of a rim above its columns.
TAPERED = 0.6
MOST_ABOVE = 2
#: Lightness of what may be the palest colour of a fire of one's own.
PALE = 0.85
#: Parts whose flame goes down.
DOWNWARD = ("engine",)
#: How strong a fire burns in the frames beside frame 0, where it does not burn at all.
KINDLED = (0.0, 0.35, 0.7)


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
    if _is_of_the_face(sprite, region):
        return None
    if 2 * region.sum() > sprite.area:
        return sprite if _tapers(sprite) else None
    return Sprite(_only(sprite, region)) if _is_bare(sprite, region) else None


def _is_of_the_face(sprite: Sprite, region: Bools) -> bool:
    """Tell whether a region is over or about the eyes: fair hair, and no torch held aside."""
    if sprite.eyes is None or sprite.kind not in CREATURES:
        return False
    left, _, right, _ = sprite.eyes.box
    return 2 * int(region[:, left:right].any(axis=0).sum()) > right - left


def has_colours(sprite: Sprite) -> bool:
    """Tell whether a sprite has colours for a fire: allowed ones, or a pale and a warm own one."""
    own = inks.inks(sprite, inks.WARM)
    if len(sprite.extra) or own is None:
        return bool(len(sprite.extra))
    colours = sprite.palette
    light, middle = (colours.index.reshape(-1)[ink] for ink in (own.light, own.middle))
    is_pale = bool(colours.fiery[light]) or bool(colours.lab[light, 0] >= PALE)
    return is_pale and bool(colours.fiery[middle])


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


FAMILY = (Motion("fire", fire, smallest=4, fallback="flicker", layer=Layer.COLOUR, margin=0.30),)
