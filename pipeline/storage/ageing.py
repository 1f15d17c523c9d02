"""The user's own store does not grow for ever: what nobody has used for long goes, by age and size.

What the lock file of any project named when it was last seen stays. So does what was paid for,
unless git carries the same bytes in a project: it would have to be bought again. What goes cost
nothing, and is made again for nothing where it is needed after all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..core.errors import ConfigError, StorageError
from ..core.model import Record
from .store import Bought, Store

if TYPE_CHECKING:
    from . import projects

DAYS, MIB = "PIXELPIPE_KEEP_DAYS", "PIXELPIPE_KEEP_MIB"
#: Below the user's folder: what was found in a shared store for files of no project.
FOUND = "shared"
_DAY_S = 24 * 60 * 60
_STAMP = "projects/.aged"


class Limits(Record, frozen=True, kw_only=True):
    """Only what is older than `days` goes, and only while the store has more than `mib`."""

    days: int = 180
    mib: int = 2048

    @classmethod
    def stated(cls, environment: Mapping[str, str]) -> Limits:
        """Return what the user's environment says. Raises ConfigError for what is no number."""
        found = {}
        for name, field in ((DAYS, "days"), (MIB, "mib")):
            if text := environment.get(name):
                if not (text.isascii() and text.isdecimal() and len(text) < 10):
                    raise ConfigError(f"{name}: {text!r} is not a whole number")
                found[field] = int(text)
        return cls(**found)


class _Kept(NamedTuple):
    """A purchase in the user's store: when it was last used, and how large its bytes are."""

    used_s: float
    size: int
    bought: Bought


def is_due(home: Path, now_s: float) -> bool:
    """Tell whether the store was not looked through for a day; from then on it counts as it was."""
    stamp = home / _STAMP
    try:
        if now_s - stamp.stat().st_mtime < _DAY_S:
            return False
    except OSError:
        pass
    with suppress(OSError):
        stamp.parent.mkdir(exist_ok=True)
        stamp.touch()
        return True
    return False


def sweep(
    home: Path, limits: Limits, now_s: float, is_paid: Callable[[Bought], bool]
) -> tuple[Bought, ...]:
    """Remove what is too old while there is too much, least recently used first; return it.

    `is_paid` says what the ledger knows of. Where a project's note cannot be read nothing goes.
    """
    from . import projects

    folder, begun_s, most = home / "bought", projects.begun_s(home), limits.mib << 20
    total = _size(folder)
    if total <= most or begun_s is None or now_s - begun_s <= limits.days * _DAY_S:
        return ()
    try:
        seen = tuple(projects.all_seen(home))
    except (OSError, ValueError):
        return ()
    named = {digest for one in seen for digest in one.named}
    store, gone = Store(folder, durable=False), []
    for one in sorted(_kept(store, folder), key=lambda one: one.used_s):
        if total <= most or now_s - one.used_s <= limits.days * _DAY_S:
            break
        bought = one.bought
        if bought.digest[: projects.SHORT] in named:
            continue
        if (bought.paid or is_paid(bought)) and not _is_carried(bought, seen):
            continue
        with suppress(OSError, StorageError):
            store.remove(folder, bought)
            gone.append(bought)
            total -= one.size
    return tuple(gone)


def sweep_found(home: Path, limits: Limits, now_s: float) -> None:
    """Remove what other machines bought by the same rule: the store that they share has it.

    Of what this user bought the user's own store has another copy.
    """
    folder, most = home / FOUND, limits.mib << 20
    total = _size(folder)
    if total <= most:
        return
    store = Store(folder, durable=False)
    for one in sorted(_kept(store, folder), key=lambda one: one.used_s):
        if total <= most or now_s - one.used_s <= limits.days * _DAY_S:
            break
        with suppress(OSError, StorageError):
            store.remove(folder, one.bought)
            total -= one.size


def _size(folder: Path) -> int:
    """Return how many bytes the files of a store have."""
    total = 0
    for shard in folder.glob("??"):
        with suppress(OSError), os.scandir(shard) as entries:
            total += sum(entry.stat().st_size for entry in entries)
    return total


def _kept(store: Store, folder: Path) -> Iterator[_Kept]:
    for path, bought in store.records(folder):
        content, _ = store.places(bought.request_key, bought.digest)
        with suppress(OSError):
            found = path.stat()
            size = found.st_size + content.stat().st_size
            yield _Kept(used_s=found.st_mtime, size=size, bought=bought)


def _is_carried(bought: Bought, seen: tuple[projects.Seen, ...]) -> bool:
    """Tell whether git carries bytes and record in a project, where the bytes are whole."""
    for one in seen:
        root = Path(one.root)
        store = Store(root / ".pixelpipe" / "bought", durable=False)
        from . import version_control

        with suppress(OSError, StorageError, ConfigError, ValueError):
            if store.content(bought.digest) is None:
                continue
            names = [
                place.relative_to(root).as_posix()
                for place in store.places(bought.request_key, bought.digest)
            ]
            if all(
                version_control.standing(root, name) is version_control.Standing.CARRIED
                for name in names
            ):
                return True
    return False
