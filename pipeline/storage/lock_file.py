"""Read a project's lock file from its folder."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import StorageError
from . import lock
from .lock import Lock


def read(root: Path) -> Lock:
    """Return what the project's lock file says; an absent one is empty."""
    return lock.parse(text(root))


def text(root: Path) -> str:
    """Return the text of the project's lock file; an absent one is empty."""
    try:
        return (root / lock.NAME).read_bytes().decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{lock.NAME}: cannot be read ({exc})") from exc
