"""Keys, credits, holds, batches and cancelling, as the vendor's service has them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_server import Server, account_in, png, serving

from pipeline.engine.contract.errors import LocalRefusal
from pipeline.engine.server import local


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an account with all the credits it wants."""
    with serving() as running:
        yield running


def test_keys_live_as_the_vendor_says(tmp_path: Path) -> None:
    """Shown once, kept as prefix and hash, at most ten, renamed, paused, deleted."""
    db, key, options = account_in(tmp_path)
    assert re.fullmatch(r"pe_sk_[A-Za-z0-9]{40}", key)
    with serving(*options, key=key) as server:
        assert server.get("/balance").status == 200
        prefix = local.list_keys(db)[0].prefix
        assert prefix == key[:14]
        local.rename_key(db, prefix, "laptop")
        assert local.list_keys(db)[0].name == "laptop"
        local.deactivate_key(db, prefix)
        assert server.get("/balance").code == "unauthorized"
        assert server.post("/animate", {}).code == "unauthorized"
        local.activate_key(db, prefix)
        assert server.get("/balance").status == 200
        local.delete_key(db, prefix)
        assert server.get("/balance").code == "unauthorized"
    for _ in range(10):
        local.add_key(db)
    with pytest.raises(LocalRefusal, match="at most 10"):
        local.add_key(db)
    assert key[14:].encode() not in db.read_bytes()


def test_a_key_paused_while_a_job_runs_does_not_stop_the_job(tmp_path: Path) -> None:
    """Deactivation closes the door, work that was paid for goes on."""
    db, key, options = account_in(tmp_path, "--latency", "0.3")
    with serving(*options, key=key) as server:
        job = server.post("/animate", {"image": png(), "prompt": "bob"})
        local.deactivate_key(db, key[:14])
        deadline = time.monotonic() + 10
        while local.job_records(db)[0].status != "success":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        local.activate_key(db, key[:14])
        state = server.get(f"/jobs?id={job.json()['api_job_id']}").json()
        assert state["status"] == "success"


def test_credits_are_held_then_taken_monthly_first(tmp_path: Path) -> None:
    """Hold at submit, capture at success, a job may straddle both pools."""
    db, key, options = account_in(tmp_path, "--latency", "2")
    local.add_credits(db, 50)
    with serving(*options, key=key) as server:
        full = {"monthly_balance": 100, "purchased_balance": 50, "total_balance": 150}
        assert server.balance() == {**full, "reserved": 0, "available": 150}
        jobs = [server.submit() for _ in range(6)]
        assert server.balance() == {**full, "reserved": 120, "available": 30}
        for job in jobs:
            server.ended(job)
        assert server.balance() == {
            "monthly_balance": 0, "purchased_balance": 30, "total_balance": 30, "reserved": 0,
            "available": 30,
        }  # fmt: skip
        billing = server.get("/billing").json()
        assert billing["totals"] == {
            "credits_used": 120, "credits_added": 150, "refunds": 0, "net_change": 30,
            "jobs_charged": 6,
        }  # fmt: skip


def test_too_few_available_credits_give_402_at_once(tmp_path: Path) -> None:
    """What other jobs hold is not available, and nothing is created."""
    db, key, options = account_in(tmp_path, "--latency", "5")
    with serving(*options, key=key) as server:
        for _ in range(5):
            server.submit()
        answer = server.post("/animate", {"image": png(), "prompt": "bob"})
        assert (answer.status, answer.code) == (402, "insufficient_credits")
        assert server.balance()["reserved"] == 100
    assert len(local.job_records(db)) == 5


def test_monthly_refresh_fills_up_and_leaves_holds(tmp_path: Path) -> None:
    """Refreshed by command, the purchased pool and open holds stay as they are."""
    db, key, options = account_in(tmp_path)
    with serving(*options, key=key) as server:
        server.ended(server.submit())
        assert local.balance(db).monthly == 80
        local.refresh_credits(db)
        assert local.balance(db).monthly == 100


def test_jobs_of_other_accounts_are_not_there(tmp_path: Path) -> None:
    """An id is no secret that opens another account's job."""
    db, key, options = account_in(tmp_path)
    other = local.add_key(db, account="other")
    with serving(*options, key=key) as server:
        job = server.submit()
        answer = server.get(f"/jobs?id={job}", key=other)
        assert (answer.status, answer.code) == (404, "not_found")
        assert server.post("/cancel", {"api_job_id": job}, key=other).code == "not_found"
        second = local.add_key(db)
        assert server.get(f"/jobs?id={job}", key=second).status == 200


def test_failure_releases_the_hold_and_costs_nothing() -> None:
    """A failed job shows an error, charges 0 and frees its credits."""
    with serving("--chaos", "POST /animate 1: fail") as server:
        state = server.ended(server.submit())
        assert state["status"] == "failure"
        assert state["output"] is None
        assert state["billing"] == {
            "credits_held": 20, "credits_charged": 0, "hold_status": "released",
        }  # fmt: skip
        assert state["error"] is not None
        balance = server.balance()
        assert balance["reserved"] == 0
        assert balance["available"] == balance["total_balance"]


