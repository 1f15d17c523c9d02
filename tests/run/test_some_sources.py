"""A look at some sources, as at a save of a watch, finds what a look at everything would find."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from counted import steps_of
from game import Game, Shop, png, sprite

from pipeline.api import Project, Wish
from pipeline.storage import lock_file

#: The name is in the prompt, so that a copy has another request key, and the same open key.
NAMED = """\
rules:
  - name: all
    match: "**/{name}.png"
    clips:
      idle: "a {name}, breathing calmly"
"""


def look(game: Game, *paths: str) -> Wish:
    """Ask for these sources only."""
    return Wish(yes=True, paths=frozenset(f"assets/{path}" for path in paths))


def forget(game: Game) -> None:
    """Let only the project itself know what was bought: its lock file and its bytes."""
    for place in Path(game.variables()["PIXELPIPE_STATE"]).glob("*"):
        shutil.rmtree(place) if place.is_dir() else place.unlink()


def copied(game: Game) -> None:
    """Copy a sprite under another name."""
    target = game.root / "assets/more/rogue.png"
    target.parent.mkdir()
    shutil.copyfile(game.root / "assets/hero.png", target)


def test_copy_of_what_was_bought_is_not_bought_again(paying: Game, shop: Shop) -> None:
    """Its purchase stands in the lock file, under another source."""
    paying.rules(NAMED)
    assert paying.make().exit == 0
    calls = shop.calls
    forget(paying)
    copied(paying)
    assert paying.make(look(paying, "more/rogue.png")).exit == 0
    assert (paying.root / "assets/more/rogue.anim.png").exists()
    assert shop.calls == calls


def test_sprite_that_was_never_there_is_bought_once(paying: Game, shop: Shop) -> None:
    """And all the other lines stay as they are."""
    assert paying.make().exit == 0
    before = {str(line) for line in paying.locked()}
    calls = shop.calls
    paying.draw("more/new.png", tint=90)
    assert paying.make(look(paying, "more/new.png")).exit == 0
    assert shop.calls == calls + 1
    after = {str(line) for line in paying.locked()}
    assert before < after
    assert all("new" in line for line in after - before)
    assert paying.make().plan.is_up_to_date


def test_without_a_key_a_purchase_serves_under_another_name(paying: Game, shop: Shop) -> None:
    """As it does where everything is looked at: the free engine makes nothing beside it."""
    assert paying.make().exit == 0
    forget(paying)
    paying.use_none()
    copied(paying)
    report = paying.make(look(paying, "more/rogue.png"))
    assert [result.state for result in report.results] == ["done"]
    assert {line["service"] for line in paying.locked() if "clip" in line} != {"built-in"}
    assert all(line.get("paid") for line in paying.locked() if "clip" in line)


def test_outputs_that_were_moved_along_are_ours(game: Game) -> None:
    """No line names them at their new place."""
    assert game.make().exit == 0
    more = game.root / "assets/more"
    more.mkdir()
    for place in (game.root / "assets").glob("hero.*"):
        place.rename(more / place.name)
    report = game.make(look(game, "more/hero.png"))
    assert report.exit == 0, report.results
    assert report.results[0].state == "done"


def test_a_name_that_another_sprite_has_is_not_given_twice(game: Game) -> None:
    """A style sheet's classes are global in a game."""
    game.settings(targets=["css"])
    assert game.make().exit == 0
    game.draw("more/hero.png", tint=90)
    assert game.make(look(game, "more/hero.png")).exit == 0
    assert ".more_hero{" in (game.root / "assets/more/hero.anim.css").read_text()


def test_line_that_another_process_wrote_meanwhile_stays(game: Game) -> None:
    """Two watches, or a watch and a pull."""
    assert game.make().exit == 0
    project = Project(game.root, environment=game.variables())
    with lock_file.kept(game.root):
        for number in range(3):
            game.draw("hero.png", tint=50 + number)
            assert project.build(look(game, "hero.png")).exit == 0
            game.draw("slime.png", tint=50 + number)
            assert game.run("build").exit == 0
    assert game.make().plan.is_up_to_date
    assert len([line for line in game.locked() if "clip" in line]) == 3


@pytest.mark.usefixtures("game")
def test_a_save_takes_as_many_steps_in_a_project_of_twenty_times_the_size(tmp_path: Path) -> None:
    """Looking, planning, finishing and writing are about the sprite that was saved."""
    counts = []
    for size in (5, 100):
        game = Game(tmp_path / str(size), {"PIXELPIPE_STATE": str(tmp_path / f"state{size}")})
        game.settings()
        game.rules('rules:\n  - {name: all, match: "**/*.png", clips: {idle: "breathing"}}\n')
        for number in range(size):
            game.write(f"assets/{number}/s.png", png(sprite(tint=number)))
        assert game.run("build").exit == 0
        project = Project(game.root, environment=game.variables())
        with lock_file.kept(game.root):
            for tint in (201, 202, 203):
                game.write("assets/3/s.png", png(sprite(tint=tint)))
                os.utime(game.root / "pixelpipe.lock")
                time.sleep(0.05)
                taken = steps_of(lambda: project.build(look(game, "3/s.png")))  # noqa: B023
        counts.append(taken)
    assert counts[1] < 1.1 * counts[0] + 50, counts
