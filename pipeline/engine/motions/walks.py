"""Walking and running: four poses for small figures, eight for tall ones, two or four legs."""

from __future__ import annotations

import msgspec
import numpy as np

from ..parts import Sprite
from ..parts.limbs import Leg
from ..parts.types import Bools, Floats, Ints
from . import crawls, gather, gather_parts, waves, zones
from .facing import is_front, side
from .limbs import halves
from .motion import Motion, Parameters
from .wielding import carrying

SMALL = 24
#: What is lower than this share of its width creeps.
FLAT = 0.8
#: What has no legs, whatever gaps are under it.
CREEPING = frozenset({"legless", "serpent"})
#: Two steps of a small walk in eighths of a turn: what sinks, and which foot is off the floor.
STEP_DOWN = (0, 0, 1, 0, 0, 0, 1, 0)
FOOT_UP = (0, 1, 1, 1, 0, -1, -1, -1)
HAND_UP = (0, 0, 1, 1, 1, 0, -1, -1)
LEANING = (0, 1, 1, 0, 0, -1, -1, 0)
#: The body of a long walk: pass, up, contact, down, twice.
BODY_DOWN = (0.0, -1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0)
RUN_DOWN = (0.0, -1.0, -1.0, 1.0, 0.0, -1.0, -1.0, 1.0)
#: How a beast's body, its head's end and its tail's end sink in a turn of its walk.
TROT_DOWN = (
    (0.0, 0.75, 1.0, 0.25, 0.0, 0.75, 1.0, 0.25),
    (0.0, 0.25, 0.75, 1.0, 0.25, 0.0, 0.25, 0.5),
    (0.0, 0.75, 0.25, 0.0, 0.0, 0.25, 0.75, 0.5),
)
#: How deep, as a share of its height; a beast whose legs are hidden rocks from end to end.
TROT, ROCK = 0.025, 0.07
HEAD_LATE = (0, 0, 1, 1, 0, 0, 1, 1)
FOUR_LEGS = (0.0, 0.5, 0.25, 0.75)


