"""Plant faults into true loops: frames cut, a drift, a colour changed, a part erased.

Shares no code with what grades them. Frames are (frames, height, width, 4) uint8 with alpha 0 or
255; frame 0 is the source and stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Bools = NDArray[np.bool_]
#: Plays a motion in so many frames: the true cycle that is then cut.
Cycle = Callable[[int], U8]

FRAMES = 8
#: Lengths of the true cycles whose first eight frames a service might send as a loop.
LONGER = (11, 12, 14, 16)
#: A frame differs from another when more of the ink does, in share and in px.
SAME_SHARE, SAME_PX = 0.02, 2
#: A step that changes less than this share of the widest true one is a breath, no jump.
SMALL = 0.2
#: Least share of the figure that is erased or recoloured, and the largest that is erased.
LEAST_SHARE, MOST_ERASED = 0.06, 0.15
LEAST_PX = 6
#: A frame with less of the source's ink than this shows the figure from its edge, or half gone.
WHOLE = 0.6
#: How far a drift is looked for, and how much of it shows, in px.
FARTHEST_PX, SEEN_PX = 9, 2
#: Distance in RGB between the old colour and the new one.
FAR_RGB = 100


@dataclass(frozen=True)
class Fault:
    """A spoilt clip, the frames that are wrong, and what a sentence about it must speak of."""

    frames: U8
    #: The true clip; of a cut one the whole cycle.
    truth: U8
    at: tuple[int, ...]
    #: Matches a sentence that names the fault.
    says: str
    #: Whether a clip still shows what the truth does not.
    shows: Callable[[U8, U8], bool]

    @property
    def is_visible(self) -> bool:
        """Say whether there is anything to see."""
        return self.shows(self.frames, self.truth)

    def is_left_in(self, mended: U8) -> bool:
        """Say whether repairs have left the fault in the clip."""
        return self.shows(mended, self.truth)

    def is_named_by(self, sentences: Sequence[str]) -> bool:
        """Say whether one of the sentences names this fault."""
        return any(re.search(self.says, sentence) for sentence in sentences)


def ended(cycle: Cycle, rng: np.random.Generator) -> Fault:
    """Keep the first eight frames of a longer cycle, or of a short one all but the last two."""
    whole = cycle(int(rng.choice(LONGER)))
    kept = min(FRAMES, len(whole) - 2)
    return _cut(whole, whole[:kept], kept - 1)


def gapped(cycle: Cycle, rng: np.random.Generator) -> Fault:
    """Cut a third of the frames out of the middle of a cycle of twelve."""
    whole = cycle(12)
    gap = len(whole) // 3
    first = int(rng.integers(len(whole) // 4, len(whole) - gap))
    return _cut(whole, np.delete(whole, slice(first, first + gap), axis=0), first - 1)


def drifted(cycle: Cycle, rng: np.random.Generator) -> Fault:
    """Let the whole figure wander by 0.5 or 1 px a frame."""
    truth = cycle(FRAMES)
    speed = float(rng.choice([0.5, 1.0]))
    way = ((1, 0), (-1, 0), (0, 1), (0, -1))[int(rng.integers(4))]
    far = [int(speed * frame) for frame in range(len(truth))]
    frames = np.stack([_moved(frame, way, by) for frame, by in zip(truth, far, strict=True)])

    def shows(clip: U8, truth: U8) -> bool:
        pairs = zip(clip, truth, strict=False)
        return len(clip) < len(truth) or any(_off(a, b, way) >= SEEN_PX for a, b in pairs)

    return Fault(frames, truth, tuple(range(1, len(truth))), r"drift|jumps|does not close", shows)


def recoloured(cycle: Cycle, rng: np.random.Generator) -> Fault | None:
    """Paint one colour in another, of the sprite or foreign, for some frames."""
    truth = cycle(FRAMES)
    ink = truth[0][truth[0][..., 3] > 0][:, :3]
    palette, counts = np.unique(ink, axis=0, return_counts=True)
    usual = np.flatnonzero(counts >= max(LEAST_PX, LEAST_SHARE * counts.sum()))
    at = _some(truth, rng)
    rng.shuffle(usual)
    for number in usual:
        old = palette[number]
        new = _other(old, palette, rng)
        places = (truth == (*old, 255)).all(axis=-1)
        if new is None or not all(_is_notable(places[t], truth[t]) for t in at):
            continue
        frames = truth.copy()
        for t in at:
            frames[t][places[t]] = (*new, 255)
        return Fault(frames, truth, at, rf"{_named(at)}.*#[0-9a-f]{{6}}|colour", _differs)
    return None


def erased(cycle: Cycle, rng: np.random.Generator) -> Fault | None:
    """Take an end of the figure away for some frames: a head, a foot, a wing."""
    truth = cycle(FRAMES)
    at = _some(truth, rng)
    turn = rng.uniform(0, 2 * np.pi)
    share = rng.uniform(LEAST_SHARE, MOST_ERASED)
    frames = truth.copy()
    for t in at:
        points = np.argwhere(truth[t][..., 3] > 0)
        if len(points) < 2 * LEAST_PX:
            return None
        order = np.argsort(-(points @ np.array([np.sin(turn), np.cos(turn)])), kind="stable")
        gone = points[order[: max(LEAST_PX, round(share * len(points)))]]
        frames[t][gone[:, 0], gone[:, 1]] = 0
    return Fault(frames, truth, at, rf"{_named(at)}.*lost", _differs)


PLANTS: dict[str, Callable[[Cycle, np.random.Generator], Fault | None]] = {
    plant.__name__: plant for plant in (ended, gapped, drifted, recoloured, erased)
}


def _cut(whole: U8, kept: U8, last: int) -> Fault:
    following = (last + 1) % len(kept)
    # Repairs may have taken frames from the end.
    says = rf"does not close|frame ({last}|{following})\b.*jumps"

    def shows(clip: U8, whole: U8) -> bool:
        at = min(last, len(clip) - 1)
        return _is_new(clip[at], clip[(at + 1) % len(clip)], whole)

    return Fault(kept, whole, (last,), says, shows)


def _is_new(before: U8, after: U8, whole: U8) -> bool:
    """Say whether a step is neither a hold, nor tiny, nor a step of the true motion.

    Of a motion of 1 px a cut often leaves nothing but steps that the motion has anyway: nobody can
    tell it from a loop that was drawn so.
    """
    steps = list(zip(whole, np.roll(whole, -1, axis=0), strict=True))
    widest = max(_changed(a, b) for a, b in steps)
    if _is_same(before, after) or _changed(before, after) < SMALL * widest:
        return False
    return not any(_is_same(before, a) and _is_same(after, b) for a, b in steps)


def _changed(a: U8, b: U8) -> int:
    return int((a != b).any(axis=-1).sum())


def _differs(clip: U8, truth: U8) -> bool:
    return len(clip) < len(truth) or not all(map(_is_same, clip, truth))


def _off(frame: U8, truth: U8, way: tuple[int, int]) -> int:
    """Return by how many px along a way a frame has left its place."""
    found = {
        abs(by): (frame != _moved(truth, way, by)).any(axis=-1).sum()
        for by in range(-FARTHEST_PX, FARTHEST_PX + 1)
    }
    return min(found, key=lambda by: (found[by], by))


def _named(at: Sequence[int]) -> str:
    """Match frames by which a sentence may name a fault: any that is wrong, or all of them."""
    return rf"frames? (?:{'|'.join(map(str, at))})\b"


def _is_same(a: U8, b: U8) -> bool:
    ink = ((a[..., 3] > 0) | (b[..., 3] > 0)).sum()
    return bool(_changed(a, b) <= max(SAME_PX, SAME_SHARE * ink))


def _some(truth: U8, rng: np.random.Generator) -> tuple[int, ...]:
    """Choose one whole frame, or up to three in a row, or all from one on; never frame 0."""
    ink = (truth[..., 3] > 0).sum(axis=(1, 2))
    first = int(rng.choice(np.flatnonzero(ink[1:-1] >= WHOLE * ink[0]) + 1, 1)[0])
    end = int(rng.choice([first + 1, first + 3, len(truth)]))
    return tuple(range(first, min(end, len(truth))))


def _other(old: U8, palette: U8, rng: np.random.Generator) -> U8 | None:
    """Return a colour far from the old one: of the sprite, or one that the sprite does not have."""
    away = np.abs(palette.astype(int) - old).sum(axis=1)
    own = palette[np.linalg.norm(palette.astype(float) - old, axis=1) >= FAR_RGB]
    if len(own) and rng.random() < 0.5:
        chosen: U8 = own[int(rng.integers(len(own)))]
        return chosen
    foreign: U8 = rng.permutation(255 - old.astype(int)).astype(np.uint8)
    nearest = palette[int(np.abs(palette.astype(int) - foreign).sum(axis=1).argmin())]
    is_far = np.linalg.norm(nearest.astype(float) - old) >= FAR_RGB and away.any()
    return foreign if is_far else None


def _is_notable(places: Bools, frame: U8) -> bool:
    return bool(places.sum() >= max(LEAST_PX, LEAST_SHARE * (frame[..., 3] > 0).sum()))


def _moved(frame: U8, way: tuple[int, int], by: int) -> U8:
    return np.roll(frame, (way[1] * by, way[0] * by), axis=(0, 1))
