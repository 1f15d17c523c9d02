"""Longer and shorter by whole lines: repeat or leave out the rows and columns where it shows least.

Nearest-neighbour scaling repeats lines at regular places, so it doubles outlines and gives one eye
an extra column. Here each line has a cost, the difference to the next one, and the cheapest of each
stretch is taken (the idea of seam carving, Avidan and Shamir 2007, with straight seams).
"""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts_types import Bools, Floats, Ints

EYES_COST = 1e6
ISLAND_COST = 4.0
EDGE_COST = 3.0


def row_cost(sprite: Sprite) -> Floats:
    """Return for each canvas row how much it shows when the row is repeated or left out."""
    eyes = sprite.eyes.box[1::2] if sprite.eyes is not None else None
    return _cost(sprite.palette.index, sprite.islands[0] >= 0, eyes)


def column_cost(sprite: Sprite) -> Floats:
    """Return for each canvas column how much it shows when the column is repeated or left out."""
    eyes = sprite.eyes.box[0::2] if sprite.eyes is not None else None
    return _cost(sprite.palette.index.T, sprite.islands[0].T >= 0, eyes)


def _cost(index: Ints, islands: Bools, eyes: tuple[int, ...] | None) -> Floats:
    """Count what differs from the next line, what is an edge of the silhouette, what an island."""
    above, below = np.full_like(index, -1), np.full_like(index, -1)
    above[1:], below[:-1] = index[:-1], index[1:]
    edge = (index >= 0) & ((above < 0) | (below < 0))
    cost: Floats = (index != below).sum(axis=1).astype(np.float64)
    cost += EDGE_COST * edge.sum(axis=1) + ISLAND_COST * islands.sum(axis=1)
    if eyes is not None:
        cost[max(0, eyes[0] - 1) : eyes[1] + 1] += EYES_COST
    return cost


def stretched(cost: Floats, start: int, end: int, change: Ints, before: Ints, length: int) -> Ints:
    """Return (frames, length) source lines for a span that grows by `change[f]` lines.

    It begins `before[f]` lines before `start`; lines outside give -1.
    """
    tables = {int(step): start + span(cost[start:end], int(step)) for step in np.unique(change)}
    lines = np.full((len(change), length), -1, dtype=np.intp)
    for frame, (step, ahead) in enumerate(zip(change, before, strict=True)):
        table = tables[int(step)]
        lines[frame, start - int(ahead) : start - int(ahead) + len(table)] = table
    return lines


def mirrored(cost: Floats, start: int, end: int, each_side: Ints, length: int) -> Ints:
    """Return (frames, length) source lines for a span that grows by as much in either half."""
    middle, odd = (start + end) // 2, (end - start) % 2
    both = cost[start:end] + cost[start:end][::-1]
    lines = np.full((len(each_side), length), -1, dtype=np.intp)
    for frame, step in enumerate(each_side):
        half = span(both[: middle - start], int(step))
        table = np.concatenate([half, *([[middle - start]] * odd), (end - start - 1 - half)[::-1]])
        lines[frame, start - int(step) : start - int(step) + len(table)] = start + table.astype(
            np.intp
        )
    return lines


def span(cost: Floats, change: int) -> Ints:
    """Return which lines a span shows when it is `change` lines longer or shorter."""
    count = len(cost)
    if change == 0:
        return np.arange(count, dtype=np.intp)
    usable = np.flatnonzero(np.isfinite(cost))
    if not 0 < abs(change) <= len(usable):
        return ((2 * np.arange(count + change) + 1) * count // (2 * max(1, count + change))).astype(
            np.intp
        )
    times = np.ones(count, dtype=np.intp)
    times[_cheapest(cost, usable, abs(change))] += 1 if change > 0 else -1
    return np.repeat(np.arange(count, dtype=np.intp), times)


def _cheapest(cost: Floats, usable: Ints, wanted: int) -> Ints:
    """Return the cheapest line of each of `wanted` equal stretches, ties to its middle."""
    chosen = []
    for stretch in np.array_split(usable, wanted):
        from_middle = np.abs(2 * np.arange(len(stretch)) - (len(stretch) - 1))
        chosen.append(stretch[np.lexsort((from_middle, cost[stretch]))[0]])
    return np.array(chosen, dtype=np.intp)
