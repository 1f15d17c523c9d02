"""What a ledger keeps of claims in a shared store: durable with the claim, and owed until told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from pipeline.core.model import FailureClass, Job, JobState, Resolved
from pipeline.storage.ledger import Ledger, Place

STORE = "s3://art/game"
PLACE = Place(store=STORE, number=0, nonce="n")


def job(state: JobState = JobState.CLAIMED) -> Job:
    """Describe a purchase."""
    resolved = Resolved(
        request_key="a", prompt="x", frames=8, canvas=(16, 16), pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    return Job(
        request_key="a", state=state, service="shop", paid=True, source="a.png", clip="idle",
        resolved=resolved, credits_quoted=20,
    )  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a ledger."""
    with Ledger(tmp_path, now=0.0) as opened:
        yield opened


def claimed(ledger: Ledger) -> Job:
    """Claim a purchase that other machines see."""
    (one,) = ledger.claim([job()], now=1.0, places={"a": PLACE})
    assert one.is_ours
    return one.job


def test_a_ledger_that_never_met_a_shared_store_has_none_of_its_tables(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.claim([job()], now=1.0)
    assert ledger.place("a") is None
    assert ledger.owed(STORE) == {}
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base:
        names = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
    assert not names & {"shared_claims", "shared_seen"}


def test_the_format_stays_that_of_the_release_before(ledger: Ledger, tmp_path: Path) -> None:
    """It passes over tables that it does not know."""
    claimed(ledger)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (3,)


def test_a_claim_is_there_with_its_place_or_not_at_all(ledger: Ledger, tmp_path: Path) -> None:
    """Another process sees both, or neither."""
    claimed(ledger)
    with Ledger(tmp_path, now=0.0) as other:
        assert other.place("a") == PLACE
        (second,) = other.claim(
            [job()], now=2.0, places={"a": Place(store="x", number=9, nonce="m")}
        )
        assert not second.is_ours
        assert other.place("a") == PLACE


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.CLAIMED])
def test_every_state_is_owed_until_it_was_told(ledger: Ledger, state: JobState) -> None:
    mine = claimed(ledger)
    assert ledger.owed(STORE) == {}
    ledger.record(msgspec.structs.replace(mine, state=state), now=2.0)
    assert ledger.owed(STORE) == {"a": PLACE}
    assert ledger.owed("another store") == {}
    ledger.note_told("a", "another purchase", state)
    assert ledger.owed(STORE) == {"a": PLACE}
    ledger.note_told("a", "n", state)
    assert ledger.owed(STORE) == {}


def test_what_the_release_before_does_with_a_key_that_failed_is_no_word_about_its_claim(
    ledger: Ledger,
) -> None:
    """It claims anew without a place: only what it bought is told, and never a doubt."""
    mine = claimed(ledger)
    failed = msgspec.structs.replace(
        mine, state=JobState.FAILED, failure=FailureClass.TRANSIENT, reason="lost"
    )
    ledger.record(failed, now=2.0)
    ledger.note_told("a", "n", JobState.FAILED)
    ledger.record(msgspec.structs.replace(mine, state=JobState.UNCONFIRMED), now=3.0)
    assert ledger.owed(STORE) == {}
    ledger.record(msgspec.structs.replace(mine, state=JobState.BOUGHT, digest="d"), now=4.0)
    assert set(ledger.owed(STORE)) == {"a"}


def test_a_claim_that_another_machine_has_goes_if_it_still_is_as_it_was(ledger: Ledger) -> None:
    mine = claimed(ledger)
    ledger.follow(msgspec.structs.replace(mine, holder="another"), None, now=2.0)
    assert ledger.jobs(["a"]) == [mine]
    ledger.follow(mine, None, now=2.0)
    assert ledger.jobs(["a"]) == []
    assert ledger.place("a") is None


def test_nobody_holds_what_follows_the_log(ledger: Ledger) -> None:
    """The next run takes it up, this one's own among them."""
    mine = claimed(ledger)
    after = ledger.follow(mine, msgspec.structs.replace(mine, state=JobState.SUBMITTED), now=2.0)
    assert after is not None
    assert not ledger.is_alive(after.holder)
    assert ledger.take_over(after, now=3.0) is not None


def test_what_others_sent_is_taken_up_only_where_the_key_has_no_job(ledger: Ledger) -> None:
    sent = msgspec.structs.replace(job(JobState.SUBMITTED), remote_id="r")
    assert ledger.take_up(sent, PLACE, now=1.0) is not None
    assert ledger.take_up(sent, PLACE, now=1.0) is None
    assert ledger.place("a") == PLACE


def test_an_entry_is_seen_since_it_came(ledger: Ledger) -> None:
    assert ledger.first_seen(STORE, "a", 0, now=5.0) == 5.0
    assert ledger.first_seen(STORE, "a", 0, now=9.0) == 5.0
    assert ledger.first_seen(STORE, "a", 1, now=9.0) == 9.0
