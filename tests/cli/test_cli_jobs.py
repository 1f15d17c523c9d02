"""`pixelpipe jobs`: the evidence for doubt, and how a person settles it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
from engine_server import encoded, sprite
from game import TWO_CLIPS, Game, Shop, shop_serving

from pipeline.core.model import Balance, FailureClass, Job, JobState, Resolved
from pipeline.purchase import evidence
from pipeline.purchase.evidence import Evidence
from pipeline.purchase.service.client import Service
from pipeline.storage.ledger import Ledger

pytestmark = pytest.mark.usefixtures("in_process")


@contextmanager
def _selling(tmp_path: Path, game: Game, script: str, *options: str) -> Iterator[Shop]:
    """Let the project buy, one job at a time, from an engine that breaks as `script` says."""
    with shop_serving(tmp_path, "--chaos", script, *options) as shop:
        shop.fund(1000)
        game.settings(jobs=1)
        game.use(shop)
        yield shop


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        yield ledger


def _open() -> list[Job]:
    with _ledger() as ledger:
        return [job for job in ledger.unfinished() if job.state is not JobState.CHARGED]


def _booked(shop: Shop) -> int:
    with _ledger() as ledger:
        return ledger.charges(0.0, float("inf"), "127.0.0.1")[0]


def _in_doubt(game: Game) -> Job:
    assert game.make().exit == 7
    (job,) = _open()
    assert job.state is JobState.UNCONFIRMED
    return job


def test_doubt_is_shown_with_its_evidence(game: Game, tmp_path: Path) -> None:
    """A purchase whose answer was lost: reserved before, charged by the service but not here,
    when the hold lapses, and the commands that settle it."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after") as shop:
        job = _in_doubt(game)
        found = json.loads(game.run("jobs", "list", "--json").stdout)
        (entry,) = found["entries"]
        assert entry["state"] == "unconfirmed"
        assert entry["job"]["request_key"] == job.request_key
        seen = entry["evidence"]
        assert seen["before"]["reserved"] == 0
        assert seen["before"]["total_balance"] == 1100
        assert seen["now"]["total_balance"] == 1100 - shop.charged == 1040
        assert (seen["billed"], seen["booked"]) == ([60, 3], [40, 2])
        assert "probably billed" in seen["reading"]
        shown = game.run("jobs")
        assert shown.exit == 0
        for word in ("unconfirmed", job.request_key[:12], "hold", "60 credits for 3 jobs"):
            assert word in shown.stdout
        game.use_none()
        offline = game.run("jobs")
        assert job.request_key[:12] in offline.stdout


def test_lost_purchase_may_be_bought_again(game: Game, tmp_path: Path) -> None:
    """`--lost`: the next build asks for it once more, with the usual yes."""
    with _selling(tmp_path, game, "POST /animate 1: reset") as shop:
        job = _in_doubt(game)
        assert shop.calls == 2
        assert game.run("jobs", "resolve", job.request_key[:8], "--lost").exit == 0
        assert _open() == []
        assert game.make().exit == 0
        assert shop.calls == 3
        assert _booked(shop) == shop.charged == 60
        assert job.request_key in {line.get("key") for line in game.locked()}, "the same take"


