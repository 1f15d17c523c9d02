"""A path that the system does not let us reach is its owner's affair: a sentence, and no bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from game import Game, Shop
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


def _as_anybody(game: Game, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command without root's right to go anywhere."""
    return subprocess.run(
        [*(_AS_ANYBODY if os.geteuid() == 0 else ()), sys.executable, "-m", "pipeline", *words],
        cwd=game.root,
        env={**game.variables(), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


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
    done = _as_anybody(game, *named)
    assert done.returncode in (2, 3, 4, 8), done.stderr
    assert "bug" not in done.stderr
    assert str(locked.parent) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", ["assets", "assets/deep", ".pixelpipe", "."])
def test_nothing_is_bought_for_what_cannot_be_written(
    paying: Game, shop: Shop, closed: str
) -> None:
    """It was paid for, and then "cannot be written": a checkout that somebody else mounted."""
    paying.draw("deep/bush.png", tint=9)
    folder = paying.root / closed
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    folder.chmod(0o555)
    try:
        ended = _as_anybody(paying, "build", "--yes")
    finally:
        folder.chmod(0o755)
    assert ended.returncode == 8, ended.stderr
    assert "ermission denied" in ended.stderr
    assert shop.calls == {"assets": 1, "assets/deep": 3}.get(closed, 0), "the others are bought"


@pytest.mark.parametrize("linked", [".pixelpipe", ".pixelpipe/bought"])
def test_nothing_is_bought_that_would_be_kept_behind_a_link(
    paying: Game, shop: Shop, tmp_path: Path, linked: str
) -> None:
    place, away = paying.root / linked, tmp_path / "away"
    place.parent.mkdir(exist_ok=True)
    away.mkdir()
    place.symlink_to(away)
    ended = paying.run("build", "--yes")
    assert (ended.exit, shop.calls) == (8, 0)
    assert "leads through a link" in ended.stderr
    place.unlink()
    assert paying.run("build", "--yes").exit == 0
