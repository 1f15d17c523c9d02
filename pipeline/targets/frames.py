"""A PNG for each frame, for editors that import sequences, such as Construct 3.

Numbers count frames as played: directions and holds are baked, so that names sort in play order.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import sheet, timing
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name a file for each frame that each clip plays."""
    return tuple(
        naming.path("png", clip=f"{name}_{number:03}")
        for name, count in naming.clips
        for number in range(count)
    )


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the frames of each clip."""
    return tuple(pictures(drawn))


def pictures(drawn: Drawn) -> Iterator[bytes]:
    """Yield a PNG for each frame that each clip plays."""
    from . import images

    for clip in drawn.sheet.clips:
        origin = sheet.origin(drawn.sheet, clip, 1)
        made: dict[int, bytes] = {}
        for frame in timing.baked(drawn.sheet, clip):
            if frame not in made:
                made[frame] = images.png(drawn.sheet.frames[frame].pixels, origin)
            yield made[frame]


TARGET = Target(name="frames", paths=paths, contents=contents)
