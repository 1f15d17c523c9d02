"""Defold: a tile source over an image of its own, or an atlas of single images.

Defold has one integer rate for a clip and no time for a frame. Directions and holds are baked: in
the tile source's image each clip is one run of tiles, counted from 1, both ends included.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import SheetClip
from . import frames, layout, roots, texts, timing
from .target import Drawn, Home, Naming, Option, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the description, then the image or images that it refers to."""
    return (_description(naming), *_images(naming))


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the description, then the image or images."""
    if drawn.options["form"] == "atlas":
        return (_atlas(drawn), *frames.pictures(drawn))
    return (_tile_source(drawn), _tiles(drawn))


def _description(naming: Naming) -> str:
    return naming.path(str(naming.options["form"]))


def _images(naming: Naming) -> tuple[str, ...]:
    """Name the images: they are not those of target `frames`, so that both can be chosen."""
    if naming.options["form"] == "tilesource":
        return (naming.path("png", target="defold"),)
    return tuple(
        naming.path("png", target="defold", clip=f"{name}_{number:03}")
        for name, count in naming.clips
        for number in range(count)
    )


def _tiles(drawn: Drawn) -> bytes:
    """Draw every clip's frames as played, one clip after the other."""
    from . import images

    shown = [
        drawn.sheet.frames[i] for clip in drawn.sheet.clips for i in timing.baked(drawn.sheet, clip)
    ]
    places = layout.arrange(drawn.layout.cell, len(shown))
    return images.png(layout.draw(places, shown), drawn.sheet.provenance)


def _tile_source(drawn: Drawn) -> bytes:
    """Return the tile source; every field that Defold requires is stated."""
    width, height = drawn.layout.cell
    (image,) = _images(drawn.naming)
    rows = [
        f"image: {_absolute(drawn, image)}",
        f"tile_width: {width}",
        f"tile_height: {height}",
        "tile_margin: 0",
        "tile_spacing: 0",
        'material_tag: "tile"',
    ]
    first = 1
    for clip in drawn.sheet.clips:
        count = len(timing.baked(drawn.sheet, clip))
        span = [f"  start_tile: {first}", f"  end_tile: {first + count - 1}"]
        rows += _animation(drawn, clip, span)
        first += count
    return texts.lines(*rows, "extrude_borders: 2")


def _atlas(drawn: Drawn) -> bytes:
    """Return the atlas: an image for each frame as played."""
    images = iter(_images(drawn.naming))
    rows: list[str] = []
    for clip in drawn.sheet.clips:
        count = len(timing.baked(drawn.sheet, clip))
        rows += _animation(drawn, clip, list(_listed(drawn, images, count)))
    return texts.lines(*rows, "extrude_borders: 2")


def _listed(drawn: Drawn, images: Iterator[str], count: int) -> Iterator[str]:
    """Yield the lines that list the next `count` images."""
    for _, image in zip(range(count), images, strict=False):
        yield from ("  images {", f"    image: {_absolute(drawn, image)}", "  }")


def _animation(drawn: Drawn, clip: SheetClip, shown: list[str]) -> list[str]:
    """Return one animation group around `shown`."""
    return [
        "animations {",
        f"  id: {texts.quote(clip.name)}",
        *shown,
        f"  playback: PLAYBACK_{'LOOP' if clip.loop else 'ONCE'}_FORWARD",
        f"  fps: {max(1, round(timing.fps(drawn.sheet, clip)))}",
        "}",
    ]


def _absolute(drawn: Drawn, path: str) -> str:
    """Return `path` as Defold refers to it: from the folder of game.project."""
    return texts.quote("/" + roots.inside(path, str(drawn.options["root"]), "defold"))


TARGET = Target(
    name="defold",
    home=Home(file="game.project"),
    paths=paths,
    contents=contents,
    options={
        "form": Option(
            default="tilesource",
            choices=("tilesource", "atlas"),
            doc="one image of tiles, or an atlas of single images",
        ),
        "root": roots.option(".", "the folder that holds game.project"),
    },
)
