"""Read damaged frames with frame 0 as the key: what it shows of the known source, others show too.

The source is given the damage that frame 0 has, and every small patch of a later frame is looked up
in it: the pixel becomes what the source has at the best place near by. What then looks otherwise
than the frame when it is damaged again is mended pixel by pixel (`retouch`).
"""

from __future__ import annotations

import msgspec
import numpy as np

from ..frames.indexed import Reel
from ..picture.raster import U8, Floats, Ints
from . import damage, retouch
from .damage import Damage

#: Most colours of a source that is read so.
MOST_COLORS = 512
#: Least share of frame 0's silhouette that must lie on the source's.
ALIGNED = 0.70
#: Frame 0 read blindly may have so many times the wrong pixels that it has otherwise, over a share.
BLIND, SLIGHT = 3.0, 0.02
#: A pixel that fits worse than this (in variances) counts no more: it is something else.
OUTLIER = 60.0
#: Extra cost of a px of distance, so that equal patches prefer to stay.
DISTANCE_COST = 0.1
#: Extra cost of leaving the source's patches for the nearest colour: a pixel was recoloured.
RECOLOUR_COST = 40.0
#: A frame all of whose pixels fit better than this is read.
SETTLED = 12.0
#: Places of the source that are tried in each frame, and of those the ones pixels are taken from.
PLACES, TAKEN = 12, 4
#: Farthest place in px; and, as a share of the canvas and at most, where that finds too little.
NEAR_PX, FAR_SHARE, FAR_PX = 5, 0.2, 20
#: The best place must have this share of a frame's ink, or places farther away are tried.
FOUND = 0.30
#: Votes are counted on about this many rows and columns; ink may lie this far beside the ink found.
SAMPLED_PX, EDGE_PX = 32, 3
#: So many pixels are held against all colours at a time: what stays in the processor's cache.
CHUNK_PX = 1 << 14

_Places = list[tuple[int, int]]


class _Ground(msgspec.Struct, frozen=True, eq=False):
    """The source on a canvas with `room` px around it: its numbers, and how they are shown.

    Shown for each parity that its corner may land on, as planes (3, height, width).
    """

    numbers: Ints
    shown: dict[tuple[int, int], Floats]
    room: int

    def at(self, place: tuple[int, int], box: tuple[slice, slice]) -> tuple[Ints, Floats]:
        """Return what a part of a frame looks like when it comes from a place (y, x) px away."""
        y, x = (self.room + step for step in place)
        rows = slice(box[0].start + y, box[0].stop + y)
        columns = slice(box[1].start + x, box[1].stop + x)
        return self.numbers[rows, columns], self.shown[y % 2, x % 2][:, rows, columns]


def is_possible(reel: Reel) -> bool:
    """Say whether frame 0 shows the source in its place, so that the damage can be learnt.

    Not of more colours than can be told apart through it, each of which costs a look at all pixels.
    """
    if not 0 < reel.own <= MOST_COLORS:
        return False
    union = reel.solid[0] | reel.source_solid
    overlap = (reel.solid[0] & reel.source_solid).sum() / max(1, union.sum())
    return bool(overlap >= ALIGNED)


def calibrate(frames: U8, matte: U8, reel: Reel) -> Reel:
    """Read the frames (frames, height, width, 3) again; `reel` is what nearest colours gave.

    Returns the same reel where frame 0 does not tell what was done to it.
    """
    art = reel.palette[: reel.own]
    source = np.where(reel.source < 0, len(art), reel.source).astype(np.intp)
    found = damage.learn(frames[0], source, np.concatenate([art, matte[:1]]))
    box = _box(reel)
    seen = found.seen(frames[:, box[0], box[1]])
    nearest, alone = _nearest(seen, found.shades)
    if not _is_true(found, seen[:, :1], nearest[:1], source[box], wrong_share(reel)):
        return reel
    places = [_places(reel, at) for at in range(reel.count)]
    room = max(abs(step) for some in places for place in some for step in place)
    ground = _ground(found, source, room)
    numbers = np.empty(seen.shape[1:], dtype=np.intp)
    taken = np.empty((TAKEN, *numbers.shape), dtype=np.intp)
    for at, some in enumerate(places):
        numbers[at] = _read(seen[:, at], nearest[at], alone[at], ground, some, box)
        for rank, place in enumerate(_best(numbers[at], ground, some, box)):
            taken[rank, at] = ground.at(place, box)[0]
    index = np.full_like(reel.index, -1)
    mended = retouch.retouch(seen, found, numbers, taken)
    index[:, box[0], box[1]] = np.where(mended == len(art), -1, mended)
    # A colour that the rule lets the clip bring along is not the source's, and stays.
    return reel.with_index(np.where(reel.index >= reel.own, reel.index, index))


def wrong_share(reel: Reel) -> float:
    """Return the share of frame 0's pixels that differ from the source."""
    union = reel.solid[0] | reel.source_solid
    return float((reel.index[0] != reel.source)[union].mean()) if union.any() else 0.0


def _is_true(found: Damage, seen: Floats, nearest: Ints, source: Ints, otherwise: float) -> bool:
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


