"""Many jobs in turns: stopped at once, never twice, and no claim left behind without reason."""

from __future__ import annotations

import _thread
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scripted import PENDING, STRIP, SUCCESS, Scripted, Time, desk, job, order

from pipeline.core import errors, keys
from pipeline.core.model import Job, JobState
from pipeline.purchase import jobs, polling, scheduler
from pipeline.purchase.jobs import Order, Outcome
from pipeline.purchase.polling import Pace
from pipeline.purchase.scheduler import Scheduler
from pipeline.storage.ledger import Ledger
from pipeline.storage.ledger.book import Claimed
from pipeline.storage.store import Store


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between tries; what is done then is the same."""
    monkeypatch.setattr(polling, "_BACKOFF_S", 0.001)
    monkeypatch.setattr(scheduler, "_LOOK_S", 0.02)
    monkeypatch.setattr(scheduler, "_LAST_ANSWER_S", 2.0)


class Floor:
    """Runs schedulers on one ledger and one store."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder = folder
        self.ledger = ledger
        self.store = Store(folder / "bought")
        self.clock = Time()

    def scheduler(self, scripted: Scripted, in_flight: int = 1) -> Scheduler:
        """Make a scheduler."""
        on = desk(scripted, self.ledger, self.store, self.clock)
        quick = Pace(unknown_s=0.01, poll_s=0.01, in_flight=in_flight)
        return Scheduler(on, quick, lambda _: None, threading.Event())

    def run(
        self, scripted: Scripted, new: Sequence[str] = (), resumed: Sequence[str] = (), **more: bool
    ) -> dict[str, Outcome]:
        """Run to the end; outcomes by the letter of the order."""
        wanted = [order(name, **more) for name in new]
        going = [order(name, **more) for name in resumed]
        names = {job(name).request_key: name for name in (*new, *resumed)}
        found = list(self.scheduler(scripted).run(wanted, going))
        assert len(found) == len(names), "each key ends once"
        return {names[outcome.request_key]: outcome for outcome in found}

    def state(self, name: str) -> JobState | None:
        """Return what the ledger says."""
        found = self.ledger.jobs([job(name).request_key])
        return found[0].state if found else None


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """Open the floor."""
    with Ledger(tmp_path, now=0.0) as ledger:
        yield Floor(tmp_path, ledger)


def test_each_order_is_posted_once(floor: Floor) -> None:
    """The plain case."""
    scripted = Scripted(states=(PENDING, PENDING, SUCCESS))
    outcomes = floor.run(scripted, "abc")
    assert {outcome.job.state for outcome in outcomes.values() if outcome.job} == {JobState.BOUGHT}
    assert all(outcome.is_ours for outcome in outcomes.values())
    assert len(scripted.calls["animate"]) == 3
    assert floor.ledger.charged_since(0.0) == 60


def test_doubt_is_never_posted_again(floor: Floor) -> None:
    """Whoever asks later is told of the doubt."""
    lost = errors.UncertainError("lost")
    scripted = Scripted(posts=(lost, "r"))
    outcomes = floor.run(scripted, "ab")
    assert floor.state("a") is JobState.UNCONFIRMED
    assert floor.state("b") is JobState.BOUGHT
    assert outcomes["a"].error is lost
    again = floor.run(Scripted(), "a")
    assert again["a"].job is not None
    assert again["a"].job.state is JobState.UNCONFIRMED
    assert not again["a"].is_ours


def test_two_doubts_in_a_row_stop_purchases(floor: Floor) -> None:
    """The rest is left unclaimed, with the reason."""
    scripted = Scripted(posts=(errors.UncertainError("lost"),))
    outcomes = floor.run(scripted, "abcd")
    assert len(scripted.calls["animate"]) == 2
    assert [floor.state(name) for name in "cd"] == [None, None]
    assert isinstance(outcomes["d"].error, errors.UncertainError)


def test_doubts_are_in_a_row_unless_an_answer_came(floor: Floor) -> None:
    """What was not even sent says nothing; an answered purchase says that the network works."""
    lost, refused = errors.UncertainError("lost"), errors.NotSentError("refused")
    scripted = Scripted(posts=(lost, refused, lost))
    floor.run(scripted, "abc")
    assert len(scripted.calls["animate"]) == 3
    assert floor.state("c") is None
    healthy = Scripted(posts=(lost, "r", lost, "r"))
    floor.run(healthy, "defg")
    assert len(healthy.calls["animate"]) == 4


