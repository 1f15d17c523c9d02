"""Which files version control carries: those are somebody's, and never removed by themselves."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from . import version_control

_MARKS = (".git", ".hg", ".svn", ".jj", ".plastic", ".p4config")


def carried(root: Path, places: Collection[Path]) -> frozenset[Path]:
    """Return those of `places` that version control carries; all where that cannot be known."""
    mark = next(
        (name for folder in (root, *root.parents) for name in _MARKS if (folder / name).exists()),
        "",
    )
    if not mark:
        return frozenset()
    found = _of_git(root, places) if mark == ".git" else None
    return frozenset(places) if found is None else found


def _of_git(root: Path, places: Collection[Path]) -> frozenset[Path] | None:
    folders = sorted({place.parent.relative_to(root).as_posix() for place in places})
    found = version_control.git(root, "ls-files", "-z", "--", *folders)
    if found is None:
        return None
    listed = set(found.split("\0"))
    return frozenset(place for place in places if place.relative_to(root).as_posix() in listed)
