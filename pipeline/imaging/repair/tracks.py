"""Where the parts of a figure lie in every frame: paths in px against the source.

A part is found by what its pixels look like together with their neighbours: crosses for parts that
move as a whole, rows and columns for parts that are sheared. Beside them stand what the silhouette
tells, its edges and its middle, and where all ink of a frame comes from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ..frames.indexed import Reel
from ..picture import raster, regions
from ..picture.raster import Bools, Floats, Index, Ints

Doubles = NDArray[np.float64]

#: Farthest place in px that is looked at.
REACH_PX = 6
_SIDE = 2 * REACH_PX + 1
#: Most pixels of a part that are compared, and the share that must be found again.
SAMPLES, FOUND = 300, 0.60
#: The second best place must be this much worse, or the part may lie at either.
DISTINCT = 0.04
#: A pixel tells both ways where it is when so many of its 8 neighbours look different.
TELLING = 6
#: Fewer pixels than this are no part.
FEWEST = 3
#: Rows and columns are taken together to so many strips.
STRIPS = 8
#: Regions of the figure: the whole, feet, torso, head, both sides and the middle, as shares of its
#: box (left, top, right, bottom).
REGIONS = (
    (0.0, 0.0, 1.0, 1.0),
    (0.0, 0.75, 1.0, 1.0),
    (0.0, 0.30, 1.0, 0.58),
    (0.0, 0.0, 1.0, 0.25),
    (0.0, 0.0, 0.25, 1.0),
    (0.75, 0.0, 1.0, 1.0),
    (0.30, 0.30, 0.70, 0.70),
)
#: Share of a frame's ink that must come from one place of the source, how much better that must be
#: than any other, and how many paths the word of all ink is worth.
INK, INK_DISTINCT, INK_WEIGHT = 0.90, 0.05, 2

_Shape = tuple[tuple[int, int], ...]
#: Numbers for what a pixel and its neighbours are.
Looks = NDArray[np.unsignedinteger[Any]]
#: What the numbers of more colours than 64 bits hold are mixed with.
_PRIME = 1_000_003
#: Frames that agree in every so manyth place are compared.
_EVERY = 61

_CROSS = ((-1, 0), (1, 0), (0, -1), (0, 1))
_ROW = ((0, -1), (0, 1))
_COLUMN = ((-1, 0), (1, 0))


class Tracks(NamedTuple):
    """Paths (frames, paths) in px right of and below the source, NaN where not found."""

    across: Doubles
    down: Doubles


def first(reel: Reel) -> tuple[int, int]:
    """Return how far frame 0 lies right of and below the source; 0, 0 when that is not sure."""
    if (reel.index[0] == reel.source).all():
        return 0, 0  # nowhere else can more of it be found
    looks = _looks(_wide(reel, reel.index[:1]), ())
    points = _telling(reel, looks[0], least=1)
    place = _follow(looks, points, [np.ones(len(points), dtype=np.bool_)])
    x, y = place.across[0, 0], place.down[0, 0]
    return (0, 0) if np.isnan(x + y) else (int(x), int(y))


def is_still(reel: Reel) -> bool:
    """Say whether some part stands where the source has it, in every frame."""
    points = _telling(reel, _looks(_wide(reel, reel.index[:0]), _CROSS)[0])
    same = np.ones((reel.count, len(points)), dtype=np.bool_)
    for step in ((0, 0), *_CROSS):
        y, x = (points + step).T
        same &= _at(reel.index, y, x) == _at(reel.source, y, x)
    shares = same.astype(np.float32) @ _shares(_regions(reel, points), len(points))
    return bool((shares >= FOUND).all(axis=0).any())


def measure(reel: Reel) -> Tracks:
    """Follow every part through the frames of a clip whose source is not empty."""
    outline = _silhouette(reel)
    reel = _inked(reel)
    which = _poses(reel.index)
    poses = regions.distinct(which)
    parts, at = _parts(reel.with_index(reel.index[poses])), poses.searchsorted(which)
    return Tracks(
        np.concatenate([outline.across, parts.across[at]], axis=1),
        np.concatenate([outline.down, parts.down[at]], axis=1),
    )


def _poses(frames: Index) -> Ints:
    """Return for each frame the first one that is equal to it: poses come again."""
    which = np.arange(len(frames))
    seen: dict[bytes, int] = {}
    for at, frame in enumerate(frames):
        first = seen.setdefault(frame.reshape(-1)[::_EVERY].tobytes(), at)
        if (frame == frames[first]).all():
            which[at] = first
    return which


def _parts(reel: Reel) -> Tracks:
    """Follow the ink of all frames, and every part of the source."""
    found = [_all_ink(reel)] * INK_WEIGHT
    wide = _wide(reel, reel.index)
    looks = _looks(wide, _CROSS)
    points = _telling(reel, looks[0])
    found.append(_follow(looks, points, _regions(reel, points)))
    for shape, axis in ((_ROW, 0), (_COLUMN, 1)):
        looks = _looks(wide, shape)
        points = _telling(reel, looks[0])
        found.append(_follow(looks, points, _strips(reel, points, axis)))
    return Tracks(
        np.concatenate([tracks.across for tracks in found], axis=1),
        np.concatenate([tracks.down for tracks in found], axis=1),
    )


def _inked(reel: Reel) -> Reel:
    """Cut off what is empty in the source and in all frames."""
    left, top, right, bottom = raster.box(
        np.logical_or.reduce([reel.source_solid, *reel.solid])
    ) or (0, 0, 1, 1)
    inside = slice(top, bottom), slice(left, right)
    return replace(reel, index=reel.index[:, *inside], source=reel.source[inside])


def _at(pictures: Index, y: Ints, x: Ints) -> Index:
    """Return the numbers at places of (…, height, width); -1 beside it."""
    height, width = pictures.shape[-2:]
    is_inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    there = pictures[..., y.clip(0, height - 1), x.clip(0, width - 1)]
    return np.where(is_inside, there, np.int32(-1))


class _Wide(NamedTuple):
    """The source and frames (pictures, height + 2, width + 2), 1 where transparent and outside.

    Colours follow from 2 on, and all are less than `numbers`.
    """

    pictures: Looks
    numbers: int


def _wide(reel: Reel, frames: Index) -> _Wide:
    height, width = reel.source.shape
    pictures = np.ones((1 + len(frames), height + 2, width + 2), dtype=np.uint32)
    pictures[0, 1:-1, 1:-1] = reel.source + 2
    pictures[1:, 1:-1, 1:-1] = frames + 2
    return _Wide(pictures, len(reel.palette) + 2)


def _looks(wide: _Wide, shape: _Shape) -> Looks:
    """Return a number for what each pixel of (pictures, height, width) and those around are.

    It is never 0. Where all that there is has no place in 32 bits, or in 64, it takes more time.
    """
    bits = wide.numbers.bit_length()
    size = bits * (1 + len(shape))
    pictures: Looks = wide.pictures.astype(np.uint32 if size <= 32 else np.uint64, copy=False)
    height, width = pictures.shape[1] - 2, pictures.shape[2] - 2
    looks: Looks = pictures[:, 1:-1, 1:-1].copy()
    for y, x in shape:
        looks *= looks.dtype.type(1 << bits if size <= 64 else _PRIME)
        looks += pictures[:, 1 + y : 1 + y + height, 1 + x : 1 + x + width]
    return looks


def _telling(reel: Reel, looks: Looks, *, least: int = TELLING) -> Ints:
    """Return up to SAMPLES opaque pixels (y, x) of the source that look unlike their neighbours.

    That is, unlike at least so many of the 8 around. `looks` are those of the source.
    """
    height, width = looks.shape
    around = np.pad(looks, 1)
    differ = sum(
        (around[1 + y : 1 + y + height, 1 + x : 1 + x + width] != looks).astype(np.int8)
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
        if y or x
    )
    points = np.argwhere(reel.source_solid & (differ >= least))
    if len(points) <= FEWEST:
        points = np.argwhere(reel.source_solid)
    return points[:: -(-len(points) // SAMPLES)]


def _regions(reel: Reel, points: Ints) -> list[Bools]:
    left, top, right, bottom = raster.box(reel.source_solid) or (0, 0, 1, 1)
    x = (points[:, 1] - left + 0.5) / (right - left)
    y = (points[:, 0] - top + 0.5) / (bottom - top)
    parts = [(x > x0) & (x < x1) & (y > y0) & (y < y1) for x0, y0, x1, y1 in REGIONS]
    return [part for part in parts if part.sum() >= FEWEST]


def _strips(reel: Reel, points: Ints, axis: int) -> list[Bools]:
    """Return the points of each strip of rows (axis 0) or of columns (axis 1)."""
    left, top, right, bottom = raster.box(reel.source_solid) or (0, 0, 1, 1)
    first, length = ((top, bottom - top), (left, right - left))[axis]
    count = min(STRIPS, length)
    strip = (points[:, axis] - first) * count // length
    parts = [strip == number for number in range(count)]
    return [part for part in parts if part.sum() >= FEWEST]


def _shares(parts: list[Bools], points: int) -> Floats:
    """Return weights (points, parts) that give the share of each part's points."""
    if not parts:
        return np.zeros((points, 0), dtype=np.float32)
    return np.stack([part / part.sum() for part in parts], axis=1).astype(np.float32)


