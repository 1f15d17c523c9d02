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
