"""What was bought satisfies a rule that states what it was resolved to: that is no purchase."""

from __future__ import annotations

import json

import pytest
from game import RULES, Game, Shop

pytestmark = pytest.mark.usefixtures("in_process")


def stating(fields: str) -> str:
    """Return the rules with more fields stated for the clip."""
    prompt = '"breathing calmly, a subtle idle loop"'
    assert prompt in RULES
    return RULES.replace(f"idle: {prompt}", f"idle: {{prompt: {prompt}{fields}}}")


def matte(game: Game) -> str:
    """Return the matte that was chosen for the hero."""
    found = (game.root / ".pixelpipe/bought").rglob("*.json")
    return str(json.loads(next(found).read_text())["resolved"]["matte"])


def keys(game: Game) -> set[object]:
    """Return the request keys that the lock file names."""
    return {line["key"] for line in game.locked() if "clip" in line}


@pytest.fixture
def built(paying: Game) -> Game:
    """Buy one sprite with nothing stated."""
    for name in ("slime", "chest"):
        (paying.root / f"assets/{name}.png").unlink()
    assert paying.build("--yes").exit == 0
    return paying


@pytest.mark.parametrize(
    "fields", [", frames: 8", ", colors: source", ", frames: 8, colors: source", ", matte: {matte}"]
)
def test_stating_what_was_chosen_anyway_costs_nothing(built: Game, shop: Shop, fields: str) -> None:
    """Nothing is bought, written or published: the lock line keeps its key. `why` says so."""
    before, files = keys(built), built.files()
    built.rules(stating(fields.format(matte=json.dumps(matte(built)))))
    plan = built.plan()
    assert plan.totals["credits_planned"] == 0
    assert plan.totals["fresh"] == 1
    run = built.build()
    assert run.exit == 0
    assert shop.calls == 1
    assert keys(built) == before
    changed = {path for path, found in built.files().items() if files.get(path) != found}
    assert changed == {"rules/own.yaml"}
    assert "meets all that the rule states" in built.run("why", "assets/hero.png").stdout


@pytest.mark.parametrize(
    "fields",
    [
        ", frames: 10",
        ", colors: 16",
        ', matte: "#123456"',
        ", seed: 7",
        ', model: "other"',
        ", fit: 3",
    ],
)
def test_stating_anything_else_is_a_purchase(built: Game, shop: Shop, fields: str) -> None:
    """Each field by itself."""
    built.rules(stating(fields))
    assert built.plan().totals["buy"] == 1


def test_removing_a_field_keeps_what_the_lock_names(paying: Game, shop: Shop) -> None:
    """A rule that states less is met by what was bought for more."""
    for name in ("slime", "chest"):
        (paying.root / f"assets/{name}.png").unlink()
    paying.rules(stating(", frames: 10, seed: 7"))
    assert paying.build("--yes").exit == 0
    paying.rules(RULES)
    assert paying.plan().totals["fresh"] == 1
    assert paying.build().exit == 0
    assert shop.calls == 1


def test_exact_purchase_counts_before_the_one_that_the_lock_names(built: Game, shop: Shop) -> None:
    """Both were paid for: what is asked for by its very words is shown."""
    (exact,) = keys(built)
    built.rules(stating(", frames: 10"))
    assert built.build("--yes").exit == 0
    built.rules(RULES)
    assert built.build().exit == 0
    assert keys(built) == {exact}
    assert shop.calls == 2


def test_newest_purchase_is_reused_where_the_lock_names_none(built: Game, shop: Shop) -> None:
    """Without a lock file, as in another checkout of this user."""
    built.rules(stating(", frames: 8, seed: 7"))
    assert built.build("--yes").exit == 0
    (newest,) = keys(built)
    (built.root / "pixelpipe.lock").unlink()
    built.rules(stating(", seed: 7"))
    for path in (built.root / "assets").glob("*.anim.*"):
        path.unlink()
    assert built.plan().totals["reuse"] == 1
    assert built.build().exit == 0
    assert keys(built) == {newest}
    assert shop.calls == 2


def test_other_words_pixels_and_takes_are_purchases(built: Game, shop: Shop) -> None:
    """Only statements of what was chosen are free; `reroll` buys as before."""
    built.rules(stating(", frames: 8").replace("calmly", "deeply"))
    assert built.plan().totals["buy"] == 1
    built.rules(stating(", frames: 8"))
    built.draw("hero.png", tint=70)
    assert built.plan().totals["buy"] == 1
    built.draw("hero.png", tint=0)
    assert built.plan().totals["fresh"] == 1
    assert built.run("reroll", "assets/hero.png", "--yes").exit == 0
    assert shop.calls == 2
