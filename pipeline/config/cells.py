"""Cells of a sheet as pictures of their own: `cells: 16x16, pick: [0, 5]` of a rule. Pure.

The sheet stays the source: it has one set of outputs and one place in the lock file. Each clip of
the rule is there once for each picked cell, as `idle_0` and `idle_5`, and is bought for that
cell's pixels: an edit of another cell costs nothing, equal cells are bought once.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..core.errors import SourceError
from ..core.model import Clip, Pixels, Request, Rule, Source
from . import matching
from .matching import Match


def expand(rule: Rule) -> Rule:
    """Return the rule with each clip once for each picked cell; any other rule as it is."""
    if not is_cut(rule):
        return rule
    clips = tuple(_clip(clip, cell) for cell in picked(rule) for clip in rule.clips)
    return msgspec.structs.replace(rule, clips=clips)


def is_cut(rule: Rule) -> bool:
    """Tell whether the rule is about single cells of its sources."""
    return rule.cells is not None and bool(rule.pick)


def picked(rule: Rule) -> tuple[int, ...]:
    """Return the numbers of the picked cells, each once, from 0, row by row."""
    return tuple(dict.fromkeys(rule.pick))


def requests(source: Source, match: Match, digest: Callable[[int], str]) -> tuple[Request, ...]:
    """Return the requests for all picked cells; `digest` gives the pixel digest of a cell.

    Prompts know the clip's own name and the cell's width and height.
    """
    size = match.rule.cells
    assert size is not None
    found: list[Request] = []
    for cell in picked(match.rule):
        place = msgspec.structs.replace(
            source, pixel_digest=digest(cell), width=size[0], height=size[1]
        )
        found += [
            msgspec.structs.replace(one, clip=_name(one.clip, cell), cell=cell)
            for one in matching.requests(place, match)
        ]
    return tuple(found)


def check(source: Source, rule: Rule) -> None:
    """Raise SourceError unless all picked cells are there."""
    size = rule.cells
    if size is None:
        return
    columns, rows = source.width // size[0], source.height // size[1]
    text = f"{source.path}: cells of {size[0]}x{size[1]} px"
    if (columns * size[0], rows * size[1]) != (source.width, source.height) or not columns:
        raise SourceError(f"{text} do not fill {source.width}x{source.height} px")
    for cell in picked(rule):
        if cell >= columns * rows:
            raise SourceError(
                f"{text}: there is no cell {cell}; the last one is {columns * rows - 1}"
            )


def picture(pixels: Pixels, rule: Rule, cell: int | None) -> Pixels:
    """Return the picture that a clip is made from: the cell, or the whole source."""
    if cell is None or rule.cells is None:
        return pixels
    width, height = rule.cells
    top, left = divmod(cell, pixels.width // width)
    starts = (((top * height + y) * pixels.width + left * width) * 4 for y in range(height))
    rows = (pixels.rgba[start : start + width * 4] for start in starts)
    return Pixels(width=width, height=height, rgba=b"".join(rows))


def overlay(pixels: Pixels, rule: Rule) -> Pixels:
    """Return all picked cells laid over each other: the one place where a pivot is measured."""
    if not is_cut(rule):
        return pixels
    laid = [picture(pixels, rule, cell) for cell in picked(rule)]
    dots = [
        max((one.rgba[at : at + 4] for one in laid), key=lambda dot: dot[3])
        for at in range(0, len(laid[0].rgba), 4)
    ]
    return msgspec.structs.replace(laid[0], rgba=b"".join(dots))


def _clip(clip: Clip, cell: int) -> Clip:
    origin = None if clip.derived_from is None else _name(clip.derived_from, cell)
    return msgspec.structs.replace(
        clip, name=_name(clip.name, cell), derived_from=origin, cell=cell
    )


def _name(clip: str, cell: int) -> str:
    return f"{clip}_{cell}"
