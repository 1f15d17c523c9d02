"""GameMaker: one strip for each clip, which the IDE imports by its name (`_stripN`).

A strip has neither speed nor origin: those stand in a JSON beside it, to be typed in or read by a
script. Directions and holds are baked, because a GameMaker sprite only counts up.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import SheetClip
from . import layout, sheet, texts, timing
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name a strip for each clip, then the JSON."""
    strips = (naming.path("png", clip=f"{name}_strip{count}") for name, count in naming.clips)
    return (*strips, naming.path("json", target="gamemaker"))


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the strips, then the JSON."""
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
    strips = paths(drawn.naming)
    sprites = [
        _sprite(drawn, clip, path)
        for clip, path in zip(drawn.sheet.clips, strips[:-1], strict=True)
    ]
    return texts.dump({"pngHash": drawn.digest, "sprites": sprites})


def _sprite(drawn: Drawn, clip: SheetClip, path: str) -> dict[str, texts.Json]:
    """Describe one strip in the words of GameMaker's sprite editor."""
    return {
        "name": f"spr_{drawn.naming.name}_{clip.name}",
        "file": path.rpartition("/")[2],
        "frames": len(timing.baked(drawn.sheet, clip)),
        "fps": timing.fps(drawn.sheet, clip),
        "loop": clip.loop,
        "xorigin": drawn.sheet.pivot[0],
        "yorigin": drawn.sheet.pivot[1],
    }


TARGET = Target(name="gamemaker", paths=paths, contents=contents)
