"""A run with nothing to do costs one scan; one with little to do does little."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from game import RULES, Game, Shop
from places import SUPPORT

HEAVY = ("numpy", "PIL", "requests", "yaml", "rich", "filelock", "watchdog", "starlette", "uvicorn")
SPRITES = 12


@dataclass(frozen=True)
class Audit:
    """What one command did, and said."""

    said: str
    read: list[str]
    written: list[str]
    outside: list[str]
    statements: list[str]
    modules: list[str]


def audited(game: Game, *arguments: str, sql: bool = False) -> Audit:
    """Run a command with its audit events written down."""
    log = game.root.parent / "audit.json"
    tool: list[str | Path] = [
        sys.executable,
        SUPPORT / "audited.py",
        *(["--sql"] if sql else []),
    ]
    done = subprocess.run(
        [*tool, log, *arguments],
        cwd=game.root,
        env=game.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    return Audit(said=done.stdout, **json.loads(log.read_text("utf-8")))


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Game:
    """Build a project, and run until nothing in it is young any more."""
    root = tmp_path_factory.mktemp("aged")
    # CI counts as well, and is unset for each test, but not yet for this fixture.
    environment = {"PIXELPIPE_STATE": str(root / "state"), "HOME": str(root), "CI": "false"}
    game = Game(root / "game", environment)
    game.settings()
    game.rules(RULES.replace("**/*.png", "[!_]*.png"))
    for number in range(SPRITES):
        game.draw(f"sprite{number}.png", tint=3 * number)
    game.draw("_logo.png")
    assert game.run("build").exit == 0
    ends = time.monotonic() + 20
    while not all(is_quiet(game, audited(game, command)) for command in ("build", "plan")):
        game.run("build", "--json")
        assert time.monotonic() < ends
    return game


@pytest.fixture
def own(aged: Game, tmp_path: Path) -> Game:
    """Copy the aged project: what a test does to it stays with it."""
    shutil.copytree(aged.root.parent, tmp_path / "own")
    return Game(tmp_path / "own/game", aged.environment)


def inside(game: Game, paths: list[str]) -> set[str]:
    """Return those of `paths` that lie in the project."""
    places = (Path(os.path.normpath(game.root / path)) for path in paths)
    root = game.root
    return {path.relative_to(root).as_posix() for path in places if path.is_relative_to(root)}


def is_quiet(game: Game, audit: Audit) -> bool:
    """Tell whether a command read the state file and nothing else of the project."""
    found = inside(game, audit.read) | inside(game, audit.written)
    return found == {".pixelpipe/tmp/state"} and not audit.written


@pytest.mark.parametrize("command", ["build", "plan"])
def test_nothing_to_do_is_one_scan(aged: Game, command: str) -> None:
    """No source, rule or lock file is opened, nothing written, decoded or asked."""
    found = audited(aged, command)
    assert f"{SPRITES}" in found.said
    assert inside(aged, found.read) == {".pixelpipe/tmp/state"}
    assert inside(aged, found.written) == set()
    assert found.outside == []
    assert found.statements == []
    loaded = {name.partition(".")[0] for name in found.modules}
    assert loaded.isdisjoint((*HEAVY, "sqlite3", "hashlib", "logging"))


def test_full_run_with_nothing_to_do_opens_no_source(aged: Game) -> None:
    """Where memory cannot answer, it knows the files: nothing is read again or decoded."""
    found = audited(aged, "build", "--json", sql=True)
    assert json.loads(found.said)["totals"]["fresh"] == SPRITES
    assert not [path for path in found.read if path.endswith(".png")]
    assert inside(aged, found.written) == set()
    assert found.outside == []
    assert found.statements == []
    loaded = {name.partition(".")[0] for name in found.modules}
    assert loaded.isdisjoint(("numpy", "PIL", "requests", "rich", "watchdog"))


def test_help_loads_nothing_heavy(aged: Game) -> None:
    """`--help` says what there is, and touches no project."""
    found = audited(aged, "--help")
    loaded = {name.partition(".")[0] for name in found.modules}
    assert loaded.isdisjoint((*HEAVY, "sqlite3", "msgspec", "logging"))
    assert inside(aged, found.read) == set()


@pytest.mark.parametrize(
    "options", [(), ("--frozen",), ("--locked",), ("--yes",), ("--max-credits", "0")]
)
def test_what_may_be_spent_does_not_matter_when_nothing_is_bought(
    aged: Game, options: tuple[str, ...]
) -> None:
    """All of them say the same, and end well."""
    run = aged.run("build", *options)
    assert (run.exit, run.stdout) == (0, aged.run("build").stdout)


def test_options_that_ask_for_more_get_it(own: Game) -> None:
    """Memory answers plain runs only: the report, the depfile and a part are made anew."""
    assert own.build().totals["fresh"] == SPRITES
    assert own.run("build", "--only", "sprite1.png").stdout.startswith("Nothing to do: 1 clip ")
    assert own.run("build", "--depfile", "out.d", "--stamp", "stamp").exit == 0
    assert (own.root / "stamp").exists()
    assert "assets/sprite1.png" in (own.root / "out.d").read_text("utf-8")
    assert own.run("plan", "--check").exit == 0
    (own.root / "assets/sprite1.png").unlink()
    assert own.run("plan", "--check").exit == 9


def test_touched_source_is_read_and_not_decoded(own: Game) -> None:
    """Its bytes are known: one file is hashed."""
    own.run("build", "--json")  # copies are new files: their stats are learnt
    (own.root / "assets/sprite3.png").touch()
    found = audited(own, "build")
    assert "Nothing to do" in found.said
    assert "numpy" not in found.modules
    assert "PIL" not in found.modules


def test_clean_checkout_in_ci_talks_to_nobody(paying: Game, shop: Shop) -> None:
    """`CI=true` with a paid service: built from the lock file and the bought bytes, without a key,
    a connection or another process; the lock file stays as it is."""
    assert paying.make().exit == 0
    before = paying.outputs()
    lock = (paying.root / "pixelpipe.lock").read_bytes()
    checkout = Game(paying.root.parent / "checkout", {"PIXELPIPE_SERVICE": shop.url, "CI": "true"})
    shutil.copytree(paying.root, checkout.root, ignore=shutil.ignore_patterns("*.anim.*", "index*"))
    checkout.environment["PIXELPIPE_STATE"] = str(paying.root.parent / "other-state")
    found = audited(checkout, "build")
    assert found.outside == []
    assert checkout.outputs() == before
    assert (checkout.root / "pixelpipe.lock").read_bytes() == lock
    assert shop.calls == 3
