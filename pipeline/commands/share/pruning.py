"""Remove from a shared store what is old and no lock file at hand names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from ...core.errors import ConfigError
from ...core.model import Record
from ...storage import lock_file
from ...storage.shared import claim_log, names, purchases
from ...storage.shared.claim_log import State
from ...storage.shared.store import Dated
from ...storage.store import Bought
from .place import Opened, check_writable, each, record
from .pushing import entry

_DAY_S = 86_400.0


class Entrant(Record, frozen=True, kw_only=True):
    """A purchase in a shared store that may be removed."""

    name: str
    bought: Bought
    at: float


def unlocked(opened: Opened, older_days: float, now: float) -> tuple[Entrant, ...]:
    """Return the purchases that are older than so many days and that the lock file does not name.

    Other branches and other projects may name them all the same.
    """
    if not hasattr(opened.store, "times"):
        raise ConfigError(f"{opened.place.shared.url}: a web server is only read")
    store = cast(Dated, opened.store)
    locked = lock_file.read(opened.place.root).clips
    named = {line.key for line in locked} | {line.digest for line in locked}
    until = now - older_days * _DAY_S
    old = [(name, at) for name, at in store.times(names.RECORDS).items() if at < until]
    found = each(lambda one: (record(store, one[0]), *one), old)
    return tuple(
        Entrant(name=name, bought=bought, at=at)
        for bought, name, at in found
        if bought is not None and not {bought.request_key, bought.digest} & named
    )


def prune(opened: Opened, found: Iterable[Entrant]) -> None:
    """Remove purchases: records, then bytes that no other record names; their keys are free then.

    Raises Unreachable; what is left is removed by the same command again.
    """
    check_writable(opened.place)
    store, gone = opened.store, list(found)
    for one in gone:
        store.delete(one.name)
    left = each(lambda name: record(store, name), store.names(names.RECORDS))
    kept = {one.digest for one in left if one is not None}
    for digest in {one.bought.digest for one in gone} - kept:
        store.delete(names.bytes_of(digest))
    if not opened.mark.claims:
        return
    for one in gone:
        key = one.bought.request_key
        head = claim_log.head(store, key)
        is_there = purchases.find(store, key) is not None
        if head.entry is not None and head.entry.state is State.BOUGHT and not is_there:
            claim_log.append(
                store, key, head.number + 1, entry(opened, one.bought, State.FREE, "pruned")
            )