def _follow(looks: Looks, points: Ints, parts: list[Bools]) -> Tracks:
    """Find each part of picture 0 in the others, where most of its points look the same."""
    count = len(looks) - 1
    if not parts:
        return Tracks(np.zeros((count, 0)), np.zeros((count, 0)))
    wanted = looks[0][points[:, 0], points[:, 1]]
    wide = np.pad(looks[1:], [(0, 0), (REACH_PX, REACH_PX), (REACH_PX, REACH_PX)])
    at = _steps(wide.shape[2])[:, None] + (points[:, 0] * wide.shape[2] + points[:, 1])
    same = np.empty((count, _SIDE, _SIDE, len(points)), dtype=np.bool_)
    seen = np.empty(at.shape, dtype=looks.dtype)
    for frame, found in zip(wide, same, strict=True):
        frame.reshape(-1).take(at, out=seen, mode="clip")
        np.equal(seen, wanted, out=found.reshape(at.shape))
    share = same.astype(np.float32) @ _shares(parts, len(points))
    return Tracks(
        _best(share.max(axis=1), FOUND, DISTINCT), _best(share.max(axis=2), FOUND, DISTINCT)
    )


def _steps(width: int) -> Ints:
    """Return how many places away each place in reach lies, in rows of `width`; the first is 0."""
    return (np.arange(_SIDE)[:, None] * width + np.arange(_SIDE)).reshape(-1)


