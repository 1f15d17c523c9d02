"""Rigid islands: eyes and other small contrasting parts that must move as one piece."""

from __future__ import annotations

import msgspec
import numpy as np

from . import regions
from .colour import Palette, difference
from .types import Bools, Floats, Ints

CONTRAST = 0.25
MOST_ISLANDS = 48
EYE_LIGHTNESS = 0.42
MOST_CANDIDATES = 40


class Eyes(msgspec.Struct, frozen=True):
    """A pair of eyes.

    Their masks and the box round both as left, top, right, bottom (exclusive).
    """

    left: Bools
    right: Bools
    box: tuple[int, int, int, int]


def small(height: int, width: int, share: float = 0.01) -> int:
    """Return the largest area of a small part for a sprite's box."""
    return max(12, int(share * height * width))


def islands(colours: Palette, line: Bools, eyes: Eyes | None, limit: int) -> tuple[Ints, int]:
    """Number the small parts that contrast with what surrounds them.

    Touching parts are one island. A sprite with very many is textured: only its eyes count then.
    """
    labels, count = colours.regions
    mask = np.zeros(colours.index.shape, dtype=np.bool_)
    if count:
        mask = np.append(_contrasting(colours, line, limit), False)[labels]
    joined, number = regions.label(np.where(mask, 0, -1).astype(np.intp), diagonal=True)
    if number:
        fitting = regions.sizes(joined, number) <= limit
        if not fitting.all():
            mask &= np.append(fitting, False)[joined]
            joined, number = regions.label(np.where(mask, 0, -1).astype(np.intp), diagonal=True)
    is_textured = number > MOST_ISLANDS
    if is_textured:
        mask[:] = False
    if eyes is not None:
        mask |= eyes.left | eyes.right
    if is_textured or eyes is not None:
        joined, number = regions.label(np.where(mask, 0, -1).astype(np.intp), diagonal=True)
    if eyes is not None:
        joined = _as_pair(joined, eyes)
    return joined, number


def _as_pair(labels: Ints, eyes: Eyes) -> Ints:
    """Number both eyes as one island, so that they keep their distance."""
    left, right = int(labels[eyes.left][0]), int(labels[eyes.right][0])
    return np.where(labels == right, left, labels)


def find_eyes(
    colours: Palette, line: Bools, box: tuple[int, int, int, int], limit: int
) -> Eyes | None:
    """Find the two regions that look most like a pair of eyes.

    Both have one colour, dark or glaring; they lie level, are alike in size, and nearest to the
    middle of the box.
    """
    left, _, right, _ = box
    labels, count = colours.regions
    if count < 2:
        return None
    candidates, colour = _eye_candidates(colours, line, labels, count, limit, box)
    size, bounds = colours.sizes, colours.bounds
    pairs = [
        (score, one, other)
        for place, one in enumerate(candidates)
        for other in candidates[place + 1 :]
        if colour[one] == colour[other]
        and (score := _pair_score(one, other, size, bounds, (left + right) / 2, right - left))
        is not None
    ]
    if not pairs:
        return None
    near, far = sorted(min(pairs)[1:], key=lambda region: int(bounds[region, 0]))
    first, past = np.minimum(bounds[near], bounds[far]), np.maximum(bounds[near], bounds[far])
    hull = (int(first[0]), int(first[1]), int(past[2]), int(past[3]))
    return Eyes(labels == near, labels == far, hull)


def filled(mask: Bools, opaque: Bools) -> Ints:
    """Return the map that shows each masked pixel as its nearest unmasked opaque neighbour."""
    height, width = mask.shape
    source = np.where(mask | ~opaque, -1, np.arange(height * width).reshape(height, width))
    for _ in range(height + width):
        missing = mask & (source < 0)
        if not missing.any():
            break
        wide = regions.framed(source, -1)
        near = (wide[1:-1, :-2], wide[1:-1, 2:], wide[:-2, 1:-1], wide[2:, 1:-1])
        found = np.where(near[0] >= 0, near[0], near[1])
        found = np.where(found >= 0, found, np.where(near[2] >= 0, near[2], near[3]))
        if not (missing & (found >= 0)).any():
            break
        source = np.where(missing, found, source)
    own = np.arange(height * width).reshape(height, width)
    return np.where(mask & (source >= 0), source, own).astype(np.intp)


