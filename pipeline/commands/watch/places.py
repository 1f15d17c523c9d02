"""Which folders to watch, and whether the kernel really watches them."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ...storage.files import Scan

#: More separate watches than this cost more threads than leaving caches out is worth.
_MAX_PLACES = 24
_INOTIFY = re.compile(r"^inotify wd:\S+ ino:([0-9a-f]+)", re.MULTILINE)


def choose(
    scan: Scan, assets: Collection[str], extra: Iterable[tuple[str, bool]] = ()
) -> frozenset[tuple[str, bool]]:
    """Return which folders to watch, each alone or with all below it.

    watchdog cannot leave anything out of a recursive watch, so a folder above `.git`, `.godot` or
    `node_modules` is watched alone and its other folders one by one, as long as those are few.
    """
    chosen: set[tuple[str, bool]] = set()
    for top in assets:
        split = set(itertools.islice(_split(top, scan), _MAX_PLACES + 1))
        chosen |= split if len(split) <= _MAX_PLACES else {(top, True)}
    for folder, is_deep in extra:
        if not any(
            (folder == place and (is_whole or not is_deep))
            or (is_whole and _lies_in(folder, place))
            for place, is_whole in chosen
        ):
            chosen.add((folder, is_deep))
    return frozenset(chosen)


def inotify_inodes() -> set[int] | None:
    """Return the inodes of all folders that this process watches by inotify; None if not Linux."""
    if not sys.platform.startswith("linux"):
        return None
    inodes: set[int] = set()
    try:
        for link in Path("/proc/self/fd").iterdir():
            if _target(link) == "anon_inode:inotify":
                text = Path("/proc/self/fdinfo", link.name).read_text(encoding="ascii")
                inodes.update(int(found, 16) for found in _INOTIFY.findall(text))
    except OSError:
        return None
    return inodes


def limit_hint() -> str:
    """Return the sentence that helps when watches ran out."""
    try:
        limit = Path("/proc/sys/fs/inotify/max_user_watches").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return (
        f"; the system allows {limit} watches in all, raised by"
        " `sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024`"
    )


def _split(top: str, scan: Scan) -> Iterator[tuple[str, bool]]:
    """Yield the places that cover `top` without what was left out below it."""
    if not any(_lies_in(pruned, top) for pruned in scan.pruned):
        yield top, True
        return
    yield top, False
    for folder in scan.folders:
        if folder != top and (folder.rpartition("/")[0] or ".") == top:
            yield from _split(folder, scan)


def _lies_in(path: str, folder: str) -> bool:
    """Tell whether `path` is below `folder`."""
    return folder == "." or path.startswith(folder + "/")


def _target(link: Path) -> str:
    """Return where a link of `/proc` leads; one that just vanished leads nowhere."""
    try:
        return str(link.readlink())
    except OSError:
        return ""
