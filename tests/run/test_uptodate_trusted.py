"""What may be remembered, by whom, and of which program."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from game import KEY_NAME, RULES, Game
from places import PACKAGE
from remembering import (
    answer,
    look,
    run,
    settle,
)
from undoing import EDITS, changed, removed

from pipeline.api import Project
from pipeline.run.uptodate import quick, remember
from pipeline.storage import files, state, state_format


def test_settings_of_a_moment_ago_are_not_believed(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could change again within the grain of the file system's clock."""
    settle(quiet)
    monkeypatch.setattr(files, "RACY_NS", 2_000_000_000)
    changed("rules/own.yaml", lambda same: same + b"#\n")(quiet)
    assert run(quiet)[1] is False


def test_young_files_are_looked_at_again(quiet: Game) -> None:
    """A sprite could change again within the grain of the clock, with the same stat."""
    settle(quiet)
    ahead = time.time() + 3600
    os.utime(quiet.root / "assets/hero.png", (ahead, ahead))
    assert run(quiet)[1]
    found = look(quiet)
    assert found is not None
    assert found.differing == ["assets"]
    report, _ = run(quiet)
    assert [result.step.source for result in report.results] == ["assets/hero.png"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_is_set_during_a_run_is_believed_nothing(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Then no time stamp tells whether a file changed before or after it was read."""
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build()
    late = remember.Moment(
        wall_ns=time.time_ns() + hours * 3600 * 10**9, steady_ns=time.monotonic_ns()
    )
    monkeypatch.setattr(remember, "now", lambda: late)
    assert not opened.remember()


def test_rule_file_that_goes_during_a_run_is_noticed(quiet: Game) -> None:
    """What the run found holds with its rules; the next run has others."""
    quiet.write("rules/more.yaml", "rules: []\n")
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    removed("rules/more.yaml")(quiet)
    opened.build()
    assert not opened.remember()


def test_settings_that_change_during_a_run_are_not_remembered(quiet: Game) -> None:
    """The run read the old ones: what it found says nothing about the new ones."""
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    changed("rules/own.yaml", lambda text: text.replace(b"calmly", b"wildly"))(quiet)
    opened.build()
    assert not opened.remember()


def test_part_of_a_project_and_flags_are_not_remembered(quiet: Game) -> None:
    """`--only` looks at a part, and another service is another answer."""
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build(only=["hero.png"])
    assert not opened.remember()
    other = Project(quiet.root, environment=quiet.variables(), service="built-in")
    other.build()
    assert not other.remember()


def test_orphans_are_said_each_time(quiet: Game) -> None:
    """A source that no rule matches any more is looked at by each run."""
    quiet.rules(RULES.replace("**/*.png", "h*.png"))
    for _ in range(2):
        assert run(quiet)[1] is False


@pytest.mark.parametrize("edit", ["source broken", "output edited"])
def test_one_complaint_costs_a_look_at_one(quiet: Game, edit: str) -> None:
    """It is made anew by each run, from what that sees; the others stay as they were."""
    settle(quiet)
    EDITS[edit](quiet)
    run(quiet)
    report, _ = run(quiet)
    assert report.exit != 0
    assert answer(quiet) is None


def test_read_only_project_works_without_memory(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a convenience: where it cannot be kept, the full run answers."""
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build()

    def refuse(_: Path) -> Path:
        raise PermissionError

    monkeypatch.setattr(files, "prepare", refuse)
    assert not opened.remember()
    assert answer(quiet) is None


def test_no_key_stands_in_memory(quiet: Game) -> None:
    """It holds whether a key is set, not which."""
    quiet.environment |= {KEY_NAME: "pe_sk_very_secret", "PIXELPIPE_SERVICE": "built-in"}
    settle(quiet)
    assert b"very_secret" not in (quiet.root / state.PLACE).read_bytes()


def test_checkout_cannot_bring_an_answer(quiet: Game, tmp_path: Path) -> None:
    """What carries no proof of this user's secret is as if it were not there."""
    said = settle(quiet)
    place = quiet.root / state.PLACE
    genuine = place.read_bytes()
    place.write_bytes(genuine.replace(b"5 clips", b"9 clips"))
    assert answer(quiet) is None
    place.write_bytes(genuine)
    assert answer(quiet) == said
    quiet.environment["PIXELPIPE_STATE"] = str(tmp_path / "another user")
    assert answer(quiet) is None
    run(quiet)
    (tmp_path / "another user" / "secret").unlink()
    assert answer(quiet) is None


def test_memory_of_the_release_before_is_removed_and_nothing_made_anew(quiet: Game) -> None:
    """Its two files lie where nobody reads them any more."""
    shutil.rmtree(quiet.root / ".pixelpipe/tmp")
    for name in ("index.sqlite", "tmp/seal"):
        quiet.write(f".pixelpipe/{name}", "old")
    report, _ = run(quiet)
    assert {result.state for result in report.results} == {"fresh"}
    assert not (quiet.root / ".pixelpipe/index.sqlite").exists()
    assert not (quiet.root / ".pixelpipe/tmp/seal").exists()


@pytest.mark.parametrize("size", [0, 1, 20, 200, -1])
def test_what_was_cut_says_nothing(quiet: Game, size: int) -> None:
    """Also where it was cut between two folders, and whatever else stands there."""
    settle(quiet)
    place = quiet.root / state.PLACE
    content = place.read_bytes()
    found = state_format.parts(content)
    assert found is not None
    for cut in (content[: found.listing.stop][:size], content[: found.listing.stop - 30]):
        place.write_bytes(cut)
        assert answer(quiet) is None
    for junk in (b"", b"\0" * 99, quick.MAGIC + b"1 1 1\nxyz", quick.MAGIC + b"x -1 2\n\0"):
        place.write_bytes(junk)
        assert answer(quiet) is None
        assert run(quiet)[0].exit == 0


def test_quick_look_and_state_agree_about_the_file() -> None:
    """The one imports nothing of the other, for the sake of speed."""
    assert (quick.PLACE, quick.MAGIC) == (state.PLACE, state_format.MAGIC)


@pytest.mark.parametrize(
    "name",
    sorted(
        next(path for path in sorted(folder.rglob("*.py"))).relative_to(PACKAGE).as_posix()
        for folder in PACKAGE.iterdir()
        if (folder / "__init__.py").exists()
    ),
)
def test_edited_program_is_another_program(
    quiet: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file of any wing, edited in place, makes every answer a new one."""
    copy = tmp_path / "program/pipeline"
    shutil.copytree(
        PACKAGE, copy, copy_function=shutil.copy2, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(quick, "__file__", str(copy / "run/uptodate/quick.py"))
    settle(quiet)
    with (copy / name).open("a") as stream:
        stream.write("#\n")
    assert answer(quiet) is None
