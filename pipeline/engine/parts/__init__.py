"""What the motions know about a sprite: pixels, box and parts, each found once when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec.structs import replace

from . import colour, islands, limbs, regions
from .colour import Palette
from .islands import Eyes
from .limbs import Leg
from .types import Bools, Floats, Ints, Pixels

if TYPE_CHECKING:
    from .held import Held
    from .named import Part

ALPHA_CUT = 128
#: Kinds that may have eyes.
CREATURES = frozenset({"biped", "quadruped", "winged", "legless", "serpent"})
#: What is found otherwise where there may be eyes than where there are none.
_BY_EYES = frozenset({"eyes", "neck", "core", "islands", "skin", "glowing"})


class Box(msgspec.Struct, frozen=True):
    """The opaque box of a sprite in canvas pixels; `right` and `bottom` are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Return the width in pixels, at least 1 for a box that holds a pixel."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def centre_x(self) -> float:
        """Return the horizontal centre; a box of odd width has it in the middle of a pixel."""
        return (self.left + self.right) / 2

    @property
    def centre_y(self) -> float:
        """Return the vertical centre."""
        return (self.top + self.bottom) / 2


class Room(msgspec.Struct, frozen=True):
    """How far opaque pixels may travel to each side without touching the outermost canvas pixel."""

    left: int
    top: int
    right: int
    bottom: int


