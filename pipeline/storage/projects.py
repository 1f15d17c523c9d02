"""Which purchases the user's projects name: a small file for each in the state folder.

It says what a project's lock file named when a run last saw it. So what a project needs is known
also when its folder lies on a disk that is not there now.

    projects/2f0c…    JSON: the root, and the digests of the bought bytes, 16 hex digits of each
    projects/.begun   its time stamp says since when projects are noted
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core import keys, private, small_files, unfinished
from ..core.errors import PixelpipeError
from ..core.model import Record
from . import lock, lock_file

#: Hex digits that tell bytes apart here: 64 bits.
SHORT = 16
_MOST_BYTES = 32 * small_files.MIB
_FOLDER = "projects"
_BEGUN = ".begun"


class Seen(Record, frozen=True, kw_only=True):
    """A project as a run last saw it."""

    root: str
    named: tuple[str, ...]


def note(home: Path, root: Path) -> None:
    """Note what the project's lock file names now, if it has changed since; `home` is the state.

    Where that cannot be written it is left: nothing goes for being unknown but by its age.
    """
    place = home / _FOLDER / keys.digest(str(root.resolve()).encode())[:SHORT]
    with suppress(OSError, PixelpipeError):
        if place.exists() and place.stat().st_mtime_ns > (root / lock.NAME).stat().st_mtime_ns:
            return
        digests = {digest[:SHORT] for digest in lock.bought(lock_file.lines(root))}
        seen = Seen(root=str(root.resolve()), named=tuple(sorted(digests)))
        private.folder(place.parent)
        if not (begun := place.parent / _BEGUN).exists():
            begun.touch()
        temporary = place.with_name(unfinished.name(place.name))
        temporary.write_bytes(msgspec.json.encode(seen))
        os.replace(temporary, place)  # noqa: PTH105


def all_seen(home: Path) -> Iterator[Seen]:
    """Yield every project that was seen. Raises OSError or ValueError for what cannot be read."""
    folder = home / _FOLDER
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not place.name.startswith("."):
            yield msgspec.json.decode(small_files.read(place, most=_MOST_BYTES), type=Seen)


def begun_s(home: Path) -> float | None:
    """Return since when projects are noted: of none before that is known what it needs."""
    try:
        return (home / _FOLDER / _BEGUN).stat().st_mtime
    except OSError:
        return None


def sweep(home: Path, now_s: float) -> None:
    """Delete what killed runs left half written."""
    unfinished.sweep(unfinished.inside(home / _FOLDER), now_s=now_s)
