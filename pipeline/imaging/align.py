"""Where each frame lies against the source, and integer shifts that put stray frames back.

Source: imaging.md section 7. Something in most clips stands still: the feet, a flag's pole, a
lantern's ring, at least the middle or the floor line. Of many such anchors the one that moves
least tells what is a shift of the whole frame; where none stands still, the motion is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import raster
from .raster import Bools, Index, Ints
from .reel import Reel, difference

#: Farthest shift in px that is looked for, and longest drift over a clip that is removed.
REACH_PX, DRIFT_PX = 6, 4
#: Most pixels of an anchor that are compared, and the share that must agree.
SAMPLES, AGREED = 300, 0.60
#: A place must agree this much better than any other, or the frame is not measured.
DISTINCT = 1.02
#: Share of frames in which an anchor stands still, for the others to count as shifted.
STILL = 0.74
#: So many anchors must agree on a drift.
WITNESSES = 2
#: The sum of all steps must fall to this share, or the shifts are not believed.
SMOOTHER = 0.97
_UNKNOWN = 99
#: Which of the anchors is the whole figure.
WHOLE = 1


@dataclass(frozen=True, eq=False)
class Anchor:
    """Position of something in every frame against the source, along one axis; 99 where unknown."""

    name: str
    at: Ints

    @property
    def known(self) -> Bools:
        """Return the frames in which it was found."""
        return np.abs(self.at) < _UNKNOWN


def offset(reel: Reel) -> tuple[int, int]:
    """Return how far frame 0 lies right of and below the source; 0, 0 when that is not sure."""
    x, y = _places(reel, reel.source_solid, slice(0, 1))
    if not (x.known[0] and y.known[0]):
        return 0, 0
    return int(x.at[0]), int(y.at[0])


def shifts(reel: Reel, *, swings: bool, least_px: int = 1) -> Ints:
    """Return the px right and down by which each frame is off, (frames, 2); zeros where sound."""
    found = np.zeros((reel.count, 2), dtype=np.int64)
    if reel.count < 3 or not reel.source_solid.any():
        return found
    across, down = _anchors(reel)
    found[:, 0] = _stray(across, swings=swings, least_px=least_px)
    found[:, 1] = _stray(down, swings=swings, least_px=least_px)
    found[0] = 0
    return found


def shifted(index: Index, by: Ints) -> Index:
    """Return frames moved back by what they are off; what leaves the canvas is lost."""
    return np.stack(
        [move(frame, -int(x), -int(y)) for frame, (x, y) in zip(index, by, strict=True)]
    )


def move(frame: Index, dx: int, dy: int, *, fill: int = -1) -> Index:
    """Return one frame (height, width) moved right and down, `fill` where nothing came."""
    out = np.full_like(frame, fill)
    height, width = frame.shape[:2]
    out[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = frame[
        max(0, -dy) : height + min(0, -dy), max(0, -dx) : width + min(0, -dx)
    ]
    return out


def align(reel: Reel, *, swings: bool, least_px: int = 1) -> tuple[Reel, Ints]:
    """Shift stray frames back, each only if it then differs less from its neighbours.

    Returns the clip and the shifts that were removed, (frames, 2).
    """
    by = shifts(reel, swings=swings, least_px=least_px)
    if not by.any():
        return reel, by
    moved = shifted(reel.index, by)
    if _roughness(reel, moved) > SMOOTHER * _roughness(reel, reel.index):
        return reel, np.zeros_like(by)
    return reel.with_index(moved), by


def _roughness(reel: Reel, index: Index) -> float:
    return sum(difference(reel.ramp, index[at - 1], index[at]) for at in range(len(index)))


def _anchors(reel: Reel) -> tuple[list[Anchor], list[Anchor]]:
    """Return what may stand still, for x and for y."""
    across, down = [], []
    for region in _regions(reel.source_solid):
        x, y = _places(reel, region, slice(None))
        across.append(x)
        down.append(y)
    left, top, right, bottom = _edges(reel)
    across += [left, right, _middle(left, right)]
    down += [bottom, top, _middle(top, bottom)]
    return across, down


def _regions(solid: Bools) -> list[Bools]:
    """Return the feet, the whole, the torso, the top, both sides and the middle of the source."""
    box = raster.box(solid)
    if box is None:
        return []
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    cuts = (
        (0.0, 0.75, 1.0, 1.0),
        (0.0, 0.0, 1.0, 1.0),
        (0.0, 0.30, 1.0, 0.58),
        (0.0, 0.0, 1.0, 0.25),
        (0.0, 0.0, 0.25, 1.0),
        (0.75, 0.0, 1.0, 1.0),
        (0.30, 0.30, 0.70, 0.70),
    )
    found = []
    for x0, y0, x1, y1 in cuts:
        region = np.zeros_like(solid)
        rows = slice(top + int(y0 * height), top + max(int(y0 * height) + 1, round(y1 * height)))
        columns = slice(left + int(x0 * width), left + max(int(x0 * width) + 1, round(x1 * width)))
        region[rows, columns] = solid[rows, columns]
        if region.any():
            found.append(region)
    return found


def _places(reel: Reel, region: Bools, frames: slice) -> tuple[Anchor, Anchor]:
    """Find a region of the source in each frame by the most pixels that agree exactly."""
    points = _telling(reel.source, region)
    wanted = reel.source[points[:, 0], points[:, 1]]
    index = reel.index[frames]
    wide = np.pad(index, [(0, 0), (REACH_PX, REACH_PX), (REACH_PX, REACH_PX)], constant_values=-1)
    side = 2 * REACH_PX + 1
    score = np.empty((len(index), side, side))
    for dy in range(side):
        for dx in range(side):
            seen = wide[:, points[:, 0] + dy, points[:, 1] + dx]
            score[:, dy, dx] = (seen == wanted).mean(axis=1)
    # Of equal places the nearest wins: a plain region agrees with itself one px aside.
    away = np.abs(np.arange(side) - REACH_PX)
    flat = (score - 1e-6 * (away[:, None] + away[None])).reshape(len(index), -1)
    order = np.argsort(-flat, axis=1)
    best = np.take_along_axis(flat, order[:, :1], axis=1)[:, 0]
    sure = best >= AGREED
    y, x = np.divmod(order[:, 0], side)
    return (
        Anchor("region", np.where(sure, x - REACH_PX, _UNKNOWN)),
        Anchor("region", np.where(sure, y - REACH_PX, _UNKNOWN)),
    )


def _telling(source: Index, region: Bools) -> Ints:
    """Return up to SAMPLES pixels (y, x) of a region, those first that differ from a neighbour."""
    wide = np.pad(source, 1, constant_values=-1)
    same = (
        (wide[:-2, 1:-1] == source)
        & (wide[2:, 1:-1] == source)
        & (wide[1:-1, :-2] == source)
        & (wide[1:-1, 2:] == source)
    )
    points = np.argwhere(region & ~same)
    if len(points) < 4:
        points = np.argwhere(region)
    return points[:: -(-len(points) // SAMPLES)]


def _edges(reel: Reel) -> tuple[Anchor, Anchor, Anchor, Anchor]:
    """Return left, top, right and bottom of the ink against the source's, twice the px."""
    rows, columns = reel.solid.sum(axis=2), reel.solid.sum(axis=1)
    own_rows, own_columns = reel.source_solid.sum(axis=1), reel.source_solid.sum(axis=0)
    return (
        _edge("left", columns, own_columns, last=False),
        _edge("top", rows, own_rows, last=False),
        _edge("right", columns, own_columns, last=True),
        _edge("bottom", rows, own_rows, last=True),
    )