@carrying
def walk4(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Step on the spot in four poses, 1:1:1:1: rest, left, rest, right.

    On a step the trunk is drawn a pixel lower over the legs, the swinging foot is off the floor and
    a pixel further in, the other side's hand comes forward; at the second rest a hand, or the crest
    of the head, is still there. Without legs the head leans from side to side as the body sinks.
    """
    eighth = waves.eighths(frames, parameters.cycles)
    down, late = _read(STEP_DOWN, eighth), _read(HAND_UP, eighth)
    legs = _legs(sprite)
    if len(legs) < 2 and _is_flat(sprite):
        return crawls.creeping(sprite, frames, parameters)
    if len(legs) >= 2:
        parts = zones.above(sprite, legs)
        map_ = _stepping(sprite, legs, _read(FOOT_UP, eighth), down)
        gather_parts.place(sprite, map_, zones.standing(sprite, legs), 0 * down, 0 * down)
        lean = np.zeros(frames, dtype=np.intp)
    else:
        parts = zones.figure(sprite)
        map_ = gather_parts.empty(sprite, frames)
        still = np.zeros(frames, dtype=np.intp)
        gather_parts.place(sprite, map_, parts.base, still, still)
        lean = _read(LEANING, eighth)
    return gather_parts.rigid(sprite, _upper(sprite, parts, map_, down, late, lean))


def _is_flat(sprite: Sprite) -> bool:
    """Tell whether a body without legs lies on the floor, so that it creeps."""
    if sprite.kind in CREEPING:
        return True
    stands = sprite.kind in ("biped", "quadruped")
    return not stands and sprite.box.height <= FLAT * sprite.box.width


def _read(values: tuple[int, ...], eighth: Ints) -> Ints:
    return np.array(values, dtype=np.intp)[eighth]


def _legs(sprite: Sprite) -> tuple[Leg, ...]:
    """Return two legs, or none: what is much wider than the other is no leg."""
    legs, box = sprite.legs, sprite.box
    if sprite.kind in CREEPING:
        return ()
    if len(legs) < 2 or (box.width >= 1.6 * box.height and min(leg.length for leg in legs) < 2):
        return ()
    widths = [int(leg.mask.any(axis=0).sum()) for leg in legs]
    return legs if max(widths) <= 2 * float(np.median(widths)) + 1 else ()


def _stepping(sprite: Sprite, legs: tuple[Leg, ...], foot: Ints, down: Ints) -> Ints:
    """Draw the legs: every second one swings while `foot` is above 0, the others below."""
    map_ = gather_parts.empty(sprite, len(foot))
    for number, leg in enumerate(legs):
        swinging = foot > 0 if number % 2 == 0 else foot < 0
        inward = 1 if leg.foot_x < sprite.box.centre_x else -1
        right = np.where(swinging & (down > 0), inward if leg.length >= 2 else 0, 0)
        gather_parts.place(sprite, map_, leg.mask, right, -swinging.astype(np.intp))
    return map_


def _upper(
    sprite: Sprite, parts: zones.Zones, map_: Ints, down: Ints, late: Ints, lean: Ints
) -> Ints:
    """Draw what is above the legs over them: sunk, one hand higher, head and crest leaning."""
    left, right = min(sprite.room.left, 1), min(sprite.room.right, 1)
    late, lean = np.clip(late, -left, right), np.clip(lean, -left, right)
    only_head = all(order in (0, 3) for _, order in parts.moving)
    for mask, order in parts.moving:
        if order == 2:
            for arm, up in _sides(sprite, mask, late):
                gather_parts.place(sprite, map_, arm, 0 * lean, down - up)
            continue
        across = late if order == 3 else lean if order == 1 or only_head else 0 * lean
        gather_parts.place(sprite, map_, mask, across, down)
    return zones.closed(sprite, map_)


def _sides(sprite: Sprite, mask: Bools, hand: Ints) -> tuple[tuple[Bools, Ints], ...]:
    """Return the left and the right half of a mask, and which frames lift it."""
    left = mask & (np.arange(sprite.width)[None, :] + 0.5 < sprite.box.centre_x)
    lifts = ((left, hand < 0), (mask & ~left, hand > 0))
    return tuple((half, up.astype(np.intp)) for half, up in lifts if half.any())


class Gait(msgspec.Struct, frozen=True, eq=False):
    """How the body over each leg, and each foot, move in a turn: one (frames,) for each leg."""

    body: tuple[Ints, ...]
    lean: int
    swing: tuple[Floats, ...]
    lift: tuple[Floats, ...]


@carrying
def walk2(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Walk on two legs: pass, up, contact, down, twice; small or legless figures take four poses.

    A foot goes x = S sin p on the floor and comes back h max(0, -cos p) above it; the far leg is a
    step darker.
    """
    legs = _legs(sprite)
    if sprite.box.height <= SMALL or len(legs) < 2 or frames < 8:
        return walk4(sprite, frames, parameters, seed)
    turn = waves.phases(frames, parameters.cycles)
    phase = tuple(turn + (0.0 if number % 2 == 0 else np.pi) for number in range(len(legs)))
    rise = max(1, round(0.03 * sprite.box.height))
    body = _body(BODY_DOWN, frames, parameters, min(rise, sprite.room.top))
    return _gone(sprite, legs, Gait((body,) * len(legs), 0, *_feet(phase)), parameters)


@carrying
def run(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Run on two legs: leaning forward, longer steps, a moment with both feet off the floor."""
    legs = _legs(sprite)
    if len(legs) < 2:
        return crawls.bounding(sprite, frames, parameters)
    turn = waves.phases(frames, parameters.cycles)
    phase = tuple(turn + (0.0 if number % 2 == 0 else np.pi) for number in range(len(legs)))
    rise = min(max(1, round(0.06 * sprite.box.height)), sprite.room.top)
    swing, lift = _feet(phase)
    body = _body(RUN_DOWN, frames, parameters, rise)
    flying = np.where(body < 0, 0.7, 0.0)
    lift = tuple(np.maximum(one, flying) for one in lift)
    bodies = (body,) * len(legs)
    lean = 1 + sprite.box.height // 40
    return _gone(
        sprite, legs, Gait(bodies, lean, tuple(1.5 * one for one in swing), lift), parameters
    )


def walk_quad(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Walk on four legs: one foot after the other, the head's end nodding against the tail's."""
    if not _is_long(sprite):
        return walk2(sprite, frames, parameters, seed)
    legs = _legs(sprite) or halves(sprite)
    turn = waves.phases(frames, parameters.cycles)
    order = FOUR_LEGS if len(legs) > 2 else (0.0, 0.5)
    phase = tuple(turn + waves.TURN * order[number % len(order)] for number in range(len(legs)))
    still = np.zeros(frames, dtype=np.intp)
    gait = Gait((still,) * len(legs), 0, *_feet(phase))
    map_ = _legs_only(sprite, legs, gait, parameters)
    return _trotting(sprite, legs, map_, frames, parameters)


def run_quad(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Gallop: the body rocks from end to end, front and hind feet gather and stretch."""
    if not _is_long(sprite):
        return run(sprite, frames, parameters, seed)
    legs = _legs(sprite) or halves(sprite)
    turn = waves.phases(frames, parameters.cycles)
    facing = side(sprite, parameters)
    middle = sprite.box.centre_x
    phase = tuple(turn + (np.pi if (leg.foot_x - middle) * facing > 0 else 0.0) for leg in legs)
    down = _rocking(sprite, turn, facing)
    body = tuple(down[:, min(sprite.width - 1, int(leg.foot_x))] for leg in legs)
    swing, lift = _feet(phase)
    gait = Gait(body, 0, tuple(1.3 * one for one in swing), lift)
    map_ = _legs_only(sprite, legs, gait, parameters, airborne=True)
    stands = zones.standing(sprite, legs)
    trunk = sprite.opaque & ~np.any([leg.mask for leg in legs], axis=0) & ~stands
    raised = gather.shear_columns(sprite, np.minimum(down, 0))
    map_ = gather_parts.over(map_, raised, stands)
    map_ = gather_parts.over(map_, gather.shear_columns(sprite, down), trunk)
    return gather_parts.rigid(sprite, zones.closed(sprite, map_))


def _is_long(sprite: Sprite) -> bool:
    """Tell whether a body is longer than high, as that of what goes on four legs."""
    return sprite.box.width >= 1.15 * sprite.box.height


def _rocking(sprite: Sprite, turn: Floats, facing: int) -> Ints:
    """Return (frames, width): how far each column sinks; neighbours part by a pixel at most."""
    box = sprite.box
    ahead = facing * (np.arange(sprite.width) + 0.5 - box.centre_x) / box.width
    rise = min(max(1.0, 0.05 * box.height), max(0, sprite.room.top))
    bounce = -0.7 * np.maximum(0.0, np.sin(turn))[:, None]
    pitch = 1.2 * ahead[None, :] * (np.cos(turn + 0.9) - np.cos(0.9))[:, None]
    down = waves.symmetric(rise * (bounce + pitch))
    return np.clip(down, -max(0, sprite.room.top), 2)


def _trotting(
    sprite: Sprite, legs: tuple[Leg, ...], map_: Ints, frames: int, parameters: Parameters
) -> Ints:
    """Draw a beast's body over its legs: sunk on each step, head and tail one after the other."""
    eighth = waves.eighths(frames, parameters.cycles)
    facing = side(sprite, parameters)
    share = TROT if _legs(sprite) else ROCK
    deep = max(1.0, share * sprite.box.height * min(1.5, parameters.strength))
    sinking = waves.half_up(deep * np.array(TROT_DOWN)[:, eighth])
    if deep >= 2:
        legged = np.any([leg.mask for leg in legs], axis=0)
        stands = zones.standing(sprite, legs)
        trunk = sprite.opaque & ~legged & ~stands
        none = 0 * eighth
        gather_parts.place(sprite, map_, stands, none, none)
        bent = gather.shear_columns(sprite, _bowed(sprite, sinking, facing))
        return gather_parts.tidy(sprite, zones.closed(sprite, gather_parts.over(map_, bent, trunk)))
    for mask, order in zones.beast(sprite, facing, legs).moving:
        gather_parts.place(sprite, map_, mask, 0 * sinking[order], sinking[order])
    return gather_parts.rigid(sprite, zones.closed(sprite, map_))


def _bowed(sprite: Sprite, sinking: Ints, facing: int) -> Ints:
    """Return (frames, width): how far each column sinks, from its middle to the head and the tail.

    The ends keep their form; between them the columns part by little.
    """
    box = sprite.box
    ahead = 2 * facing * (np.arange(sprite.width) + 0.5 - box.centre_x) / box.width
    near = np.clip((np.abs(ahead) - 0.2) / 0.5, 0, 1)[None, :]
    ends = np.where(ahead[None, :] > 0, sinking[1][:, None], sinking[2][:, None])
    return waves.half_up(sinking[0][:, None] * (1 - near) + ends * near)


def _body(table: tuple[float, ...], frames: int, parameters: Parameters, rise: int) -> Ints:
    eighth = waves.eighths(frames, parameters.cycles)
    down = waves.symmetric(np.array(table)[eighth] * max(1, rise))
    return np.maximum(down, -rise)


def _feet(phase: tuple[Floats, ...]) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Return how far ahead (-1..1) and how high (0..1) each foot is: at rest in frame 0."""
    swing = tuple(
        np.round((np.sin(one) - np.sin(one[0])) / (1 + abs(np.sin(one[0]))), 9) for one in phase
    )
    rest = np.isclose(phase[0] % waves.TURN, phase[0][0])
    lift = tuple(np.where(rest, 0.0, np.maximum(0.0, np.round(np.cos(one), 9))) for one in phase)
    return swing, lift


def _gone(sprite: Sprite, legs: tuple[Leg, ...], gait: Gait, parameters: Parameters) -> Ints:
    """Draw legs, trunk, arms and head of a figure that walks or runs."""
    frames = len(gait.body[0])
    map_ = _legs_only(sprite, legs, gait, parameters, airborne=gait.lean > 0)
    parts, body = zones.above(sprite, legs), gait.body[0]
    stands = zones.standing(sprite, legs)
    gather_parts.place(sprite, map_, stands, 0 * body, np.minimum(body, 0))
    eighth = waves.eighths(frames, parameters.cycles)
    lean = gait.lean * side(sprite, parameters) * (eighth % 4 > 0)
    late = _read(HEAD_LATE, eighth) * (body >= 0)
    for mask, order in parts.moving:
        if order == 2:
            _armed(sprite, map_, mask, gait, (lean // 2, body), parameters)
            continue
        is_head = order in (1, 3)
        right, down = (lean, body + late) if is_head else (lean // 2, body)
        gather_parts.place(sprite, map_, mask, right, down)
    map_ = gather_parts.rigid(sprite, zones.closed(sprite, map_))
    return map_ if gather.contained(sprite, map_) else gather.still(sprite, frames)


def _armed(
    sprite: Sprite,
    map_: Ints,
    arms: Bools,
    gait: Gait,
    trunk: tuple[Ints, Ints],
    parameters: Parameters,
) -> None:
    """Draw the arms, each against the leg of its side: ahead and back, or up when seen from the
    front.
    """
    is_flat = is_front(sprite, parameters) or sprite.box.height <= SMALL
    forward = 0 if is_flat else side(sprite, parameters)
    left = arms & (np.arange(sprite.width)[None, :] + 0.5 < sprite.box.centre_x)
    for arm, sign in ((left, -1), (arms & ~left, 1)):
        swing = np.clip(waves.symmetric(sign * gait.swing[0]), -1, 1)
        up = np.maximum(0, swing) if not forward else 0 * swing
        gather_parts.place(sprite, map_, arm, trunk[0] + forward * swing, trunk[1] - up)


def _legs_only(
    sprite: Sprite,
    legs: tuple[Leg, ...],
    gait: Gait,
    parameters: Parameters,
    *,
    airborne: bool = False,
) -> Ints:
    """Draw the legs swinging from the hip, the far ones first; `airborne` lets them leave the
    floor with the body.
    """
    frames = len(gait.body[0])
    map_ = np.full((frames, sprite.height, sprite.width), gather.VOID, dtype=np.intp)
    forward = 0 if is_front(sprite, parameters) else side(sprite, parameters)
    room = min(sprite.room.left, sprite.room.right)
    for number in sorted(range(len(legs)), key=lambda one: -(one % 2)):
        leg, body = legs[number], gait.body[number]
        high = max(1, round(0.22 * leg.length))
        stride = min(max(1.0, 0.35 * leg.length), 1 + room) if leg.length >= 3 else 0.0
        if sprite.box.height <= SMALL:
            stride = min(stride, 0.7)
        up = waves.half_up(high * gait.lift[number])
        if airborne:
            up = np.maximum(up, -body)
        ahead = np.clip(forward * stride * gait.swing[number], *_reach(sprite, leg))
        shown = _leg(sprite, leg, ahead, up, body)
        map_ = gather_parts.over(map_, shown, leg.mask)
    return map_


def _reach(sprite: Sprite, leg: Leg) -> tuple[int, int]:
    """Return how far to the left (0 or less) and right a leg may go: to the sides of the canvas,
    and not onto a side that the sprite leaves free.
    """
    columns = np.flatnonzero(leg.mask.any(axis=0))
    if not columns.size:
        return 0, 0
    left, right = int(columns[0]), sprite.width - 1 - int(columns[-1])
    free = [int(not sprite.opaque[:, side].any()) for side in (0, -1)]
    return -max(0, left - free[0]), max(0, right - free[1])


def _leg(sprite: Sprite, leg: Leg, ahead: Floats, up: Ints, body: Ints) -> Ints:
    """Return the map of one leg: its foot ahead and up, its hip where the body is."""
    y = np.arange(sprite.height)
    share = np.clip((y - leg.hip + 1) / max(1, leg.length), 0, 1)
    rows = y + up[:, None]
    hang = np.where(
        y[None, :] < leg.hip, np.minimum(y + np.maximum(0, -body)[:, None], leg.hip), rows
    )
    right = waves.symmetric(share * ahead[:, None])
    columns = np.arange(sprite.width) - right[:, :, None]
    inside = (columns >= 0) & (columns < sprite.width) & (hang < sprite.height)[:, :, None]
    return np.where(inside, hang[:, :, None] * sprite.width + columns, gather.VOID)


FAMILY = (
    Motion("walk4", walk4, smallest=4, fallback="bob", margin=0.10),
    Motion("walk2", walk2, smallest=4, fallback="bob", margin=0.15),
    Motion("walk_quad", walk_quad, smallest=4, fallback="walk2", margin=0.15),
    Motion("run", run, smallest=4, fallback="walk2", margin=0.20),
    Motion("run_quad", run_quad, smallest=4, fallback="run", margin=0.20),
)
