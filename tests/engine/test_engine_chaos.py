"""The engine breaks on purpose, exactly where a test wants it, and the same way each time."""

from __future__ import annotations

import http.client
import time
from pathlib import Path

import pytest
from engine_server import Answer, Server, png, serving

from pipeline.engine.accounts import latency
from pipeline.engine.contract import orders
from pipeline.engine.contract.errors import LocalRefusal
from pipeline.engine.server import chaos, local

BODY = {"image": png(), "prompt": "bob", "output_format": "spritesheet"}
BROKEN = (ConnectionError, http.client.HTTPException)


def outcome(server: Server) -> Answer | None:
    """Post a job; None when the connection broke."""
    try:
        return server.post("/animate", BODY)
    except BROKEN:
        return None


FAULTS: tuple[tuple[str, int | None, int], ...] = (
    ("500", 500, 0), ("503", 503, 0), ("html", 502, 0), ("402", 402, 0), ("429=7", 429, 0),
    ("reset", None, 0), ("stall=0.1", None, 0), ("500-after", 500, 1), ("html-after", 502, 1),
    ("reset-after", None, 1), ("stall-after=0.1", None, 1), ("garbled", 200, 1),
    ("truncate", None, 1), ("slow=0.2", 200, 1), ("fail", 200, 1),
)  # fmt: skip


def test_each_scripted_fault_hits_one_request_before_or_after_acceptance(tmp_path: Path) -> None:
    """A client's test must know whether the broken request was billed."""
    db = tmp_path / "engine.sqlite"
    script = "; ".join(
        f"POST /animate {2 * n + 1}: {fault}" for n, (fault, _, _) in enumerate(FAULTS)
    )
    accepted = 0
    with serving("--db", str(db), "--chaos", script) as server:
        for fault, status, is_accepted in FAULTS:
            broken = outcome(server)
            assert (broken.status if broken else None) == status, fault
            accepted += is_accepted
            assert len(local.job_records(db)) == accepted, fault
            assert server.post("/animate", BODY).status == 200, f"the one after {fault}"
            accepted += 1
    digests = {record.request_sha256 for record in local.job_records(db)}
    assert digests == {orders.body_digest(BODY)}


def test_what_the_faulty_answers_look_like() -> None:
    """HTML pages, Retry-After, unreadable bodies: what gateways in front of the service send."""
    script = (
        "GET /balance 1: html; GET /balance 2: 429=7; GET /balance 3: garbled; GET /balance 4: 503"
    )
    with serving("--chaos", script) as server:
        page, limited, garbled, gateway, good = (server.get("/balance") for _ in range(5))
    assert page.headers["content-type"] == "text/html"
    assert page.body.startswith(b"<html>")
    assert (limited.code, limited.headers["retry-after"]) == ("rate_limited", "7")
    assert garbled.status == 200
    with pytest.raises(ValueError, match="Expecting"):
        garbled.json()
    assert gateway.json() == {"message": "name resolution failed"}
    assert good.json()["reserved"] == 0


def test_downloads_break_in_every_way() -> None:
    """Truncated, corrupt, expired and slow files, then the whole one from the same link."""
    script = "GET /download 1: truncate; GET /download 2: corrupt; GET /download 3: expired"
    with serving("--chaos", script + "; GET /download 4: slow=0.2") as server:
        output = server.ended(server.submit(**BODY))["output"]
        assert isinstance(output, dict)
        with pytest.raises(http.client.IncompleteRead):
            server.get(output["url"])
        corrupt, expired, slow, whole = (server.get(output["url"]) for _ in range(4))
    assert expired.code == "link_expired"
    assert slow.body == whole.body
    assert len(corrupt.body) == len(whole.body)
    assert corrupt.body != whole.body


def test_a_job_can_fail_in_the_middle_of_a_run() -> None:
    """Job failures and 402 in the middle, by number."""
    with serving("--chaos", "POST /animate 2: fail; POST /animate 3+: 402") as server:
        first, second = server.submit(), server.submit()
        assert server.ended(first)["status"] == "success"
        assert server.ended(second)["status"] == "failure"
        assert {server.post("/animate", BODY).status for _ in range(3)} == {402}


