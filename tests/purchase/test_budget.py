"""Budgets are hard stops: per run, per day, per rule, in the rules' order; the rest is named."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from game import RULES, TWO_CLIPS, Game, Shop

from pipeline.api import Project, Wish
from pipeline.purchase import budget, orders
from pipeline.purchase.budget import Limit, Permit

pytestmark = pytest.mark.usefixtures("in_process")

FREE = Permit()


@pytest.mark.parametrize(
    ("prices", "permit", "available", "rules", "allowed"),
    [
        ([("a", 20), ("b", 20)], FREE, None, {}, [True, True]),
        ([("a", 20), ("b", 20)], Permit(credits=20), None, {}, [True, False]),
        ([("a", 20), ("b", 20)], Permit(credits=39), 1000, {}, [True, False]),
        ([("a", 20), ("b", 20)], Permit(credits=100), 20, {}, [True, False]),
        ([("a", 20), ("a", 20), ("b", 20)], FREE, 1000, {"a": 20}, [True, False, True]),
        ([("a", 20), ("b", 20)], FREE, 1000, {"a": 0}, [False, True]),
        # What a rule may not buy uses nothing up; what the whole may not buy ends everything.
        ([("a", 20), ("b", 20)], Permit(credits=20), None, {"a": 0}, [False, True]),
        ([("a", 20), ("b", 12)], Permit(credits=12), None, {}, [False, False]),
    ],
)
def test_budgets_divide_in_order(
    prices: list[tuple[str, int]],
    permit: Permit,
    available: int | None,
    rules: dict[str, int],
    allowed: list[bool],
) -> None:
    """The table of what is bought when not everything may be."""
    answers = budget.divide(prices, permit, available, rules)
    assert [not answer for answer in answers] == allowed


@pytest.mark.parametrize(
    ("limits", "max_credits", "spent_today", "allowed"),
    [
        ({}, None, 0, 0),
        ({"run": 40}, None, 500, 0),
        ({"run": 40}, 20, 0, 20),
        ({"run": 20}, 40, 0, 20),
        ({"run": 40}, 1000, 500, 40),
        ({"day": 100}, None, 0, 0),
        ({"day": 100}, 1000, 0, 100),
        ({"day": 100}, 1000, 80, 20),
        ({"day": 100}, 1000, 120, 0),
        ({"day": 100, "run": 40}, 60, 90, 10),
    ],
)
def test_least_limit_is_the_allowance(
    paying: Game, limits: dict[str, int], max_credits: int | None, spent_today: int, allowed: int
) -> None:
    """Each limit holds whatever the others say, and so does it with `--yes`; what was spent today
    is no part of what is left of the day. A budget alone allows nothing."""
    paying.settings(**({"budget": limits} if limits else {}))
    project = Project(paying.root, environment=paying.variables())
    plan, settings = project.plan().plan, project.workspace.settings
    limit = None if max_credits is None else Limit(credits=max_credits, name="--max-credits")
    found = budget.allow(plan, settings, limit=limit, yes=False, spent_today=spent_today, ask=None)
    assert found.credits == allowed
    found = budget.allow(plan, settings, limit=limit, yes=True, spent_today=spent_today, ask=None)
    least = [limits.get("run"), max_credits]
    least += [max(0, limits["day"] - spent_today)] if "day" in limits else []
    assert found.credits == min((one for one in least if one is not None), default=plan.credits)


@pytest.mark.parametrize(
    ("value", "is_frozen"),
    [("true", True), ("1", True), ("yes", True), ("TRUE", True), ("false", False), ("", False)],
)
def test_ci_is_frozen_as_its_runners_say_it(value: str, is_frozen: bool) -> None:
    """GitHub says `true`, others `1`; without a paid service nothing can be spent."""
    assert budget.is_frozen_by_default({"CI": value}, True) is is_frozen
    assert not budget.is_frozen_by_default({"CI": value}, False)
    assert not budget.is_frozen_by_default({}, True)


TWO_RULES = """\
rules:
  - name: first
    match: "z*.png"
    clips: {idle: "breathing calmly"}
  - name: second
    match: "**/*.png"
    budget: 20
    clips: {idle: "breathing calmly"}
"""


def test_rules_order_decides_and_a_rule_has_its_own_budget(paying: Game, shop: Shop) -> None:
    """The first rule's sprite is bought although it comes last in the folder; the second rule
    stops at its budget; exit 5 names what is left, and what was bought is finished."""
    paying.rules(TWO_RULES)
    paying.draw("zed.png", tint=50)
    run = paying.build("--max-credits", "1000")
    assert run.exit == 5
    assert {"zed.anim.png", "chest.anim.png"} <= paying.outputs()
    assert shop.calls == 2
    assert run.states()["hero.png", "idle"] == ("buy", "left")
    assert "the budget of rule second (20 credits a run) is reached" in run.stdout


def test_what_was_charged_is_told_although_it_is_not_published(paying: Game, shop: Shop) -> None:
    """One of two clips fits the limit: it is bought and kept, and the report says for how much, and
    why nothing shows; the next build publishes both."""
    paying.rules(TWO_CLIPS)
    assert paying.make(Wish(max_credits=120)).exit == 0
    paying.draw("hero.png", tint=60)
    run = paying.build("--max-credits", "20")
    assert run.exit == 5
    assert shop.charged == 140
    assert run.totals["credits_charged"] == 20
    paying.draw("hero.png", tint=61)
    told = paying.run("build", "--max-credits", "20")
    assert "20 credits" in told.stdout
    assert "published when" in told.stderr
    assert shop.charged == 160
    assert paying.build("--max-credits", "20").totals["credits_charged"] == 20


def test_limit_of_the_run_goes_to_the_first_rule(paying: Game, shop: Shop) -> None:
    """With credits for one clip, the first rule gets it, whatever the folder's order."""
    paying.rules(TWO_RULES)
    paying.draw("zed.png", tint=50)
    assert paying.build("--max-credits", "20").exit == 5
    assert {name for name in paying.outputs() if name.endswith(".png")} == {"zed.anim.png"}


def test_day_budget_holds_for_builds_that_start_together(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see an untouched day before either has claimed anything; together they spend no more
    than the day allows, and each says so."""
    other = Game(paying.root.parent / "other", dict(paying.environment))
    other.rules(RULES)
    for number in range(3):
        other.draw(f"o{number}.png", tint=100 + number)
    both = threading.Barrier(2)
    whole = orders.affordable

    def together(*given: object) -> object:
        answer = whole(*given)  # type: ignore[arg-type]
        both.wait(30)
        return answer

    monkeypatch.setattr(orders, "affordable", together)
    for one in (paying, other):
        one.settings(budget={"day": 60})
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(Game.make, (paying, other)))
    assert shop.charged == 60
    assert sum(report.charged for report in reports) == 60
    assert 5 in {report.exit for report in reports} <= {0, 5}
    left = [r.step.error or "" for report in reports for r in report.results if r.state == "left"]
    assert len(left) == 3
    assert all("budget.day (60 credits)" in reason for reason in left)
