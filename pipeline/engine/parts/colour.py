"""A sprite's colours: OKLab, ramps from dark to light, and which pixels give light."""

from __future__ import annotations

from functools import cached_property

import msgspec
import numpy as np

from . import regions
from .types import Bools, Floats, Ints, Pixels

PART_SHARE = 0.62
NEUTRAL_CHROMA = 0.03
RAMP_HUE_DEGREES = 40.0
VISIBLE_STEP = 0.04
NEXT_COLOURS = 6
FARTHEST_STEP = 0.45
FIRE_HUES_DEGREES = (20.0, 112.0)
WATER_HUES_DEGREES = (180.0, 275.0)
LIGHT_FLOORS = (0.72, 0.6)
LEAST_SHARE = 0.008
DARK = 0.4
FACE_FEATURES = 2

TO_CONE = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def oklab(colours: Pixels) -> Floats:
    """Convert (..., 3) sRGB bytes to OKLab, rounded to 9 decimals.

    Source: Ottosson 2020, OKLab.
    """
    share = colours.astype(np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    cone = (linear[..., None, :] * TO_CONE).sum(axis=-1)
    lab = (np.cbrt(cone)[..., None, :] * TO_LAB).sum(axis=-1)
    rounded: Floats = np.round(lab, 9)
    return rounded


def difference(first: Floats, second: Floats) -> Floats:
    """Return the distance of OKLab colours with a and b doubled (color.js, deltaEOK2)."""
    apart = (first - second) * np.array([1.0, 2.0, 2.0])
    distance: Floats = np.sqrt((apart**2).sum(axis=-1))
    return distance


class Palette(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The distinct opaque colours of a sprite.

    `index` is (height, width): each pixel's colour or -1; `sample` names one pixel of each colour
    by flat index; `lab` is (colours, 3).
    """

    index: Ints
    sample: Ints
    lab: Floats

    @cached_property
    def regions(self) -> tuple[Ints, int]:
        """Return (height, width) numbers of the connected regions of one colour, and their count.

        -1 where transparent. Nobody may write into it.
        """
        return regions.label(self.index)

    @cached_property
    def sizes(self) -> Ints:
        """Return the pixels of each of the `regions`."""
        return regions.sizes(*self.regions)

    @cached_property
    def bounds(self) -> Ints:
        """Return the box of each of the `regions`, as `regions.bounds` does."""
        return regions.bounds(*self.regions)

    @cached_property
    def contrasts(self) -> dict[int, tuple[Bools, Bools]]:
        """Keep which regions stand out from what is beside them, for the lines asked with."""
        return {}

    @cached_property
    def chroma(self) -> Floats:
        """Return each colour's OKLab chroma."""
        chroma: Floats = np.round(np.sqrt((self.lab[:, 1:] ** 2).sum(axis=1)), 9)
        return chroma

    @cached_property
    def hue(self) -> Floats:
        """Return each colour's OKLab hue in degrees, 0..360."""
        hue: Floats = np.round(np.degrees(np.arctan2(self.lab[:, 2], self.lab[:, 1])) % 360, 6)
        return hue

    @cached_property
    def ramps(self) -> tuple[Ints, ...]:
        """Return groups of like hue, each ordered from dark to light."""
        return _ramps(self)

    @cached_property
    def lighter(self) -> Ints:
        """Return for each colour the next visibly lighter one of its ramp, or itself."""
        return _neighbour_steps(self, self.ramps, upward=True)

    @cached_property
    def darker(self) -> Ints:
        """Return for each colour the next visibly darker one of its ramp, or itself."""
        return _neighbour_steps(self, self.ramps, upward=False)

    @cached_property
    def fiery(self) -> Bools:
        """Return for each colour whether it looks like fire: red to yellow and vivid."""
        low, high = FIRE_HUES_DEGREES
        return (
            (self.hue >= low)
            & (self.hue <= high)
            & (self.chroma >= 0.08)
            & (self.lab[:, 0] >= 0.45)
        )

    @cached_property
    def watery(self) -> Bools:
        """Return for each colour whether it looks like water: cyan to blue, not dark."""
        low, high = WATER_HUES_DEGREES
        return (
            (self.hue >= low) & (self.hue <= high) & (self.chroma >= 0.04) & (self.lab[:, 0] >= 0.4)
        )


def palette(pixels: Pixels) -> Palette:
    """Find the distinct opaque colours of cut RGBA pixels, in the order of their RGB values."""
    wide = pixels.astype(np.int64)
    code = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    solid = pixels[..., 3] > 0
    codes, first, inverse = np.unique(code[solid], return_index=True, return_inverse=True)
    index = np.full(solid.shape, -1, dtype=np.intp)
    index[solid] = inverse.reshape(-1)
    rgb = np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=-1).astype(np.uint8)
    return Palette(index, np.flatnonzero(solid)[first].astype(np.intp), oklab(rgb))


def rim(opaque: Bools) -> Bools:
    """Return the opaque pixels that touch transparency or the canvas edge by a side."""
    wide = regions.framed(opaque, False)
    enclosed = wide[1:-1, :-2] & wide[1:-1, 2:] & wide[:-2, 1:-1] & wide[2:, 1:-1]
    return opaque & ~enclosed


def outline(opaque: Bools, lightness: Floats) -> Bools:
    """Return the silhouette's rim and the dark pixels connected to it through dark pixels."""
    edge = rim(opaque)
    dark = opaque & (lightness < 0.35)
    labels, count = regions.label(np.where(dark, 0, -1).astype(np.intp), diagonal=True)
    touching = regions.distinct(labels[edge & dark])
    kept = np.isin(labels, touching) & dark if count else dark
    return edge | kept


def region(colours: Palette, chosen: Bools, area: int) -> Bools | None:
    """Return the largest region of the chosen colours if it is a part, not all, of the sprite."""
    picked = np.append(chosen, False)[colours.index]
    labels, count = regions.label(np.where(picked, 0, -1).astype(np.intp), diagonal=True)
    if not count:
        return None
    size = regions.sizes(labels, count)
    if not 4 <= int(size.max()) <= PART_SHARE * area:
        return None
    largest: Bools = labels == int(np.argmax(size))
    return largest


def emissive(colours: Palette, opaque: Bools, islands: Ints) -> Bools:
    """Return the pixels that give light: the brightest regions .

    They lie inside the outline, and are no face: nothing with two dark islands. A light has a core
    and a halo, so what can change among its own colours comes before what can only take the next
    lighter colour of the sprite. Without a bright region the whole inside gives light.
    """
    inside = opaque & ~rim(opaque) & (islands < 0)
    least = max(3.0, LEAST_SHARE * float(opaque.sum()))
    features = np.where(np.append(colours.lab[:, 0] < DARK, False)[colours.index], islands, -1)
    for floor in LIGHT_FLOORS:
        found = _bright_regions(colours, inside, floor, least)
        lights = [one for one in found if not _is_face(one, features)]
        lights = [one for one in lights if _has_halo(colours, one)] or lights
        if lights:
            return _brightest(colours, lights)
    return inside if inside.any() else opaque


def _is_face(region: Bools, features: Ints) -> bool:
    touched = regions.distinct(features[regions.grow(region)])
    return int((touched >= 0).sum()) >= FACE_FEATURES


def _bright_regions(colours: Palette, inside: Bools, floor: float, least: float) -> list[Bools]:
    """Return the regions lighter than `floor` that are large enough and can change."""
    bright = inside & np.append(colours.lab[:, 0] >= floor, False)[colours.index]
    brightens = colours.lighter != np.arange(len(colours.lab))
    labels, count = regions.label(np.where(bright, 0, -1).astype(np.intp), diagonal=True)
    large = np.flatnonzero(regions.sizes(labels, count) >= least) if count else ()
    found = [labels == number for number in large]
    return [one for one in found if brightens[colours.index[one]].any() or _has_halo(colours, one)]


def _brightest(colours: Palette, lights: list[Bools]) -> Bools:
    """Return those regions together that are nearly as bright as the brightest."""
    light = colours.lab[:, 0] + 0.5 * colours.chroma
    mean = [round(float(light[colours.index[one]].mean()), 6) for one in lights]
    near = [one for one, bright in zip(lights, mean, strict=True) if bright >= 0.9 * max(mean)]
    mask: Bools = np.any(near, axis=0)
    return mask


def _has_halo(colours: Palette, region: Bools) -> bool:
    own, ramps = np.arange(len(colours.lab)), _own_ramps(colours, region)
    return any(
        bool((_neighbour_steps(colours, ramps, upward=upward) != own).any())
        for upward in (True, False)
    )


def own_steps(colours: Palette, region: Bools) -> tuple[Ints, Ints]:
    """Return the lighter and the darker neighbour of each colour among those of a region.

    So a flame never takes the brown of its logs.
    """
    ramps = _own_ramps(colours, region)
    return (
        _neighbour_steps(colours, ramps, upward=True),
        _neighbour_steps(colours, ramps, upward=False),
    )


def _own_ramps(colours: Palette, region: Bools) -> tuple[Ints, ...]:
    """Return the ramps that a region's own colours make."""
    among = np.zeros(len(colours.lab), dtype=np.bool_)
    among[regions.distinct(colours.index[region & (colours.index >= 0)])] = True
    return tuple(ramp[among[ramp]] for ramp in colours.ramps if among[ramp].any())


def _ramps(colours: Palette) -> tuple[Ints, ...]:
    order = np.lexsort((np.arange(len(colours.lab)), -colours.chroma))
    neutral = colours.chroma < NEUTRAL_CHROMA
    groups = []
    while order.size:
        lead = order[0]
        turn = np.abs((colours.hue[order] - colours.hue[lead] + 180) % 360 - 180)
        alike = neutral[order] if neutral[lead] else (~neutral[order] & (turn <= RAMP_HUE_DEGREES))
        members = order[alike]
        groups.append(members[np.lexsort((members, colours.lab[members, 0]))].astype(np.intp))
        order = order[~alike]
    return tuple(groups)


def _neighbour_steps(colours: Palette, ramps: tuple[Ints, ...], *, upward: bool) -> Ints:
    """Return for each colour the one of its ramp that is most like it among the next lighter ones.

    Downward likewise, except that a neutral colour stays: dimmed white would be grey stone.
    """
    steps = np.arange(len(colours.lab), dtype=np.intp)
    for ramp in ramps:
        light = colours.lab[ramp, 0]
        if upward:
            first = np.searchsorted(light, light + VISIBLE_STEP)
            places = first[:, None] + np.arange(NEXT_COLOURS)
        else:
            first = np.searchsorted(light, light - VISIBLE_STEP, side="right") - 1
            places = first[:, None] - np.arange(NEXT_COLOURS)
        there = (places >= 0) & (places < len(ramp))
        there &= upward | (colours.chroma[ramp] >= NEUTRAL_CHROMA)[:, None]
        options = ramp[np.clip(places, 0, len(ramp) - 1)]
        apart = difference(colours.lab[ramp][:, None], colours.lab[options])
        there &= apart <= FARTHEST_STEP
        apart = np.where(there, np.round(apart, 9), np.inf)
        best = np.argmin(apart, axis=1)[:, None]
        nearest = np.take_along_axis(options, best, axis=1)[:, 0]
        steps[ramp] = np.where(there.any(axis=1), nearest, ramp)
    return steps
