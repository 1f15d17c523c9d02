"""What a person sees in a motion: whether it lives, stands, keeps its colours and its face.

Every measure asks first whether the clip's action is one that it speaks of; where an author's
drawing and a fault look alike, the clip gets the benefit. Calibrated on loops drawn by hand and on
clips damaged on purpose (tests/imaging/test_motion_rules.py).
"""

from __future__ import annotations

import numpy as np

from ..frames.indexed import Reel
from ..frames.prompt_motion import Motion
from ..picture import raster, regions
from ..picture.raster import Bools, Index, Ints
from ..repair import align
from ..repair.tracks import Doubles
from . import closure, displacement, missing
from .fault import Fault, fault, share, where

#: From so many frames on an idle must have several poses, and such a share of them distinct.
FEWEST, DISTINCT = 6, 0.6
#: Frames of what neither stands nor walks, in which two poses are a tick for sure.
SURELY = 8
#: What two poses in a few frames cost, and too few in many: artists draw such walks of 16 px.
HALF, FEW = 0.5, 0.35
#: Share of the time for which one pose may be held, and from which on nothing else is seen.
HELD = (0.30, 0.50)
#: Rows of the figure, as a share of its height, that are its feet; px that they may slide.
FEET, SLIDE_PX, REACH_PX = 0.12, (0.5, 2.0), 4
#: Share of the feet that must be found again for them to be the same feet.
SAME_FEET = 0.85
#: Share of the ink that may take other colours; of an action, of colours so large that keep less.
RECOLOURED, LARGE, GONE = (0.25, 0.33), 0.10, 0.15
#: Share of the ink up to which a spot is an eye, least distance of its colour from those around it
#: (deltaE2), and how much of the head around it must be found again.
EYE_SHARE, EYE_PX, EYE_AWAY, HEAD = 0.02, 12, 0.25, 0.95
_SPAN = np.arange(-REACH_PX, REACH_PX + 1)
#: Most spots that may be eyes, and most colours of a drawing that has some: noise has thousands.
MOST_SPOTS, MOST_COLORS = 32, 256
#: Share of what changes that may lie in the other end of the figure than the part that was named.
ELSEWHERE = (0.6, 0.8)
#: Share of the height above which a head may lie: small figures have large ones.
NECK = 0.65
#: A figure that died covers so much of where it stood at most, or has so much ink left.
STANDING, LEFT = (0.70, 0.85), 0.5
#: The largest step of a stroke is at least so many times the median one.
STROKE = (2.0, 1.2)


def find(reel: Reel, motion: Motion, *, loops: bool) -> list[Fault]:
    """Return the faults of a clip's motion; none of what does not apply to its action."""
    if reel.count < 2 or not reel.source_solid.any():
        return []
    if not reel.changes.any():
        text = "all frames are the same: nothing moves"
        found = [None if motion.rests else fault("still", 1.0, text)]
    else:
        found = [
            _worst(_poses(reel, motion, loops=loops), _held(reel, motion, loops=loops)),
            _feet(reel, motion),
            _colors(reel, motion),
            _eyes(reel, motion),
            _part(reel, motion),
            _end(reel, motion, loops=loops),
            _stroke(reel, motion),
        ]
    return [one for one in found if one is not None]


def _worst(*found: Fault | None) -> Fault | None:
    """Return the costliest of faults that say the same thing in other words."""
    return max((one for one in found if one), key=lambda one: one.points, default=None)


def _poses(reel: Reel, motion: Motion, *, loops: bool) -> Fault | None:
    """Judge a metronome: two poses in turn, where a breath would have several."""
    by_color = motion.recolors and not motion.flares
    if not loops or reel.count < 4 or motion.is_event or motion.looks or by_color:
        return None
    lives = motion.idles or motion.walks
    may_be_two = motion.hides or motion.is_abrupt or motion.covers or motion.swells
    if motion.beats and not motion.breathes:
        return None  # between two beats a heart is at rest
    if not lives and (reel.count < SURELY or may_be_two) and not motion.breathes:
        return None
    count = len({frame.tobytes() for frame in reel.inside})
    if count <= 2 and not (motion.walks or motion.breathes) and _bobs(reel):
        return None
    text = f"{count} poses in {reel.count} frames: it ticks like a metronome"
    if reel.count < FEWEST:
        return fault("poses", HALF if lives and count <= 2 else 0.0, text)
    if count <= 2:
        return fault("poses", 1.0, text)
    text = f"only {count} of {reel.count} frames are poses of their own"
    return fault("poses", lives * FEW * share(-count / reel.count, -DISTINCT, -0.25), text)