def _edge(name: str, counts: Ints, own: Ints, *, last: bool) -> Anchor:
    if last:
        counts, own = counts[:, ::-1], own[::-1]
    first = (counts > 0).argmax(axis=1)
    moved = first - int((own > 0).argmax())
    known = counts.any(axis=1)
    return Anchor(name, np.where(known, -moved if last else moved, _UNKNOWN))


def _middle(a: Anchor, b: Anchor) -> Anchor:
    """Return the middle of two edges where it lies on whole px."""
    twice = a.at + b.at
    known = a.known & b.known & (twice % 2 == 0)
    return Anchor("middle", np.where(known, twice // 2, _UNKNOWN))


def _has_still(anchors: list[Anchor]) -> bool:
    return any(anchor.known.all() and not anchor.at.any() for anchor in anchors)


def _stray(anchors: list[Anchor], *, swings: bool, least_px: int) -> Ints:
    """Return how far each frame is off along one axis, from the anchor that moves least."""
    count = len(anchors[0].at)
    if _has_still(anchors):
        return np.zeros(count, dtype=np.int64)
    drifts = [drift for anchor in anchors if (drift := _drift(anchor))]
    usual = max(drifts, key=drifts.count, default=0)
    if drifts.count(usual) >= max(WITNESSES, len(drifts) // 2 + 1):
        return ramp(usual, count)
    still = [a for a in anchors if _standing(a) >= STILL and not _swings(a.at)]
    whole = anchors[WHOLE]
    if whole.known.all() and _swings(whole.at):
        return np.zeros(count, dtype=np.int64)
    votes = [_vote(still, anchors, at) for at in range(count)]
    votes = [
        vote if abs(vote) >= least_px and _breaks_away(anchors, at) else 0
        for at, vote in enumerate(votes)
    ]
    if any(votes):
        return np.array(votes)
    return _unsymmetric(whole) if swings else np.zeros(count, dtype=np.int64)


def _vote(still: list[Anchor], anchors: list[Anchor], frame: int) -> int:
    """Return the place that most anchors have; a px aside is only believed when most agree."""
    places = [int(a.at[frame]) for a in still if a.known[frame]]
    best = max(places, key=lambda place: (places.count(place), -abs(place)), default=0)
    everywhere = [int(a.at[frame]) for a in anchors if a.known[frame]]
    return best if abs(best) > 1 or 2 * everywhere.count(best) > len(everywhere) else 0


def _breaks_away(anchors: list[Anchor], frame: int) -> bool:
    """Say whether most of the figure leaves the way from the frame before to the frame after."""
    count = len(anchors[0].at)
    before, after = (frame - 1) % count, (frame + 1) % count
    known = [a.at for a in anchors if a.known[[before, frame, after]].all()]
    away = [
        not min(at[before], at[after]) <= at[frame] <= max(at[before], at[after]) for at in known
    ]
    return 2 * sum(away) >= len(away) > 0


def _swings(at: Ints) -> bool:
    """Say whether a small movement is a motion of its own: it swings evenly to both sides."""
    mirrored = np.concatenate([at[:1], at[:0:-1]])
    # The middle frame is its own mirror image: symmetry does not speak for it.
    middle = len(at) // 2
    is_smooth = bool(len(at) % 2) or abs(int(at[middle] - at[middle - 1])) <= 1
    is_even, is_odd = (at == mirrored).all(), (at == -mirrored).all()
    return bool((np.abs(at) > 0).sum() > 1 and ((is_even and is_smooth) or is_odd))


def _unsymmetric(anchor: Anchor) -> Ints:
    """Return what to remove from a figure that travels as a whole, so that it swings evenly.

    A swing looks the same from its end: even (a bob) or odd (a float). Where exactly one steady
    drift makes it so, or one frame in a clip of eight spoils it, that is the defect.
    """
    count = len(anchor.at)
    found = np.zeros(count, dtype=np.int64)
    if not anchor.known.all() or count < 6 or _spoilt(anchor.at) == []:
        return found
    for drift in range(1, DRIFT_PX + 1):
        for way in (drift, -drift):
            if _spoilt(anchor.at - ramp(way, count)) == []:
                return ramp(way, count)
    spoilt = _spoilt(anchor.at)
    if spoilt is not None and len(spoilt) <= (count // 2 - 1) // 3:
        for at, target in spoilt:
            if abs(anchor.at[at] - target) <= DRIFT_PX:
                found[at] = anchor.at[at] - target
    return found


def _spoilt(at: Ints) -> list[tuple[int, int]]:
    """Return the frames that break the better of both symmetries, with where they should be."""
    count = len(at)
    best: list[tuple[int, int]] | None = None
    for sign in (1, -1):
        pairs = [(t, count - t) for t in range(1, (count + 1) // 2)]
        broken = [(a, b) for a, b in pairs if at[a] != sign * at[b]]
        wrong = []
        for a, b in broken:
            stray, other = (a, b) if _step(at, a) > _step(at, b) else (b, a)
            wrong.append((stray, int(sign * at[other])))
        if sign < 0 and count % 2 == 0 and at[count // 2]:
            wrong.append((count // 2, 0))
        if best is None or len(wrong) < len(best):
            best = wrong
    return best or []


def _step(at: Ints, frame: int) -> int:
    """Return how far a frame jumps from both neighbours."""
    before, after = at[frame - 1], at[(frame + 1) % len(at)]
    return int(abs(at[frame] - before) + abs(at[frame] - after))


def _standing(anchor: Anchor) -> float:
    """Return the share of frames in which the anchor is where the source has it."""
    return float((anchor.at == 0).mean()) if anchor.known.mean() > STILL else 0.0


def _drift(anchor: Anchor) -> int:
    """Return the px of a steady drift that explains the anchor in every frame, else 0."""
    count = len(anchor.at)
    if anchor.known.mean() < 0.85:
        return 0
    for drift in range(1, DRIFT_PX + 1):
        for way in (drift, -drift):
            if (anchor.at == ramp(way, count))[anchor.known].all():
                return way
    return 0


def ramp(drift: int, count: int) -> Ints:
    """Return a steady drift in whole px, 0 in the first frame and `drift` in the last."""
    return np.rint(drift * np.arange(count) / max(1, count - 1)).astype(np.int64)
