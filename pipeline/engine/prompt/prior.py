"""What a sprite looks like, from shape and colours alone: the last resort of the reader."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite, burning
from .kinds import Kind

WIDE, WINGED, TALL = 1.15, 1.3, 0.8
FEW_COLOURS = 5
#: Who looks at us and is so high for its width stands upright, with a staff or a tail for a leg.
MOST_UPRIGHT, UPRIGHT, FRONT = 3, 0.7, 0.1
#: Lower creatures that are wide crawl or slide, whatever gaps are under them.
LEAST_LEGGED = 10


def kind(sprite: Sprite) -> Kind:
    """Guess what a sprite is: a face, then legs; fire by hue and shape, a plant by green and stem.

    Eyes count only where they stand about the middle of the head.
    """
    if not sprite.area:
        return Kind.ITEM
    if has_face(sprite):
        return _creature(sprite)
    if is_burning(sprite) or is_flame(sprite):
        return Kind.FLAME
    if _green_share(sprite) >= 0.5 and is_rooted(sprite):
        return Kind.PLANT
    if len(sprite.legs) == 2 and sprite.box.height >= WIDE * sprite.box.width:
        return Kind.BIPED
    return Kind.ITEM


def _creature(sprite: Sprite) -> Kind:
    box, legs = sprite.box, len(sprite.legs)
    is_wide = box.width >= WIDE * box.height
    if 2 <= legs <= MOST_UPRIGHT and _faces_us(sprite) and box.height >= UPRIGHT * box.width:
        return Kind.BIPED
    if legs >= 3 or (is_wide and legs >= 2 and box.height >= LEAST_LEGGED):
        return Kind.QUADRUPED
    if legs >= 2 or box.height >= 0.85 * box.width:
        return Kind.BIPED
    is_winged = box.width >= WINGED * box.height and sprite.part("wings") is not None
    return Kind.WINGED if is_winged else Kind.LEGLESS


def creature(sprite: Sprite) -> Kind:
    """Guess what a creature is of which no eyes were found: by legs and shape; a coin is none."""
    box, legs = sprite.box, len(sprite.legs)
    if is_coin(sprite) or not sprite.area:
        return Kind.ITEM
    return Kind.QUADRUPED if legs >= 4 or box.width > 1.2 * box.height else Kind.BIPED


def _faces_us(sprite: Sprite) -> bool:
    """Tell whether the eyes are in the middle of all that there is: a beast's are at its end."""
    eyes = sprite.eyes
    if eyes is None:
        return False
    off = (eyes.box[0] + eyes.box[2]) / 2 - sprite.box.centre_x
    return abs(off) <= FRONT * sprite.box.width


def has_face(sprite: Sprite) -> bool:
    """Tell whether a pair of eyes lies about the axis of the rows that it is in."""
    eyes = sprite.eyes
    if eyes is None:
        return False
    left, top, right, bottom = eyes.box
    rows = sprite.opaque[top:bottom]
    columns = np.flatnonzero(rows.any(axis=0))
    middle = (int(columns[0]) + int(columns[-1]) + 1) / 2
    width = int(columns[-1]) + 1 - int(columns[0])
    return abs((left + right) / 2 - middle) <= max(1.5, 0.2 * width)


def looks_to(sprite: Sprite) -> int:
    """Return -1 or 1 where the eyes lie off the head's middle, 0 when they do not tell."""
    if sprite.eyes is None or not has_face(sprite):
        return 0
    left, top, right, bottom = sprite.eyes.box
    columns = np.flatnonzero(sprite.opaque[top:bottom].any(axis=0))
    off = (left + right) / 2 - (int(columns[0]) + int(columns[-1]) + 1) / 2
    return 0 if abs(off) < 1 else int(np.sign(off))


def is_coin(sprite: Sprite) -> bool:
    """Tell whether a sprite is round and plain enough to turn about its axis."""
    if len(sprite.palette.lab) > FEW_COLOURS:
        return False
    from ..motions.turns import is_round  # with the motions that turn

    return is_round(sprite)


def is_burning(sprite: Sprite) -> bool:
    """Tell whether a flame is a part of the sprite and stands at its top."""
    flame = sprite.flame
    if flame is None or flame.area < 0.08 * sprite.area:
        return False
    at_top = flame.box.top <= sprite.box.top + 1 and flame.box.centre_y < sprite.box.centre_y
    return at_top and burning.is_fire(sprite, flame.opaque)


def is_flame(sprite: Sprite) -> bool:
    """Tell whether the whole sprite is a flame."""
    share = sprite.palette.fiery[sprite.palette.index[sprite.opaque]].mean()
    return bool(share >= 0.5) and not sprite.legs and burning.is_fire(sprite, sprite.opaque)


def _green_share(sprite: Sprite) -> float:
    palette = sprite.palette
    green = (palette.hue >= 110) & (palette.hue <= 170) & (palette.chroma >= 0.05)
    return float(green[palette.index[sprite.opaque]].mean())


def can_walk(sprite: Sprite) -> bool:
    """Tell whether stepping would look like walking: two feet, or a creature that stands up."""
    if sprite.kind == Kind.WINGED and sprite.box.width >= WINGED * sprite.box.height:
        return False  # what hangs down from spread wings is no leg to walk on
    if len(sprite.legs) >= 2 or sprite.kind in (Kind.BIPED, Kind.QUADRUPED):
        return True
    return has_face(sprite) and sprite.box.height >= TALL * sprite.box.width


def is_rooted(sprite: Sprite) -> bool:
    """Tell whether the widest run of floor pixels is at most half of the width: a stem, or feet."""
    floor = sprite.opaque[sprite.box.bottom - 1]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], floor, [False]]).astype(np.int8)))
    widest = int((edges[1::2] - edges[::2]).max(initial=0))
    return 2 * widest <= sprite.box.width
