"""libGDX: a texture atlas whose regions are clips: `atlas.findRegions("hero_walk")`.

The format has no time; regions are listed as played, held frames again, so that one duration fits
all: `new Animation<>(1f / 8f, regions, PlayMode.LOOP)`.
"""

from __future__ import annotations

from ..core.model import SheetClip
from . import texts, timing
from .target import Drawn, Naming, Option, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("atlas"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the atlas in the form that the option names."""
    is_legacy = drawn.options["form"] == "legacy"
    colon, comma = (": ", ", ") if is_legacy else (":", ",")
    rows = [
        *([""] if is_legacy else []),  # the old reader wants an empty line before a page
        drawn.image_name,
        f"size{colon}{drawn.layout.width}{comma}{drawn.layout.height}",
        f"format{colon}RGBA8888",
        f"filter{colon}Nearest{comma}Nearest",
        f"repeat{colon}none",
    ]
    describe = _legacy_region if is_legacy else _region
    for clip in drawn.sheet.clips:
        name = _region_name(drawn, clip)
        for index, frame in enumerate(timing.baked(drawn.sheet, clip)):
            rows += [name, *describe(drawn, index, frame)]
    return (texts.lines(*rows),)


def _region_name(drawn: Drawn, clip: SheetClip) -> str:
    """Return sheet and clip; a colon would end the name."""
    return f"{drawn.naming.name}_{clip.name}".replace(":", "_")


def _region(drawn: Drawn, index: int, frame: int) -> tuple[str, ...]:
    """Describe a region as libGDX writes it since 1.9.13."""
    x, y = drawn.layout.place(frame)
    width, height = drawn.layout.cell
    return (f"index:{index}", f"bounds:{x},{y},{width},{height}")


def _legacy_region(drawn: Drawn, index: int, frame: int) -> tuple[str, ...]:
    """Describe a region as every version reads it."""
    x, y = drawn.layout.place(frame)
    width, height = drawn.layout.cell
    return (
        "  rotate: false",
        f"  xy: {x}, {y}",
        f"  size: {width}, {height}",
        f"  orig: {width}, {height}",
        "  offset: 0, 0",
        f"  index: {index}",
    )


TARGET = Target(
    name="libgdx",
    paths=paths,
    contents=contents,
    options={
        "form": Option(
            default="new",
            choices=("new", "legacy"),
            doc="new: libGDX 1.9.13 and later; legacy: every version",
        )
    },
)