def test_account_fault_stops_purchases_at_once(floor: Floor) -> None:
    """402: what is in flight is finished, the rest is not started, and nothing stays claimed."""
    broke = errors.AccountError("no credits")
    outcomes = floor.run(Scripted(posts=("r", broke, "r")), "abcd")
    assert floor.state("a") is JobState.BOUGHT
    assert outcomes["d"].error is broke
    assert outcomes["d"].job is None
    assert floor.state("b") is JobState.FAILED
    assert floor.state("c") is None


def test_retry_ends_when_purchases_are_stopped(floor: Floor) -> None:
    """A claim that waits for its next try must not be posted after the account's refusal."""
    busy = errors.UnavailableError("busy", retry_after_s=0.2)
    broke = errors.AccountError("no credits")
    scripted = Scripted(posts=(busy, broke, "r"))
    found = list(floor.scheduler(scripted, 2).run([order("a"), order("b")], []))
    assert len(scripted.calls["animate"]) == 2
    assert all(isinstance(outcome.error, errors.AccountError) for outcome in found)
    assert {floor.state("a"), floor.state("b")} == {JobState.FAILED}


def test_what_was_not_sent_is_tried_again_and_released(floor: Floor) -> None:
    """A provable non-send costs nothing: tried, then free for the next run."""
    scripted = Scripted(posts=(errors.NotSentError("refused"),))
    outcomes = floor.run(scripted, "ab")
    assert len(scripted.calls["animate"]) == 8
    assert floor.state("a") is JobState.FAILED
    assert floor.state("b") is None, "one service that cannot be reached is enough"
    assert isinstance(outcomes["b"].error, errors.NotSentError)
    assert floor.run(Scripted(), "ab")["a"].is_ours


def test_poll_that_is_refused_by_the_account_keeps_the_job(floor: Floor) -> None:
    """A key that was deactivated meanwhile: the job stays, the reason is the account."""
    outcomes = floor.run(Scripted(states=(errors.AccountError("key"),)), "a")
    assert floor.state("a") is JobState.SUBMITTED
    assert isinstance(outcomes["a"].error, errors.AccountError)


def test_disk_that_refuses_a_result_stops_the_run(floor: Floor) -> None:
    """Exit 8, and the job stays submitted: its result is fetched when there is room."""
    (floor.folder / "bought").write_text("in the way")
    with pytest.raises(errors.StorageError):
        floor.run(Scripted(), "a")
    assert floor.state("a") is JobState.SUBMITTED


def test_job_of_a_living_process_is_waited_for(floor: Floor, tmp_path: Path) -> None:
    """Only that clip waits; the price is the other's."""
    scripted = Scripted()
    with Ledger(tmp_path, now=0.0) as other:
        (claim,) = other.claim([job("a")], now=1.0)

        def finish() -> None:
            time.sleep(0.1)
            with Ledger(tmp_path, now=0.0) as same:
                digest = keys.digest(STRIP)
                place = floor.folder / "bought" / digest[:2] / f"{digest}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(STRIP)
                done = msgspec.structs.replace(
                    claim.job, state=JobState.BOUGHT, digest=digest, credits_charged=20
                )
                same.record(done, now=2.0)

        thread = threading.Thread(target=finish)
        thread.start()
        outcomes = floor.run(scripted, "ab")
        thread.join()
    assert len(scripted.calls["animate"]) == 1
    assert not outcomes["a"].is_ours
    assert outcomes["b"].is_ours


@pytest.mark.parametrize("paid", [True, False])
def test_claim_of_a_dead_process(floor: Floor, tmp_path: Path, paid: bool) -> None:
    """For money it is doubt; for the built-in engine nothing is at stake, and it is made."""
    with Ledger(tmp_path, now=0.0) as dead:
        dead.claim([job("a", paid=paid)], now=1.0)
    scripted = Scripted()
    floor.run(scripted, "", "a", paid=paid)
    assert floor.state("a") is (JobState.UNCONFIRMED if paid else JobState.BOUGHT)
    assert len(scripted.calls["animate"]) == (0 if paid else 1)


@pytest.mark.parametrize("state", [JobState.SUBMITTED, JobState.DETACHED])
def test_job_with_an_id_is_resumed(floor: Floor, tmp_path: Path, state: JobState) -> None:
    """By its id, by any process, on any day; never posted again."""
    with Ledger(tmp_path, now=0.0) as dead:
        (claim,) = dead.claim([job("a")], now=1.0)
        submitted = msgspec.structs.replace(
            claim.job, state=state, remote_id="r7", submitted_at=1.0
        )
        dead.record(submitted, now=2.0)
    scripted = Scripted()
    outcomes = floor.run(scripted, "", "a")
    assert scripted.calls["job"] == ["r7"]
    assert scripted.calls["animate"] == []
    assert outcomes["a"].is_ours


