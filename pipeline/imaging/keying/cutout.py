"""Take the matte out again, without fringe: which pixels are opaque, and what the edge really is.

The painted matte is never quite the one that was asked for, so it is measured; background is what
reaches the border, never a colour alone, unless that is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..frames.raw import Film
from ..picture import color, nearest, regions
from ..picture.raster import U8, Bools, Floats, Index, Ints

Doubles = NDArray[np.float64]

#: Nearer than this to the measured matte is background; less for mattes near the art.
TOLERANCE, TOLERANCE_SHARE = 0.20, 0.45
#: From this distance on a pocket inside the figure is background wherever it is.
SAFE_DISTANCE = 0.45
#: A matte so near to a colour of an opaque source is no key at all.
NO_KEY = 0.03
#: Shares of matte in an edge pixel that are tried, and from which on it is background.
SHARES = (0.0, 0.15, 0.30, 0.45, 0.55, 0.70, 0.85)
CLEAR_SHARE = 0.5
#: From this share of matte on, explained so well, a pixel inside the figure is spilt: in groups of
#: so many px or so large a part of the figure at most, and if it is so far from the palette.
SPILT_SHARE, SPILT_AWAY, SPILT_PX, SPILT_PART, FOREIGN = 0.30, 0.06, 4, 0.005, 0.05


class Repairs(msgspec.Struct, frozen=True):
    """Which repairs of the key-out may run."""

    pockets: bool = True
    fringe: bool = True
    specks: bool = True


class Cutout(msgspec.Struct, frozen=True, eq=False):
    """Opaque pixels (frames, height, width), and palette numbers where the edge settled them.

    `matte` is the measured key of each frame, (frames, 3); `residue` the opaque pixels that still
    look like it; `is_exact` says that matte and art could be told apart without any judgement, and
    `is_known` that all opaque pixels have colours of the source. `settled` is None when none is.
    """

    solid: Bools
    settled: Index | None
    matte: U8
    residue: int = 0
    is_exact: bool = False
    is_known: bool = False
    uncertain: int = 0
    notes: tuple[str, ...] = ()


class _Scene(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Distinct colours (n, 3) of all frames, each pixel's number, and how far they are from mattes.

    `tables` (mattes, n) is the distance of each colour to each distinct matte, `which` (frames,)
    the one of each frame.
    """

    colors: U8
    number: Ints
    matte: U8
    tables: list[Floats]
    which: Ints

    @cached_property
    def away(self) -> Floats:
        """Return the distance of each pixel to the matte of its frame."""
        away = np.empty(self.number.shape, dtype=np.float32)
        for frame, at in enumerate(self.which):
            self.tables[at].take(self.number[frame], out=away[frame], mode="clip")
        return away


def cut(
    film: Film, source: Index, palette: U8, *, matte: U8, repairs: Repairs | None = None
) -> Cutout:
    """Key out the frames of a source (height, width) of palette numbers."""
    repairs = repairs or Repairs()
    outside = _outside(source)
    if not outside.any():
        return _opaque(film, palette, matte, repairs)
    scene = _scene(film, outside, source)
    if _is_exact(scene, palette):
        return Cutout(_off_matte(scene), None, scene.matte, is_exact=True, is_known=True)
    art = color.lab_of(palette)
    apart = float(color.distances(color.lab_of(scene.matte), art).min())
    tolerance = min(TOLERANCE, TOLERANCE_SHARE * apart)
    open_ground = regions.from_border(scene.away <= tolerance)
    clear, uncertain = open_ground, 0
    if repairs.pockets:
        pockets, uncertain = _pockets(scene, open_ground, source, tolerance, apart)
        clear = open_ground | pockets
    solid: Bools = ~clear
    settled: Index | None = None
    if repairs.fringe:
        solid, settled = _fringe(scene, solid, palette)
        settled = _spilt(scene, solid, settled, palette)
    if repairs.specks:
        from . import specks

        solid = specks.cleared(solid, source)
    return Cutout(
        solid,
        _within(solid, settled),
        scene.matte,
        residue=_residue(scene, solid, settled, tolerance / 2),
        uncertain=uncertain,
    )