def test_charged_purchase_is_booked_and_the_next_take_is_another(
    game: Game, tmp_path: Path
) -> None:
    """`--charged`: the price is booked without a result; buying again is take 1."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after") as shop:
        job = _in_doubt(game)
        done = game.run("jobs", "resolve", job.request_key, "--charged")
        assert "20 credits booked" in done.stdout
        assert _booked(shop) == shop.charged == 60
        assert game.plan().totals["credits_planned"] == 20
        assert "take 0 was billed without a result" in game.run("plan").stdout
        assert game.make().exit == 0
        assert shop.calls == 4
        assert not shop.bought_twice(), "another take has another seed"
        assert _booked(shop) == shop.charged == 80
        assert game.run("jobs").stdout.startswith("No job")


def test_purchase_that_is_found_is_fetched_and_booked(game: Game, tmp_path: Path) -> None:
    """`--bought ID`: checked, stored and booked like any job; the next build only publishes.
    An id of another job, or one that nobody knows, changes nothing."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after") as shop:
        job = _in_doubt(game)
        lost, other, _ = (one.id for one in shop.jobs())
        assert game.run("jobs", "resolve", job.request_key[:9], "--bought", other).exit == 2
        assert game.run("jobs", "resolve", job.request_key[:9], "--bought", "nobody").exit == 5
        done = game.run("jobs", "resolve", job.request_key[:9], "--bought", lost)
        assert done.exit == 0
        assert "bought for 20 credits" in done.stdout
        assert game.build().exit == 0, "nothing is left to buy: no yes is needed"
        assert shop.calls == 3
        assert _booked(shop) == shop.charged == 60
        assert len([name for name in game.outputs() if name.endswith(".png")]) == 3


@pytest.mark.parametrize(
    "broken",
    ["GET /jobs 1-2: 503", "GET /jobs 1: reset", "GET /jobs 2: 429=0.1", "GET /jobs 1: html",
     "GET /download 1: truncate", "GET /download 1-2: 500", "GET /jobs 1: garbled"],
)  # fmt: skip
def test_a_service_that_breaks_off_is_asked_again_by_who_settles(
    game: Game, tmp_path: Path, broken: str
) -> None:
    """A build asks eight times; a person's one answer was lost for one connection."""
    for name in ("slime", "chest"):
        (game.root / f"assets/{name}.png").unlink()
    with _selling(tmp_path, game, f"POST /animate 1: reset-after; {broken}") as shop:
        job = _in_doubt(game)
        while not shop.charged:  # it is being drawn
            time.sleep(0.02)
        ended = game.run("jobs", "resolve", job.request_key, "--bought", shop.jobs()[0].id)
        assert ended.exit == 0, ended.stderr
        assert "bought for 20 credits" in ended.stdout
        assert game.build().exit == 0
        assert _booked(shop) == shop.charged == 20


def test_free_questions_are_asked_again_too(game: Game, tmp_path: Path) -> None:
    """Balance, bill and evidence: one answer that got lost is no reason to say nothing."""
    script = "POST /animate 1: reset-after; GET /balance 3,5,7,9: 503; GET /billing 3,5,7,9: reset"
    with _selling(tmp_path, game, script):
        _in_doubt(game)
        for _ in range(2):
            assert game.run("balance").exit == 0
            assert game.run("billing").exit == 0
            listed = json.loads(game.run("jobs", "list", "--json").stdout)
            assert listed["entries"][0]["evidence"]["now"]["total_balance"] == 1040


def test_a_purchase_that_was_said_to_be_lost_is_found_after_all(game: Game, tmp_path: Path) -> None:
    """A slip: it had been billed, and its id turned up. It would have been paid for twice."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after") as shop:
        job = _in_doubt(game)
        assert game.run("jobs", "resolve", job.request_key[:8], "--lost").exit == 0
        lost = shop.jobs()[0].id
        ended = game.run("jobs", "resolve", job.request_key[:8], "--bought", lost)
        assert ended.exit == 0, ended.stderr
        assert game.build().exit == 0
        assert shop.calls == 3
        assert _booked(shop) == shop.charged == 60
        again = game.run("jobs", "resolve", job.request_key[:8], "--bought", lost)
        assert (again.exit, "nothing to settle" in again.stderr) == (2, True)


def test_job_that_was_asked_for_otherwise_is_not_taken(game: Game, tmp_path: Path) -> None:
    """`--bought` with the id of another tool's job: its size may fit, but the seed that the service
    tells does not; nothing is fetched or booked."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after") as shop:
        job = _in_doubt(game)
        with closing(Service(shop.url, shop.key)) as service:
            foreign = service.animate({"image": encoded(sprite()), "prompt": "waving", "seed": 7})
        refused = game.run("jobs", "resolve", job.request_key[:9], "--bought", foreign)
        assert refused.exit == 2
        assert "seed 7" in refused.stderr
        assert _open() == [job]


