"""Grade a clip from 0 to 100 and say its largest faults in sentences.

Source: imaging.md section 13. Gates end the grade; penalties are 0..1 between good and reject.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model import Grade
from .cutout import Cutout
from .develop import Step
from .reel import Reel, difference

WEIGHTS = {"identity": 25, "seam": 20, "motion": 10}


@dataclass(frozen=True)
class Fault:
    """A penalty in points and the sentence for it."""

    points: float
    sentence: str


def grade(step: Step, *, loop: bool) -> Grade:
    """Grade the frames of a clip before holds are merged."""
    reel, cutout = step.reel, step.cutout
    faults = [*_gates(reel, cutout), *_identity(reel), *_seam(reel, loop)]
    faults.sort(key=lambda fault: -fault.points)
    points = round(100 - sum(fault.points for fault in faults))
    return Grade(points=max(0, points), faults=tuple(fault.sentence for fault in faults[:3]))


def _gates(reel: Reel, cutout: Cutout) -> list[Fault]:
    faults = []
    if cutout.residue:
        faults.append(Fault(100, f"{cutout.residue} px of the background are left in the figure"))
    if not reel.solid[0].any():
        faults.append(Fault(100, "frame 0 is empty"))
    return faults


def _identity(reel: Reel) -> list[Fault]:
    union = reel.solid[0] | reel.source_solid
    same = float((reel.index[0] == reel.source)[union].mean()) if union.any() else 1.0
    penalty = float(np.clip((0.97 - same) / 0.07, 0, 1))
    sentence = f"frame 0: {round(100 * (1 - same))} % of the pixels differ from the source"
    return [Fault(WEIGHTS["identity"] * penalty, sentence)] if penalty else []


def _seam(reel: Reel, loop: bool) -> list[Fault]:
    if not loop or reel.count < 2:
        return []
    steps = [difference(reel.ramp, a, b) for a, b in zip(reel.index, reel.index[1:], strict=False)]
    if not max(steps):
        return [Fault(WEIGHTS["motion"], "all frames are the same: nothing moves")]
    seam = difference(reel.ramp, reel.index[-1], reel.index[0]) / max(steps)
    penalty = float(np.clip((seam - 1.05) / 0.5, 0, 1))
    sentence = f"frame {reel.count - 1}: the loop does not close, it jumps back to frame 0"
    return [Fault(WEIGHTS["seam"] * penalty, sentence)] if penalty else []