def _opaque(film: Film, palette: U8, matte: U8, repairs: Repairs) -> Cutout:
    """Clear what shows the matte in a clip whose source leaves no room for it: what moved away.

    Nothing tells the painted matte there, so the one that was asked for is believed, if it is no
    colour of the source.
    """
    keys = np.repeat(matte[None], len(film.frames), axis=0)
    art, key = color.lab_of(palette), color.lab_of(matte[None])
    tolerance = min(TOLERANCE, TOLERANCE_SHARE * float(color.distances(key, art).min()))
    away = color.distances(color.lab_of(film.colors), key)[:, 0]
    solid: Bools = (away > tolerance)[film.number]
    if solid.all() or tolerance < NO_KEY:
        return Cutout(np.ones_like(solid), None, keys, is_exact=True)
    settled: Index | None = None
    if repairs.fringe:
        which = np.zeros(len(keys), dtype=np.int64)
        scene = _Scene(film.colors, film.number, keys, [away], which)
        solid, settled = _fringe(scene, solid, palette)
    return Cutout(solid, _within(solid, settled), keys, is_exact=True)


def _within(solid: Bools, settled: Index | None) -> Index | None:
    """Return what is settled of the opaque pixels, None when nothing is."""
    if settled is None:
        return None
    return np.where(solid, settled, np.int32(-1))


def _residue(scene: _Scene, solid: Bools, settled: Index | None, near: float) -> int:
    """Count the opaque pixels that look like the matte, and that nothing has settled."""
    left = solid & (scene.away <= near)
    if settled is not None:
        left &= settled < 0
    return int(np.count_nonzero(left))


def _outside(source: Index) -> Bools:
    """Return where the matte is expected: transparent pixels of the border, else of the source."""
    clear = source < 0
    edge = np.zeros_like(clear)
    edge[0] = edge[-1] = edge[:, 0] = edge[:, -1] = True
    return clear & edge if (clear & edge).any() else clear


def _scene(film: Film, outside: Bools, source: Index) -> _Scene:
    frames, colors, number = film.frames, film.colors, film.number
    matte = _median(frames[:, outside])
    first = np.concatenate([frames[0][outside], frames[0][source < 0]])
    matte[0] = _median(first)
    keys = np.floor(matte + 0.5).astype(np.uint8)
    art = color.lab_of(colors)
    found, which = color.distinct(keys)
    tables = [color.distances(art, color.lab_of(key[None]))[:, 0] for key in found]
    for table, key in zip(tables, found, strict=True):
        table[(colors == key).all(axis=1)] = 0.0
    return _Scene(colors, number, keys, tables, which)


def _median(pixels: U8) -> Doubles:
    """Return the median of pixels (…, n, 3), channel by channel; mostly they are all alike."""
    if (pixels == pixels[..., :1, :]).all():
        return pixels[..., 0, :].astype(np.float64)
    median: Doubles = np.median(pixels, axis=-2)
    return median


def _is_exact(scene: _Scene, palette: U8) -> bool:
    """Say whether all pixels are the matte or the source's colours: nothing is left to judge."""
    if color.is_member(scene.matte, palette).any():
        return False
    known = color.is_member(scene.colors, palette)
    if len(scene.tables) == 1:
        return bool(known[scene.tables[0] > 0].all())
    return bool(known[scene.number[scene.away > 0]].all())


def _off_matte(scene: _Scene) -> Bools:
    """Return the pixels that are not of their frame's matte."""
    if len(scene.tables) > 1:
        return scene.away > 0
    off: Bools = (scene.tables[0] > 0)[scene.number]
    return off


