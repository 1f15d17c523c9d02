"""The ledger: one claim a key over all processes, every step durable, every credit booked once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import msgspec
import pytest

from pipeline.core.errors import ConfigError, RefusedError, StorageError
from pipeline.core.model import FailureClass, Job, JobState, Resolved
from pipeline.storage.ledger import Ledger


def job(key: str = "a", **change: object) -> Job:
    """Describe a job."""
    resolved = Resolved(
        request_key=key, prompt="x", frames=8, canvas=(16, 16), pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    made = Job(
        request_key=key, state=JobState.CLAIMED, service="shop", paid=True, source="a.png",
        clip="idle", resolved=resolved, credits_quoted=20,
    )  # fmt: skip
    return msgspec.structs.replace(made, **change)


def with_state(found: Job, state: JobState, **change: object) -> Job:
    """Return a job one step further."""
    return msgspec.structs.replace(found, state=state, **change)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open a ledger."""
    with Ledger(tmp_path, now=0.0) as opened:
        yield opened


def test_second_claim_gets_the_first_one(ledger: Ledger, tmp_path: Path) -> None:
    """Whoever comes second sees whose it is, and that it is alive."""
    (first,) = ledger.claim([job()], now=1.0)
    with Ledger(tmp_path, now=0.0) as other:
        (second,) = other.claim([job()], now=2.0)
        assert first.is_ours
        assert not second.is_ours
        assert second.job == first.job
        assert other.is_alive(second.job.holder)


def test_claims_of_one_call_are_all_or_none(ledger: Ledger) -> None:
    """A batch is claimed in one transaction."""
    ledger.claim([job("a")], now=1.0)
    answers = ledger.claim([job("a"), job("b")], now=2.0)
    assert [answer.is_ours for answer in answers] == [False, True]


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.FAILED])
def test_only_a_failure_may_be_claimed_again(ledger: Ledger, state: JobState) -> None:
    """Whatever may have been billed stands in the way of a second purchase."""
    (first,) = ledger.claim([job()], now=1.0)
    ledger.record(with_state(first.job, state), now=2.0)
    (again,) = ledger.claim([job()], now=3.0)
    assert not again.is_ours


def test_failure_is_claimed_anew_without_its_past(ledger: Ledger) -> None:
    """A new try starts without the old id and reason."""
    (first,) = ledger.claim([job()], now=1.0)
    failed = with_state(
        first.job, JobState.FAILED, remote_id="r", reason="x", failure=FailureClass.TRANSIENT
    )
    ledger.record(failed, now=2.0)
    (again,) = ledger.claim([job()], now=3.0)
    assert again.is_ours
    (found,) = ledger.jobs(["a"])
    assert (found.state, found.remote_id, found.reason) == (JobState.CLAIMED, None, "")


def test_closed_ledger_holds_nothing(tmp_path: Path) -> None:
    """A run that ended, however well, gives its claims up."""
    with Ledger(tmp_path, now=0.0) as first:
        (claimed,) = first.claim([job()], now=1.0)
        assert first.is_alive(claimed.job.holder)
    with Ledger(tmp_path, now=0.0) as other:
        assert not other.is_alive(claimed.job.holder)
        assert not other.is_alive("")
        assert not other.is_alive("0" * 32)
    assert not list((tmp_path / "holders").iterdir())


