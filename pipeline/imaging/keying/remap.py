"""Put every opaque pixel on a palette: the source's, the source's and a few more, or its own.

The nearest colour is taken by distance in OKLab (color.py), one table for the whole clip: colours
chosen frame by frame flicker.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture import color, nearest
from ..picture.raster import U8, Bools, Index, Ints
from .cutout import Cutout

#: "strict": the source's colours; a number: that many more; "free": whatever came.
Policy = Literal["strict", "free"] | int
#: A colour farther than this from the palette may be a new one, if it covers this share of the
#: opaque pixels in at least two frames.
FOREIGN, FOREIGN_SHARE = 0.12, 0.003
#: Two palette colours nearly as near: the neighbouring frame decides.
TIE = 0.02


def remap(
    film: Film, cutout: Cutout, source: Index, palette: U8, *, policy: Policy = "strict"
) -> Reel:
    """Return the clip on its palette."""
    colors, number = film.colors, film.number
    if cutout.is_known:
        # What is no colour of the source is the matte.
        members, is_member = nearest.members(colors, palette)
        index = np.where(is_member, members, -1).astype(np.int32)[number]
        return Reel(index=index, source=source, palette=palette, own=len(palette))
    table = _palette(colors, number, cutout.solid, palette, policy)
    first, second, tied = _nearest(colors, table)
    index = first[number]
    np.copyto(index, np.int32(-1), where=~cutout.solid)
    if tied.any() and not cutout.is_exact:
        _settle_ties(index, second, number, tied[number] & cutout.solid)
    if cutout.settled is not None:
        # What the edge says holds: it was unmixed from the matte, `number` was not.
        np.copyto(index, cutout.settled, where=cutout.settled >= 0)
    return Reel(index=index, source=source, palette=table, own=len(palette))


def share_on_palette(film: Film, solid: Bools, palette: U8, *, within: float = 0.05) -> float:
    """Return the share of opaque pixels within `within` deltaE2 of the palette as they came."""
    near = nearest.distance(film.colors, palette) <= within
    count = np.count_nonzero(solid)
    return float(np.count_nonzero(near[film.number] & solid) / count) if count else 1.0


def _palette(colors: U8, number: Ints, solid: Bools, palette: U8, policy: Policy) -> U8:
    if policy == "strict":
        return palette
    used = colors[np.flatnonzero(np.bincount(number[solid], minlength=1))]
    foreign = used[~color.is_member(used, palette)]
    if policy == "free":
        return np.concatenate([palette, foreign])
    return np.concatenate([palette, _newcomers(colors, number, solid, palette, policy)])


def _newcomers(colors: U8, number: Ints, solid: Bools, palette: U8, most: int) -> U8:
    """Find up to `most` colours that are far from the palette and seen in two frames or more."""
    found: list[int] = []
    need, art = FOREIGN_SHARE * solid.sum() / len(solid), color.lab_of(colors)
    is_far = nearest.distance(colors, palette) > FOREIGN
    seen, codes = _seen(number, solid, is_far), np.flatnonzero(is_far)
    seen = seen._replace(color=codes.searchsorted(seen.color))
    planes = [np.ascontiguousarray(plane[codes]) for plane in art.T]
    while len(found) < most and seen.px.size:
        seed = int(np.bincount(seen.color, weights=seen.px).argmax())
        is_far = color.gap_of(planes, [plane[seed : seed + 1] for plane in planes]) > FOREIGN
        beside = ~is_far[seen.color]
        per_frame = np.bincount(seen.frame[beside], seen.px[beside], minlength=len(solid))
        if (per_frame >= need).sum() < min(2, len(solid)):
            break
        found.append(int(codes[seed]))
        # What is near a colour that was found is foreign no more.
        seen = _Seen(*(part[~beside] for part in seen))
    return colors[found]


class _Seen(NamedTuple):
    """Pixels of each colour in each frame, as a list: most frames lack most colours."""

    frame: Ints
    color: Ints
    px: Ints


def _seen(number: Ints, solid: Bools, wanted: Bools) -> _Seen:
    """Count the solid pixels of all wanted colours."""
    mine = solid & wanted[number]
    frame = np.nonzero(mine)[0]
    codes, px = np.unique(frame * len(wanted) + number[mine], return_counts=True)
    return _Seen(codes // len(wanted), codes % len(wanted), px)


def _nearest(colors: U8, palette: U8) -> tuple[Index, Index, Bools]:
    """Return the best and second palette number of each colour, and where they are a tie."""
    found = nearest.find(colors, palette)
    tied: Bools = (found.farther - found.away < TIE) & (found.away > 0)
    return found.first.astype(np.int32), found.second.astype(np.int32), tied


def _settle_ties(index: Index, second: Index, number: Ints, tied: Bools) -> None:
    """Take, where two colours are as near, the one that the frame before (then after) shows."""
    flat = index.reshape(len(index), -1)
    for at, mask in enumerate(tied):
        places = np.flatnonzero(mask)
        other, own = second.take(number[at].reshape(-1).take(places)), flat[at].take(places)
        before = flat[at - 1].take(places)
        after = flat[(at + 1) % len(flat)].take(places)
        swap = (before != own) & ((before == other) | (after == other))
        flat[at][places[swap]] = other[swap]
