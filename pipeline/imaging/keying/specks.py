"""Lone specks away from the figure, and single holes in it, that the source has not.

What the source shows too, and what stays at one place for more than a frame, is no speck.
"""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..picture import regions
from ..picture.raster import Bools, Index, Ints

#: A speck is smaller than so many px and this share of a frame's ink, and so far from the figure.
SMALL_PX, SMALL_SHARE, AWAY_PX = 2.0, 0.001, 2
#: So many of a hole's neighbours are opaque, of this many.
ENCLOSED, ALL = 7, 8


def cleared(solid: Bools, source: Index) -> Bools:
    """Return the opaque pixels (frames, height, width) without specks and holes.

    A speck that more than one frame shows at the same place is a particle and stays.
    """
    parts = regions.find(solid, diagonal=True)
    area = parts.areas()
    small = area < max(SMALL_PX, SMALL_SHARE * float(area.sum()) / len(solid))
    known = regions.grow((source >= 0)[None])
    alone = small & (parts.totals(known) == 0)
    kept = solid
    # What lies outside is small as well: it is no part of any figure.
    if alone[1:].any():
        figure = regions.grow(parts.paint(~small), AWAY_PX)
        lone = solid & parts.paint(alone & (parts.totals(figure) == 0))
        if lone.any():
            lone &= ~(regions.grow(lone).sum(axis=0) > 1)[None]
        kept = solid & ~lone
    return kept | _holes(kept, source)


def _holes(solid: Bools, source: Index) -> Bools:
    """Return the transparent pixels that are holes, and that the source does not have."""
    # The source's own holes may have moved.
    own = _most_enclosed(source)
    least = max(own + 1, ENCLOSED)
    holes = _surrounded(solid) if own < ALL else np.zeros_like(solid)
    holes &= ~solid
    places = np.flatnonzero(~solid & (source >= 0)) if least <= ALL else np.empty(0, dtype=np.intp)
    holes.reshape(-1)[places[_enclosed(solid, places) >= least]] = True
    return holes


def _surrounded(solid: Bools) -> Bools:
    """Return the pixels all of whose 8 neighbours are opaque."""
    found = np.zeros_like(solid)
    rows = solid[..., :-2] & solid[..., 2:]
    both = solid[..., 1:-1] & rows
    found[:, 1:-1, 1:-1] = rows[:, 1:-1] & both[:, :-2] & both[:, 2:]
    return found


def _enclosed(solid: Bools, places: Ints) -> Ints:
    """Return how many of each pixel's 8 neighbours are opaque; `places` lie in the flat masks."""
    _, height, width = solid.shape
    frame, place = np.divmod(places, height * width)
    y, x = np.divmod(place, width)
    row = width + 2
    wide = np.pad(solid, [(0, 0), (1, 1), (1, 1)]).reshape(-1)
    at = (frame * (height + 2) + y + 1) * row + x + 1
    total = np.zeros(len(places), dtype=np.int64)
    for step in (-row - 1, -row, -row + 1, -1, 1, row - 1, row, row + 1):
        total += wide.take(at + step)
    return total


def tidy(reel: Reel) -> Reel:
    """Return a clip without specks; a hole takes the colour that most of its neighbours have."""
    kept = cleared(reel.solid, reel.source)
    if (kept == reel.solid).all():
        return reel
    index = np.where(kept, reel.index, np.int32(-1))
    wide = np.pad(reel.index, [(0, 0), (1, 1), (1, 1)], constant_values=-1)
    for frame, y, x in np.argwhere(kept & ~reel.solid):
        around: Ints = wide[frame, y : y + 3, x : x + 3].astype(np.int64)
        index[frame, y, x] = np.bincount(around[around >= 0]).argmax()
    return reel.with_index(index)


def _most_enclosed(source: Index) -> int:
    """Return how many opaque neighbours a transparent pixel of the source has at most."""
    solid = (source >= 0)[None]
    return int(np.where(solid, 0, regions.neighbours(solid)).max())
