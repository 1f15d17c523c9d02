"""One paid job, step by step: what each answer makes of it, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from game import png
from PIL import Image
from scripted import PENDING, STRIP, SUCCESS, Scripted, Time, desk, job

from pipeline.core import errors, keys
from pipeline.core import png as container
from pipeline.core.model import FailureClass, Job, JobState
from pipeline.purchase import jobs
from pipeline.purchase.jobs import DEADLINE_S, Desk, Fetched, Pending, Submitted
from pipeline.purchase.service.answers import Output, Status
from pipeline.storage.ledger import Ledger
from pipeline.storage.store import Store

START = 1_000_000.0
UNCERTAIN = errors.UncertainError("lost")
NOT_SENT = errors.NotSentError("refused")
BUSY = errors.UnavailableError("busy")
ACCOUNT = errors.AccountError("no credits")
REFUSED = errors.RequestRefusedError("no such job")
ENDED = errors.JobFailedError("violence")
WRONG = errors.AssetError("not a PNG")
FETCHED = Fetched(digest="d" * 64, credits_charged=20)


class Bench:
    """A ledger, a store and a clock for one job."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.ledger = ledger
        self.store = Store(folder / "bought")
        self.clock = Time()

    def desk(self, scripted: Scripted | None = None) -> Desk:
        """Return the desk."""
        return desk(scripted or Scripted(), self.ledger, self.store, self.clock)

    def claimed(self, *, paid: bool = True) -> Job:
        """Claim the job."""
        return self.ledger.claim([job(paid=paid)], now=START)[0].job

    def submitted(self, *, paid: bool = True) -> Job:
        """Claim and submit the job."""
        return jobs.advance(self.claimed(paid=paid), Submitted(remote_id="r"), self.desk())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Set the bench up."""
    with Ledger(tmp_path, now=START) as ledger:
        yield Bench(tmp_path, ledger)


@pytest.mark.parametrize(
    ("paid", "answer", "state", "failure"),
    [
        (True, Submitted(remote_id="r"), JobState.SUBMITTED, None),
        (True, UNCERTAIN, JobState.UNCONFIRMED, None),
        (True, NOT_SENT, JobState.CLAIMED, None),
        (True, BUSY, JobState.CLAIMED, None),
        (True, ACCOUNT, JobState.FAILED, FailureClass.ACCOUNT),
        (True, REFUSED, JobState.FAILED, FailureClass.PERMANENT),
        (False, UNCERTAIN, JobState.FAILED, FailureClass.TRANSIENT),
        (False, REFUSED, JobState.FAILED, FailureClass.PERMANENT),
    ],
)
def test_what_follows_a_post(
    bench: Bench,
    paid: bool,
    answer: jobs.Answer,
    state: JobState,
    failure: FailureClass | None,
) -> None:
    """Only a surely unsent or refused purchase may be tried again; the ledger knows at once."""
    after = jobs.advance(bench.claimed(paid=paid), answer, bench.desk())
    assert (after.state, after.failure) == (state, failure)
    assert bench.ledger.jobs([after.request_key]) == [after]


@pytest.mark.parametrize(
    ("paid", "answer", "later_s", "state"),
    [
        (True, Pending(), 0, JobState.SUBMITTED),
        (True, Pending(), DEADLINE_S - 1, JobState.SUBMITTED),
        (True, Pending(), DEADLINE_S + 1, JobState.DETACHED),
        (True, Pending(), -3600, JobState.SUBMITTED),
        (True, FETCHED, 0, JobState.BOUGHT),
        (True, FETCHED, DEADLINE_S + 1, JobState.BOUGHT),
        (True, ENDED, 0, JobState.FAILED),
        (True, BUSY, 0, JobState.SUBMITTED),
        (True, BUSY, DEADLINE_S + 1, JobState.DETACHED),
        (True, REFUSED, 1, JobState.SUBMITTED),
        (True, REFUSED, 120, JobState.DETACHED),
        (True, WRONG, 1, JobState.SUBMITTED),
        (True, WRONG, 120, JobState.DETACHED),
        (True, ACCOUNT, 0, JobState.SUBMITTED),
        (True, ACCOUNT, DEADLINE_S + 1, JobState.SUBMITTED),
        (False, REFUSED, 0, JobState.CLAIMED),
    ],
)
def test_what_follows_a_poll(
    bench: Bench, paid: bool, answer: jobs.Answer, later_s: float, state: JobState
) -> None:
    """A job with an id is never lost and never bought again; the free one may be."""
    before = bench.submitted(paid=paid)
    bench.clock.now += later_s
    after = jobs.advance(before, answer, bench.desk())
    assert after.state is state
    assert (after.remote_id == "r") is (state is not JobState.CLAIMED)
    assert bench.ledger.jobs([after.request_key]) == [after]


@pytest.mark.parametrize(("companions", "until_s"), [(0, 12 * 60), (2, 12 * 60 + 2 * 90)])
def test_deadline_outlives_the_hold(bench: Bench, companions: int, until_s: int) -> None:
    """The service holds a job's credits for ten minutes: giving up sooner would leave results that
    are paid for. The clips of a batch are made one after another."""
    before = msgspec.structs.replace(bench.submitted(), companions=companions)
    bench.clock.now += until_s - 1
    assert jobs.advance(before, Pending(), bench.desk()).state is JobState.SUBMITTED
    bench.clock.now += 2
    assert jobs.advance(before, Pending(), bench.desk()).state is JobState.DETACHED


def test_refusal_is_remembered_with_the_version(bench: Bench) -> None:
    """Another version of pixelpipe may try again what failed for good."""
    after = jobs.advance(bench.submitted(), ENDED, bench.desk())
    assert after.failure is FailureClass.PERMANENT
    assert after.tool
    assert after.reason == "violence"


def test_giving_up_releases_what_was_never_sent(bench: Bench) -> None:
    """A claim is free again; a submitted job is detached, to be resumed."""
    released = jobs.give_up(bench.claimed(), NOT_SENT, bench.desk())
    assert (released.state, released.failure) == (JobState.FAILED, FailureClass.TRANSIENT)
    detached = jobs.give_up(bench.submitted(), BUSY, bench.desk())
    assert (detached.state, detached.remote_id) == (JobState.DETACHED, "r")


def test_result_is_in_the_store_before_the_ledger_names_it(bench: Bench) -> None:
    """`ask` has stored the bytes when it returns; only `advance` writes the row."""
    submitted = bench.submitted()
    answer = jobs.ask(submitted, None, bench.desk())
    assert isinstance(answer, Fetched)
    assert bench.store.content(answer.digest) == STRIP
    assert bench.ledger.jobs([submitted.request_key])[0].state is JobState.SUBMITTED
    record = bench.store.find(submitted.request_key)
    assert record is not None
    assert record.credits_charged == 20


def test_expired_link_is_renewed_once(bench: Bench) -> None:
    """The link lives an hour; asking for the job again is free."""
    expired = errors.LinkExpiredError("expired")
    scripted = Scripted(downloads=(expired, STRIP))
    assert isinstance(jobs.ask(bench.submitted(), None, bench.desk(scripted)), Fetched)
    assert len(scripted.calls["job"]) == 2
    hopeless = Scripted(downloads=(expired,))
    assert jobs.ask(bench.submitted(), None, bench.desk(hopeless)) is expired
    assert len(hopeless.calls["download"]) == 2


def _claims_to_be(width: int, height: int) -> bytes:
    whole = bytearray(STRIP)
    whole[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    ihdr = container.chunk(b"IHDR", bytes(whole[16:29]))
    return bytes(whole[:8]) + ihdr + bytes(whole[33:])


@pytest.mark.parametrize(
    "content",
    [
        png(Image.new("RGBA", (9, 8))),
        png(Image.new("RGBA", (64, 7))),
        b"\0\0\0\x20ftypisom" + bytes(99),
        b"PK\x03\x04" + bytes(99),
    ],
    ids=["no-multiple", "too-flat", "mp4", "zip"],
)
def test_what_is_whole_is_kept_whatever_it_is(bench: Bench, content: bytes) -> None:
    """Another download would be the same: it is booked, kept, and not fetched again."""
    submitted = bench.submitted()
    answer = jobs.ask(submitted, None, bench.desk(Scripted(downloads=(content,))))
    assert isinstance(answer, Fetched)
    assert bench.store.content(answer.digest) == content
    assert jobs.advance(submitted, answer, bench.desk()).state is JobState.BOUGHT


@pytest.mark.parametrize(
    "content",
    [
        STRIP[:-20],
        b"\x89PNG\r\n\x1a\n",
        _claims_to_be(4096, 4096),
        _claims_to_be(60_000, 60_000),
        _claims_to_be(128, 8),
    ],
    ids=["cut", "head", "bomb", "huge-bomb", "short-of-rows"],
)
def test_damaged_strip_is_never_kept(bench: Bench, content: bytes) -> None:
    """It was paid for, and the next download may be whole: the job stays open."""
    submitted = bench.submitted()
    answer = jobs.ask(submitted, None, bench.desk(Scripted(downloads=(content,))))
    assert isinstance(answer, errors.UnavailableError)
    assert not bench.store.has(keys.digest(content))
    assert jobs.advance(submitted, answer, bench.desk()).state is JobState.SUBMITTED


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (PENDING, Pending),
        (Status(status="queued"), Pending),
        (Status(status="a new word"), Pending),
        (Status(status="success"), errors.UnavailableError),
        (Status(status="success", output=Output(url="u")), Fetched),
        (Status(status="failure"), errors.JobFailedError),
        (Status(status="cancelled"), errors.JobFailedError),
        (SUCCESS, Fetched),
    ],
)
def test_each_word_of_the_service_has_its_meaning(
    bench: Bench, status: Status, kind: type[object]
) -> None:
    """An unknown word is no end: our own deadline is."""
    answer = jobs.ask(bench.submitted(), None, bench.desk(Scripted(states=(status,))))
    assert isinstance(answer, kind)


def test_lost_purchase_is_fetched_by_its_id(bench: Bench) -> None:
    """Bytes gone from every store: a paid job is polled again, a free one made again."""
    fetched = jobs.advance(bench.submitted(), FETCHED, bench.desk())
    again = jobs.reopen(fetched, bench.desk())
    assert (again.state, again.remote_id, again.digest) == (JobState.SUBMITTED, "r", None)
    free = msgspec.structs.replace(fetched, paid=False)
    assert jobs.reopen(free, bench.desk()).state is JobState.CLAIMED
