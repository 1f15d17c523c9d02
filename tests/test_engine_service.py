"""The engine keeps the contract of the vendor's introduction, row by row (api.md section 1)."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from engine_server import KEY, ROOT, VARIABLE, Server, encoded, png, serving, sprite
from PIL import Image, ImageChops

from pipeline.engine import local
from pipeline.engine.errors import LocalRefusal

GETS = ("/balance", "/billing", "/jobs?id=x", "/batch-jobs?batch_id=x")
POSTS = (
    "/animate", "/animate-batch", "/cancel", "/enhance-prompt", "/generate-image", "/keyframes",
    "/pixelate", "/remove-background", "/retake",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an account with all the credits it wants."""
    with serving() as running:
        yield running


def served_with_account(tmp_path: Path, *options: str) -> tuple[Path, str, tuple[str, ...]]:
    """Make a database with one key of a free account; gives the options to serve it."""
    db = tmp_path / "engine.sqlite"
    return db, local.add_key(db), ("--db", str(db), *options)


def test_submit_poll_download_is_all_it_takes(server: Server) -> None:
    """Rows 1, 33, 35, 38, 40 to 42, 45: two fields in, a signed link out, no other call needed."""
    answer = server.post("/animate", {"image": png(), "prompt": "breathing calmly"})
    content = answer.json()
    job = str(content["api_job_id"])
    assert answer.status == 200
    assert content == {"api_job_id": job, "status": "queued", "error": None}
    assert uuid.UUID(job).version == 4
    done = server.ended(job)
    assert done["status"] == "success"
    output = done["output"]
    assert isinstance(output, dict)
    file = server.get(output["url"], key=None)
    assert file.status == 200
    assert file.headers["content-type"] == output["content_type"] == "image/webp"
    with Image.open(io.BytesIO(file.body)) as image:
        assert image.format == "WEBP"
        assert (image.width, image.height, getattr(image, "n_frames", 1)) == (12, 12, 8)


def test_every_default_of_animate_is_echoed(server: Server) -> None:
    """Row 40 and api.md 3.6: what was not sent is filled in and shown in `inputs`."""
    done = server.ended(server.submit())
    inputs = done["inputs"]
    assert isinstance(inputs, dict)
    assert inputs["model"] == "pixel-engine-v1.1"
    assert inputs["pixel_config"] == {"colors": 24}
    assert inputs["output_frames"] == 8
    assert inputs["output_format"] == "webp"
    assert inputs["matte_color"] == "#808080"
    assert inputs["engine"] == "builtin"
    assert inputs["interpretation"]
    assert "image" not in inputs


@pytest.mark.parametrize("path", GETS)
def test_every_get_asks_for_the_key(server: Server, path: str) -> None:
    """Rows 5 and 29: no endpoint answers without a valid key, before it looks at anything else."""
    for key in (None, "", "nonsense", "pe_sk_", "pe_sk_unknownunknownunknown", KEY[:-1]):
        answer = server.get(path, key=key)
        assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("path", [*POSTS, "/nowhere"])
def test_every_post_asks_for_the_key_before_body_and_path(server: Server, path: str) -> None:
    """Row 5 and 7.2 rule 1: the key comes first, even for a broken body or an unknown path."""
    answer = server.request("POST", path, b"{broken", key=None)
    assert (answer.status, answer.code) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["Basic abc", KEY, f"Token {KEY}", "Bearer", f"Bearer x{KEY}"])
def test_only_a_bearer_key_is_accepted(server: Server, header: str) -> None:
    """Row 29: another scheme or a malformed header is the same refusal."""
    answer = server.request("GET", "/balance", key=None, headers={"Authorization": header})
    assert (answer.status, answer.code) == (401, "unauthorized")


