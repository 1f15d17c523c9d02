"""The sheet itself: one PNG of all cells, always written, to which the other targets refer."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.model import Provenance, Sheet, SheetClip
from . import layout
from .target import Drawn, Naming, Option, Target, Value


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("png"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the PNG, with the origin of every clip in it."""
    from . import images

    return (images.png(drawn.pixels, drawn.sheet.provenance),)


def draw(sheet: Sheet, options: Mapping[str, Value], part: str = "") -> Drawn:
    """Lay out and draw `sheet`; `part` names the clip when it holds but one."""
    places = arrange(sheet.cell, len(sheet.frames), options)
    pixels = layout.draw(places, sheet.frames)
    naming = Naming(stem=sheet.stem, clips=(), options=options, part=part)
    return Drawn(
        sheet=sheet,
        layout=places,
        pixels=pixels,
        digest=layout.digest(pixels),
        image=paths(naming)[0],
        naming=naming,
    )


def arrange(cell: tuple[int, int], count: int, options: Mapping[str, Value]) -> layout.Layout:
    """Lay out `count` cells as the options say; raises AssetError when they do not fit."""
    limits = layout.Limits(
        columns=count if options["layout"] == "row" else int(options["columns"]),
        gutter=int(options["gutter"]),
        max_width=int(options["max_width"]),
        max_height=int(options["max_height"]),
        power_of_two=bool(options["power_of_two"]),
    )
    return layout.arrange(cell, count, limits)


def only(sheet: Sheet, clip: SheetClip) -> Sheet:
    """Return the sheet of `clip` alone, its frames counted from 0."""
    return msgspec.structs.replace(
        sheet,
        frames=sheet.frames[clip.first : clip.first + clip.count],
        clips=(msgspec.structs.replace(clip, first=0),),
        provenance=origin(sheet, clip, clip.count),
    )


def origin(sheet: Sheet, clip: SheetClip, count: int) -> tuple[Provenance, ...]:
    """Return what an image of `clip` alone, with `count` frames, says of where it comes from."""
    return tuple(
        msgspec.structs.replace(entry, frames=(0, count))
        for entry in sheet.provenance
        if entry.clip == clip.name
    )


TARGET = Target(
    name="sheet",
    paths=paths,
    contents=contents,
    options={
        "layout": Option(
            default="grid", choices=("grid", "row"), doc="rows as wide as fit, or one row"
        ),
        "columns": Option(default=0, low=0, high=256, doc="most cells in a row; 0: as many as fit"),
        "gutter": Option(default=0, low=0, high=64, doc="transparent px between cells"),
        "max_width": Option(
            default=layout.MAX_WIDTH_PX, low=16, high=16384, doc="widest image in px"
        ),
        "max_height": Option(
            default=layout.MAX_HEIGHT_PX, low=16, high=16384, doc="highest image in px"
        ),
        "power_of_two": Option(default=False, doc="round width and height up to powers of two"),
        "per": Option(
            default="source",
            choices=("source", "clip"),
            doc="what the targets describe: one sheet for the source, or one for each clip",
        ),
    },
)
