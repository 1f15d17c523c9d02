"""Read damaged frames with frame 0 as the key: what it shows of the known source, others show too.

The source is given the damage that frame 0 has, and every small patch of a later frame is looked up
in it: the pixel becomes what the source has at the best place near by. What then looks otherwise
than the frame when it is damaged again is mended pixel by pixel (`retouch`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture.raster import U8, Floats
from . import damage, retouch
from .damage import Damage, Numbers
from .reading import CHUNK, OUTLIER, Places, Reader, ground_of

#: Most colours of a source that is read so.
MOST_COLORS = 512
#: Least share of frame 0's silhouette that must lie on the source's.
ALIGNED = 0.70
#: Frame 0 read blindly may have so many times the wrong pixels that it has otherwise, over a share.
BLIND, SLIGHT = 3.0, 0.02
#: Places of the source that are tried in each frame, and of those the ones pixels are taken from.
PLACES, TAKEN = 12, 4
#: Farthest place in px; and, as a share of the canvas and at most, where that finds too little.
NEAR_PX, FAR_SHARE, FAR_PX = 5, 0.2, 20
#: The best place must have this share of a frame's ink, or places farther away are tried.
FOUND = 0.30
#: Votes are counted on about this many rows and columns; ink may lie this far beside the ink found.
SAMPLED_PX, EDGE_PX = 32, 3


def is_possible(reel: Reel) -> bool:
    """Say whether frame 0 shows the source in its place, so that the damage can be learnt.

    Not of more colours than can be told apart through it, each of which costs a look at all pixels.
    """
    if not 0 < reel.own <= MOST_COLORS:
        return False
    union = reel.solid[0] | reel.source_solid
    overlap = (reel.solid[0] & reel.source_solid).sum() / max(1, union.sum())
    return bool(overlap >= ALIGNED)


def calibrate(film: Film, matte: U8, reel: Reel) -> Reel:
    """Read the frames again; `reel` is what nearest colours gave, `matte` (frames, 3) the key.

    Returns the same reel where frame 0 does not tell what was done to it.
    """
    art = reel.palette[: reel.own]
    source = np.where(reel.source < 0, len(art), reel.source).astype(np.uint16)
    found = damage.learn(film.frames[0], source, np.concatenate([art, matte[:1]]))
    box = _box(reel)
    number = film.number[:, box[0], box[1]]
    shades = found.seen(film.colors)
    seen = np.empty((3, *number.shape), dtype=np.float32)
    for plane, out in zip(shades, seen, strict=True):
        plane.take(number, out=out, mode="clip")
    nearest, alone = _nearest(shades, found.shades)
    first = nearest.take(number[:1])
    if not _is_true(found, seen[:, :1], first, source[box], wrong_share(reel)):
        return reel
    places = list(_places(reel))
    room = max(abs(step) for some in places for place in some for step in place)
    ground = ground_of(found, source[box], room)
    reader = Reader(ground)
    numbers = np.empty(number.shape, dtype=np.uint16)
    taken = np.empty((TAKEN, *numbers.shape), dtype=np.uint16)
    for at, some in enumerate(places):
        read = reader.read(seen[:, at], nearest.take(number[at]), alone.take(number[at]), some)
        numbers[at] = read
        for rank, place in enumerate(reader.most(read, some, TAKEN)):
            taken[rank, at] = ground.part(ground.numbers_at(place))
    index = np.full_like(reel.index, -1)
    mended = retouch.retouch(seen, found, numbers, taken)
    index[:, box[0], box[1]] = np.where(mended == len(art), -1, mended)
    if len(reel.palette) > reel.own:
        # A colour that the rule lets the clip bring along is not the source's, and stays.
        index = np.where(reel.index >= reel.own, reel.index, index)
    return reel.with_index(index)


def wrong_share(reel: Reel) -> float:
    """Return the share of frame 0's pixels that differ from the source."""
    union = reel.solid[0] | reel.source_solid
    return float((reel.index[0] != reel.source)[union].mean()) if union.any() else 0.0


