"""Keep accounts and their two pools of play credits.

total = sum of the ledger (by trigger, see database.py); reserved = sum of open holds. Monthly
credits are spent first, and only success is charged (vendor's introduction).
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec

from ..contract.errors import LocalRefusal
from .database import transaction

FREE_ALLOWANCE = 100


class Balance(msgspec.Struct, frozen=True):
    """Hold the two pools and the credits reserved by jobs in flight."""

    monthly: int
    purchased: int
    reserved: int

    @property
    def total(self) -> int:
        """Add up the pools."""
        return self.monthly + self.purchased

    @property
    def available(self) -> int:
        """Say what a new job may cost."""
        return max(0, self.total - self.reserved)


class Totals(msgspec.Struct, frozen=True):
    """Sum up a span of the ledger; all but `net_change` are at least 0."""

    credits_used: int
    credits_added: int
    refunds: int
    jobs_charged: int

    @property
    def net_change(self) -> int:
        """Say how the total moved."""
        return self.credits_added + self.refunds - self.credits_used


def open_account(
    db: sqlite3.Connection, name: str, now: float, *, allowance: int = FREE_ALLOWANCE
) -> int:
    """Find the account called `name`, or make it with a full monthly pool of `allowance`."""
    with transaction(db):
        row = db.execute("SELECT id FROM accounts WHERE name = ?", (name,)).fetchone()
        if row is not None:
            return int(row[0])
        account = db.execute(
            "INSERT INTO accounts (name, allowance, refresh_at, billing_day) VALUES (?, ?, ?, ?)",
            (name, allowance, next_date(_day(now), now), _day(now)),
        ).lastrowid
        assert account is not None
        _fill(db, account, allowance, now)
    return account


def find_account(db: sqlite3.Connection, name: str) -> int:
    """Find an existing account. Raises LocalRefusal when there is none of that name."""
    row = db.execute("SELECT id FROM accounts WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise LocalRefusal(f"there is no account {name!r}; `keys add` makes one")
    return int(row[0])


def balance(db: sqlite3.Connection, account: int) -> Balance:
    """Read the pools and the open holds of `account`."""
    row = db.execute(
        "SELECT monthly, purchased, (SELECT coalesce(sum(credits_held), 0) FROM jobs"
        " WHERE jobs.account = accounts.id AND hold_status = 'held') FROM accounts WHERE id = ?",
        (account,),
    ).fetchone()
    return Balance(*row)


def purchase(db: sqlite3.Connection, account: int, credits: int, now: float) -> None:
    """Add play credits to the purchased pool; they do not expire."""
    if credits < 1:
        raise LocalRefusal(f"{credits} credits cannot be added; give a number of at least 1")
    _book(db, account, "purchase", "purchased", credits, None, now)


def refresh(db: sqlite3.Connection, account: int, now: float) -> None:
    """Fill the monthly pool up to the allowance now; what is above it, holds and date stay."""
    with transaction(db):
        (allowance,) = db.execute(
            "SELECT allowance FROM accounts WHERE id = ?", (account,)
        ).fetchone()
        _fill(db, account, allowance, now)


def refresh_due(db: sqlite3.Connection, now: float) -> None:
    """Refresh every account whose billing date has come."""
    if db.execute("SELECT 1 FROM accounts WHERE refresh_at <= ?", (now,)).fetchone() is None:
        return
    with transaction(db):
        rows = db.execute(
            "SELECT id, allowance, refresh_at, billing_day FROM accounts WHERE refresh_at <= ?",
            (now,),
        ).fetchall()
        for account, allowance, was_due, day in rows:
            _fill(db, account, allowance, now)
            day = day or _day(was_due)
            db.execute(
                "UPDATE accounts SET refresh_at = ?, billing_day = ? WHERE id = ?",
                (next_date(day, now), day, account),
            )


def next_date(day: int, now: float) -> float:
    """Give the first midnight (UTC) after `now` on the `day` of a month, or on a shorter's last."""
    at = datetime.fromtimestamp(now, UTC)
    for month in (at.month, at.month + 1):
        year, month = at.year + (month - 1) // 12, (month - 1) % 12 + 1
        last = (datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
        found = datetime(year, month, min(day, last), tzinfo=UTC).timestamp()
        if found > now:
            return found
    raise AssertionError("one of two months in a row holds a later date")


def _day(now: float) -> int:
    return datetime.fromtimestamp(now, UTC).day


def _fill(db: sqlite3.Connection, account: int, allowance: int, now: float) -> None:
    missing = allowance - balance(db, account).monthly
    if missing > 0:
        _book(db, account, "refresh", "monthly", missing, None, now)


def capture(db: sqlite3.Connection, account: int, credits: int, job: str, now: float) -> None:
    """Debit a finished job, the monthly pool first. Call it inside the job's transaction."""
    from_monthly = min(credits, balance(db, account).monthly)
    for pool, share in (("monthly", from_monthly), ("purchased", credits - from_monthly)):
        if share:
            _book(db, account, "debit", pool, -share, job, now)


def refund(db: sqlite3.Connection, job: str, now: float) -> int:
    """Give a charged job's credits back to the pools they came from; once. Returns the credits."""
    with transaction(db):
        rows = db.execute(
            "SELECT account, pool, -sum(credits) AS owed FROM ledger WHERE job = ?"
            " GROUP BY account, pool HAVING owed > 0",
            (job,),
        ).fetchall()
        if not rows:
            raise LocalRefusal(f"job {job} has no charge that could be refunded")
        for account, pool, owed in rows:
            _book(db, account, "refund", pool, owed, job, now)
    return sum(int(row["owed"]) for row in rows)


def _book(
    db: sqlite3.Connection,
    account: int,
    kind: str,
    pool: str,
    credits: int,
    job: str | None,
    now: float,
) -> None:
    db.execute(
        "INSERT INTO ledger (account, at, kind, pool, credits, job) VALUES (?, ?, ?, ?, ?, ?)",
        (account, now, kind, pool, credits, job),
    )


def totals(db: sqlite3.Connection, account: int, start: datetime, end: datetime) -> Totals:
    """Sum up the ledger from `start` up to, but not including, `end` (both UTC)."""
    rows = db.execute(
        "SELECT kind, sum(abs(credits)), count(DISTINCT job) FROM ledger"
        " WHERE account = ? AND at >= ? AND at < ? GROUP BY kind",
        (account, start.astimezone(UTC).timestamp(), end.astimezone(UTC).timestamp()),
    ).fetchall()
    summed = {row[0]: int(row[1]) for row in rows}
    jobs_charged = sum(int(row[2]) for row in rows if row[0] == "debit")
    return Totals(
        credits_used=summed.get("debit", 0),
        credits_added=summed.get("refresh", 0) + summed.get("purchase", 0),
        refunds=summed.get("refund", 0),
        jobs_charged=jobs_charged,
    )
