"""What an older engine made is told by each run, also by those that look at a part only."""

from __future__ import annotations

import json
import random

import pytest
from game import Game
from remembering import expect_true_throughout, planned, run, said_of_plan, settle
from undoing import EDITS
from upgraded import forget_versions

from pipeline.api import Project

OLDER = "made by an older version of the built-in engine"


@pytest.fixture
def upgraded(quiet: Game) -> Game:
    """Let the clips of the project be those of an older engine, and be remembered as such."""
    forget_versions(quiet)
    settle(quiet)
    return quiet


def test_one_changed_sprite_is_looked_at_alone(upgraded: Game) -> None:
    """Its new clip is the newer engine's; the others are counted, and stay as they are."""
    before = run(upgraded)[0].outdated
    assert before == 5
    EDITS["source drawn over"](upgraded)
    report, _ = run(upgraded)
    assert report.rest == before - 1 == report.outdated
    assert f"4 clips were {OLDER}" in settle(upgraded)
    totals = json.loads(Project(upgraded.root, environment=upgraded.variables()).plan().json())
    assert totals["totals"]["outdated"] == 4


def test_who_makes_them_anew_ends_the_count(upgraded: Game) -> None:
    assert upgraded.run("refresh", "hero.png").exit == 0
    assert f"4 clips were {OLDER}" in settle(upgraded)
    assert upgraded.run("refresh").exit == 0
    assert OLDER not in settle(upgraded)
    EDITS["source drawn over"](upgraded)
    assert run(upgraded)[0].outdated == 0


def test_what_comes_back_from_the_store_is_as_old_as_it_was(upgraded: Game) -> None:
    """A sprite that was away: the lock file's new line says which version had made its clip."""
    place = upgraded.root / "assets" / "hero.png"
    sprite = place.read_bytes()
    place.unlink()
    run(upgraded)
    place.write_bytes(sprite)
    run(upgraded)
    assert f"5 clips were {OLDER}" in settle(upgraded)
    EDITS["source drawn over"](upgraded)
    assert run(upgraded)[0].outdated == 4


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_never_get_another_count(upgraded: Game, seed: int) -> None:
    assert said_of_plan(upgraded) == planned(upgraded)
    expect_true_throughout(upgraded, random.Random(seed), 8)
