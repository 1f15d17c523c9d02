"""Motions that move the whole sprite by whole pixels.

Bob, float, hover8, hop, shake, lunge, scroll, afterimage.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..parts import Sprite, limbs
from ..parts.types import Floats, Ints
from . import gather, gather_parts, waves
from .facing import is_upward
from .motion import Layer, Motion, Parameters, amplitude

# Arms, wings, tails and held things follow the body by a sixth of a turn.
LAG = waves.TURN / 6

#: How much wider than high a ship is that pitches on the waves, and by how much of its width.
AFLOAT, PITCH = 1.0, 0.03

LUNGE = (0.0, -0.25, -0.4, -0.4, 0.7, 1.0, 0.5, 0.15, 0.0)
# Height of a hop (share of its top) and squash of the body (share of its height): stand, crouch,
# leap, rise, top, fall, landing, settled. Keyed by pose, so that the landing is in every clip of 8
# frames or more.
HOP_LIFT = (0.0, 0.0, 0.6, 0.94, 1.0, 0.8, 0.0, 0.0, 0.0)
HOP_SQUASH = (0.0, 0.16, -0.10, 0.0, 0.0, -0.06, 0.20, 0.06, 0.0)


def bob(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lift the sprite and set it down.

    dy = -R(A(1 - cos)/2), arms and tail a moment later; a ship pitches from bow to stern.
    """
    lift = min(amplitude(sprite, parameters), sprite.room.top)
    is_long = sprite.box.width >= AFLOAT * sprite.box.height
    if sprite.kind == "vehicle" and is_long and not is_upward(sprite):
        return _pitching(sprite, frames, parameters, lift)

    def height(phase: Floats) -> Floats:
        return lift * (1 - np.cos(phase)) / 2

    delayed = _followed(sprite, frames, parameters, height)
    return gather.shear_columns(sprite, -waves.half_up(np.maximum(0, delayed)))


def _pitching(sprite: Sprite, frames: int, parameters: Parameters, lift: int) -> Ints:
    """Rise and sink as on a wave that passes under it: the bow a quarter of a turn before.

    dy = Rs(P a sin) - R(A(1 - cos)/2 - .1), a from -1 at one end to 1 at the other; its middle,
    where its crew sits, does not bend.
    """
    box, room = sprite.box, sprite.room
    turn = waves.phases(frames, parameters.cycles)[:, None]
    ahead = 2 * (np.arange(sprite.width) + 0.5 - box.centre_x) / box.width
    pitch = max(0, min(max(1.0, PITCH * box.width), room.bottom, room.top - lift))
    ends = np.sign(ahead) * np.clip((np.abs(ahead) - 0.3) / 0.5, 0, 1)
    rise = waves.half_up(lift * (1 - np.cos(turn)) / 2 - 0.1)
    down = waves.symmetric(pitch * ends[None, :] * np.sin(turn)) - rise
    return gather_parts.tidy(sprite, gather.shear_columns(sprite, down))


