"""APNG previews: exact in every pixel, frame and ms."""

from __future__ import annotations

from ..core.model import Pixels, SheetClip
from . import previews, sheet
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name one file for each clip."""
    return previews.paths(naming, "apng")


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return an APNG for each clip."""
    return previews.contents(drawn, _encode)


def _encode(drawn: Drawn, clip: SheetClip, shown: tuple[tuple[Pixels, int], ...]) -> bytes:
    from . import images

    origin = sheet.origin(drawn.sheet, clip, len(shown))
    return images.apng(shown, origin, loop=clip.loop)


TARGET = Target(name="apng", paths=paths, contents=contents, options={"scale": previews.SCALE})
