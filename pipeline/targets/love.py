"""LÖVE: a Lua table of quads and tags.

`love.filesystem.load("hero.anim.lua")()` returns it; `require` cannot, because it takes the dot for
a folder. Times are seconds, frame numbers start at 1 and ranges include both ends.
"""

from __future__ import annotations

from ..core.model import SheetClip
from . import texts
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("lua"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the table."""
    width, height = drawn.layout.cell
    pivot = drawn.sheet.pivot
    rows = [
        "return {",
        f"  image = {texts.quote(drawn.image_name)}, w = {width}, h = {height},"
        f" sheet_w = {drawn.layout.width}, sheet_h = {drawn.layout.height},",
        f'  png_hash = "{drawn.digest}",',
        f"  pivot = {{ x = {pivot[0]}, y = {pivot[1]} }},",
        "  frames = {",
        *(_frame(drawn, index) for index in range(len(drawn.sheet.frames))),
        "  },",
        "  tags = {",
        *(_tag(clip) for clip in drawn.sheet.clips),
        "  },",
        "}",
    ]
    return (texts.lines(*rows),)


def _frame(drawn: Drawn, index: int) -> str:
    """Return one quad with its seconds."""
    x, y = drawn.layout.place(index)
    width, height = drawn.layout.cell
    seconds = texts.number(drawn.sheet.frames[index].duration_ms / 1000)
    return f"    {{ x = {x}, y = {y}, w = {width}, h = {height}, duration = {seconds} }},"


def _tag(clip: SheetClip) -> str:
    """Return one clip as a range."""
    return (
        f"    [{texts.quote(clip.name)}] = {{ from = {clip.first + 1},"
        f' to = {clip.first + clip.count}, direction = "{clip.direction}",'
        f" loop = {texts.boolean(clip.loop)} }},"
    )


TARGET = Target(name="love", paths=paths, contents=contents)
