"""Longer and shorter by whole lines: repeat or leave out the rows and columns where it shows least.

Nearest-neighbour scaling repeats lines at regular places, so it doubles outlines and gives one eye
an extra column. Here each line has a cost, the difference to the next one, and the cheapest of each
stretch is taken (the idea of seam carving, Avidan and Shamir 2007, with straight seams).
"""

from __future__ import annotations

import numpy as np

from ..parts import Sprite, regions
from ..parts.types import Bools, Floats, Ints

FACE_COST = 12.0
ISLAND_COST = 12.0
EDGE_COST = 8.0
SPREAD_COST = 4.0


def row_cost(sprite: Sprite) -> Floats:
    """Return for each canvas row how much it shows when the row is repeated or left out."""
    return _cost(sprite.palette.index, sprite.islands[0] >= 0, _eyes(sprite))


def column_cost(sprite: Sprite) -> Floats:
    """Return for each canvas column how much it shows when the column is repeated or left out."""
    return _cost(sprite.palette.index.T, sprite.islands[0].T >= 0, _eyes(sprite).T)


def _eyes(sprite: Sprite) -> Bools:
    eyes = sprite.eyes
    return np.zeros_like(sprite.opaque) if eyes is None else eyes.left | eyes.right


def _cost(index: Ints, islands: Bools, eyes: Bools) -> Floats:
    """Count what differs from the next line, what is an edge of the silhouette, what an island."""
    above, below = np.full_like(index, -1), np.full_like(index, -1)
    above[1:], below[:-1] = index[:-1], index[1:]
    edge = (index >= 0) & ((above < 0) | (below < 0))
    cost: Floats = (index != below).sum(axis=1).astype(np.float64)
    cost += EDGE_COST * edge.sum(axis=1) + ISLAND_COST * islands.sum(axis=1)
    seeing = np.flatnonzero(eyes.any(axis=1))
    if seeing.size:
        cost[max(0, int(seeing[0]) - 1) : int(seeing[-1]) + 2] += FACE_COST
        cost[int(seeing[0]) : int(seeing[-1]) + 1] = np.inf
    return cost


def stretched(
    cost: Floats, box: tuple[int, int], change: Ints, length: int, *, grounded: bool
) -> Ints:
    """Return (frames, length) source lines for a span of lines that grows by `change[f]`.

    It grows towards its first line when grounded, else to both sides; lines outside give -1.
    """
    start, end = box
    tables = {int(step): span(cost[start:end], int(step)) for step in regions.distinct(change)}
    lines = np.full((len(change), length), -1, dtype=np.intp)
    for frame, step in enumerate(change):
        table = tables[int(step)]
        grown = len(table) - (end - start)
        first = start - (grown if grounded else grown // 2)
        lines[frame, first : first + len(table)] = start + table
    return lines


def mirrored(cost: Floats, box: tuple[int, int], each_side: Ints, length: int) -> Ints:
    """Return (frames, length) source lines for a span that grows by as much in either half."""
    start, end = box
    half, odd = (end - start) // 2, (end - start) % 2
    both = cost[start:end] + cost[start:end][::-1]
    tables = {int(step): span(both[:half], int(step)) for step in regions.distinct(each_side)}
    lines = np.full((len(each_side), length), -1, dtype=np.intp)
    for frame, step in enumerate(each_side):
        near = tables[int(step)]
        far = (end - start - 1 - near)[::-1]
        table = np.concatenate([near, np.full(odd, half), far])
        first = start - (len(near) - half)
        lines[frame, first : first + len(table)] = start + table
    return lines


def span(cost: Floats, change: int) -> Ints:
    """Return which lines a span shows when it is `change` lines longer or shorter.

    Lines of infinite cost are left alone, so it may change by less than asked.
    """
    count = len(cost)
    usable = np.flatnonzero(np.isfinite(cost))
    if len(usable) < count:
        change = int(np.clip(change, -(len(usable) // 2), len(usable)))
    if abs(change) > len(usable):
        shown = count + change
        return (2 * np.arange(shown, dtype=np.intp) + 1) * count // (2 * max(1, shown))
    times = np.ones(count, dtype=np.intp)
    if change:
        times[_cheapest(cost, usable, abs(change))] += 1 if change > 0 else -1
    return np.repeat(np.arange(count, dtype=np.intp), times)


def _cheapest(cost: Floats, usable: Ints, wanted: int) -> Ints:
    """Return `wanted` cheap lines that keep apart: each chosen line makes its neighbours dearer."""
    count = len(usable)
    reach = max(1.0, count / wanted)
    place, prices = np.arange(count), cost[usable].copy()
    from_middle = np.abs(2 * place - (count - 1)) / (2 * max(1, count))
    prices += from_middle
    spread = SPREAD_COST + float(np.sort(prices)[:wanted].mean())
    chosen = []
    for _ in range(wanted):
        line = int(np.argmin(np.round(prices, 9)))
        chosen.append(line)
        prices += spread * np.maximum(0, 1 - np.abs(place - line) / reach)
        prices[line] = np.inf
    return usable[np.array(chosen, dtype=np.intp)]
