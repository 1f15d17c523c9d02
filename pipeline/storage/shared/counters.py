"""What shared reads brought this user, by month, machine and store: kept in the state folder."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ...core import private, small_files
from ...core.model import Record
from .. import held
from .reader import Tally

NAME = "shared-counts.json"
_MOST_BYTES = 4 * small_files.MIB
_BUSY_S = 2.0


class Count(Record, frozen=True, kw_only=True):
    """What became of all reads of one month, on one machine, from one store."""

    month: str
    machine: str
    store: str
    runs: int = 0
    hits: int = 0
    waited: int = 0
    misses: int = 0
    errors: int = 0
    saved_credits: int = 0


class _File(Record, frozen=True, kw_only=True):
    counts: tuple[Count, ...] = ()


def add(state: Path, store: str, tally: Tally, now: float) -> None:
    """Add one run's reads. Figures are worth no failure: what cannot be written is not counted."""
    month, machine = time.strftime("%Y-%m", time.gmtime(now)), platform.node()
    with suppress(OSError):
        private.folder(state)
        with held.Lock(state / f"{NAME}.lock", wait_s=_BUSY_S, mode=0o600):
            counts = {(one.month, one.machine, one.store): one for one in read(state)}
            place = (month, machine, store)
            before = counts.get(place, Count(month=month, machine=machine, store=store))
            counts[place] = Count(
                month=month,
                machine=machine,
                store=store,
                runs=before.runs + 1,
                hits=before.hits + tally.hits,
                waited=before.waited + tally.waited,
                misses=before.misses + tally.misses,
                errors=before.errors + tally.errors,
                saved_credits=before.saved_credits + tally.saved_credits,
            )
            content = msgspec.json.encode(_File(counts=_sorted(counts)))
            private.replace(state / NAME, content + b"\n")


def read(state: Path) -> tuple[Count, ...]:
    """Return all counts, oldest first; none from a file that cannot be read."""
    try:
        content = small_files.read(state / NAME, most=_MOST_BYTES)
        return msgspec.json.decode(content, type=_File).counts
    except (OSError, msgspec.MsgspecError):
        return ()


def _sorted(counts: Mapping[tuple[str, str, str], Count]) -> tuple[Count, ...]:
    return tuple(count for _, count in sorted(counts.items()))
