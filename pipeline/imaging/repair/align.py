"""Where each frame lies against the source, and integer shifts that put stray frames back.

A shift of a frame moves all of its parts alike. So the parts are followed through the clip
(`tracks`), and of all ways to take shifts out (none, of one or two frames, a steady drift) the one
is taken after which their paths suit a loop best (`smooth`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture.raster import Index, Ints
from . import tracks

if TYPE_CHECKING:
    from .smooth import Paths

#: Longest shift in px that is believed, along each axis.
LONGEST_PX = 4
#: Least frames of a clip that is looked at, and of one in which two frames may be shifted.
FEWEST, FEWEST_FOR_TWO = 4, 6
#: Frames that look shifted by themselves, from which pairs are made.
SUSPECTS = 5
#: How much likelier (in log odds) a clip must be with a shift taken out, over the number of ways.
CLEAR = 6.0
#: Least share of the paths that must suit a loop afterwards.
SUITING = 0.35
#: So many paths must speak for a shift for each against it; for one of a single px more, and so
#: many in all.
FOR_EACH, FOR_EACH_PX, SPEAKERS, DECIDED = 4, 12, 4, 2.0
_STEPS = np.arange(-LONGEST_PX, LONGEST_PX + 1)


class _Guess(NamedTuple):
    """Shifts (frames, 2) in px right and down, how much likelier they make the clip, and parts.

    Each part are the frames that were shifted by one cause.
    """

    by: Ints
    gain: float
    parts: tuple[tuple[int, ...], ...]


def align(reel: Reel, motion: Motion) -> tuple[Reel, Ints]:
    """Shift stray frames back; what leaves the canvas is lost.

    Returns the clip and the shifts that were removed, (frames, 2) px right and down.
    """
    by = shifts(reel, motion)
    if not by.any():
        return reel, by
    moved = [move(frame, -int(x), -int(y)) for frame, (x, y) in zip(reel.index, by, strict=True)]
    return reel.with_index(np.stack(moved)), by


def move(frame: Index, dx: int, dy: int) -> Index:
    """Return one frame (height, width) moved right and down, transparent where nothing came."""
    out = np.full_like(frame, -1)
    height, width = frame.shape
    out[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = frame[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    return out


def shifts(reel: Reel, motion: Motion) -> Ints:
    """Return the px right and down by which each frame is off, (frames, 2); zeros where sound."""
    sound = np.zeros((reel.count, 2), dtype=np.int64)
    if motion.shakes or reel.count < FEWEST or not reel.source_solid.any():
        return sound
    if tracks.is_still(reel):
        return sound
    found = tracks.measure(reel)
    if (reel.index[-1] == reel.index[0]).all():
        # A service that repeats its first frame says nothing of where the last one belongs.
        found.across[-1] = found.down[-1] = np.nan
    from .smooth import Paths

    axes = [Paths(paths) for paths in found]
    # What jumps by itself looks like a stray frame: then only what stands still can tell.
    jumping = [Paths(paths, only_still=True) for paths in found] if motion.is_abrupt else axes
    guesses = [(_drift(axes), axes), *((guess, jumping) for guess in _jumps(jumping, motion))]
    for guess, witnesses in sorted(guesses, key=lambda guess: -guess[0].gain):
        if guess.gain <= 0:
            break
        shifted = [(axis, by) for axis, by in zip(axes, guess.by.T, strict=True) if by.any()]
        if min(axis.suit(by) for axis, by in shifted) >= SUITING and _is_agreed(witnesses, guess):
            return guess.by
    return sound


def _drift(axes: Sequence[Paths]) -> _Guess:
    """Return the steady drift that suits the paths best."""
    count = axes[0].count
    ramps = np.stack([ramp(int(step), count) for step in _STEPS])
    best, gain = [], -math.log(len(_STEPS) ** 2) - CLEAR
    for axis in axes:
        likely = axis.likelihood(ramps)
        likely[((ramps != 0) & axis.held).any(axis=1)] = -np.inf
        at = int(likely.argmax())
        best.append(ramps[at])
        gain += likely[at] - likely[LONGEST_PX]
    return _Guess(np.stack(best, axis=1), gain, (tuple(range(count)),))


def _jumps(axes: Sequence[Paths], motion: Motion) -> Iterator[_Guess]:
    """Yield the best shifts of each set of frames that may be off."""
    count = axes[0].count
    free = np.flatnonzero(~np.logical_and(axes[0].held, axes[1].held))
    single = [(int(at),) for at in free if at]
    if not single:
        return
    alone = sum(axis.without(single) for axis in axes)
    suspects = sorted(single[at][0] for at in np.argsort(-np.asarray(alone))[:SUSPECTS])
    sets: list[tuple[int, ...]] = [(at,) for at in suspects]
    if count >= FEWEST_FOR_TWO:
        sets += combinations(suspects, 2)
    ways = math.log(count - 1 + math.comb(count - 1, 2)) + CLEAR
    still = np.zeros((1, count), dtype=np.int64)
    none = sum(float(axis.likelihood(still)[0]) for axis in axes)
    for frames in sets:
        best = [_best(axis, frames) for axis in axes]
        by = np.stack([move for move, _ in best], axis=1)
        # Rounding makes single px of a small swing: one alone may be a defect, two are a motion.
        lengths = np.abs(by[list(frames)]).sum(axis=1)
        if lengths.max() < max(2 if motion.lifts else 1, len(frames)):
            continue
        gain = sum(likely for _, likely in best) - none - ways
        gain -= len(frames) * math.log(len(_STEPS) ** 2)
        yield _Guess(by, gain, tuple((at,) for at in frames))


def _best(axis: Paths, frames: tuple[int, ...]) -> tuple[Ints, float]:
    """Return the shifts of some frames along one axis that suit best, and their likelihood."""
    choices = [[0] if axis.held[at] else _STEPS.tolist() for at in frames]
    ways = np.array(list(product(*choices)), dtype=np.int64)
    moves = np.zeros((len(ways), axis.count), dtype=np.int64)
    moves[:, list(frames)] = ways
    likely = axis.likelihood(moves)
    at = int((likely - 1e-6 * np.abs(ways).sum(axis=1)).argmax())
    return moves[at], float(likely[at])


def _is_agreed(axes: Sequence[Paths], guess: _Guess) -> bool:
    """Say whether the parts of the figure agree on each shift: all of them must have moved."""
    for axis, move in zip(axes, guess.by.T, strict=True):
        for frames in guess.parts:
            other = move.copy()
            other[list(frames)] = 0
            if (other == move).all():
                continue
            speak_for, against = axis.votes(move, other, DECIDED)
            is_px = np.abs(guess.by[list(frames)]).max(axis=0).sum() == 1
            if speak_for < (max(SPEAKERS, FOR_EACH_PX * against) if is_px else FOR_EACH * against):
                return False
    return True


def ramp(drift: int, count: int) -> Ints:
    """Return a steady drift in whole px, 0 in the first frame and `drift` in the last."""
    return np.rint(drift * np.arange(count) / max(1, count - 1)).astype(np.int64)
