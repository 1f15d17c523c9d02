"""Previews: one animated picture for each clip, for people and web pages, not for engines."""

from __future__ import annotations

from collections.abc import Callable

from ..core.model import Pixels, SheetClip
from . import timing
from .target import Drawn, Naming, Option

SCALE = Option(default=1, low=1, high=16, doc="px on each side that a pixel becomes")
#: Encodes one clip: its frames with their ms.
Encode = Callable[[Drawn, SheetClip, tuple[tuple[Pixels, int], ...]], bytes]


def paths(naming: Naming, extension: str) -> tuple[str, ...]:
    """Name one file for each clip."""
    return tuple(naming.path(extension, clip=name) for name, _ in naming.clips)


def contents(drawn: Drawn, encode: Encode) -> tuple[bytes, ...]:
    """Return each clip as `encode` writes its frames, in playing order and scaled."""
    from . import images

    scale = int(drawn.options["scale"])
    frames = [images.scaled(frame.pixels, scale) for frame in drawn.sheet.frames]
    return tuple(
        encode(
            drawn,
            clip,
            tuple((frames[frame], ms) for frame, ms in timing.play(drawn.sheet, clip)),
        )
        for clip in drawn.sheet.clips
    )
