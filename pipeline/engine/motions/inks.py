"""The colours that effects are drawn with: a few of the sprite's own, named by one pixel each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..parts import Sprite, colour
from ..parts.types import Bools, Floats, Ints

WARM, COOL, ANY = "warm", "cool", ""
COOL_HUES_DEGREES = (160.0, 300.0)
APART = 0.07
WHITE, PALE = 0.88, 0.08


class Inks(NamedTuple):
    """Flat source indices of a light, a middle and a dark colour; equal where there are fewer."""

    light: int
    middle: int
    dark: int


def inks(sprite: Sprite, mood: str = ANY) -> Inks | None:
    """Return the colours of an effect: those named, else the sprite's own of a mood.

    None when the sprite is empty.
    """
    if len(sprite.extra):
        return Inks(*(int(one) for one in _extra_steps(sprite, 3)))
    light = sprite.palette.lab[:, 0]
    if not light.size:
        return None
    tint = _of_mood(sprite, mood)
    lightest = int(np.argmax(light + 0.25 * tint))
    middle = _step(sprite, lightest, light, tint, below=light[lightest] - APART, above=0.42)
    dark = _step(sprite, middle, light, tint, below=light[middle] - APART, above=0.28)
    return Inks(*(int(sprite.palette.sample[one]) for one in (lightest, middle, dark)))


def _extra_steps(sprite: Sprite, steps: int) -> Ints:
    """Return flat indices of `steps` of the sprite's extra colours, light to dark."""
    count = len(sprite.extra)
    light = colour.oklab(sprite.extra[:, :3])[:, 0]
    order = np.lexsort((np.arange(count), -light))
    place: Ints = order[np.arange(steps) * count // steps]
    return sprite.height * sprite.width + place


def _of_mood(sprite: Sprite, mood: str) -> Floats:
    """Return the chroma of the colours of a mood, 0 for the others."""
    if mood == WARM:
        return np.where(sprite.palette.fiery, sprite.palette.chroma, 0.0)
    if mood == COOL:
        low, high = COOL_HUES_DEGREES
        cool = (sprite.palette.hue >= low) & (sprite.palette.hue <= high)
        return np.where(cool, sprite.palette.chroma, 0.0)
    return sprite.palette.chroma


def _step(
    sprite: Sprite, start: int, light: Floats, tint: Floats, *, below: float, above: float
) -> int:
    """Return the most telling colour that is darker than a limit, or the one to start from."""
    fits: Bools = (light <= below) & (light >= above)
    if not fits.any():
        return start
    return int(np.argmax(np.where(fits, np.round(tint + 0.2 * light, 9), -1.0)))


def dark(sprite: Sprite) -> int:
    """Return a pixel of the darkest colour; 0 for an empty sprite."""
    light = sprite.palette.lab[:, 0]
    return int(sprite.palette.sample[int(np.argmin(light))]) if light.size else 0


def flashed(sprite: Sprite, map_: Ints) -> Ints:
    """Return a map of one frame or more with all that shows in the lightest colour.

    The darkest colours stay, so that a figure is still read: its line and its eyes. Where the
    lightest is no white, the darker half takes the next lighter one, or it would be a blob.
    """
    light = sprite.palette.lab[:, 0]
    if not light.size:
        return map_
    order = np.argsort(-light, kind="stable")
    white = int(order[0])
    is_white = light[white] >= WHITE and sprite.palette.chroma[white] <= PALE
    table = np.full(len(light), int(sprite.palette.sample[white]), dtype=np.intp)
    if len(light) > 3 and not is_white:
        second = next((one for one in order if light[one] <= light[white] - APART), white)
        used = sprite.palette.index[sprite.opaque]
        middle = float(np.median(light[used]))
        table[light < middle] = sprite.palette.sample[second]
    if len(light) > 2:
        line = light <= min(0.3, float(light[order[-1]]) + 0.08)
        table[line] = sprite.palette.sample[line]
    shown = np.append(sprite.palette.index.reshape(-1), -1)[map_]
    return np.where(shown >= 0, table[shown], map_)


def ramp(sprite: Sprite, mood: str, steps: int) -> Ints:
    """Return `steps` flat indices from light to dark, repeating where colours are few."""
    if len(sprite.extra):
        return _extra_steps(sprite, steps)
    found = inks(sprite, mood)
    chosen = np.array(found if found is not None else (0, 0, 0), dtype=np.intp)
    return chosen[np.minimum(np.arange(steps) * 3 // steps, 2)]


def greys(sprite: Sprite) -> Inks | None:
    """Return the colours of smoke and dust: the sprite's least vivid, light before dark."""
    if len(sprite.extra):
        return inks(sprite)
    light, chroma = sprite.palette.lab[:, 0], sprite.palette.chroma
    if not light.size:
        return None
    fits = (light > 0.4) if (light > 0.4).any() else np.ones(len(light), dtype=np.bool_)
    dull = np.lexsort((np.arange(len(light)), np.round(chroma - 0.15 * light, 6)))
    chosen = [int(one) for one in dull if fits[one]][:3]
    chosen.sort(key=lambda one: -float(light[one]))
    while len(chosen) < 3:
        chosen.append(chosen[-1])
    return Inks(*(int(sprite.palette.sample[one]) for one in chosen))