def test_job_that_runs_is_cancelled_and_tried_again_on_request(game: Game, tmp_path: Path) -> None:
    """`cancel` follows the job to its end, which costs nothing; `retry` frees it for a build."""
    with _selling(tmp_path, game, "", "--latency", "30") as shop:
        process = game.start("build", "--yes", "--only", "hero.png")
        while not (jobs := [job for job in _open() if job.remote_id]):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
        process.communicate()
        key = jobs[0].request_key
        done = game.run("jobs", "cancel", key[:10])
        assert done.exit == 0, done.stderr
        assert "cancelled" in done.stdout
        assert shop.charged == 0
        assert shop.available == 1100
        assert game.plan("--only", "hero.png").totals["blocked"] == 1
        assert "1 job" in game.run("jobs", "retry", "--all").stdout
        assert game.plan("--only", "hero.png").totals["buy"] == 1


def test_slips_are_named_and_change_nothing(game: Game) -> None:
    """Unknown, short and ambiguous keys, two answers at once, jobs that another process holds."""
    with _ledger() as ledger:
        for end in ("1", "2"):
            ledger.claim([_job("ab" * 31 + "0" + end)], now=1.0)
        for arguments, code in {
            ("resolve", "abababab", "--lost"): 2,
            ("resolve", "ab", "--lost"): 2,
            ("resolve", "ffffffff", "--lost"): 2,
            ("resolve", "ab" * 31 + "01"): 2,
            ("resolve", "ab" * 31 + "01", "--lost", "--charged"): 2,
            ("resolve", "ab" * 31 + "01", "--lost"): 5,
            ("cancel", "ab" * 31 + "01"): 2,
            ("retry",): 2,
        }.items():
            assert game.run("jobs", *arguments).exit == code, arguments
        assert [job.state for job in ledger.unfinished()] == [JobState.CLAIMED] * 2


def test_retry_forgets_only_what_failed_for_good(game: Game) -> None:
    """A bought job is left alone; a failed one may be tried again, once it is said."""
    with _ledger() as ledger:
        job = msgspec.structs.replace(
            _job("cd" * 32), state=JobState.FAILED, failure=FailureClass.PERMANENT
        )
        ledger.record(job, now=1.0)
        assert "pixelpipe jobs retry cdcdcdcdcdcd" in game.run("jobs").stdout
        assert "1 job" in game.run("jobs", "retry", "cdcdcdcd").stdout
        assert "retry" not in game.run("jobs").stdout, "it is tried again already"
        (job,) = ledger.failed()
        assert job.failure is FailureClass.TRANSIENT
        assert game.run("jobs", "retry", "cdcdcdcd").exit == 2


@pytest.mark.parametrize(
    ("reserved", "known", "billed", "now", "word"),
    [
        (20, 0, 0, 60.0, "it probably arrived"),
        (20, 20, 0, 60.0, "probably never arrived"),
        (0, 0, 0, 60.0, "probably never arrived"),
        (0, 0, 0, 601.0, "not billed"),
        (20, 0, 0, 601.0, "not billed"),
        (0, 0, 20, 601.0, "probably billed"),
        (0, 0, 20, 60.0, "probably billed"),
    ],
)
def test_evidence_is_read_by_a_table(
    reserved: int, known: int, billed: int, now: float, word: str
) -> None:
    """What a hold, a charge and the passing of ten minutes mean."""
    assert word in evidence.read(_evidence(reserved, known, billed), now)


