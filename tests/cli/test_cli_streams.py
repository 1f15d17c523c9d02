"""The streams a command is given: closed, full, or read by somebody who leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from game import Game
from places import REPOSITORY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="closes descriptors in a shell")


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which `pixelpipe` is the command."""
    python = f'pixelpipe() {{ "{sys.executable}" -m pipeline "$@"; }}; '
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        ["sh", "-c", python + line],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_build_works_with_closed_streams(game: Game, closed: str) -> None:
    """Cron and some editors start programs so."""
    ended = shell(f"pixelpipe build {closed}", game.root)
    assert ended.returncode == 0, ended.stderr
    assert len(list(game.root.rglob("*.anim.png"))) == 3


def test_full_standard_output_is_storage_and_no_bug(game: Game) -> None:
    """A report that is sent to a full disk says so."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    ended = shell("pixelpipe build > /dev/full", game.root)
    assert ended.returncode == 8
    assert "No space left" in ended.stderr
    assert "bug" not in ended.stderr


def test_closed_terminal_stops_a_watch_as_ctrl_c_does(game: Game) -> None:
    """Killed by the signal it would leave the engine's processes to complain to nobody."""
    with game.start("watch") as watching:
        assert watching.stderr is not None
        for line in watching.stderr:
            if "Watching" in line:
                break
        watching.send_signal(signal.SIGHUP)
        watching.communicate(timeout=60)
    assert watching.returncode == 130


@pytest.mark.skipif(sys.platform != "linux", reason="the number of files is Linux's")
@pytest.mark.parametrize("files", [5, 6, 7])
def test_shortage_is_said_and_is_no_bug(game: Game, files: int) -> None:
    """What the machine lacks the user can free; a bug report would help nobody."""
    ended = shell(f"ulimit -n {files}; pixelpipe build", game.root)
    assert ended.returncode == 8
    assert "Too many open files" in ended.stderr
    assert "bug" not in ended.stderr
