"""`pixelpipe balance`: the service's figures beside our own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from command import call, run
from game import Game, Shop

from pipeline.config.project_settings import ServiceChoice
from pipeline.core.model import Balance, Job, JobState, Resolved
from pipeline.purchase import account
from pipeline.storage.ledger import Ledger

NOW = 1_800_000_000.0
DAY = 86_400.0
KEY = "pe_sk_" + "abcdefghijklmnop"


def job(number: int, state: JobState, *, service: str = "pixel-engine", charged: int = 0) -> Job:
    """Describe a job as the ledger keeps it."""
    key = f"{number:064x}"
    return Job(
        request_key=key,
        state=state,
        service=service,
        paid=True,
        source="hero.png",
        clip="idle",
        resolved=Resolved(
            request_key=key, prompt="p", frames=8, canvas=(8, 8), pad=(0, 0, 0, 0), matte="#ff00ff"
        ),
        credits_quoted=20,
        credits_charged=charged,
        claimed_at=NOW,
    )


def test_both_pools_and_what_a_build_spent(paying: Game, shop: Shop) -> None:
    """A person compares two records of the same money; they must be one command away."""
    assert paying.build("--max-credits", "60").exit == 0
    done = paying.run("balance", "--json")
    assert done.exit == 0, done.stderr
    assert done.report["credits"] == {
        "monthly_balance": 40,
        "purchased_balance": 1000,
        "total_balance": 1040,
        "reserved": 0,
        "available": 1040,
    }
    assert done.report["dollars_about"] == {"monthly": 0.2, "purchased": 10.0}
    records = done.report["records"]
    assert isinstance(records, dict)
    assert (records["credits_charged"], records["open_jobs"]) == (60, 0)
    shown = paying.run("balance").stdout
    for line in ("monthly           40 credits  about $0.20", "charged           60 credits"):
        assert line in shown
    assert shop.key not in shown + done.stdout


def test_the_built_in_engine_has_no_credits(game: Game) -> None:
    """It is free: figures of play money would only confuse, and nothing is started for it."""
    done = game.run("balance")
    assert done.exit == 0, done.stderr
    assert done.stdout.startswith("The built-in engine is free")
    assert not (game.root / ".pixelpipe").exists()


def test_without_a_key_the_sentence_says_where_keys_are_made(tmp_path: Path) -> None:
    """The first thing that a new user of the service does is forget the key."""
    done = run("balance", tmp_path, "--service", "pixel-engine")
    assert done.code == 5
    assert "Account → API" in done.err


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Serve one answer to everything, as a broken or refusing service would."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/functions/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"error": {"code": "unauthorized", "message": "Key inactive."}}', 5),
        (500, b'{"error": {"code": "internal_error", "message": "Oops."}}', 6),
        (502, b"<html>", 6),
        (200, b"<html>", 6),
        (200, b"", 6),
    ],
)
def test_whatever_the_service_answers_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, code: int
) -> None:
    """Proxies and gateways answer in HTML; the exit code says whether to repeat."""
    monkeypatch.setenv("PIXEL_ENGINE_API_KEY", KEY)
    with answering(status, body) as url:
        done = call("balance", tmp_path, "--service", url)
    assert done.code == code
    assert KEY not in done.err + done.out


def test_an_address_that_would_show_the_key_is_refused(tmp_path: Path) -> None:
    """The key goes over TLS, except to this machine."""
    done = run("balance", tmp_path, "--service", "http://example.com/functions/v1")
    assert done.code == 5
    assert "https" in done.err


def test_records_count_one_service_and_thirty_days(tmp_path: Path) -> None:
    """What another server charged, or what is long gone, would make the comparison useless."""
    with Ledger(tmp_path, now=NOW) as ledger:
        for number, (state, service, charged, at) in enumerate(
            [
                (JobState.BOUGHT, "pixel-engine", 20, NOW - 29 * DAY),
                (JobState.BOUGHT, "pixel-engine", 20, NOW - 31 * DAY),
                (JobState.BOUGHT, "other.example", 20, NOW),
                (JobState.SUBMITTED, "pixel-engine", 0, NOW),
                (JobState.UNCONFIRMED, "pixel-engine", 0, NOW),
                (JobState.SUBMITTED, "other.example", 0, NOW),
                (JobState.FAILED, "pixel-engine", 0, NOW),
            ]
        ):
            ledger.record(job(number, state, service=service, charged=charged), now=at)
    choice = ServiceChoice(identity="pixel-engine", base_url="https://x.example", paid=True)
    found = account.records(tmp_path, choice, NOW)
    assert found == account.Records(charged=20, held=40, open_jobs=2, unconfirmed=1)


def test_no_ledger_is_made_for_a_look(tmp_path: Path) -> None:
    """balance outside of every project leaves nothing behind."""
    choice = ServiceChoice(identity="pixel-engine", base_url="https://x.example", paid=True)
    assert account.records(tmp_path / "state", choice, NOW) == account.Records()
    assert list(tmp_path.iterdir()) == []


def test_dollars_differ_by_pool() -> None:
    """About 200 credits a dollar monthly, 100 purchased."""
    assert account.dollars(Balance(monthly_balance=200, purchased_balance=200)) == (1.0, 2.0)


def test_foreign_holds_are_pointed_out(paying: Game, shop: Shop) -> None:
    """Reserved credits of unknown jobs are the trace of a request whose answer was lost."""
    body = b'{"monthly_balance": 100, "total_balance": 100, "reserved": 20, "available": 80}'
    with answering(200, body) as url:
        done = paying.run("balance", "--service", url)
    assert done.exit == 0
    assert "20 reserved credits are of jobs that these records do not know" in done.stderr


def test_a_user_without_a_home_is_told_which_variable_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers run as users that no one has entered anywhere."""
    monkeypatch.delenv("PIXELPIPE_STATE")
    monkeypatch.setattr(Path, "home", _no_home)
    done = call("balance", tmp_path)
    assert done.code == 3
    assert "PIXELPIPE_STATE" in done.err


def _no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")