def _contrasting(colours: Palette, line: Bools, limit: int) -> Bools:
    """Tell which regions are small, lie inside, and differ from their neighbours on average."""
    labels, count = colours.regions
    known = colours.contrasts.get(id(line))
    if known is None or known[0] is not line:
        known = colours.contrasts[id(line)] = line, _standing_out(colours, line, labels, count)
    return (colours.sizes <= limit) & known[1]


def _standing_out(colours: Palette, line: Bools, labels: Ints, count: int) -> Bools:
    """Tell which regions lie inside, and differ from their neighbours on average.

    The outline contrasts with everything, so it counts as no contrast.
    """
    total, seen, open_ = np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.bool_)
    height, width = labels.shape
    wide, wide_colour = regions.framed(labels, -1), regions.framed(colours.index, -1)
    wide_line = regions.framed(line, False)
    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        there = wide[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        tint = wide_colour[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        edge = (labels >= 0) & (there != labels)
        open_[labels[edge & (there < 0)]] = True
        inner = edge & (there >= 0)
        apart = difference(colours.lab[colours.index[inner]], colours.lab[tint[inner]])
        apart[wide_line[1 + down : 1 + down + height, 1 + right : 1 + right + width][inner]] = 0
        total += np.bincount(labels[inner], weights=apart, minlength=count)
        seen += np.bincount(labels[inner], minlength=count)
    mean = np.round(total / np.maximum(seen, 1), 6)
    return ~open_ & (mean >= CONTRAST)


def _eye_candidates(
    colours: Palette,
    line: Bools,
    labels: Ints,
    count: int,
    limit: int,
    box: tuple[int, int, int, int],
) -> tuple[list[int], Ints]:
    """Return the regions that may be an eye, and the colour of every region."""
    bounds = colours.bounds
    colour = np.zeros(count, dtype=np.intp)
    colour[labels[labels >= 0]] = colours.index[labels >= 0]
    middle, height = (bounds[:, 1] + bounds[:, 3]) / 2 - box[1], box[3] - box[1]
    level = (middle <= 0.68 * height) & (middle >= 0.15 * height)
    wide = bounds[:, 2] - bounds[:, 0] <= 3 * (bounds[:, 3] - bounds[:, 1])
    if np.count_nonzero(level & wide & (colours.sizes <= limit)) < 2:
        return [], colour
    light, chroma = colours.lab[colour, 0], colours.chroma[colour]
    around = _light_around(colours, labels, count)
    telling = ((light < EYE_LIGHTNESS) & (around > light)) | (
        ((light > 0.85) | (chroma > 0.2)) & (around < EYE_LIGHTNESS)
    )
    found = np.flatnonzero(_contrasting(colours, line, limit) & telling & level & wide)
    return [int(region) for region in found[:MOST_CANDIDATES]], colour


def _light_around(colours: Palette, labels: Ints, count: int) -> Floats:
    """Return the mean lightness of the pixels beside each region, left and right."""
    wide = regions.framed(labels, -1)[1:-1]
    light = regions.framed(np.append(colours.lab[:, 0], 0.0)[colours.index], 0)[1:-1]
    total, seen = np.zeros(count), np.zeros(count)
    for there in (slice(0, -2), slice(2, None)):
        beside = (labels >= 0) & (wide[:, there] >= 0) & (wide[:, there] != labels)
        total += np.bincount(labels[beside], weights=light[:, there][beside], minlength=count)
        seen += np.bincount(labels[beside], minlength=count)
    mean: Floats = np.round(total / np.maximum(seen, 1), 6)
    return mean


def _pair_score(
    one: int, other: int, size: Ints, bounds: Ints, centre_x: float, width: int
) -> float | None:
    first, second = sorted((bounds[one], bounds[other]), key=lambda box: int(box[0]))
    gap = second[0] - first[2]
    level = abs(int(first[1] + first[3]) - int(second[1] + second[3])) / 2
    alike = abs(int(size[one]) - int(size[other])) <= max(2, 0.3 * max(size[one], size[other]))
    if gap < 1 or gap > 0.42 * width or level > 1 or not alike:
        return None
    middle = (first[0] + second[2]) / 2
    height_apart = abs(int(first[3] - first[1]) - int(second[3] - second[1]))
    return float(round(abs(middle - centre_x) / width + 0.1 * level + 0.05 * height_apart, 6))
