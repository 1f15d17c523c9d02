"""Grade a clip from 0 to 100 and say its largest faults in sentences.

A gate ends the grade at 0; every other measure costs its weight between the value that is good and
the one that is to be rejected. Where an author's motion and a fault look alike (a part that moves,
a figure that leaves the ground), the clip gets the benefit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.model import Grade, Remedy
from ..frames import prompt_motion
from ..frames.indexed import Reel
from ..keying.cutout import Cutout, Doubles
from ..picture.raster import Ints
from ..stages import Step
from . import flicker, identical, missing, motion_faults, motion_rules
from .fault import WEIGHTS, Fault, fault, share, where

#: So few px of background in a whole clip are reported; more of them are no clip at all.
SPECKS_PX = 3
#: A flash of four frames has none that is like the one before it.
BOILING_FRAMES = 6
#: In sprites of more colours than these, a change is one of more than so much (deltaE2).
SHADED_COLORS, SEEN = 64, 0.08


def grade(
    step: Step,
    *,
    loop: bool,
    keyed: Step | None = None,
    remedies: Sequence[Remedy] = (),
    not_shown: str = "",
    left_out: str = "",
) -> Grade:
    """Grade the frames of a clip before holds are merged; `loop` says that it repeats.

    `keyed` is the clip before repairs, which may have put the source in place of frame 0;
    `remedies` are faults that were found there. `not_shown` and `left_out` are words of the prompt
    that its engine says it does not show, those that the clip is about and those beside them:
    however well it moves, that is not what was asked for.
    """
    own = identical.frame(step.reel, step.motion)
    faults = _gates(step.reel, step.cutout, own)
    if not faults:
        faults = _faults(step, keyed or step, loops=loop and not step.to_and_fro, own=own)
        if step.cutout.residue:
            faults.append(Fault(WEIGHTS["residue"], _residue(step.cutout)))
        faults += [Fault(WEIGHTS["take"], remedy.fault) for remedy in remedies]
        for weight, words in (("verb", not_shown), ("beside", left_out)):
            if words:
                faults.append(Fault(WEIGHTS[weight], f"asked for and not shown: {words}"))
    faults.sort(key=lambda fault: -fault.points)
    points = round(100 - sum(fault.points for fault in faults))
    return Grade(
        points=max(0, points),
        faults=tuple(fault.sentence for fault in faults[:3]),
        remedies=tuple(remedies),
    )


def _gates(reel: Reel, cutout: Cutout, own: int) -> list[Fault]:
    faults = []
    if cutout.residue > SPECKS_PX:
        faults.append(Fault(100, _residue(cutout)))
    if not reel.solid[own].any():
        faults.append(Fault(100, f"frame {own} is empty: the figure was lost"))
    return faults


def _faults(step: Step, keyed: Step, *, loops: bool, own: int) -> list[Fault]:
    reel = step.reel
    motion = step.motion if loops or step.to_and_fro else prompt_motion.ending(step.motion)
    found = (
        _identity(keyed.reel, own),
        _palette(step),
        _filled(step),
        missing.of_colors(reel, motion, loops=loops),
        missing.of_parts(reel, motion, loops=loops),
        motion_faults.of_seam(reel, motion, loops=loops, sent=len(step.cutout.solid)),
        motion_faults.of_steps(reel, motion),
        motion_faults.of_place(reel, motion),
        _flicker(reel, is_event=motion.is_event or motion.hides),
        _boiling(reel),
    )
    seen = [one for one in found if one is not None]
    return seen + motion_rules.find(reel, motion, loops=loops)


def _residue(cutout: Cutout) -> str:
    return f"{cutout.residue} px of the background are left in the figure"


def _identity(reel: Reel, own: int) -> Fault | None:
    differ = identical.differ(reel, own)
    badness = share(differ, 0.03, 0.10)
    if not badness:
        return None
    place = where(identical.wrong(reel, own), reel)
    sentence = f"frame {own}: {differ:.0%} of the pixels differ from the source, {place}"
    return fault("identity", badness, sentence)


def _palette(step: Step) -> Fault | None:
    away = 1 - step.on_palette
    sentence = (
        f"{away:.0%} of the pixels came in other colours than the source's and were recoloured"
    )
    return fault("palette", share(away, 0.10, 0.30), sentence)


def _filled(step: Step) -> Fault | None:
    sentence = f"{step.filled:.0%} of the picture was left empty by the motion and shows the source"
    return fault("filled", share(step.filled, 0.005, 0.10), sentence)


def _flicker(reel: Reel, *, is_event: bool) -> Fault | None:
    flicks = 0.0 if is_event else flicker.share(reel)
    sentence = f"single pixels flicker: {flicks:.1%} of the figure"
    return fault("flicker", share(flicks, 0.02, 0.05), sentence)


def _boiling(reel: Reel) -> Fault | None:
    is_never_still = reel.count >= BOILING_FRAMES and reel.changes.any(axis=(1, 2)).all()
    boiling = float(np.mean(_changing(reel))) if is_never_still else 0.0
    return fault("motion", share(boiling, 0.85, 1.0), "the whole picture changes in every frame")


def _changing(reel: Reel) -> Doubles:
    """Return the share of each frame's ink, and the next one's, that changes between them."""
    solid = reel.inside >= 0
    ink = np.count_nonzero(solid | np.roll(solid, -1, axis=0), axis=(1, 2))
    found: Doubles = _changed(reel) / np.maximum(1, ink)
    return found


def _changed(reel: Reel) -> Ints:
    """Count the pixels that change; of a shaded figure that moves every px is another colour."""
    if reel.own <= SHADED_COLORS:
        counts: Ints = reel.changes.sum(axis=(1, 2))
        return counts
    pairs = zip(reel.inside, np.roll(reel.inside, -1, axis=0), reel.changes, strict=True)
    return np.array([int((reel.apart(a[by], b[by]) > SEEN).sum()) for a, b, by in pairs])
