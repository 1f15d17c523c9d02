"""Read damaged frames with frame 0 as the key: what it shows of the known source, others show too.

Frame 0 shows the source, so the damage between both can be measured: a tint, a blur, colours of
half the resolution. The source is given the same damage, and every small patch of a later frame is
looked up in it: the pixel becomes what the source has at the best place near by. This replaces the
k-NN of imaging.md section 5, whose precondition it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .raster import U8, Floats, Index
from .reel import Reel

Doubles = NDArray[np.float64]

#: Share of frame 0's pixels that must be wrong for a calibration to start.
DAMAGED = 0.02
#: Least share of frame 0's silhouette that must lie on the source's.
ALIGNED = 0.70
#: Taps of the blur on each side of a pixel, and how strongly it is held to "no blur".
RADIUS = 2
RIDGE = 2.0
#: Weight that holds the tint to none, in samples.
TINT_RIDGE = 1e3
#: Rounding and quantising add this much noise (of 255) to what frame 0 shows of it.
NOISE_FLOOR = 2.0
#: A pixel that fits worse than this (in variances) counts no more: it is something else.
OUTLIER = 60.0
#: Extra cost of a px of distance, so that equal patches prefer to stay.
DISTANCE_COST = 0.1
#: Extra cost of leaving the source's patches for the nearest colour: a pixel was recoloured.
RECOLOUR_COST = 40.0
#: Displacements searched in every frame, at least so many more that are voted for, and all of them
#: while a frame times its displacements stays under this many pixels.
NEAR_PX, VOTED, WORK_PX = 1, 14, 200_000
#: Farthest displacement as a share of the canvas, and its limits in px.
FAR_SHARE, FAR_PX = 0.2, (6, 20)
#: Votes are counted on about this many rows and columns; ink may lie this far beside the ink found.
SAMPLED_PX, EDGE_PX = 40, 3

_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_TAPS = tuple((y, x) for y in range(-RADIUS, RADIUS + 1) for x in range(-RADIUS, RADIUS + 1))
_PHASES = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True, eq=False)
class _Model:
    """Each colour number as frame 0 shows it (the last is the matte), blur taps, and noise."""

    colors: Doubles
    taps: Doubles
    noise: Doubles


@dataclass(frozen=True, eq=False)
class _Ground:
    """What a window at top, left may show: the damaged source by parity, and its numbers."""

    rendered: dict[tuple[int, int], Floats]
    numbers: NDArray[np.int64]
    top: int
    left: int
    far: int


def wrong_share(reel: Reel) -> float:
    """Return the share of frame 0's pixels that differ from the source."""
    union = reel.solid[0] | reel.source_solid
    return float((reel.index[0] != reel.source)[union].mean()) if union.any() else 0.0


def is_needed(reel: Reel) -> bool:
    """Say whether frame 0 shows the source in its place, but with colours or edges damaged."""
    union = reel.solid[0] | reel.source_solid
    overlap = (reel.solid[0] & reel.source_solid).sum() / max(1, union.sum())
    return bool(overlap >= ALIGNED) and wrong_share(reel) > DAMAGED


def calibrate(frames: U8, matte: U8, reel: Reel) -> Reel:
    """Read the frames (frames, height, width, 3) again; `reel` is what nearest colours gave."""
    art = reel.palette[: reel.own]
    source = np.where(reel.source < 0, len(art), reel.source)
    model = _learn(frames[0], source, np.concatenate([art, matte[:1]]))
    far = int(np.clip(FAR_SHARE * max(source.shape), *FAR_PX))
    rendered = _render(model, source, far)
    planes = frames.astype(np.float32) @ (_YCC.T / model.noise).astype(np.float32)
    ground = np.pad(source, far, constant_values=len(art))
    places = _displacements(reel, far)
    top, bottom, left, right = _window(reel)
    index = np.full(reel.index.shape, len(art), dtype=np.int16)
    for at in range(reel.count):
        index[at, top:bottom, left:right] = _read(
            planes[at, top:bottom, left:right],
            model,
            _Ground(rendered, ground, top, left, far),
            places[at],
        )
    return reel.with_index(np.where(index == len(art), -1, index))