def _bobs(reel: Reel) -> bool:
    """Say whether the whole figure goes up a px and down again: all that a small thing can do."""
    other = next((one for one in reel.index if (one != reel.index[0]).any()), reel.index[0])
    moved = any((align.move(reel.index[0], 0, by) == other).all() for by in (-1, 1))
    before = np.roll(reel.index, 1, axis=0)
    turns = sum(bool((a != b).any()) for a, b in zip(reel.index, before, strict=True))
    return moved and turns <= 2


def _held(reel: Reel, motion: Motion, *, loops: bool) -> Fault | None:
    """Judge a pose that is held for too long: the clip stands still, then jerks."""
    by_color = motion.recolors and not motion.flares
    if not loops or reel.count < FEWEST or motion.is_event or motion.looks or by_color:
        return None
    if motion.beats or not (motion.idles or motion.walks):
        return None
    first, length = _longest_hold(reel)
    if not (motion.walks or motion.breathes) and _bobs(reel):
        return None
    text = f"frames {first} to {first + length - 1}: the pose is held for {length} of {reel.count}"
    return fault("held", share(length / reel.count, *HELD), text)


def _longest_hold(reel: Reel) -> tuple[int, int]:
    """Return the first frame of the longest run of equal ones within the clip, and its length."""
    best, start = (0, 1), 0
    is_last: Bools = np.any(reel.changes, axis=(1, 2))
    for at in range(1, reel.count + 1):
        if at == reel.count or is_last[at - 1]:
            best = max(best, (start, at - start), key=lambda run: run[1])
            start = at
    return best


def _feet(reel: Reel, motion: Motion) -> Fault | None:
    """Judge feet that slide: the same feet, elsewhere on the floor. Who lunges goes forward."""
    box = raster.box(reel.source_solid)
    if not motion.stands or motion.floats or motion.strikes or box is None:
        return None
    rows = max(2, round(FEET * (box[3] - box[1])))
    own, feet = (of[..., box[3] - rows : box[3], :] for of in (reel.source, reel.index))
    if (feet == own).all():
        return None
    at = _slides(feet, own, own >= 0)
    known = [by for by in at if by is not None]
    if len(known) < max(2, 0.6 * reel.count):
        return None
    px = max(known) - min(known)
    if px <= 0.5 + abs(float(np.ptp(closure.centres(reel)[[0, -1], 1]))):
        return None  # all of it goes there: it drifts, and that is told
    frame = max(range(reel.count), key=lambda number: abs(at[number] or 0))
    scale = max(1.0, (box[3] - box[1]) / 48)
    text = f"frame {frame}: the feet slide, {px} px along the floor"
    return fault("feet", share(px / scale, *SLIDE_PX), text)


