"""Fixtures: a built project that is remembered."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from game import RULES, Game

from pipeline.storage import files


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a project of six sources, one of which no rule matches, and one in a folder."""
    folder = tmp_path_factory.mktemp("built")
    game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
    game.settings()
    game.rules(RULES.replace("**/*.png", "[!_]*.png"))
    for number, name in enumerate(("hero", "slime", "chest", "bat", "_logo", "deep/bush")):
        game.draw(f"{name}.png", tint=number)
    assert game.make().exit == 0
    return folder


#: The clock of the file system may be so much behind: what was copied just now would be too young.
_TICK_S = 0.02


@pytest.fixture
def quiet(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """Copy the project; nothing in it has to age."""
    monkeypatch.setattr(files, "RACY_NS", 0)
    shutil.copytree(built, tmp_path / "copy")
    time.sleep(_TICK_S)
    return Game(tmp_path / "copy/game", {"PIXELPIPE_STATE": str(tmp_path / "copy/state")})
