"""What went wrong for other build tools and asset pipelines must not go wrong here."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from game import TWO_CLIPS, Game, Shop, shop_serving

from pipeline.api import Project, Wish
from pipeline.commands import upkeep
from pipeline.config import workspace
from pipeline.core.errors import SupersededError
from pipeline.plan import steps
from pipeline.purchase import jobs
from pipeline.run import finish, survey
from pipeline.storage import pictures


def test_failure_that_was_mended_leaves_nothing_behind(game: Game, tmp_path: Path) -> None:
    """Fail, mend, succeed, restart: only the entry concerned is touched, none is lost."""
    folder = tmp_path / "chaos"
    folder.mkdir()
    game.settings(jobs=1)
    with shop_serving(folder, "--chaos", "POST /animate 1: fail") as shop:
        shop.fund(1000)
        game.use(shop)
        assert game.make().exit == 1
        others = {name: content for name, (_, content) in game.files().items() if "slime" in name}
        game.draw("chest.png", tint=70)
        assert game.make().exit == 0
        assert game.make().plan.is_up_to_date
        assert shop.calls == 4
        after = {name: content for name, (_, content) in game.files().items() if "slime" in name}
        assert after == others


def test_optional_input_counts_only_where_it_matters(paying: Game, shop: Shop) -> None:
    """An override that changes no request buys nothing when it comes and when it goes."""
    assert paying.make().exit == 0
    override = paying.write("assets/hero.png.yaml", "pivot: center\n")
    assert paying.make(Wish()).exit == 0
    override.write_text("clips: {idle: {frames: 4}}\n")
    assert paying.make().exit == 0
    assert shop.calls == 4
    override.unlink()
    assert paying.make(Wish()).exit == 0
    assert shop.calls == 4


def test_pulled_lock_and_bought_bytes_are_used(paying: Game, shop: Shop) -> None:
    """What a teammate bought and pushed is published here, for nothing; what is committed
    holds nothing of a machine."""
    assert paying.make().exit == 0
    mate = Game(paying.root.parent / "mate", dict(paying.environment))
    mate.environment["PIXELPIPE_STATE"] = str(paying.root.parent / "mate-state")
    shutil.copytree(paying.root, mate.root)
    mate.draw("hero.png", tint=60)
    assert mate.make().exit == 0
    assert shop.calls == 4
    for name in ("pixelpipe.lock", "assets", ".pixelpipe/bought"):
        source, place = mate.root / name, paying.root / name
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, place)
    assert paying.make(Wish()).exit == 0
    assert shop.calls == 4
    committed = (paying.root / "pixelpipe.lock").read_text("utf-8")
    assert str(paying.root.parent) not in committed
    for record in (paying.root / ".pixelpipe/bought").rglob("*.json"):
        assert str(paying.root.parent) not in record.read_text("utf-8")


def test_release_of_ours_buys_nothing(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version finishes again at most; only KEY_VERSION makes another purchase."""
    assert paying.make().exit == 0
    for module in (steps, jobs):
        monkeypatch.setattr(module, "__version__", "99.0.0")
    monkeypatch.setattr("pipeline.core.keys.FINISH_VERSION", 99)
    report = paying.make(Wish())
    assert report.exit == 0
    assert {result.step.kind.value for result in report.results} == {"reuse"}
    assert shop.calls == 3
    assert paying.make().plan.is_up_to_date


def test_one_headless_run_is_enough(game: Game) -> None:
    """The first run in CI converges, ends by itself, and its exit code is true."""
    game.rules(TWO_CLIPS)
    first = game.build(environment={"CI": "true"})
    assert first.exit == 0
    assert game.plan("--check", environment={"CI": "true"}).exit == 0


def test_output_names_are_frozen(game: Game) -> None:
    """Other programs refer to these names; a release must not change them."""
    game.rules(TWO_CLIPS)
    game.settings(targets=["aseprite", "godot", "gif", "web"])
    assert game.make().exit == 0
    assert {name for name in game.outputs() if name.startswith("hero.")} == {
        "hero.anim.png",
        "hero.anim.json",
        "hero.anim.tres",
        "hero.anim.web.json",
        "hero.anim.idle.gif",
        "hero.anim.hop.gif",
    }


