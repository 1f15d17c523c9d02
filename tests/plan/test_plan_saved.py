"""`plan` tells price and time; a saved plan is carried out exactly, once, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from game import KEY_NAME, RULES, TWO_CLIPS, Game, Shop

from pipeline import __version__
from pipeline.api import Project
from pipeline.core.model import FailureClass, Job, JobState, Resolved
from pipeline.purchase import forecast
from pipeline.purchase.forecast import Past
from pipeline.storage.ledger import Ledger


def _saved(game: Game, *options: str) -> Path:
    path = game.root / "agreed.json"
    assert game.run("plan", "--out", str(path), *options).exit == 0
    return path


pytestmark = pytest.mark.usefixtures("in_process")


# -- price and time -----------------------------------------------------------------------------


def test_plan_tells_price_pools_balance_and_what_a_batch_saves(paying: Game, shop: Shop) -> None:
    """Credits and dollars of both pools, monthly first; the balance before and after; 8 credits
    less for each clip that shares a batch; nothing is bought."""
    paying.rules(TWO_CLIPS)
    run = paying.plan()
    assert run.exit == 0
    assert run.totals["credits_planned"] == 120
    found = run.report["forecast"]
    assert isinstance(found, dict)
    assert found["pools"] == {"monthly": 100, "purchased": 20}
    assert found["dollars"] == [0.70, 0.70]
    assert found["balance"]["before"]["available"] == 1100
    assert found["balance"]["available_after"] == 980
    assert found["batch_saves"] == 24
    assert found["seconds"] == 180.0, "two rounds of three jobs of 90 s"
    steps = run.report["steps"]
    assert isinstance(steps, list)
    assert [step["seconds"] for step in steps] == [90.0] * 3 + [180.0] * 3
    text = paying.run("plan").stdout
    for word in ("100 of the monthly pool, 20 of the purchased", "980 after", "in 90 s", "24 cred"):
        assert word in text
    assert shop.calls == 0


def test_plan_works_when_the_service_cannot_be_asked(game: Game) -> None:
    """Without network the price is a range, and a note says why; exit 0."""
    game.environment |= {"PIXELPIPE_SERVICE": "http://127.0.0.1:9", KEY_NAME: "pe_sk_x"}
    run = game.run("plan")
    assert run.exit == 0
    assert "60 credits (about $0.30 to $0.60)" in run.stdout
    assert "balance is not known" in run.stderr


def test_plan_prices_the_replacement_of_placeholders(game: Game) -> None:
    """What the built-in engine makes or made is free, and buying it has a price; equal sprites
    are bought once."""
    game.draw("copy.png", tint=0)
    found = game.plan().report["forecast"]
    assert isinstance(found, dict)
    assert found["placeholders"] == {"clips": 4, "credits": 60}
    assert game.make().exit == 0
    found = game.plan().report["forecast"]
    assert isinstance(found, dict)
    assert found["placeholders"]["credits"] == 60
    assert found["batch_saves"] == 0


def test_time_comes_from_the_services_own_past(paying: Game) -> None:
    """The median of what earlier jobs took; jobs that run already need only the rest."""
    plan = Project(paying.root, environment=paying.variables()).plan().plan
    found = forecast.make(plan, Past(seconds=(10.0, 40.0, 900.0), in_flight=2))
    assert found.clip_s == 40.0
    assert sorted(found.ready_s.values()) == [40.0, 40.0, 80.0]
    assert found.seconds == 80.0


def test_time_is_told_in_the_order_in_which_is_bought(paying: Game) -> None:
    """Rules decide the order, not folders; a batch takes its clips one after another, and keeps the
    places in flight until it has room for the next."""
    rules = (
        RULES.replace('"**/*.png"', "slime.png").replace("heroes", "first")
        + """\
      hop: {prompt: "hopping on the spot", frames: 4}
  - name: second
    match: "**/*.png"
    clips: {idle: "breathing calmly"}
