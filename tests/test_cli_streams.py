"""The streams a command is given: closed, full, or read by somebody who leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import REPOSITORY
from game import Game

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