def _claim_and_die(folder: Path) -> None:
    Ledger(folder, now=0.0).claim([job()], now=1.0)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_holder_is_dead(tmp_path: Path) -> None:
    """The system drops the lock with the process; the claim itself stays."""
    child = multiprocessing.get_context("spawn").Process(target=_claim_and_die, args=(tmp_path,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    with Ledger(tmp_path, now=0.0) as ledger:
        (found,) = ledger.jobs(["a"])
        assert found.state is JobState.CLAIMED
        assert not ledger.is_alive(found.holder)
        taken = ledger.take_over(found, now=2.0)
        assert taken is not None
        assert ledger.is_alive(taken.holder)


def test_holder_files_of_killed_processes_go_after_a_day(tmp_path: Path) -> None:
    """Those of processes that live stay, however old they are."""
    child = multiprocessing.get_context("spawn").Process(target=_claim_and_die, args=(tmp_path,))
    child.start()
    child.join()
    with closing(Ledger(tmp_path, now=0.0)) as ledger:
        ledger.claim([job("b")], now=1.0)
        (dead,) = set((tmp_path / "holders").iterdir()) - {_holder_of(ledger, "b")}
        ledger.sweep(time.time() + 60)
        assert dead.exists()
        ledger.sweep(time.time() + 2 * 24 * 3600)
        assert list((tmp_path / "holders").iterdir()) == [_holder_of(ledger, "b")]
        assert not ledger.is_alive(dead.stem)


def _holder_of(ledger: Ledger, key: str) -> Path:
    (found,) = ledger.jobs([job(key).request_key])
    return ledger._holder_path(found.holder)


def test_job_that_moved_on_is_not_taken_over(ledger: Ledger, tmp_path: Path) -> None:
    """Its holder ended normally between two looks: what it wrote last counts."""
    with Ledger(tmp_path, now=0.0) as other:
        (claimed,) = other.claim([job()], now=1.0)
        (seen,) = ledger.jobs(["a"])
        other.record(with_state(claimed.job, JobState.SUBMITTED, remote_id="r"), now=2.0)
    assert not ledger.is_alive(seen.holder)
    assert ledger.take_over(seen, now=3.0) is None
    (now,) = ledger.jobs(["a"])
    assert ledger.take_over(now, now=3.0) is not None
    assert ledger.take_over(now, now=3.0) is None, "only one may"


KEYS = 60


def _race(folder: Path, barrier: Barrier, wins: multiprocessing.SimpleQueue[int]) -> None:
    barrier.wait()
    with Ledger(folder, now=0.0) as ledger:  # all of them create it, at the same moment
        answers = [ledger.claim([job(str(key))], now=1.0)[0] for key in range(KEYS)]
        wins.put(sum(answer.is_ours for answer in answers))
        barrier.wait()  # nobody gives up while others still claim


def test_processes_racing_for_keys_make_one_claim_each(tmp_path: Path) -> None:
    """Four processes open a new ledger at once and race: every key is claimed once."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    wins = context.SimpleQueue()
    racers = [context.Process(target=_race, args=(tmp_path, barrier, wins)) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
        assert racer.exitcode == 0
    assert sum(wins.get() for _ in racers) == KEYS


def test_each_credit_is_booked_once(ledger: Ledger) -> None:
    """Spend adds up to what was charged, also for a purchase that is fetched twice."""
    (claimed,) = ledger.claim([job()], now=1.0)
    submitted = ledger.record(with_state(claimed.job, JobState.SUBMITTED, remote_id="r"), now=2.0)
    done = with_state(submitted, JobState.BOUGHT, digest="d", credits_charged=20)
    for now in (3.0, 4.0):
        ledger.record(done, now=now)
    (free,) = ledger.claim([job("b", paid=False)], now=5.0)
    ledger.record(with_state(free.job, JobState.BOUGHT, credits_charged=0), now=6.0)
    assert ledger.charged_since(0.0) == 20
    assert ledger.charged_since(3.5) == 0


def test_durations_are_the_newest_ones_in_their_order(ledger: Ledger) -> None:
    """How long the service takes now, not how long keys that begin with 0 took; a clip of a batch
    counts from the one before it, and what was fetched another day not at all."""
    taken = [("z", 10.0, 0), ("a", 40.0, 1), ("m", 30.0, 0), ("k", 9000.0, 0)]
    for number, (key, seconds, place) in enumerate(taken):
        (claimed,) = ledger.claim([job(key)], now=1.0)
        submitted_at = 10_000.0 * number
        submitted = with_state(claimed.job, JobState.SUBMITTED, submitted_at=submitted_at)
        done = with_state(
            submitted, JobState.BOUGHT, settled_at=submitted_at + seconds, place=place, polls=3
        )
        ledger.record(done, now=submitted_at + seconds)
    found = ledger.taken("shop")
    assert [(one.seconds, one.polls) for one in found] == [(10.0, 3), (20.0, 3), (30.0, 3)]
    assert ledger.taken("another") == []


def test_what_was_spent_is_never_rewritten(ledger: Ledger, tmp_path: Path) -> None:
    """The record of spending is append-only for every program that opens it."""
    ledger.claim([job()], now=1.0)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base:
        for statement in ("UPDATE spend SET credits_charged = 0", "DELETE FROM spend"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                base.execute(statement)


def test_what_may_still_be_charged_is_committed(ledger: Ledger) -> None:
    """A day's budget counts jobs in flight and in doubt, of today, with their price."""
    for key, state in (("a", JobState.SUBMITTED), ("b", JobState.UNCONFIRMED)):
        (claimed,) = ledger.claim([job(key)], now=100.0)
        ledger.record(with_state(claimed.job, state), now=100.0)
    ledger.claim([job("c", paid=False)], now=100.0)
    (old,) = ledger.claim([job("d")], now=1.0)
    ledger.record(with_state(old.job, JobState.DETACHED), now=2.0)
    (done,) = ledger.claim([job("e")], now=100.0)
    ledger.record(with_state(done.job, JobState.BOUGHT, credits_charged=12), now=101.0)
    assert ledger.committed_since(50.0) == 20 + 20 + 12


def test_claim_beyond_the_days_budget_is_none(ledger: Ledger, tmp_path: Path) -> None:
    """Decided inside the claim, where no other process can come between: nothing is claimed, what
    others have is still told, and yesterday's purchases do not count."""
    day = 24 * 60 * 60.0
    ledger.claim([job("old")], now=day - 1)
    ledger.claim([job("a")], now=day + 1, day_budget=40)
    with Ledger(tmp_path, now=0.0) as other:
        with pytest.raises(RefusedError, match=r"budget\.day \(40 credits\)"):
            other.claim([job("b"), job("c")], now=day + 2, day_budget=40)
        assert other.jobs(["b", "c"]) == []
        (known,) = other.claim([job("a")], now=day + 2, day_budget=0)
        assert not known.is_ours
        assert other.claim([job("b")], now=day + 3, day_budget=40)[0].is_ours
        free = job("f", paid=False, credits_quoted=0)
        assert other.claim([free], now=day + 3, day_budget=0)[0].is_ours


def test_bought_jobs_are_found_by_their_open_key(ledger: Ledger) -> None:
    """A rename finds its purchase; what is not bought is no purchase."""
    for key, state in (("b", JobState.BOUGHT), ("a", JobState.BOUGHT), ("c", JobState.SUBMITTED)):
        resolved = msgspec.structs.replace(job(key).resolved, open_key="open")
        (claimed,) = ledger.claim([job(key, resolved=resolved)], now=1.0)
        digest = "d" if state is JobState.BOUGHT else None
        ledger.record(with_state(claimed.job, state, digest=digest), now=2.0)
    assert ledger.alike(["open", "none"])["open"].request_key == "a"


def recipe(pixels: str) -> str:
    """Write what a request was made of, as far as it is looked for."""
    return f'frames: 8\npixels: "{pixels}"\nprompt: "a \\"pixels: x\\""\n'


def bought(ledger: Ledger, key: str, **change: object) -> None:
    """Have a job bought."""
    (claimed,) = ledger.claim([job(key, **change)], now=1.0)
    ledger.record(with_state(claimed.job, JobState.BOUGHT, digest="d"), now=2.0)


def test_a_job_is_amended_as_it_stands_and_not_as_it_was_read(ledger: Ledger) -> None:
    """Of a batch it had the batch's id when it was read: by that it was booked a second time."""
    (claimed,) = ledger.claim([job("a")], now=1.0)
    ledger.record(with_state(claimed.job, JobState.SUBMITTED, remote_id="batch:1:b"), now=2.0)
    own = {"remote_id": "own", "digest": "d", "credits_charged": 12}
    ledger.record(with_state(claimed.job, JobState.BOUGHT, **own), now=3.0)
    seen: list[str | None] = []

    def change(found: Job) -> Job:
        seen.append(found.remote_id)
        return with_state(found, JobState.BOUGHT)

    ledger.amend("a", change, now=4.0)
    ledger.amend("a", lambda _: None, now=5.0)
    ledger.amend("nobody", change, now=6.0)
    assert seen == ["own"]
    assert ledger.charged_since(0.0) == 12


def test_jobs_are_found_by_their_pixels_whatever_their_texts_say(ledger: Ledger) -> None:
    """One or a thousand pictures; a reason that reads as a recipe does is none."""
    first, second = "1" * 64, "2" * 64
    bought(ledger, "a", recipe=recipe(first), reason=f'"recipe":"pixels: "{second}"')
    bought(ledger, "b", recipe=recipe(second))
    bought(ledger, "c", recipe="", reason=recipe(first))
    bought(ledger, "d", recipe=recipe(first), service="other")
    ledger.claim([job("e", recipe=recipe(first))], now=1.0)
    many = [f"{number:064x}" for number in range(1000)]
    for asked in ([first], [first, *many]):
        found = ledger.made_from(asked, "shop")
        assert {one: [job.request_key for job in jobs] for one, jobs in found.items()} == {
            first: ["a"]
        }


def test_ledger_of_the_release_before_finds_pixels_too(tmp_path: Path) -> None:
    """It has no index; one that was made here does not hinder that release."""
    with Ledger(tmp_path, now=0.0) as opened:
        bought(opened, "a", recipe=recipe("1" * 64))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base, base:
        base.execute("DROP INDEX jobs_by_pixels")
    with Ledger(tmp_path, now=0.0) as opened:
        assert opened.made_from(["1" * 64], "shop").keys() == {"1" * 64}
        assert str(opened._read("PRAGMA user_version")[0][0]) == "3"


def test_publish_sets_know_old_and_new(ledger: Ledger) -> None:
    """Between the first rename and the lock file both digests are ours, and no third one."""
    ledger.begin_set("game", {"a.png": (None, "one")})
    ledger.begin_set("game", {"a.png": ("one", "two")})
    assert ledger.begun("game", ["a.png", "b.png"]) == {"a.png": {"one", "two"}}
    ledger.begin_set("game", {"a.png": ("two", "three")})
    assert ledger.begun("game", ["a.png"]) == {"a.png": {"two", "three"}}
    assert ledger.begun("other", ["a.png"]) == {}


def test_failed_transaction_leaves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """A row that cannot be written takes the whole change with it."""
    broken = job("x", source=None)  # the column does not take it
    with pytest.raises(StorageError):
        ledger.claim([job("a"), broken], now=1.0)
    assert ledger.jobs(["a", "x"]) == []
    assert ledger.claim([job("a")], now=1.0)[0].is_ours


def test_damaged_row_is_named(ledger: Ledger, tmp_path: Path) -> None:
    """What cannot be read is an error with a remedy, not an empty answer."""
    ledger.claim([job()], now=1.0)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as base:
        base.execute("UPDATE jobs SET record = '{half'")
    base.close()
    with pytest.raises(StorageError, match="verify"):
        ledger.jobs(["a"])


@pytest.mark.parametrize("content", [b"no database" * 400, b"SQLite format 3\0" + b"\xff" * 5000])
def test_file_that_is_no_ledger_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """Exit 8, and the file as it was: it may be somebody's."""
    (tmp_path / "ledger.sqlite").write_bytes(content)
    with pytest.raises(StorageError):
        Ledger(tmp_path, now=0.0)
    assert (tmp_path / "ledger.sqlite").read_bytes() == content


def _open_and_close(folder: Path) -> None:
    Ledger(folder, now=0.0).close()


def test_second_look_takes_no_lock_away(ledger: Ledger, tmp_path: Path) -> None:
    """A process that opens the file by itself, and closes it, drops SQLite's locks for all of its
    threads: another process would then clear up the log that they still use."""
    ledger.claim([job()], now=1.0)
    Ledger(tmp_path, now=0.0).close()
    other = multiprocessing.get_context("spawn").Process(target=_open_and_close, args=(tmp_path,))
    other.start()
    other.join(60)
    assert other.exitcode == 0
    assert (tmp_path / "ledger.sqlite-wal").exists(), "somebody thought to be the last user"
    ledger.claim([job("b")], now=2.0)
    with Ledger(tmp_path, now=0.0) as again:
        assert len(again.jobs(["a", "b"])) == 2


def test_newer_ledger_is_refused(tmp_path: Path) -> None:
    """Nothing is changed in a format that we do not know."""
    Ledger(tmp_path, now=0.0).close()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(ConfigError, match="newer"):
        Ledger(tmp_path, now=0.0)


def test_older_ledger_is_brought_up_after_a_copy(tmp_path: Path) -> None:
    """What an older pixelpipe wrote is kept as it was, beside the one that goes on."""
    with Ledger(tmp_path, now=0.0) as made:
        made.claim([job()], now=1.0)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as base:
        base.execute("DROP TRIGGER spend_is_append_only")
        base.execute("DROP TRIGGER spend_forgets_nothing")
        base.execute("PRAGMA user_version = 2")
        base.commit()
    with Ledger(tmp_path, now=77.0) as brought_up:
        assert [one.request_key for one in brought_up.jobs(["a"])] == ["a"]
        brought_up.claim([job("b")], now=2.0)
    with closing(sqlite3.connect(tmp_path / "ledger.v2-77")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (2,)
        assert copy.execute("SELECT request_key FROM jobs").fetchall() == [("a",)]


def test_folder_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    """A state folder that cannot be made."""
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StorageError, match="ledger"):
        Ledger(tmp_path / "state", now=0.0)


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_claim_waits_for_the_disk_where_money_is_at_stake(
    tmp_path: Path, durable: bool, level: int
) -> None:
    """synchronous=FULL: with anything less a power cut could forget a claim whose POST went out.
    Nobody can cut the power here, so SQLite is asked."""
    with Ledger(tmp_path, now=0.0, durable=durable) as ledger:
        assert ledger._base.execute("PRAGMA synchronous").fetchone() == (level,)
        assert ledger._base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
