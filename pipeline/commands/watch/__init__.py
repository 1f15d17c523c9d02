"""A generator of sets of changed paths. Events are hints; a scan is the truth.

    for changed in watch.changes(root, settings.assets, settings.ignore, stop=stop):
        build(…)            # the first set is empty: the watches are armed, build everything

The caller owns the loop. What happens while it works is collected and told afterwards.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from ...storage.files import Tree
from . import mounts
from .extras import Extras
from .gate import Timing
from .loop import Watcher

__all__ = ["Timing", "changes"]

#: Polled mounts show sizes and times late.
_NETWORK_SETTLE_S = 2.0

_log = logging.getLogger(__name__)


def changes(
    root: Path,
    assets: Sequence[str],
    ignore: Sequence[str],
    *,
    stop: threading.Event,
    settle_s: float = 1.0,
    poll: bool | None = None,
    extra: Sequence[str] = (),
    timing: Timing | None = None,
    takes_fresh: bool = False,
) -> Iterator[frozenset[str]]:
    """Yield sets of paths that have changed and come to rest, until `stop` is set.

    The first set is empty and comes at once: from then on nothing is missed, so that a full build
    belongs there. Each later set holds sources, overrides and `extra` files (rules, settings; names
    or globs, POSIX and relative to `root`) that are new, changed or gone, and outputs that are
    gone. Each change is told once. A rename is told as one path that is new and, after a grace
    time, one that is gone.

    `settle_s` is how long a file has to be unchanged. `poll` scans again and again instead of
    waiting for events; None decides by the file system and says so. `timing` sets the other times.
    With `takes_fresh`, sources that changed less than `settle_s` before the start are told as well:
    a full build that leaves out what may still be written misses none of them.
    """
    timing = timing or Timing(settle_s=settle_s)
    tree, extras = Tree(root, assets, ignore), Extras(root, extra)
    kind = _network_type(root, tree.assets) if poll is None else None
    if kind is not None:
        _log.warning("the assets are on %s, which tells of no changes: scanning instead", kind)
        settle_s = max(timing.settle_s, _NETWORK_SETTLE_S)
        timing = msgspec.structs.replace(timing, settle_s=settle_s)
    if poll or kind is not None:
        yield from Watcher(tree, extras, timing, takes_fresh=takes_fresh).run(stop)
        return
    from .notices import Notices  # watchdog costs 54 ms to import

    wake = threading.Event()
    notices = Notices(root, extras, wake)
    watcher = Watcher(tree, extras, timing, notices=notices, wake=wake, takes_fresh=takes_fresh)
    yield from watcher.run(stop)


def _network_type(root: Path, assets: Sequence[str]) -> str | None:
    """Return the network file system that holds any of the assets, or None."""
    kinds = (mounts.network_type(root / folder) for folder in assets)
    return next((kind for kind in kinds if kind is not None), None)