def _best(profile: Floats, least: float, distinct: float) -> Doubles:
    """Return the place with the highest share along axis 1, NaN where it is not clearly one."""
    best = profile.argmax(axis=1)
    others = profile.copy()
    np.put_along_axis(others, best[:, None], -1, axis=1)
    top = profile.max(axis=1)
    is_sure = (top >= least) & (others.max(axis=1) <= top - distinct)
    return np.where(is_sure, best - REACH_PX, np.nan)


def _all_ink(reel: Reel) -> Tracks:
    """Find the one place of the source that the ink of each frame comes from, if there is one.

    A figure that dissolves has lost most of its parts; what is left still comes from one place.
    """
    ground = np.pad(reel.source, REACH_PX, constant_values=-1)
    width = ground.shape[1]
    parts = [np.flatnonzero(frame) for frame in reel.solid]
    parts = [part[:: max(1, -(-len(part) // SAMPLES))] for part in parts]
    share = np.zeros((reel.count, _SIDE, _SIDE), dtype=np.float32)
    flat, steps = ground.ravel(), _steps(width)[::-1, None]
    for frame, part, found in zip(reel.index, parts, share, strict=True):
        y, x = np.divmod(part, frame.shape[1])
        same = flat.take(steps + (y * width + x)) == frame.ravel().take(part)
        found[:] = np.add.reduce(same, axis=1, dtype=np.int64).reshape(found.shape)
        found /= max(1, len(part))
    return Tracks(
        _best(share.max(axis=1)[..., None], INK, INK_DISTINCT),
        _best(share.max(axis=2)[..., None], INK, INK_DISTINCT),
    )


def _silhouette(reel: Reel) -> Tracks:
    """Return the middle of the ink, its two edges, and the middle between them, for both axes."""
    return Tracks(
        _outline(reel.columns, reel.source_solid.sum(axis=0)),
        _outline(reel.rows, reel.source_solid.sum(axis=1)),
    )


def _outline(counts: Ints, own: Ints) -> Doubles:
    both = np.concatenate([own[None], counts])
    places = np.arange(both.shape[1])
    middle = (both * places).sum(axis=1) / np.maximum(1, both.sum(axis=1))
    first = (both > 0).argmax(axis=1)
    last = both.shape[1] - 1 - (both[:, ::-1] > 0).argmax(axis=1)
    paths = np.stack([middle, first, last, (first + last) / 2], axis=1).astype(np.float64)
    found: Doubles = paths[1:] - paths[0]
    found[~counts.any(axis=1)] = np.nan
    return found
