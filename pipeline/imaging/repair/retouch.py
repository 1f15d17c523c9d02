"""Mend single pixels until a clip, damaged as frame 0 was, looks like the frames that were sent.

Analysis by synthesis: the numbers are shown through the damage, and where that differs from the
frame, pixels take another number if the picture then differs less. Each step changes pixels that
are no neighbours, so that each gain is real (iterated conditional modes, Besag 1986).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..picture import regions
from ..picture.raster import Bools, Floats, Ints
from .damage import RADIUS, TAPS, Damage

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
#: So many pixels are held against all numbers at a time.
CHUNK = 4096
#: Most steps.
STEPS = 8
#: Frames are mended together up to so many px: a pixel that is looked at takes 450 bytes.
TOGETHER_PX = 1 << 18


class _Taps(NamedTuple):
    """Where pixels (n,) are seen besides: through each tap, at which rows of `_Canvas.error`.

    `weights` (3,) are those of the tap.
    """

    rows: list[Ints]
    weights: list[Floats]

    def of(self, chosen: Bools) -> _Taps:
        """Return the same for some of the pixels."""
        return _Taps([rows[chosen] for rows in self.rows], self.weights)


class _Canvas:
    """By how much each pixel looks otherwise than it should, and what of it a pixel answers for.

    `error` (3, places) lists the places with a margin around each frame, in which it is 0.
    """

    def __init__(self, error: Floats, damage: Damage) -> None:
        """Lay out `error` (3, frames, height, width)."""
        wide = np.pad(error, [(0, 0), (0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)])
        self.error: Floats = wide.reshape(3, -1)
        self._inner = wide[..., RADIUS:-RADIUS, RADIUS:-RADIUS]
        self._shape = wide.shape[1:]
        self._ways = [
            (weights, int(down), int(right))
            for weights, (down, right) in zip(damage.taps, TAPS, strict=True)
            if weights.any()
        ]
        is_inner = np.pad(np.ones(error.shape[2:], dtype=np.bool_), RADIUS)
        self._is_inner = np.broadcast_to(is_inner, self._shape).reshape(-1)

    @property
    def squares(self) -> Floats:
        """Return the squared error of each pixel (frames, height, width)."""
        return _sum3(self._inner * self._inner)

    def taps(self, frame: Ints, y: Ints, x: Ints) -> _Taps:
        """Return where pixels are seen."""
        width = self._shape[2]
        # A place on an odd row looks the other way.
        along_y, along_x = (2 * (y & 1) - 1) * width, 2 * (x & 1) - 1
        here = (frame * self._shape[1] + y + RADIUS) * width + x + RADIUS
        rows = [
            here
            + (-down if down % 2 else down) * along_y
            + (-right if right % 2 else right) * along_x
            for _, down, right in self._ways
        ]
        return _Taps(rows, [weights for weights, _, _ in self._ways])

    def slope(self, taps: _Taps) -> _Slope:
        """Return how the squared error grows with the shades of pixels seen through `taps`."""
        pull = np.zeros((3, len(taps.rows[0])), dtype=np.float32)
        seen = np.empty_like(pull[0])
        for rows, weights in zip(*taps, strict=True):
            for plane, total, weight in zip(self.error, pull, weights, strict=True):
                plane.take(rows, out=seen, mode="clip")
                np.multiply(seen, weight, out=seen)
                total += seen
        # The margin counts as well: on the canvas's edge, changes must gain a little more.
        return _Slope(pull, np.sum(np.square(taps.weights), axis=0, dtype=np.float32))

    def carry(self, change: Floats, taps: _Taps) -> None:
        """Add what changed shades (3, n) carry to the places where they are seen."""
        for rows, weights in zip(*taps, strict=True):
            inner = self._is_inner[rows]
            places = rows[inner]
            for plane, own, weight in zip(self.error, change, weights, strict=True):
                # No two pixels are seen at one place through one tap.
                plane[places] += weight * own[inner]


class _Slope(NamedTuple):
    """How the squared error grows with a change of shade (3, n), and with its square (3,)."""

    pull: Floats
    weight: Floats

    @property
    def wish(self) -> Floats:
        """Return the change of shade after which the error is least."""
        return (-self.pull / np.maximum(self.weight, 1e-6)[:, None]).astype(np.float32)


def retouch(seen: Floats, damage: Damage, numbers: Ints, taken: Ints) -> Ints:
    """Return numbers (frames, height, width) that look more like `seen` (3, frames, height, width).

    `taken` (n, frames, height, width) are the numbers that the source has at places near by. No
    frame depends on another, so they go through in groups: 120 MiB at a time.
    """
    step = max(1, TOGETHER_PX // numbers[0].size)
    groups = [slice(at, at + step) for at in range(0, len(numbers), step)]
    return np.concatenate(
        [_retouched(seen[:, some], damage, numbers[some], taken[:, some]) for some in groups]
    )


def _retouched(seen: Floats, damage: Damage, numbers: Ints, taken: Ints) -> Ints:
    numbers, error = _start(seen, damage, numbers, taken[0])
    canvas = _Canvas(error, damage)
    near = np.ones(numbers.shape, dtype=np.bool_)
    for _ in range(STEPS):
        wrong = canvas.squares
        at = np.nonzero(((_mean3(wrong) > SUSPECT) | (wrong > OBVIOUS)) & near)
        if not at[0].size:
            break
        taps = canvas.taps(*at)
        slope = canvas.slope(taps)
        best, gain = _choose(damage, numbers[at], taken[:, at[0], at[1], at[2]], slope)
        gain[_is_spilt(damage, numbers, at, slope)] = 0
        chosen = _apart(gain, at, numbers.shape)
        if not chosen.any():
            break
        frame, y, x = (part[chosen] for part in at)
        shades = np.ascontiguousarray(damage.shades.T)
        change = shades[:, best[chosen]] - shades[:, numbers[frame, y, x]]
        canvas.carry(change, taps.of(chosen))
        numbers[frame, y, x] = best[chosen]
        # Elsewhere nothing has changed since it was looked at.
        near[:] = False
        near[frame, y, x] = True
        near = regions.grow(near, 2 * RADIUS)
    return numbers


def _start(seen: Floats, damage: Damage, numbers: Ints, place: Ints) -> tuple[Ints, Floats]:
    """Return numbers to begin with, and by how much they look otherwise than `seen`.

    Patches cannot be found in a frame that dissolves: where that looks more like it, each pixel is
    what the likeliest place has, or matte.
    """
    numbers, error = numbers.copy(), damage.shown(numbers) - seen
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
    other = damage.shown(alone) - seen[:, bad]
    nearer = (other * other).sum(axis=(0, 2, 3)) < far[bad]
    numbers[bad[nearer]] = alone[nearer]
    error[:, bad[nearer]] = other[:, nearer]
    return numbers, error


def _choose(damage: Damage, numbers: Ints, taken: Ints, slope: _Slope) -> tuple[Ints, Floats]:
    """Return the number that suits each pixel best, and what that gains (in variances)."""
    shades = np.ascontiguousarray(damage.shades.T)
    now = shades[:, numbers]
    matte = shades.shape[1] - 1
    weight = slope.weight[:, None]
    best, gain = numbers, np.zeros(len(numbers), dtype=np.float32)
    near_by = [(number, NEAR_COST) for number in (np.full_like(numbers, matte), *taken)]
    for number, cost in (*near_by, (_suiting(shades, now, slope), ANY_COST)):
        change = shades[:, number] - now
        grows = _sum3((change + change) * slope.pull + change * change * weight)
        own = -grows - cost - EDGE_COST * ((number == matte) != (numbers == matte))
        better = own > gain
        best, gain = np.where(better, number, best), np.where(better, own, gain)
    return best, gain


def _suiting(shades: Floats, now: Floats, slope: _Slope) -> Ints:
    """Return, of all numbers, the one after which the error at each pixel is least."""
    wished = now + slope.wish
    found = np.empty(now.shape[1], dtype=np.intp)
    for start in range(0, len(found), CHUNK):
        part = slice(start, start + CHUNK)
        away = np.zeros((len(found[part]), shades.shape[1]), dtype=np.float32)
        for channel in range(3):
            gap = wished[channel, part, None] - shades[channel]
            gap *= gap
            gap *= slope.weight[channel]
            away += gap
        found[part] = away.argmin(axis=1)
    return found


def _is_spilt(damage: Damage, numbers: Ints, at: tuple[Ints, ...], slope: _Slope) -> Bools:
    """Say into which pixels inside the figure matte was mixed: they are what they were read as."""
    matte = len(damage.shades) - 1
    frame, y, x = at
    inside = ~regions.grow(numbers == matte)[frame, y, x]
    shades = np.ascontiguousarray(damage.shades.T)
    way, wish = shades[:, matte, None] - shades[:, numbers[at]], slope.wish
    share = _sum3(wish * way) / np.maximum(_sum3(way * way), 1e-6)
    beside = _sum3((wish - share * way) ** 2)
    spilt: Bools = inside & (share >= SPILT[0]) & (share <= SPILT[1]) & (beside <= SPILT_BESIDE)
    return spilt


def _apart(gain: Floats, at: tuple[Ints, ...], shape: tuple[int, ...]) -> Bools:
    """Return which pixels gain, and more than each of their 8 neighbours."""
    count, height, width = shape
    height, width = height + 2, width + 2
    field = np.zeros(count * height * width, dtype=np.float32)
    frame, y, x = at
    first = (frame * height + y) * width + x
    field[first + width + 1] = gain
    most = field.take(first)
    for dy, dx in list(np.ndindex(3, 3))[1:]:
        np.maximum(most, field[dy * width + dx :].take(first), out=most)
    chosen: Bools = (gain > 0) & (gain >= most)
    return chosen


def _sum3(planes: NDArray[Any]) -> Floats:
    """Return the sum of three planes, in their order."""
    total: Floats = planes[0] + planes[1]
    total += planes[2]
    return total


def _mean3(values: Floats) -> Floats:
    """Return the mean of the 3x3 around each pixel of (frames, height, width), 0 outside."""
    wide = np.pad(values, [(0, 0), (1, 1), (1, 1)])
    rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    total: Floats = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    return total / np.float32(9)
