"""GameMaker: a local package of sprites, or one strip for each clip.

The package is imported by one drag, with names, speeds and origins. The IDE cuts a strip by its
name (`_stripN`); it has neither speed nor origin: those stand in a JSON beside it, to be typed in
or read by a script. Directions and holds of strips are baked: a sprite only counts up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.model import SheetClip
from . import layout, sheet, texts, timing
from .target import Drawn, Naming, Option, Shown, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name a strip for each clip, or the package, then the JSON."""
    facts = naming.path("json", target="gamemaker")
    if naming.options["form"] == "package":
        return (naming.path("yymps", target="gamemaker"), facts)
    strips = (naming.path("png", clip=f"{name}_strip{count}") for name, count in naming.clips)
    return (*strips, facts)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the strips, or the package, then the JSON."""
    if drawn.options["form"] == "package":
        from . import gamemaker_package

        names = tuple(sprite_name(drawn, clip) for clip in drawn.sheet.clips)
        return (gamemaker_package.content(drawn, names), _facts(drawn))
    return (*_strips(drawn), _facts(drawn))


def _strips(drawn: Drawn) -> Iterator[bytes]:
    """Draw each clip as one row of its frames as played."""
    from . import images

    for clip in drawn.sheet.clips:
        frames = [drawn.sheet.frames[i] for i in timing.baked(drawn.sheet, clip)]
        origin = sheet.origin(drawn.sheet, clip, len(frames))
        yield images.png(layout.strip(frames), origin)


def _facts(drawn: Drawn) -> bytes:
    """List what the strips cannot say."""
    *found, _ = paths(drawn.naming)
    # Of a package, every sprite is in the one file.
    files = found if len(found) == len(drawn.sheet.clips) else found * len(drawn.sheet.clips)
    sprites = [
        _sprite(drawn, clip, path) for clip, path in zip(drawn.sheet.clips, files, strict=True)
    ]
    return texts.dump({"pngHash": drawn.digest, "sprites": sprites})


def sprite_name(drawn: Drawn, clip: SheetClip) -> str:
    """Return what the sprite is to be called; names are global in a game.

    A package may hold none but GameMaker's own kind of names: letters, digits, `_`.
    """
    name = f"spr_{str(drawn.options['prefix']) or drawn.naming.name}_{clip.name}"
    return re.sub(r"\W", "_", name, flags=re.ASCII) if drawn.options["form"] == "package" else name


def _sprite(drawn: Drawn, clip: SheetClip, path: str) -> dict[str, texts.Json]:
    """Describe one strip in the words of GameMaker's sprite editor."""
    return {
        "name": sprite_name(drawn, clip),
        "file": path.rpartition("/")[2],
        "frames": len(timing.baked(drawn.sheet, clip)),
        "fps": timing.fps(drawn.sheet, clip),
        "loop": clip.loop,
        "xorigin": drawn.sheet.pivot[0],
        "yorigin": drawn.sheet.pivot[1],
    }


TARGET = Target(
    name="gamemaker",
    paths=paths,
    contents=contents,
    options={
        "form": Option(
            default="strip",
            choices=("strip", "package"),
            doc="strips to be dragged in one by one; or a local package (.yymps) of whole sprites "
            "with their speeds and origins",
        ),
        "prefix": Option(
            default="", doc="what stands between `spr_` and the clip; by default the sheet's name"
        ),
    },
    shown=Shown(
        ending=".gamemaker.json", text=lambda name: f'"name": "spr_{texts.plain(name)[1:-1]}_'
    ),
)
