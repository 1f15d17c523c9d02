"""`pixelpipe engine`: the built-in engine as a server, its keys and its credits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from command import call, run
from places import REPOSITORY

from pipeline.core.errors import AccountError
from pipeline.purchase.service.client import Service

KEY = re.compile(r"pe_sk_[A-Za-z0-9]{40}")


class Serving:
    """A server that was started by the command, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str], output: IO[str]) -> None:
        self.process = process
        self._output = output

    def lines(self, number: int) -> list[str]:
        """Read the next lines that it prints."""
        return [self._output.readline().rstrip("\n") for _ in range(number)]

    def stop(self, how: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


@contextmanager
def serving(
    *options: str | Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Serving]:
    """Run `engine serve` until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "engine", "serve", *map(str, options)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Serving(process, process.stdout)
    finally:
        process.kill()
        process.wait(timeout=60)
        process.stdout.close()


def test_serve_says_where_it_is_and_how_to_point_a_client_to_it(tmp_path: Path) -> None:
    """Whoever copies the two shown lines has a working client, and the folder stays empty."""
    with serving(cwd=tmp_path) as server:
        first, kept, shown, _, service, key = server.lines(6)
        url = first.removeprefix("The built-in engine answers at ")
        assert "in memory" in kept
        assert service.strip() == f"PIXELPIPE_SERVICE={url}"
        assert KEY.findall(shown) == [key.strip().removeprefix("PIXEL_ENGINE_API_KEY=")]
        balance = run(
            "balance",
            "--json",
            cwd=tmp_path,
            environment=dict(line.strip().split("=", 1) for line in (service, key)),
        )
        assert balance.code == 0, balance.err
        assert list(tmp_path.iterdir()) == []
        assert server.stop(signal.SIGINT) == 0


def test_a_database_keeps_its_key_and_shows_it_once(tmp_path: Path) -> None:
    """A key cannot be shown again: the second start must neither show nor replace it."""
    db = tmp_path / "play.sqlite"
    with serving("--db", db, "--json", cwd=tmp_path) as server:
        made = json.loads(server.lines(1)[0])
        assert KEY.fullmatch(made["api_key"])
        assert server.stop(signal.SIGTERM) == 0
    with serving("--db", db, "--json", cwd=tmp_path) as server:
        again = json.loads(server.lines(1)[0])
        assert again["api_key"] is None
        service = Service(again["url"], made["api_key"])
        assert service.balance().available == 100
        assert call("engine", "keys", "deactivate", "--db", db, made["api_key"][:14]).code == 0
        with pytest.raises(AccountError):
            service.balance()
        assert call("engine", "keys", "activate", "--db", db, made["api_key"][:14]).code == 0
        assert call("engine", "credits", "add", "--db", db, "40").code == 0
        assert service.balance().purchased_balance == 40
        service.close()


def test_keys_are_shown_once_and_listed_by_prefix(tmp_path: Path) -> None:
    """Add, list, rename, deactivate, delete: the way of the account page, without it."""
    db = tmp_path / "play.sqlite"
    added = call("engine", "keys", "add", "--db", db, "laptop")
    key = added.out.strip()
    assert KEY.fullmatch(key)
    prefix = key[:14]
    for change, shown in [
        ((), f"{prefix}…  active       laptop\n"),
        (("rename", prefix, "desk"), f"{prefix}…  active       desk\n"),
        (("deactivate", prefix), f"{prefix}…  deactivated  desk\n"),
        (("activate", prefix), f"{prefix}…  active       desk\n"),
        (("rename", prefix), f"{prefix}…  active\n"),
    ]:
        if change:
            assert call("engine", "keys", change[0], "--db", db, *change[1:]).code == 0
        assert call("engine", "keys", "list", "--db", db).out == shown
    listed = call("engine", "keys", "list", "--db", db, "--json")
    assert listed.json()["keys"] == [{"prefix": prefix, "name": None, "active": True}]
    assert key not in listed.out
    assert call("engine", "keys", "delete", "--db", db, prefix).code == 0
    assert call("engine", "keys", "list", "--db", db).out == ""


def test_the_eleventh_key_is_refused(tmp_path: Path) -> None:
    """The limit of the real service holds here too, with a sentence."""
    db = tmp_path / "play.sqlite"
    codes = [call("engine", "keys", "add", "--db", db).code for _ in range(11)]
    assert codes == [0] * 10 + [2]
    assert call("engine", "keys", "add", "--db", db, "--account", "other").code == 0


def test_credits_are_added_and_refreshed(tmp_path: Path) -> None:
    """Both pools, as numbers for a script."""
    db = tmp_path / "play.sqlite"
    call("engine", "keys", "add", "--db", db)
    added = call("engine", "credits", "add", "--db", db, "500", "--json").json()
    assert (added["monthly_balance"], added["purchased_balance"]) == (100, 500)
    assert call("engine", "credits", "refresh", "--db", db).out == (
        "100 monthly + 500 purchased = 600 credits, 0 reserved, 600 available\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["keys", "list", "--db", "nowhere"], 2, "there is no such database"),
        (["keys", "delete", "--db", "nowhere", "pe_sk_x"], 2, "there is no such database"),
        (["credits", "add", "--db", "nowhere", "5"], 2, "there is no such database"),
        (["keys", "list", "--db", "text.txt"], None, "file is not a database"),
        (["keys", "list", "--db", "."], 2, "is a directory"),
        (["keys", "add", "--db", "no/such/folder/x"], None, "unable to open database file"),
        (["credits", "add", "--db", "text.txt", "-5"], 2, "No such option"),
        (["serve", "--chaos", "nonsense"], 2, "cannot read 'nonsense'"),
        (["serve", "--latency", "soon"], 2, "give none, real, SECONDS"),
        (["serve", "--port", "99999"], 2, "99999"),
        (["serve", "--link-ttl", "0"], 2, "0"),
        (["serve", "--db", "text.txt"], None, "file is not a database"),
        (["keys"], 2, "Manage API keys"),
    ],
)
def test_rubbish_gets_a_sentence_and_makes_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int | None,
    said: str,
) -> None:
    """A wrong path must not become an empty database; None: wrong usage, or storage."""
    (tmp_path / "text.txt").write_text("no database, but long enough to be looked at\n" * 50)
    monkeypatch.chdir(tmp_path)
    done = call("engine", *arguments)
    assert done.code in ((2, 8) if code is None else (code,))
    assert said in done.err + done.out
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """The second server must say which port, not how Python calls it."""
    with serving("--json", cwd=tmp_path) as server:
        port = json.loads(server.lines(1)[0])["url"].rpartition(":")[2].partition("/")[0]
        done = run("engine", "serve", "--port", port, cwd=tmp_path)
        assert done.code == 2
        assert f"cannot listen on 127.0.0.1 port {port}" in done.err


def test_serve_names_the_contract_and_real_latency(tmp_path: Path) -> None:
    """Who writes a client finds the file for its generator, and how to make jobs take time."""
    with serving(cwd=tmp_path) as server:
        first, *_, contract, quick = server.lines(8)
        root = first.removeprefix("The built-in engine answers at ").removesuffix("/functions/v1")
        assert contract.endswith(f" {root}/openapi.json")
        assert "--latency real" in quick


def test_the_key_of_an_engine_in_memory_may_be_given(tmp_path: Path) -> None:
    """A container is started with a key that the others know."""
    given = {"PIXELPIPE_ENGINE_KEY": "pe_sk_" + "given000" * 5}
    with serving("--json", "--credits", "7", cwd=tmp_path, environment=given) as server:
        said = json.loads(server.lines(1)[0])
        assert said["api_key"] is None
        service = Service(said["url"], given["PIXELPIPE_ENGINE_KEY"])
        assert service.balance().available == 7
        service.close()


@pytest.mark.parametrize(
    "options",
    [
        ("--credits", "5", "--db", "x.sqlite"),
        ("--public-url", "engine"),
        ("--trust-proxy", "here"),
        ("--tls-key", "x"),
    ],
)
def test_serving_that_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Exit 2 with a sentence, and no database."""
    ended = run("engine", "serve", *options, cwd=tmp_path)
    assert ended.code == 2, ended.err
    assert list(tmp_path.iterdir()) == []


def test_reactivate_is_activate(tmp_path: Path) -> None:
    """The vendor's word for it."""
    db = tmp_path / "play.sqlite"
    key = call("engine", "keys", "add", "--db", db).out.strip()
    assert call("engine", "keys", "deactivate", "--db", db, key[:14]).code == 0
    assert call("engine", "keys", "reactivate", "--db", db, key[:14]).code == 0
    assert "deactivated" not in call("engine", "keys", "list", "--db", db).out
