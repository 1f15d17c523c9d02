"""What the ledger keeps of people's decisions: plans carried out, purchases kept back and released.

And of what a service said just before purchases: the evidence, should an answer get lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from ...core.model import Balance, Kept, Reading
from .file import LedgerFile

#: So many values are named in one query.
_FEW = 400


class Consents(LedgerFile):
    """The part of the ledger of consents and evidence."""

    def note_balance(self, service: str, balance: Balance, *, now: float) -> None:
        """Keep what a service said of the account: before purchases, or while there is doubt."""
        with self._transaction():
            self._base.execute(
                "INSERT INTO balances (at, service, record) VALUES (?, ?, ?)",
                (now, service, msgspec.json.encode(balance)),
            )

    def balance_at(self, service: str, at: float) -> Balance | None:
        """Return the last balance that was kept at or before `at`, or None."""
        rows = self._read(
            "SELECT record FROM balances WHERE service = ? AND at <= ? ORDER BY number DESC "
            "LIMIT 1",
            (service, at),
        )
        return msgspec.json.decode(rows[0][0], type=Balance) if rows else None

    def readings(self, service: str, since: float) -> list[Reading]:
        """Return what `service` said at or after `since` of balance and bill, oldest first."""
        rows = self._read(
            "SELECT record FROM balances WHERE service = ? AND at >= ? ORDER BY number",
            (service, since),
        )
        found = [msgspec.json.decode(row[0], type=Reading) for row in rows]
        return [one for one in found if one.since is not None]

    def last_change(self, request_key: str) -> float:
        """Return when a job last changed; 0 for one that never did."""
        rows = self._read("SELECT MAX(at) FROM spend WHERE request_key = ?", (request_key,))
        return float(rows[0][0] or 0)

    def consume_plan(self, plan_id: str, *, now: float) -> bool:
        """Mark a saved plan as carried out; False when it was before, by whichever process."""
        with self._transaction():
            done = self._base.execute(
                "INSERT OR IGNORE INTO plans VALUES (?, ?)", (plan_id, now)
            ).rowcount
        return done == 1

    def is_consumed(self, plan_id: str) -> bool:
        """Tell whether a saved plan was carried out."""
        return bool(self._read("SELECT 1 FROM plans WHERE id = ?", (plan_id,)))

    def keep_back(self, project: str, found: Iterable[Kept], *, now: float) -> None:
        """Keep these purchases back; what is kept back or released already stays as it is."""
        with self._transaction():
            self._base.executemany(
                "INSERT OR IGNORE INTO kept VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                [
                    (project, one.request_key, now, one.source, one.clip, one.credits, one.due)
                    for one in found
                ],
            )

    def kept_back(
        self,
        project: str,
        *,
        released: bool = False,
        about: tuple[Collection[str], Collection[str]] | None = None,
    ) -> list[Kept]:
        """Return the purchases of `project` that are kept back, or those that were released.

        `about` are request keys and sources: those of others are passed over where these are few.
        """
        where, values = "released = ?", [int(released)]
        if about is not None and sum(map(len, about)) <= _FEW:
            keys, sources = (", ".join("?" * len(some)) for some in about)
            where += f" AND (request_key IN ({keys}) OR source IN ({sources}))"
            return self._kept(project, where, [*values, *about[0], *about[1]])
        return self._kept(project, where, values)

    def kept_and_ready(self, project: str, now: float) -> list[Kept]:
        """Return those that were released, or have been due."""
        return self._kept(project, "(released = 1 OR due <= ?)", [now])

    def keeps_any(self, project: str) -> bool:
        """Tell whether something is kept back, and not released."""
        query = "SELECT 1 FROM kept WHERE project = ? AND released = 0 LIMIT 1"
        return bool(self._read(query, (project,)))

    def _kept(self, project: str, where: str, values: Sequence[object]) -> list[Kept]:
        rows = self._read(
            "SELECT request_key, source, clip, credits, due FROM kept "
            f"WHERE project = ? AND {where} ORDER BY source, clip",
            (project, *values),
        )
        return [
            Kept(
                request_key=key,
                source=source,
                clip=clip,
                credits=int(credits),
                due=None if due is None else float(due),
            )
            for key, source, clip, credits, due in rows
        ]

    def release(self, project: str) -> int:
        """Let everything that is kept back in `project` be bought; returns how many that is."""
        with self._transaction():
            return self._base.execute(
                "UPDATE kept SET released = 1 WHERE project = ? AND released = 0", (project,)
            ).rowcount

    def forget_kept(self, project: str, keys: Iterable[str]) -> None:
        """Forget purchases that were made, or that nothing asks for any more."""
        with self._transaction():
            self._base.executemany(
                "DELETE FROM kept WHERE project = ? AND request_key = ?",
                [(project, key) for key in keys],
            )
