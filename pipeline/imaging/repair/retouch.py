"""Mend single pixels until a clip, damaged as frame 0 was, looks like the frames that were sent.

Analysis by synthesis: the numbers are shown through the damage, and where that differs from the
frame, pixels take another number if the picture then differs less. Each step changes pixels that
are no neighbours, so that each gain is real (iterated conditional modes, Besag 1986).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..picture.raster import Bools, Floats, Ints
from .damage import PARITIES, RADIUS, TAPS, Damage, Numbers

#: Squared error (in variances; 3 are usual) from which on a pixel is looked at: on the mean of the
#: 3x3 around it, or its own.
SUSPECT, OBVIOUS = 5.0, 20.0
#: A change must gain so much: to a number that the source has near by, to any other, and in
#: addition between art and matte, where a wrong pixel is seen most.
NEAR_COST, ANY_COST, EDGE_COST = 4.0, 12.0, 30.0
#: A pixel with such a share of matte in it, and so little else (in variances), is spilt.
SPILT, SPILT_BESIDE = (0.2, 0.8), 30.0
#: A frame whose mean squared error (in variances) is larger was not read by its patches.
UNREAD = 3.0
#: What can be gained at most may be reckoned so far off: nothing that could is passed over.
SLACK, ROUGHLY = 0.5, 1.001
#: Most steps.
STEPS = 8
#: So many pixels are held against all colours at a time: what stays in the processor's cache.
CHUNK = 1 << 14
#: Up to one in so many places are looked up one by one.
FEW = 256
#: Frames are mended together up to so many px: a pixel that is looked at takes 450 bytes.
TOGETHER_PX = 1 << 17


class _Spots(NamedTuple):
    """Places (n,) of a canvas: first those on even rows and columns, then those of each parity.

    `parts` are the four parities' parts of them.
    """

    places: Ints
    parts: list[slice]

    def of(self, chosen: Ints) -> _Spots:
        """Return some of the places, whose numbers (m,) ascend."""
        ends = [0, *chosen.searchsorted([part.stop for part in self.parts]).tolist()]
        return _Spots(self.places[chosen], [slice(*both) for both in pairwise(ends)])


class _Canvas:
    """By how much each pixel looks otherwise than it should, and what of it a pixel answers for.

    Everything lies in one row of places, with a margin around each frame: what goes through a tap,
    or to a neighbour, is so many places away. `error` (3, places) is 0 in the margin, and
    `numbers` (places,) are -1 there.
    """

    def __init__(self, error: Floats, numbers: Numbers, damage: Damage) -> None:
        """Lay out `error` (3, frames, height, width) and `numbers` (frames, height, width)."""
        wide = np.pad(error, [(0, 0), (0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)])
        self._wide = wide
        self.error: Floats = wide.reshape(3, -1)
        self.row = wide.shape[3]
        self._framed = np.full(wide.shape[1:], -1, dtype=np.intp)
        self._inside(self._framed)[:] = numbers
        self.numbers: Ints = self._framed.reshape(-1)
        self._parity, self._is_inner = _laid(wide.shape[1:])
        #: What is looked at next: a mask, and the same as a list when it is short.
        self._looked_at = self._is_inner
        self._near: Ints | None = None
        self._field = np.zeros(self.numbers.size, dtype=np.float32)
        self._wrong, self._rows, self._part = np.zeros((3, self.numbers.size), dtype=np.float32)
        self._ways = [
            (weights, self._steps(int(down), int(right)))
            for weights, (down, right) in zip(damage.taps, TAPS, strict=True)
            if weights.any()
        ]
        weights = [weights for weights, _ in self._ways]
        # The margin counts as well: on the canvas's edge, changes must gain a little more.
        self._weight: Floats = np.sum(np.square(weights), axis=0, dtype=np.float32)

    @property
    def read(self) -> Ints:
        """Return the numbers (frames, height, width)."""
        return self._inside(self._framed)

    @staticmethod
    def _inside(wide: NDArray[Any]) -> NDArray[Any]:
        return wide[..., RADIUS:-RADIUS, RADIUS:-RADIUS]

    def home(self, places: Ints) -> Ints:
        """Return where places lie in the frames."""
        height, width = self._wide.shape[2:]
        row, x = np.divmod(places, width)
        frame, y = np.divmod(row, height)
        inner = height - 2 * RADIUS, width - 2 * RADIUS
        home: Ints = (frame * inner[0] + y - RADIUS) * inner[1] + x - RADIUS
        return home

    def _steps(self, down: int, right: int) -> list[int]:
        """Return how many places away a pixel of each parity is seen through a tap."""
        # A place on an odd row looks the other way.
        return [
            (-down if down % 2 else down) * (2 * y - 1) * self.row
            + (-right if right % 2 else right) * (2 * x - 1)
            for y, x in PARITIES
        ]

    def suspects(self) -> _Spots:
        """Return the pixels that look wrong, of those that something has changed for."""
        places = self._wrong_anywhere() if self._near is None else self._wrong_near(self._near)
        kinds = self._parity.take(places)
        ends = [0, *np.cumsum(np.bincount(kinds, minlength=4)).tolist()]
        order = kinds.argsort(kind="stable")
        return _Spots(places[order], [slice(*both) for both in pairwise(ends)])

    def _wrong_anywhere(self) -> Ints:
        wrong, rows, part, row = self._wrong, self._rows, self._part, self.row
        np.multiply(self.error[0], self.error[0], out=wrong)
        for plane in self.error[1:]:
            wrong += np.multiply(plane, plane, out=part)
        # The mean of the 3x3 around each pixel, 0 outside.
        np.add(wrong[: -2 * row], wrong[row:-row], out=rows[row:-row])
        rows[row:-row] += wrong[2 * row :]
        np.add(rows[:-2], rows[1:-1], out=part[1:-1])
        part[1:-1] += rows[2:]
        part /= np.float32(9)
        return np.flatnonzero(((part > SUSPECT) | (wrong > OBVIOUS)) & self._looked_at)

    def _wrong_near(self, places: Ints) -> Ints:
        """Return what `_wrong_anywhere` does, of a few places."""
        wrong, row = self._wrong, self.row
        left, middle, right = (
            wrong.take(places - row + side)
            + wrong.take(places + side)
            + wrong.take(places + row + side)
            for side in (-1, 0, 1)
        )
        part = (left + middle + right) / np.float32(9)
        found: Ints = places[(part > SUSPECT) | (wrong.take(places) > OBVIOUS)]
        return found

    def slope(self, spots: _Spots) -> _Slope:
        """Return how the squared error grows with the shades of pixels."""
        pull = np.zeros((3, len(spots.places)), dtype=np.float32)
        seen, rows = np.empty_like(pull[0]), np.empty_like(spots.places)
        for weights, steps in self._ways:
            self._through(spots, steps, rows)
            for plane, total, weight in zip(self.error, pull, weights, strict=True):
                if weight:
                    plane.take(rows, out=seen, mode="clip")
                    total += np.multiply(seen, weight, out=seen)
        return _Slope(pull, self._weight)

    @staticmethod
    def _through(spots: _Spots, steps: list[int], rows: Ints) -> None:
        """Write to `rows` where pixels are seen through a tap."""
        for part, step in zip(spots.parts, steps, strict=True):
            np.add(spots.places[part], step, out=rows[part])

    def carry(self, change: Floats, spots: _Spots) -> None:
        """Add what changed shades (3, n) carry to the places where they are seen."""
        rows = np.empty_like(spots.places)
        for weights, steps in self._ways:
            self._through(spots, steps, rows)
            for plane, shades, weight in zip(self.error, change, weights, strict=True):
                if weight:  # no two pixels are seen at one place through one tap
                    plane[rows] = plane.take(rows) + weight * shades
        for edge in (slice(RADIUS), slice(-RADIUS, None)):
            self._wide[:, :, edge] = 0
            self._wide[..., edge] = 0

    def is_beside(self, places: Ints, number: int) -> Bools:
        """Say which places or one of their 8 neighbours have a number."""
        found = np.zeros(places.shape, dtype=np.bool_)
        for step in self._steps_to(1):
            found |= self.numbers.take(places + step) == number
        return found

    def most_of(self, places: Ints, values: Floats) -> Floats:
        """Return the highest of values > 0 among each place and its 8 neighbours."""
        self._field[places] = values
        most = self._field.take(places)
        for step in self._steps_to(1):
            np.maximum(most, self._field.take(places + step), out=most)
        self._field[places] = 0
        return most

    def _steps_to(self, px: int) -> list[int]:
        """Return how many places away each pixel of a square is, so many px to each side."""
        span = range(-px, px + 1)
        return [down * self.row + right for down in span for right in span]

    def _around(self, px: int, places: Ints) -> Ints:
        """Return the places that lie so many px away at most, and some of the margin."""
        found = np.add.outer(self._steps_to(px), places).reshape(-1)
        return found.clip(0, self.numbers.size - 1, out=found)

    def look_near(self, places: Ints) -> None:
        """Look next only at what lies near these places: elsewhere nothing has changed."""
        near = self._looked_at = np.zeros_like(self._is_inner)
        if len(places) > near.size // FEW:
            self._near = None
            near[places] = True
            for axis in (1, self.row):
                for step in (axis, 3 * axis):  # 1 and 3 to each side: together twice the radius
                    grown = near.copy()
                    grown[step:] |= near[:-step]
                    grown[:-step] |= near[step:]
                    near = grown
            self._looked_at = near & self._is_inner
            return
        seen = self._around(RADIUS, places)
        self._wrong[seen] = _sum3(np.square(self.error.take(seen, axis=1)))
        near[self._around(2 * RADIUS, places)] = True
        near &= self._is_inner
        self._near = np.flatnonzero(near)


@lru_cache(maxsize=2)
def _laid(shape: tuple[int, ...]) -> tuple[NDArray[np.uint8], Bools]:
    """Return the parity of each place of wide frames, and which are none of the margin.

    Bound: two bytes a place, of one group of frames and of a last one that is smaller.
    """
    parity = np.zeros(shape, dtype=np.uint8)
    parity[:, 1::2] = 2
    parity[:, :, 1::2] += 1
    is_inner = np.zeros(shape, dtype=np.bool_)
    is_inner[..., RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    return parity.reshape(-1), is_inner.reshape(-1)


class _Slope(NamedTuple):
    """How the squared error grows with a change of shade (3, n), and with its square (3,)."""

    pull: Floats
    weight: Floats

    @property
    def wish(self) -> Floats:
        """Return the change of shade after which the error is least."""
        return (-self.pull / np.maximum(self.weight, 1e-6)[:, None]).astype(np.float32)

    @property
    def hope(self) -> Floats:
        """Return how much a change can gain at most, whatever its shade is."""
        return _sum3(self.pull * self.pull / np.maximum(self.weight, 1e-6)[:, None])

    def of(self, some: Ints) -> _Slope:
        """Return the same of some pixels."""
        return _Slope(self.pull.take(some, axis=1), self.weight)


def retouch(seen: Floats, damage: Damage, numbers: Numbers, taken: Numbers) -> Ints:
    """Return numbers (frames, height, width) that look more like `seen` (3, frames, height, width).

    `taken` (n, frames, height, width) are the numbers that the source has at places near by. No
    frame depends on another, so they go through in groups: 60 MiB at a time.
    """
    step = max(1, TOGETHER_PX // numbers[0].size)
    groups = [slice(at, at + step) for at in range(0, len(numbers), step)]
    return np.concatenate(
        [_retouched(seen[:, some], damage, numbers[some], taken[:, some]) for some in groups]
    )


def _retouched(seen: Floats, damage: Damage, numbers: Numbers, taken: Numbers) -> Ints:
    numbers, error = _start(seen, damage, numbers, taken[0])
    canvas = _Canvas(error, numbers, damage)
    shades = np.ascontiguousarray(damage.shades.T)
    flat = taken.reshape(len(taken), -1)
    for _ in range(STEPS):
        spots = canvas.suspects()
        if not spots.places.size:
            break
        slope = canvas.slope(spots)
        some = np.flatnonzero(slope.hope * ROUGHLY > NEAR_COST - SLACK)
        spots, slope = spots.of(some), slope.of(some)
        now, home = canvas.numbers.take(spots.places), canvas.home(spots.places)
        best, gain = _choose(shades, now, [rank.take(home).astype(np.intp) for rank in flat], slope)
        chosen = _apart(canvas, shades, spots, gain, slope)
        if not chosen.size:
            break
        changed = spots.of(chosen)
        change = shades[:, best[chosen]] - shades[:, now[chosen]]
        canvas.carry(change, changed)
        canvas.numbers[changed.places] = best[chosen]
        canvas.look_near(changed.places)
    return canvas.read


def _start(
    seen: Floats, damage: Damage, numbers: Numbers, place: Numbers
) -> tuple[Numbers, Floats]:
    """Return numbers to begin with, and by how much they look otherwise than `seen`.

    Patches cannot be found in a frame that dissolves: where that looks more like it, each pixel is
    what the likeliest place has, or matte.
    """
    numbers, error = numbers.copy(), damage.shown(numbers)
    error -= seen
    far = (error * error).sum(axis=(0, 2, 3))
    bad = np.flatnonzero(far > UNREAD * numbers[0].size)
    if not bad.size:
        return numbers, error
    matte = len(damage.shades) - 1
    gaps = [
        sum((plane - shade) ** 2 for plane, shade in zip(seen[:, bad], shades, strict=True))
        for shades in (np.moveaxis(damage.shades[place[bad]], -1, 0), damage.shades[matte])
    ]
    alone = np.where(gaps[0] < gaps[1], place[bad], matte)
    other = damage.shown(alone)
    other -= seen[:, bad]
    nearer = (other * other).sum(axis=(0, 2, 3)) < far[bad]
    numbers[bad[nearer]] = alone[nearer]
    error[:, bad[nearer]] = other[:, nearer]
    return numbers, error


def _choose(
    shades: Floats, numbers: Ints, taken: list[Ints], slope: _Slope
) -> tuple[Ints, NDArray[np.float64]]:
    """Return the number that suits each pixel best, and what that gains (in variances)."""
    matte = shades.shape[1] - 1
    best, gain = numbers.copy(), np.zeros(len(numbers))
    near_by = [np.full_like(numbers, matte), *taken]
    for rank, number in enumerate(near_by):
        other = number != numbers
        for earlier in near_by[:rank]:
            other &= number != earlier
        _take_better(shades, numbers, number, np.flatnonzero(other), slope, NEAR_COST, best, gain)
    some = np.flatnonzero(slope.hope * ROUGHLY > gain + (ANY_COST - SLACK))
    number = best.copy()
    number[some] = _suiting(shades, shades.take(numbers[some], axis=1), slope.of(some))
    some = np.flatnonzero(number != best)
    _take_better(shades, numbers, number, some, slope, ANY_COST, best, gain)
    return best, gain


def _take_better(
    shades: Floats,
    numbers: Ints,
    number: Ints,
    some: Ints,
    slope: _Slope,
    cost: float,
    best: Ints,
    gain: NDArray[np.float64],
) -> None:
    """Let some pixels take a number where that gains more than the best one so far."""
    matte = shades.shape[1] - 1
    number, before = number[some], numbers[some]
    change = shades.take(number, axis=1) - shades.take(before, axis=1)
    weight = slope.weight[:, None]
    grows = _sum3((change + change) * slope.pull.take(some, axis=1) + change * change * weight)
    own = -grows - cost - EDGE_COST * ((number == matte) != (before == matte))
    better = own > gain[some]
    some = some[better]
    best[some], gain[some] = number[better], own[better]


def _suiting(shades: Floats, now: Floats, slope: _Slope) -> Numbers:
    """Return, of all numbers, the one after which the error at each pixel is least."""
    wished = now + slope.wish
    found = np.zeros(now.shape[1], dtype=np.uint16)
    for start in range(0, len(found), CHUNK):
        some = slice(start, start + CHUNK)
        part = np.ascontiguousarray(wished[:, some])
        gaps, least = np.empty_like(part), np.full(part.shape[1], np.inf, dtype=np.float32)
        for number, shade in enumerate(shades.T):
            np.subtract(part, shade[:, None], out=gaps)
            gaps *= gaps
            gaps *= slope.weight[:, None]
            away = gaps[0]
            away += gaps[1]
            away += gaps[2]
            nearer = away < least
            np.minimum(least, away, out=least)
            np.copyto(found[some], np.uint16(number), where=nearer)
    return found


def _apart(
    canvas: _Canvas,
    shades: Floats,
    spots: _Spots,
    gain: NDArray[np.float64],
    slope: _Slope,
) -> Ints:
    """Return which pixels gain, and more than each of their 8 neighbours."""
    some = np.flatnonzero(gain > 0)
    some = some[~_is_spilt(canvas, shades, spots.places[some], slope.of(some))]
    places, gains = spots.places[some], gain[some]
    return some[gains >= canvas.most_of(places, gains.astype(np.float32))]


def _is_spilt(canvas: _Canvas, shades: Floats, places: Ints, slope: _Slope) -> Bools:
    """Say into which pixels inside the figure matte was mixed: they are what they were read as."""
    matte = shades.shape[1] - 1
    inside = ~canvas.is_beside(places, matte)
    way, wish = shades[:, matte, None] - shades[:, canvas.numbers[places]], slope.wish
    share = _sum3(wish * way) / np.maximum(_sum3(way * way), 1e-6)
    beside = _sum3((wish - share * way) ** 2)
    spilt: Bools = inside & (share >= SPILT[0]) & (share <= SPILT[1]) & (beside <= SPILT_BESIDE)
    return spilt


def _sum3(planes: NDArray[Any]) -> Floats:
    """Return the sum of three planes, in their order."""
    total: Floats = planes[0] + planes[1]
    total += planes[2]
    return total
