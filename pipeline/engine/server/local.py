"""Manage an engine's database file: keys, credits, and what was asked of it.

Plain functions for command lines and tests; they work beside a running server.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from ..accounts import credits, database, keys
from ..accounts.credits import Balance
from ..accounts.keys import Key

DEFAULT_ACCOUNT = "default"
UNLIMITED = 1_000_000_000


class JobRecord(msgspec.Struct, frozen=True):
    """Say what became of one accepted job; times in seconds since 1970."""

    id: str
    endpoint: str
    batch: str | None
    position: int
    request_sha256: str
    created_at: float
    finished_at: float | None
    status: str
    hold_status: str
    credits_held: int
    credits_charged: int


def add_key(db: Path, name: str | None = None, *, account: str = DEFAULT_ACCOUNT) -> str:
    """Make a key, and the account when it is new; the full key is returned here and never again.

    Raises LocalRefusal for the eleventh key.
    """
    key = keys.generate()
    with closing(database.connect(db)) as connection:
        now = time.time()
        keys.add(connection, credits.open_account(connection, account, now), key, name, now)
    return key


def admit(db: sqlite3.Connection, key: str, account: str, allowance: int | None = None) -> None:
    """Let the caller's own key work, for an account of `allowance` credits or no end."""
    now = time.time()
    most = UNLIMITED if allowance is None else allowance
    number = credits.open_account(db, account, now, allowance=most)
    if not keys.is_known(db, key):
        keys.add(db, number, key, "environment", now)


def list_keys(db: Path, *, account: str = DEFAULT_ACCOUNT) -> tuple[Key, ...]:
    """List an account's keys by prefix, oldest first."""
    with _open(db, account) as (connection, number):
        return keys.listed(connection, number)


def rename_key(db: Path, prefix: str, name: str | None, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Give the key with this prefix another name."""
    with _open(db, account) as (connection, number):
        keys.rename(connection, number, prefix, name)


def deactivate_key(db: Path, prefix: str, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Pause the key with this prefix: 401 on every request, its running jobs go on."""
    with _open(db, account) as (connection, number):
        keys.set_active(connection, number, prefix, is_active=False)


def activate_key(db: Path, prefix: str, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Let a paused key work again."""
    with _open(db, account) as (connection, number):
        keys.set_active(connection, number, prefix, is_active=True)


def delete_key(db: Path, prefix: str, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Remove the key with this prefix for good."""
    with _open(db, account) as (connection, number):
        keys.delete(connection, number, prefix)


def add_credits(db: Path, amount: int, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Add play credits to the purchased pool."""
    with _open(db, account) as (connection, number):
        credits.purchase(connection, number, amount, time.time())


def refresh_credits(db: Path, *, account: str = DEFAULT_ACCOUNT) -> None:
    """Fill the monthly pool up to the account's allowance, as on its billing date."""
    with _open(db, account) as (connection, number):
        credits.refresh(connection, number, time.time())


def balance(db: Path, *, account: str = DEFAULT_ACCOUNT) -> Balance:
    """Read the pools and open holds of an account."""
    with _open(db, account) as (connection, number):
        return credits.balance(connection, number)


def accounts(db: Path) -> tuple[str, ...]:
    """List the accounts' names."""
    with closing(database.connect_readonly(db)) as connection:
        return tuple(row[0] for row in connection.execute("SELECT name FROM accounts ORDER BY id"))


def job_records(db: Path) -> tuple[JobRecord, ...]:
    """List the jobs that were accepted, in that order; free ones go when their files do.

    The digest of a request's body is `orders.body_digest(body)`: two jobs with the same
    one were asked for twice.
    """
    with closing(database.connect_readonly(db)) as connection:
        rows = connection.execute(
            "SELECT id, endpoint, batch, position, request_sha256, created_at, finished_at, status,"
            " hold_status, credits_held, credits_charged FROM jobs ORDER BY seq"
        ).fetchall()
    return tuple(JobRecord(*row) for row in rows)


@contextmanager
def _open(db: Path, account: str) -> Iterator[tuple[sqlite3.Connection, int]]:
    with closing(database.connect(db)) as connection:
        yield connection, credits.find_account(connection, account)
