"""Bring frames onto a palette or a number of colours, one table for the whole clip.

The matte is left out of the mapping. Source of the distance: Ottosson 2020, OKLab.
"""

from __future__ import annotations

import numpy as np

from ..contract.fields import Colour
from ..parts.colour import oklab
from ..parts.types import Floats, Ints, Pixels
from . import rasters


def onto_palette(frames: Pixels, palette: tuple[Colour, ...], matte: Colour) -> Pixels:
    """Give each opaque pixel of (..., 4) uint8 its nearest palette colour, never the matte."""
    entries = tuple(colour for colour in palette if colour != matte) or palette
    wanted = np.array(entries, np.uint8)
    known, inverse = _colours(frames)
    if len(known) == 0:
        return frames
    nearest = _distances(_place(known), _place(wanted)).argmin(axis=1)
    return _recoloured(frames, wanted[nearest], inverse)


def onto_count(frames: Pixels, most: int) -> Pixels:
    """Reduce (..., 4) uint8 to at most `most` opaque colours of its own; fewer stay untouched.

    Boxes in OKLab are cut at the weighted median of their longest side; each box keeps its most
    used colour, so no new colour appears. Source: Heckbert 1982, median cut.
    """
    known, inverse = _colours(frames)
    if len(known) <= most:
        return frames
    counts = np.bincount(inverse[frames[..., 3].ravel() > 0], minlength=len(known))
    places = _place(known)
    kept = [int(box[counts[box].argmax()]) for box in _boxes(places, counts, most)]
    nearest = _distances(places, places[kept]).argmin(axis=1)
    return _recoloured(frames, known[kept][nearest], inverse)


def count(pixels: Pixels) -> int:
    """Return how many opaque colours there are in (..., 4) uint8."""
    return len(_colours(pixels)[0])


def _boxes(places: Floats, counts: Ints, most: int) -> list[Ints]:
    boxes = [np.flatnonzero(counts)]
    while len(boxes) < most:
        spans = [float(np.ptp(places[box], axis=0).max()) for box in boxes]
        widest = int(np.argmax(spans))
        if spans[widest] == 0:
            break
        boxes.extend(_halves(places, counts, boxes.pop(widest)))
    return boxes


def _halves(places: Floats, counts: Ints, box: Ints) -> tuple[Ints, Ints]:
    axis = int(np.ptp(places[box], axis=0).argmax())
    ordered = box[np.argsort(places[box, axis], kind="stable")]
    used = np.cumsum(counts[ordered])
    cut = int(np.searchsorted(used, used[-1] / 2)) + 1
    cut = min(cut, len(ordered) - 1)
    return ordered[:cut], ordered[cut:]


def _colours(frames: Pixels) -> tuple[Pixels, Ints]:
    """List the opaque pixels' colours, and each pixel's index among them (flat)."""
    opaque = frames[..., 3] > 0
    known, found = rasters.colours(frames[opaque])
    inverse = np.zeros(opaque.size, np.intp)
    inverse[opaque.ravel()] = found
    return known, inverse


def _place(colours: Pixels) -> Floats:
    """Give OKLab coordinates with a and b doubled, so that plain distance is ΔE2."""
    places: Floats = oklab(colours) * np.array([1.0, 2.0, 2.0])
    return places


def _distances(left: Floats, right: Floats) -> Floats:
    distances: Floats = ((left[:, None] - right[None]) ** 2).sum(axis=-1)
    return distances


def _recoloured(frames: Pixels, table: Pixels, inverse: Ints) -> Pixels:
    opaque = frames[..., 3] > 0
    changed = np.array(frames, order="C")
    whole = np.concatenate([table[inverse[opaque.ravel()]], frames[opaque][:, 3:]], axis=1)
    rasters.words(changed)[opaque] = rasters.words(whole)
    return changed
