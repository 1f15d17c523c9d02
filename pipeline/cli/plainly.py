"""Plain commands, and the recipe of build systems, without what reads the words of all others.

`quick` has read them already. What reads words and writes help takes as long to load as a sprite
to draw. Nothing is decided here: the commands are the same.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..run.uptodate import quick
from ..run.uptodate.quick import Found
from . import loudness
from .uptodate import Memory


def run(found: Found) -> None:
    """Do what was asked for; ends as `words.run` does."""
    loudness.open_log()
    if found.command == "plan":
        from . import planning

        planning.run(planning.Asked(found.start), Memory(is_plain=True, found=found))
        return
    if found.command == quick.LISTED:
        _list(found)
        return
    from . import building

    asked = building.Asked(found.start)
    if not found.stamp:
        building.run(asked, Memory(is_plain=True, found=found))
        return
    asked = asked._replace(frozen=True, dep=Path(found.depfile), stamp=Path(found.stamp))
    building.run(asked, Memory(recipe=(found.depfile, found.stamp)))


def _list(found: Found) -> None:
    """Print a plan as one object: from memory, where nothing has changed."""
    from ..run.uptodate import listed
    from .voice import show_pieces

    if (document := listed.answer(found, Path(quick.home(os.environ)))) is not None:
        show_pieces(document)
        return
    from . import planning

    asked = planning.Asked(found.start, as_json=True)
    planning.run(asked, Memory(is_listed=True, found=found))