def _is_true(
    found: Damage, seen: Floats, nearest: Numbers, source: Numbers, otherwise: float
) -> bool:
    """Say whether the damage tells of frame 0 what it is, without being told the source.

    An edge into which matte was mixed at random, say, is no blur: other ways read it better, and
    leave the share `otherwise` of its pixels wrong.
    """
    read = retouch.retouch(seen, found, nearest, nearest[None])[0]
    matte = len(found.shades) - 1
    union = (read != matte) | (source != matte)
    wrong = float((read != source)[union].mean())
    return wrong <= max(otherwise, BLIND * (otherwise - SLIGHT))


def _box(reel: Reel) -> tuple[slice, slice]:
    """Return rows and columns of all ink, with room for an edge that was lost.

    It begins on even numbers, where a blur that halves the colours begins.
    """
    ink = reel.solid.any(axis=0) | reel.source_solid
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    height, width = ink.shape
    return (
        slice(max(0, int(rows[0]) - EDGE_PX) & ~1, min(height, int(rows[-1]) + 1 + EDGE_PX)),
        slice(max(0, int(columns[0]) - EDGE_PX) & ~1, min(width, int(columns[-1]) + 1 + EDGE_PX)),
    )


class _Votes:
    """Where in the source the ink of each frame of a clip may come from, up to so far away."""

    def __init__(self, reel: Reel, far: int) -> None:
        """Look up once what the source has so far away from some pixels."""
        (height, width), self._reel = reel.source.shape, reel
        step = max(1, round((height * width) ** 0.5 / SAMPLED_PX))
        self._some = slice(None, None, step)
        ground = np.pad(reel.source, far, constant_values=-1)
        there = sliding_window_view(ground, (height, width))[..., self._some, self._some]
        self._there = there.reshape((2 * far + 1) ** 2, -1)
        self._down, self._right = (
            part.ravel() for part in np.mgrid[-far : far + 1, -far : far + 1]
        )

    def best(self, frame: int) -> tuple[Places, float]:
        """Return the places where most of a frame's ink agrees, and the best share."""
        ink = self._reel.index[frame, self._some, self._some].reshape(-1)
        px = int(np.count_nonzero(ink >= 0))
        # What is transparent agrees with nothing. Sums of so few ones are exact.
        same = self._there == np.where(ink >= 0, ink, np.int32(-2))
        votes = same.astype(np.float32) @ np.ones(ink.size, dtype=np.float32)
        order = np.lexsort((np.abs(self._down) + np.abs(self._right), -votes))[:PLACES]
        places = [(int(self._down[at]), int(self._right[at])) for at in order]
        return places, float(votes.max()) / max(1, px)


def _places(reel: Reel) -> Iterator[Places]:
    """Yield where in the source each frame's ink may come from, the likeliest first."""
    far = max(NEAR_PX, min(FAR_PX, round(FAR_SHARE * max(reel.source.shape))))
    near, wide = _Votes(reel, NEAR_PX), None
    for frame in range(reel.count):
        found, share = near.best(frame)
        if share < FOUND and far > NEAR_PX:
            wide = wide or _Votes(reel, far)
            found, _ = wide.best(frame)
        yield [(0, 0), *(place for place in found if place != (0, 0))][:PLACES]


def _nearest(seen: Floats, shades: Floats) -> tuple[Numbers, Floats]:
    """Return the nearest number of each colour (3, n), and its error in variances."""
    numbers = np.zeros(seen.shape[1], dtype=np.uint16)
    least = np.full(seen.shape[1], OUTLIER, dtype=np.float32)
    for start in range(0, seen.shape[1], CHUNK):
        some = slice(start, start + CHUNK)
        part = np.ascontiguousarray(seen[:, some])
        gaps = np.empty_like(part)
        for number, shade in enumerate(shades):
            np.subtract(part, shade[:, None], out=gaps)
            np.multiply(gaps, gaps, out=gaps)
            error = gaps[0]
            error += gaps[1]
            error += gaps[2]
            better = error < least[some]
            np.copyto(least[some], error, where=better)
            np.copyto(numbers[some], number, where=better)
    return numbers, least
