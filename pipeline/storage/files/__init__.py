"""The game project's folder: root, YAML, scan, ignore files, stat index, atomic publish.

A file of a game is whole or not there: outputs are written beside and renamed. An unchanged stat
stands for unchanged bytes, except for a file that is younger than two seconds ("racily clean",
git's racy-git.txt). Links to folders are not followed. It must never change a source, or
replace or remove a file that is not known to be ours.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .by_folder import Digests, FoundFiles, Names, Stats
from .ignore import IGNORE_NAME
from .paths import (
    CONFIG_NAME,
    closed,
    expression,
    find,
    fold,
    is_glob,
    is_output,
    is_override,
    is_source,
    matching,
    name_problem,
    obstacle,
    on_disk,
    prepare,
)
from .scan import CACHES, Scan, Tree, scan, shown_names
from .stats import RACY_NS, Stat, stat_at, stat_of
from .walk import NO_FILE

if TYPE_CHECKING:
    from .carried import Carried
    from .snapshot import digest_of, is_still, read
    from .write import digests, publish, publish_long, publish_sets, remove, sweep, sync_folders

__all__ = [
    "CACHES",
    "CONFIG_NAME",
    "IGNORE_NAME",
    "NO_FILE",
    "RACY_NS",
    "Carried",
    "Digests",
    "FoundFiles",
    "Names",
    "Scan",
    "Stat",
    "Stats",
    "Tree",
    "closed",
    "digest_of",
    "digests",
    "expression",
    "find",
    "fold",
    "is_glob",
    "is_output",
    "is_override",
    "is_source",
    "is_still",
    "matching",
    "name_problem",
    "obstacle",
    "on_disk",
    "prepare",
    "publish",
    "publish_long",
    "publish_sets",
    "read",
    "remove",
    "scan",
    "shown_names",
    "stat_at",
    "stat_of",
    "sweep",
    "sync_folders",
]

#: Name to the module that has it, for what a run with nothing to do needs none of.
_LATER = {
    "Carried": "carried",
    "digest_of": "snapshot",
    "digests": "write",
    "is_still": "snapshot",
    "publish": "write",
    "publish_long": "write",
    "publish_sets": "write",
    "remove": "write",
    "sweep": "write",
    "sync_folders": "write",
    "read": "snapshot",
}


def __getattr__(name: str) -> object:
    """Load what a full run needs when it is asked for: comparing stats needs no SQLite."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
