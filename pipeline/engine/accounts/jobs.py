"""Keep jobs in the database: hold at submit, capture at success, release at every other end.

queued -> pending -> success | failure | cancelled. `hold_until` runs from a job's turn: a batch's
later jobs get theirs when the one before has ended. Times are seconds since 1970, UTC, and come in.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence

import msgspec

from ..contract.errors import InsufficientCredits, NotCancellable, NotFound
from ..contract.orders import Draft
from . import allowances, credits
from .database import transaction

HOLD_S = 600.0
PRICES = {
    "/animate": 20, "/keyframes": 24, "/pixelate": 0, "/remove-background": 2, "/retake": 24,
}  # fmt: skip
FURTHER_IN_BATCH = 12
_SHOWN = (
    "id, endpoint, batch, position, status, created_at, started_at, ready_at, finished_at, inputs,"
    " hold_status, credits_held, credits_charged, content_type, metadata, error_code, error_message"
)


class Job(msgspec.Struct, frozen=True):
    """Describe a job as its account may see it."""

    id: str
    endpoint: str
    batch: str | None
    position: int
    status: str
    created_at: float
    started_at: float | None
    ready_at: float | None
    finished_at: float | None
    inputs: bytes
    hold_status: str
    credits_held: int
    credits_charged: int
    content_type: str | None
    metadata: bytes | None
    error_code: str | None
    error_message: str | None


class Turn(msgspec.Struct, frozen=True):
    """Hand a started job to the renderer; `ready_at` is when its result may be shown."""

    id: str
    order: bytes
    ready_at: float
    is_doomed: bool


class Product(msgspec.Struct, frozen=True):
    """Hold a finished file; `notes` are added to the job's `inputs`."""

    body: bytes
    content_type: str
    metadata: dict[str, object]
    notes: dict[str, object]


class Refusal(msgspec.Struct, frozen=True):
    """Say why a job ends as failure; `notes` are added to the job's `inputs`."""

    code: str
    message: str
    notes: dict[str, object] = {}


def price(drafts: Sequence[Draft]) -> tuple[int, ...]:
    """Price each draft of one submit: the first in full, further ones at the batch price."""
    return tuple(
        FURTHER_IN_BATCH
        if position
        else PRICES[draft.endpoint]
        if draft.price is None
        else draft.price
        for position, draft in enumerate(drafts)
    )


def submit(
    db: sqlite3.Connection, account: int, drafts: Sequence[Draft], now: float, *,
    batch: str | None = None, is_doomed: bool = False, hold_s: float = HOLD_S,
) -> tuple[str, ...]:  # fmt: skip
    """Create jobs and their holds, all or none, in one transaction with the check of the balance.

    Returns the job ids. Raises InsufficientCredits, and RateLimited for too many free ones.
    """
    prices = price(drafts)
    ids = tuple(str(uuid.uuid4()) for _ in drafts)
    with transaction(db):
        _check_funds(credits.balance(db, account), sum(prices))
        if not sum(prices):
            allowances.check(db, account)
        for position, (job, draft, cost) in enumerate(zip(ids, drafts, prices, strict=True)):
            hold_until = now + hold_s if position == 0 else None
            db.execute(
                "INSERT INTO jobs (id, account, endpoint, batch, position, request_sha256, inputs,"
                " is_doomed, created_at, hold_until, credits_held) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (
                    job, account, draft.endpoint, batch, position, draft.request_sha256,
                    msgspec.json.encode(draft.inputs), is_doomed, now, hold_until, cost,
                ),
            )  # fmt: skip
            db.execute(
                "INSERT INTO orders VALUES (?, ?)", (job, msgspec.msgpack.encode(draft.order))
            )
    return ids


def _check_funds(balance: credits.Balance, cost: int) -> None:
    if cost > balance.available:
        raise InsufficientCredits(
            f"This costs {cost} credits, but only {balance.available} are available "
            f"({balance.total} in total, {balance.reserved} reserved by jobs in flight)."
        )


def start(
    db: sqlite3.Connection, most: int, now: float, lasting: Callable[[int], float]
) -> tuple[Turn, ...]:
    """Begin up to `most` queued jobs, oldest first; `lasting` gives a job number's seconds."""
    rows = db.execute(
        "SELECT id, ready_at, is_doomed, orders.body, seq FROM jobs"
        " JOIN orders ON orders.job = jobs.id"
        " WHERE status = 'queued' AND hold_until IS NOT NULL ORDER BY seq LIMIT ?",
        (most,),
    ).fetchall()
    if not rows:
        return ()
    turns = tuple(
        Turn(row[0], row[3], now + lasting(row[4]) if row[1] is None else row[1], bool(row[2]))
        for row in rows
    )
    with transaction(db):
        db.executemany(
            "UPDATE jobs SET status = 'pending', started_at = coalesce(started_at, ?), ready_at = ?"
            " WHERE id = ?",
            [(now, turn.ready_at, turn.id) for turn in turns],
        )
    return turns


