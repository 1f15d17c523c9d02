"""The file of a saved plan: `plan --out` writes it, `build --plan` reads it."""

from __future__ import annotations

from pathlib import Path

from ..core import small_files
from ..core.errors import StorageError, UsageError
from ..plan import saved_plans
from ..plan.saved_plans import SavedPlan

_MOST_BYTES = 256 * small_files.MIB


def write(path: Path, saved: SavedPlan) -> None:
    """Write a plan file. Raises StorageError."""
    try:
        path.write_bytes(saved_plans.encode(saved))
    except OSError as exc:
        raise StorageError(f"{path}: {exc.strerror or exc}") from exc


def read(path: Path) -> SavedPlan:
    """Read a plan file.

    Raises UsageError when it is none, ConfigError when a newer pixelpipe wrote it.
    """
    try:
        content = small_files.read(path, most=_MOST_BYTES)
    except OSError as exc:
        raise UsageError(f"{path}: {exc.strerror or exc}") from exc
    return saved_plans.decode(content, str(path))
