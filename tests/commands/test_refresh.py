"""An upgrade changes nobody's art: free clips stay, and are made anew only when somebody asks."""

from __future__ import annotations

import json

import pytest
from game import TWO_CLIPS, Game, Shop
from upgraded import forget_versions

from pipeline.core.version import ENGINE_VERSION
from pipeline.storage import lock
from pipeline.storage.store import Store

pytestmark = pytest.mark.usefixtures("in_process")


def _lines(game: Game) -> dict[tuple[str, str], lock.ClipLine]:
    found = lock.parse((game.root / "pixelpipe.lock").read_text())
    return {(line.source, line.clip): line for line in found.clips}


@pytest.fixture
def older(game: Game) -> Game:
    """Give a built game whose clips an older engine made."""
    game.rules(TWO_CLIPS)
    assert game.run("build").exit == 0
    forget_versions(game)
    return game


def test_what_an_older_engine_made_stays_fresh(older: Game) -> None:
    """`plan` counts it in one line; nothing is to be done."""
    plan = older.run("plan", "--check")
    assert plan.exit == 0
    assert "6 clips were made by an older version of the built-in engine" in plan.stdout
    assert "pixelpipe refresh" in plan.stdout
    assert older.run("plan", "--json").totals["outdated"] == 6
    before = _lines(older)
    assert older.run("build").exit == 0
    assert _lines(older) == before


def test_a_glob_is_made_anew_for_nothing(older: Game) -> None:
    """Same key and take; the others stay as they are."""
    before = _lines(older)
    run = older.run("refresh", "hero.png")
    assert run.exit == 0
    assert "0 credits" in run.stdout
    after = _lines(older)
    for place, line in after.items():
        is_hero = place[0] == "assets/hero.png"
        assert line.engine == (ENGINE_VERSION if is_hero else 0)
        assert (line.key, line.take) == (before[place].key, before[place].take)
    assert "4 clips were made" in older.run("plan").stdout


def test_all_are_made_anew_and_then_nothing_is_left(older: Game) -> None:
    """A second time there is nothing to do."""
    assert older.run("refresh").exit == 0
    assert {line.engine for line in _lines(older).values()} == {ENGINE_VERSION}
    plan = older.run("plan", "--check")
    assert plan.exit == 0
    assert "older version" not in plan.stdout
    assert "Nothing to do" in older.run("refresh").stdout


def test_what_was_edited_by_hand_is_not_replaced(older: Game) -> None:
    """Whoever drew over a clip wants to keep that."""
    place = older.root / "assets" / "hero.anim.json"
    place.write_text(place.read_text() + " ")
    older.run("refresh", "hero.png")
    assert place.read_text().endswith(" ")
    assert _lines(older)["assets/hero.png", "idle"].engine == 0


def test_what_was_paid_for_is_not_touched(paying: Game, shop: Shop) -> None:
    """`refresh` asks the built-in engine alone, and that replaces no purchase."""
    assert paying.run("build", "--yes").exit == 0
    before, sold = _lines(paying), shop.calls
    run = paying.run("refresh")
    assert run.exit == 0
    assert _lines(paying) == before
    assert shop.calls == sold
    assert all(line.engine == 0 and line.paid for line in before.values())


def test_a_merge_keeps_the_newer_engine_s_clip_and_says_so(older: Game) -> None:
    """Two branches, one of them upgraded: their lock files are united."""
    text = (older.root / "pixelpipe.lock").read_text()
    digest = _lines(older)["assets/hero.png", "idle"].digest
    text = text.replace(digest, "a" * 64)  # as if the older engine had drawn it otherwise
    assert older.run("refresh").exit == 0
    newer = (older.root / "pixelpipe.lock").read_text()
    both = sorted({*text.splitlines(), *newer.splitlines()})
    (older.root / "pixelpipe.lock").write_text("\n".join(both) + "\n")
    run = older.run("build")
    assert run.exit == 0
    assert "two versions of the built-in engine" in run.stderr
    assert {line.engine for line in _lines(older).values()} == {ENGINE_VERSION}


def test_without_a_lock_line_the_newest_engine_s_clip_is_used(older: Game) -> None:
    """The store may hold both; the digest is no reason to prefer one."""
    old = _lines(older)["assets/hero.png", "idle"]
    assert older.run("refresh").exit == 0
    store = Store(older.root / ".pixelpipe" / "bought")
    found = store.find(old.key)
    assert found is not None
    assert found.engine == ENGINE_VERSION


def test_a_death_plays_once_unless_the_rule_says_otherwise(game: Game) -> None:
    """One-shot by verb for new clips; a clip that was there before stays a loop."""
    game.rules(
        TWO_CLIPS.replace('"hopping on the spot"', '"dies"')
        + '      spawn: {prompt: "explodes", loop: true}\n'
    )
    assert game.run("build").exit == 0
    document = json.loads((game.root / "assets" / "hero.anim.json").read_text())
    tags = {tag["name"]: tag.get("repeat") for tag in document["meta"]["frameTags"]}
    assert tags == {"idle": None, "hop": "1", "spawn": None}
    forget_versions(game)
    (game.root / "assets" / "hero.anim.json").unlink()
    assert game.run("build").exit == 0
    document = json.loads((game.root / "assets" / "hero.anim.json").read_text())
    tags = {tag["name"]: tag.get("repeat") for tag in document["meta"]["frameTags"]}
    assert tags == {"idle": None, "hop": None, "spawn": None}
