"""The game project's folder: root, YAML, scan, ignore files, stat index, atomic publish."""

from __future__ import annotations

from .ignore import IGNORE_NAME
from .index import Facts, Index, prepare
from .outputs import digests, publish, remove, sweep
from .paths import CONFIG_NAME, find, fold, is_output, is_override, is_source, name_problem
from .scan import CACHES, Scan, Stat, Tree, scan, stat_of
from .snapshot import read

__all__ = [
    "CACHES",
    "CONFIG_NAME",
    "IGNORE_NAME",
    "Facts",
    "Index",
    "Scan",
    "Stat",
    "Tree",
    "digests",
    "find",
    "fold",
    "is_output",
    "is_override",
    "is_source",
    "name_problem",
    "prepare",
    "publish",
    "read",
    "remove",
    "scan",
    "stat_of",
    "sweep",
]
