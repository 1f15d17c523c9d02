"""Say of every clip what a plan says, from memory: where nothing is to do, a plan lists what is.

`telling` has noted what a plan said of each clip, and of the plan as a whole what has no clip in
it: the frame. Both together are the whole document. It is given only if it has as many clips as the
run has counted: whatever is missing is looked at anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ...core import listing
from ...core.model import ANIMATE_CREDITS
from ...storage.state import State
from ...storage.told import About, Line, Told
from .. import json_steps
from . import quick
from .quick import Found

_FRESH = "fresh"


def answer(found: Found, home: Path) -> Iterable[bytes] | None:
    """Return the document of a plan if nothing differs, as `quick` has found; else None.

    `home` is the user's state folder.
    """
    if not found.said[0] or not found.is_lock_same or found.differing:
        return None
    return document(Path(found.root), home, found.content[found.listing_at :])


def document(root: Path, home: Path, listed: bytes | None = None) -> Iterable[bytes] | None:
    """Return the document of a plan as it was noted last, in pieces; None if not all is known.

    `listed`: it must have been noted beside this listing.
    """
    state = State.open(root, home)
    fields, noted = state.fields, state.listing()
    frames = [fields[at + 2] for at in range(len(fields) - 2) if _is_frame(fields, at)]
    whole = state.whole
    if whole is None or whole.outdated is None or not frames or listed not in (None, noted):
        return None
    sources = _sources(listing.folders(noted, 0))
    lines = {source: lines for source in sources if (lines := state.told(source))}
    if sum(map(len, lines.values())) != whole.clips:
        return None
    document = msgspec.json.decode(frames[-1])
    document["totals"]["outdated"] = whole.outdated
    return _filled(document, lines)


def _is_frame(fields: Sequence[str], at: int) -> bool:
    return fields[at] == quick.OUT and fields[at + 1] == quick.LISTED


def _sources(folders: Mapping[str, bytes]) -> list[str]:
    """Return the pictures that a listing names, sorted as a plan has its sources."""
    found = []
    for folder, text in folders.items():
        begin = "" if folder == "." else f"{folder}/"
        found += [
            f"{begin}{name}"
            for name in listing.entries(text)
            if name.endswith(listing.SOURCE_SUFFIXES) and ".anim." not in name
        ]
    return sorted(found)


def _filled(document: dict[str, Any], told: Mapping[str, Sequence[Line]]) -> Iterator[bytes]:
    """Return the text of a document with these clips, all of which are fresh."""
    steps = (_step(source, *line) for source, lines in told.items() for line in lines)
    clips = sum(map(len, told.values()))
    purchases = [one.purchase for lines in told.values() for one, _ in lines if one.purchase]
    document["totals"] |= {"sources": len(told), "clips": clips, _FRESH: clips}
    document["totals"]["seconds"] = 0.0
    document["forecast"]["placeholders"] = {
        "clips": len(purchases),
        "credits": len(set(purchases)) * ANIMATE_CREDITS,
    }
    return json_steps.pieces(document, steps)


def _step(source: str, told: Told, about: About) -> dict[str, object]:
    """Return one step, as `Report.json` has it."""
    return {
        "source": source,
        "clip": told.clip,
        "step": _FRESH,
        "state": _FRESH,
        "reason": about.reason,
        "rule": about.rule,
        "request_key": told.key.hex(),
        "credits": 0,
        "seconds": None,
        "grade": None,
        "files": [],
        "warnings": [],
        "notes": [],
        "reading": "",
        "error": None,
        "place": about.place,
        "prompt": about.prompt,
        "refusal": None,
        "cannot_be_bought": about.unfit or None,
    }
