"""Files that are not finished yet: how they are called, and which of them nobody will finish.

The name says who writes: process and machine. A file whose process is dead is a leftover at once;
where that cannot be known (another machine, Windows, an older release) its age decides.

A part of the core that touches files: whoever writes one whole, in any wing, names it here.
"""

from __future__ import annotations

import itertools
import os
import re
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .late import expression

#: Part of the name of every file that is not finished yet; such a file is hidden as well.
TEMPORARY = ".pixelpipe-tmp"
#: A temporary file of this age in seconds belongs to no run that is still alive.
_OLD_S = 300.0
_OWNER = expression(re.escape(TEMPORARY) + r"(\d+)-([0-9a-f]{8})-")
_numbers = itertools.count()
_BEGUN_S = time.time()


def name(final: str) -> str:
    """Return a name for a file on its way to be called `final`, in the same folder."""
    # Hidden, and an output by name: no scanner, watcher or engine takes it for a picture.
    return f".{final}{TEMPORARY}{os.getpid()}-{_machine()}-{next(_numbers)}"


def sweep(places: Iterable[Path], *, now_s: float) -> tuple[Path, ...]:
    """Delete those of `places` that nobody will finish; return them."""
    gone = []
    for place in places:
        with suppress(OSError):
            if TEMPORARY in place.name and _is_left(place, now_s):
                place.unlink()
                gone.append(place)
    return tuple(gone)


def inside(folder: str | Path) -> list[Path]:
    """Return the unfinished files of one folder; none where it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return [Path(one.path) for one in entries if TEMPORARY in one.name]
    except OSError:
        return []


def _is_left(place: Path, now_s: float) -> bool:
    written_s = place.lstat().st_mtime
    if now_s - written_s > _OLD_S:
        return True
    found = _OWNER.search(place.name)
    if found is None or found[2] != _machine():
        return False
    # In a container a process is often the namesake of one that was killed.
    return written_s < _BEGUN_S if int(found[1]) == os.getpid() else _is_dead(int(found[1]))


def _is_dead(process: int) -> bool:
    if os.name == "nt":  # there a signal of 0 ends a process
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _machine() -> str:
    node = os.environ.get("COMPUTERNAME", "") if os.name == "nt" else os.uname().nodename
    return f"{zlib.crc32(node.encode(errors='replace')):08x}"
