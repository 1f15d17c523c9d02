"""WebP previews: lossless, soft alpha, exact ms; smaller than GIF and APNG."""

from __future__ import annotations

from ..core.model import Pixels, SheetClip
from . import previews
from .target import Drawn, Naming, Option, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name one file for each clip."""
    return previews.paths(naming, "webp")


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return a WebP for each clip."""
    return previews.contents(drawn, _encode)


def _encode(drawn: Drawn, clip: SheetClip, shown: tuple[tuple[Pixels, int], ...]) -> bytes:
    from . import images

    return images.webp(shown, loop=clip.loop, effort=int(drawn.options["effort"]))


TARGET = Target(
    name="webp",
    paths=paths,
    contents=contents,
    options={
        "scale": previews.SCALE,
        "effort": Option(
            default=4,
            low=0,
            high=6,
            doc="6 makes files 10 to 25 % smaller and may take 200 times as long (release builds)",
        ),
    },
)