def _pockets(
    scene: _Scene, open_ground: Bools, source: Index, tolerance: float, apart: float
) -> tuple[Bools, int]:
    """Return enclosed background, and how many pixels look like it but may be art."""
    found = regions.find((scene.away <= tolerance) & ~open_ground)
    if not found.count:
        return np.zeros_like(open_ground), 0
    area = found.areas()
    core = found.totals(scene.away <= tolerance / 2)
    expected = found.totals(regions.grow((source < 0)[None], 2))
    is_matte = (core * 2 >= area) & (core > 0)
    is_pocket = is_matte & ((expected > 0) | (apart >= SAFE_DISTANCE))
    is_pocket[0] = is_matte[0] = False
    return found.paint(is_pocket), int(area[is_matte & ~is_pocket].sum())


def _fringe(scene: _Scene, solid: Bools, palette: U8) -> tuple[Bools, Index]:
    """Unmix the one-pixel ring: f = (1-a)p + am; a of at least half is background, else p."""
    ring = solid & regions.grow(~solid)
    settled = _settled(scene, ring, palette, lambda share, _: share < CLEAR_SHARE)
    return solid & ~(ring & (settled < 0)), settled


def _spilt(scene: _Scene, solid: Bools, settled: Index, palette: U8) -> Index:
    """Settle the few pixels inside the figure that matte was mixed into; more are material."""
    off = nearest.distance(scene.colors, palette) > FOREIGN
    inside = solid & ~regions.grow(~solid) & off[scene.number]
    found = _settled(
        scene, inside, palette, lambda share, away: (share >= SPILT_SHARE) & (away <= SPILT_AWAY)
    )
    leaning = found >= 0
    spots = regions.find(leaning, diagonal=True)
    few = max(SPILT_PX, SPILT_PART * float(solid.sum()) / len(solid))
    large = spots.paint(spots.areas() > few)
    return np.where(leaning & ~large, found, settled)


def _settled(
    scene: _Scene, where: Bools, palette: U8, is_told: Callable[[Floats, Floats], Bools]
) -> Index:
    """Return the palette numbers that pixels `where` are a blend of with the matte, else -1.

    `is_told` says by the shares of matte, and how far that is from the colours, which are believed.
    """
    settled = np.full(where.shape, -1, dtype=np.int32)
    places = np.flatnonzero(where)
    numbers = scene.number.reshape(-1).take(places)
    ends = places.searchsorted(np.arange(1, len(where) + 1) * where[0].size)
    parts = [slice(*both) for both in pairwise([0, *ends.tolist()])]
    found = np.empty(len(places), dtype=np.int32)
    for at in range(len(scene.tables)):
        frames = np.flatnonzero(scene.which == at).tolist()
        used = _used([numbers[parts[frame]] for frame in frames], len(scene.colors))
        share, entry, away = unmix(scene.colors[used], palette, scene.matte[frames[0]])
        table = np.full(len(scene.colors), -1, dtype=np.int32)
        table[used] = np.where(is_told(share, away), entry, -1)
        for frame in frames:
            table.take(numbers[parts[frame]], out=found[parts[frame]], mode="clip")
    settled.reshape(-1)[places] = found
    return settled


def _used(numbers: Iterable[Ints], count: int) -> Ints:
    """Return which of `count` numbers occur (n,), sorted."""
    is_used = np.zeros(count, dtype=np.bool_)
    for some in numbers:
        is_used[some] = True
    return np.flatnonzero(is_used)


def unmix(colors: U8, palette: U8, matte: U8) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Explain each colour (n, 3) as a blend of the matte and one palette colour.

    Returns the share of matte, the palette number and the distance (deltaE2) of the best
    explanation. Shares are of sRGB values, which is how pictures are scaled in practice.
    """
    shares = np.array(SHARES, dtype=np.float32)
    blends = (1 - shares)[:, None, None] * palette + shares[:, None, None] * matte
    targets = np.floor(blends + 0.5).astype(np.uint8).reshape(-1, 3)
    found = nearest.find(colors, targets)
    best = found.first
    return shares[best // len(palette)], best % len(palette), found.away
