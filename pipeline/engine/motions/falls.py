"""What a blow does: hurt, death."""

from __future__ import annotations

import numpy as np

from ..parts import Sprite
from ..parts.types import Floats, Ints
from . import enlarge, facing, gather, gather_parts, inks, marks, poses, waves, wielding
from .motion import Layer, Motion, Parameters, repeating
from .scales import resize

HURT, HURT_GROW, HURT_SHRINK = "RFHHhsEE", "EhsE", "EEHs"
HURT_WAY = {"F": 1.0, "H": 0.9, "h": 0.55, "s": 0.25}
HURT_TALL = {"F": -0.05, "H": -0.08, "h": -0.03}
DEATH, DEATH_GROW, DEATH_SHRINK = "RF12LDDD", "FD1D2D", "DD1F"
ANGLE = {"1": 28.0, "2": 62.0, "L": 90.0, "D": 90.0}
SUNK = {"F": 0.08, "1": 0.3, "2": 0.55, "L": 0.78, "D": 0.7}
#: How much wider than high one may be and fall over: a figure more than what nobody has classed.
WIDE, WIDE_FIGURE = 1.05, 1.4
#: What rolls on its back, and what has no side to lie on and sinks.
ROLLING, MELTING = frozenset({"quadruped", "winged"}), frozenset({"legless", "serpent"})
#: What lies on its back, in the air and on the floor: px that it has sprung up, how high it is.
ROLLED = {"2": (2, 1.0), "L": (0, 0.65), "D": (0, 0.75)}
#: What sinks keeps at least such a share of its height, once it is known what it is.
FLATTEST = 0.5
LYING = 0.75
LEAST_SHOWN = 0.93


