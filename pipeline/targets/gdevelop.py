"""GDevelop: a PNG for each frame, named so that its import makes the animations, and the object.

The import takes the number off each name, then whatever all names begin with: `walk` and
`walk_left` alone would become "" and "left", a single clip "". Where all clips begin with one
letter, a still picture under a name that begins with another keeps theirs whole.

`hero.anim.gdevelop.json` is the Sprite object as it stands under `objects` in a project's
`game.json`, with times, loops and the origin; `resources` lists its pictures.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.model import SheetClip
from . import frames, roots, sheet, texts, timing
from .target import Drawn, Home, Naming, Option, Target

#: What the still picture may be called: the first that no clip begins like.
_STILL = ("still", "rest", "pose")


def paths(naming: Naming) -> tuple[str, ...]:
    """Name a picture for each frame that each clip plays, the still one if need be, the object."""
    found = [
        naming.path("png", target="gdevelop", clip=f"{name}_{number:03}")
        for name, count in naming.clips
        for number in range(count)
    ]
    if still := _still(naming):
        found.append(naming.path("png", target="gdevelop", clip=f"{still}_000"))
    return (*found, naming.path("json", target="gdevelop"))


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the pictures, then the object."""
    still = [_first(drawn)] if _still(drawn.naming) else []
    return (*frames.pictures(drawn), *still, _object(drawn))


def _still(naming: Naming) -> str:
    """Return the still picture's name; "" where it is not needed, or clips come one by one."""
    letters = {name[0] for name, _ in naming.clips}
    if naming.part or len(letters) != 1:
        return ""
    return next(one for one in _STILL if one[0] not in letters)


def _first(drawn: Drawn) -> bytes:
    """Return the first frame once more."""
    from . import images

    clip = drawn.sheet.clips[0]
    pixels = drawn.sheet.frames[clip.first].pixels
    return images.png(pixels, sheet.origin(drawn.sheet, clip, 1))


def _object(drawn: Drawn) -> bytes:
    """Return the object with its pictures."""
    root = str(drawn.options["root"])
    files = iter([roots.inside(path, root, "gdevelop") for path in paths(drawn.naming)[:-1]])
    animations: list[texts.Json] = []
    listed: list[str] = []
    for clip in drawn.sheet.clips:
        shown = [next(files) for _ in timing.baked(drawn.sheet, clip)]
        listed += shown
        animations.append(_animation(drawn, clip, shown))
    listed += list(files)
    about: texts.Json = {
        "type": "Sprite",
        "name": str(drawn.options["prefix"]) or drawn.naming.name,
        "updateIfNotVisible": True,
        "variables": [],
        "effects": [],
        "behaviors": [],
        "animations": animations,
    }
    resources: list[texts.Json] = [
        {"file": file, "kind": "image", "metadata": "", "name": file, "smoothed": False,
         "userAdded": True}
        for file in listed
    ]  # fmt: skip
    return texts.dump({"object": about, "resources": resources})


def _animation(drawn: Drawn, clip: SheetClip, shown: list[str]) -> dict[str, texts.Json]:
    """Return one clip: GDevelop has one time for all frames of it."""
    seconds = timing.base_ms(drawn.sheet, clip) / 1000
    direction: texts.Json = {
        "looping": clip.loop,
        "timeBetweenFrames": seconds,
        "sprites": list(_sprites(drawn, shown)),
    }
    return {"name": clip.name, "useMultipleDirections": False, "directions": [direction]}


def _sprites(drawn: Drawn, shown: list[str]) -> Iterator[dict[str, texts.Json]]:
    """Yield each picture with its origin."""
    x, y = drawn.sheet.pivot
    width, height = drawn.layout.cell
    for file in shown:
        yield {
            "image": file,
            "points": [],
            "originPoint": {"name": "origine", "x": x, "y": y},
            "centerPoint": {
                "automatic": False, "name": "centre", "x": width / 2, "y": height / 2
            },
            "hasCustomCollisionMask": False,
            "customCollisionMask": [],
        }  # fmt: skip


TARGET = Target(
    name="gdevelop",
    paths=paths,
    contents=contents,
    home=Home(file="game.json"),
    options={
        "prefix": Option(default="", doc="what the object is called; by default the sheet's name"),
        "root": roots.option(".", "the folder that holds game.json"),
    },
)
