"""Hand edits: noticed, never overwritten, and kept, undone or left alone when the user says so."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from game import TWO_CLIPS, Game, Shop, png
from PIL import Image

from pipeline.api import Project
from pipeline.commands import edits, upkeep
from pipeline.core.errors import UsageError
from pipeline.core.model import StepKind
from pipeline.run.report import Report

HERO = "assets/hero.png"
SHEET = "assets/hero.anim.png"
DATA = "assets/hero.anim.json"


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def paint(game: Game) -> bytes:
    """Change one pixel of the published sheet, as in a paint program; return the new file."""
    place = game.root / SHEET
    with Image.open(io.BytesIO(place.read_bytes())) as image:
        edited = image.convert("RGBA")
    edited.putpixel((0, 0), (255, 0, 255, 255))
    place.write_bytes(png(edited))
    return place.read_bytes()


def read(game: Game, path: str = SHEET) -> bytes:
    """Return a file of the game."""
    return (game.root / path).read_bytes()


def step(report: Report) -> tuple[StepKind, str]:
    """Return what was done about the hero, and why."""
    found = next(one.step for one in report.results if one.step.source == HERO)
    return found.kind, found.reason


def is_fresh(game: Game) -> bool:
    """Tell whether a build has nothing to do."""
    report = game.make()
    return report.exit == 0 and all(one.step.kind is StepKind.FRESH for one in report.results)


@pytest.fixture
def edited(game: Game) -> Game:
    """Return a built game whose hero was touched up by hand."""
    game.make()
    paint(game)
    return game


def test_edit_is_noticed_and_named_with_the_three_ways_out(edited: Game) -> None:
    """The user decides; the program says what there is to decide."""
    there = read(edited)
    run = edited.run("build")
    assert run.exit == 1
    reason = f"{SHEET} was edited by hand; `pixelpipe adopt`, `restore` or `detach` it"
    assert f"blocked: {HERO} [idle]: {reason}" in run.stderr
    assert read(edited) == there


@pytest.mark.parametrize("change", ["pixels", "prompt", "targets", "clip"])
def test_nothing_overwrites_an_edit(edited: Game, change: str) -> None:
    """Whatever else changes: an hour of a person's work is not replaced."""
    there, data = read(edited), read(edited, DATA)
    if change == "pixels":
        edited.draw("hero.png", tint=40)
    elif change == "prompt":
        edited.rules(TWO_CLIPS.replace("breathing", "swaying"))
    elif change == "targets":
        edited.settings(targets=["godot", "gif"])
    else:
        edited.rules(TWO_CLIPS)
    edited.make()
    assert (read(edited), read(edited, DATA)) == (there, data)
    assert not {name for name in edited.outputs() if name.startswith("hero.")} - {
        "hero.anim.png",
        "hero.anim.json",
    }


def test_nothing_is_bought_for_an_edited_sprite(paying: Game, shop: Shop) -> None:
    """What could not be published would be money for nothing."""
    paying.make()
    paint(paying)
    paying.draw("hero.png", tint=41)
    paying.make()
    assert shop.calls == 3


def test_adopted_edit_is_the_output_from_now_on(edited: Game) -> None:
    """After `adopt` the project is up to date, and the lock file says so."""
    there = read(edited)
    run = edited.run("adopt", SHEET)
    assert (run.exit, run.stdout) == (0, f"adopted {SHEET}\n")
    assert is_fresh(edited)
    assert read(edited) == there
    assert [line["path"] for line in edited.locked() if line.get("adopted")] == [SHEET]


@pytest.mark.parametrize("change", ["pixels", "prompt", "targets"])
def test_adopted_edit_blocks_what_would_replace_it(paying: Game, shop: Shop, change: str) -> None:
    """A new drawing does not silently undo an adopted edit, and nothing is bought for it."""
    paying.make()
    there = paint(paying)
    edits.adopt(opened(paying), HERO)
    if change == "pixels":
        paying.draw("hero.png", tint=42)
    elif change == "prompt":
        paying.write(f"{HERO}.yaml", "clips: {idle: {prompt: swaying in the wind}}\n")
    else:
        paying.settings(targets=["godot"])
    report = paying.make()
    assert report.exit == 1
    assert step(report) == (
        StepKind.BLOCKED,
        f"{SHEET} was edited and adopted; `pixelpipe restore` or `detach` it",
    )
    assert (read(paying), shop.calls) == (there, 3)


def test_edit_of_an_adopted_edit_is_noticed_again(edited: Game) -> None:
    """Each version of a person's work is accepted by that person."""
    edits.adopt(opened(edited), HERO)
    with Image.open(edited.root / SHEET) as image:
        more = image.convert("RGBA")
    more.putpixel((1, 0), (0, 255, 0, 255))
    edited.write(SHEET, png(more))
    assert edited.make().exit == 1
    edits.adopt(opened(edited), HERO)
    assert is_fresh(edited)


