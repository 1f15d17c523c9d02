"""Bought bytes and records in a shared store: found and checked, or put there.

What is found may have been put there by anybody who may write. Bytes count if they have the digest
that was asked for; a record counts if it is of the key that was asked for, paid for, and possible.
A record is written after its bytes, and of several for one key the first one counts.
"""

from __future__ import annotations

from ...core import keys
from ...core.errors import PixelpipeError
from ..store import Bought, decoded, encoded
from . import names
from .store import Store


class NotSharedError(PixelpipeError):
    """What costs nothing is made anew wherever it is wanted, and never shared."""


def find(store: Store, request_key: str, digest: str | None = None) -> Bought | None:
    """Return the record of a key, None without one; with a `digest` only the record of that.

    Raises Unreachable, and ConfigError for a record of a newer pixelpipe.
    """
    places = [names.record_of(request_key)]
    if digest is not None:
        places.append(names.further_record_of(request_key, digest))
    for place in places:
        content = store.get(place)
        record = decoded(content, request_key, f"{store.url}: {place}") if content else None
        if record is not None and record.paid and digest in (None, record.digest):
            return record
    return None


def content(store: Store, digest: str) -> bytes | None:
    """Return the bytes of a digest; None where they are missing or damaged. Raises Unreachable."""
    found = store.get(names.bytes_of(digest))
    return found if found is not None and keys.digest(found) == digest else None


def publish(store: Store, record: Bought, bought: bytes) -> bool:
    """Put a purchase there, bytes first; tell whether anything was missing.

    The first record of a key stays; one of another digest lies beside it.
    Raises Unreachable, and NotSharedError for what was not paid for. Doing it again is harmless.
    """
    if not record.paid:
        raise NotSharedError(f"{record.request_key[:12]} was made for nothing and is not shared")
    if keys.digest(bought) != record.digest:
        raise ValueError("the bytes are not those of the record")
    is_new = store.create(names.bytes_of(record.digest), bought)
    return _publish_record(store, record) or is_new


def _publish_record(store: Store, record: Bought) -> bool:
    text = encoded(record)
    if store.create(names.record_of(record.request_key), text):
        return True
    first = find(store, record.request_key)
    if first is not None and first.digest == record.digest:
        return False
    # Another result of the same key, or a record that is damaged: that one is not changed either.
    return store.create(names.further_record_of(record.request_key, record.digest), text)
