"""What some frames in a row lack and the frames before and after them have: a dip in a series.

A motion changes a count in many steps, a fault in two: one into the frames that are wrong, and one
back. So a dip counts by how much these two steps exceed every other step of the clip.
"""

from __future__ import annotations

from itertools import product

import msgspec
import numpy as np

from ..picture.raster import Floats


class Dip(msgspec.Struct, frozen=True):
    """By how much the steps of a dip exceed all others, and its first and last frame."""

    excess: float = 0.0
    first: int = 0
    last: int = 0


def deepest(series: Floats, *, loops: bool, grows: bool = False) -> Dip:
    """Find the dip of a series (frames,) whose two steps exceed the others most.

    Frame 0 never lies in it: it is the source. `loops` says that the last frame is followed by the
    first; `grows`, that the figure may swell for some frames, which is then no reason for doubt.
    """
    after = np.roll(series, -1) if loops else np.append(series[1:], series[-1])
    steps: list[float] = (after - series).tolist()
    best = Dip()
    falls, rises = ([at for at, step in enumerate(steps) if sign * step > 0] for sign in (-1, 1))
    for down, up in product(falls, rises):
        depth = min(-steps[down], steps[up])
        if down < up and depth >= best.excess:
            rest = steps.copy()
            rest[down] += depth
            rest[up] -= depth
            excess = depth - max(map(abs, _without_growth(rest) if grows else rest))
            found = Dip(excess, down + 1, up)
            # Of two that explain it alike the shorter one is meant.
            if (excess, found.first - up) > (best.excess, best.first - best.last):
                best = found
    return best


def _without_growth(steps: list[float]) -> list[float]:
    """Take the widest pair of steps up and later down again out of the steps."""
    up, down = steps.index(max(steps)), steps.index(min(steps))
    height = min(steps[up], -steps[down])
    if up >= down or height <= 0:
        return steps
    steps[up] -= height
    steps[down] += height
    return steps