def test_a_hold_lapses_at_its_limit() -> None:
    """A job that outlives its hold ends as failure, without a charge."""
    with serving("--latency", "60", "--hold", "1") as server:
        state = server.ended(server.submit())
        assert state["status"] == "failure"
        assert isinstance(state["error"], dict)
        assert state["error"]["code"] == "hold_expired"
        assert server.balance()["reserved"] == 0


def test_billing_takes_dates_and_refuses_bad_periods(server: Server) -> None:
    """Inclusive UTC days, thirty before the end by default, at most 365."""
    period = server.get("/billing?start_date=2026-03-01&end_date=2026-03-31").json()["period"]
    assert period == {
        "start_date": "2026-03-01T00:00:00.000Z", "end_date": "2026-03-31T23:59:59.999Z",
    }  # fmt: skip
    only_end = server.get("/billing?end_date=2026-03-31").json()["period"]
    assert isinstance(only_end, dict)
    assert only_end["start_date"].startswith("2026-03-01")
    for query in (
        "start_date=1.3.2026", "start_date=2026-02-30", "end_date=", "start_date=20260301",
        "start_date=2026-03-02&end_date=2026-03-01", "start_date=2025-01-01&end_date=2026-03-01",
    ):  # fmt: skip
        answer = server.get(f"/billing?{query}")
        assert (answer.status, answer.code) == (400, "invalid_request")


def test_cancel_releases_the_hold_and_refuses_ended_jobs() -> None:
    """A cancelled job costs nothing; after the end there is nothing to cancel."""
    with serving("--latency", "5") as server:
        job = server.submit()
        answer = server.post("/cancel", {"api_job_id": job})
        assert answer.status == 200
        state = server.state(job)
        assert state["status"] == "cancelled"
        assert state["error"] is None
        assert isinstance(state["billing"], dict)
        assert state["billing"]["credits_charged"] == 0
        assert server.balance()["reserved"] == 0
        again = server.post("/cancel", {"api_job_id": job})
        assert (again.status, again.code) == (409, "job_not_cancellable")
    assert answer.json()["api_job_id"] == job


def test_a_batch_costs_20_and_12_and_runs_in_order(tmp_path: Path) -> None:
    """One price step down, sub-jobs one after another, done when none is open."""
    db, key, options = account_in(tmp_path)
    bodies = [{"image": png(), "prompt": word} for word in ("bob", "sway", "hop", "walk")]
    with serving(*options, key=key) as server:
        batch = server.post("/animate-batch", {"jobs": bodies}).json()["batch_id"]
        deadline = time.monotonic() + 20
        while True:
            found = server.get(f"/batch-jobs?batch_id={batch}").json()
            summary, jobs = found["summary"], found["sub_jobs"]
            assert isinstance(summary, dict)
            assert isinstance(jobs, list)
            if summary["queued"] + summary["pending"] == 0:
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [job["batch_position"] for job in jobs] == [0, 1, 2, 3]
        assert [job["billing"]["credits_charged"] for job in jobs] == [20, 12, 12, 12]
        assert server.get(f"/jobs?id={jobs[2]['api_job_id']}").json()["status"] == "success"
        assert server.get("/batch-jobs?batch_id=x").code == "not_found"
    records = local.job_records(db)
    ends = [record.finished_at or 0.0 for record in records]
    assert ends == sorted(ends)
    assert len(set(ends)) == 4


def test_a_batch_is_taken_whole_or_not_at_all(server: Server, tmp_path: Path) -> None:
    """One bad or one unaffordable job, and nothing was created."""
    good = {"image": png(), "prompt": "bob"}
    bad = server.post("/animate-batch", {"jobs": [good, {**good, "output_frames": 3}]})
    assert bad.code == "invalid_request"
    assert "jobs[1]" in bad.body.decode()
    db, key, options = account_in(tmp_path)
    with serving(*options, key=key) as poor:
        answer = poor.post("/animate-batch", {"jobs": [good] * 8})
        assert answer.code == "insufficient_credits"
        assert poor.balance()["reserved"] == 0
    assert local.job_records(db) == ()


def test_cancelling_one_of_a_batch_lets_the_next_go_on() -> None:
    """Sub-jobs end singly."""
    with serving("--latency", "0.5") as server:
        body = {"jobs": [{"image": png(), "prompt": word} for word in ("bob", "sway", "hop")]}
        batch = server.post("/animate-batch", body).json()["batch_id"]
        jobs = server.get(f"/batch-jobs?batch_id={batch}").json()["sub_jobs"]
        assert isinstance(jobs, list)
        assert server.post("/cancel", {"api_job_id": jobs[0]["api_job_id"]}).status == 200
        assert server.post("/cancel", {"api_job_id": jobs[2]["api_job_id"]}).status == 200
        assert server.ended(jobs[1]["api_job_id"])["status"] == "success"
