"""Ren'Py: an image for each clip, `show hero walk`, in ATL over cells of the sheet.

Ren'Py has a time for each frame; directions are baked. Image names are global in a game. Pixels
stay sharp by `nearest`; the pivot is the anchor.
"""

from __future__ import annotations

import re

from ..core.model import SheetClip
from . import roots, texts, timing
from .target import Drawn, Home, Naming, Option, Shown, Target

#: Words that Ren'Py's own statements take for themselves.
_KEYWORDS = frozenset(
    ("as", "at", "behind", "call", "expression", "hide", "if", "image", "in", "init", "jump",
     "label", "menu", "onlayer", "python", "return", "scene", "show", "transform", "while", "with",
     "zorder")
)  # fmt: skip


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("rpy"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the images."""
    tag = word(str(drawn.options["prefix"]) or drawn.naming.name)
    rows = [f"# sheet {drawn.digest}"]
    for clip in drawn.sheet.clips:
        rows += ["", *_image(drawn, clip, tag)]
    return (texts.lines(*rows),)


def word(name: str) -> str:
    """Return `name` as a part of an image's name: letters, digits and `_`, and no keyword."""
    found = re.sub(r"\W", "_", name).lower()
    return f"{found}_" if found in _KEYWORDS else found


def _image(drawn: Drawn, clip: SheetClip, tag: str) -> list[str]:
    """Return one image: each cell with its seconds."""
    image = texts.quote(roots.inside(drawn.image, str(drawn.options["root"]), "renpy"))
    pivot = drawn.sheet.pivot
    rows = [f"image {_first(tag)} {word(clip.name)}:", f"    anchor ({pivot[0]}, {pivot[1]})"]
    rows.append("    nearest True")
    for frame, ms in timing.play(drawn.sheet, clip):
        cell = ", ".join(str(px) for px in (*drawn.layout.place(frame), *drawn.layout.cell))
        rows += [f"    Crop(({cell}), {image})", f"    {texts.number(ms / 1000)}"]
    return [*rows, "    repeat"] if clip.loop else rows


def _first(tag: str) -> str:
    """Return a tag that does not begin with a digit."""
    return f"_{tag}" if tag[:1].isdigit() else tag


TARGET = Target(
    name="renpy",
    paths=paths,
    contents=contents,
    home=Home(file="game/options.rpy", folder="game"),
    shown=Shown(ending=".rpy", text=lambda name: f"\nimage {_first(word(name))} "),
    options={
        "prefix": Option(default="", doc="the images' tag; by default the sheet's name"),
        "root": roots.option("game", "the folder that Ren'Py loads files from"),
    },
)
