"""RPG Maker MV and MZ: one character, 3 steps wide and 4 directions high.

The engine plays columns 1, 2, 1, 0 and stands on 1. A walk cycle of n frames gives the standing
frame 0 and, a quarter of the way from it on either side, the two steps. The file's name must begin
with `$`, which says "one character", so this is the one output that stands beside its source under
another first letter; it belongs into img/characters/.
"""

from __future__ import annotations

from ..core.errors import AssetError
from ..core.model import Frame, SheetClip
from . import layout, timing
from .target import Drawn, Naming, Option, Target

#: Rows from the top, as the engine reads them.
DIRECTIONS = ("down", "left", "right", "up")
STEPS = 3


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file."""
    folder, slash, name = naming.path("png", target="rpgmaker").rpartition("/")
    return (f"{folder}{slash}${name}",)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return the character.

    Raises AssetError when a direction has no clip.
    """
    from . import images

    clips = {clip.name: clip for clip in drawn.sheet.clips}
    rows = [clips[name] for name in _rows(drawn.naming)]
    shown = [frame for clip in rows for frame in _steps(drawn, clip)]
    places = _places(drawn.naming, drawn.layout.cell)
    return (images.png(layout.draw(places, shown), drawn.sheet.provenance),)


def _places(_: Naming, cell: tuple[int, int]) -> layout.Layout:
    """Lay out the character; raises AssetError when its cells are too large for a sheet."""
    return layout.arrange(cell, STEPS * len(DIRECTIONS), layout.Limits(columns=STEPS))


def _rows(naming: Naming) -> list[str]:
    """Return the name of each direction's clip.

    Raises AssetError when one is not there.
    """
    base = str(naming.options["clip"])
    clips = {name for name, _ in naming.clips}
    same = naming.options["directions"] == "one"
    wanted = [base if same else f"{base}_{direction}" for direction in DIRECTIONS]
    missing = [name for name in dict.fromkeys(wanted) if name not in clips]
    if missing:
        raise AssetError(
            f"target rpgmaker finds no clip {', '.join(missing)}; name clips "
            f"{base}_down, {base}_left, {base}_right and {base}_up, or say "
            "`rpgmaker: {clip: NAME, directions: one}` to use one clip for all four"
        )
    return wanted


def _steps(drawn: Drawn, clip: SheetClip) -> tuple[Frame, ...]:
    """Return one step, standing, and the other step."""
    shown = [frame for frame, _ in timing.play(drawn.sheet, clip)]
    quarter = max(1, (len(shown) + 2) // 4)
    picked = (-quarter % len(shown), 0, quarter % len(shown))
    return tuple(drawn.sheet.frames[shown[i]] for i in picked)


TARGET = Target(
    name="rpgmaker",
    paths=paths,
    contents=contents,
    fits=_rows,
    room=_places,
    options={
        "clip": Option(default="walk", doc="the clip, or what its four names begin with"),
        "directions": Option(
            default="four",
            choices=("four", "one"),
            doc="four: clips NAME_down, NAME_left, NAME_right, NAME_up; one: NAME in every row",
        ),
    },
)