def test_random_faults_depend_on_nothing_but_seed_kind_and_number() -> None:
    """A failing seed must fail again, whatever other requests came in between."""
    first, second, other = (chaos.parse(f"seed={seed}; rate=0.3") for seed in (7, 7, 8))
    drawn = [first.draw("POST /animate") for _ in range(300)]
    again = []
    for _ in range(300):
        second.draw("GET /jobs")
        again.append(second.draw("POST /animate"))
    assert drawn == again
    assert drawn != [other.draw("POST /animate") for _ in range(300)]
    hits = [fault for fault in drawn if fault is not None]
    assert 60 < len(hits) < 120
    assert len({fault.kind for fault in hits}) == 13


def test_random_waits_can_be_shortened() -> None:
    """A drill of hundreds of seeds is not run when every `slow` and `429` takes its full time."""
    usual, short = (chaos.parse(f"seed=7; rate=1{more}") for more in ("", "; wait=0.1"))
    pairs = [(usual.draw("GET /jobs"), short.draw("GET /jobs")) for _ in range(100)]
    assert all(one and two and one.kind is two.kind for one, two in pairs)
    waits = {(one.value, two.value) for one, two in pairs if one and two}
    assert waits == {(0.0, 0.0), (0.5, 0.05), (1.0, 0.1)}


@pytest.mark.parametrize(
    ("spans", "hit"),
    [("2", {2}), ("2-4", {2, 3, 4}), ("1,5", {1, 5}), ("4+", {4, 5, 6}), ("*", set(range(1, 7)))],
)
def test_a_script_names_numbers_ranges_and_all(spans: str, hit: set[int]) -> None:
    """The script form is what tests of the client are written in."""
    drawn = chaos.parse(f"GET /jobs {spans}: 500")
    assert {number for number in range(1, 7) if drawn.draw("GET /jobs")} == hit


@pytest.mark.parametrize(
    "script",
    ["POST /animate: 500", "GET /jobs x: 500", "GET /jobs 1: boom", "rate=lots", "rate=.", "hello"],
)
def test_a_bad_script_is_refused_with_what_is_possible(script: str) -> None:
    """A fault that is silently not injected makes a test that cannot fail."""
    with pytest.raises(LocalRefusal):
        chaos.parse(script)


def test_latency_is_log_normal_and_repeatable() -> None:
    """About 90 s with sigma 0.25; the same job takes the same time again."""
    real = latency.parse("real")
    drawn = sorted(real.duration_s(job) for job in range(2000))
    assert 86 < drawn[1000] < 94
    assert 1.2 < drawn[1682] / drawn[1000] < 1.37  # one sigma above the median: e^0.25 = 1.28
    assert real.duration_s(5) == latency.parse("real").duration_s(5)
    assert real.duration_s(5) != latency.parse("real", seed=1).duration_s(5)
    assert latency.parse("3").duration_s(1) == 3
    assert latency.parse("none").duration_s(1) == 0
    for text in ("soon", "-1", "3:9", "99999"):
        with pytest.raises(LocalRefusal):
            latency.parse(text)


def test_progress_waits_then_rises_and_never_says_done() -> None:
    """Pending with 0 is waiting for a GPU; 1 belongs to success."""
    shown = [latency.progress(100.0, 110.0, now) for now in (100.0, 101.5, 103.0, 109.0, 120.0)]
    assert shown[:2] == [0.0, 0.0]
    assert shown == sorted(shown)
    assert shown[-1] == 0.99


def test_at_most_slots_jobs_run_at_once() -> None:
    """A benchmark of many jobs needs a service that runs ten at once, like a real one."""
    with serving("--latency", "0.3", "--slots", "2") as server:
        started = time.monotonic()
        jobs = [server.submit() for _ in range(6)]
        for job in jobs:
            assert server.ended(job)["status"] == "success"
        assert time.monotonic() - started >= 0.9