def floating(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Hang in the air and swing up and down.

    dy = -Rs(A sin), what hangs on it a moment later.
    """
    reach = min(amplitude(sprite, parameters), sprite.room.top, sprite.room.bottom)
    delayed = _followed(sprite, frames, parameters, lambda phase: reach * np.sin(phase))
    return gather.shear_columns(sprite, -waves.symmetric(np.clip(delayed, -reach, reach)))


def hover8(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Fly a lying eight.

    dx = Rs(A sin), dy = -Rs(A/2 sin 2t), at least a pixel each way.
    """
    room = sprite.room
    reach = amplitude(sprite, parameters)
    across, up = min(reach, room.left, room.right), min(max(1, reach / 2), room.top, room.bottom)
    right = waves.symmetric(
        (parameters.across or 1) * across * waves.swing(frames, parameters.cycles)
    )
    down = -waves.symmetric(up * np.sin(2 * waves.phases(frames, parameters.cycles)))
    return gather.shift(sprite, right, down)


def shake(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Jolt by seeded whole pixels in -A..A, dying away in a one-shot.

    Successive frames jolt to opposite sides, so that no two are equal by chance.
    """
    reach, room = amplitude(sprite, parameters), sprite.room
    fade = 1 - waves.shares(frames) if parameters.once else np.ones(frames)
    side = np.where(np.arange(frames) % 2 == 1, 1, -1)
    size = 0.5 + 0.5 * waves.chances(seed, frames, salt=1)
    right = np.maximum(1, waves.half_up(reach * size * fade)) * side
    down = waves.symmetric(0.6 * reach * (2 * waves.chances(seed, frames, salt=2) - 1) * fade)
    right[0] = down[0] = 0
    return gather.shift(
        sprite, np.clip(right, -room.left, room.right), np.clip(down, -room.top, room.bottom)
    )


def hop(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Crouch, leap, fall and land.

    A quarter of its height (3A is too little under 32 px) on key poses, squashed at both
    contacts.
    """
    stretch = int(np.ceil(0.1 * sprite.box.height))
    height = max(amplitude(sprite, parameters, 0.25), int(0.15 * sprite.box.height), 2)
    height = min(height, max(0, sprite.room.top - stretch))
    clip = waves.shares(frames)
    lift = waves.half_up(height * waves.along(HOP_LIFT, clip))
    squash = waves.along(HOP_SQUASH, clip)
    from .scales import resize

    body = resize(sprite, 1 + 0.6 * squash, 1 - squash)
    return gather.through(gather.shift(sprite, np.zeros(frames, dtype=np.intp), -lift), body)


def lunge(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Draw back, hold, dash forward and settle: dx = R(3A key(u))."""
    side = parameters.across or 1
    ahead, behind = _ahead_behind(sprite, side)
    reach = min(3 * amplitude(sprite, parameters), ahead)
    forward = waves.symmetric(reach * waves.along(LUNGE, waves.shares(frames)))
    return gather.shift(
        sprite, side * np.maximum(forward, -behind), np.zeros(frames, dtype=np.intp)
    )


def scroll(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Roll the box's rows or columns round by R(H i / N)."""
    box = sprite.box
    turn = np.arange(frames) * parameters.cycles % frames / frames
    rows = np.broadcast_to(np.arange(sprite.height), (frames, sprite.height)).copy()
    columns = np.broadcast_to(np.arange(sprite.width), (frames, sprite.width)).copy()
    if parameters.across:
        moved = waves.half_up(parameters.across * box.width * turn)[:, None]
        columns[:, box.left : box.right] = box.left + (np.arange(box.width) - moved) % box.width
    else:
        moved = waves.half_up((parameters.down or 1) * box.height * turn)[:, None]
        rows[:, box.top : box.bottom] = box.top + (np.arange(box.height) - moved) % box.height
    return gather.crossing(sprite, rows, columns)


def afterimage(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Lunge with the two frames before dithered behind."""
    map_ = lunge(sprite, frames, parameters, seed)
    trail = map_.copy()
    rows, columns = np.indices((sprite.height, sprite.width))
    for age in (1, 2):
        ghost = np.full_like(map_, gather.VOID)
        ghost[1 + age :] = map_[1:-age]
        ghost[:, (rows + columns + age) % (age + 1) != 0] = gather.VOID
        hidden = gather.solid(sprite, trail)
        trail = np.where(hidden, trail, ghost)
    return trail


def _followed(
    sprite: Sprite, frames: int, parameters: Parameters, form: Callable[[Floats], Floats]
) -> Floats:
    """Return (frames, width): the form at each column's own time, less what it is at rest.

    Only what has eyes or feet has arms and tails that come later: a thing moves as one piece.
    """
    box = sprite.box
    late = LAG * limbs.lag(sprite.width, sprite.core, box.left, box.right)
    if sprite.eyes is None and len(sprite.legs) < 2:
        late = np.zeros_like(late)
    turn = waves.phases(frames, parameters.cycles)[:, None]
    return form(turn - late) - form(-late)


def _ahead_behind(sprite: Sprite, side: int) -> tuple[int, int]:
    room = sprite.room
    return (room.right, room.left) if side > 0 else (room.left, room.right)


FAMILY = (
    Motion("bob", bob, smallest=2, fallback="breathe", layer=Layer.WHOLE),
    Motion("float", floating, smallest=4, fallback="bob", layer=Layer.WHOLE),
    Motion("hover8", hover8, smallest=4, fallback="bob", layer=Layer.WHOLE),
    Motion("hop", hop, smallest=4, fallback="bob", shoots=True, margin=0.45),
    Motion("shake", shake, smallest=2, fallback="bob", layer=Layer.WHOLE, shoots=True),
    Motion("lunge", lunge, smallest=4, fallback="bob", layer=Layer.WHOLE, shoots=True, margin=0.30),
    Motion("scroll", scroll, smallest=2, fallback="bob", margin=0.0),
    Motion("afterimage", afterimage, smallest=4, fallback="lunge", shoots=True, margin=0.30),
)