def _slides(frames: Index, own: Index, ink: Bools) -> list[int | None]:
    """Return by how many px the feet stand aside in each; None where they are not found again."""
    rows, width = own.shape
    reach = max(REACH_PX, width // 12)
    wide = np.full((len(frames), rows, width + 2 * reach), -1, frames.dtype)
    wide[..., reach:-reach] = frames
    shifts = np.array(sorted(range(-reach, reach + 1), key=abs))  # of two alike, the smaller one
    y, x = np.nonzero(ink)
    # Of each px of the feet, what stands there when the frame is moved to the left.
    moved = wide[:, y, x + reach + shifts[:, None]]
    same = np.count_nonzero(moved == own[ink], axis=2)
    both = np.count_nonzero(moved >= 0, axis=2)
    columns = np.lib.stride_tricks.sliding_window_view((wide >= 0).sum(axis=1), width, axis=1)
    there = columns.sum(axis=2)[:, reach + shifts]
    share = same / np.maximum(1, there + len(y) - both)
    best = share.argmax(axis=1)
    told = share.max(axis=1) >= SAME_FEET
    return [by if sure else None for by, sure in zip(shifts[best].tolist(), told, strict=True)]


def _colors(reel: Reel, motion: Motion) -> Fault | None:
    """Judge a body that takes other colours, beside what comes and goes with its outline."""
    is_bright = motion.recolors or motion.flashes or motion.hides or motion.fades
    if is_bright or (motion.acts and not motion.strikes):
        return None
    own = np.bincount(reel.source[reel.source_solid], minlength=len(reel.palette))
    group = displacement.groups(reel)
    counts = [np.bincount(group, row) for row in (own, *missing.counted(reel))]
    table = np.stack(counts)[:, : np.flatnonzero(np.any(counts, axis=0))[-1] + 1]
    ink = np.maximum(1, table.sum(axis=1, keepdims=True))
    # As shares: a figure that shows less of itself has not changed its colour.
    changed = np.abs(table / ink - table[:1] / ink[0]).sum(axis=1)[1:] / 2
    if motion.strikes:  # another pose shows other parts
        changed = _replaced(table[1:] / ink[1:])
    worst = int(changed.argmax())
    text = f"frame {worst}: {changed[worst]:.0%} of the figure has taken other colours"
    return fault("recolour", share(float(changed[worst]), *RECOLOURED), text)


def _replaced(shares: Doubles) -> Doubles:
    """Return the share of each frame that large colours of most frames have lost, all but a bit."""
    usual = np.median(shares, axis=0)
    lost = (usual >= LARGE) & (shares < GONE * usual)
    total: Doubles = (lost * usual).sum(axis=1)
    return total


def _eyes(reel: Reel, motion: Motion) -> Fault | None:
    """Judge eyes that leave their place in the head: what is drawn in a face moves with it."""
    is_bent = motion.floats or motion.hides or (motion.reshapes and not motion.walks)
    if motion.looks or is_bent:
        return None
    spots = _spots(reel)
    pictures = _padded(reel) if spots else reel.index
    for eye in spots:
        faults = _strays(reel, eye, pictures)
        worst = max(range(len(faults)), key=lambda at: faults[at])
        if faults[worst]:
            text = f"frame {worst}: the eyes leave their place by {faults[worst]} px"
            return fault("eyes", 1.0, f"{text}, {where(eye, reel)}")
    return None


def _spots(reel: Reel) -> list[Bools]:
    """Return small spots of the upper half whose colour is far from all around: eyes, buttons."""
    box = raster.box(reel.source_solid) or (0, 0, 1, 1)
    middle = (box[1] + box[3]) // 2
    ink = int(reel.source_solid.sum())
    most = max(EYE_PX, EYE_SHARE * ink)
    numbers = regions.distinct(reel.source[:middle][reel.source[:middle] >= 0])
    if len(numbers) > MOST_COLORS:
        return []
    same = regions.find(reel.source == numbers[:, None, None])
    which, top = same.begin()
    small = np.flatnonzero((same.areas()[1:] <= most) & (top < middle))
    found = []
    for at, number in enumerate(numbers.tolist()):
        spots = small[which[small] == at] + 1
        # Many of one colour are a texture: no face has as many eyes.
        for one in spots.tolist() if len(spots) <= MOST_SPOTS else ():
            spot = same.only(one)
            if _stands_out(reel, spot, number):
                found.append(spot)
    if len(found) > MOST_SPOTS:
        return []
    # One speck may be anything; eyes come in pairs of one size.
    sizes_of = [int(spot.sum()) for spot in found]
    return [spot for spot, size in zip(found, sizes_of, strict=True) if sizes_of.count(size) > 1]


def _stands_out(reel: Reel, spot: Bools, number: int) -> bool:
    ring = regions.grow(spot[None])[0] & ~spot
    around = reel.source[ring]
    if not around.size or (around < 0).any():
        return False
    return bool(reel.apart(np.full_like(around, number), around).min() >= EYE_AWAY)


def _padded(reel: Reel) -> Index:
    """Return the source and the frames after the first one, with room around to look in."""
    height, width = reel.source.shape
    wide = np.full((reel.count, height + 2 * REACH_PX, width + 2 * REACH_PX), -1, dtype=np.int32)
    inner = wide[:, REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
    inner[0], inner[1:] = reel.source, reel.index[1:]
    return wide


def _strays(reel: Reel, spot: Bools, pictures: Index) -> list[int]:
    """Return by how many px a spot has left its place among what is around it, 0 if not sure.

    For the source and each frame of `pictures` (see `_padded`).
    """
    around = regions.grow(spot[None], 4)[0] & reel.source_solid & ~regions.grow(spot[None], 2)[0]
    if np.count_nonzero(around) < 12:
        return [0] * len(pictures)
    width, flat = pictures.shape[2], pictures.reshape(len(pictures), -1)
    ring, eye = (np.flatnonzero(np.pad(mask, REACH_PX)) for mask in (around, spot))
    down, right = (one.ravel() for one in np.meshgrid(_SPAN, _SPAN, indexing="ij"))
    steps = down * width + right
    same = np.count_nonzero(flat.take(ring + steps[:, None], axis=1) == flat[0, ring], axis=2)
    score = same / len(ring) - 0.001 * (np.abs(down) + np.abs(right))
    best = score.argmax(axis=1)
    is_sure = score.max(axis=1) >= HEAD
    return [
        _nearest(flat[0], frame, eye, step, width) if sure else 0
        for frame, step, sure in zip(flat, steps[best].tolist(), is_sure, strict=True)
    ]


def _nearest(own: Index, frame: Index, eye: Ints, step: int, width: int) -> int:
    """Return how far from its place a spot stands in a padded frame, 0 where it is or is gone.

    All are rows of places, `width` to a row of the picture; it should be a `step` away.
    """
    if (frame[eye + step] == own[eye]).any():
        return 0
    near = [
        max(abs(down), abs(right))
        for down in (-2, -1, 0, 1, 2)
        for right in (-2, -1, 0, 1, 2)
        if (down or right)
        and (frame[eye + step + down * width + right] == own[eye]).all()
        # What has that colour there anyway is no eye that moved: these are closed.
        and (own[eye + down * width + right] != own[eye]).any()
    ]
    return min(near, default=0)


def _part(reel: Reel, motion: Motion) -> Fault | None:
    """Judge a motion of the other end of the figure than the part that the prompt names."""
    box = raster.box(reel.source_solid)
    goes = motion.walks or motion.acts or motion.reshapes  # the whole figure, whatever is named
    if motion.names_top == motion.names_bottom or goes or box is None:
        return None
    changed = (reel.index != reel.source).any(axis=0)
    rows = changed[box[1] : box[3]].sum(axis=1)
    neck, waist = round(NECK * len(rows)), len(rows) // 2
    total = max(1, int(rows.sum()))
    elsewhere = float((rows[neck:] if motion.names_top else rows[:waist]).sum()) / total
    part, other = ("head", "lower") if motion.names_top else ("feet", "upper")
    text = f"the prompt names the {part}, and {elsewhere:.0%} of what moves is the {other} half"
    return fault("part", share(elsewhere, *ELSEWHERE), text)


def _end(reel: Reel, motion: Motion, *, loops: bool) -> Fault | None:
    """Judge a death that ends on its feet."""
    if loops or not motion.dies:
        return None
    last = reel.solid[-1]
    ink = int(reel.source_solid.sum())
    if last.sum() < LEFT * ink:
        return None
    union = (last | reel.source_solid).sum()
    same = float((last & reel.source_solid).sum() / union)
    text = f"frame {reel.count - 1}: the figure still stands at the end"
    return fault("end", share(same, *STANDING), text)


def _stroke(reel: Reel, motion: Motion) -> Fault | None:
    """Judge an attack without a stroke: every step is as wide as any other."""
    if not motion.strikes or reel.count < FEWEST:
        return None
    steps = displacement.of_ink(reel).steps[:-1]
    moving = steps[steps > 0]
    if len(moving) < 3:
        return None
    ratio = float(moving.max() / np.median(moving))
    text = f"the stroke has no force: its widest step is {ratio:.1f} times the usual one"
    return fault("stroke", share(-ratio, -STROKE[0], -STROKE[1]), text)
