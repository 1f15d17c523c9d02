"""No yes, no purchase; and what was bought stays what is shown."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from buying import chaotic, killed_after_submission, unfinished
from game import KEY_NAME, Game, Shop

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


# -- a yes --------------------------------------------------------------------------------------


def test_without_a_yes_nothing_is_bought(paying: Game, shop: Shop) -> None:
    """A key, no budget, no terminal: exit 5 with the total and the flag that would allow it."""
    run = paying.build()
    assert run.exit == 5
    assert shop.calls == 0
    assert "would cost 20 credits" in run.stdout
    assert "--max-credits 60" in run.stdout
    assert paying.outputs() == set()


def test_limit_buys_in_order_and_names_the_rest(paying: Game, shop: Shop) -> None:
    """`--max-credits 50` buys two clips; both are finished, the third is named, exit 5."""
    run = paying.build("--max-credits", "50")
    assert run.exit == 5
    assert shop.calls == 2
    assert run.totals["credits_charged"] == 40
    assert {"chest.anim.png", "hero.anim.png"} <= paying.outputs()
    assert run.states()["slime.png", "idle"] == ("buy", "left")
    again = paying.build("--max-credits", "20")
    assert again.exit == 0
    assert shop.calls == 3


def test_budget_in_the_file_limits_a_yes_and_is_none(paying: Game, shop: Shop) -> None:
    """`budget: 40` leaves 40 credits a run of what a user allowed, and allows nothing."""
    paying.settings(budget=40)
    refused = paying.build()
    assert refused.exit == 5
    assert shop.calls == 0
    assert "pixelpipe.yaml:3 only limits what a yes allows" in refused.stdout
    assert paying.build("--yes").exit == 5
    assert shop.calls == 2


def test_smallest_limit_counts(paying: Game, shop: Shop) -> None:
    """A flag does not widen the file's budget: both are hard stops."""
    paying.settings(budget=20)
    assert paying.build("--max-credits", "1000", "--yes").exit == 5
    assert shop.calls == 1


def test_day_budget_holds_over_runs(paying: Game, shop: Shop) -> None:
    """What was spent today counts, whichever run spent it."""
    paying.settings(budget={"day": 40})
    assert paying.build("--yes").exit == 5
    assert paying.build("--yes").exit == 5
    assert shop.calls == 2


def test_day_budget_counts_what_is_in_flight(game: Game, tmp_path: Path) -> None:
    """A job that was submitted and not yet charged is committed all the same."""
    with chaotic(tmp_path, game, "", "--latency", "2") as shop:
        game.settings(budget={"day": 20}, jobs=1)
        with killed_after_submission(game, shop):
            pass
        assert shop.calls == 1
        assert game.build("--yes").exit == 5
        assert shop.calls == 1, "the day's 20 credits were committed already"
        assert shop.charged == 20


def test_ci_never_spends_by_itself(paying: Game, shop: Shop) -> None:
    """`CI=true` is `--frozen`: exit 9 with key and price; `--max-credits` is the opt-in."""
    ci = {"CI": "true"}
    run = paying.build("--yes", environment=ci)
    assert run.exit == 9
    assert shop.calls == 0
    assert "20 credits" in run.stdout
    assert "CI=true (without --max-credits) asks no service" in run.stdout
    assert paying.build("--max-credits", "60", environment=ci).exit == 0
    assert shop.calls == 3
    assert paying.build(environment=ci).exit == 0
    lock = paying.root / "pixelpipe.lock"
    lock.write_text(f"{lock.read_text('utf-8')}=======\n", "utf-8", newline="\n")
    assert paying.build(environment=ci).exit == 0
    assert lock.read_text("utf-8").endswith("=======\n"), "not even a merge is tidied up"


def test_frozen_uses_what_is_bought_and_writes_no_lock(paying: Game, shop: Shop) -> None:
    """`--frozen` finishes from bought bytes, asks nobody, and leaves the lock as it is."""
    assert paying.make().exit == 0
    lock = paying.root / "pixelpipe.lock"
    before = lock.read_bytes(), lock.stat().st_mtime_ns
    (paying.root / "assets/hero.anim.png").unlink()
    paying.settings(targets=["aseprite", "gif"])
    paying.draw("new.png", tint=99)
    run = paying.build("--frozen")
    assert run.exit == 9
    assert "hero.anim.png" in paying.outputs()
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
    assert shop.calls == 3


def test_frozen_removes_nothing(paying: Game) -> None:
    """A source that is gone is reported, not acted on: the lock would have to change."""
    assert paying.make().exit == 0
    (paying.root / "assets/hero.png").unlink()
    paying.build("--frozen")
    assert "hero.anim.png" in paying.outputs()


def test_frozen_names_bought_bytes_that_are_missing(game: Game, shop: Shop) -> None:
    """Without key, with the bytes lost: exit 9 with the price, on no service at all."""
    game.use(shop)
    assert game.make().exit == 0
    game.use_none()
    shutil.rmtree(game.root / ".pixelpipe/bought")
    shutil.rmtree(os.environ["PIXELPIPE_STATE"])
    for path in (game.root / "assets").glob("*.anim.*"):
        path.unlink()
    run = game.build("--frozen")
    assert run.exit == 9
    assert "20 credits" in run.stdout


