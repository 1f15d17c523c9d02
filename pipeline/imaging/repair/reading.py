"""Read a frame by looking every patch of it up in the source, as the damage shows that.

A pixel becomes what the source has at the place, of those that are tried, whose patch fits best.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..picture.raster import Bools, Floats
from .damage import PARITIES, Damage, Numbers
from .patches import Patches

#: A pixel that fits worse than this (in variances) counts no more: it is something else.
OUTLIER = 60.0
#: Extra cost of a px of distance, so that equal patches prefer to stay.
DISTANCE_COST = 0.1
#: Extra cost of leaving the source's patches for the nearest colour: a pixel was recoloured.
RECOLOUR_COST = 40.0
#: A frame all of whose pixels fit better than this is read.
SETTLED = 12.0
#: So many places are looked at together: what stays in the processor's cache.
CHUNK = 1 << 14
#: No number of a colour.
_NONE = 0xFFFF

#: Places (y, x) px away in the source.
Places = list[tuple[int, int]]
_Kind = TypeVar("_Kind", bound=np.generic)


class Ground(msgspec.Struct, frozen=True, eq=False):
    """The part of the source that frames are read in, with `room` px around it.

    Its numbers (places,), and how they are shown, as planes (3, places) for each parity that its
    corner may land on. `row` places are a row; a part (height, width) of it takes whole rows.
    """

    numbers: Numbers
    shown: dict[tuple[int, int], Floats]
    room: int
    row: int
    shape: tuple[int, int]

    def numbers_at(self, place: tuple[int, int]) -> Numbers:
        """Return the numbers (places,) that lie a place (y, x) px away."""
        return self.numbers[self._slice(place)]

    def shown_at(self, place: tuple[int, int]) -> Floats:
        """Return what a frame looks like (3, places) that comes from a place (y, x) px away."""
        y, x = ((self.room + step) % 2 for step in place)
        return self.shown[y, x][:, self._slice(place)]

    def _slice(self, place: tuple[int, int]) -> slice:
        y, x = (self.room + step for step in place)
        first = y * self.row + x
        return slice(first, first + self.shape[0] * self.row)

    def laid(self, part: NDArray[_Kind], beside: float = 0) -> NDArray[_Kind]:
        """Return parts (…, height, width) as places (…, places)."""
        height, width = self.shape
        wide = np.full((*part.shape[:-2], height, self.row), beside, dtype=part.dtype)
        wide[..., :width] = part
        return wide.reshape(*part.shape[:-2], -1)

    def part(self, laid: NDArray[_Kind]) -> NDArray[_Kind]:
        """Return places (…, places) as parts (…, height, width)."""
        height, width = self.shape
        return laid.reshape(*laid.shape[:-1], height, self.row)[..., :width]


def ground_of(found: Damage, source: Numbers, room: int) -> Ground:
    """Show a source (height, width) through the damage, with so many px around it."""
    matte = len(found.shades) - 1
    room = max(1, room)
    shown = {}
    for y, x in PARITIES:
        wide = np.pad(source, [(room + y, room + 2), (room + x, room + 2)], constant_values=matte)
        planes = found.shown(wide)[:, y:, x:]
        shown[y, x] = np.ascontiguousarray(planes).reshape(3, -1)
    numbers = np.pad(source, [(room, room + 2)] * 2, constant_values=matte)
    return Ground(numbers.reshape(-1), shown, room, numbers.shape[1], source.shape)


class Reader:
    """Reads the frames of a clip one after the other, all in the same memory."""

    def __init__(self, ground: Ground) -> None:
        """Take the memory."""
        size = ground.shape[0] * ground.row
        self._ground, self._patches = ground, Patches(ground.shape, ground.row)
        self._gaps = np.empty((3, min(size, CHUNK)), dtype=np.float32)
        self._seen = np.zeros((3, size), dtype=np.float32)
        self._best = np.empty(size, dtype=np.float32)
        self._better: Bools = np.empty(size, dtype=np.bool_)
        self._numbers = np.zeros(size, dtype=np.uint16)

    def read(self, seen: Floats, nearest: Numbers, alone: Floats, places: Places) -> Numbers:
        """Return for each pixel of a part the number that its best patch has, until the next.

        `seen` (3, height, width) is the frame, `nearest` and `alone` (height, width) the numbers
        that its colours have by themselves, and how badly those fit.
        """
        ground, best, numbers = self._ground, self._best, self._numbers
        ground.part(self._seen)[...] = seen
        ground.part(numbers)[...] = nearest
        ground.part(self._patches.error)[...] = alone
        best.fill(-1)  # beside the part nothing is better anywhere
        np.add(ground.part(self._patches.costs()), RECOLOUR_COST, out=ground.part(best))
        worst = 0
        for place in places:
            self._write_errors(ground.shown_at(place))
            cost = self._patches.costs()
            cost += DISTANCE_COST * (abs(place[0]) + abs(place[1]))
            better = np.less(cost, best, out=self._better)
            np.copyto(best, cost, where=better)
            np.copyto(numbers, ground.numbers_at(place), where=better)
            if best[worst] < SETTLED and best[worst := int(best.argmax())] < SETTLED:
                break
        return ground.part(numbers)

    def most(self, numbers: Numbers, places: Places, count: int) -> Places:
        """Return the places that most of what was read comes from: `count`, some of them again."""
        inked = np.where(numbers == self._ground.numbers[0], _NONE, numbers)
        flat = self._ground.laid(inked, _NONE)
        agreed = [np.count_nonzero(self._ground.numbers_at(place) == flat) for place in places]
        order = np.argsort(-np.array(agreed), kind="stable")
        chosen = [places[at] for at in order[:count]]
        return chosen + chosen[:1] * (count - len(chosen))

    def _write_errors(self, shown: Floats) -> None:
        """Write the squared differences of planes (3, places), up to OUTLIER: a part at a time."""
        seen, error = self._seen, self._patches.error
        for start in range(0, len(error), CHUNK):
            some = slice(start, start + CHUNK)
            part = error[some]
            gaps = self._gaps[:, : len(part)]
            np.subtract(seen[:, some], shown[:, some], out=gaps)
            np.multiply(gaps, gaps, out=gaps)
            np.add(gaps[0], gaps[1], out=part)
            part += gaps[2]
            np.minimum(part, OUTLIER, out=part)
