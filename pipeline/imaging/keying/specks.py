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
    seen = parts.totals(known)
    # Below, what lies outside is small as well: it is no part of any figure.
    figure = regions.grow(parts.paint(~small), AWAY_PX)
    close = parts.totals(figure)
    lone = solid & parts.paint(small & (seen == 0) & (close == 0))
    if lone.any():
        lone &= ~(regions.grow(lone).sum(axis=0) > 1)[None]
    kept: Bools = solid & ~lone
    enclosed = regions.neighbours(kept)
    # The source's own holes may have moved.
    own = _most_enclosed(source)
    hole: Bools = ~kept & (enclosed > max(own, ENCLOSED - 1)) & (source >= 0)[None]
    if own < ALL:
        hole |= ~kept & (enclosed == ALL)
    kept |= hole
    return kept


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
