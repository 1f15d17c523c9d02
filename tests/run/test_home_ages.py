"""The user's own store goes by age and size; what a project needs or was paid for stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import studio
from game import RULES, Game, Shop

pytestmark = pytest.mark.usefixtures("in_process")
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
#: All that is old and not needed goes.
NONE = {"PIXELPIPE_KEEP_MIB": "0"}
OLD_S = 200 * 24 * 3600


def home() -> Path:
    return Path(os.environ["PIXELPIPE_STATE"])


def kept() -> set[str]:
    """Return the digests of the bytes in the user's own store."""
    return {one.stem for one in (home() / "bought").rglob("*.png")}


def in_project(game: Game) -> set[str]:
    return {one.stem for one in (game.root / ".pixelpipe/bought").rglob("*.png")}


def aged() -> None:
    """Let half a year pass for all that is kept, and for what is known of projects."""
    then = time.time() - OLD_S
    for one in (*(home() / "bought").rglob("*.json"), *(home() / "projects").rglob(".*")):
        os.utime(one, (then, then))


def replaced(game: Game, environment: Mapping[str, str] | None = None) -> set[str]:
    """Save all sprites anew and build by another run; returns what was used before."""
    before = in_project(game)
    for number, place in enumerate(sorted((game.root / "assets").glob("*[a-z].png"))):
        if ".anim." not in place.name:
            game.draw(place.name, tint=40 + number)
    assert game.run("build", "--yes", environment=environment).exit == 0
    return before


@pytest.fixture
def built(game: Game) -> Game:
    assert game.run("build").exit == 0
    return game


def rebuilt(game: Game, environment: Mapping[str, str]) -> None:
    """Give a build something to do, half a year later."""
    aged()
    (game.root / "assets/hero.anim.png").unlink()
    assert game.run("build", environment=environment).exit == 0


def test_what_nobody_needs_goes_when_it_is_old_and_there_is_too_much(built: Game) -> None:
    before = replaced(built)
    rebuilt(built, {"PIXELPIPE_KEEP_MIB": "1"})
    assert kept() >= before, "there is room"
    rebuilt(built, NONE | {"PIXELPIPE_KEEP_DAYS": "300"})
    assert kept() >= before, "it is not old enough"
    rebuilt(built, NONE)
    assert kept() & before == set()
    assert len(kept()) == 3
    assert built.run("verify").exit == 0


def test_the_least_recently_used_goes_first_and_no_more_than_must(built: Game) -> None:
    before = replaced(built)
    aged()
    stays = sorted(before)[0]
    for one in (home() / "bought").rglob(f"*.{stays[:16]}.json"):
        os.utime(one)  # used again yesterday, by a project that is not known
    (built.root / "assets/hero.anim.png").unlink()
    assert built.run("build", environment=NONE).exit == 0
    assert kept() & before == {stays}


def test_what_another_project_named_when_it_was_last_seen_stays(
    built: Game, tmp_path: Path
) -> None:
    """Also when its folder is not there any more."""
    other = Game(tmp_path / "other")
    other.settings()
    other.rules(RULES)
    other.draw("hero.png", tint=77)
    assert other.run("build").exit == 0
    theirs = in_project(other)
    shutil.rmtree(other.root)
    before = replaced(built)
    rebuilt(built, NONE)
    assert kept() & before == set()
    assert kept() >= theirs


def test_what_was_paid_for_stays_while_nothing_else_carries_it(paying: Game, shop: Shop) -> None:
    """The copy in the folder of a project is not enough: `git clean` would take it."""
    assert paying.run("build", "--yes").exit == 0
    before = replaced(paying)
    rebuilt(paying, NONE)
    assert kept() >= before
    shutil.rmtree(paying.root / ".pixelpipe/bought")
    rebuilt(paying, NONE)
    assert kept() >= before


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_what_was_paid_for_may_go_when_git_carries_it(paying: Game, shop: Shop) -> None:
    """And is damaged nowhere: a copy that is not whole is none."""
    assert paying.run("build", "--yes").exit == 0
    before = replaced(paying)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, *command], cwd=paying.root, check=True)
    broken = sorted(before)[0]
    (paying.root / ".pixelpipe/bought" / broken[:2] / f"{broken}.png").write_bytes(b"damaged")
    rebuilt(paying, NONE)
    assert kept() & before == {broken}
    assert shop.calls == 6


def test_nothing_goes_before_projects_were_noted_for_long_enough(built: Game) -> None:
    """After an upgrade nobody knows yet what the others need."""
    before = replaced(built)
    aged()
    for one in (home() / "projects").rglob(".begun"):
        os.utime(one)
    (built.root / "assets/hero.anim.png").unlink()
    assert built.run("build", environment=NONE).exit == 0
    assert kept() >= before


def test_a_limit_that_is_no_number_is_refused(built: Game) -> None:
    said = built.run("build", environment={"PIXELPIPE_KEEP_DAYS": "-1"})
    assert said.exit == 3
    assert "PIXELPIPE_KEEP_DAYS" in said.stderr


def test_what_others_bought_for_a_file_of_no_project_goes_by_age_too(
    tmp_path: Path, shop: Shop
) -> None:
    store = str(studio.store_in(tmp_path / "store"))
    anna, bert = (studio.machine(tmp_path, name, store) for name in ("anna", "bert"))
    state = Path(bert.environment["PIXELPIPE_STATE"])
    for one in (anna, bert):
        one.draw("hero.png")
        one.use(shop)
    before = shop.calls
    wish = ("animate", "assets/hero.png", "walking slowly", "--yes")
    assert anna.run(*wish).exit == bert.run(*wish).exit == 0
    assert len([*(state / "shared").rglob("*.png")]) == 1
    then = time.time() - OLD_S
    for file in (*(state / "shared").rglob("*.json"), *(state / "projects").rglob(".*")):
        os.utime(file, (then, then))
    bert.draw("slime.png", tint=9)
    tidying = bert.run("animate", "assets/slime.png", "walking", "--yes", environment=NONE)
    assert tidying.exit == 0
    assert len([*(state / "shared").rglob("*.json")]) == 1, "what is new stays"
    for output in bert.root.rglob("hero.anim.*"):
        output.unlink()
    assert bert.run(*wish).exit == 0
    assert shop.calls == before + 2, "it is taken from the shared store again"
