"""Parts of a sprite by their names, each with a confidence: stated boxes first, then found shapes.

A part that is not sure is not used: a motion that needs it says so and leaves it still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from . import burning, protruding, turning
from .types import Bools

if TYPE_CHECKING:
    from . import Sprite

#: A part of a sprite that nobody has classed is less sure; but not of these.
UNCLASSED, PLAIN = 0.6, frozenset({"head", "eyes", "flame", "wings"})
#: A part below this confidence is not used.
SURE = 0.5


class Part(msgspec.Struct, frozen=True, eq=False):
    """A named part: its (height, width) mask, and how sure it is, 0..1 (1: stated by a box).

    `hinge` is the (x, y) where it is joined to the rest, or the hub that it turns about.
    """

    name: str
    mask: Bools
    confidence: float
    hinge: tuple[float, float]

    @property
    def is_sure(self) -> bool:
        """Tell whether motions may use it."""
        return self.confidence >= SURE

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of the mask; right and bottom exclusive."""
        rows, columns = np.flatnonzero(self.mask.any(axis=1)), np.flatnonzero(self.mask.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def find(sprite: Sprite) -> Iterator[Part]:
    """Yield every part that is stated or may be one, unsure ones included."""
    stated = {name for name, _ in sprite.boxes}
    yield from _stated(sprite)
    for name, finder in FINDERS.items():
        if name in stated or not sprite.area:
            continue
        found = finder(sprite)
        if found is not None and found[0].any():
            mask, confidence, hinge = found
            confidence *= 1.0 if sprite.kind or name in PLAIN else UNCLASSED
            yield Part(name, mask, round(float(confidence), 3), hinge)


def _stated(sprite: Sprite) -> Iterator[Part]:
    """Yield the parts that a box names: the opaque pixels in it; a box of nothing is none."""
    for name, (left, top, right, bottom) in sprite.boxes:
        mask = np.zeros_like(sprite.opaque)
        mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
        mask &= sprite.opaque
        if mask.any():
            yield Part(name, mask, 1.0, _hinge(sprite, name, mask))


def _hinge(sprite: Sprite, name: str, mask: Bools) -> tuple[float, float]:
    """Return where a stated part is joined: where it touches the rest; a turning one its middle."""
    rows, columns = np.nonzero(mask)
    if name in TURNING:
        return (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
    return protruding.joint(mask, sprite.opaque)


Found = tuple[Bools, float, tuple[float, float]]
Finder = Callable[["Sprite"], Found | None]
TURNING = frozenset({"blades", "propeller", "wheels"})


def _head(sprite: Sprite) -> Found | None:
    """Find the head: what lies above the neck, surely where eyes are."""
    rows = np.arange(sprite.height)[:, None]
    mask = sprite.opaque & (rows < sprite.neck)
    if sprite.kind not in ("biped", "quadruped", "winged", "legless", "serpent", ""):
        return None
    share = mask.sum() / max(1, sprite.area)
    confidence = (0.9 if sprite.eyes is not None else 0.45) if 0.08 <= share <= 0.7 else 0.2
    return mask, confidence, (sprite.box.centre_x, float(sprite.neck))


def _eyes(sprite: Sprite) -> Found | None:
    if sprite.eyes is None:
        return None
    left, top, right, bottom = sprite.eyes.box
    mask = sprite.eyes.left | sprite.eyes.right
    return mask, 0.8, ((left + right) / 2, (top + bottom) / 2)


def _flame(sprite: Sprite) -> Found | None:
    flame = sprite.flame
    if flame is None:
        return None
    box = flame.box
    burns = burning.is_fire(sprite, flame.opaque)
    confidence = 0.8 if sprite.kind == "flame" else 0.65 if burns else 0.25
    return flame.opaque, confidence, (box.centre_x, float(box.bottom))


def _lid(sprite: Sprite) -> Found | None:
    """Find a lid: what lies above the strongest level line of a box-like thing."""
    if sprite.kind not in ("item", "machine", ""):
        return None
    box = sprite.box
    is_boxy = sprite.area >= 0.7 * box.width * box.height and box.height >= 0.5 * box.width
    line = turning.level_line(sprite)
    if line is None:
        return None
    row, strength = line
    strength *= 1.0 if is_boxy and sprite.box.width >= 12 else 0.5
    mask = sprite.opaque & (np.arange(sprite.height)[:, None] < row)
    return mask, strength, (float(sprite.box.left), float(row))


#: How each part is found; a finder returns mask, confidence and hinge.
FINDERS: dict[str, Finder] = {
    "head": _head,
    "eyes": _eyes,
    "flame": _flame,
    "tail": protruding.tail,
    "ears": protruding.ears,
    "wings": protruding.wings,
    "tentacles": protruding.tentacles,
    "chimney": protruding.chimney,
    "blades": turning.blades,
    "propeller": turning.propeller,
    "wheels": turning.wheels,
    "lid": _lid,
    "door": turning.door,
    "engine": protruding.engine,
}
