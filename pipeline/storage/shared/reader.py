"""One run's reads of a shared store: many at a time, counted, and given up when it is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ...core.model import Record
from ..store import Bought
from . import purchases
from .store import Store, Unreachable

#: After so many failures a run asks no more: each may take seconds.
MOST_FAILURES = 3
_AT_A_TIME = 16


class Want(Record, frozen=True, kw_only=True):
    """A purchase that is looked for: by its key, and by its digest where a lock line names it."""

    request_key: str
    digest: str | None = None
    #: Its record, where only the bytes are missing.
    record: Bought | None = None
    #: Width and height in px of the picture that it is made of, where that is known.
    size: tuple[int, int] | None = None


class Tally(Record, frozen=True, kw_only=True):
    """What became of a run's reads. Credits are those that the purchases found had cost."""

    hits: int = 0
    #: How many of the hits another machine was buying, so that they were waited for.
    waited: int = 0
    misses: int = 0
    errors: int = 0
    saved_credits: int = 0

    def with_waited(self, credits: Collection[int]) -> Tally:
        """Return it with what was not there at first, and came: no miss in the end."""
        return Tally(
            hits=self.hits + len(credits),
            waited=self.waited + len(credits),
            misses=max(0, self.misses - len(credits)),
            errors=self.errors,
            saved_credits=self.saved_credits + sum(credits),
        )


class Reader:
    """Reads of one run. Its methods are for one thread; it asks in several."""

    def __init__(self, store: Store, is_whole: Callable[[Bought, bytes], bool]) -> None:
        """Borrow an opened store; `is_whole` tells whether bytes are what their record says."""
        self._store = store
        self._is_whole = is_whole
        self._lock = threading.Lock()
        self._hits = self._misses = self._errors = self._saved = 0
        self._why = ""

    @property
    def tally(self) -> Tally:
        """What became of the reads so far."""
        return Tally(
            hits=self._hits,
            misses=self._misses,
            errors=self._errors,
            saved_credits=self._saved,
        )

    @property
    def trouble(self) -> str:
        """Why reads failed, as a sentence; "" when none did."""
        return self._why

    @property
    def is_off(self) -> bool:
        """Nothing more is asked in this run."""
        return self._errors >= MOST_FAILURES

    def fetch(self, wants: Sequence[Want]) -> Iterator[tuple[Bought, bytes]]:
        """Yield what is found of `wants`, whole and checked, in no order of theirs to speak of."""
        if not wants:
            return
        with ThreadPoolExecutor(min(_AT_A_TIME, len(wants))) as pool:
            for found in pool.map(self._fetched, wants):
                if found is not None:
                    yield found

    def _fetched(self, want: Want) -> tuple[Bought, bytes] | None:
        if self.is_off:
            return None
        try:
            found = self._looked_up(want)
        except Unreachable as exc:
            with self._lock:
                self._errors += 1
                self._why = self._why or str(exc)
            return None
        with self._lock:
            if found is None:
                self._misses += 1
            else:
                self._hits += 1
                self._saved += found[0].credits_charged
        return found

    def _looked_up(self, want: Want) -> tuple[Bought, bytes] | None:
        record = want.record or purchases.find(self._store, want.request_key, want.digest)
        if record is not None and want.size and not record.resolved.fits(*want.size):
            return None  # of another picture, whatever its names say
        content = None if record is None else purchases.content(self._store, record.digest)
        if record is None or content is None or not self._is_whole(record, content):
            return None
        return record, content
