"""A fault of a clip: what it costs, and the sentence that says frame, place and colour."""

from __future__ import annotations

import msgspec
import numpy as np

from ..frames.indexed import Reel
from ..picture import regions
from ..picture.raster import Bools

#: Points that a fault costs at most.
WEIGHTS = {
    "identity": 25, "palette": 15, "colors": 25, "parts": 25, "seam": 25, "steps": 20,
    "place": 20, "flicker": 10, "motion": 20, "take": 20, "residue": 20,
    "filled": 30, "still": 40, "poses": 40, "held": 40, "feet": 40, "recolour": 40, "eyes": 40,
    "part": 40, "end": 40, "stroke": 20, "verb": 40, "beside": 20,
}  # fmt: skip


class Fault(msgspec.Struct, frozen=True):
    """A penalty in points and the sentence for it."""

    points: float
    sentence: str


def share(value: float, good: float, reject: float) -> float:
    """Return how bad a value is: 0 up to `good`, 1 from `reject` on."""
    return float(min(max((value - good) / (reject - good), 0.0), 1.0))


def fault(kind: str, badness: float, sentence: str) -> Fault | None:
    """Return the penalty for a badness of 0..1, or None for none at all."""
    return Fault(WEIGHTS[kind] * badness, sentence) if badness > 0 else None


def frames(first: int, last: int) -> str:
    """Name frames: "frame 3" or "frames 3 to 5"."""
    return f"frame {first}" if first == last else f"frames {first} to {last}"


def where(mask: Bools, reel: Reel) -> str:
    """Say where most of a mask's largest piece lies in the source: "at the top left"."""
    labels, count = regions.label(mask[None], diagonal=True)
    if not count:
        return "nowhere in particular"
    sizes = regions.areas(labels, count)
    sizes[0] = 0
    y, x = np.argwhere(labels[0] == sizes.argmax()).mean(axis=0)
    ink = np.argwhere(reel.source_solid)
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
    row = ("at the top", "in the middle", "at the bottom")[_third(y, top, bottom)]
    column = (" left", "", " right")[_third(x, left, right)]
    return row + column


def _third(at: float, first: int, last: int) -> int:
    return int(np.clip(3 * (at + 0.5 - first) / max(1, last - first), 0, 2))
