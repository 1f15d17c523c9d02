"""Tell figure from background where both have one colour: white behind a white sprite, say.

A service that ignores the matte may return the sprite's own colour behind it; then no colour tells
what is opaque. Frame 0 shows the source, whose silhouette is known. Of the other frames each patch
is looked up in the source as it lies on that background, and a pixel is what the source has there:
a colour, or nothing. Among equal patches the nearest place decides, so what did not move stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture import color, regions
from ..picture.raster import U8, Bools, Floats
from . import patches, recognise

#: A measured background nearer than this to a colour of the source (deltaE2) tells nothing.
SAME = 0.08
#: Mean distance up to which frame 0 is the source on that background.
SHOWN = 0.06


class Decided(NamedTuple):
    """The clip, and the share of its ink that may be figure or background."""

    reel: Reel
    undecided: float


def is_needed(reel: Reel, matte: U8) -> bool:
    """Say whether the background (frames, 3) has a colour of the source."""
    if not (reel.source < 0).any():
        return False
    art, keys = color.lab_of(reel.palette[: reel.own]), color.lab_of(matte)
    return bool(color.distances(keys, art).min() < SAME)


def decide(film: Film, reel: Reel, matte: U8) -> Decided:
    """Return the clip with the silhouette that the source's own gives it."""
    lab, key = color.lab_of(film.colors), color.lab_of(matte[:1])[0]
    ground = recognise.ground_of(reel, key)
    numbers = np.pad(reel.source, recognise.FAR_PX, constant_values=-1)
    index, undecided = reel.index.copy(), 0
    near = regions.grow(reel.source_solid[None], recognise.NEAR_PX)[0]
    for at in range(reel.count):
        seen = lab[film.number[at]]
        is_key = color.gap(seen, key) < SAME
        best = np.full(seen.shape[:2], 3 * recognise.RECOGNISED, dtype=np.float32)
        known: Bools = ~is_key & (reel.index[at] >= 0)
        index[at][is_key] = -1
        for place in recognise.places(seen, ground, near & (~is_key | reel.source_solid)):
            there = recognise.window(place, seen.shape[:2])
            gap = color.gap(seen, ground[there])
            cost = patches.costs(np.minimum(gap, np.float32(recognise.OUTLIER)))
            cost += np.float32(recognise.DISTANCE_COST * (abs(place[0]) + abs(place[1])))
            mine = numbers[there]
            # What is no background by its colour stays opaque, whatever its place says.
            better: Bools = (cost < best) & ((mine >= 0) | ~known)
            np.copyto(best, cost, where=better)
            np.copyto(index[at], mine, where=better)
        undecided += int((is_key & near & (best >= 3 * recognise.RECOGNISED)).sum())
    if _is_shown(lab[film.number[0]], reel, ground):
        index[0] = reel.source
    ink = max(1, int((index >= 0).sum()))
    return Decided(reel.with_index(index), undecided / ink)


def _is_shown(seen: Floats, reel: Reel, ground: Floats) -> bool:
    """Say whether frame 0 looks like the source on its background."""
    there = recognise.window((0, 0), seen.shape[:2])
    near = regions.grow(reel.source_solid[None])[0]
    return bool(color.gap(seen, ground[there])[near].mean() <= SHOWN)