def _ground(found: Damage, source: Ints, room: int) -> _Ground:
    matte = len(found.shades) - 1
    shown = {}
    for y, x in damage.PARITIES:
        wide = np.pad(source, [(room + y, room + 2), (room + x, room + 2)], constant_values=matte)
        shown[y, x] = found.shown(wide)[:, y:, x:]
    return _Ground(np.pad(source, room, constant_values=matte), shown, room)


def _places(reel: Reel, frame: int) -> _Places:
    """Return where in the source a frame's ink may come from, the likeliest first."""
    far = max(NEAR_PX, min(FAR_PX, round(FAR_SHARE * max(reel.source.shape))))
    found, share = _vote(reel, frame, NEAR_PX)
    if share < FOUND and far > NEAR_PX:
        found, _ = _vote(reel, frame, far)
    return [(0, 0), *(place for place in found if place != (0, 0))][:PLACES]


def _vote(reel: Reel, frame: int, far: int) -> tuple[_Places, float]:
    """Return the places where most of a frame's ink agrees with the source, and the best share."""
    height, width = reel.source.shape
    step = max(1, round((height * width) ** 0.5 / SAMPLED_PX))
    ground = np.pad(reel.source, far, constant_values=-1)
    y, x = np.nonzero(reel.index[frame, ::step, ::step] >= 0)
    y, x = y * step, x * step
    down, right = (part.ravel() for part in np.mgrid[-far : far + 1, -far : far + 1])
    # As one number, since looking up two takes twice as long.
    here, away = (far + y) * ground.shape[1] + far + x, down * ground.shape[1] + right
    own = ground.take(here + away[:, None])
    votes = (own == reel.index[frame, y, x]).sum(axis=1)
    order = np.lexsort((np.abs(down) + np.abs(right), -votes))[:PLACES]
    places = [(int(down[at]), int(right[at])) for at in order]
    return places, float(votes.max() / max(1, len(y)))


def _best(numbers: Ints, ground: _Ground, places: _Places, box: tuple[slice, slice]) -> _Places:
    """Return the places that most of a part's pixels were taken from."""
    inked = np.where(numbers == ground.numbers[0, 0], -1, numbers)
    agreed = [np.count_nonzero(ground.at(place, box)[0] == inked) for place in places]
    order = np.argsort(-np.array(agreed), kind="stable")
    chosen = [places[at] for at in order[:TAKEN]]
    return chosen + chosen[:1] * (TAKEN - len(chosen))


def _read(
    seen: Floats,
    nearest: Ints,
    alone: Floats,
    ground: _Ground,
    places: _Places,
    box: tuple[slice, slice],
) -> Ints:
    """Return for each pixel of a part (3, height, width) the number that its best patch has."""
    numbers = nearest.copy()
    best = patches(alone) + RECOLOUR_COST
    for place in places:
        own, shown = ground.at(place, box)
        cost = patches(np.minimum(_error(seen, shown), OUTLIER))
        cost += DISTANCE_COST * (abs(place[0]) + abs(place[1]))
        better = cost < best
        np.copyto(best, cost, where=better)
        np.copyto(numbers, own, where=better)
        if best.max() < SETTLED:
            break
    return numbers


def _nearest(seen: Floats, shades: Floats) -> tuple[Ints, Floats]:
    """Return each pixel's nearest number, and its error in variances."""
    flat = seen.reshape(3, -1)
    numbers = np.zeros(flat.shape[1], dtype=np.intp)
    least = np.full(flat.shape[1], OUTLIER, dtype=np.float32)
    for start in range(0, flat.shape[1], CHUNK_PX):
        some = slice(start, start + CHUNK_PX)
        for number, shade in enumerate(shades):
            error = _error(flat[:, some], shade[:, None])
            better = error < least[some]
            np.copyto(least[some], error, where=better)
            np.copyto(numbers[some], number, where=better)
    return numbers.reshape(seen.shape[1:]), least.reshape(seen.shape[1:])


def _error(seen: Floats, shown: Floats) -> Floats:
    error: Floats = seen[0] - shown[0]
    error *= error
    for channel in (1, 2):
        gap = seen[channel] - shown[channel]
        gap *= gap
        error += gap
    return error


def patches(error: Floats) -> Floats:
    """Return the pixel's own error plus the means of the 3x3 and the 5x5 around it."""
    wide = _framed(error)
    rows3 = wide[:, 1:-3] + wide[:, 2:-2]
    rows3 += wide[:, 3:-1]
    cost: Floats = rows3[1:-3] + rows3[2:-2]
    cost += rows3[3:-1]
    cost *= np.float32(1 / 9)
    cost += error
    rows3 += wide[:, :-4]
    rows3 += wide[:, 4:]
    box5 = rows3[:-4] + rows3[1:-3]
    for rows in (rows3[2:-2], rows3[3:-1], rows3[4:]):
        box5 += rows
    box5 *= np.float32(1 / 25)
    cost += box5
    return cost


def _framed(plane: Floats) -> Floats:
    """Return a plane with its edge repeated twice on each side (np.pad takes 5 times as long)."""
    height, width = plane.shape
    wide = np.empty((height + 4, width + 4), dtype=np.float32)
    rows = wide[2:-2]
    rows[:, 2:-2], rows[:, :2], rows[:, -2:] = plane, plane[:, :1], plane[:, -1:]
    wide[:2], wide[-2:] = rows[0], rows[-1]
    return wide
