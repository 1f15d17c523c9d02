"""Plugins for the programs that artists sit in, as files that `init --plugin` puts into a project.

Each folder here holds a program's files under the paths that they have in a game project. Every
file says which plugin version it is, so that `doctor` can tell an old one.
"""

from __future__ import annotations

import re
from pathlib import Path

from ....core.errors import UsageError
from ....core.model import File

#: Raised with every change to any of the files.
VERSION = 2
_MARK = re.compile(rb"pixelpipe plugin version (\d+)")


def engines() -> tuple[str, ...]:
    """Return the programs that there are plugins for."""
    return tuple(sorted(folder.name for folder in _home().iterdir() if _is_plugin(folder)))


def files(engine: str) -> tuple[File, ...]:
    """Return the plugin's files, with paths relative to the folder of the engine's project.

    Raises UsageError when there is no plugin for `engine`.
    """
    folder = _home() / engine
    if engine not in engines():
        raise UsageError(f"there is no plugin for {engine!r}; known: {', '.join(engines())}")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(
        File(path=path.relative_to(folder).as_posix(), content=path.read_bytes()) for path in paths
    )


def version(content: bytes) -> int | None:
    """Return the plugin version that a file says it is, or None for a file that is not ours."""
    found = _MARK.search(content)
    return int(found[1]) if found else None


def _home() -> Path:
    return Path(__file__).parent


def _is_plugin(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(("_", "."))
