"""One JSON that Phaser 3 and 4 and PixiJS 7 and 8 play.

Phaser's animation keys are global, so each tag carries the sheet's name: `hero_walk`. It plays
`pingpong_reverse` forward, so that one is baked, and it ignores `repeat`: the game says
`play({key: "hero_walk", repeat: -1})`. PixiJS's textures are global by frame name:
`Assets.load({src, data: {cachePrefix: "hero/"}})`.
"""

from __future__ import annotations

from ..core.model import Direction
from . import aseprite, texts
from .target import Drawn, Naming, Option, Shown, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    return (naming.path("json", target="web"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return Aseprite's JSON as browsers need it."""
    name = str(drawn.options["prefix"]) or drawn.naming.name
    style = aseprite.Style(
        prefix=f"{name}_", baked=frozenset({Direction.PINGPONG_REVERSE}), is_for_web=True
    )
    return (aseprite.document(drawn, style),)


TARGET = Target(
    name="web",
    shown=Shown(ending=".web.json", text=lambda name: f'"name": {texts.plain(name)[:-1]}_'),
    paths=paths,
    contents=contents,
    options={
        "prefix": Option(
            default="",
            doc="what stands before each animation's name, and `_`; by default the sheet's name",
        )
    },
)