@repeating
def hurt(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flash once, be thrown back and settle: x = -A (1 .9 .55 .25 0), squashed as it lands."""
    order = facing.held(frames, HURT, HURT_GROW, HURT_SHRINK)
    side = facing.side(sprite, parameters)
    room = sprite.room.left if side > 0 else sprite.room.right
    way = min(max(2.0, 0.14 * sprite.box.width) * min(1.5, parameters.strength), max(room, 0))
    tall = facing.table(order, HURT_TALL)
    tall = np.where(tall < 0, np.minimum(tall, -1.01 / sprite.box.height), 0.0)
    lean = facing.table(order, {"F": 1.0, "H": 0.6}) * max(1.0, 0.06 * sprite.box.height)
    pose = poses.Pose(
        1 + tall,
        1 - 0.5 * tall,
        -side * lean,
        -side * way * facing.table(order, HURT_WAY),
        np.zeros(frames),
    )
    map_ = poses.posed(sprite, pose).copy()
    if sprite.kind in wielding.FIGURES:
        map_ = wielding.carried(sprite, map_).copy()
    for frame, letter in enumerate(order):
        if letter == "F":
            map_[frame] = inks.flashed(sprite, map_[frame])
    return map_


def death(sprite: Sprite, frames: int, parameters: Parameters, seed: int) -> Ints:
    """Flash, fall over backwards about the rear foot and lie; what is wide sinks flat.

    What stands on four legs or flies rolls on its back, what has no legs sinks. The variant `fade`
    dithers away what lies there.
    """
    order = facing.held(frames, DEATH, DEATH_GROW, DEATH_SHRINK)
    side = facing.side(sprite, parameters)
    box = sprite.box
    map_ = None
    if sprite.kind in ROLLING:
        map_ = _rolling(sprite, order)
    elif (
        sprite.kind not in MELTING
        and box.width <= (WIDE_FIGURE if sprite.kind == "biped" else WIDE) * box.height
    ):
        map_ = _falling(sprite, order, side)
    if map_ is None:
        map_ = _sinking(sprite, order)
    map_ = map_.copy()
    flash = order.index("F") if "F" in order else -1
    if flash >= 0:
        map_[flash] = inks.flashed(sprite, map_[flash])
    if parameters.variant == "fade":
        map_ = _faded(sprite, map_, order)
    return _dusty(sprite, map_, order, parameters)


def _falling(sprite: Sprite, order: list[str], side: int) -> Ints | None:
    """Turn about the rear foot, slid so that what lies fits; None when it does not."""
    box = sprite.box
    foot = (float(box.left if side > 0 else box.right), float(box.bottom))
    degrees = sorted(set(ANGLE.values()))
    fallen = dict(zip(degrees, _fallen(sprite, -side * np.array(degrees), foot), strict=True))
    map_ = gather.still(sprite, len(order)).copy()
    for frame, letter in enumerate(order):
        if letter in ANGLE:
            pose = fallen[ANGLE[letter]]
            if pose is None:
                return None
            map_[frame] = pose
    return _flattened(sprite, _let_go(sprite, map_, order), order)


def _let_go(sprite: Sprite, map_: Ints, order: list[str]) -> Ints:
    """Drop what was held on the floor beside who lies."""
    held = sprite.held
    if held is None or sprite.kind not in wielding.FIGURES:
        return map_
    bare = wielding.without(sprite, map_, held)
    for frame, letter in enumerate(order):
        thing = gather_parts.only(map_[frame : frame + 1], held.mask)
        rows = np.flatnonzero((thing[0] >= 0).any(axis=1))
        if letter in "LD" and rows.size:
            down = np.array([sprite.box.bottom - 1 - int(rows[-1])])
            thing = wielding.shifted(thing, 0 * down, down)[0]
            map_[frame] = np.where(thing >= 0, thing, bare[frame])
    return map_


def _fallen(sprite: Sprite, degrees: Floats, foot: tuple[float, float]) -> list[Ints | None]:
    """Return the map of the sprite turned by each angle about its foot, set on the floor.

    It is turned on a canvas with room for it, which is then cut out; None where it does not fit.
    """
    box = sprite.box
    edge = int(np.ceil(np.sqrt(box.width**2 + box.height**2) / 2)) + 1
    cut = sprite.pixels[box.top : box.bottom, box.left : box.right]
    large = Sprite(np.pad(cut, ((edge, edge), (edge, edge), (0, 0))))
    centre = (box.width / 2 + edge, box.height / 2 + edge)
    return [
        _set_down(sprite, turned, (large.width, edge), float(angle), foot)
        for turned, angle in zip(
            enlarge.turned(large, np.radians(degrees), centre), np.radians(degrees), strict=True
        )
    ]


def _set_down(
    sprite: Sprite, turned: Ints, canvas: tuple[int, int], angle: float, foot: tuple[float, float]
) -> Ints | None:
    """Return what was turned on a larger canvas (its width and edge) on the sprite's own."""
    box, (wide, edge) = sprite.box, canvas
    y, x = np.nonzero(turned >= 0)
    if not x.size:
        return None
    source = turned[y, x]
    source = (source // wide - edge + box.top) * sprite.width + source % wide - edge + box.left
    x, y = x - edge + box.left, y
    first, last, top = _limits(sprite)
    if x.max() - x.min() > last - first:
        return None
    right, down = foot[0] - box.centre_x, foot[1] - box.centre_y
    x = x + int(waves.symmetric(right - right * np.cos(angle) + down * np.sin(angle)))
    x = x + max(0, first - int(x.min())) - max(0, int(x.max()) - last)
    y = y + box.bottom - 1 - int(y.max())
    inside = (y >= top) & (y < sprite.height)
    if inside.sum() < LEAST_SHOWN * len(y):
        return None
    map_ = np.full(sprite.opaque.shape, gather.VOID, dtype=np.intp)
    map_[y[inside], x[inside]] = source[inside]
    return map_


def _flattened(sprite: Sprite, map_: Ints, order: list[str]) -> Ints:
    """Press what lies until it is lower than what stood: what is as wide as high lies flat too."""
    lying = [frame for frame, letter in enumerate(order) if letter in "LD"]
    if not lying:
        return map_
    fallen = Sprite(gather.show(sprite, map_[lying[-1] :][:1])[0])
    height = fallen.box.height
    wanted = min(1.0, LYING * sprite.box.height / height)
    if wanted == 1.0:
        return map_
    tall = np.full(len(lying), wanted)
    pressed = resize(fallen, 1 + 0.3 * (1 - tall), tall)
    map_[lying] = gather.through(pressed, map_[lying])
    return map_


def _limits(sprite: Sprite) -> tuple[int, int, int]:
    """Return the first and the last column and the first row that may hold ink."""
    first = 0 if sprite.opaque[:, 0].any() else 1
    last = sprite.width - (1 if sprite.opaque[:, -1].any() else 2)
    return min(first, sprite.width - 1), max(0, last), 0 if sprite.opaque[0].any() else 1


def _rolling(sprite: Sprite, order: list[str]) -> Ints:
    """Spring up and come down on the back, legs in the air."""
    box = sprite.box
    map_ = _sinking(sprite, [letter if letter in "F1" else "R" for letter in order]).copy()
    rows = np.arange(sprite.height)
    upside = gather.identity(sprite)[np.clip(box.top + box.bottom - 1 - rows, 0, sprite.height - 1)]
    inside = (rows >= box.top) & (rows < box.bottom)
    upside = np.where(inside[:, None] & (upside >= 0), upside, gather.VOID)
    for frame, letter in enumerate(order):
        if letter in ROLLED:
            up, tall = ROLLED[letter]
            map_[frame] = _on_its_back(sprite, upside, min(up, max(0, sprite.room.top)), tall)
    return map_


def _on_its_back(sprite: Sprite, upside: Ints, up: int, tall: float) -> Ints:
    """Return the map of what lies upside down, pressed to a share of its height or in the air."""
    shown = Sprite(gather.show(sprite, upside[None])[0])
    pressed = resize(shown, np.ones(1), np.array([tall]))
    raised = gather.shift(shown, np.zeros(1, dtype=np.intp), np.array([-up], dtype=np.intp))
    lying: Ints = gather.through(gather.through(raised, pressed), upside[None])[0]
    return lying


def _sinking(sprite: Sprite, order: list[str]) -> Ints:
    """Squash flat on the floor: what has no height to fall from, or no room to lie in."""
    sunk = facing.table(order, SUNK)
    height = sprite.box.height
    tall = np.maximum(1 - sunk, min(1.0, 2.5 / height))
    if sprite.kind:
        tall = np.maximum(tall, FLATTEST)
    return (
        gather_parts.rigid(sprite, resize(sprite, 1 + 0.35 * sunk, tall))
        if height < 6
        else resize(sprite, 1 + 0.35 * sunk, tall)
    )


def _faded(sprite: Sprite, map_: Ints, order: list[str]) -> Ints:
    lying = [frame for frame, letter in enumerate(order) if letter == "D"]
    for place, frame in enumerate(lying):
        keep = marks.sieve(sprite, 1 - (place + 1) / len(lying))
        map_[frame] = np.where(keep, map_[frame], gather.VOID)
    return map_


def _dusty(sprite: Sprite, map_: Ints, order: list[str], parameters: Parameters) -> Ints:
    """Throw up a little dust where it lands."""
    colours = inks.inks(sprite)
    if colours is None or "L" not in order:
        return map_
    stage = marks.stage(sprite, map_)
    frame = order.index("L")
    ink = gather.solid(sprite, map_[frame])
    columns = np.flatnonzero(ink.any(axis=0))
    if columns.size:
        for x in (int(columns[0]) - 1, int(columns[-1]) + 1):
            stage.dab(
                frame, marks.dot(sprite, x, sprite.box.bottom - 1), colours.middle, behind=True
            )
            stage.dab(
                frame, marks.dot(sprite, x, sprite.box.bottom - 3), colours.light, behind=True
            )
    return stage.map_


FAMILY = (
    Motion(
        "hurt",
        hurt,
        smallest=4,
        fallback="flash",
        layer=Layer.FORM,
        shoots=True,
        margin=0.15,
        acts=True,
    ),
    Motion(
        "death",
        death,
        smallest=4,
        fallback="dissolve",
        layer=Layer.FORM,
        loops=False,
        shoots=True,
        margin=0.30,
        acts=True,
    ),
)