def test_order_of_checks_is_path_then_method_then_json_then_fields(server: Server) -> None:
    """7.2 rule 1: each request has one answer, whatever else is wrong with it."""
    assert server.request("POST", "/nowhere", b"{").code == "not_found"
    wrong_method = server.request("GET", "/animate", b"{")
    assert (wrong_method.status, wrong_method.code) == (405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST, OPTIONS"
    assert server.request("POST", "/animate", b"{").code == "invalid_request"
    assert server.post("/animate", {"image": "!", "prompt": " "}).code == "invalid_request"
    assert server.post("/animate", {"image": "aGk=", "prompt": "x"}).code == "invalid_image"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", ""), ("PUT", "/animate"), ("DELETE", "/jobs?id=1"), ("GET", "/jobs"),
     ("POST", "/balance"), ("PATCH", "/x")],
)  # fmt: skip
def test_every_path_answers_json_with_cors(server: Server, method: str, path: str) -> None:
    """Rows 3, 4, 26: browsers and clients can read every refusal."""
    answer = server.request(method, path)
    assert answer.status in (400, 404, 405)
    assert answer.code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/animate", "/balance", "/nowhere"])
def test_preflight_needs_no_key(server: Server, path: str) -> None:
    """Row 4 and 7.2 rule 11: OPTIONS is answered with 204 and the headers that clients send."""
    answer = server.request("OPTIONS", path, key=None)
    assert answer.status == 204
    assert answer.body == b""
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    allowed = answer.headers["access-control-allow-headers"]
    assert {"authorization", "content-type", "apikey", "x-client-info"} == set(allowed.split(", "))


def test_outside_the_api_everything_is_json_too(server: Server) -> None:
    """Row 3: the root of the host, wrong links and wrong methods on them."""
    root = server.url.removesuffix("/functions/v1")
    assert server.get(f"{root}/").code == "not_found"
    assert server.get(f"{root}/download/x").code == "link_expired"
    assert server.request("POST", f"{root}/download/x").code == "method_not_allowed"
    contract = server.get(f"{root}/openapi.json")
    assert contract.json()["openapi"] == "3.1.0"


def test_a_charset_after_the_content_type_is_fine(server: Server) -> None:
    """Row 3: clients send `application/json; charset=utf-8`."""
    answer = server.request(
        "POST", "/enhance-prompt", {"prompt": "né"},
        headers={"Content-Type": "application/json; charset=utf-8"},
    )  # fmt: skip
    assert answer.status == 200


def test_keys_live_as_the_vendor_says(tmp_path: Path) -> None:
    """Rows 6 to 14: shown once, kept as prefix and hash, at most ten, renamed, paused, deleted."""
    db, key, options = served_with_account(tmp_path)
    assert re.fullmatch(r"pe_sk_[A-Za-z0-9]{40}", key)
    with serving(*options) as server:
        assert server.get("/balance", key=key).status == 200
        prefix = local.list_keys(db)[0].prefix
        assert prefix == key[:14]
        local.rename_key(db, prefix, "laptop")
        assert local.list_keys(db)[0].name == "laptop"
        local.deactivate_key(db, prefix)
        assert server.get("/balance", key=key).code == "unauthorized"
        assert server.post("/animate", {}, key=key).code == "unauthorized"
        local.activate_key(db, prefix)
        assert server.get("/balance", key=key).status == 200
        local.delete_key(db, prefix)
        assert server.get("/balance", key=key).code == "unauthorized"
    for _ in range(10):
        local.add_key(db)
    with pytest.raises(LocalRefusal, match="at most 10"):
        local.add_key(db)
    assert key[14:].encode() not in db.read_bytes()


def test_a_key_paused_while_a_job_runs_does_not_stop_the_job(tmp_path: Path) -> None:
    """Row 13: deactivation closes the door, work that was paid for goes on."""
    db, key, options = served_with_account(tmp_path, "--latency", "0.3")
    with serving(*options) as server:
        job = server.post("/animate", {"image": png(), "prompt": "bob"}, key=key)
        local.deactivate_key(db, key[:14])
        deadline = time.monotonic() + 10
        while local.job_records(db)[0].status != "success":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        local.activate_key(db, key[:14])
        state = server.get(f"/jobs?id={job.json()['api_job_id']}", key=key).json()
        assert state["status"] == "success"