@pytest.mark.parametrize("path", [SHEET, DATA])
def test_deleted_file_of_an_adopted_set_is_not_filled_up(edited: Game, path: str) -> None:
    """A generated file beside an edited one need not fit it: the user is asked."""
    edits.adopt(opened(edited), HERO)
    there = {one: read(edited, one) for one in {SHEET, DATA} - {path}}
    (edited.root / path).unlink()
    report = edited.make()
    assert report.exit == 1
    assert step(report)[1] == (
        f"{path} is missing, and {SHEET} was edited and adopted: bring it back, or "
        "`pixelpipe restore` or `detach` it"
    )
    assert {one: read(edited, one) for one in there} == there
    assert edits.restore(opened(edited), HERO).exit == 0
    assert is_fresh(edited)


def test_restore_brings_the_bought_frames_back_for_nothing(paying: Game, shop: Shop) -> None:
    """The edit is given up on purpose; the purchase is still there."""
    paying.make()
    before = read(paying)
    paint(paying)
    run = paying.run("restore", HERO)
    assert run.exit == 0, run.stderr
    assert (read(paying), shop.calls) == (before, 3)
    assert is_fresh(paying)


def test_restore_undoes_adopt_and_detach(edited: Game) -> None:
    """Every decision can be taken back."""
    for decide in (edits.adopt, edits.detach):
        paint(edited)
        decide(opened(edited), HERO)
        edited.draw("hero.png", tint=43)
        assert edits.restore(opened(edited), HERO).exit == 0
        lines = [line for line in edited.locked() if line.get("path") == SHEET]
        assert not lines[0].get("adopted")
        assert not lines[0].get("detached")
        edited.draw("hero.png", tint=44)
        assert edited.make().exit == 0


def test_restore_that_would_have_to_buy_keeps_the_edit(paying: Game, shop: Shop) -> None:
    """`restore` is free; for a new drawing there is nothing to restore yet."""
    paying.make()
    there = paint(paying)
    paying.draw("hero.png", tint=45)
    run = paying.run("restore", HERO)
    assert run.exit == 5
    assert (read(paying), shop.calls) == (there, 3)


@pytest.mark.parametrize("is_gone", [True, False])
def test_restore_with_a_yes_leads_out_of_an_edit_that_nothing_fits_any_more(
    paying: Game, shop: Shop, is_gone: bool
) -> None:
    """An edit was adopted, then the drawing changed: neither `build` nor free `restore` goes on."""
    paying.make()
    bought = shop.calls
    there = paint(paying)
    assert paying.run("adopt", HERO).exit == 0
    paying.draw("hero.png", tint=70)
    if is_gone:
        (paying.root / SHEET).unlink()
    every_run = {"PIXELPIPE_MAX_CREDITS": "100"}
    assert paying.run("build", "--yes").exit == 1
    assert paying.run("restore", HERO, environment=every_run).exit == 5
    assert shop.calls == bought
    run = paying.run("restore", HERO, "--max-credits", "20")
    assert (run.exit, shop.calls) == (0, bought + 1), run.stderr
    assert paying.run("plan", "--check").exit == 0
    assert (paying.root / SHEET).read_bytes() != there


def test_detached_sprite_is_left_alone_for_good(paying: Game, shop: Shop) -> None:
    """Outputs that are the user's are neither made, bought, checked nor removed."""
    paying.make()
    there = paint(paying)
    run = paying.run("detach", HERO)
    assert run.exit == 0
    assert set(run.stdout.splitlines()) == {f"detached {SHEET}", f"detached {DATA}"}
    paying.draw("hero.png", tint=46)
    (paying.root / DATA).unlink()
    report = paying.make()
    assert (report.exit, shop.calls) == (0, 3)
    assert step(report)[0] is StepKind.FRESH
    assert not [path for path in upkeep.clean(opened(paying)) if "hero" in path]
    assert read(paying) == there
    assert not [found for found in upkeep.verify(opened(paying)) if "hero" in found]


@pytest.mark.parametrize("decision", ["adopt", "detach"])
def test_deleted_source_leaves_a_persons_work(edited: Game, decision: str) -> None:
    """Only files that are as we wrote them are ever deleted; an adopted one is not."""
    there = read(edited)
    getattr(edits, decision)(opened(edited), HERO)
    (edited.root / HERO).unlink()
    assert edited.make().exit == 0
    assert read(edited) == there


def test_nothing_to_adopt_is_a_clear_sentence(game: Game) -> None:
    """A deleted output is no edit, and an untouched one neither."""
    game.make()
    with pytest.raises(UsageError, match=r"none of its outputs was edited"):
        edits.adopt(opened(game), HERO)
    (game.root / DATA).unlink()
    with pytest.raises(UsageError, match=r"none of its outputs was edited"):
        edits.adopt(opened(game), HERO)
    run = game.run("adopt", "assets/nobody.png")
    assert (run.exit, run.stderr.count("has no outputs in pixelpipe.lock")) == (2, 1)


def test_commands_take_the_output_or_the_source(edited: Game, tmp_path: Path) -> None:
    """In a file manager one clicks the file that was edited; from elsewhere it is an error."""
    assert edited.run("adopt", DATA).stdout == f"adopted {SHEET}\n"
    outside = tmp_path / "other.png"
    outside.write_bytes(b"")
    assert edited.run("adopt", str(outside)).exit in (2, 3)
