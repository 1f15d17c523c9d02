"""Own the engine's SQLite file: schema, versions, transactions.

Pool balances are kept by a trigger on the append-only ledger, so they cannot differ from its sum.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..contract.errors import LocalRefusal

FORMAT_VERSION = 1

_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  monthly INTEGER NOT NULL DEFAULT 0 CHECK (monthly >= 0),
  purchased INTEGER NOT NULL DEFAULT 0 CHECK (purchased >= 0),
  allowance INTEGER NOT NULL CHECK (allowance >= 0),
  refresh_at REAL NOT NULL
) STRICT;
CREATE TABLE keys (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  digest TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  name TEXT,
  active INTEGER NOT NULL DEFAULT 1,
  created_at REAL NOT NULL
) STRICT;
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES accounts (id),
  endpoint TEXT NOT NULL,
  batch TEXT,
  position INTEGER NOT NULL DEFAULT 0,
  request_sha256 TEXT NOT NULL,
  inputs BLOB NOT NULL,
  status TEXT NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'pending', 'success', 'failure', 'cancelled')),
  is_doomed INTEGER NOT NULL DEFAULT 0,
  created_at REAL NOT NULL,
  ready_at REAL,
  started_at REAL,
  finished_at REAL,
  hold_until REAL,
  hold_status TEXT NOT NULL DEFAULT 'held' CHECK (hold_status IN ('held', 'captured', 'released')),
  credits_held INTEGER NOT NULL CHECK (credits_held >= 0),
  credits_charged INTEGER NOT NULL DEFAULT 0,
  content_type TEXT,
  metadata BLOB,
  error_code TEXT,
  error_message TEXT
) STRICT;
CREATE INDEX jobs_waiting ON jobs (seq) WHERE status = 'queued' AND hold_until IS NOT NULL;
CREATE INDEX jobs_held ON jobs (account, credits_held) WHERE hold_status = 'held';
CREATE INDEX jobs_lapsing ON jobs (hold_until) WHERE hold_status = 'held';
CREATE INDEX jobs_batch ON jobs (batch, position) WHERE batch IS NOT NULL;
CREATE TABLE orders (job TEXT PRIMARY KEY REFERENCES jobs (id), body BLOB NOT NULL) STRICT;
CREATE TABLE results (
  job TEXT PRIMARY KEY REFERENCES jobs (id), stored_at REAL NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX results_age ON results (stored_at);
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  at REAL NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('refresh', 'purchase', 'debit', 'refund')),
  pool TEXT NOT NULL CHECK (pool IN ('monthly', 'purchased')),
  credits INTEGER NOT NULL,
  job TEXT REFERENCES jobs (id)
) STRICT;
CREATE INDEX ledger_time ON ledger (account, at);
CREATE INDEX ledger_job ON ledger (job) WHERE job IS NOT NULL;
CREATE TRIGGER ledger_moves_the_pool AFTER INSERT ON ledger BEGIN
  UPDATE accounts SET
    monthly = monthly + iif(new.pool = 'monthly', new.credits, 0),
    purchased = purchased + iif(new.pool = 'purchased', new.credits, 0)
  WHERE id = new.account;
END;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE ON ledger BEGIN
  SELECT raise(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_forgets_nothing BEFORE DELETE ON ledger BEGIN
  SELECT raise(ABORT, 'the ledger is append-only');
END;
"""


def connect(
    path: Path | None, *, is_shared: bool = False, is_spilling: bool = False
) -> sqlite3.Connection:
    """Open the database at `path`, making it when new; None is a private one in memory.

    With `is_shared` any thread may use it; the caller sees to it that one at a time does. One in
    memory that `is_spilling` goes to a file without a name when it grows.
    The caller closes it. Raises LocalRefusal when it cannot be opened, or a newer engine wrote it.
    """
    try:
        db = sqlite3.connect(
            path or ("" if is_spilling else ":memory:"),
            isolation_level=None,
            timeout=10.0,
            check_same_thread=not is_shared,
        )
        try:
            _set_up(db, path)
            _close_to_others(path)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as exc:
        raise LocalRefusal(f"{path} cannot be used as the engine's database: {exc}") from exc
    return db


def _close_to_others(path: Path | None) -> None:
    """Let only the owner read the file, and SQLite's beside it: it holds the secret of links.

    By name: opening and closing it here would drop the locks of this process.
    """
    if path is None or os.name == "nt":
        return
    for end in ("", "-wal", "-shm"):
        with suppress(OSError):
            place = path.with_name(f"{path.name}{end}")
            place.chmod(place.stat().st_mode & 0o700)


def _set_up(db: sqlite3.Connection, path: Path | None) -> None:
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode = WAL")
    # NORMAL keeps every transaction whole over a kill; only a power cut may lose the last ones.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA foreign_keys = ON")
    with transaction(db):
        _prepare(db, path)


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open an existing database for reading, beside a running server. The caller closes it."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10.0)
    db.row_factory = sqlite3.Row
    return db


def _prepare(db: sqlite3.Connection, path: Path | None) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > FORMAT_VERSION:
        raise LocalRefusal(
            f"{path} was written by a newer engine (format {version}, this one knows "
            f"{FORMAT_VERSION}); update pixelpipe"
        )
    if version == 0:
        for statement in _statements(_SCHEMA):
            db.execute(statement)
        db.execute("INSERT INTO settings VALUES ('link_secret', ?)", (os.urandom(32),))
        db.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
    if "billing_day" not in {row[1] for row in db.execute("PRAGMA table_info (accounts)")}:
        # An older engine leaves it empty: then the next date that it knew gives the day.
        db.execute("ALTER TABLE accounts ADD COLUMN billing_day INTEGER")
    db.execute("CREATE INDEX IF NOT EXISTS jobs_free ON jobs (account) WHERE credits_held = 0")


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit the surrounding transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Do all or nothing; takes the write lock at once, so that a check and its insert are one."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def link_secret(db: sqlite3.Connection) -> bytes:
    """Read the secret that signs download links; made once for each database."""
    (value,) = db.execute("SELECT value FROM settings WHERE name = 'link_secret'").fetchone()
    return bytes(value)
