"""`-q` says only results and errors, in every command: no progress, no notes, no advice."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import pytest
from game import RULES, Game, built

from pipeline.cli.words import _COMMANDS

#: What each command is called with in a built project, and what it still says.
CALLS = {
    "init": (["--demo", "love", "demo"], "Wrote:"),
    "plan": (["--out", "saved.plan"], "fresh"),
    "build": ([], ""),
    "animate": (["assets/hero.png", "waving", "--service", "built-in"], ""),
    "why": (["assets/hero.png"], "rule"),
    "jobs": ([], "No job"),
    "balance": ([], "free"),
    "billing": ([], "free"),
    "reroll": (["assets/hero.png"], ""),
    "pick": (["assets/hero.png"], "takes"),
    "refresh": ([], ""),
    "adopt": (["assets/hero.png"], "adopted"),
    "restore": (["assets/hero.png"], ""),
    "detach": (["assets/hero.png"], "detached"),
    "gallery": ([], "open"),
    "clean": ([], "Removed"),
    "prune": ([], "purchases"),
    "verify": ([], "whole"),
    "disclose": ([], "procedural"),
    "doctor": (["--offline"], "problem"),
    "trust": (["--list"], "allowed"),
    "schema": (["--write"], "Wrote"),
    "share": (["init", "art"], "art"),
    "engine": (["keys", "add", "--db", "engine.sqlite"], "pe_sk_"),
    "help": (["rules"], "match"),
    "completion": (["bash"], "pixelpipe"),
}
_ADVICE = re.compile(r"^(note:|Next:|Then |Saved;|Watching |Put this|stage:|note )", re.MULTILINE)


#: These end when they are told to.
LASTING = {"watch", "worker"}


def test_no_command_is_forgotten() -> None:
    assert set(CALLS) | LASTING == set(_COMMANDS)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Game:
    """Build a project with something that is worth a note."""
    folder = tmp_path_factory.mktemp("once")
    game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
    game.settings()
    game.rules(RULES)
    game.draw("hero.png")
    game.write("assets/notes.bmp", b"no picture")
    return built(game)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("command", CALLS)
def test_a_quiet_command_says_results_alone(once: Game, tmp_path: Path, command: str) -> None:
    shutil.copytree(once.root, tmp_path / "game")
    game = Game(tmp_path / "game", once.environment)
    if command == "adopt":
        game.write("assets/hero.anim.json", "{}")
    arguments, result = CALLS[command]
    said = game.run(command, "-q", *arguments)
    assert said.exit == 0, said.stderr
    assert said.stderr == ""
    assert result in said.stdout
    assert not _ADVICE.search(said.stdout), said.stdout


def test_a_quiet_watch_says_nothing_until_something_fails(game: Game) -> None:
    built(game)
    process = game.start("watch", "-q")
    assert process.stderr is not None
    (game.root / "assets/hero.png").write_bytes(b"no picture")
    assert "hero.png" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    stdout, _ = process.communicate(timeout=30)
    assert stdout == ""
