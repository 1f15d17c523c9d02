"""Add files and lines to a folder that is somebody's: nothing that is there is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...core import small_files
from ...core.errors import StorageError
from . import starter

_MOST_BYTES = 4 * small_files.MIB


def create(root: Path, path: str, content: bytes) -> bool:
    """Write a new file below `root`, folders and all; False when something is there already.

    Raises StorageError where nothing can be written, or when the way leads out of `root`.
    """
    place = root / path
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.parent.resolve().is_relative_to(root.resolve()):
            raise StorageError(f"{path}: leads outside of the project through a link")
        with place.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    except OSError as exc:
        raise _storage(path, exc) from exc
    return True


def has(root: Path, path: str, content: bytes) -> bool:
    """Tell whether the file is there with exactly this content."""
    try:
        return small_files.read(root / path, most=_MOST_BYTES) == content
    except OSError:
        return False


def append(root: Path, path: str, lines: Sequence[str]) -> tuple[str, ...] | None:
    """Append those of `lines` that a text file lacks, and return them; make the file if need be.

    Returns None for a file that cannot be added to safely: a link, a folder, or not UTF-8.
    Raises StorageError where nothing can be written.
    """
    place = root / path
    try:
        if place.is_symlink() or (place.exists() and not place.is_file()):
            return None
        text = ""
        if place.exists():
            text = small_files.text(place, most=_MOST_BYTES)
        added = starter.missing(text, lines)
        if added:
            with place.open("ab") as stream:
                stream.write(starter.addition(text, added).encode())
    except UnicodeDecodeError:
        return None
    except OSError as exc:
        raise _storage(path, exc) from exc
    return added


def folder(root: Path, path: str) -> bool:
    """Make a folder; False when it is there. Raises StorageError where that is impossible."""
    place = root / path
    try:
        if place.is_dir():
            return False
        place.mkdir(parents=True)
    except OSError as exc:
        raise _storage(path, exc) from exc
    return True


def _storage(path: str, exc: OSError) -> StorageError:
    return StorageError(f"{path}: cannot be written: {exc.strerror or exc}")
