"""Whether the sheets of a source will hold what is asked for: found out before it is bought.

What is certain needs no picture: a cell is never smaller than the source. How many frames come, and
how far a motion reaches, is known afterwards only: what is asked for, and the mirror images that
the rule wants of the picture, are what a purchase has to fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import targets
from ..config import cells
from ..core import keys
from ..core.errors import AssetError, SourceError, SupersededError
from ..core.model import Clip, Flip, Frames, Rule, Source, TargetChoice
from ..storage import pictures
from ..storage.remembered import Facts
from ..storage.state import State
from ..targets import playback

Size = tuple[int, int]


def check(
    source: Source, rule: Rule, adopted: Sequence[Frames], chosen: tuple[TargetChoice, ...]
) -> None:
    """Raise AssetError when no sheet holds a frame of each clip, however small it turns out.

    `rule` has a clip for each cell of a sheet; `adopted` are clips whose frames are all there.
    """
    counts = {one.clip: len(one.paths) for one in adopted}
    least = tuple((clip.name, counts.get(clip.name, 1)) for clip in rule.clips)
    targets.room(_size(source, rule), least, chosen)


def problem(
    root: Path, source: Source, rule: Rule, chosen: tuple[TargetChoice, ...], state: State
) -> str:
    """Say why what is asked for would fit no sheet; "" when it would.

    Raises SourceError for a picture that was saved meanwhile.
    """
    try:
        cell = _cell(root, source, rule, state)
        targets.room(cell, playback.stored(rule.clips), chosen)
    except AssetError as exc:
        return str(exc)
    return ""


def _size(source: Source, rule: Rule) -> Size:
    return (source.width, source.height) if rule.cells is None else rule.cells


def _cell(root: Path, source: Source, rule: Rule, state: State) -> Size:
    """Return the cell that the picture and its mirror images need, from the state when known."""
    mirrored = _mirrored(rule)
    if not mirrored or rule.pivot in (None, "bottom", "center", "top"):
        return _size(source, rule)
    places = sorted({clip.cell for clip in mirrored}, key=str)
    words = f"{source.byte_digest} mirrored {rule.pivot} {rule.cells} {rule.pick} {places}"
    name = keys.digest(words.encode())
    facts = state.facts(source.path, name)
    if facts is None:
        size = _measured(root, source, rule, places)
        facts = Facts(width=size[0], height=size[1])
        state.learn(source.path, name, facts)
    return facts.width, facts.height


def _mirrored(rule: Rule) -> list[Clip]:
    """Return the clips that are mirrored left for right, and may leave the source's rectangle."""
    known = {clip.name: clip for clip in rule.clips}

    def is_turned(clip: Clip) -> bool:
        base = known.get(clip.derived_from or "")
        return (clip.flip is Flip.X) != (base is not None and is_turned(base))

    return [clip for clip in rule.clips if clip.crop != "original" and is_turned(clip)]


def _measured(root: Path, source: Source, rule: Rule, places: Sequence[int | None]) -> Size:
    from ..imaging.frames import cell  # heavy, and not needed when nothing has changed
    from ..imaging.picture import raster

    try:
        pixels = pictures.pixels(root, source)
    except SupersededError as exc:
        raise SourceError(f"{source.path}: was saved while it was read; build again") from exc
    base = raster.array(cells.overlay(pixels, rule))
    parts = [raster.array(cells.picture(pixels, rule, one)) for one in places]
    left, top, right, bottom = cell.mirrored(base, parts, cell.pivot(rule.pivot, base))
    return right - left, bottom - top