class Sprite(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A source sprite with alpha cut to 0 or 255: `pixels` is (height, width, 4) uint8.

    `taken` is the room that another motion of the same clip already uses. `kind` is what the sprite
    is ("biped", "building" …; "" not known), `facing` is "left", "right", "front" or "" as it was
    stated, `boxes` are parts that were named: (name, (left, top, right, bottom)) in canvas pixels.
    `extra_colours` may be used by effects beside the sprite's own.
    """

    pixels: Pixels
    taken: Room = Room(0, 0, 0, 0)
    kind: str = ""
    facing: str = ""
    boxes: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    extra_colours: tuple[tuple[int, int, int], ...] = ()

    def of_kind(self, kind: str) -> Sprite:
        """Return the sprite as one of this kind; what no kind changes is not looked for again."""
        known = replace(self, kind=kind)
        changed = {"parts"}
        if _may_have_eyes(kind) is not _may_have_eyes(self.kind):
            changed |= _BY_EYES
        kept = {name: found for name, found in vars(self).items() if name not in changed}
        vars(known).update(kept)
        return known

    @cached_property
    def extra(self) -> Pixels:
        """Return the extra colours as (n, 4) uint8; a map names them by height * width and up."""
        rows = [(*colour, 255) for colour in self.extra_colours]
        return np.array(rows, dtype=np.uint8).reshape(-1, 4)

    @cached_property
    def height(self) -> int:
        """Return the canvas height."""
        return int(self.pixels.shape[0])

    @cached_property
    def width(self) -> int:
        """Return the canvas width."""
        return int(self.pixels.shape[1])

    @cached_property
    def opaque(self) -> Bools:
        """Return (height, width) bool: where the sprite is."""
        return self.pixels[..., 3] > 0

    @cached_property
    def box(self) -> Box:
        """Return the opaque box; an empty sprite gives a box of one pixel in the corner."""
        rows = np.flatnonzero(self.opaque.any(axis=1))
        columns = np.flatnonzero(self.opaque.any(axis=0))
        if not rows.size:
            return Box(0, 0, 1, 1)
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    @cached_property
    def room(self) -> Room:
        """Return the room round the box; a side on which the sprite touches the canvas has none."""
        box = self.box
        return Room(
            max(0, box.left - 1 - self.taken.left),
            max(0, box.top - 1 - self.taken.top),
            max(0, self.width - box.right - 1 - self.taken.right),
            max(0, self.height - box.bottom - 1 - self.taken.bottom),
        )

    @cached_property
    def area(self) -> int:
        """Return the number of opaque pixels."""
        return int(self.opaque.sum())

    @cached_property
    def row_spans(self) -> tuple[Ints, Ints]:
        """Return first and last opaque column of each row; (width, -1) for an empty row."""
        return _spans(self.opaque)

    @cached_property
    def column_spans(self) -> tuple[Ints, Ints]:
        """Return first and last opaque row of each column; (height, -1) for an empty column."""
        return _spans(self.opaque.T)

    @cached_property
    def palette(self) -> Palette:
        """Return the distinct opaque colours."""
        return colour.palette(self.pixels)

    @cached_property
    def lightness(self) -> Floats:
        """Return (height, width) OKLab lightness; 1 where transparent."""
        light: Floats = np.append(self.palette.lab[:, 0], 1.0)[self.palette.index]
        return light

    @cached_property
    def rim(self) -> Bools:
        """Return the opaque pixels beside transparency."""
        return colour.rim(self.opaque)

    @cached_property
    def outline(self) -> Bools:
        """Return the silhouette's rim and the dark line that belongs to it."""
        return colour.outline(self.opaque, self.lightness)

    @cached_property
    def eyes(self) -> Eyes | None:
        """Return the pair of eyes, if one was found; what is known to be a thing has none."""
        if not _may_have_eyes(self.kind):
            return None
        return islands.find_eyes(self.palette, self.outline, self.corners, self.small)

    @cached_property
    def small(self) -> int:
        """Return the largest area of a part that counts as small."""
        return islands.small(self.box.height, self.box.width)

    @cached_property
    def corners(self) -> tuple[int, int, int, int]:
        """Return the box as left, top, right, bottom."""
        return self.box.left, self.box.top, self.box.right, self.box.bottom

    @cached_property
    def islands(self) -> tuple[Ints, int]:
        """Return (height, width) numbers of the rigid islands, -1 elsewhere, and their count."""
        return islands.islands(self.palette, self.outline, self.eyes, self.small)

    @cached_property
    def skin(self) -> Ints:
        """Return the (height, width) map that shows the sprite without its islands."""
        return islands.filled(self.islands[0] >= 0, self.opaque)

    @cached_property
    def neck(self) -> int:
        """Return the first row below the head."""
        chin = None if self.eyes is None else min(self.box.bottom - 1, self.eyes.box[3] + 1)
        return limbs.neck_row(self.opaque, self.box.top, self.box.bottom, chin)

    @cached_property
    def core(self) -> tuple[int, int]:
        """Return first and past-last column of the body without arms, wings and tails."""
        first, past = limbs.core_columns(self.opaque, self.box.left, self.box.right)
        if self.eyes is None:
            return first, past
        return min(first, self.eyes.box[0]), max(past, self.eyes.box[2])

    @cached_property
    def legs(self) -> tuple[Leg, ...]:
        """Return the legs from left to right; none when no two feet stand apart."""
        return limbs.find_legs(self.opaque, self.outline & (self.lightness < 0.35), self.corners)

    @cached_property
    def held(self) -> Held | None:
        """Return the long thing in a hand beside the body, if one was found."""
        from . import held  # figures alone hold things

        return held.find(self)

    @cached_property
    def glowing(self) -> Bools:
        """Return the pixels that give light."""
        return colour.emissive(self.palette, self.opaque, self.islands[0])

    @cached_property
    def flame(self) -> Sprite | None:
        """Return the flame that is a part of the sprite, with its coloured rim, if any."""
        core = colour.region(self.palette, self.palette.fiery, self.area)
        if core is None:
            return None
        tinted = np.append((self.palette.chroma >= 0.04) & (self.palette.lab[:, 0] >= 0.25), False)
        rim = colour.rim(self.opaque) & tinted[self.palette.index]
        grown = core | (regions.grow(core) & rim)
        return Sprite(np.where(grown[..., None], self.pixels, 0).astype(np.uint8))

    def part(self, name: str) -> Part | None:
        """Return a part by its name ("tail" …): as stated by a box, else found for sure."""
        return self.parts.get(name)

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """Return all named parts that are stated, or found with enough confidence."""
        from . import named  # loaded with the first clip that is about one

        return {found.name: found for found in named.find(self) if found.is_sure}

    @cached_property
    def water(self) -> Bools | None:
        """Return the water that is a part of the sprite, if any."""
        return colour.region(self.palette, self.palette.watery, self.area)


def cut(pixels: Pixels) -> Sprite:
    """Cut the alpha of straight RGBA at 128 to 0 or 255 and zero the RGB of transparent pixels."""
    solid = pixels[..., 3] >= ALPHA_CUT
    clean = np.where(solid[..., None], pixels, 0).astype(np.uint8)
    clean[..., 3] = np.where(solid, 255, 0)
    return Sprite(clean)


def _may_have_eyes(kind: str) -> bool:
    return not kind or kind in CREATURES


def _spans(mask: Bools) -> tuple[Ints, Ints]:
    length = mask.shape[1]
    first = np.where(mask.any(axis=1), mask.argmax(axis=1), length)
    last = np.where(mask.any(axis=1), length - 1 - mask[:, ::-1].argmax(axis=1), -1)
    return first.astype(np.intp), last.astype(np.intp)
