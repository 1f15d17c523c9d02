"""A plan is said from memory, clip by clip, as a full one would say it, or not at all."""

from __future__ import annotations

import json
import os
import random
from contextlib import suppress

import pytest
from game import Game
from remembering import (
    expect_true,
    expect_true_throughout,
    planned,
    run,
    said_of_plan,
    settle,
)
from undoing import EDITS

from pipeline.api import Project
from pipeline.cli import uptodate
from pipeline.core.errors import PixelpipeError
from pipeline.storage import state


@pytest.mark.parametrize("name", EDITS)
def test_whatever_changes_a_plan_is_noticed(quiet: Game, name: str) -> None:
    """A plan is said from memory, clip by clip, as a full one would say it, or not at all."""
    settle(quiet)
    assert said_of_plan(quiet) == planned(quiet)
    undo = EDITS[name](quiet)
    expect_true(quiet)
    undo()
    expect_true(quiet)
    run(quiet)
    expect_true(quiet)


@pytest.mark.parametrize("name", EDITS)
def test_what_a_run_could_not_mend_is_told_again(quiet: Game, name: str) -> None:
    """The run has noted the project as it stands now, so that the next plan looks at a part."""
    settle(quiet)
    EDITS[name](quiet)
    for _ in range(2):
        with suppress(PixelpipeError):
            run(quiet)
        expect_true(quiet)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_never_get_another_plan(quiet: Game, seed: int) -> None:
    """Runs in between look at a part, and what they note of it joins what was noted before."""
    settle(quiet)
    expect_true_throughout(quiet, random.Random(seed), 10)


def test_plan_of_what_a_run_has_made_is_known_once_it_was_looked_at(quiet: Game) -> None:
    """What was made a moment ago is planned anew; all else is said from memory."""
    settle(quiet)
    EDITS["source drawn over"](quiet)
    report, _ = run(quiet)
    assert [one.state for one in report.results] == ["done"]
    assert said_of_plan(quiet)[1] is None
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    assert uptodate.note(opened, opened.planned().report)
    assert said_of_plan(quiet) == planned(quiet)
    found = json.loads(quiet.run("plan", "--json").stdout)
    assert len(found["steps"]) == found["totals"]["fresh"] == 5


def test_plan_of_more_folders_than_are_held_open_is_known(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was told of a folder is not lost when another one is looked at."""
    monkeypatch.setattr(state, "_MOST_OPEN", 1)
    assert quiet.run("build").exit == 0
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    assert uptodate.note(opened, opened.planned().report)
    assert said_of_plan(quiet) == planned(quiet)
    assert said_of_plan(quiet)[1] is not None


def test_a_plan_after_one_sprite_was_touched_counts_all(quiet: Game) -> None:
    """Of the others nothing was looked at; they are part of the plan all the same."""
    assert quiet.run("build").exit == 0
    hero = quiet.root / "assets/hero.png"
    for folder in (quiet.root, *quiet.root.rglob("*")):
        os.utime(folder, (1, 1))
    assert quiet.run("build").exit == 0
    for moment in (10, 20):
        os.utime(hero, (moment, moment))
        assert "5 steps: 5 fresh." in quiet.run("plan").stdout
        os.utime(hero, (moment + 5, moment + 5))
        for _ in range(2):
            totals = quiet.plan().totals
            assert (totals["sources"], totals["clips"], totals["fresh"]) == (5, 5, 5)
            assert len(quiet.plan().states()) == 5