"""
    )
    paying.rules(rules)
    paying.settings(jobs=2, batch=True)
    steps = paying.plan().report["steps"]
    assert isinstance(steps, list)
    ready = {(step["source"][7:], step["clip"]): step["seconds"] for step in steps}
    assert ready == {
        ("slime.png", "idle"): 90.0,
        ("slime.png", "hop"): 180.0,
        ("chest.png", "idle"): 180.0,
        ("hero.png", "idle"): 270.0,
    }


# -- saved plans --------------------------------------------------------------------------------


def test_saved_plan_is_the_yes_for_exactly_that(paying: Game, shop: Shop) -> None:
    """No flag is needed; it buys what it says, and a second time it is refused, also after the
    outputs, the lock file and the bought bytes are gone."""
    paying.rules(TWO_CLIPS)
    path = _saved(paying, "--only", "hero.png")
    run = paying.build("--plan", str(path))
    assert run.exit == 0, run.stderr
    assert shop.calls == 2
    assert run.totals["credits_charged"] == 40
    for name in ("pixelpipe.lock", "assets/hero.anim.png", "assets/hero.anim.json"):
        (paying.root / name).unlink()
    shutil.rmtree(paying.root / ".pixelpipe")
    again = paying.build("--plan", str(path))
    assert again.exit == 9
    assert "carried out before" in again.stderr
    assert shop.calls == 2


@pytest.mark.parametrize("what", ["source", "new source", "rule", "lock", "targets", "service"])
def test_stale_plan_is_refused_and_says_what_moved(paying: Game, shop: Shop, what: str) -> None:
    """Whatever moved since, exit 9 before anything is bought; `--show` only warns."""
    paying.draw("done.png", tint=77)
    assert paying.build("--yes", "--only", "done.png").exit == 0
    path = _saved(paying)
    changes: dict[str, Callable[[], object]] = {
        "source": lambda: paying.draw("hero.png", tint=40),
        "new source": lambda: paying.draw("other.png", tint=41),
        "rule": lambda: paying.rules(RULES.replace("subtle", "gentle")),
        "lock": lambda: (paying.root / "pixelpipe.lock").unlink(),
        "targets": lambda: paying.settings(targets=["aseprite", "gif"]),
        "service": paying.use_none,
    }
    changes[what]()
    run = paying.build("--plan", str(path))
    assert run.exit == 9
    words = {
        "source": "sources have changed: assets/hero.png",
        "new source": "sources have changed: assets/other.png",
        "lock": "pixelpipe.lock",
        "service": "the service was 127.0.0.1, and is built-in",
    }
    assert words.get(what, "rules or settings") in run.stderr
    assert shop.calls == 1
    shown = paying.run("plan", "--show", str(path))
    assert shown.exit == 0
    assert "warning" in shown.stderr
    assert "60 credits" in shown.stdout


def test_comments_and_time_stamps_do_not_make_a_plan_stale(paying: Game, shop: Shop) -> None:
    """Only what would change the outcome counts."""
    path = _saved(paying)
    paying.rules("# a comment\n" + RULES)
    (paying.root / "assets/hero.png").touch()
    assert paying.run("plan", "--show", str(path)).stderr == ""
    assert paying.build("--plan", str(path)).exit == 0
    assert shop.calls == 3


def test_saved_plan_that_is_not_covered_is_refused_and_not_used_up(
    paying: Game, shop: Shop
) -> None:
    """Exit 5 for a balance or a budget below its price: nothing is bought; it can be carried out
    when there are credits."""
    poor = Shop(shop.url, shop.db, f"{shop.account} poor")
    for number in range(3):
        paying.draw(f"z{number}.png", tint=60 + number)
    path = _saved(paying)
    paying.use(poor)
    run = paying.build("--plan", str(path))
    assert run.exit == 5
    assert "the balance of 100 credits" in run.stderr
    assert paying.build("--plan", str(path), "--max-credits", "40").exit == 5
    assert poor.calls == 0
    poor.fund(20)
    assert paying.build("--plan", str(path)).exit == 0
    assert poor.calls == 6


def test_saved_plan_beyond_a_rules_budget_is_refused_as_a_whole(paying: Game, shop: Shop) -> None:
    """It is carried out exactly or not at all: no part of it is bought, and it is not used up."""
    paying.rules(RULES.replace("    clips:", "    budget: 40\n    clips:"))
    path = _saved(paying)
    for _ in range(2):
        run = paying.build("--plan", str(path))
        assert run.exit == 5
        assert "60 credits, and the budget of rule heroes (40 credits a run)" in run.stderr
    assert shop.calls == 0


def test_check_is_out_of_date_beside_what_failed(paying: Game, shop: Shop) -> None:
    """Exit 9 stands before 1 and 4: a clip that failed for good must not hide that another would
    be bought."""
    with Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0) as ledger:
        plan = Project(paying.root, environment=paying.variables()).plan().plan
        key = plan.steps[0].request_key
        ledger.claim([_failed(key)], now=1.0)
        ledger.record(_failed(key), now=2.0)
    assert paying.plan().totals["blocked"] == 1
    assert paying.plan().exit == 1
    assert paying.plan("--check").exit == 9
    assert shop.calls == 0


def _failed(key: str) -> Job:
    resolved = Resolved(
        request_key=key, prompt="p", frames=8, canvas=(16, 16), pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    return Job(
        request_key=key,
        state=JobState.FAILED,
        failure=FailureClass.PERMANENT,
        tool=__version__,
        service="127.0.0.1",
        paid=True,
        source="assets/hero.png",
        clip="idle",
        resolved=resolved,
        credits_quoted=20,
    )


def test_file_that_is_no_plan_is_named(game: Game) -> None:
    """Exit 2, and the file is named; so is a plan with other choices."""
    game.write("agreed.json", "{}")
    run = game.build("--plan", "agreed.json")
    assert run.exit == 2
    assert "agreed.json" in run.stderr
    assert game.build("--plan", "agreed.json", "--frozen").exit == 2


def test_plan_is_used_up_once_among_processes(tmp_path: Path) -> None:
    """The mark is one insert in the ledger that all checkouts of a user share."""
    with Ledger(tmp_path, now=0.0) as one, Ledger(tmp_path, now=0.0) as two:
        assert one.consume_plan("a", now=1.0)
        assert not two.consume_plan("a", now=2.0)
        assert two.consume_plan("b", now=2.0)


# -- locked -------------------------------------------------------------------------------------


def test_locked_stops_before_starting_when_the_lock_would_change(paying: Game, shop: Shop) -> None:
    """Exit 9 with the steps and their prices; nothing is bought, published or removed, also not
    what could have been; a build that changes no line is done."""
    assert paying.build("--yes", "--only", "hero.png").exit == 0
    run = paying.build("--locked", "--yes")
    assert run.exit == 9
    assert run.states()["slime.png", "idle"] == ("buy", "left")
    assert "20 credits" in run.stdout
    assert shop.calls == 1
    assert paying.build("--yes").exit == 0
    (paying.root / "assets/hero.anim.png").unlink()
    assert paying.build("--locked").exit == 0, "restoring an output changes no line"
    assert "hero.anim.png" in paying.outputs()
    (paying.root / "assets/hero.png").unlink()
    assert paying.build("--locked").exit == 9
    assert "hero.anim.png" in paying.outputs()
    paying.draw("hero.png")
    paying.settings(targets=["aseprite", "gif"])
    assert paying.build("--locked").exit == 9
    lines = json.dumps(paying.locked())
    assert "gif" not in lines


def test_frozen_names_key_and_price(paying: Game, shop: Shop) -> None:
    """What is missing is named so that somebody with a key can buy it."""
    run = paying.build("--frozen")
    assert run.exit == 9
    steps = run.report["steps"]
    assert isinstance(steps, list)
    for step in steps:
        assert f"20 credits, key {step['request_key'][:12]}" in step["error"]
    assert shop.calls == 0
