"""What was bought once is never bought again: renamed, copied, touched, lost or merged."""

from __future__ import annotations

import os
import shutil

import pytest
from game import OUTPUTS, RULES, TWO_CLIPS, Game, Shop, built, png, sprite

from pipeline.core.model import StepKind
from pipeline.run.report import Report

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


def kinds(report: Report) -> dict[str, StepKind]:
    """Step of each clip, as `hero.png idle`."""
    return {
        f"{result.step.source.rpartition('/')[2]} {result.step.clip}": result.step.kind
        for result in report.results
    }


def test_renamed_source_costs_nothing_and_outputs_follow(paying: Game, shop: Shop) -> None:
    """The purchase belongs to the pixels, not to the path."""
    built(paying)
    (paying.root / "assets/hero.png").rename(paying.root / "assets/knight.png")
    plan = paying.plan()
    assert plan.totals["credits_planned"] == 0, plan.stdout
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert {"knight.anim.png", "knight.anim.json"} <= paying.outputs()
    assert "hero.anim.png" not in paying.outputs()


def test_renamed_folder_costs_nothing(paying: Game, shop: Shop) -> None:
    """All outputs follow a renamed folder."""
    paying.draw("cast/a.png", tint=10)
    paying.draw("cast/b.png", tint=11)
    built(paying)
    calls = shop.calls
    (paying.root / "assets/cast").rename(paying.root / "assets/people")
    assert paying.build().exit == 0
    assert shop.calls == calls
    assert {"people/a.anim.png", "people/b.anim.png"} <= paying.outputs()
    assert paying.build().totals["fresh"] == 5


def test_moved_hand_edit_stays_a_hand_edit(paying: Game, shop: Shop) -> None:
    """An edited output that moves along with its source is still nobody's to overwrite."""
    paying.draw("cast/a.png", tint=10)
    built(paying)
    paying.write("assets/cast/a.anim.json", "{}")
    (paying.root / "assets/cast").rename(paying.root / "assets/people")
    assert paying.build().exit == 1
    assert (paying.root / "assets/people/a.anim.json").read_text() == "{}"


@pytest.mark.parametrize("has_ledger", [True, False])
def test_copied_source_costs_nothing(paying: Game, shop: Shop, has_ledger: bool) -> None:
    """The same pixels are bought once, also when only the committed files know of it."""
    built(paying)
    if not has_ledger:
        shutil.rmtree(os.environ["PIXELPIPE_STATE"])
    shutil.copy(paying.root / "assets/hero.png", paying.root / "assets/twin.png")
    assert paying.plan().totals["credits_planned"] == 0
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert "twin.anim.png" in paying.outputs()


def test_twins_in_one_run_are_bought_once(paying: Game, shop: Shop) -> None:
    """Two equal new sprites share one purchase."""
    shutil.copy(paying.root / "assets/hero.png", paying.root / "assets/twin.png")
    report = built(paying).make()
    assert report.exit == 0
    assert shop.calls == 3
    assert {"hero.anim.png", "twin.anim.png"} <= paying.outputs()


