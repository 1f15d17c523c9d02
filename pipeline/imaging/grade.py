"""Grade a clip from 0 to 100 and say its largest faults in sentences.

Source: imaging.md section 13. A gate ends the grade at 0; every other measure costs its weight
between the value that is good and the one that is to be rejected. Where an author's motion and a
fault look alike (a part that moves, a figure that leaves the ground), the clip gets the benefit.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..model import Grade
from . import color, regions, steady
from . import loop as loops
from .cutout import Cutout
from .develop import Step
from .raster import Bools
from .reel import Reel, difference

WEIGHTS = {
    "identity": 25, "palette": 15, "colors": 20, "parts": 25, "seam": 20, "steps": 20,
    "place": 20, "flicker": 10, "motion": 20,
}  # fmt: skip
#: A colour or a part of at least this share of the source must not vanish.
NOTABLE = 0.005
#: Fewer pixels than this are no loss of a colour; a cut changes at least this much (deltaE2).
LEAST_PX, CUT = 5, 0.35


@dataclass(frozen=True)
class Fault:
    """A penalty in points and the sentence for it."""

    points: float
    sentence: str


def grade(step: Step, *, loop: bool) -> Grade:
    """Grade the frames of a clip before holds are merged."""
    faults = _gates(step.reel, step.cutout)
    if not faults:
        faults = [
            fault
            for fault in (
                _identity(step.reel),
                _palette(step),
                _colors(step.reel, is_event=step.motion.is_event, reshapes=step.motion.reshapes),
                None if step.motion.fades else _parts(step.reel, reshapes=step.motion.reshapes),
                _seam(step.reel, loop=loop and not step.motion.is_event),
                _steps(step.reel, is_event=step.motion.is_event),
                _place(step.reel, is_event=step.motion.is_event),
                _flicker(step.reel, is_event=step.motion.is_event),
                _motion(step.reel),
            )
            if fault
        ]
    faults.sort(key=lambda fault: -fault.points)
    points = round(100 - sum(fault.points for fault in faults))
    return Grade(points=max(0, points), faults=tuple(fault.sentence for fault in faults[:3]))


def _gates(reel: Reel, cutout: Cutout) -> list[Fault]:
    faults = []
    if cutout.residue:
        faults.append(Fault(100, f"{cutout.residue} px of the background are left in the figure"))
    if not reel.solid[0].any():
        faults.append(Fault(100, "frame 0 is empty: the figure was lost"))
    return faults


def _fault(kind: str, value: float, good: float, reject: float, sentence: str) -> Fault | None:
    """Return the penalty of a measure: none up to `good`, the whole weight from `reject` on."""
    share = float(np.clip((value - good) / (reject - good), 0, 1))
    return Fault(WEIGHTS[kind] * share, sentence) if share > 0 else None


def _identity(reel: Reel) -> Fault | None:
    union = reel.solid[0] | reel.source_solid
    wrong = (reel.index[0] != reel.source) & union
    share = float(wrong.sum() / max(1, union.sum()))
    sentence = f"frame 0: {share:.0%} of the pixels differ from the source, {_where(wrong, reel)}"
    return _fault("identity", share, 0.03, 0.10, sentence)


def _palette(step: Step) -> Fault | None:
    away = 1 - step.on_palette
    sentence = (
        f"{away:.0%} of the pixels came in other colours than the source's and were recoloured"
    )
    return _fault("palette", away, 0.10, 0.30, sentence)


def _colors(reel: Reel, *, is_event: bool, reshapes: bool) -> Fault | None:
    """Judge colours that the source has, and some frames have lost or multiplied."""
    if is_event:
        return None
    own = np.arange(reel.own)
    counts = np.stack([(reel.index == number).sum(axis=(1, 2)) for number in own], axis=1)
    wanted = np.array([(reel.source == number).sum() for number in own])
    notable = wanted >= max(4, NOTABLE * wanted.sum())
    if not notable.any():
        return None
    # One frame against its neighbours: what a motion hides or lights, it does for longer.
    before, after = np.roll(counts, 1, axis=0), np.roll(counts, -1, axis=0)
    low, high = np.minimum(before, after), np.maximum(before, after)
    change_all = counts - np.clip(counts, low, high)
    moved = np.abs(change_all) / np.maximum(1, wanted)
    moved[:, ~notable] = 0
    moved[np.abs(change_all) < LEAST_PX] = 0
    frame, number = np.unravel_index(int(moved.argmax()), moved.shape)
    change = int(change_all[frame, number])
    verb = "lost" if change < 0 else "too many"
    sentence = f"frame {frame}: {abs(change)} px of {color.to_hex(reel.palette[number])} {verb}"
    good, reject = (1.0, 1.3) if reshapes else (0.7, 0.85)
    return _fault("colors", float(moved[frame, number]), good, reject, sentence)


def _parts(reel: Reel, *, reshapes: bool) -> Fault | None:
    """Judge ink that one frame misses, though the frames before and after have it."""
    if reel.count < 3:
        return None
    area = reel.solid.sum(axis=(1, 2)).astype(float)
    before, after = np.roll(reel.solid, 1, axis=0), np.roll(reel.solid, -1, axis=0)
    gone = before & after & ~reel.solid
    # A frame that lies elsewhere misses pixels on one side and has more on another: no loss.
    added = reel.solid & ~before & ~after
    loss = (gone.sum(axis=(1, 2)) - added.sum(axis=(1, 2))) / np.maximum(1.0, np.roll(area, 1))
    frame = int(loss.argmax())
    count = int(gone[frame].sum())
    sentence = f"frame {frame}: {count} px of the figure lost, {_where(gone[frame], reel)}"
    good, reject = (0.20, 0.28) if reshapes else (0.04, 0.10)
    return _fault("parts", float(loss[frame]), good, reject, sentence)


def _seam(reel: Reel, *, loop: bool) -> Fault | None:
    if not loop or reel.count < 3:
        return None
    found = loops.seam(reel)
    worst = max(found.color, found.shape)
    sentence = (
        f"frame {reel.count - 1}: the loop does not close, its last step is {worst:.1f} times "
        "the widest one"
    )
    points = _fault("seam", worst, 1.05, 1.10, sentence)
    jump = f"frame {reel.count - 1}: the figure jumps {found.jump_px:.1f} px back to frame 0"
    return points or _fault("seam", found.jump_px, 1.0, 1.2, jump)


def _steps(reel: Reel, *, is_event: bool) -> Fault | None:
    """Judge a cut: one step much wider than the usual."""
    if is_event or reel.count < 4:
        return None
    inner = [difference(reel.ramp, a, b) for a, b in pairwise(reel.index)]
    moving = [value for value in inner if value > 0]
    if len(moving) < 3:
        return None
    ratio = max(inner) / float(np.median(moving)) if max(inner) > CUT else 0.0
    at = int(np.argmax(inner))
    sentence = f"frame {at + 1}: the picture jumps, {ratio:.1f} times the usual step"
    return _fault("steps", ratio, 4.0, 6.0, sentence)


def _place(reel: Reel, *, is_event: bool) -> Fault | None:
    """Judge a figure that wanders: its middle moves one way from the first frame to the last."""
    if is_event or reel.count < 4:
        return None
    centres = np.array(
        [np.argwhere(solid).mean(axis=0) if solid.any() else (0, 0) for solid in reel.solid]
    )
    steps = np.diff(centres, axis=0)
    total = centres[-1] - centres[0]
    axis = int(np.abs(total).argmax())
    one_way = (steps[:, axis] * np.sign(total[axis]) >= -0.25).all()
    if not one_way:
        return None
    words = (("up", "down"), ("left", "right"))[axis][int(total[axis] > 0)]
    sentence = f"frame {reel.count - 1}: the figure has drifted {abs(total[axis]):.0f} px {words}"
    return _fault("place", float(abs(total[axis])), 0.9, 2.0, sentence)


def _flicker(reel: Reel, *, is_event: bool) -> Fault | None:
    share = 0.0 if is_event else steady.flicker(reel)
    return _fault("flicker", share, 0.02, 0.05, f"single pixels flicker: {share:.1%} of the figure")


def _motion(reel: Reel) -> Fault | None:
    if reel.count > 1 and (reel.index == reel.index[0]).all():
        return Fault(WEIGHTS["motion"], "all frames are the same: nothing moves")
    steps = loops.steps(reel)
    changed = float(np.mean([value > 0 for value in steps]))
    boiling = float(np.mean(_changes(reel))) if changed == 1 else 0.0
    return _fault("motion", boiling, 0.85, 1.0, "the whole picture changes in every frame")


def _changes(reel: Reel) -> list[float]:
    pairs = zip(reel.index, np.roll(reel.index, -1, axis=0), strict=True)
    return [float((a != b).sum() / max(1, ((a >= 0) | (b >= 0)).sum())) for a, b in pairs]


def _where(mask: Bools, reel: Reel) -> str:
    """Say where most of a mask's largest piece lies in the source: "top left"."""
    labels, count = regions.label(mask[None], diagonal=True)
    if not count:
        return "nowhere in particular"
    sizes = regions.areas(labels, count)
    sizes[0] = 0
    y, x = np.argwhere(labels[0] == sizes.argmax()).mean(axis=0)
    ink = np.argwhere(reel.source_solid)
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
    row = ("at the top", "in the middle", "at the bottom")[_third(y, top, bottom)]
    column = (" left", "", " right")[_third(x, left, right)]
    return row + column


def _third(at: float, first: int, last: int) -> int:
    return int(np.clip(3 * (at + 0.5 - first) / max(1, last - first), 0, 2))
