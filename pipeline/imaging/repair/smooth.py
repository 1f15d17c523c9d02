"""How well the paths of a figure's parts suit a loop: standing, swinging, or moving smoothly.

Each path is held against Gaussian processes whose kernels are sums of low harmonics of the loop,
with whole-px rounding as noise; the log of the marginal likelihood says how well it suits the best
of them (Rasmussen & Williams 2006, Gaussian Processes for Machine Learning, 5.4.1). A swing that is
alike to and fro needs fewer words than any other motion, and standing still needs none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from ..picture.raster import Bools, Ints
from .tracks import Doubles

#: Variances in px: of rounding a moving part to whole px, and of what stands still.
ROUNDING, EXACT = 0.10, 0.02
#: Variance of each harmonic of a loop against the first, and the variances of that which are tried.
HARMONICS = (1.0, 0.3, 0.06, 0.02)
AMPLITUDES = (0.5, 2.0, 8.0, 32.0)
#: Log odds of a path that swings alike both ways, and of any smooth one, against standing still.
ALIKE, FREE = -1.5, -3.0
#: Standard deviation in px of a path that no model explains: mismeasured ones weigh no more.
WILD_PX = 3.0
#: Paths say much the same: all together count as so many.
VOICES = 4
#: Share of frames in which a path may be unknown.
UNKNOWN = 0.25
#: A path that stands still within so many px, and is known in this share of the frames, holds.
HOLDS_PX, HOLDS_KNOWN = 0.1, 0.6
#: A path suits a loop when it is so much likelier than a wild one.
SUITS = 3.0
_OPEN = 1e4
_TAU = math.tau


class Paths:
    """Paths along one axis, (frames, paths) px with NaN where unknown."""

    def __init__(self, found: Doubles, *, only_still: bool = False) -> None:
        """Keep the paths that are known in most frames; `only_still` believes in no motion."""
        self.count = len(found)
        unknown = np.isnan(found)
        is_near = unknown | (np.abs(found) < HOLDS_PX)
        holds = is_near.all(axis=0) & ((~unknown).mean(axis=0) >= HOLDS_KNOWN)
        #: Frames in which something stands that stands everywhere: they are not shifted.
        self.held: Bools = np.logical_or.reduce(~unknown[:, holds], axis=1)
        usable = unknown.sum(axis=0) <= max(1, round(UNKNOWN * self.count))
        self._found = np.where(unknown, 0, found)[:, usable]
        self._groups: dict[tuple[int, ...], list[int]] = {}
        for path, gaps in enumerate(unknown[:, usable].T):
            self._groups.setdefault(tuple(np.flatnonzero(gaps).tolist()), []).append(path)
        known = self.count - unknown[:, usable].sum(axis=0)
        self._wild: Doubles = -known * (0.5 * math.log(_TAU * WILD_PX**2) + 0.5)
        self._models = 1 if only_still else None

    def each(self, moves: Ints) -> Doubles:
        """Return the log likelihood of each path once each of `moves` (n, frames) is taken out."""
        likely = np.empty((len(moves), len(self._wild)))
        for gaps, paths in self._groups.items():
            precision, constant = self._tables(gaps)
            seen = moves.astype(np.float64)
            seen[:, list(gaps)] = 0
            found = self._found[:, paths]
            pulled = precision @ found
            # (found - seen)' precision (found - seen), for each model, move and path.
            far = -2 * (seen @ pulled)
            far += (found * pulled).sum(axis=1)[:, None]
            far += ((seen @ precision) * seen).sum(axis=2)[:, :, None]
            likely[:, paths] = (constant[:, None, None] - far / 2).max(axis=0)
        return np.maximum(likely, self._wild)

    def likelihood(self, moves: Ints) -> Doubles:
        """Return the log likelihood of all paths together for each of `moves`, (n,)."""
        return self._together(self.each(moves))

    def without(self, frames: Sequence[tuple[int, ...]]) -> Doubles:
        """Return the log likelihood of all paths for each set of frames that say nothing, (n,)."""
        likely = np.empty((len(frames), len(self._wild)))
        for at, left_out in enumerate(frames):
            for gaps, paths in self._groups.items():
                precision, constant = self._tables(tuple(sorted({*gaps, *left_out})))
                found = self._found[:, paths]
                far = (found * (precision @ found)).sum(axis=1)
                likely[at, paths] = (constant[:, None] - far / 2).max(axis=0)
            given = len(left_out) * (0.5 * math.log(_TAU * WILD_PX**2) + 0.5)
            likely[at] = np.maximum(likely[at], self._wild + given)
        return self._together(likely)

    def suit(self, move: Ints) -> float:
        """Return the share of paths that suit a loop once `move` (frames,) is taken out."""
        if not len(self._wild):
            return 1.0
        return float((self.each(move[None])[0] > self._wild + SUITS).mean())

    def votes(self, move: Ints, other: Ints, decided: float) -> tuple[int, int]:
        """Return how many paths clearly want `move` taken out rather than `other`, and against."""
        gain = np.subtract(*self.each(np.stack([move, other])))
        return int((gain > decided).sum()), int((gain < -decided).sum())

    def _together(self, likely: Doubles) -> Doubles:
        paths = max(1, likely.shape[1])
        total: Doubles = likely.sum(axis=1) * min(1.0, VOICES / paths)
        return total

    def _tables(self, gaps: tuple[int, ...]) -> tuple[Doubles, Doubles]:
        precision, constant = _tables(self.count, gaps)
        return precision[: self._models], constant[: self._models]


@lru_cache(maxsize=512)
def _tables(count: int, gaps: tuple[int, ...]) -> tuple[Doubles, Doubles]:
    """Return precision matrices (models, frames, frames) and log constants, some frames unknown.

    Bound: those of 16 frames take 27 KiB, all that are kept 14 MiB.
    """
    odds, covariances = zip(*_models(count), strict=True)
    covariance = np.stack(covariances)
    for gap in gaps:
        covariance[:, gap, gap] += _OPEN
    constant = (
        np.array(odds)
        - np.linalg.slogdet(covariance)[1] / 2
        - count * math.log(_TAU) / 2
        + len(gaps) * math.log(_TAU * _OPEN) / 2
    )
    return np.linalg.inv(covariance), constant


def _models(count: int) -> Iterable[tuple[float, Doubles]]:
    """Yield log odds and covariance of each kind of path; all are at 0 in frame 0."""
    turn = math.tau * np.arange(count) / count
    even = np.zeros((count, count))
    odd = even.copy()
    for number, weight in enumerate(HARMONICS[: count // 2], start=1):
        lift, swing = np.cos(number * turn) - 1, np.sin(number * turn)
        even += weight * np.outer(lift, lift)
        odd += weight * np.outer(swing, swing)
    still = np.eye(count)
    yield 0.0, EXACT * still
    for variance in AMPLITUDES:
        yield ALIKE, variance * even + ROUNDING * still
        yield ALIKE, variance * odd + ROUNDING * still
        yield FREE, variance * (even + odd) + ROUNDING * still
