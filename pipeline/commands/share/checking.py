"""Check that every record of a shared store has its bytes."""

from __future__ import annotations

from ...core.model import Record
from ...storage.shared import names, purchases
from ...storage.shared.store import Store
from .place import each, record


class Missing(Record, frozen=True, kw_only=True):
    """A record that cannot be used, and why."""

    name: str
    why: str


def verify(store: Store) -> tuple[int, tuple[Missing, ...]]:
    """Return how many records a store has, and those whose bytes are missing or damaged."""
    records = store.names(names.RECORDS)
    found = each(lambda name: _checked(store, name), records)
    return len(records), tuple(one for one in found if one is not None)


def _checked(store: Store, name: str) -> Missing | None:
    found = record(store, name)
    if found is None:
        return Missing(name=name, why="the record cannot be read, or is not of this key")
    content = store.get(names.bytes_of(found.digest))
    if content is None:
        return Missing(name=name, why="the bought bytes are missing")
    if purchases.content(store, found.digest) is None:
        return Missing(name=name, why="the bought bytes are damaged: remove the object, then push")
    return None