def test_environment_is_in_no_key(paying: Game, shop: Shop) -> None:
    """A CI system's variables, the locale and the time zone are not part of a purchase."""
    assert paying.make().exit == 0
    weather = {"BUILD_TIME": "20260801", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    assert paying.build(environment=weather).totals["fresh"] == 3
    assert shop.calls == 3


def test_source_written_just_now_is_seen_again(game: Game) -> None:
    """A change within the clock's grain, of the same size, is noticed by the next run."""
    assert game.make().exit == 0
    place = game.root / "assets/hero.png"
    stat, content = place.stat(), place.read_bytes()
    game.draw("hero.png", tint=1)
    other = place.read_bytes()
    assert other != content
    os.utime(place, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not game.make().plan.is_up_to_date


def test_yes_is_asked_for_what_is_missing_only(paying: Game, shop: Shop) -> None:
    """Of many clips, most of them done, the question and the refusal name the rest."""
    assert paying.make().exit == 0
    paying.draw("new.png", tint=55)
    asked: list[int] = []

    def answer(plan: object) -> bool:
        asked.append(plan.credits)  # type: ignore[attr-defined]
        return False

    assert paying.make(Wish(ask=answer)).exit == 5
    assert asked == [20]
    assert shop.calls == 3
    assert "--max-credits 20" in paying.build().stdout


def test_one_failure_loses_no_other_result(game: Game, tmp_path: Path) -> None:
    """What was made is recorded as it is made, whatever becomes of the rest."""
    folder = tmp_path / "chaos"
    folder.mkdir()
    for number in range(9):
        game.draw(f"n{number}.png", tint=20 + number)
    with shop_serving(folder, "--chaos", "POST /animate 6: fail") as shop:
        shop.fund(1000)
        game.use(shop)
        assert game.make().exit == 1
        assert len([line for line in game.locked() if "clip" in line]) == 11
        report = game.make()
        assert report.exit == 1
        assert shop.calls == 12
        assert sum(result.state == "fresh" for result in report.results) == 11


def test_part_of_a_project_is_built_without_an_index(paying: Game, shop: Shop) -> None:
    """Building `.` works, and losing the index costs time only."""
    paying.draw("cast/a.png", tint=30)
    run = paying.build("--yes", "--only", "assets/cast/*")
    assert run.exit == 0
    assert shop.calls == 1
    (paying.root / ".pixelpipe/tmp/state").unlink(missing_ok=True)
    assert paying.build("--yes").exit == 0
    assert shop.calls == 4


def test_uploaded_bytes_are_the_hashed_ones(paying: Game) -> None:
    """A source is read again for the upload, and must still be the one that was planned."""
    opened = workspace.open(paying.root, paying.variables(), {})
    found = survey.take(opened, Wish()).wanted
    (hero,) = (one.source for one in found if one.source.path == "assets/hero.png")
    paying.draw("hero.png", tint=61)
    with pytest.raises(SupersededError):
        pictures.pixels(opened.root, hero)


def test_source_saved_while_it_is_finished_is_not_published(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look and the first rename a source may be saved again."""
    whole = finish.make

    def slow(task: finish.Task) -> finish.Finished:
        if task.stem.endswith("hero"):
            paying.draw("hero.png", tint=62)
        return whole(task)

    monkeypatch.setattr(finish, "make", slow)
    report = paying.make()
    assert "superseded" in {result.state for result in report.results}
    assert "hero.anim.png" not in paying.outputs()
    assert shop.calls == 3


def test_file_that_appears_while_building_is_left_alone(
    paying: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at again at the moment of publishing; the plan may be a minute old."""
    whole = finish.make

    def slow(task: finish.Task) -> finish.Finished:
        if task.stem.endswith("hero"):
            paying.write("assets/hero.anim.json", "mine")
        return whole(task)

    monkeypatch.setattr(finish, "make", slow)
    assert paying.make().exit == 1
    assert (paying.root / "assets/hero.anim.json").read_text() == "mine"
    assert "slime.anim.png" in paying.outputs()


def test_prune_during_a_build_takes_nothing_that_it_needs(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The take that a build is about to use again is pruned from the project under its eyes:
    the second copy is used, the project's is written anew, and nothing is bought."""
    assert paying.make().exit == 0
    old = (paying.root / "assets/hero.png").read_bytes()
    paying.draw("hero.png", tint=60)
    assert paying.make().exit == 0
    paying.write("assets/hero.png", old)
    whole = pictures.pixels

    def slow(*given: Any) -> object:
        other = Project(paying.root, environment=paying.variables())
        upkeep.remove(other, upkeep.unused(other))
        return whole(*given)

    monkeypatch.setattr(pictures, "pixels", slow)
    report = paying.make(Wish())
    assert report.exit == 0
    assert shop.calls == 4
    (line,) = (one for one in paying.locked() if "clip" in one and "hero" in str(one["source"]))
    copies = (paying.root / ".pixelpipe/bought").rglob(f"{line['digest']}.png")
    assert len(list(copies)) == 1, "it is committed with the project again"


def test_second_copy_that_cannot_be_written_is_told(paying: Game, shop: Shop) -> None:
    """There is no cache that is shared over a network; the one place outside of the project is
    the second copy. A failure of it is never silent: exit 8 with its name, before it is needed."""
    state = Path(os.environ["PIXELPIPE_STATE"])
    state.mkdir(parents=True)
    (state / "bought").write_text("in the way")
    paying.settings(jobs=1)
    run = paying.build("--yes")
    assert run.exit == 8
    assert str(state / "bought") in run.stderr
    assert shop.calls == 0
    (state / "bought").unlink()
    assert paying.make().exit == 0
    assert shop.calls == 3
    assert len(list((state / "bought").rglob("*.png"))) == 3


def test_report_is_one_object_whatever_happens(paying: Game) -> None:
    """`--json` prints one object also when nothing could be bought."""
    run = paying.build()
    assert run.exit == 5
    assert json.loads(run.stdout)["exit"] == 5
