"""Put every opaque pixel on a palette: the source's, the source's and a few more, or its own.

The nearest colour is taken by distance in OKLab (color.py), one table for the whole clip: colours
chosen frame by frame flicker.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..frames.indexed import Reel
from ..frames.raw import Film
from ..picture import color
from ..picture.raster import U8, Bools, Floats, Index, Ints
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
    table = _palette(colors, number, cutout.solid, palette, policy)
    first, second, tied = _nearest(colors, table)
    index = np.where(cutout.solid, first[number], -1).astype(np.int16)
    if tied.any() and not cutout.is_exact:
        index = _settle_ties(index, second[number], tied[number] & cutout.solid)
    # What the edge says holds: it was unmixed from the matte, `number` was not.
    index = np.where(cutout.settled >= 0, cutout.settled, index)
    return Reel(index=index.astype(np.int16), source=source, palette=table, own=len(palette))


def share_on_palette(film: Film, solid: Bools, palette: U8, *, within: float = 0.05) -> float:
    """Return the share of opaque pixels within `within` deltaE2 of the palette as they came."""
    near = color.distances(color.lab_of(film.colors), color.lab_of(palette)).min(axis=1) <= within
    return float(near[film.number[solid]].mean()) if solid.any() else 1.0


def _palette(colors: U8, number: Ints, solid: Bools, palette: U8, policy: Policy) -> U8:
    if policy == "strict":
        return palette
    used = colors[np.unique(number[solid])]
    foreign = used[~color.is_member(used, palette)]
    if policy == "free":
        return np.concatenate([palette, foreign])
    return np.concatenate([palette, _newcomers(colors, number, solid, palette, policy)])


def _newcomers(colors: U8, number: Ints, solid: Bools, palette: U8, most: int) -> U8:
    """Find up to `most` colours that are far from the palette and seen in two frames or more."""
    found: list[U8] = []
    need = FOREIGN_SHARE * solid.sum() / len(solid)
    for _ in range(most):
        table = np.concatenate([palette, *(c[None] for c in found)])
        away = color.distances(color.lab_of(colors), color.lab_of(table)).min(axis=1) > FOREIGN
        per_frame = np.stack(
            [np.bincount(n[s], minlength=len(colors)) for n, s in zip(number, solid, strict=True)]
        )
        counts = per_frame * away
        if not counts.any():
            break
        seed = int(counts.sum(axis=0).argmax())
        gap = color.distances(color.lab_of(colors), color.lab_of(colors[seed : seed + 1]))[:, 0]
        cluster = away & (gap <= FOREIGN)
        if (counts[:, cluster].sum(axis=1) >= need).sum() < min(2, len(solid)):
            break
        found.append(colors[seed])
    return np.array(found, dtype=np.uint8).reshape(-1, 3)


def _nearest(colors: U8, palette: U8) -> tuple[Index, Index, Bools]:
    """Return the best and second palette number of each colour, and where they are a tie."""
    art, wanted = color.lab_of(palette), color.lab_of(colors)
    first = np.empty(len(colors), dtype=np.int16)
    second, tied = first.copy(), np.zeros(len(colors), dtype=np.bool_)
    for start in range(0, len(colors), 4096):
        part: Floats = color.distances(wanted[start : start + 4096], art)
        rows = np.arange(len(part))
        best = part.argmin(axis=1)
        nearest = part[rows, best]
        part[rows, best] = np.inf
        other = part.argmin(axis=1)
        first[start : start + 4096], second[start : start + 4096] = best, other
        tied[start : start + 4096] = (part[rows, other] - nearest < TIE) & (nearest > 0)
    return first, second, tied


def _settle_ties(index: Index, second: Index, tied: Bools) -> Index:
    """Take, where two colours are as near, the one that the frame before (then after) shows."""
    index = index.copy()
    for at in range(len(index)):
        swap = tied[at] & (index[at - 1] == second[at]) & (index[at - 1] != index[at])
        after = index[(at + 1) % len(index)]
        swap |= tied[at] & (index[at - 1] != index[at]) & (after == second[at])
        index[at] = np.where(swap, second[at], index[at])
    return index
