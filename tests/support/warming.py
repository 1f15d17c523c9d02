"""A process that forks commands loads what the first of them had to load: the next ones need not.

A command that ends writes down its modules; one that is killed does not.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from pathlib import Path

_NAME = "modules.txt"
_done: list[Path] = []


def note(folder: Path) -> None:
    """Write down which modules this process has, unless some have."""
    if not _done:
        (folder / _NAME).write_text("\n".join(sys.modules), "utf-8")


def load(folder: Path) -> None:
    """Load what was written down, once."""
    place = folder / _NAME
    if _done or not place.exists():
        return
    for name in place.read_text("utf-8").split("\n"):
        if name not in sys.modules and not name.startswith("__"):
            with suppress(ImportError):  # as one that somebody made up while running
                importlib.import_module(name)
    place.unlink()
    _done.append(place)