@pytest.mark.parametrize(
    ("reserved", "billed", "now", "word"),
    [
        (0, 64, 60.0, "it was probably billed"),
        (20, 44, 60.0, "it probably arrived"),
        (0, 44, 60.0, "44 of the 64 credits in doubt"),
        (0, 44, 601.0, "44 of the 64 credits in doubt"),
        (44, 0, 60.0, "44 of the 64 credits in doubt"),
        (0, 20, 60.0, "probably never arrived"),
        (0, 20, 601.0, "not billed"),
    ],
)
def test_evidence_for_several_doubts_accuses_none_of_them(
    reserved: int, billed: int, now: float, word: str
) -> None:
    """A batch of 44 credits in doubt beside 20 others: what was billed for one of the two must not
    be read as the bill for each, and 20 credits are never the bill for a batch of 44."""
    found = _evidence(reserved, 0, billed, asked_for=44, doubtful=64)
    assert word in evidence.read(found, now)


def _evidence(
    reserved: int, known: int, billed: int, *, asked_for: int = 20, doubtful: int = 20
) -> Evidence:
    return Evidence(
        credits=20,
        asked_for=asked_for,
        doubtful=doubtful,
        claimed_at=0.0,
        hold_lapses_at=evidence.HOLD_S,
        before=None,
        now=Balance(reserved=reserved),
        known_holds=known,
        billed=(100 + billed, 5),
        booked=(100, 5),
        reading="",
    )


def test_of_two_doubts_one_was_billed(game: Game, tmp_path: Path) -> None:
    """Two answers were lost and one purchase was charged: neither is told to have been billed."""
    with _selling(tmp_path, game, "POST /animate 1: reset-after; POST /animate 3: reset") as shop:
        assert game.make().exit == 7
        assert shop.charged == 40, "for the first, and for the second, which was answered"
        found = json.loads(game.run("jobs", "list", "--json").stdout)
        readings = [entry["evidence"]["reading"] for entry in found["entries"]]
        assert len(readings) == 2
        assert all("20 of the 40 credits in doubt" in reading for reading in readings)


def test_lost_answer_to_a_batch_is_one_doubt(game: Game, tmp_path: Path) -> None:
    """One POST asked for both clips: `jobs` says so, and when it did not arrive, neither did: one
    `--lost` frees both, for the batch's price."""
    with _selling(tmp_path, game, "POST /animate-batch 1: reset") as shop:
        game.rules(TWO_CLIPS.replace("clips:", "batch: true\n    clips:"))
        assert game.run("build", "--yes", "--only", "hero.png").exit == 7
        key = _open()[0].request_key[:8]
        found = json.loads(game.run("jobs", "list", "--json").stdout)
        assert [entry["evidence"]["asked_for"] for entry in found["entries"]] == [32, 32]
        assert "one request for hop, idle: 32 credits" in game.run("jobs").stdout
        done = game.run("jobs", "resolve", key, "--lost")
        assert done.exit == 0
        assert "[idle]" in done.stdout
        assert "[hop]" in done.stdout
        assert _open() == []
        assert game.run("build", "--yes", "--only", "hero.png").exit == 0
        assert shop.charged == 32


def test_billing_agrees_until_an_answer_is_lost(game: Game, tmp_path: Path) -> None:
    """The service's bill beside our books: equal, then 20 credits apart, and said so."""
    with _selling(tmp_path, game, "POST /animate 2: reset-after"):
        assert game.run("build", "--yes", "--only", "hero.png").exit == 0
        agreed = game.run("billing", "--sources")
        assert agreed.exit == 0
        assert agreed.stderr == ""
        assert "assets/hero.png" in agreed.stdout
        assert game.make().exit == 7
        apart = json.loads(game.run("billing", "--json").stdout)
        assert apart["charged"]["credits_used"] - apart["booked"]["charged"] == 20
        assert "20 credits more" in apart["disagreement"]
        assert "in doubt here: 1" in apart["disagreement"]
        assert game.run("billing", "--from", "2026-01-02", "--to", "2026-01-01").exit == 2


def _job(key: str) -> Job:
    resolved = Resolved(
        request_key=key, prompt="p", frames=8, canvas=(16, 16), pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    return Job(
        request_key=key,
        state=JobState.CLAIMED,
        service="127.0.0.1",
        paid=True,
        source="assets/hero.png",
        clip="idle",
        resolved=resolved,
        credits_quoted=20,
    )