def test_credits_are_held_then_taken_monthly_first(tmp_path: Path) -> None:
    """Rows 15 to 22: hold at submit, capture at success, a job may straddle both pools."""
    db, key, options = served_with_account(tmp_path, "--latency", "0.4")
    local.add_credits(db, 50)
    with serving(*options, key=key) as server:
        full = {"monthly_balance": 100, "purchased_balance": 50, "total_balance": 150}
        assert server.get("/balance", key=key).json() == {**full, "reserved": 0, "available": 150}
        jobs = [_animate(server, key) for _ in range(6)]
        assert server.get("/balance", key=key).json() == {**full, "reserved": 120, "available": 30}
        _ended(server, key, jobs)
        assert server.get("/balance", key=key).json() == {
            "monthly_balance": 0, "purchased_balance": 30, "total_balance": 30, "reserved": 0,
            "available": 30,
        }  # fmt: skip
        billing = server.get("/billing", key=key).json()
        assert billing["totals"] == {
            "credits_used": 120, "credits_added": 150, "refunds": 0, "net_change": 30,
            "jobs_charged": 6,
        }  # fmt: skip


def test_too_few_available_credits_give_402_at_once(tmp_path: Path) -> None:
    """Row 30: what other jobs hold is not available, and nothing is created."""
    db, key, options = served_with_account(tmp_path, "--latency", "5")
    with serving(*options, key=key) as server:
        for _ in range(5):
            _animate(server, key)
        answer = server.post("/animate", {"image": png(), "prompt": "bob"}, key=key)
        assert (answer.status, answer.code) == (402, "insufficient_credits")
        assert server.get("/balance", key=key).json()["reserved"] == 100
    assert len(local.job_records(db)) == 5


def test_monthly_refresh_fills_up_and_leaves_holds(tmp_path: Path) -> None:
    """Row 16: refreshed by command, the purchased pool and open holds stay as they are."""
    db, key, options = served_with_account(tmp_path)
    with serving(*options, key=key) as server:
        _ended(server, key, [_animate(server, key)])
        assert local.balance(db).monthly == 80
        local.refresh_credits(db)
        assert local.balance(db).monthly == 100


def _animate(server: Server, key: str) -> str:
    answer = server.post("/animate", {"image": png(), "prompt": "bob"}, key=key)
    assert answer.status == 200, answer.body
    return str(answer.json()["api_job_id"])


