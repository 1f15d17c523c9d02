"""Where a clip's motion goes wrong: a loop that does not close, a cut, a figure that drifts."""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture import raster
from ..picture.raster import Floats
from ..repair import align
from ..repair.loop import overlap
from . import closure
from .closure import Closure
from .fault import Fault, fault, share

#: Values that are nothing yet, and that cost everything (closure.py). Of 2,240 perfect loops of
#: eight frames and more 0.9 % reach the 60 % that bring a clip below 85 points.
WIDE, WIDE_COLOR = (1.0, 1.07), (1.2, 1.37)
WIDE_COLOR_PX = (0.03, 0.10)
#: For walks, and for so few frames that one of them has to be the widest step.
LOOSE = (1.1, 1.4)
#: A flame leaps as it likes.
LEAPING = (1.3, 1.8)
DETOUR, DETOUR_PX = (1.05, 1.3), (0.4, 1.6)
TURN, TURN_PX = (1.2, 1.7), (0.8, 2.8)
JUMP_PX = (0.15, 0.40)
STUMBLE_PX = (0, 1.5)
#: Inside a clip one px more is a pace that was rounded.
SKIP_PX = (1, 2.5)
#: A step inside the clip against the second widest of all.
CUT, CUT_PX = (1.75, 2.15), (0.8, 1.6)
DRIFT_PX = (0.9, 2.0)
#: A drift may stand still or swing back by this much in a step.
BACK_PX = 0.25
#: Least px of a trend that swings, and how many times the swing it is.
TREND_PX = 2.0
STEADY = (3.2, 4.2)
#: Px are those of a figure so large; a larger one may go farther.
LARGE_PX = 64
#: Overlap from which on two silhouettes, one moved onto the other, are one pose.
SAME_POSE = 0.52


def of_seam(reel: Reel, motion: Motion, *, loops: bool, sent: int) -> Fault | None:
    """Judge whether the clip goes on at its end as anywhere else; `sent` frames were bought."""
    if not loops or reel.count < 3:
        return None
    text = f"frame {reel.count - 1}: the loop does not close, "
    if motion.wraps and (px := int(closure.stumbles(reel)[-1])):
        return fault("seam", share(px, *STUMBLE_PX), f"{text}it rolls on by {px} px too many")
    if motion.jumps:
        return None
    found = closure.measure(reel, sent)
    by_ink = motion.flares or motion.walks or not found.is_smooth
    wide = found.wide if by_ink else max(found.wide, found.wide_color[0])
    way = found.jump_px + 0.5
    # A flame turns as it likes, and what dissolves has no way.
    turns = 0.0 if motion.flares or motion.hides else _turns(found)
    jumps = share(found.jump_px / _scale(reel), *JUMP_PX)
    badness, sentence = max(
        (turns, f"{text}the motion breaks off on its way to frame 0"),
        (
            _widens(found, motion),
            f"{text}its last step is {wide:.1f} times the widest one",
        ),
        (
            jumps if jumps and _is_same_pose(reel) else 0.0,
            f"{text}the figure jumps {way:.1f} px back to frame 0",
        ),
    )
    return fault("seam", badness, sentence)


def _widens(found: Closure, motion: Motion) -> float:
    """Return how bad it is that the last step is wide; in a walk a foot comes down in one step."""
    if motion.flares:
        return share(found.wide, *LEAPING)
    if motion.walks or not found.is_smooth:
        return share(found.wide, *LOOSE)
    ratio, excess = found.wide_color
    of_color = min(share(ratio, *WIDE_COLOR), share(excess, *WIDE_COLOR_PX))
    return max(share(found.wide, *WIDE), of_color)


def _turns(found: Closure) -> float:
    """Return how bad it is that the motion turns at the seam, by ratio and px alike."""
    return max(
        min(share(found.detour[0], *DETOUR), share(found.detour[1], *DETOUR_PX)),
        min(share(found.turn[0], *TURN), share(found.turn[1], *TURN_PX)),
    )


def of_steps(reel: Reel, motion: Motion) -> Fault | None:
    """Judge a cut: one step inside the clip much wider than all others."""
    if motion.wraps and reel.count > 2 and (px := closure.stumbles(reel)[:-1]).any():
        worst = int(px.argmax())
        sentence = f"frame {worst + 1}: the picture jumps, it rolls on by {px[worst]} px too many"
        return fault("steps", share(float(px[worst]), *SKIP_PX), sentence)
    # A blow that lands, a lid that snaps shut: the widest step of what acts is meant.
    if motion.jumps or motion.hides or motion.strikes or motion.acts or reel.count < 4:
        return None
    at, ratio, excess = closure.cut(reel)
    badness = min(share(ratio, *CUT), share(excess, *CUT_PX))
    sentence = f"frame {at}: the picture jumps, {ratio:.1f} times as far as in any other step"
    return fault("steps", badness, sentence)


def of_place(reel: Reel, motion: Motion) -> Fault | None:
    """Judge a figure that wanders: its middle goes one way, beside what it does anyway."""
    if reel.count < 4 or motion.acts:
        return None  # who strikes or falls may end elsewhere
    faults, scale = [], _scale(reel)
    for axis, words in enumerate((("up", "down"), ("left", "right"))):
        at = closure.centres(reel)[:, axis]
        way = float(at[-1] - at[0])
        is_straight = bool((np.diff(at) * np.sign(way) >= -BACK_PX).all())
        badness = share(abs(way) / scale, *DRIFT_PX) if is_straight else 0.0
        trend, rest = _trend(at)
        if not motion.wraps and abs(trend) >= TREND_PX * scale:
            badness = max(badness, share(abs(trend) / (rest + BACK_PX), *STEADY))
        word = words[int((way if is_straight else trend) > 0)]
        px = abs(way if is_straight else trend)
        sentence = f"frame {reel.count - 1}: the figure has drifted {px:.0f} px {word}"
        if badness and not _is_same_pose(reel):
            badness = 0.0  # wings that went up are no figure that went down
        faults.append((badness, sentence))
    return fault("place", *max(faults))


def _scale(reel: Reel) -> float:
    """Return by how much a figure is larger than those whose px the limits are of."""
    box = raster.box(reel.source_solid) or (0, 0, 1, 1)
    return max(1.0, max(box[2] - box[0], box[3] - box[1]) / LARGE_PX)


def _is_same_pose(reel: Reel) -> bool:
    """Say whether the last frame is the first, moved: else its middle tells of a pose, no way."""
    at = closure.centres(reel)
    y, x = (round(float(by)) for by in at[-1] - at[0])
    back = align.move(reel.index[-1], -x, -y)
    return overlap(back >= 0, reel.solid[0]) >= SAME_POSE


def _trend(at: Floats) -> tuple[float, float]:
    """Return the px of the straight line through a series, and how far the rest lies from it."""
    time = np.arange(len(at)) - (len(at) - 1) / 2
    slope = float((time * (at - at.mean())).sum() / (time**2).sum())
    rest = at - at.mean() - slope * time
    return slope * (len(at) - 1), float(rest.std())
