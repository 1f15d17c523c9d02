"""Give clips of richly shaded sprites the source's own colours back, where it is recognised.

A service returns 64 colours or so. Of a source that has hundreds the nearest is then mostly a
neighbour of the right one; but each small patch of a frame still looks like the patch of the source
that it shows. So patches are looked up in the source, at the places where most of the frame's ink
comes from, and a pixel takes the number that the source has there. What resembles no patch keeps
the nearest colour. Bound: a look at 16 frames of 256 px and one place takes 30 MiB.
"""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture import color
from ..picture.raster import U8, Bools, Floats
from . import patches

#: A source of at most so many colours is told by them alone.
FEW_COLORS = 64
#: Farthest place in px that is tried, one that is when nothing near looks like it (mean deltaE2),
#: and how many places of each frame are.
NEAR_PX, FAR_PX, FOUND, PLACES = 6, 20, 0.03, 12
#: Votes are counted on about this many rows and columns.
SAMPLED_PX = 48
#: A pixel farther than this from its place (deltaE2) counts no more: it is something else.
OUTLIER = 0.30
#: Mean distance of a pixel, its 3x3 and its 5x5 from which on nothing is recognised, and what a px
#: of distance adds, so that equal patches prefer to stay.
RECOGNISED, DISTANCE_COST = 0.09, 0.001
#: A frame all of whose pixels lie closer than this is read.
SURE = 0.03

_Place = tuple[int, int]


def recognise(film: Film, reel: Reel, matte: U8) -> Reel:
    """Return the clip with the source's numbers where a patch of it is recognised.

    `matte` (frames, 3) is the measured one, which the source is laid on.
    """
    if reel.own <= FEW_COLORS or _is_exact(film, reel, matte):
        return reel
    lab = color.lab_of(film.colors)
    ground = ground_of(reel, color.lab_of(matte[:1])[0])
    numbers = np.pad(reel.source, FAR_PX, constant_values=-1)
    index = reel.index.copy()
    for at in range(reel.count):
        seen = lab[film.number[at]]
        best = np.full(seen.shape[:2], 3 * RECOGNISED, dtype=np.float32)
        for place in places(seen, ground, reel.solid[at]):
            there = window(place, seen.shape[:2])
            cost = patches.costs(np.minimum(color.gap(seen, ground[there]), np.float32(OUTLIER)))
            cost += np.float32(DISTANCE_COST * (abs(place[0]) + abs(place[1])))
            mine = numbers[there]
            better: Bools = (cost < best) & (mine >= 0) & reel.solid[at]
            np.copyto(best, cost, where=better)
            np.copyto(index[at], mine, where=better)
            if best[reel.solid[at]].max(initial=0) < SURE:
                break
    # A colour that the rule lets the clip bring along is not the source's, and stays.
    return reel.with_index(np.where(reel.index >= reel.own, reel.index, index))


def _is_exact(film: Film, reel: Reel, matte: U8) -> bool:
    known = np.concatenate([reel.palette[: reel.own], matte])
    return bool(color.is_member(film.colors, known).all())


def ground_of(reel: Reel, matte: Floats) -> Floats:
    """Return the source in OKLab on its matte, with room on each side."""
    shades = np.concatenate([color.lab_of(reel.palette[: reel.own]), matte[None]])
    return np.pad(shades[reel.source], [(FAR_PX, FAR_PX)] * 2 + [(0, 0)], mode="edge")


def window(place: _Place, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the part of the ground that a frame looks like when it comes from a place away."""
    y, x = (FAR_PX + step for step in place)
    return slice(y, y + shape[0]), slice(x, x + shape[1])


def places(seen: Floats, ground: Floats, solid: Bools) -> list[_Place]:
    """Return the places that most of a frame's ink looks like, the likeliest first."""
    found, away = _vote(seen, ground, solid, NEAR_PX)
    if away > FOUND:
        found, _ = _vote(seen, ground, solid, FAR_PX)
    return [(0, 0), *(place for place in found if place != (0, 0))]


def _vote(seen: Floats, ground: Floats, solid: Bools, far: int) -> tuple[list[_Place], float]:
    """Return the best places up to so far, and how far the ink is from the best, on average."""
    step = max(1, round(solid.size**0.5 * far / (SAMPLED_PX * NEAR_PX)))
    y, x = (part * step for part in np.nonzero(solid[::step, ::step]))
    if not len(y):
        return [], 0.0
    span = np.arange(-far, far + 1)
    rows = len(ground[0])
    shades = [np.ascontiguousarray(plane).ravel() for plane in np.moveaxis(ground, -1, 0)]
    ink = [np.ascontiguousarray(plane) for plane in seen[y, x].T]
    here = (y + FAR_PX) * rows + x + FAR_PX + span[:, None]
    away = np.empty((len(span), len(span)))
    for of_row, down in zip(away, span, strict=True):
        gaps = color.gap_of(ink, [plane.take(here + down * rows) for plane in shades])
        of_row[:] = np.minimum(gaps, np.float32(OUTLIER), out=gaps).mean(axis=1)
    order = np.argsort(away, axis=None, kind="stable")[:PLACES]
    found = [divmod(int(at), len(span)) for at in order]
    return [(down - far, right - far) for down, right in found], float(away.min())
