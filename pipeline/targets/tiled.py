"""Tiled: a tileset with an animated tile for each clip.

Tiled loops everything; a clip that plays once says so in a property of its tile, and a clip's name
is its tile's type.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from ..core.model import SheetClip
from . import texts, timing
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("tsx"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the tileset."""
    width, height = drawn.layout.cell
    places = drawn.layout
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<tileset version="1.8" tiledversion="1.8.2" name={quoteattr(drawn.naming.name)}'
        f' tilewidth="{width}" tileheight="{height}" spacing="{places.gutter}"'
        f' tilecount="{places.columns * places.rows}" columns="{places.columns}">',
        " <properties>",
        f'  <property name="pngHash" value="{drawn.digest}"/>',
        " </properties>",
        f" <image source={quoteattr(drawn.image_name)}"
        f' width="{places.width}" height="{places.height}"/>',
    ]
    for tile, clip in sorted(_tiles(drawn).items()):
        rows += _tile(drawn, tile, clip)
    return (texts.lines(*rows, "</tileset>"),)


def _tiles(drawn: Drawn) -> dict[int, SheetClip]:
    """Return the tile that carries each clip: its first one that carries no other yet.

    Clips that share frames share tiles too, and a tile has but one animation.
    """
    carried: dict[int, SheetClip] = {}
    for clip in drawn.sheet.clips:
        span = (*range(clip.first, clip.first + clip.count), *range(drawn.layout.count))
        free = next((tile for tile in span if tile not in carried), None)
        if free is not None:
            carried[free] = clip
    return carried


def _tile(drawn: Drawn, tile: int, clip: SheetClip) -> list[str]:
    """Return one animated tile."""
    frames = (
        f'   <frame tileid="{frame}" duration="{ms}"/>'
        for frame, ms in timing.play(drawn.sheet, clip)
    )
    return [
        f' <tile id="{tile}" type={quoteattr(clip.name)}>',
        "  <properties>",
        f'   <property name="loop" type="bool" value="{texts.boolean(clip.loop)}"/>',
        "  </properties>",
        "  <animation>",
        *frames,
        "  </animation>",
        " </tile>",
    ]


TARGET = Target(name="tiled", paths=paths, contents=contents)
