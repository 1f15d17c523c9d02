"""Read damaged frames with frame 0 as the key: what it shows of the known source, others show too.

The source is given the damage that frame 0 has, and every small patch of a later frame is looked up
in it: the pixel becomes what the source has at the best place near by. What then looks otherwise
than the frame when it is damaged again is mended pixel by pixel (`retouch`).
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture.raster import U8, Floats
from . import damage, retouch
from .damage import Damage, Numbers
from .patches import Patches

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
#: So many colours or places are looked at together: what stays in the processor's cache.
CHUNK = 1 << 14

_Places = list[tuple[int, int]]
_Kind = TypeVar("_Kind", bound=np.generic)
#: No number of a colour.
_NONE = 0xFFFF


class _Ground(msgspec.Struct, frozen=True, eq=False):
    """The part of the source that frames are read in, with `room` px around it.

    Its numbers (places,), and how they are shown, as planes (3, places) for each parity that its
    corner may land on. `row` places are a row; a part (height, width) of it takes whole rows.
    """

    numbers: Numbers
    shown: dict[tuple[int, int], Floats]
    room: int
    row: int
    shape: tuple[int, int]

    def numbers_at(self, place: tuple[int, int]) -> Numbers:
        """Return the numbers (places,) that lie a place (y, x) px away."""
        return self.numbers[self._slice(place)]

    def shown_at(self, place: tuple[int, int]) -> Floats:
        """Return what a frame looks like (3, places) that comes from a place (y, x) px away."""
        y, x = ((self.room + step) % 2 for step in place)
        return self.shown[y, x][:, self._slice(place)]

    def _slice(self, place: tuple[int, int]) -> slice:
        y, x = (self.room + step for step in place)
        first = y * self.row + x
        return slice(first, first + self.shape[0] * self.row)

    def laid(self, part: NDArray[_Kind], beside: float = 0) -> NDArray[_Kind]:
        """Return parts (…, height, width) as places (…, places)."""
        height, width = self.shape
        wide = np.full((*part.shape[:-2], height, self.row), beside, dtype=part.dtype)
        wide[..., :width] = part
        return wide.reshape(*part.shape[:-2], -1)

    def part(self, laid: NDArray[_Kind]) -> NDArray[_Kind]:
        """Return places (…, places) as parts (…, height, width)."""
        height, width = self.shape
        return laid.reshape(*laid.shape[:-1], height, self.row)[..., :width]


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
    seen = np.stack([plane.take(number) for plane in shades])
    nearest, alone = _nearest(shades, found.shades)
    first = nearest.take(number[:1])
    if not _is_true(found, seen[:, :1], first, source[box], wrong_share(reel)):
        return reel
    places = [_places(reel, at) for at in range(reel.count)]
    room = max(abs(step) for some in places for place in some for step in place)
    ground = _ground(found, source[box], room)
    numbers = np.empty(number.shape, dtype=np.uint16)
    taken = np.empty((TAKEN, *numbers.shape), dtype=np.uint16)
    for at, some in enumerate(places):
        read = _read(seen[:, at], nearest.take(number[at]), alone.take(number[at]), ground, some)
        numbers[at] = read
        for rank, place in enumerate(_best(read, ground, some)):
            taken[rank, at] = ground.part(ground.numbers_at(place))
    index = np.full_like(reel.index, -1)
    mended = retouch.retouch(seen, found, numbers, taken)
    index[:, box[0], box[1]] = np.where(mended == len(art), -1, mended)
    # A colour that the rule lets the clip bring along is not the source's, and stays.
    return reel.with_index(np.where(reel.index >= reel.own, reel.index, index))


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


def _ground(found: Damage, source: Numbers, room: int) -> _Ground:
    matte = len(found.shades) - 1
    room = max(1, room)
    shown = {}
    for y, x in damage.PARITIES:
        wide = np.pad(source, [(room + y, room + 2), (room + x, room + 2)], constant_values=matte)
        planes = found.shown(wide)[:, y:, x:]
        shown[y, x] = np.ascontiguousarray(planes).reshape(3, -1)
    numbers = np.pad(source, [(room, room + 2)] * 2, constant_values=matte)
    return _Ground(numbers.reshape(-1), shown, room, numbers.shape[1], source.shape)


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
    ink = reel.index[frame, ::step, ::step]
    # What is transparent agrees with nothing.
    ink = np.where(ink >= 0, ink, np.int32(-2))
    there = sliding_window_view(ground, (height, width))[..., ::step, ::step]
    same = (there == ink).reshape(-1, ink.size)
    # Sums of so few ones are exact.
    votes = same.astype(np.float32) @ np.ones(ink.size, dtype=np.float32)
    down, right = (part.ravel() for part in np.mgrid[-far : far + 1, -far : far + 1])
    order = np.lexsort((np.abs(down) + np.abs(right), -votes))[:PLACES]
    places = [(int(down[at]), int(right[at])) for at in order]
    return places, float(votes.max()) / max(1, int(np.count_nonzero(ink >= 0)))


def _best(numbers: Numbers, ground: _Ground, places: _Places) -> _Places:
    """Return the places that most of a part's pixels were taken from."""
    flat = ground.laid(np.where(numbers == ground.numbers[0], _NONE, numbers), _NONE)
    agreed = [np.count_nonzero(ground.numbers_at(place) == flat) for place in places]
    order = np.argsort(-np.array(agreed), kind="stable")
    chosen = [places[at] for at in order[:TAKEN]]
    return chosen + chosen[:1] * (TAKEN - len(chosen))


def _read(
    seen: Floats, nearest: Numbers, alone: Floats, ground: _Ground, places: _Places
) -> Numbers:
    """Return for each pixel of a part (3, height, width) the number that its best patch has."""
    patches = Patches(ground.shape, ground.row)
    laid, error = ground.laid(seen), patches.error
    error[:] = ground.laid(alone)
    # Beside the part nothing is better anywhere.
    best = ground.laid(ground.part(patches.costs()) + RECOLOUR_COST, beside=-1)
    numbers = ground.laid(nearest)
    worst = 0
    for place in places:
        _write_errors(laid, ground.shown_at(place), error)
        cost = patches.costs()
        cost += DISTANCE_COST * (abs(place[0]) + abs(place[1]))
        better = cost < best
        np.copyto(best, cost, where=better)
        np.copyto(numbers, ground.numbers_at(place), where=better)
        if best[worst] < SETTLED and best[worst := int(best.argmax())] < SETTLED:
            break
    return ground.part(numbers)


def _write_errors(seen: Floats, shown: Floats, error: Floats) -> None:
    """Write the squared differences of planes (3, places), up to OUTLIER: a part at a time."""
    gaps = np.empty((3, CHUNK), dtype=np.float32)
    for start in range(0, len(error), CHUNK):
        some = slice(start, start + CHUNK)
        part = error[some]
        part_gaps = gaps[:, : len(part)]
        np.subtract(seen[:, some], shown[:, some], out=part_gaps)
        np.multiply(part_gaps, part_gaps, out=part_gaps)
        np.add(part_gaps[0], part_gaps[1], out=part)
        part += part_gaps[2]
        np.minimum(part, OUTLIER, out=part)


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
