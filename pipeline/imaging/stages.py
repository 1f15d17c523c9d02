"""One bought strip to clean frames, stage by stage; each can be left out and looked at.

Each stage rests on the one before, up to the crop. A stage that finds nothing to mend returns what
it got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec
import numpy as np
from msgspec.structs import replace

from ..core.errors import AssetError
from ..core.model import Clip, Pixels, Resolved
from .frames import prompt_motion, strip
from .frames.indexed import Reel, number
from .frames.raw import Film
from .keying import cutout, remap
from .keying.cutout import Cutout
from .picture import color, raster
from .picture.raster import U8, Bools, Index
from .repair import align, loop, tracks
from .upload import fit

STAGES = (
    "pockets", "fringe", "specks", "palette", "calibrate", "align", "lock_first", "loop",
)  # fmt: skip
#: Frame 0 must share this much of the source's silhouette and colours to be replaced by it, and may
#: not become this much farther from frame 1.
SAME_SHAPE, SAME_COLORS, FARTHER = 0.90, 0.80, 1.25


class Step(msgspec.Struct, frozen=True, eq=False):
    """A clip after one stage: the reel as it stands, how it was cut out, and what was done."""

    name: str
    reel: Reel
    cutout: Cutout
    motion: prompt_motion.Motion
    #: Share of opaque pixels that lay on the palette before they were put there.
    on_palette: float = 1.0
    notes: tuple[str, ...] = ()
    to_and_fro: bool = False
    #: Share of an opaque source's pixels that the service left empty, and that show the source.
    filled: float = 0.0
    #: Share of the ink that has the background's colour and may be either.
    undecided: float = 0.0


def develop(
    content: bytes,
    pixels: Pixels,
    resolved: Resolved,
    clip: Clip,
    *,
    name: str,
    stages: Collection[str] = STAGES,
    is_procedural: bool = False,
) -> Iterator[Step]:
    """Yield the clip after each stage, on its canvas; the last is the result.

    Procedural frames close and stand where they should by construction: a pose that such a clip
    holds at its end is meant, and is not taken for a defect.
    Raises AssetError, naming `name`, when the bytes hold no frames of the canvas that was sent.
    """
    _check(pixels, resolved, name)
    film = Film(
        strip.frames(
            content,
            count=resolved.frames,
            canvas=resolved.canvas,
            name=name,
            matte=resolved.matte,
        )
    )
    laid = fit.canvas(raster.cut(raster.array(pixels)), placement(resolved))
    palette = color.palette(laid)
    if not len(palette):
        raise AssetError(f"{name}: no opaque pixel of the source lies on the canvas it was sent on")
    palette = _allowed(palette, resolved)
    own = _opaque_part(laid, pixels, resolved)
    step = _cut(film, number(laid, palette), palette, resolved, clip, stages)
    yield _whole(replace(step, name="key"), own)
    yield (step := _whole(_on_palette(film, step, palette, resolved, clip, stages), own))
    for stage, repair in _REPAIRS.items():
        if stage in stages and not is_procedural:
            yield (step := _whole(replace(repair(step, clip), name=stage), own))


def _opaque_part(laid: U8, pixels: Pixels, resolved: Resolved) -> Bools | None:
    """Return where a tile lies on its canvas; None when the source is no tile."""
    if not raster.is_tile(raster.array(pixels)):
        return None
    own: Bools = laid[..., 3] > 0
    return own


def _whole(step: Step, own: Bools | None) -> Step:
    """Keep a tile whole: what is empty in it shows the source, and nothing leaves it."""
    if own is None:
        return step
    reel = step.reel
    empty = own & ~reel.solid
    if not empty.any() and not (reel.solid & ~own).any():
        return step
    index = np.where(own, np.where(empty, reel.source, reel.index), -1)
    filled = max(step.filled, float(empty.sum()) / (reel.count * int(own.sum())))
    return replace(step, reel=reel.with_index(index), filled=filled)


def _check(pixels: Pixels, resolved: Resolved, name: str) -> None:
    """Refuse a record that speaks of another picture: its numbers would be sizes of arrays."""
    fits = resolved.scale >= 1 and resolved.fits(pixels.width, pixels.height)
    if not fits or min(resolved.canvas) < 1 or not re.fullmatch("#[0-9a-fA-F]{6}", resolved.matte):
        raise AssetError(
            f"{name}: what is recorded of this purchase does not fit its source "
            f"({pixels.width}x{pixels.height} px on a canvas of {resolved.canvas}); restore "
            "`.pixelpipe/bought` from version control, or buy another take with `reroll`"
        )


def _allowed(own: U8, resolved: Resolved) -> U8:
    """Return the sprite's own colours, and those that the rule allows to effects."""
    extra = resolved.hints.extra_colors if resolved.hints is not None else ()
    known = {tuple(one) for one in own.tolist()}
    new = [one for one in map(color.from_hex, extra) if tuple(one.tolist()) not in known]
    return np.concatenate([own, np.stack(new)]) if new else own


def placement(resolved: Resolved) -> fit.Placement:
    """Return where the source lies in the canvas of a resolved request."""
    return fit.Placement(canvas=resolved.canvas, pad=resolved.pad, scale=resolved.scale)


def _cut(
    film: Film,
    source: Index,
    palette: U8,
    resolved: Resolved,
    clip: Clip,
    stages: Collection[str],
) -> Step:
    read = prompt_motion.read(clip.name, resolved.prompt)
    repairs = cutout.Repairs(
        pockets="pockets" in stages,
        fringe="fringe" in stages,
        # What dissolves is specks and holes.
        specks="specks" in stages and not read.fades,
    )
    cut = cutout.cut(film, source, palette, matte=color.from_hex(resolved.matte), repairs=repairs)
    free = remap.remap(film, cut, source, palette, policy="free")
    return Step("key", free, cut, read)