# -- accounts -----------------------------------------------------------------------------------


def test_balance_is_asked_before_buying(game: Game, shop: Shop) -> None:
    """What the balance does not cover is not started, in the rules' order."""
    poor = Shop(shop.url, shop.db, f"{shop.account} poor")
    for number in range(5):
        game.draw(f"z{number}.png", tint=30 + number)
    game.use(poor)
    run = game.build("--yes")
    assert run.exit == 5
    assert poor.calls == 5
    assert "balance" in run.stdout
    assert poor.available == 0


def test_wrong_key_is_one_sentence_and_holds_nothing_against_files(game: Game, shop: Shop) -> None:
    """Exit 5, nothing recorded; with the right key the same build works."""
    game.use(shop)
    game.environment[KEY_NAME] = "pe_sk_" + "wrong" * 8
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert "key" in run.stderr
    assert "wrongwrong" not in run.stderr + run.stdout
    game.use(shop)
    assert game.build("--yes").exit == 0
    assert shop.calls == 3


@pytest.mark.parametrize("key", ["pe_sk_\u2026copied", "pe_sk_a b", "pe_sk_a\tb"])
def test_key_with_odd_characters_is_a_clear_sentence(game: Game, shop: Shop, key: str) -> None:
    """A key pasted from a shortened display is refused here, with exit 5 and without itself."""
    game.use(shop)
    game.environment[KEY_NAME] = key
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert "key" in run.stderr
    assert key not in run.stderr + run.stdout
    assert not unfinished()


def test_missing_key_is_exit_5_and_remembered_nowhere(game: Game, shop: Shop) -> None:
    """`service: pixel-engine` without a key, and then with one."""
    game.environment["PIXELPIPE_API_BASE"] = shop.url
    game.settings(service="pixel-engine")
    run = game.run("build", "--yes")
    assert run.exit == 5
    assert KEY_NAME in run.stderr
    game.environment[KEY_NAME] = shop.key
    assert game.build("--yes").exit == 0
    assert shop.calls == 3


def test_402_in_the_middle_stops_buying_at_once(game: Game, tmp_path: Path) -> None:
    """One message, what is in flight is finished, the rest stays `buy`, exit 5."""
    for number in range(6):
        game.draw(f"z{number}.png", tint=30 + number)
    game.settings(jobs=1)
    with chaotic(tmp_path, game, "POST /animate 3: 402") as shop:
        run = game.run("build", "--yes")
        assert run.exit == 5
        assert shop.calls == 2
        assert len([name for name in game.outputs() if name.endswith(".png")]) == 2
        assert game.build("--yes").exit == 0
        assert shop.calls == 9


# -- who made it --------------------------------------------------------------------------------


def test_paid_output_is_never_replaced_by_the_built_in_engine(game: Game, shop: Shop) -> None:
    """A checkout without a key leaves bought outputs as they are, also when a source changed."""
    game.use(shop)
    assert game.make().exit == 0
    before = {name: content for name, (_, content) in game.files().items()}
    game.use_none()
    run = game.build()
    assert run.exit == 0
    assert run.totals["fresh"] == 3
    game.draw("hero.png", tint=70)
    run = game.build()
    assert run.exit == 0
    assert run.states()["hero.png", "idle"] == ("ask", "asked")
    after = {name: content for name, (_, content) in game.files().items()}
    before.pop("assets/hero.png")
    after.pop("assets/hero.png")
    assert after == before
    game.use(shop)
    assert game.build("--yes").exit == 0
    assert shop.calls == 4


def test_placeholder_never_hides_a_purchase(game: Game, shop: Shop) -> None:
    """What the built-in engine made is replaced once there is a key and a yes."""
    assert game.make().exit == 0
    placeholder = (game.root / "assets/hero.anim.json").read_bytes()
    game.use(shop)
    assert game.plan().totals["credits_planned"] == 60
    assert game.build().exit == 5
    assert (game.root / "assets/hero.anim.json").read_bytes() == placeholder
    assert game.build("--yes").exit == 0
    assert shop.calls == 3
    assert all(line["paid"] for line in game.locked() if "clip" in line)


def test_mixed_project_keeps_its_purchases(game: Game, shop: Shop) -> None:
    """A new sprite in a checkout without a key gets a placeholder, beside the bought ones."""
    game.use(shop)
    assert game.make().exit == 0
    game.use_none()
    game.draw("new.png", tint=80)
    assert game.build().exit == 0
    paid = {
        str(line["source"]): line.get("paid", False) for line in game.locked() if "clip" in line
    }
    assert paid.pop("assets/new.png") is False
    assert all(paid.values())


def test_key_is_left_nowhere(paying: Game, shop: Shop) -> None:
    """Nothing that a run leaves behind or prints holds the key."""
    run = paying.run("-vv", "build", "--yes")
    assert run.exit == 0
    places = [paying.root, Path(os.environ["PIXELPIPE_STATE"])]
    for place in places:
        for path in place.rglob("*"):
            if path.is_file():
                assert shop.key.encode() not in path.read_bytes(), path
    assert shop.key not in run.stdout + run.stderr
