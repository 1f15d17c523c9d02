"""GIF previews: seen everywhere; 255 colours, no soft alpha, hundredths of a second."""

from __future__ import annotations

from ..core.model import Pixels, SheetClip
from . import previews
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name one file for each clip."""
    return previews.paths(naming, "gif")


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return a GIF for each clip."""
    return previews.contents(drawn, _encode)


def _encode(_: Drawn, clip: SheetClip, shown: tuple[tuple[Pixels, int], ...]) -> bytes:
    from . import images

    return images.gif(shown, loop=clip.loop)


TARGET = Target(name="gif", paths=paths, contents=contents, options={"scale": previews.SCALE})
