"""Read a project's lock file from its folder."""

from __future__ import annotations

from pathlib import Path

from ..core import small_files
from ..core.errors import StorageError
from . import lock
from .lock import Lock

#: A project of 100,000 sprites has a lock file of half this size.
_MOST_BYTES = 128 * small_files.MIB


def read(root: Path) -> Lock:
    """Return what the project's lock file says; an absent one is empty."""
    return lock.parse(text(root))


def text(root: Path) -> str:
    """Return the text of the project's lock file; an absent one is empty."""
    try:
        return small_files.read(root / lock.NAME, most=_MOST_BYTES, within=root).decode()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else exc
        raise StorageError(f"{lock.NAME}: cannot be read ({why})") from exc
