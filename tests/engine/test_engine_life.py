"""The engine starts, ends, is killed and starts again and loses nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine_server import KEY, VARIABLE, account_in, png, serving
from places import REPOSITORY

from pipeline.engine.contract.errors import LocalRefusal
from pipeline.engine.server import local

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="child processes are found under /proc"
)


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    """Queued jobs are run after a restart, holds are neither lost nor doubled."""
    db, key, options = account_in(tmp_path)
    with serving(*options, "--latency", "30", key=key, end="kill") as server:
        jobs = [server.submit() for _ in range(3)]
    assert local.balance(db).reserved == 60
    with sqlite3.connect(db) as connection:
        connection.execute("UPDATE jobs SET ready_at = NULL")
    connection.close()
    with serving(*options, key=key) as server:
        for job in jobs:
            server.ended(job)
        assert server.balance()["total_balance"] == 40
    assert [record.credits_charged for record in local.job_records(db)] == [20, 20, 20]


@needs_proc
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


@needs_proc
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
    """Programs read the line; logs may be shown to others."""
    process = subprocess.run(
        [sys.executable, "-m", "pipeline.engine", "serve", "--key-env", VARIABLE,
         "--until-stdin-closes"],
        input="", capture_output=True, text=True, cwd=REPOSITORY, timeout=20,
        env={VARIABLE: KEY, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) == 1
    assert KEY[14:] not in process.stdout + process.stderr


@needs_proc
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


@needs_proc
def test_ctrl_c_in_the_terminal_is_left_to_the_parent() -> None:
    """It reaches the whole group; a build that finishes its jobs must not lose its engine."""
    with serving() as server:
        server.ended(server.submit())
        for pid in (server.process.pid, *_descendants(server.process.pid)):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.3)
        assert server.ended(server.submit())["status"] == "success"


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
