"""What version control says of a file: does a clone bring it, or is it kept out of commits?"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

_GIT_S = 20
#: Nothing of a foreign repository's configuration may start a program.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


class Standing(StrEnum):
    """How git stands to a file."""

    CARRIED = "carried"
    IGNORED = "ignored"
    LOOSE = "loose"
    #: There is no git, or the file lies in no work tree.
    UNKNOWN = "unknown"


def git(root: Path, *arguments: str) -> str | None:
    """Return what git says; None when it fails, finds nothing, or is not there."""
    import subprocess  # slow to load, and few runs ask

    try:
        done = subprocess.run(
            (*_GIT, "-C", str(root), *arguments),
            capture_output=True,
            timeout=_GIT_S,
            check=True,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def standing(root: Path, name: str) -> Standing:
    """Return how git stands to the file `name` in the folder `root`.

    A file that is ignored but was added nevertheless is carried. Case does not count: some systems
    open `.ENV` as `.env`.
    """
    carried = git(root, "ls-files", "-z", "--", f":(icase){name}")
    if carried is None:
        return Standing.UNKNOWN
    if carried:
        return Standing.CARRIED
    ignored = git(root, "check-ignore", "--", name)
    return Standing.IGNORED if ignored else Standing.LOOSE