def _window(reel: Reel) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of all ink, with room for an edge that was lost."""
    ink = reel.solid.any(axis=0) | reel.source_solid
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    height, width = ink.shape
    return (
        max(0, int(rows[0]) - EDGE_PX),
        min(height, int(rows[-1]) + 1 + EDGE_PX),
        max(0, int(columns[0]) - EDGE_PX),
        min(width, int(columns[-1]) + 1 + EDGE_PX),
    )


def _learn(first: U8, source: NDArray[np.int64], colors: U8) -> _Model:
    tinted = _tint(first, source, colors) @ _YCC.T
    shown = first.astype(np.float64) @ _YCC.T
    taps = _blur(shown, tinted[source])
    error = shown - _blurred(tinted[source], taps)
    noise = np.sqrt((error**2).mean(axis=(0, 1))) + NOISE_FLOOR
    return _Model(tinted, taps, noise)


def _tint(first: U8, source: NDArray[np.int64], colors: U8) -> Doubles:
    """Fit one affine map from the colours to what frame 0 shows; the matte is measured already."""
    known = np.concatenate([colors, np.full((len(colors), 1), 1)], axis=1).astype(np.float64)
    samples = known[source].reshape(-1, 4)
    still = np.concatenate([np.eye(3), np.zeros((1, 3))])
    hold = np.diag([TINT_RIDGE] * 3 + [1e-3])
    missing = samples.T @ (first.reshape(-1, 3) - samples @ still)
    tinted: Doubles = known @ (still + np.linalg.solve(samples.T @ samples + hold, missing))
    tinted[-1] = colors[-1]
    return tinted


def _blur(shown: Doubles, sharp: Doubles) -> Doubles:
    """Fit the blur of each channel by least squares, (taps, 3).

    Taps are mirrored on odd rows and columns: so one set of them also describes colours that two
    neighbours share (4:2:0).
    """
    still = np.zeros(len(_TAPS))
    still[len(_TAPS) // 2] = 1.0
    taps = []
    for channel in range(3):
        middle = sharp[..., channel].mean()
        near = np.concatenate(
            [
                np.stack([part[..., channel].ravel() for part in parts], axis=1)
                for _, parts in _neighbours(sharp)
            ]
        )
        wanted = np.concatenate([shown[y::2, x::2, channel].ravel() for y, x in _PHASES])
        near, wanted = near - middle, wanted - middle
        hold = (RIDGE * near.var() + 1e-3) * np.eye(len(_TAPS))
        taps.append(still + np.linalg.solve(near.T @ near + hold, near.T @ (wanted - near @ still)))
    return np.stack(taps, axis=1)


def _neighbours(sharp: Doubles) -> list[tuple[tuple[int, int], list[Doubles]]]:
    """Return, for each of the four parities, the picture seen through each tap."""
    height, width = sharp.shape[:2]
    wide = np.pad(sharp, [(RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)], mode="edge")
    found = []
    for y, x in _PHASES:
        parts = []
        for dy, dx in _TAPS:
            top = RADIUS + y + (-dy if y else dy)
            left = RADIUS + x + (-dx if x else dx)
            parts.append(wide[top : top + height - y : 2, left : left + width - x : 2])
        found.append(((y, x), parts))
    return found


def _blurred(sharp: Doubles, taps: Doubles) -> Doubles:
    out = np.zeros_like(sharp)
    for (y, x), parts in _neighbours(sharp):
        for weight, part in zip(taps, parts, strict=True):
            out[y::2, x::2] += weight * part
    return out


def _render(model: _Model, source: NDArray[np.int64], far: int) -> dict[tuple[int, int], Floats]:
    """Return the damaged source with `far` px around it, for the four parities it may land on."""
    rendered = {}
    for y, x in _PHASES:
        ground = np.pad(
            source, [(far + y, far + 2), (far + x, far + 2)], constant_values=len(model.colors) - 1
        )
        picture = _blurred(model.colors[ground], model.taps) / model.noise
        rendered[y, x] = picture[y:, x:].astype(np.float32)
    return rendered


def _displacements(reel: Reel, far: int) -> list[list[tuple[int, int]]]:
    """Return where to look in each frame: all near places, and those where most pixels agree."""
    height, width = reel.source.shape
    step = max(1, round((height * width) ** 0.5 / SAMPLED_PX))
    ground = np.pad(reel.source, far, constant_values=-1)
    sampled = reel.index[:, ::step, ::step]
    sampled = np.where(sampled < 0, -2, sampled)
    around = [(y, x) for y in range(-far, far + 1) for x in range(-far, far + 1)]
    around.sort(key=lambda place: (max(abs(place[0]), abs(place[1])), place))
    near = (2 * NEAR_PX + 1) ** 2
    votes = np.array(
        [
            (
                ground[far + y : far + y + height : step, far + x : far + x + width : step]
                == sampled
            ).sum(axis=(1, 2))
            for y, x in around[near:]
        ]
    )
    most = max(VOTED, WORK_PX // reel.source.size - near)
    order = np.argsort(-votes, axis=0, kind="stable")[:most]
    return [around[:near] + [around[near + n] for n in order[:, at]] for at in range(reel.count)]


def _read(planes: Floats, model: _Model, ground: _Ground, places: list[tuple[int, int]]) -> Index:
    """Return for each pixel of a window of one frame the number that its best patch has there."""
    height, width = planes.shape[:2]
    index, alone = _nearest(planes, (model.colors / model.noise).astype(np.float32))
    best = _patches(alone) + RECOLOUR_COST
    for dy, dx in places:
        y, x = ground.far + dy, ground.far + dx
        rows = slice(ground.top + y, ground.top + y + height)
        columns = slice(ground.left + x, ground.left + x + width)
        error = planes - ground.rendered[y % 2, x % 2][rows, columns]
        error *= error
        cost = _patches(np.minimum(error.sum(axis=-1), OUTLIER))
        cost += DISTANCE_COST * (abs(dy) + abs(dx))
        better = cost < best
        best[better] = cost[better]
        index[better] = ground.numbers[rows, columns][better]
    return index


def _nearest(planes: Floats, colors: Floats) -> tuple[Index, Floats]:
    """Return each pixel's nearest colour number, and its error in variances."""
    index = np.zeros(planes.shape[:2], dtype=np.int16)
    least = np.full(planes.shape[:2], OUTLIER, dtype=np.float32)
    for number, shade in enumerate(colors):
        gap = planes - shade
        error = (gap * gap).sum(axis=-1)
        better = error < least
        least[better] = error[better]
        index[better] = number
    return index, least


def _patches(error: Floats) -> Floats:
    """Return the pixel's own error plus the means of the 3x3 and the 5x5 around it."""
    wide = np.pad(error, 2, mode="edge")
    rows3 = wide[:, 1:-3] + wide[:, 2:-2] + wide[:, 3:-1]
    rows5 = rows3 + wide[:, :-4] + wide[:, 4:]
    box3 = rows3[1:-3] + rows3[2:-2] + rows3[3:-1]
    box5 = rows5[:-4] + rows5[1:-3] + rows5[2:-2] + rows5[3:-1] + rows5[4:]
    cost: Floats = error + box3 / 9 + box5 / 25
    return cost
