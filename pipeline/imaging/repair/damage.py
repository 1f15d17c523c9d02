"""What was done to the pixels of a clip, learnt from frame 0: a tint, a blur, and noise.

Frame 0 shows the source, so what differs between both is the damage. The source's colours are
tinted by one affine map and blurred by taps that are mirrored on odd rows and columns: so one set
of them also describes colours that neighbours share (4:2:0). Both are found in turns by least
squares, each given the other. It can be learnt only where frame 0 lies on the source.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..picture import regions
from ..picture.raster import U8, Floats

Doubles = NDArray[np.float64]
#: Numbers of colours: few enough for 16 bits.
Numbers = NDArray[np.uint16]

#: Taps of the blur on each side of a pixel.
RADIUS = 2
#: How strongly the blur is held to none (in variances), and the tint (in squared values).
BLUR_RIDGE, TINT_RIDGE = 2.0, 1e3
#: Pixels of frame 0 that are looked at, no farther than this from the figure.
SAMPLES, NEAR_PX = 1_500, 2
#: Pixels that are wrong by so many times the usual square are something else: specks.
STRANGE = 60.0
#: How often tint and blur are found in turns.
ROUNDS = 4
#: Rounding adds this much noise (of 255) to what frame 0 shows of it.
ROUNDING = 1.5
#: Taps weaker than this are left out.
WEAK = 0.02

#: Luma and two colour differences (Rec. 601), in which colours of half the resolution are stored.
_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_SPAN = range(-RADIUS, RADIUS + 1)
TAPS = np.array([(y, x) for y in _SPAN for x in _SPAN])
_MIDDLE = len(TAPS) // 2
PARITIES = ((0, 0), (0, 1), (1, 0), (1, 1))


class Damage(msgspec.Struct, frozen=True, eq=False):
    """How numbers of colours come to be seen; the last number is the matte.

    `shades` (numbers, 3) are the colours in units of the noise, `taps` (taps, 3) the blur of each
    channel, `noise` (3,) its standard deviation (of 255).
    """

    shades: Floats
    taps: Floats
    noise: Doubles

    def seen(self, frames: U8) -> Floats:
        """Return pictures (…, 3) as planes (3, …) in units of the noise."""
        planes = frames.astype(np.float32) @ (_YCC.T / self.noise).astype(np.float32)
        return np.ascontiguousarray(np.moveaxis(planes, -1, 0))

    def shown(self, numbers: Numbers) -> Floats:
        """Return what numbers (…, height, width) come to look like, as planes (3, …)."""
        height, width = numbers.shape[-2:]
        # Every second row and column of them, since a tap looks the other way on odd ones; those of
        # each parity lie in one row of places, so that a tap looks so many places away.
        after = (RADIUS + height % 2, RADIUS + width % 2)
        margin = [(0, 0)] * (numbers.ndim - 2) + [(RADIUS, side) for side in after]
        wide = np.pad(numbers, margin, mode="edge")
        quarters = {at: wide[..., at[0] :: 2, at[1] :: 2].astype(np.intp) for at in PARITIES}
        planes = np.empty((3, *numbers.shape), dtype=np.float32)
        for channel, plane in enumerate(planes):
            shades = {at: self.shades[:, channel].take(part) for at, part in quarters.items()}
            for row, column in PARITIES:
                part = plane[..., row::2, column::2]
                whole = self._quarter(shades, channel, (row, column))
                part[...] = whole[..., : part.shape[-2], : part.shape[-1]]
        return planes

    def _quarter(
        self, shades: dict[tuple[int, int], Floats], channel: int, at: tuple[int, int]
    ) -> Floats:
        """Return what is seen in one channel on every second row and column, from `at` on.

        At the right and at the bottom of each picture stands what is not seen anywhere.
        """
        row, column = at
        flat = {parity: part.reshape(-1) for parity, part in shades.items()}
        across, size = shades[at].shape[-1], shades[at].size
        count = size - RADIUS * (across + 1)
        total, part = np.zeros(size, dtype=np.float32), np.empty(count, dtype=np.float32)
        for weight, (y, x) in zip(self.taps[:, channel], TAPS.tolist(), strict=True):
            if weight:
                top, odd_y = divmod(RADIUS + row + (-y if row else y), 2)
                left, odd_x = divmod(RADIUS + column + (-x if column else x), 2)
                first = top * across + left
                near = flat[odd_y, odd_x][first : first + count]
                total[:count] += np.multiply(near, weight, out=part)
        return total.reshape(shades[at].shape)


def learn(first: U8, source: Numbers, colors: U8) -> Damage:
    """Learn what was done to a source of numbers so that frame 0 came of it.

    `colors` (numbers, 3) are the source's, and the matte as it was measured, which is not tinted.
    """
    around, shown = _samples(first, source, matte=len(colors) - 1)
    known = np.concatenate([colors, np.ones((len(colors), 1))], axis=1)
    near = np.stack([values.take(around.T) for values in known.T], axis=1)
    taps = np.zeros((len(TAPS), 3))
    taps[_MIDDLE] = 1
    for _ in range(ROUNDS):
        tint = _tint(near, shown, taps)
        tinted = np.stack([known @ column for column in tint.T], axis=1)
        tinted[-1] = _YCC @ colors[-1]
        seen = np.stack([values.take(around) for values in tinted.T])
        taps = _blur(seen, shown)
        error = shown - (seen * taps.T[..., None]).sum(axis=1).T
        far = (error**2).sum(axis=1)
        usual = far <= STRANGE * np.median(far) + STRANGE
        if not usual.all():
            around, near = around[:, usual], near[usual]
            shown, error = shown[usual], error[usual]
    noise = np.sqrt((np.ascontiguousarray(error) ** 2).mean(axis=0)) + ROUNDING
    taps[np.abs(taps) < WEAK] = 0
    taps /= taps.sum(axis=0)
    return Damage((tinted / noise).astype(np.float32), taps.astype(np.float32), noise)


def _samples(first: U8, source: Numbers, *, matte: int) -> tuple[Numbers, Doubles]:
    """Return the numbers around some pixels (taps, samples), and what frame 0 shows there."""
    height, width = source.shape
    points = np.argwhere(regions.grow((source != matte)[None], NEAR_PX)[0])
    y, x = points[:: -(-len(points) // SAMPLES)].T
    down, right = TAPS.T[..., None]
    rows = np.where(y % 2, -down, down) + y
    columns = np.where(x % 2, -right, right) + x
    around = source[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return around, first[y, x].astype(np.float64) @ _YCC.T


def _tint(near: Doubles, shown: Doubles, taps: Doubles) -> Doubles:
    """Fit one affine map (4, 3) from colours to what is shown of them through the blur.

    `near` are the colours, and 1, around each sample: (samples, 4, taps).
    """
    still = np.concatenate([_YCC.T, np.zeros((1, 3))])
    hold = np.diag([TINT_RIDGE] * 3 + [1e-3])
    change = np.empty((4, 3))
    flat = near.reshape(-1, near.shape[2])
    for channel in range(3):
        blurred = (flat @ taps[:, channel]).reshape(-1, 4)
        missing = blurred.T @ (shown[:, channel] - blurred @ still[:, channel])
        change[:, channel] = np.linalg.solve(blurred.T @ blurred + hold, missing)
    return still + change


def _blur(seen: Doubles, shown: Doubles) -> Doubles:
    """Fit taps (taps, 3) that sum to 1 in each channel; `seen` is (3, taps, samples)."""
    taps = np.empty((seen.shape[1], 3))
    for channel, plane in enumerate(seen):
        middle = plane[_MIDDLE]
        beside = np.ascontiguousarray((np.delete(plane, _MIDDLE, axis=0) - middle).T)
        hold = (BLUR_RIDGE * beside.var() + 1e-3) * np.eye(beside.shape[1])
        wanted = beside.T @ (shown[:, channel] - middle)
        weights = np.linalg.solve(beside.T @ beside + hold, wanted)
        taps[:, channel] = np.insert(weights, _MIDDLE, 1 - weights.sum())
    return taps
