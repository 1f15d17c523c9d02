"""Bound what costs nothing: free jobs of one account, open, kept, and in bytes.

Credits bound all other jobs. The numbers are ours: no limit of the vendor's is known.
"""

from __future__ import annotations

import sqlite3

from ..contract.errors import RateLimited

MOST_OPEN = 64
MOST_KEPT = 2000
MOST_BYTES = 256 * 1024 * 1024
_SOON_S = 5
_LATER_S = 600


def check(db: sqlite3.Connection, account: int) -> None:
    """Refuse one more free job beyond the bounds. Raises RateLimited, which says when to try."""
    (open_jobs,) = db.execute(
        "SELECT count(*) FROM jobs WHERE account = ? AND credits_held = 0 AND hold_status = 'held'",
        (account,),
    ).fetchone()
    if open_jobs >= MOST_OPEN:
        raise RateLimited(
            f"{open_jobs} free jobs are in flight; at most {MOST_OPEN} are taken at once.",
            retry_after_s=_SOON_S,
        )
    kept, size = db.execute(
        "SELECT count(*), coalesce(sum(length(body)), 0) FROM jobs LEFT JOIN results"
        " ON results.job = jobs.id WHERE account = ? AND credits_held = 0",
        (account,),
    ).fetchone()
    if kept >= MOST_KEPT or size >= MOST_BYTES:
        raise RateLimited(
            f"{kept} free jobs with {size} bytes of results are kept; at most {MOST_KEPT} with "
            f"{MOST_BYTES} bytes are. They go when their files do.",
            retry_after_s=_LATER_S,
        )


def forget(db: sqlite3.Connection, before: float) -> None:
    """Drop free jobs that ended before a time; what was paid for stays in the books."""
    db.execute(
        "DELETE FROM jobs WHERE credits_held = 0 AND finished_at < ? AND batch IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM results WHERE results.job = jobs.id)"
        " AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.job = jobs.id)"
        " AND NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.job = jobs.id)",
        (before,),
    )
