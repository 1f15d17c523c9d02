"""What went wrong before finishing, and another take may mend: a colour eaten, a motion cut off.

Nothing here spends: a remedy is an option of `reroll`.
"""

from __future__ import annotations

import math

import numpy as np

from ...core.model import MAX_SIDE_PX, Remedy, Resolved
from ..frames.indexed import Reel
from ..picture import color, raster
from ..picture.raster import Bools, Ints
from ..stages import Step
from ..upload import matte
from . import identical

#: A colour of this share of the source, and of so many px, that keeps less than this was eaten by
#: the key, if most of its places are transparent now.
NOTABLE, LEAST_PX, KEPT, CLEARED = 0.005, 2, 0.25, 0.5
#: More of the figure than this may be background or not.
UNDECIDED = 0.005
#: A matte must be this far from an eaten colour to be worth another take (deltaE2).
WORTH = 0.30
#: More px than this at the edge of the canvas are a motion that was cut off.
TOUCHING_PX = 3
#: How much more room is proposed, and the most that may be asked for.
MORE, MORE_PX, MOST_PX = 1.5, 2, 128
SIDES = ("left", "upper", "right", "lower")


def find(keyed: Step, resolved: Resolved) -> tuple[Remedy, ...]:
    """Look at a clip that was cut out and is on its palette, before repairs change it."""
    own = identical.frame(keyed.reel, keyed.motion)
    found = (
        _unkeyed(keyed, resolved),
        _eaten(keyed.reel, resolved, own),
        _cut_off(keyed.reel, resolved),
    )
    return tuple(remedy for remedy in found if remedy is not None)


def _unkeyed(keyed: Step, resolved: Resolved) -> Remedy | None:
    """Look for parts that have the background's colour, and that the source does not settle."""
    if keyed.undecided <= UNDECIDED:
        return None
    key = color.to_hex(keyed.cutout.matte[0])
    fault = (
        f"the background came in {key}, a colour of the sprite: of {keyed.undecided:.0%} of the "
        "figure nothing tells whether it belongs to it"
    )
    other = resolved.runner_up if key == resolved.matte else resolved.matte
    if not other:
        return Remedy(fault=fault)
    return Remedy(fault=fault, option=f"--matte {other[1:]}", promise=f"on {other}")


def _eaten(reel: Reel, resolved: Resolved, own: int) -> Remedy | None:
    """Look for a colour of the source that its own frame has lost to the background."""
    wanted = np.bincount(reel.source[reel.source_solid], minlength=reel.own)
    left = np.bincount(reel.index[own][reel.solid[own]], minlength=len(reel.palette))[: reel.own]
    cleared = np.bincount(reel.source[reel.source_solid & ~reel.solid[own]], minlength=reel.own)
    is_eaten = (
        (wanted >= max(LEAST_PX, NOTABLE * wanted.sum()))
        & (left < KEPT * wanted)
        & (cleared >= CLEARED * wanted)
    )
    if not is_eaten.any():
        return None
    number = int(np.argmax(np.where(is_eaten, wanted, 0)))
    eaten = reel.palette[number]
    fault = (
        f"frame {own}: {cleared[number]} px of {color.to_hex(eaten)} were taken for the background "
        f"{resolved.matte}"
    )
    other = resolved.runner_up
    if not other or matte.distance(other, reel.palette[is_eaten.nonzero()[0]]) < WORTH:
        return Remedy(fault=fault)
    return Remedy(fault=fault, option=f"--matte {other[1:]}", promise=f"on {other}")


def _cut_off(reel: Reel, resolved: Resolved) -> Remedy | None:
    """Look for ink in the outermost px of the canvas where the source has none."""
    edges = [_edges(reel.solid), _edges(reel.source_solid[None])]
    touching = np.stack([np.where(edges[1][side] > 0, 0, edges[0][side]) for side in range(4)])
    side, frame = np.unravel_index(int(touching.argmax()), touching.shape)
    count = int(touching[side, frame])
    if count <= TOUCHING_PX:
        return None
    fault = f"frame {frame}: {count} px touch the {SIDES[side]} edge, the motion is cut off"
    box = raster.box(reel.source_solid)
    if box is None or resolved.canvas[side % 2] >= MAX_SIDE_PX:
        return Remedy(fault=fault)
    width, height = resolved.canvas
    room = (box[0], box[1], width - box[2], height - box[3])[side]
    more = min(MOST_PX, (math.ceil(MORE * room) + MORE_PX) * resolved.scale)
    return Remedy(fault=fault, option=f"--fit {more}", promise=f"with {more} px of room")


def _edges(solid: Bools) -> list[Ints]:
    """Return how many px each frame has in the left, upper, right and lower edge."""
    sides = (solid[:, :, 0], solid[:, 0], solid[:, :, -1], solid[:, -1])
    return [side.sum(axis=1) for side in sides]