def finish(
    db: sqlite3.Connection, job: str, outcome: Product | Refusal, now: float, *,
    hold_s: float = HOLD_S,
) -> bool:  # fmt: skip
    """Book the end of a running job: capture on a product, release on a refusal.

    Returns False, and changes nothing, when it has ended meanwhile (cancelled, lapsed).
    """
    with transaction(db):
        row = db.execute(
            "SELECT account, credits_held, inputs FROM jobs WHERE id = ? AND status = 'pending'",
            (job,),
        ).fetchone()
        if row is None:
            return False
        inputs = msgspec.json.encode(msgspec.json.decode(row["inputs"]) | outcome.notes)
        if isinstance(outcome, Product):
            _store(db, job, outcome, inputs, now)
            credits.capture(db, row["account"], row["credits_held"], job, now)
        else:
            db.execute("UPDATE jobs SET inputs = ? WHERE id = ?", (inputs, job))
            _release(db, job, "failure", outcome.code, outcome.message, now)
        _close(db, job, now, hold_s)
    return True


def _store(db: sqlite3.Connection, job: str, product: Product, inputs: bytes, now: float) -> None:
    db.execute("INSERT INTO results VALUES (?, ?, ?)", (job, now, product.body))
    db.execute(
        "UPDATE jobs SET status = 'success', finished_at = ?, hold_status = 'captured',"
        " credits_charged = credits_held, content_type = ?, metadata = ?, inputs = ? WHERE id = ?",
        (now, product.content_type, msgspec.json.encode(product.metadata), inputs, job),
    )


def _release(
    db: sqlite3.Connection, job: str, status: str, code: str | None, message: str | None, now: float
) -> None:
    db.execute(
        "UPDATE jobs SET status = ?, finished_at = ?, hold_status = 'released',"
        " error_code = ?, error_message = ? WHERE id = ?",
        (status, now, code, message, job),
    )


def _close(db: sqlite3.Connection, job: str, now: float, hold_s: float) -> None:
    """Forget the order of an ended job and give the next open one of its batch the turn."""
    db.execute("DELETE FROM orders WHERE job = ?", (job,))
    db.execute(
        "UPDATE jobs SET hold_until = :until WHERE seq = (SELECT min(seq) FROM jobs"
        " WHERE batch = (SELECT batch FROM jobs WHERE id = :job) AND status = 'queued')"
        " AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.batch = jobs.batch"
        " AND other.hold_status = 'held' AND other.hold_until IS NOT NULL)",
        {"until": now + hold_s, "job": job},
    )


def cancel(
    db: sqlite3.Connection, account: int, job: str, now: float, *, hold_s: float = HOLD_S
) -> None:
    """End an open job and release its hold. Raises NotFound, or NotCancellable after its end."""
    with transaction(db):
        found = read(db, account, job)
        if found.hold_status != "held":
            raise NotCancellable(f"The job has already ended ({found.status}).")
        _release(db, job, "cancelled", None, None, now)
        _close(db, job, now, hold_s)


def lapse(db: sqlite3.Connection, now: float, *, hold_s: float = HOLD_S) -> tuple[str, ...]:
    """End jobs whose hold has reached its limit; they cost nothing. Returns their ids."""
    stale = "SELECT id FROM jobs WHERE hold_status = 'held' AND hold_until <= ?"
    if db.execute(stale, (now,)).fetchone() is None:
        return ()
    with transaction(db):
        ids = tuple(str(row[0]) for row in db.execute(stale, (now,)).fetchall())
        for job in ids:
            message = f"The job did not end within {hold_s / 60:g} minutes; its hold was released."
            _release(db, job, "failure", "hold_expired", message, now)
            _close(db, job, now, hold_s)
    return ids


def resume(db: sqlite3.Connection, now: float, *, hold_s: float = HOLD_S) -> None:
    """Take over after a restart: lapse stale holds, queue again what was being rendered."""
    lapse(db, now, hold_s=hold_s)
    db.execute("UPDATE jobs SET status = 'queued' WHERE status = 'pending'")


def prune(db: sqlite3.Connection, before: float) -> int:
    """Drop result files stored before a time, and then free jobs. Returns how many files went."""
    with transaction(db):
        gone = db.execute("DELETE FROM results WHERE stored_at < ?", (before,)).rowcount
        allowances.forget(db, before)
    return gone


def drop_file(db: sqlite3.Connection, job: str) -> None:
    """Drop one result file, long before its time."""
    db.execute("DELETE FROM results WHERE job = ?", (job,))


def read(db: sqlite3.Connection, account: int, job: str) -> Job:
    """Read one job. Raises NotFound, also for the jobs of other accounts."""
    row = db.execute(
        f"SELECT {_SHOWN} FROM jobs WHERE id = ? AND account = ?", (job, account)
    ).fetchone()
    if row is None:
        raise NotFound("There is no job with this id in this account.")
    return Job(*row)


def read_batch(db: sqlite3.Connection, account: int, batch: str) -> tuple[Job, ...]:
    """Read the jobs of one batch by position. Raises NotFound."""
    rows = db.execute(
        f"SELECT {_SHOWN} FROM jobs WHERE batch = ? AND account = ? ORDER BY position",
        (batch, account),
    ).fetchall()
    if not rows:
        raise NotFound("There is no batch with this id in this account.")
    return tuple(Job(*row) for row in rows)


def result(db: sqlite3.Connection, job: str) -> tuple[bytes, str]:
    """Read a result file and its content type. Raises NotFound when it was pruned."""
    row = db.execute(
        "SELECT body, content_type FROM results JOIN jobs ON jobs.id = results.job WHERE job = ?",
        (job,),
    ).fetchone()
    if row is None:
        raise NotFound("This file is no longer kept.")
    return row[0], row[1]
