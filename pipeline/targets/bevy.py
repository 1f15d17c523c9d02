"""Bevy: the sheet for bevy_asset_loader, and its clips in a RON of our own schema.

Bevy has no file for sprite animations. `hero.anim.assets.ron` gives image and layout as dynamic
assets; `hero.anim.ron` holds the times and clips for a loader of the game's own.
"""

from __future__ import annotations

from ..core.model import Direction, SheetClip
from . import roots, texts
from .target import Drawn, Home, Naming, Option, Shown, Target

_DIRECTIONS = {
    Direction.FORWARD: "Forward",
    Direction.REVERSE: "Reverse",
    Direction.PINGPONG: "PingPong",
    Direction.PINGPONG_REVERSE: "PingPongReverse",
}


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the clips, then the dynamic assets."""
    return (naming.path("ron"), naming.path("assets.ron"))


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the clips, then the dynamic assets."""
    return (_clips(drawn), _assets(drawn))


def _clips(drawn: Drawn) -> bytes:
    """Return grid, times, pivot and clips; ranges include both ends."""
    width, height = drawn.layout.cell
    durations = ", ".join(str(frame.duration_ms) for frame in drawn.sheet.frames)
    return texts.lines(
        "(",
        f"    image: {texts.quote(drawn.image_name)},",
        f'    png_hash: "{drawn.digest}",',
        f"    tile_size: ({width}, {height}),",
        f"    columns: {drawn.layout.columns},",
        f"    rows: {drawn.layout.rows},",
        f"    padding: ({drawn.layout.gutter}, {drawn.layout.gutter}),",
        f"    pivot: ({drawn.sheet.pivot[0]}, {drawn.sheet.pivot[1]}),",
        f"    durations_ms: [{durations}],",
        "    clips: {",
        *(_clip(clip) for clip in drawn.sheet.clips),
        "    },",
        ")",
    )


def _clip(clip: SheetClip) -> str:
    """Return one clip."""
    repeat = "Loop" if clip.loop else "Once"
    return (
        f"        {texts.quote(clip.name)}: (first: {clip.first},"
        f" last: {clip.first + clip.count - 1}, repeat: {repeat},"
        f" direction: {_DIRECTIONS[clip.direction]}),"
    )


def _assets(drawn: Drawn) -> bytes:
    """Return image and layout under names of their own: keys are global in a collection."""
    image = roots.inside(drawn.image, str(drawn.options["root"]), "bevy")
    width, height = drawn.layout.cell
    gutter = drawn.layout.gutter
    padding = f", padding_x: {gutter}, padding_y: {gutter}" if gutter else ""
    name = str(drawn.options["prefix"]) or drawn.naming.name
    return texts.lines(
        "({",
        f"    {texts.quote(f'{name}.image')}: Image(path: {texts.quote(image)}, sampler: nearest),",
        f"    {texts.quote(f'{name}.layout')}:"
        f" TextureAtlasLayout(tile_size_x: {width}, tile_size_y: {height},"
        f" columns: {drawn.layout.columns}, rows: {drawn.layout.rows}{padding}),",
        "})",
    )


TARGET = Target(
    name="bevy",
    home=Home(file="Cargo.toml", folder="assets"),
    shown=Shown(ending=".assets.ron", text=lambda name: texts.quote(f"{name}.image")),
    paths=paths,
    contents=contents,
    options={
        "prefix": Option(default="", doc="what assets are called; by default the sheet's name"),
        "root": roots.option("assets", "the folder that Bevy loads assets from"),
    },
)
