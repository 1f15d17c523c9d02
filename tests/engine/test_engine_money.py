"""No credit and no hold of the engine is ever lost or invented."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from engine_server import png
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.engine.accounts import credits, database, jobs
from pipeline.engine.accounts.jobs import Product, Refusal
from pipeline.engine.contract import orders
from pipeline.engine.contract.errors import InsufficientCredits, LocalRefusal, NotCancellable

DRAFT = orders.read_animate({"image": png(), "prompt": "bob"})
FREE = orders.read_pixelate({"image": png()})
PRODUCT = Product(b"file", "image/png", {"width": 1, "height": 1}, {})
HOLD_S = 600.0


class Bank(RuleBasedStateMachine):
    """Drive jobs, time, purchases and restarts at random beside a model of plain numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "engine.sqlite"
        self.db = database.connect(self.path)
        self.now = 1_000_000.0
        self.total = 100
        self.holds: dict[str, int] = {}
        self.running: list[str] = []
        self.charged: dict[str, int] = {}

    @initialize()
    def open_account(self) -> None:
        self.account = credits.open_account(self.db, "default", self.now)

    @rule(count=st.integers(1, 6), is_batch=st.booleans())
    def submit(self, count: int, is_batch: bool) -> None:
        drafts = (DRAFT,) * (count if is_batch else 1)
        batch = f"batch {self.now}" if is_batch else None
        prices = jobs.price(drafts)
        available = self.total - sum(self.holds.values())
        try:
            ids = jobs.submit(self.db, self.account, drafts, self.now, batch=batch)
        except InsufficientCredits:
            assert sum(prices) > available
            return
        assert sum(prices) <= available
        self.holds |= dict(zip(ids, prices, strict=True))

    @rule()
    def submit_free(self) -> None:
        (job,) = jobs.submit(self.db, self.account, (FREE,), self.now)
        self.holds[job] = 0

    @rule(most=st.integers(1, 5))
    def start(self, most: int) -> None:
        turns = jobs.start(self.db, most, self.now, lambda _: 1.0)
        self.running += [turn.id for turn in turns]

    @precondition(lambda self: self.running)
    @rule(data=st.data(), is_good=st.booleans())
    def finish(self, data: st.DataObject, is_good: bool) -> None:
        job = data.draw(st.sampled_from(self.running))
        outcome = PRODUCT if is_good else Refusal("internal_error", "no")
        is_booked = jobs.finish(self.db, job, outcome, self.now)
        assert is_booked == (job in self.holds)
        held = self.holds.pop(job, 0)
        self.running.remove(job)
        if is_booked and is_good:
            self.total -= held
            self.charged[job] = held

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.holds)))
        jobs.cancel(self.db, self.account, job, self.now)
        del self.holds[job]
        with pytest.raises(NotCancellable):
            jobs.cancel(self.db, self.account, job, self.now)

    @rule(seconds=st.sampled_from([1.0, 60.0, 599.0, 601.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for job in jobs.lapse(self.db, self.now):
            del self.holds[job]

    @rule(amount=st.integers(1, 40))
    def purchase(self, amount: int) -> None:
        credits.purchase(self.db, self.account, amount, self.now)
        self.total += amount

    @rule()
    def refresh(self) -> None:
        before = credits.balance(self.db, self.account)
        credits.refresh(self.db, self.account, self.now)
        self.total += max(0, credits.FREE_ALLOWANCE - before.monthly)

    @precondition(lambda self: any(self.charged.values()))
    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from([key for key, paid in self.charged.items() if paid]))
        self.total += credits.refund(self.db, job, self.now)
        self.charged[job] = 0
        with pytest.raises(LocalRefusal):
            credits.refund(self.db, job, self.now)

    @rule()
    def restart(self) -> None:
        """Open the file again, as after a crash: what ran is queued, stale holds end."""
        self.db.close()
        self.db = database.connect(self.path)
        jobs.resume(self.db, self.now)
        self.running = []

    @invariant()
    def total_is_the_sum_of_the_ledger(self) -> None:
        if not hasattr(self, "account"):
            return
        (ledger,) = self.db.execute("SELECT sum(credits) FROM ledger").fetchone()
        found = credits.balance(self.db, self.account)
        assert found.total == ledger == self.total
        assert min(found.monthly, found.purchased) >= 0

    @invariant()
    def reserved_is_the_sum_of_open_holds(self) -> None:
        if not hasattr(self, "account"):
            return
        found = credits.balance(self.db, self.account)
        assert found.reserved == sum(self.holds.values())
        assert found.available == found.total - found.reserved

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()


Bank.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],
)
test_total_and_reserved_follow_ledger_and_holds = Bank.TestCase


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Open a private database in memory."""
    with closing(database.connect(None)) as connection:
        yield connection


def test_the_ledger_cannot_be_changed(db: sqlite3.Connection) -> None:
    """A balance is only worth something if its history stands."""
    credits.open_account(db, "default", 0.0)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE ledger SET credits = 1")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("DELETE FROM ledger")


def test_a_pool_cannot_go_below_zero(db: sqlite3.Connection) -> None:
    """The database itself refuses a debit that no pool covers, and books nothing of it."""
    account = credits.open_account(db, "default", 0.0)
    with pytest.raises(sqlite3.IntegrityError), database.transaction(db):
        credits.capture(db, account, 101, None, 0.0)  # type: ignore[arg-type]  # no job needed
    assert credits.balance(db, account).total == 100


def test_debits_take_the_monthly_pool_first_and_refunds_return_to_both(
    db: sqlite3.Connection,
) -> None:
    """One job may straddle both pools, and comes back the way it went."""
    account = credits.open_account(db, "default", 0.0)
    credits.purchase(db, account, 50, 0.0)
    ids = [jobs.submit(db, account, (DRAFT,), 1.0)[0] for _ in range(5)]
    (keyed,) = jobs.submit(db, account, (DRAFT,), 1.0)
    jobs.start(db, 10, 1.0, lambda _: 0.0)
    jobs.finish(db, keyed, PRODUCT, 2.0)
    assert credits.balance(db, account).monthly == 80
    for job in ids:
        jobs.finish(db, job, PRODUCT, 2.0)
    assert (credits.balance(db, account).monthly, credits.balance(db, account).purchased) == (0, 30)
    assert credits.refund(db, ids[-1], 3.0) == 20
    assert credits.balance(db, account).purchased == 50


def test_monthly_pool_is_refreshed_on_its_date(db: sqlite3.Connection) -> None:
    """Once a month, not before, and only up to the allowance; 1970 began on the first."""
    account = credits.open_account(db, "default", 0.0)
    (job,) = jobs.submit(db, account, (DRAFT,), 0.0)
    jobs.start(db, 1, 0.0, lambda _: 0.0)
    jobs.finish(db, job, PRODUCT, 1.0)
    month = 31 * 24 * 3600.0
    credits.refresh_due(db, month - 1)
    assert credits.balance(db, account).monthly == 80
    credits.refresh_due(db, month)
    credits.refresh_due(db, month + 1)
    assert credits.balance(db, account).monthly == 100


def test_a_waiting_sub_job_has_its_hold_from_its_turn_on(db: sqlite3.Connection) -> None:
    """Ten minutes are for running; a long batch must not lapse while it queues."""
    account = credits.open_account(db, "default", 0.0)
    credits.purchase(db, account, 100, 0.0)
    ids = jobs.submit(db, account, (DRAFT,) * 3, 0.0, batch="b")
    now = 0.0
    for job, end in zip(ids, itertools.count(1), strict=False):
        (turn,) = jobs.start(db, 5, now, lambda _: 0.0)
        assert turn.id == job
        now = 500.0 * end
        assert jobs.lapse(db, now) == ()
        jobs.finish(db, job, PRODUCT, now)
    assert credits.balance(db, account).reserved == 0


def test_a_newer_database_is_refused_unchanged(tmp_path: Path) -> None:
    """A format from the future is not guessed at."""
    path = tmp_path / "engine.sqlite"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(LocalRefusal, match="newer"):
        database.connect(path)
