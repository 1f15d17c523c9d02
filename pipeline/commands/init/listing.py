"""What lies in a folder that is no project yet: names, and the texts that tell a game engine.

One bounded walk at the edge; `setup` decides on what it found. Links are not followed, and what
cannot be read is left out: nothing here is worth an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ...core import small_files
from ...core.model import Record
from ...storage import files

#: Files that name the engine, or say so inside.
MARKERS = frozenset(
    ("project.godot", "package.json", "Cargo.toml", "main.lua", "conf.lua", "game.project",
     "ProjectVersion.txt", "requirements.txt", "pyproject.toml", "main.py", "game.py", "run.py",
     "__main__.py", "game.json", "options.rpy")
)  # fmt: skip
#: A marker deeper than this belongs to an example or a dependency.
MARKER_DEPTH = 3
_MAX_TEXT_BYTES = 256 * 1024
_MAX_FILES = 200_000
_UNITY_CACHES = frozenset(("Library", "Temp", "Logs", "obj", "Obj", "Build", "Builds"))
#: Folders that build tools fill; only where their tool is at home.
_BUILT = {"Cargo.toml": "target", "package.json": "dist", "game.project": "build"}


class Listing(Record, frozen=True, kw_only=True):
    """Files and folders below a root, as POSIX paths relative to it, sorted."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    #: Path of each marker file to its text.
    texts: Mapping[str, str] = {}

    @property
    def sources(self) -> tuple[str, ...]:
        """The PNGs that may be sources: not hidden, and not ours."""
        return tuple(path for path in self.files if files.is_source(path))


def take(root: Path, *, depth: int | None = None) -> Listing:
    """List what is below `root`, without hidden folders and caches, at most 200,000 files.

    `depth` 0 lists only what is in `root` itself, 1 also what is in its folders, and so on.
    """
    files: list[str] = []
    folders: list[str] = []
    texts: dict[str, str] = {}
    for place, inner, names in os.walk(root):
        folder = Path(place).relative_to(root).as_posix()
        level = 0 if folder == "." else folder.count("/") + 1
        inner[:] = sorted(_looked_into(inner, names))
        folders += [_join(folder, name) for name in inner]
        if depth is not None and level >= depth:
            inner.clear()
        for name in names:
            path = _join(folder, name)
            files.append(path)
            if name in MARKERS and level <= MARKER_DEPTH:
                texts[path] = _text(Path(place, name))
        if len(files) > _MAX_FILES:
            break
    return Listing(files=tuple(sorted(files)), folders=tuple(sorted(folders)), texts=texts)


def _looked_into(inner: list[str], names: list[str]) -> list[str]:
    """Leave out what other programs fill, and names that no YAML file could state."""
    left = {_BUILT[name] for name in names if name in _BUILT} | files.CACHES
    if "ProjectSettings" in inner:
        left |= _UNITY_CACHES
    return [name for name in inner if name[0] != "." and name not in left and _is_text(name)]


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _text(place: Path) -> str:
    """Return a marker's text; "" where it cannot be read. A pipe is not waited for."""
    try:
        with os.fdopen(os.open(place, small_files.FLAGS), "rb") as stream:
            return stream.read(_MAX_TEXT_BYTES).decode(errors="replace")
    except OSError:
        return ""