def test_touched_source_costs_nothing(paying: Game, shop: Shop) -> None:
    """A new time stamp is no change."""
    built(paying)
    for path in (paying.root / "assets").glob("*.png"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert paying.plan().totals["fresh"] == 3
    assert paying.build().exit == 0
    assert shop.calls == 3


def test_reencoded_source_costs_nothing(paying: Game, shop: Shop) -> None:
    """Other compression, metadata and colour chunks are no other pixels."""
    built(paying)
    image = sprite(0)
    paying.write("assets/hero.png", png(image, compress_level=0, gamma=0.45455, dpi=(72, 72)))
    hidden = image.copy()
    hidden.putpixel((0, 0), (9, 9, 9, 0))
    paying.write("assets/hero.png", png(hidden, optimize=True))
    assert paying.plan().totals["credits_planned"] == 0
    assert paying.build().exit == 0
    assert shop.calls == 3


def test_one_changed_pixel_makes_that_source_again(paying: Game, shop: Shop) -> None:
    """Exactly the clips of the edited source, no others."""
    paying.rules(TWO_CLIPS)
    built(paying)
    assert shop.calls == 6
    image = sprite(0)
    image.putpixel((6, 6), (1, 2, 3, 255))
    paying.write("assets/hero.png", png(image))
    report = paying.make()
    assert report.exit == 0
    assert shop.calls == 8
    changed = {name for name, kind in kinds(report).items() if kind is StepKind.BUY}
    assert changed == {"hero.png idle", "hero.png hop"}


def test_changed_prompt_makes_that_clip_again(paying: Game, shop: Shop) -> None:
    """Exactly the clips that the prompt concerns."""
    paying.rules(TWO_CLIPS)
    built(paying)
    paying.rules(TWO_CLIPS.replace("hopping on the spot", "hopping high"))
    report = paying.make()
    assert report.exit == 0
    assert shop.calls == 9
    changed = {name for name, kind in kinds(report).items() if kind is StepKind.BUY}
    assert changed == {"hero.png hop", "slime.png hop", "chest.png hop"}


@pytest.mark.parametrize(
    "text",
    [
        RULES.replace("\n", "\r\n"),
        RULES.replace("heroes", "villains"),
        RULES.replace('match: "**/*.png"', 'match: ["ui/*.png", "*.png"]'),
        RULES + "    pivot: center\n",
        "rules:\n  - clips: {idle: {prompt: 'breathing calmly, a subtle idle loop'}}\n"
        "    match: '**/*.png'\n    name: heroes\n",
    ],
)
def test_same_effective_rule_costs_nothing(paying: Game, shop: Shop, text: str) -> None:
    """Line ends, key order, the rule's name, pattern or pivot buy nothing."""
    built(paying)
    paying.rules(text)
    assert paying.build().exit == 0
    assert shop.calls == 3


def test_deleted_outputs_come_back_for_nothing(paying: Game, shop: Shop) -> None:
    """What was bought is finished again, to the same bytes."""
    built(paying)
    before = {name: content for name, (_, content) in paying.files().items()}
    for name in ("hero.anim.png", "slime.anim.json"):
        (paying.root / "assets" / name).unlink()
    assert paying.build().exit == 0
    assert {name: content for name, (_, content) in paying.files().items()} == before
    assert shop.calls == 3


def test_added_target_costs_nothing(paying: Game, shop: Shop) -> None:
    """Targets are derived: one more, or one less, makes no request; a dropped file goes."""
    built(paying)
    paying.settings(targets=["aseprite", "godot", "gif"])
    assert paying.build().exit == 0
    assert {"hero.anim.tres", "hero.anim.idle.gif"} <= paying.outputs()
    paying.settings(targets=["aseprite"])
    assert paying.build().exit == 0
    assert paying.outputs() == OUTPUTS
    assert shop.calls == 3


def test_derived_clip_costs_nothing(paying: Game, shop: Shop) -> None:
    """A clip made from another one makes no request."""
    built(paying)
    paying.rules(RULES + "      back: {from: idle, flip: x}\n")
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert b'"back"' in (paying.root / "assets/hero.anim.json").read_bytes()


def test_clean_checkout_builds_from_bought_bytes(game: Game, shop: Shop) -> None:
    """Another folder, user and machine: lock, bought bytes and sources are enough."""
    game.use(shop)
    built(game)
    checkout = Game(game.root.parent / "elsewhere")
    shutil.copytree(game.root, checkout.root)
    for path in (checkout.root / "assets").glob("*.anim.*"):
        path.unlink()
    (checkout.root / ".pixelpipe/tmp/state").unlink(missing_ok=True)
    checkout.environment["PIXELPIPE_STATE"] = str(game.root.parent / "other-state")
    run = checkout.build("--frozen")
    assert run.exit == 0
    assert checkout.outputs() == OUTPUTS
    for name in OUTPUTS:
        assert (checkout.root / "assets" / name).read_bytes() == (
            game.root / "assets" / name
        ).read_bytes()
    assert shop.calls == 3


def test_lock_survives_a_merge_by_union(paying: Game, shop: Shop) -> None:
    """Both sides of a conflict were paid for; the union is accepted and made whole."""
    built(paying)
    lock = paying.root / "pixelpipe.lock"
    lines = lock.read_text("utf-8").splitlines()
    conflicted = [*lines[:2], "<<<<<<< ours", *lines[2:5], "=======", *lines[2:4], ">>>>>>> x"]
    lock.write_text("\n".join([*conflicted, *lines[5:], ""]), "utf-8")
    run = paying.build()
    assert run.exit == 0
    assert shop.calls == 3
    assert "<<<<" not in lock.read_text("utf-8") or run.totals["fresh"] == 3


def test_damaged_lock_line_is_set_aside(paying: Game, shop: Shop) -> None:
    """One bad line concerns itself alone and is named."""
    built(paying)
    lock = paying.root / "pixelpipe.lock"
    lines = lock.read_text("utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if '"clip":"idle"' in line)
    lines[place] = lines[place][:40]
    lock.write_text("\n".join([*lines, ""]), "utf-8")
    run = paying.build()
    assert run.exit == 0
    assert shop.calls == 3
    assert any("cannot be read" in text for text in run.report["notices"])  # type: ignore[attr-defined]
    assert paying.build().totals["fresh"] == 3


@pytest.mark.usefixtures("in_process")
def test_a_lock_that_powershell_wrote_is_told_with_the_way_out(paying: Game, shop: Shop) -> None:
    """`git show HEAD:pixelpipe.lock > pixelpipe.lock`: the codec's words named no remedy."""
    built(paying)
    lock = paying.root / "pixelpipe.lock"
    lock.write_text(lock.read_text("utf-8"), "utf-16")
    for command in ("plan", "build", "verify"):
        ended = paying.run(command)
        assert (ended.exit, "--rebuild-lock" in ended.stderr) == (8, True), command
        assert "codec" not in ended.stderr
    lock.unlink()
    assert paying.run("verify", "--rebuild-lock").exit == 0
    assert paying.build().totals["fresh"] == 3
    assert shop.calls == 3


def test_lost_lock_costs_nothing(paying: Game, shop: Shop) -> None:
    """Without the lock file the ledger and the store still know what was bought."""
    built(paying)
    (paying.root / "pixelpipe.lock").unlink()
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert paying.build().totals["fresh"] == 3


def test_lost_lock_and_ledger_cost_nothing(paying: Game, shop: Shop) -> None:
    """The bought bytes in the project name their keys."""
    built(paying)
    (paying.root / "pixelpipe.lock").unlink()
    for path in (paying.root / "assets").glob("*.anim.*"):
        path.unlink()
    shutil.rmtree(os.environ["PIXELPIPE_STATE"])
    assert paying.build().exit == 0
    assert shop.calls == 3


def test_git_clean_loses_no_purchase(paying: Game, shop: Shop) -> None:
    """`.pixelpipe`, outputs and lock gone; the state folder has the second copy."""
    built(paying)
    shutil.rmtree(paying.root / ".pixelpipe")
    (paying.root / "pixelpipe.lock").unlink()
    for path in (paying.root / "assets").glob("*.anim.*"):
        path.unlink()
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert any((paying.root / ".pixelpipe/bought").rglob("*.png"))


def test_switching_branches_and_back_costs_nothing(paying: Game, shop: Shop) -> None:
    """What was bought for the old pixels is still there."""
    built(paying)
    paying.draw("hero.png", tint=50)
    built(paying)
    assert shop.calls == 4
    paying.draw("hero.png", tint=0)
    assert paying.build().exit == 0
    assert shop.calls == 4


def test_path_words_cost_nothing_on_a_rename(paying: Game, shop: Shop) -> None:
    """A prompt that names the file is not bought again because the file has a new name."""
    paying.rules(RULES.replace("breathing calmly", "{stem} breathing calmly"))
    built(paying)
    (paying.root / "assets/hero.png").rename(paying.root / "assets/knight.png")
    assert paying.plan().totals["credits_planned"] == 0
    assert paying.build().exit == 0
    assert shop.calls == 3
    assert paying.build().totals["fresh"] == 3
