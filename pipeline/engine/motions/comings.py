"""Coming and going: spawn, teleport, explode, crumble."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Bools, Floats, Ints
from . import facing, gather, inks, marks, waves
from .inks import Inks
from .marks import Stage
from .motion import Layer, Motion, Parameters, Render, repeating
from .scales import resize

# How wide and how tall what goes is squeezed: whole, drawn up, a column, a line, gone.
SQUEEZED = {"R": 1.0, "S": 0.7, "C": 0.34, "L": 0.0}
DRAWN_UP = {"R": 1.0, "S": 0.96, "C": 1.2, "L": 0.0}
BURST = "RSF12345"


@repeating
def spawn(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Come out of a ring of light: a line, a column, the body, with a squash as it lands.

    In a loop it goes first, as from a teleporter.
    """
    if not parameters.once:
        return teleport(sprite, frames, parameters, seed)
    order = facing.held(frames, "0LCSOOEE", "EOEE", "OEOS")
    return _squeezed(sprite, order, parameters)


@repeating
def teleport(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Be drawn up into a line of light, leave a ring, and come back the same way."""
    order = facing.held(frames, "RSCL0LCS", "0R0R0R", "0SLS")
    return _squeezed(sprite, order, parameters)


def _squeezed(sprite: Sprite, order: list[str], parameters: Parameters) -> Ints:
    """Draw each pose: E and R whole, O over-wide, S C narrower, L a line of light, 0 a ring."""
    wide = facing.table(order, {**SQUEEZED, "E": 1.0, "O": 1.1})
    tall = facing.table(order, {**DRAWN_UP, "E": 1.0, "O": 0.93})
    map_ = resize(sprite, np.maximum(wide, 0.05), np.maximum(tall, 0.05)).copy()
    colours = inks.inks(sprite, inks.ANY)
    stage = marks.stage(sprite, map_)
    for frame, pose in enumerate(order):
        if pose in "L0":
            stage.map_[frame] = gather.VOID
        if pose == "C":
            stage.map_[frame] = inks.flashed(sprite, stage.map_[frame])
        if colours is not None:
            _light(stage, frame, pose, colours, order[:frame].count(pose))
    return stage.map_


def _light(stage: Stage, frame: int, pose: str, colours: Inks, again: int) -> None:
    sprite, box = stage.sprite, stage.sprite.box
    radius = max(2.0, 0.5 * box.width)
    if pose == "L":
        wide = max(1, round(0.12 * box.width))
        x = int(np.floor(box.centre_x - wide / 2))
        line = np.zeros(sprite.opaque.shape, dtype=np.bool_)
        line[max(0, box.top - 1) : box.bottom, max(0, x) : x + wide] = True
        stage.dab(frame, line, colours.light)
        stage.dab(frame, _floor_ring(sprite, 0.7 * radius), colours.middle)
    elif pose == "0":
        stage.dab(
            frame, _floor_ring(sprite, radius), colours.light if again % 2 == 0 else colours.middle
        )
        stage.dab(
            frame,
            marks.star(sprite, int(box.centre_x), int(box.centre_y), 2 - again % 2),
            colours.light,
        )
    elif pose in "CO" and again == 0:
        stage.dab(
            frame,
            _floor_ring(sprite, radius * (0.9 if pose == "C" else 1.2)),
            colours.middle,
            behind=True,
        )


def _floor_ring(sprite: Sprite, radius: float) -> Bools:
    box = sprite.box
    y = box.bottom - 0.5 - 0.15 * radius
    return marks.ring(sprite, box.centre_x, y, radius, radius - 1.2, flat=0.35)


def explode(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Swell, flash, and fly apart in shards behind a ring that breaks into arcs.

    Shards: Voronoi cells of seeded points, d = v (1 - (1 - u)^2). Ring: outer radius
    R (.35 + .55 (1 - (1 - u)^2)), inner R (.1 + .8 u^.8), broken after half.
    """
    order = facing.held(frames, "RSF12345", "34512R", "5S31")
    flying = [frame for frame, pose in enumerate(order) if pose.isdigit()]
    time = np.zeros(frames)
    time[flying] = (np.arange(len(flying)) + 1.0) / len(flying)
    swollen = facing.table(order, {"S": 0.08, "F": 0.12})
    map_ = resize(sprite, 1 + swollen, 1 + swollen, grounded=False).copy()
    for frame, pose in enumerate(order):
        if pose == "F":
            map_[frame] = inks.flashed(sprite, map_[frame])
    stage = marks.stage(sprite, map_)
    blown = _blown(sprite, stage, time, parameters, seed, fall=0.35, rings=True)
    if sprite.kind and parameters.once:
        blown[-1] = gather.VOID  # nothing is left of what plays once
    return blown


def crumble(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Crack, and fall in pieces onto a heap; the variant `fade` lets the heap go."""
    order = facing.held(frames, "RK123456", "3456K", "6K53")
    falling = [frame for frame, pose in enumerate(order) if pose.isdigit()]
    time = np.zeros(frames)
    time[falling] = (np.arange(len(falling)) + 1.0) / len(falling)
    map_ = gather.still(sprite, frames)
    shards, count = _shards(sprite, seed)
    stage = marks.stage(sprite, map_)
    cracks = _cracks(shards)
    for frame, pose in enumerate(order):
        if pose == "K":
            stage.map_[frame][cracks & sprite.opaque] = inks.dark(sprite)
    return _heaped(sprite, stage, time, shards, count, seed)


def _shards(sprite: Sprite, seed: int) -> tuple[Ints, int]:
    """Return the number of each pixel's shard: Voronoi cells of 5 to 14 seeded points."""
    count = int(np.clip(sprite.area // 24, 5, 14))
    inside = np.flatnonzero(sprite.opaque)
    if not inside.size:
        return np.full(sprite.opaque.shape, -1, dtype=np.intp), 0
    picked = waves.scatter(seed, count, salt=71) % np.uint32(len(inside))
    middle: Ints = inside[picked.astype(np.intp)]
    rows, columns = np.indices(sprite.opaque.shape)
    down = rows.reshape(*rows.shape, 1) - middle // sprite.width
    right = columns.reshape(*columns.shape, 1) - middle % sprite.width
    away = down * down + right * right
    return np.where(sprite.opaque, np.argmin(away, axis=-1), -1), count


def _cracks(shards: Ints) -> Bools:
    right = np.zeros(shards.shape, dtype=np.bool_)
    right[:, :-1] = (shards[:, :-1] != shards[:, 1:]) & (shards[:, :-1] >= 0) & (shards[:, 1:] >= 0)
    right[:-1] |= (shards[:-1] != shards[1:]) & (shards[:-1] >= 0) & (shards[1:] >= 0)
    return right


def _blown(
    sprite: Sprite,
    stage: Stage,
    time: Floats,
    parameters: Parameters,
    seed: int,
    *,
    fall: float,
    rings: bool,
) -> Ints:
    shards, count = _shards(sprite, seed)
    colours = inks.inks(sprite, inks.WARM)
    if not count or colours is None:
        return stage.map_
    box = sprite.box
    radius = 0.62 * max(box.width, box.height)
    speed = 0.7 + 0.6 * waves.chances(seed, count, salt=72)
    for frame in np.flatnonzero(time > 0):
        u = float(time[frame])
        stage.map_[frame] = gather.VOID
        if u < 1:
            _fly(
                stage,
                int(frame),
                shards,
                count,
                speed * radius * (1 - (1 - u) ** 2),
                fall * radius * u * u,
                u,
            )
        if rings:
            _burst(stage, int(frame), u, radius, colours)
    return stage.map_


def _fly(
    stage: Stage, frame: int, shards: Ints, count: int, way: Floats, drop: float, u: float
) -> None:
    """Draw the shards, each set out from the middle by its own way, and thinned as time goes."""
    sprite, box = stage.sprite, stage.sprite.box
    keep = marks.sieve(sprite, 1.0 if u < 0.5 else 1.25 - u)
    for number in range(count):
        rows, columns = np.nonzero(shards == number)
        if not rows.size:
            continue
        right, down = columns.mean() + 0.5 - box.centre_x, rows.mean() + 0.5 - box.centre_y
        length = max(0.5, float(np.sqrt(right**2 + down**2)))
        to_x = columns + int(waves.symmetric(right / length * way[number]))
        to_y = rows + int(waves.symmetric(down / length * way[number] + drop))
        inside = (to_x >= 0) & (to_x < sprite.width) & (to_y >= 0) & (to_y < sprite.height)
        inside &= keep[rows, columns]
        rows, columns, to_y, to_x = rows[inside], columns[inside], to_y[inside], to_x[inside]
        seen = stage.open_[to_y, to_x]
        stage.map_[frame][to_y[seen], to_x[seen]] = (rows * sprite.width + columns)[seen]


def _burst(stage: Stage, frame: int, u: float, radius: float, colours: Inks) -> None:
    sprite, box = stage.sprite, stage.sprite.box
    outer = radius * (0.35 + 0.55 * (1 - (1 - u) ** 2))
    inner = radius * (0.1 + 0.8 * u**0.8)
    if inner >= outer - 0.6:
        inner = outer - 1.0
    mask = marks.ring(sprite, box.centre_x, box.centre_y, outer, inner)
    if u > 0.5:
        mask &= marks.broken(sprite, box.centre_x, box.centre_y, 0.35 + 0.6 * (u - 0.5))
    if u >= 0.99:
        mask &= marks.sieve(sprite, 0.5)
    ink = colours.light if u < 0.4 else colours.middle if u < 0.75 else colours.dark
    stage.dab(frame, mask, ink)


def _heaped(
    sprite: Sprite, stage: Stage, time: Floats, shards: Ints, count: int, seed: int
) -> Ints:
    """Let the shards fall, the lowest first, until they lie on the floor in a heap."""
    box = sprite.box
    late = 0.35 * waves.chances(seed, max(1, count), salt=73)
    for frame in np.flatnonzero(time > 0):
        stage.map_[frame] = gather.VOID
        for number in range(count):
            rows, columns = np.nonzero(shards == number)
            if not rows.size:
                continue
            high = (box.bottom - 1 - int(rows.max())) / box.height
            u = max(0.0, (float(time[frame]) - 0.4 * high - late[number] * 0.5) / 0.55)
            drop = min(box.bottom - 1 - int(rows.max()), int(waves.half_up(box.height * u * u)))
            landed = drop == box.bottom - 1 - int(rows.max()) and u > 0
            out = 0
            if landed:
                # On the floor a shard flattens: its upper rows slide down beside it.
                flat = max(1, int(np.ceil((rows.max() - rows.min() + 1) * (1 - 0.6 * min(1.0, u)))))
                rows_to = (
                    box.bottom
                    - 1
                    - (rows.max() - rows) * flat // max(1, rows.max() - rows.min() + 1)
                )
                out = int(
                    waves.symmetric((columns.mean() + 0.5 - box.centre_x) * 0.3 * min(1.0, u))
                )
            else:
                rows_to = rows + drop
            to_x = columns + out
            inside = (to_x >= 0) & (to_x < sprite.width)
            y, x = rows_to[inside], to_x[inside]
            seen = stage.open_[y, x]
            stage.map_[frame][y[seen], x[seen]] = (rows * sprite.width + columns)[inside][seen]
    return stage.map_


def _acts(name: str, render: Render, *, loops: bool = True, arrives: bool = False) -> Motion:
    return Motion(
        name,
        render,
        smallest=4,
        fallback="dissolve",
        layer=Layer.FORM,
        shoots=True,
        margin=0.30,
        acts=True,
        loops=loops,
        arrives=arrives,
    )


FAMILY = (
    _acts("spawn", spawn, arrives=True),
    _acts("teleport", teleport),
    _acts("explode", explode, loops=False),
    _acts("crumble", crumble, loops=False),
)
