"""Unity: the JSON that the importer script of `pixelpipe init --plugin unity` reads.

JsonUtility cannot read objects with unknown keys, so frames are a list and PixiJS's extras are left
out. The script slices the sheet and makes the clips.
"""

from __future__ import annotations

from . import aseprite
from .target import Drawn, Naming, Target


def paths(naming: Naming) -> tuple[str, ...]:
    """Name the one file; the script looks for it beside the sheet."""
    return (naming.path("json", target="unity"),)


def contents(drawn: Drawn) -> tuple[bytes, ...]:
    """Return Aseprite's JSON in its array form."""
    return (
        aseprite.document(drawn, aseprite.Style(is_array=True, has_extras=False, app="pixelpipe")),
    )


TARGET = Target(name="unity", paths=paths, contents=contents)