def _on_palette(
    film: Film,
    step: Step,
    palette: U8,
    resolved: Resolved,
    clip: Clip,
    stages: Collection[str],
) -> Step:
    """Put the clip on its palette; where frame 0 shows damage, read the frames by its key."""
    if "palette" not in stages:
        return replace(step, name="palette")
    policy = _policy(clip, len(palette))
    reel = _remapped(film, step, palette, policy)
    if not step.cutout.is_exact:
        from .repair import silhouette  # frames that are exact show no damage

        if silhouette.is_needed(reel, step.cutout.matte):
            return _told_apart(film, step, reel)
    notes: tuple[str, ...] = ()
    if "align" in stages and any(off := tracks.first(reel)):
        film = Film(_moved(film.frames, step.cutout, off))
        step = _cut(film, reel.source, palette, resolved, clip, stages)
        reel = _remapped(film, step, palette, policy)
        notes = (f"all frames were shifted by {_px(*off)} and are back in place",)
    if step.cutout.is_known:
        return replace(step, name="palette", reel=reel, notes=notes)
    on_palette = remap.share_on_palette(film, step.cutout.solid, palette)
    if "calibrate" in stages:
        reel = _calibrated(film, step, reel, stages)
    return replace(step, name="palette", reel=reel, on_palette=on_palette, notes=notes)


def _calibrated(film: Film, step: Step, reel: Reel, stages: Collection[str]) -> Reel:
    """Read the frames by what frame 0 says of the service's colours, where they are off."""
    from .keying import specks  # what comes as it was drawn is not calibrated
    from .repair import calibrate, recognise

    if reel.own > recognise.FEW_COLORS:
        return recognise.recognise(film, reel, step.cutout.matte)
    if step.cutout.is_exact or not calibrate.is_possible(reel):
        return reel
    reel = calibrate.calibrate(film, step.cutout.matte, reel)
    return specks.tidy(reel) if "specks" in stages and not step.motion.fades else reel


def _remapped(film: Film, step: Step, palette: U8, policy: remap.Policy) -> Reel:
    """Return the clip on its palette; one that is there already stays as it was cut out."""
    if step.cutout.is_known:
        return step.reel
    return remap.remap(film, step.cutout, step.reel.source, palette, policy=policy)


def _told_apart(film: Film, step: Step, reel: Reel) -> Step:
    """Decide by the source's silhouette what the background's colour does not tell."""
    from .repair import silhouette

    decided = silhouette.decide(film, reel, step.cutout.matte)
    solid = decided.reel.solid
    on_palette = remap.share_on_palette(film, solid, reel.palette[: reel.own])
    cut = replace(step.cutout, solid=solid, residue=0)
    return replace(
        step,
        name="palette",
        reel=decided.reel,
        cutout=cut,
        on_palette=on_palette,
        undecided=decided.undecided,
    )


def _policy(clip: Clip, own: int) -> remap.Policy:
    """Return how many new colours a clip may bring: none, unless its rule asks for more."""
    return max(0, clip.colors - own) if isinstance(clip.colors, int) else "strict"


def _moved(frames: U8, cut: Cutout, off: tuple[int, int]) -> U8:
    """Shift whole pictures back by what they are off, matte coming in from the side."""
    out = np.repeat(np.repeat(cut.matte[:, None, None], frames.shape[1], 1), frames.shape[2], 2)
    height, width = frames.shape[1:3]
    x, y = off
    out[:, max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)] = frames[
        :, max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)
    ]
    return out


def _aligned(step: Step, clip: Clip) -> Step:
    reel, by = align.align(step.reel, step.motion)
    stray = [f"frame {at} by {_px(int(x), int(y))}" for at, (x, y) in enumerate(by) if x or y]
    if not stray:
        return step
    return replace(step, reel=reel, notes=(*step.notes, "put back: " + ", ".join(stray)))


def _first_locked(step: Step, clip: Clip) -> Step:
    """Put the source itself in place of frame 0 when frame 0 is a slightly damaged copy of it."""
    reel = step.reel
    if (reel.index[0] == reel.source).all() or not reel.source_solid.any():
        return step
    shape = loop.overlap(reel.solid[0], reel.source_solid)
    both = reel.solid[0] & reel.source_solid
    same = float((reel.index[0] == reel.source)[both].mean()) if both.any() else 0.0
    before = reel.difference(reel.index[0], reel.index[1 % reel.count])
    after = reel.difference(reel.source, reel.index[1 % reel.count])
    if shape < SAME_SHAPE or same < SAME_COLORS or after > max(FARTHER * before, 0.05):
        return step
    return replace(step, reel=reel.with_index(np.concatenate([reel.source[None], reel.index[1:]])))


def _looped(step: Step, clip: Clip) -> Step:
    if clip.loop is False:
        return step
    mended = loop.mend(step.reel, step.motion)
    notes = (*step.notes, mended.note) if mended.note else step.notes
    return replace(step, reel=mended.reel, notes=notes, to_and_fro=mended.to_and_fro)


def _px(x: int, y: int) -> str:
    """Say a shift in words: "2 px left and 1 px down"."""
    parts = [
        f"{abs(by)} px {words[by > 0]}"
        for by, words in ((x, ("left", "right")), (y, ("up", "down")))
        if by
    ]
    return " and ".join(parts)


_REPAIRS: Mapping[str, Callable[[Step, Clip], Step]] = {
    "align": _aligned,
    "lock_first": _first_locked,
    "loop": _looped,
}