def test_detached_job_of_a_living_process_is_not_waited_for(floor: Floor, tmp_path: Path) -> None:
    """Nobody polls a detached job: waiting for its holder could take for ever."""
    with Ledger(tmp_path, now=0.0) as other:
        (claim,) = other.claim([job("a")], now=1.0)
        other.record(
            msgspec.structs.replace(claim.job, state=JobState.DETACHED, remote_id="r"),
            now=2.0,
        )
        assert floor.run(Scripted(), "", "a")["a"].is_ours


def test_stopping_keeps_ids_and_releases_claims(floor: Floor) -> None:
    """An answer on its way is waited for; a claim that was never sent is free again."""
    begun = threading.Event()

    def slowly() -> object:
        begun.set()
        time.sleep(0.3)
        return "late"

    busy = errors.UnavailableError("busy", retry_after_s=60.0)
    scripted = Scripted(posts=(busy, slowly))
    running = floor.scheduler(scripted, 2).run([order("a"), order("b")], [])
    with closing(running), pytest.raises(KeyboardInterrupt):
        _interrupt_when(begun, running)
    assert floor.state("a") is JobState.FAILED
    assert floor.state("b") is JobState.SUBMITTED


def test_interrupt_between_claim_and_turn_leaves_no_doubt(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C comes at any moment: what was claimed and never sent is free for the next run."""
    claim = floor.ledger.claim

    def interrupted(*args: Any, **options: Any) -> list[Claimed]:
        claim(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(floor.ledger, "claim", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(floor.scheduler(Scripted()).run([order("a")], []))
    assert floor.state("a") is JobState.FAILED


def _interrupt_when(begun: threading.Event, running: Iterator[Outcome]) -> None:
    def interrupt() -> None:
        begun.wait(5)
        time.sleep(0.05)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    for _ in running:
        pass


def test_bug_in_a_step_is_not_swallowed(floor: Floor) -> None:
    """An unforeseen exception while a job is fetched ends that job's part of the run only: it is
    told as a bug, and the job can still be fetched."""

    def bug() -> object:
        raise ZeroDivisionError

    outcome = floor.run(Scripted(states=(bug,)), "a")["a"]
    assert isinstance(outcome.error, errors.BugError)
    assert floor.state("a") is JobState.SUBMITTED


def test_bug_in_a_purchase_is_doubt(floor: Floor) -> None:
    """Nobody knows what was sent before the bug: the claim stays, and the next run names it."""

    def bug() -> object:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        floor.run(Scripted(posts=(bug,)), "a")
    assert floor.state("a") is JobState.CLAIMED


def test_no_more_in_flight_than_allowed(floor: Floor) -> None:
    """The pace is kept, and claims are made when their turn comes."""
    seen: list[int] = []

    def count() -> object:
        seen.append(sum(one.state is not JobState.BOUGHT for one in _open(floor)))
        return SUCCESS

    list(floor.scheduler(Scripted(states=(count,)), 2).run([order(c) for c in "abcdef"], []))
    assert max(seen) <= 2


def _batch(*, first: Exception | None = None) -> list[Order]:
    """Order two clips that one POST buys, the second for less; `first` keeps its source back."""

    def prepare(name: str, credits: int) -> tuple[Job, dict[str, object]]:
        if first is not None and name == "a":
            raise first
        made = msgspec.structs.replace(job(name), credits_quoted=credits)
        return made, {"key": made.request_key}

    return [
        Order(
            request_key=job(name).request_key,
            prepare=partial(prepare, name, credits),
            credits=credits,
            batch="one",
        )
        for name, credits in (("a", 20), ("b", 12))
    ]


def test_what_is_left_of_a_batch_is_quoted_as_its_first(floor: Floor) -> None:
    """The service takes most for the first clip that it gets, whichever that is."""
    orders = _batch(first=errors.SourceError("was saved again"))
    list(floor.scheduler(Scripted(states=(SUCCESS,)), 2).run(orders, []))
    (left,) = floor.ledger.jobs([order.request_key for order in orders])
    assert (left.state, left.credits_quoted) == (JobState.BOUGHT, 20)


def test_a_batch_whose_first_another_process_has_is_quoted_so_too(
    floor: Floor, tmp_path: Path
) -> None:
    orders = _batch()
    with closing(Ledger(tmp_path, now=0.0)) as other:
        other.claim([job("a")], now=0.0)
        running = floor.scheduler(Scripted(states=(SUCCESS,)), 2).run(orders, [])
        with closing(running) as outcomes:  # the other one is waited for for good
            left = next(outcomes).job
    assert left is not None
    assert (left.request_key, left.credits_quoted) == (orders[1].request_key, 20)
    (kept,) = floor.ledger.jobs([orders[1].request_key])
    assert kept.credits_quoted == 20


class _Picture(str):
    """The picture in a body, which can be watched."""


def _with_picture(name: str, watched: list[weakref.ref[_Picture]]) -> Order:
    made = job(name)

    def prepare() -> tuple[Job, dict[str, object]]:
        picture = _Picture("x" * 100)
        watched.append(weakref.ref(picture))
        return made, {"key": made.request_key, "image": picture}

    return Order(request_key=made.request_key, prepare=prepare)


def test_hundreds_in_flight_need_few_threads_and_keep_no_picture(floor: Floor) -> None:
    """At most 20 threads; what was sent is dropped when it has arrived."""
    watched: list[weakref.ref[_Picture]] = []
    orders = [_with_picture(f"n{number}", watched) for number in range(300)]
    submitted: set[str] = set()
    held: list[int] = []
    others = threading.active_count()  # of tests before this one
    most = 0

    def observe(change: jobs.Change) -> None:
        nonlocal most
        most = max(most, threading.active_count())
        if change.job.state is JobState.SUBMITTED:
            submitted.add(change.job.request_key)
        if len(submitted) == len(orders) and not held:
            held.append(sum(one() is not None for one in watched))

    def state() -> object:
        return SUCCESS if held else PENDING

    on = desk(Scripted(states=(state,)), floor.ledger, floor.store, floor.clock)
    pace = Pace(unknown_s=0.5, poll_s=0.5, in_flight=300)
    found = list(Scheduler(on, pace, observe, threading.Event()).run(orders, []))
    assert len(found) == 300
    assert most - others < 20
    assert held[0] <= 20


class InTurn(Scripted):
    """A service with a queue: each question is a quarter of the time that a job takes."""

    def __init__(self, *, stuck: int = 0) -> None:
        super().__init__()
        self.posted: list[str] = []
        #: How many unfinished jobs were older than the one that was asked for.
        self.older: list[int] = []
        self._stuck, self._fetched = stuck, set[str]()

    def animate(self, body: dict[str, object]) -> str:
        self.posted.append(remote_id := super().animate(body))
        return remote_id

    def job(self, remote_id: str) -> object:
        with self._lock:
            place, done = self.posted.index(remote_id), len(self.older) // 4
            self.older.append(place - done)
            if place < self._stuck and len(self._fetched) < 38:
                return PENDING
            if place > done:
                return PENDING
            self._fetched.add(remote_id)
            return SUCCESS


def in_turn(floor: Floor, service: InTurn, *, is_at_once: bool) -> list[Outcome]:
    """Buy forty clips of a service that works in turn, sixteen at a time."""
    on = desk(service, floor.ledger, floor.store, floor.clock)
    pace = Pace(unknown_s=0.01, poll_s=0.01, in_flight=16, is_in_turn=True, is_at_once=is_at_once)
    orders = [order(f"n{number}") for number in range(40)]
    return list(Scheduler(on, pace, lambda _: None, threading.Event()).run(orders, []))


@pytest.mark.parametrize("is_at_once", [False, True])
def test_of_a_service_that_works_in_turn_the_oldest_jobs_are_asked_for(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, is_at_once: bool
) -> None:
    """Sixteen in flight are not sixteen that are asked for again and again."""
    monkeypatch.setattr(scheduler, "REST_S", 600.0)  # however long this machine takes
    service = InTurn()
    found = in_turn(floor, service, is_at_once=is_at_once)
    assert {one.job.state for one in found if one.job} == {JobState.BOUGHT}
    assert len(found) == 40
    early = sum(older > 3 for older in service.older)
    assert early < len(service.older) / 20, service.older


@pytest.mark.parametrize("is_at_once", [False, True])
def test_jobs_that_never_end_keep_no_younger_one_waiting(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, is_at_once: bool
) -> None:
    """The others are asked for now and then as well."""
    monkeypatch.setattr(scheduler, "REST_S", 0.05)
    found = in_turn(floor, InTurn(stuck=2), is_at_once=is_at_once)
    assert len(found) == 40
    assert {one.job.state for one in found if one.job} == {JobState.BOUGHT}


def test_two_changes_are_made_durable_before_the_first_poll(floor: Floor) -> None:
    """The claim and the id, and nothing else waits for the disk on that way."""
    made: list[int] = []
    floor.ledger._base.set_trace_callback(lambda text: made.append(text == "COMMIT"))
    polled: list[int] = []

    def state() -> object:
        polled.append(sum(made))
        return SUCCESS

    floor.run(Scripted(states=(state,)), "ab")
    assert polled == [2, 5], "one at a time: two for each, and one that settled the first"


def _open(floor: Floor) -> list[Job]:
    with Ledger(floor.folder, now=0.0) as other:
        return other.unfinished()
