"""Colours and parts that some frames lack, though those before and after have them."""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture import color
from ..picture.raster import Ints
from . import dips
from .dips import Dip
from .fault import Fault, fault, frames, share, where

#: A colour of this share of the figure and of so many px must not vanish for some frames.
NOTABLE, LEAST_PX = 0.06, 6
#: Fewer px of the figure are no part.
LEAST_LOST_PX = 4
#: Excess of a dip (dips.py) that is nothing yet, and that costs everything: of a colour's own
#: pixels, and of the figure.
COLOR_GOOD, COLOR_REJECT = 0.30, 0.55
PART_GOOD, PART_REJECT = 0.004, 0.018
#: Where the silhouette grows and shrinks by design, which takes more than a few frames to tell.
SHAPED_FRAMES = 6
SHAPED_GOOD, SHAPED_REJECT = 0.01, 0.03
#: Of the colours that are lost, this share must have stood where the figure is lost: a head that
#: nods hides the shoulders, and is itself all there.
TOLD, TOLD_COVERED = 0.55, 0.7
#: A colour turned into another if that one gained so much of the loss.
GAINED = 0.5
#: Where colours change by design, they change to their neighbours: not as far as this (deltaE2).
STRANGE = 0.45
_COUNTS = "colours of the frames"
#: Most counts that are kept with a reel: noise has a million colours, and may be counted again.
_KEPT = 1 << 18


def of_colors(reel: Reel, motion: Motion, *, loops: bool) -> Fault | None:
    """Judge a colour of the source that vanishes for some frames."""
    if motion.acts or reel.count < (SHAPED_FRAMES if motion.reshapes else 3):
        return None
    counts = counted(reel)
    wanted = np.bincount(reel.source[reel.source_solid], minlength=reel.own)
    least = max(LEAST_PX, NOTABLE * wanted.sum())
    found = [
        (dips.deepest(counts[:, number] / wanted[number], loops=loops), int(number))
        for number in np.flatnonzero(wanted >= least)
    ]
    dip, number = max(found, key=lambda one: one[0].excess, default=(Dip(), 0))
    badness = share(dip.excess, COLOR_GOOD, COLOR_REJECT)
    change = counts[dip.first] - counts[dip.first - 1]
    lost = -int(change[number])
    if not badness or lost < LEAST_PX:
        return None
    other = _successor(reel, dip.first, number)
    has_turned = bool(change[other] >= GAINED * lost)
    if motion.covers and not has_turned:
        return None
    is_strange = has_turned and float(reel.apart(number, other)) >= STRANGE
    if (motion.recolors or motion.hides) and not is_strange:
        return None
    text = f"{frames(dip.first, dip.last)}: {lost} px of {color.to_hex(reel.palette[number])} "
    turned = f"have turned {color.to_hex(reel.palette[other])}" if has_turned else "are lost"
    return fault("colors", badness, text + turned)


def _successor(reel: Reel, frame: int, number: int) -> int:
    """Return the colour that stands most often where a colour stood in the frame before."""
    places = (reel.index[frame - 1] == number) & reel.solid[frame] & (reel.index[frame] != number)
    return int(np.bincount(reel.index[frame][places], minlength=len(reel.palette)).argmax())


def of_parts(reel: Reel, motion: Motion, *, loops: bool) -> Fault | None:
    """Judge ink that is gone for some frames."""
    if motion.hides or motion.acts or reel.count < 3:
        return None  # who turns round to strike shows less of himself
    area = reel.solid.sum(axis=(1, 2)) / max(1, int(reel.source_solid.sum()))
    is_shaped = motion.reshapes or motion.flares
    if is_shaped and reel.count < SHAPED_FRAMES:
        return None
    dip = dips.deepest(area, loops=loops, grows=motion.swells or not is_shaped)
    limits = (SHAPED_GOOD, SHAPED_REJECT) if is_shaped else (PART_GOOD, PART_REJECT)
    badness = share(dip.excess, *limits)
    lost = int(reel.solid[dip.first - 1].sum() - reel.solid[dip.first].sum())
    # Between two beats a heart is as large as in the source: nothing is lost.
    is_at_rest = (motion.flares or not motion.swells) and area[dip.first] >= 1
    if not badness or lost < LEAST_LOST_PX or is_at_rest:
        return None
    told = TOLD_COVERED if motion.covers else TOLD
    if (is_shaped or not motion.recolors) and _accounted(reel, dip) < told:
        return None
    gone = reel.solid[dip.first - 1] & ~reel.solid[dip.first]
    sentence = f"{frames(dip.first, dip.last)}: {lost} px of the figure lost, {where(gone, reel)}"
    return fault("parts", badness, sentence)


def _accounted(reel: Reel, dip: Dip) -> float:
    """Return the share of the lost colours that stood where ink is gone, at both ends of a dip."""
    counts = counted(reel)
    ends = ((dip.first - 1, dip.first), ((dip.last + 1) % reel.count, dip.last))
    shares = []
    for whole, lacking in ends:
        gone = reel.index[whole][reel.solid[whole] & ~reel.solid[lacking]]
        stood = np.bincount(gone, minlength=len(reel.palette))
        lost = np.maximum(0, counts[whole] - counts[lacking])
        shares.append(float(np.minimum(stood, lost).sum() / max(1, lost.sum())))
    return sum(shares) / len(shares)


def counted(reel: Reel) -> Ints:
    """Return the pixels of every colour in every frame: (frames, colours); found once if few."""
    known: Ints | None = reel.measures.get(_COUNTS)
    if known is None:
        known = _counts(reel)
        if known.size <= _KEPT:
            reel.measures[_COUNTS] = known
    return known


def _counts(reel: Reel) -> Ints:
    colors = len(reel.palette)
    # Of each frame the first number is for what is transparent.
    numbers = reel.inside + np.arange(1, reel.count * (colors + 1), colors + 1)[:, None, None]
    counts = np.bincount(numbers.ravel(), minlength=reel.count * (colors + 1))
    return counts.reshape(reel.count, -1)[:, 1:]