def _ended(server: Server, key: str, jobs: list[str]) -> None:
    deadline = time.monotonic() + 20
    for job in jobs:
        while server.get(f"/jobs?id={job}", key=key).json()["status"] in ("queued", "pending"):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_job_passes_through_queued_and_pending_with_progress() -> None:
    """Rows 36, 37, 39 and 7.2 rule 3: simulated latency shows every state a client must know."""
    with serving("--latency", "1") as server:
        submitted = server.post("/animate", {"image": png(), "prompt": "bob"}).json()
        seen: list[tuple[str, object]] = [(str(submitted["status"]), 0.0)]
        while seen[-1][0] in ("queued", "pending"):
            state = server.state(str(submitted["api_job_id"]))
            seen.append((str(state["status"]), state["progress"]))
            time.sleep(0.02)
    states = [status for status, _ in seen]
    assert list(dict.fromkeys(states)) == ["queued", "pending", "success"]
    progress = [float(str(share)) for _, share in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_jobs_of_other_accounts_are_not_there(tmp_path: Path) -> None:
    """Row 14 and 7.3: an id is no secret that opens another account's job."""
    db, key, options = served_with_account(tmp_path)
    other = local.add_key(db, account="other")
    with serving(*options) as server:
        job = _animate(server, key)
        answer = server.get(f"/jobs?id={job}", key=other)
        assert (answer.status, answer.code) == (404, "not_found")
        assert server.post("/cancel", {"api_job_id": job}, key=other).code == "not_found"
        second = local.add_key(db)
        assert server.get(f"/jobs?id={job}", key=second).status == 200


def test_failure_releases_the_hold_and_costs_nothing() -> None:
    """Rows 20, 21: a failed job shows an error, charges 0 and frees its credits."""
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
    """Row 19 and 7.2 rule 2: a job that outlives its hold ends as failure, without a charge."""
    with serving("--latency", "60", "--hold", "1") as server:
        state = server.ended(server.submit())
        assert state["status"] == "failure"
        assert isinstance(state["error"], dict)
        assert state["error"]["code"] == "hold_expired"
        assert server.balance()["reserved"] == 0


def test_links_expire_and_jobs_gives_fresh_ones() -> None:
    """Rows 38, 43 and 7.2 rule 4: an hour by default, then 403; forged tokens never work."""
    with serving("--link-ttl", "1") as server:
        job = server.submit()
        url = _output(server.ended(job))["url"]
        assert server.get(url).status == 200
        assert server.get(url[:-1] + ("A" if url[-1] != "A" else "B")).code == "link_expired"
        far = re.sub(r"token=\d+", "token=99999999999", url)
        assert server.get(far).code == "link_expired"
        time.sleep(1.2)
        late = server.get(url)
        assert (late.status, late.code) == (403, "link_expired")
        assert server.get(_output(server.state(job))["url"]).status == 200


def test_a_link_lives_for_an_hour_unless_told_otherwise(server: Server) -> None:
    """Row 43."""
    output = _output(server.ended(server.submit()))
    left = time.mktime(time.strptime(output["expires_at"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert 3590 < left - time.mktime(time.gmtime()) <= 3600


def _output(state: dict[str, object]) -> dict[str, str]:
    output = state["output"]
    assert isinstance(output, dict)
    return output


def test_billing_takes_dates_and_refuses_bad_periods(server: Server) -> None:
    """api.md 3.5: inclusive UTC days, thirty before the end by default, at most 365."""
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
    """api.md 3.14: a cancelled job costs nothing; after the end there is nothing to cancel."""
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
    """api.md 3.13: one price step down, sub-jobs one after another, done when none is open."""
    db, key, options = served_with_account(tmp_path)
    bodies = [{"image": png(), "prompt": word} for word in ("bob", "sway", "hop", "walk")]
    with serving(*options, key=key) as server:
        batch = server.post("/animate-batch", {"jobs": bodies}, key=key).json()["batch_id"]
        deadline = time.monotonic() + 20
        while True:
            found = server.get(f"/batch-jobs?batch_id={batch}", key=key).json()
            summary, jobs = found["summary"], found["sub_jobs"]
            assert isinstance(summary, dict)
            assert isinstance(jobs, list)
            if summary["queued"] + summary["pending"] == 0:
                break
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert [job["batch_position"] for job in jobs] == [0, 1, 2, 3]
        assert [job["billing"]["credits_charged"] for job in jobs] == [20, 12, 12, 12]
        assert (
            server.get(f"/jobs?id={jobs[2]['api_job_id']}", key=key).json()["status"] == "success"
        )
        assert server.get("/batch-jobs?batch_id=x", key=key).code == "not_found"
    records = local.job_records(db)
    ends = [record.finished_at or 0.0 for record in records]
    assert ends == sorted(ends)
    assert len(set(ends)) == 4


def test_a_batch_is_taken_whole_or_not_at_all(server: Server, tmp_path: Path) -> None:
    """7.2 rule 1: one bad or one unaffordable job, and nothing was created."""
    good = {"image": png(), "prompt": "bob"}
    bad = server.post("/animate-batch", {"jobs": [good, {**good, "output_frames": 3}]})
    assert bad.code == "invalid_request"
    assert "jobs[1]" in bad.body.decode()
    db, key, options = served_with_account(tmp_path)
    with serving(*options, key=key) as poor:
        answer = poor.post("/animate-batch", {"jobs": [good] * 8}, key=key)
        assert answer.code == "insufficient_credits"
        assert poor.get("/balance", key=key).json()["reserved"] == 0
    assert local.job_records(db) == ()


def test_cancelling_one_of_a_batch_lets_the_next_go_on() -> None:
    """api.md 3.13: sub-jobs end singly."""
    with serving("--latency", "0.5") as server:
        body = {"jobs": [{"image": png(), "prompt": word} for word in ("bob", "sway", "hop")]}
        batch = server.post("/animate-batch", body).json()["batch_id"]
        jobs = server.get(f"/batch-jobs?batch_id={batch}").json()["sub_jobs"]
        assert isinstance(jobs, list)
        assert server.post("/cancel", {"api_job_id": jobs[0]["api_job_id"]}).status == 200
        assert server.post("/cancel", {"api_job_id": jobs[2]["api_job_id"]}).status == 200
        assert server.ended(jobs[1]["api_job_id"])["status"] == "success"


def test_enhance_prompt_keeps_the_prompt_and_is_idempotent(server: Server) -> None:
    """api.md 3.15: synchronous, free, never empty."""
    first = server.post("/enhance-prompt", {"prompt": "slime wobbling"}).json()["enhanced_prompt"]
    assert str(first).startswith("slime wobbling")
    again = server.post("/enhance-prompt", {"prompt": first}).json()["enhanced_prompt"]
    assert again == first


@pytest.mark.parametrize("path", ["/retake", "/generate-image"])
def test_generative_endpoints_say_that_they_need_the_real_service(
    server: Server, path: str
) -> None:
    """Issue 3 item 2: a clear refusal instead of something faked."""
    answer = server.post(path, {"prompt": "x"})
    assert (answer.status, answer.code) == (501, "not_supported")
    assert b"real Pixel Engine service" in answer.body


def test_the_same_request_gives_the_same_bytes(server: Server) -> None:
    """7.2 rule 8: without a seed it comes from the request, so that runs repeat."""
    files = []
    for _ in range(2):
        state = server.ended(server.submit(prompt="shaking wildly", output_format="spritesheet"))
        files.append(server.get(_output(state)["url"]).body)
    assert files[0] == files[1]


def test_frame_zero_is_the_input_on_the_exact_matte(server: Server) -> None:
    """7.2 rule 5: opaque, one row, frame 0 exact, frames as many as asked for."""
    state = server.ended(
        server.submit(output_format="spritesheet", matte_color="EE00fF", output_frames=6)
    )
    output = state["output"]
    assert isinstance(output, dict)
    assert {key: output["metadata"][key] for key in ("width", "height", "frame_w", "frame_h")} == {
        "width": 72, "height": 12, "frame_w": 12, "frame_h": 12,
    }  # fmt: skip
    assert output["metadata"]["frame_count"] == 6
    with Image.open(io.BytesIO(server.get(output["url"]).body)) as sheet:
        assert sheet.mode == "RGB"
        expected = Image.new("RGBA", (12, 12), (0xEE, 0, 0xFF, 255))
        expected.alpha_composite(sprite())
        first = sheet.crop((0, 0, 12, 12))
        assert ImageChops.difference(first, expected.convert("RGB")).getbbox() is None


def test_strict_turns_needs_ai_into_a_failure(server: Server) -> None:
    """7.2 rule 10: what one still cannot give is said, and refused only on request."""
    prompt = "opens the chest, attacks and sits down"
    honest = server.ended(server.submit(prompt=prompt))
    assert honest["status"] == "success"
    assert isinstance(honest["inputs"], dict)
    assert honest["inputs"]["needs_ai"] is True
    assert honest["inputs"]["needs_ai_reason"]
    strict = server.ended(server.submit(prompt=prompt, strict=True))
    assert strict["status"] == "failure"
    assert isinstance(strict["error"], dict)
    assert strict["error"]["code"] == "needs_ai"


def test_vendor_curl_commands_work_with_only_the_host_changed(server: Server) -> None:
    """Rows 2, 40 to 42, 45 and issue 3: the introduction's own commands."""

    def curl(*arguments: str) -> str:
        done = subprocess.run(
            ["curl", "-sS", *arguments], capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout

    bearer = ("-H", f"Authorization: Bearer {KEY}")
    submitted = curl(
        "-X", "POST", f"{server.url}/animate", *bearer, "-H", "Content-Type: application/json",
        "-d", f'{{"image": "{png()}", "prompt": "walking forward"}}',
    )  # fmt: skip
    match = re.search(r'"api_job_id":"([^"]+)"', submitted)
    assert match is not None
    server.ended(match[1])
    assert '"status":"success"' in curl(f"{server.url}/jobs?id={match[1]}", *bearer)
    assert '"available":' in curl(f"{server.url}/balance", *bearer)


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    """Issue 3 item 4: queued jobs are run after a restart, holds are neither lost nor doubled."""
    db, key, options = served_with_account(tmp_path)
    with serving(*options, "--latency", "30", key=key, end="kill") as server:
        jobs = [_animate(server, key) for _ in range(3)]
    assert local.balance(db).reserved == 60
    with sqlite3.connect(db) as connection:
        connection.execute("UPDATE jobs SET ready_at = NULL")
    connection.close()
    with serving(*options, key=key) as server:
        _ended(server, key, jobs)
        assert server.get("/balance", key=key).json()["total_balance"] == 40
    assert [record.credits_charged for record in local.job_records(db)] == [20, 20, 20]


def test_the_server_ends_with_its_parents_pipe_and_leaves_no_worker() -> None:
    """A build that is killed must not leave an engine or its render workers behind."""
    with serving() as server:
        server.ended(server.submit())
        children = _descendants(server.process.pid)
        assert len(children) >= 2
    assert server.process.returncode == 0
    deadline = time.monotonic() + 5
    while any(_is_alive(pid) for pid in children):
        assert time.monotonic() < deadline, "a worker outlived the engine"
        time.sleep(0.05)


def test_killing_the_engine_leaves_no_worker() -> None:
    """The same when the engine itself gets kill -9 and can clean up nothing."""
    with serving(end="kill") as server:
        server.ended(server.submit())
        children = _descendants(server.process.pid)
    deadline = time.monotonic() + 5
    while any(_is_alive(pid) for pid in children):
        assert time.monotonic() < deadline, "a worker outlived the engine"
        time.sleep(0.05)


def _descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found |= {int(child)} | _descendants(int(child))
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_standard_output_is_one_line_and_the_key_is_never_logged() -> None:
    """Rows 8 and 9: programs read the line; logs may be shown to others."""
    process = subprocess.run(
        [sys.executable, "-m", "pipeline.engine", "serve", "--key-env", VARIABLE,
         "--until-stdin-closes"],
        input="", capture_output=True, text=True, cwd=ROOT, timeout=20,
        env={VARIABLE: KEY, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) == 1
    assert KEY[14:] not in process.stdout + process.stderr


def test_data_urls_and_every_png_kind_are_taken(server: Server) -> None:
    """api.md 3.6: both forms of base64 are in use; 4.1: any PNG that decodes."""
    assert server.submit(image="data:image/png;base64," + png())
    raw = base64.b64encode(base64.b64decode(png())).decode()
    assert server.submit(image=raw)
    for mode in ("L", "LA", "P", "RGB", "1", "I;16"):
        picture = (
            sprite().convert("L").convert("I;16") if mode == "I;16" else sprite().convert(mode)
        )
        assert server.ended(server.submit(image=encoded(picture)))["status"] == "success", mode


def test_a_worker_that_dies_costs_no_job() -> None:
    """The pool is replaced, and what it was rendering is rendered again."""
    with serving() as server:
        server.ended(server.submit())
        image = png(256, 256)
        jobs = [server.submit(image=image, seed=seed, output_frames=16) for seed in range(6)]
        for pid in sorted(_descendants(server.process.pid))[-1:]:
            os.kill(pid, signal.SIGKILL)
        assert [server.ended(job)["status"] for job in jobs] == ["success"] * 6
        assert server.balance()["reserved"] == 0


def test_ctrl_c_in_the_terminal_is_left_to_the_parent() -> None:
    """It reaches the whole group; a build that finishes its jobs must not lose its engine."""
    with serving() as server:
        server.ended(server.submit())
        for pid in (server.process.pid, *_descendants(server.process.pid)):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.3)
        assert server.ended(server.submit())["status"] == "success"


def test_what_is_no_http_is_refused_as_json(server: Server) -> None:
    """Row 3: even the parser's own refusal has the error shape and CORS headers."""
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        answer = b""
        while piece := raw.recv(4096):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"access-control-allow-origin: *" in head
    assert json.loads(body)["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("content", [b"this is no database" * 100, None])
def test_a_database_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, content: bytes | None
) -> None:
    """A wrong path or file ends the command with a sentence, not with a traceback."""
    path = tmp_path / "missing" / "engine.sqlite"
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    with pytest.raises(LocalRefusal, match="cannot be used as the engine's database"):
        local.balance(path)
    assert not path.parent.exists() or path.read_bytes() == content


def test_a_large_damaged_picture_is_a_failure_that_costs_nothing(server: Server) -> None:
    """Large pictures are decoded by the workers, so that their damage shows in the job."""
    raw = base64.b64decode(encoded(Image.effect_noise((600, 600), 90)))
    broken = base64.b64encode(raw[:2000] + bytes(3000) + raw[5000:]).decode()
    state = server.ended(server.submit("/pixelate", image=broken))
    assert state["status"] == "failure"
    assert isinstance(state["error"], dict)
    assert state["error"]["code"] == "invalid_image"
