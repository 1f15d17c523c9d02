"""Aseprite's JSON: what Phaser, PixiJS, LÖVE, pygame and most home-made engines read.

One document for all of them: frame names "0", "1", … as Phaser wants them, with PixiJS's
`animations` and `anchor`, which Aseprite's readers ignore.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.model import Direction, Record, SheetClip
from . import texts, timing
from .target import Drawn, Naming, Option, Target


class Style(Record, frozen=True, kw_only=True):
    """What differs between the readers of the format."""

    is_array: bool = False
    #: Stands before each tag: keys of animations are global in Phaser.
    prefix: str = ""
    #: Directions that the reader plays wrongly: their frames are listed in playing order.
    baked: frozenset[Direction] = frozenset()
    #: PixiJS's `animations` and `anchor`.
    has_extras: bool = True
    #: The image's name is an address: characters that mean something there are encoded.
    is_for_web: bool = False
    #: Every frame lasts as long as the shortest: held ones are listed again. The reader has no
    #: time for each frame, so the tags say how fast and whether for ever.
    is_even: bool = False
    #: What melonJS must find in `meta.app` to take the file for Aseprite's.
    app: str = "pixelpipe (aseprite)"


class _Tag(Record, frozen=True, kw_only=True):
    """A clip as a range of the listed frames."""

    clip: SheetClip
    first: int
    last: int
    direction: Direction


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("json"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the JSON in the form that the option names."""
    style = Style(is_array=drawn.options["form"] == "array")
    return (document(drawn, style),)


def document(drawn: Drawn, style: Style) -> bytes:
    """Return the JSON text of `drawn` in `style`."""
    listed, tags = _listed(drawn, style)
    cells = [_cell(drawn, frame, style) for frame in listed]
    frames: texts.Json
    if style.is_array:
        frames = [{"filename": str(i), **cell} for i, cell in enumerate(cells)]
    else:
        frames = {str(i): cell for i, cell in enumerate(cells)}
    extras = {"animations": _animations(tags, style)} if style.has_extras else {}
    return texts.dump({"frames": frames, **extras, "meta": _meta(drawn, tags, style)})


def _listed(drawn: Drawn, style: Style) -> tuple[list[int], list[_Tag]]:
    """Return the cells to list, and the clips as ranges of that list.

    A baked clip gets entries of its own behind the others, which show the same cells again.
    """
    listed = list(range(len(drawn.sheet.frames)))
    tags = []
    for clip in drawn.sheet.clips:
        first, count, direction = clip.first, clip.count, clip.direction
        if style.is_even or direction in style.baked:
            shown = [frame for frame, _ in timing.play(drawn.sheet, clip)]
            if style.is_even:
                shown = list(timing.baked(drawn.sheet, clip))
            first, count, direction = len(listed), len(shown), Direction.FORWARD
            listed += shown
        tags.append(_Tag(clip=clip, first=first, last=first + count - 1, direction=direction))
    return listed, tags


def _cell(drawn: Drawn, frame: int, style: Style) -> dict[str, texts.Json]:
    """Describe one cell; `trimmed` must be written, or PixiJS takes it for true."""
    x, y = drawn.layout.place(frame)
    width, height = drawn.layout.cell
    whole = {"x": 0, "y": 0, "w": width, "h": height}
    cell: dict[str, texts.Json] = {
        "frame": {"x": x, "y": y, "w": width, "h": height},
        "rotated": False,
        "trimmed": False,
        "spriteSourceSize": whole,
        "sourceSize": {"w": width, "h": height},
        "duration": drawn.sheet.frames[frame].duration_ms,
    }
    if style.has_extras:
        pivot = drawn.sheet.pivot
        cell["anchor"] = {"x": round(pivot[0] / width, 6), "y": round(pivot[1] / height, 6)}
    return cell


def _animations(tags: list[_Tag], style: Style) -> dict[str, texts.Json]:
    """List each clip's frame names as one round plays them: PixiJS knows no direction."""
    return {
        style.prefix + tag.clip.name: [
            str(tag.first + i)
            for i in timing.order(tag.last - tag.first + 1, tag.direction, loop=tag.clip.loop)
        ]
        for tag in tags
    }


def _meta(drawn: Drawn, tags: list[_Tag], style: Style) -> dict[str, texts.Json]:
    """Describe the image, the tags and the pivot, and say where each clip comes from.

    The hash makes importers notice new pixels.
    """
    width, height = drawn.layout.cell
    bounds = {"x": 0, "y": 0, "w": width, "h": height}
    pivot = {"x": drawn.sheet.pivot[0], "y": drawn.sheet.pivot[1]}
    return {
        "app": style.app,
        "version": "1.0",
        "image": texts.url(drawn.image_name) if style.is_for_web else drawn.image_name,
        "pngHash": drawn.digest,
        "format": "RGBA8888",
        "size": {"w": drawn.layout.width, "h": drawn.layout.height},
        "scale": "1",
        "frameTags": [_tag(drawn, tag, style) for tag in tags],
        "layers": [{"name": "Layer", "opacity": 255, "blendMode": "normal"}],
        "slices": [
            {
                "name": "pivot",
                "color": "#0000ffff",
                "keys": [{"frame": 0, "bounds": bounds, "pivot": pivot}],
            }
        ],
        "provenance": [msgspec.to_builtins(clip) for clip in drawn.sheet.provenance],
    }


def _tag(drawn: Drawn, tag: _Tag, style: Style) -> Mapping[str, texts.Json]:
    """Describe one clip; `repeat` is a string, and its absence means for ever."""
    even = {"speed": timing.fps(drawn.sheet, tag.clip), "loop": tag.clip.loop}
    return {
        "name": style.prefix + tag.clip.name,
        "from": tag.first,
        "to": tag.last,
        "direction": tag.direction.value,
        **({} if tag.clip.loop else {"repeat": str(rounds(tag.direction))}),
        "color": "#000000ff",
        **(even if style.is_even else {}),
    }


def rounds(direction: Direction) -> int:
    """Return Aseprite's count for playing once: a ping-pong counts each way as one."""
    return 2 if direction in (Direction.PINGPONG, Direction.PINGPONG_REVERSE) else 1


TARGET = Target(
    name="aseprite",
    paths=paths,
    contents=contents,
    options={
        "form": Option(
            default="hash",
            choices=("hash", "array"),
            doc="frames as an object (hash) or as a list (array)",
        )
    },
)
