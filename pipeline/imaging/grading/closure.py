"""Whether a loop closes: the step from the last frame to the first against all other steps.

Measured in px of travel (travel.py). A cycle that was cut short shows in a step wider than any
other, or in a motion that turns back at full speed where the frames that would have slowed it down
are missing.
"""

from __future__ import annotations

import msgspec
import numpy as np

from ..frames.indexed import Reel
from ..picture.raster import Floats, Index, Ints
from . import displacement

#: In fewer frames every pose is a turn of its own: drawn from key to key, not in between.
SMOOTH_FRAMES = 8
#: Share of lines that must be found again for a frame to be the one before it, rolled.
ROLLED = 0.8
_LEAST_PX = 1e-6
_CENTRES = "middles of the ink"


class Closure(msgspec.Struct, frozen=True):
    """How much the seam stands out. Ratios to the largest value elsewhere; excess in px."""

    #: Whether there are enough frames for a motion to be smooth.
    is_smooth: bool
    #: Step of the ink; step of single colours, with its excess.
    wide: float
    wide_color: tuple[float, float]
    #: Detour of the ink, and turn of single colours: both ratio and excess.
    detour: tuple[float, float]
    turn: tuple[float, float]
    #: How much farther the figure's middle moves than in any other step, left or right, up or down.
    jump_px: float


def measure(reel: Reel, sent: int) -> Closure:
    """Measure the seam of a clip of at least three frames, what was left of `sent` ones."""
    ink, colors = displacement.of_ink(reel), displacement.of_colors(reel)
    is_smooth = sent >= SMOOTH_FRAMES
    return Closure(
        is_smooth=is_smooth,
        wide=_ratio(ink.steps[-1:], ink.steps[:-1])[0],
        wide_color=_ratio(colors.steps[-1:], colors.steps[:-1]) if is_smooth else (0.0, 0.0),
        detour=_around_seam(ink.detours) if is_smooth else (0.0, 0.0),
        turn=_around_seam(colors.turns) if is_smooth else (0.0, 0.0),
        jump_px=_jump(reel),
    )


def cut(reel: Reel) -> tuple[int, float, float]:
    """Return the frame after the widest step, its ratio to the second widest, and its excess px."""
    steps = displacement.of_ink(reel).steps
    at = int(steps[:-1].argmax())
    ratio, excess = _ratio(steps[at : at + 1], np.delete(steps, at))
    return at + 1, ratio, excess


def stumbles(reel: Reel) -> Ints:
    """Return by how many px each step of a clip that rolls round breaks its pace, the seam last.

    Rolling round means that every frame is the one before it, moved down or aside within the
    figure's box, what leaves on one side coming back on the other. All 0 when it does not.
    """
    found = np.zeros(reel.count, dtype=np.int64)
    for lines in (reel.inside, reel.inside.swapaxes(1, 2)):
        marks = _marks(lines)
        paces = [_pace(a, b) for a, b in zip(marks, np.roll(marks, -1, axis=0), strict=True)]
        known = [pace for pace in paces if pace is not None]
        if len(known) < len(paces) or not any(known):
            continue
        for at, pace in enumerate(known):
            others = known[:at] + known[at + 1 :]
            found[at] = max(0, pace - max(others), min(others) - pace)
        break
    return found


def _marks(lines: Index) -> Ints:
    """Return a number for each line of (frames, lines, px); equal lines have equal ones."""
    weights = np.cumprod(np.full(lines.shape[2], 1_000_003, dtype=np.int64))
    marks: Ints = ((lines.astype(np.int64) + 2) * weights).sum(axis=2)
    return marks


def _pace(before: Ints, after: Ints) -> int | None:
    """Return by how many lines one frame is rolled into the next, if it is."""
    count = len(before)
    same = [float((np.roll(before, by) == after).mean()) for by in range(count)]
    best = int(np.argmax(same))
    if same[best] < ROLLED:
        return None
    return best if best <= count // 2 else best - count


def centres(reel: Reel) -> Floats:
    """Return the middle of each frame's ink as (frames, 2) of y and x; an empty frame has 0, 0.

    Found once for a reel.
    """
    known: Floats | None = reel.measures.get(_CENTRES)
    if known is None:
        known = reel.measures[_CENTRES] = _centres(reel)
    return known


def _centres(reel: Reel) -> Floats:
    rows = np.arange(reel.index.shape[1])
    columns = np.arange(reel.index.shape[2])
    ink = np.maximum(1, reel.rows.sum(axis=1))
    y = (reel.rows * rows).sum(axis=1) / ink
    x = (reel.columns * columns).sum(axis=1) / ink
    return np.stack([y, x], axis=1).astype(np.float32)


def _jump(reel: Reel) -> float:
    found = centres(reel)
    usual = np.abs(np.diff(found, axis=0)).max(axis=0)
    return float((np.abs(found[-1] - found[0]) - np.maximum(0.5, usual)).max())


def _around_seam(values: Floats) -> tuple[float, float]:
    """Compare the last and the first frame with all others."""
    return _ratio(values[[0, -1]], values[1:-1])


def _ratio(mine: Floats, others: Floats) -> tuple[float, float]:
    """Return the largest of `mine` over the largest of the others, and what it has more."""
    own, rest = float(mine.max()), float(others.max(initial=0.0))
    return (own / max(_LEAST_PX, rest) if own > _LEAST_PX else 0.0), own - rest
