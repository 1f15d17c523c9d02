"""What the ledger keeps of claims in a shared store: where each stands, and what was told there.

A purchase's state in `jobs` is the truth of this machine; `told` is the last of its states that the
shared log is known to have. Where they differ, the log is owed a word, and every run pays.

The tables are made with the first row: a ledger that never met a shared store has none of them,
and the release before passes them over.
"""

from __future__ import annotations

from ...core.model import Record
from .publishsets import LedgerSets

_TABLES = (
    "CREATE TABLE IF NOT EXISTS shared_claims ("
    "request_key TEXT PRIMARY KEY, store TEXT NOT NULL, number INTEGER NOT NULL, "
    "nonce TEXT NOT NULL, told TEXT NOT NULL) WITHOUT ROWID",
    # When this machine first saw an entry of another one that is still the last, by its own clock.
    "CREATE TABLE IF NOT EXISTS shared_seen ("
    "request_key TEXT PRIMARY KEY, store TEXT NOT NULL, number INTEGER NOT NULL, "
    "at REAL NOT NULL) WITHOUT ROWID",
)


class Place(Record, frozen=True, kw_only=True):
    """Where a purchase is claimed: the store's URL, the number of the entry, and its nonce."""

    store: str
    number: int
    nonce: str
    #: The last state of the job that the log has from here; "" for none that is known.
    told: str = ""


class SharedClaims(LedgerSets):
    """The part of the ledger of claims that other machines see."""

    def place(self, request_key: str) -> Place | None:
        """Return where a key's purchase is claimed in a shared store, or None."""
        return self._shared("request_key = ?", (request_key,)).get(request_key)

    def places(self, store: str) -> dict[str, Place]:
        """Return all claims in a store, by request key."""
        return self._shared("store = ?", (store,))

    def owed(self, store: str) -> dict[str, Place]:
        """Return the claims of which the store has not been told how they stand now.

        A claim that was told to have failed is over: what the job does since is another one.
        """
        return self._shared(
            "store = ? AND request_key IN (SELECT jobs.request_key FROM jobs "
            "WHERE jobs.request_key = shared_claims.request_key AND jobs.state != told "
            "AND jobs.state != 'claimed' AND (told != 'failed' OR jobs.state = 'bought'))",
            (store,),
        )

    def note_told(self, request_key: str, nonce: str, told: str) -> None:
        """Note the last state of a job that the shared log has."""
        with self._transaction():
            self._base.execute(
                "UPDATE shared_claims SET told = ? WHERE request_key = ? AND nonce = ?",
                (told, request_key, nonce),
            )

    def first_seen(self, store: str, request_key: str, number: int, *, now: float) -> float:
        """Return since when entry `number` is seen here as the last one; noted the first time."""
        with self._transaction():
            self._make_tables()
            self._base.execute(
                "INSERT INTO shared_seen VALUES (?, ?, ?, ?) ON CONFLICT (request_key) DO UPDATE "
                "SET store = excluded.store, number = excluded.number, at = excluded.at "
                "WHERE shared_seen.number != excluded.number OR shared_seen.store != "
                "excluded.store",
                (request_key, store, number, now),
            )
        rows = self._read("SELECT at FROM shared_seen WHERE request_key = ?", (request_key,))
        return float(rows[0][0])

    # -- inside ---------------------------------------------------------------------------------

    def _put_place(self, request_key: str, place: Place | None) -> None:
        """Write down where a key is claimed, within the transaction that claims it."""
        if place is not None:
            self._make_tables()
            self._base.execute(
                "INSERT OR REPLACE INTO shared_claims VALUES (?, ?, ?, ?, ?)",
                (request_key, place.store, place.number, place.nonce, place.told),
            )
        elif self._has_tables():
            self._base.execute("DELETE FROM shared_claims WHERE request_key = ?", (request_key,))

    def _shared(self, where: str, values: tuple[object, ...]) -> dict[str, Place]:
        if not self._has_tables():
            return {}
        rows = self._read(
            f"SELECT request_key, store, number, nonce, told FROM shared_claims WHERE {where}",
            values,
        )
        return {
            key: Place(store=store, number=int(number), nonce=nonce, told=told)
            for key, store, number, nonce, told in rows
        }

    def _make_tables(self) -> None:
        for statement in _TABLES:
            self._base.execute(statement)

    def _has_tables(self) -> bool:
        statement = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'shared_claims'"
        return bool(self._read(statement))
