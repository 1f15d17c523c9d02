"""Money needs a yes: who may spend how much in a run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..config import consent
from ..config.project_settings import DEFAULT, Settings
from ..core.model import Record, Rule
from ..plan.plan import Plan

#: Dollars of one credit of the monthly and of the purchased pool, about (vendor's introduction).
MONTHLY_DOLLARS, PURCHASED_DOLLARS = 1 / 200, 1 / 100


class Limit(Record, frozen=True, kw_only=True):
    """A yes for so many credits, and what a user calls it: `--max-credits`."""

    credits: int
    name: str


class Permit(Record, frozen=True, kw_only=True):
    """What a run may do, after everybody who has a say was heard."""

    #: Most credits to commit, and why not more; None: what it wants.
    credits: int | None = None
    refusal: str = ""
    #: What keeps the run from asking any service for anything, as the user would name it.
    frozen_by: str = ""
    #: Request keys that are not bought now, with the reason.
    kept_back: Mapping[str, str] = {}
    #: What is made stands in for purchases: it never replaces what was published meanwhile.
    is_standing_in: bool = False


def allow(
    plan: Plan,
    settings: Settings,
    *,
    limit: Limit | None,
    yes: bool,
    spent_today: int,
    ask: Callable[[Plan], bool] | None,
) -> Permit:
    """Find the yes for a plan's purchases, a flag or a person, within what the budgets leave.

    `limit` is a yes for so many credits. A budget is none: anybody may have written it. `ask` is
    None where nobody can be asked: then nothing is bought, and the refusal names the total and the
    flag that would allow it.
    """
    total = plan.credits
    if total and not yes and limit is None and (ask is None or not ask(plan)):
        return Permit(credits=0, refusal=_unasked(total, settings))
    limits = {"budget.run": settings.budget.run}
    if settings.budget.day is not None:
        limits["what is left of budget.day"] = max(0, settings.budget.day - spent_today)
    if limit is not None:
        limits[limit.name] = limit.credits
    stated = {name: most for name, most in limits.items() if most is not None}
    if not stated:
        return Permit(credits=total)
    name = min(stated, key=lambda name: stated[name])
    return Permit(credits=stated[name], refusal=f"{name} ({stated[name]} credits) is reached")


def _unasked(total: int, settings: Settings) -> str:
    """Say what would allow a purchase."""
    budgets = [name for name in ("budget.run", "budget.day") if settings.origin(name) != DEFAULT]
    caps = f" ({settings.origin(budgets[0])} only limits what a yes allows)" if budgets else ""
    return (
        f"would cost {total} credits ({dollars(total)}); allow it with --max-credits {total}, "
        f"--yes, or for every run `pixelpipe trust --budget {total}`{caps}"
    )


def of_rules(rules: Iterable[Rule]) -> dict[str, int]:
    """Return the budgets of single rules, in credits a run, by their names."""
    return {rule.name: rule.budget for rule in rules if rule.budget is not None}


def divide(
    prices: Sequence[tuple[str, int]],
    permit: Permit,
    available: int | None,
    rules: Mapping[str, int],
) -> list[str]:
    """Say for each purchase why it may not be made, or "" when it may.

    `prices` holds (rule, credits), most important first. `available` is the balance and `rules`
    the budgets of single rules, in credits. What does not fit the balance or the permit ends
    all purchases; a rule's budget ends those of that rule.
    """
    spent: Counter[str] = Counter()
    answers: list[str] = []
    stop = ""
    for rule, credits in prices:
        if rule in rules and spent[rule] + credits > rules[rule]:
            answers.append(f"the budget of rule {rule} ({rules[rule]} credits a run) is reached")
            continue
        stop = stop or _stop(spent.total() + credits, permit, available)
        spent[rule] += 0 if stop else credits
        answers.append(stop)
    return answers


def _stop(total: int, permit: Permit, available: int | None) -> str:
    """Say what keeps a run from committing `total` credits, if anything does."""
    if permit.credits is not None and total > permit.credits:
        return permit.refusal or f"{permit.credits} credits are allowed"
    if available is not None and total > available:
        return f"the balance of {available} credits does not cover it"
    return ""


def dollars(credits: int) -> str:
    """Return about what credits cost, from the monthly to the purchased pool."""
    low, high = credits * MONTHLY_DOLLARS, credits * PURCHASED_DOLLARS
    return f"about ${low:.2f} to ${high:.2f}"


def is_frozen_by_default(environment: Mapping[str, str], plan_paid: bool) -> bool:
    """Tell whether this is a clean build somewhere that must not spend by itself (`CI=true`)."""
    return plan_paid and consent.is_ci(environment)
