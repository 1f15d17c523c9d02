"""Keep API keys: shown once, stored as SHA-256 and a prefix, at most ten for an account.

Source: vendor's introduction.
"""

from __future__ import annotations

import hashlib
import sqlite3
import string

import msgspec

from ..contract.errors import LocalRefusal, Unauthorized
from .database import transaction

KEY_START = "pe_sk_"
PREFIX_LENGTH = len(KEY_START) + 8
MAX_KEYS = 10
_ALPHABET = string.ascii_letters + string.digits
_ADVICE = (
    "The API key is missing, malformed or inactive. Send it as `Authorization: Bearer pe_sk_…`; "
    "keys are managed under Account → API (for the built-in engine: `pixelpipe engine keys`)."
)


class Key(msgspec.Struct, frozen=True):
    """Describe a stored key; the key itself is not kept anywhere."""

    prefix: str
    name: str | None
    is_active: bool
    created_at: float


def digest(key: str) -> str:
    """Hash a key for storage. Keys are 40 random characters, so no salt or stretching is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def generate() -> str:
    """Draw a new key from the system's random source."""
    import secrets  # few runs make keys

    return KEY_START + "".join(secrets.choice(_ALPHABET) for _ in range(40))


def add(db: sqlite3.Connection, account: int, key: str, name: str | None, now: float) -> Key:
    """Store a key of `account`. Raises LocalRefusal for the eleventh or a malformed one."""
    if not key.startswith(KEY_START) or len(key) < PREFIX_LENGTH:
        raise LocalRefusal(f"a key begins with {KEY_START} and has at least 8 further characters")
    with transaction(db):
        (count,) = db.execute("SELECT count(*) FROM keys WHERE account = ?", (account,)).fetchone()
        if count >= MAX_KEYS:
            raise LocalRefusal(
                f"an account has at most {MAX_KEYS} keys; delete one that is no longer used"
            )
        db.execute(
            "INSERT INTO keys (account, digest, prefix, name, created_at) VALUES (?, ?, ?, ?, ?)",
            (account, digest(key), key[:PREFIX_LENGTH], name, now),
        )
    return Key(key[:PREFIX_LENGTH], name, True, now)


def is_known(db: sqlite3.Connection, key: str) -> bool:
    """Say whether this very key is stored, active or not."""
    row = db.execute("SELECT 1 FROM keys WHERE digest = ?", (digest(key),)).fetchone()
    return row is not None


def listed(db: sqlite3.Connection, account: int) -> tuple[Key, ...]:
    """List the keys of `account`, oldest first."""
    rows = db.execute(
        "SELECT prefix, name, active, created_at FROM keys WHERE account = ? ORDER BY id",
        (account,),
    )
    return tuple(Key(row[0], row[1], bool(row[2]), row[3]) for row in rows)


def rename(db: sqlite3.Connection, account: int, prefix: str, name: str | None) -> None:
    """Give a key another name; the key itself stays valid."""
    db.execute("UPDATE keys SET name = ? WHERE id = ?", (name, _find(db, account, prefix)))


def set_active(db: sqlite3.Connection, account: int, prefix: str, *, is_active: bool) -> None:
    """Pause a key, or let it work again."""
    db.execute("UPDATE keys SET active = ? WHERE id = ?", (is_active, _find(db, account, prefix)))


def delete(db: sqlite3.Connection, account: int, prefix: str) -> None:
    """Remove a key for good; the account and its jobs stay."""
    db.execute("DELETE FROM keys WHERE id = ?", (_find(db, account, prefix),))


def _find(db: sqlite3.Connection, account: int, prefix: str) -> int:
    wanted = prefix.rstrip("…")
    rows = db.execute("SELECT id, prefix FROM keys WHERE account = ?", (account,)).fetchall()
    ids = [row["id"] for row in rows if wanted and row["prefix"].startswith(wanted)]
    if len(ids) != 1:
        found = "no key" if not ids else f"{len(ids)} keys"
        raise LocalRefusal(f"{found} with the prefix {wanted!r}; see the list of keys")
    return int(ids[0])


def account_of(db: sqlite3.Connection, authorization: str | None) -> int:
    """Find the account that an Authorization header speaks for.

    Raises Unauthorized for a missing header, another scheme, and an unknown, paused or deleted key.
    """
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key.startswith(KEY_START):
        raise Unauthorized(_ADVICE)
    row = db.execute(
        "SELECT account FROM keys WHERE digest = ? AND active = 1", (digest(key),)
    ).fetchone()
    if row is None:
        raise Unauthorized(_ADVICE)
    return int(row[0])
