"""A path that the system does not let us reach is its owner's affair: a sentence, and no bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from game import Game
from places import REPOSITORY

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
#: Root may go anywhere, unless it gives that up.
_LESS = "-dac_override,-dac_read_search"
_AS_ANYBODY = ["setpriv", f"--bounding-set={_LESS}", f"--inh-caps={_LESS}"]


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """Return a file's path in a folder that only somebody else may enter."""
    folder = tmp_path / "locked"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    folder.chmod(0o700 if os.geteuid() == 0 else 0)
    return folder / "folder" / "hero.png"


@pytest.mark.parametrize(
    "words",
    [
        "init {folder}", "why {file}", "restore {file}", "reroll {file}", "animate {file} nod",
        "plan --out {file}", "build --metrics {file}", "build --frozen --depfile {file}",
        "build --only {file}", "build {folder}", "share init {folder}",
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_said_in_a_sentence(game: Game, locked: Path, words: str) -> None:
    named = [word.format(file=locked, folder=locked.parent) for word in words.split()]
    done = subprocess.run(
        [*(_AS_ANYBODY if os.geteuid() == 0 else ()), sys.executable, "-m", "pipeline", *named],
        cwd=game.root,
        env={**game.variables(), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (2, 3, 4, 8), done.stderr
    assert "bug" not in done.stderr
    assert str(locked.parent) in done.stderr
    assert "Traceback" not in done.stderr
