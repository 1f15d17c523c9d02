"""Which files version control carries: those are somebody's, and never removed by themselves."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path

_MARKS = (".git", ".hg", ".svn", ".jj", ".plastic", ".p4config")
_LIMIT_S = 10.0


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
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--", *folders],
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    if done.returncode:
        return None
    listed = set(done.stdout.split(b"\0"))
    return frozenset(
        place for place in places if place.relative_to(root).as_posix().encode() in listed
    )
