"""Find the source that a command's FILE means, or say what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from ..api import Project
from ..core.errors import UsageError
from ..storage import files, lock


def source(opened: Project, file: Path) -> str:
    """Return the path of the source that `file` is, or is an output of, from the root.

    Unicode forms count as equal. Raises UsageError for what lies outside of the project.
    """
    root, place = opened.root.resolve(), file.resolve()
    if not place.is_relative_to(root):
        raise UsageError(f"{file}: lies outside of the project {opened.root}")
    path = files.on_disk(root, place.relative_to(root).as_posix())
    if files.is_output(file.name):
        path = f"{lock.stem(path)}.png"
    return path


def near_miss(file: Path) -> str:
    """Return "; did you mean …?" for a file that is not there, or ""."""
    from difflib import get_close_matches

    folder = file.parent
    names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    pictures = [name for name in names if files.is_source(name)]
    alike = get_close_matches(file.name, pictures, n=1, cutoff=0.6)
    return f"; did you mean {folder / alike[0]}?" if alike else ""
