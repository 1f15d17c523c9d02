"""Money needs a yes: who may spend how much in a run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

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
    ask: Callable[[Plan], bool | frozenset[str]] | None,
) -> Permit:
    """Find the yes for a plan's purchases, a flag or a person, within what the budgets leave.

    `limit` is a yes for so many credits. A budget is none: anybody may have written it. `ask` is
    None where nobody can be asked: then nothing is bought, and the refusal names the flag that
    would allow it. A person answers for all, or with sources.
    """
    total, chosen = plan.credits, None
    if total and not yes and limit is None:
        answer = ask(plan) if ask is not None else False
        if not answer:
            return Permit(credits=0, refusal=_unasked(plan, settings))
        chosen = answer if isinstance(answer, frozenset) else None
    permit = limited(settings, limit=limit, spent_today=spent_today) or Permit(credits=total)
    return permit if chosen is None else _chosen(plan, chosen, permit)


def limited(settings: Settings, *, limit: Limit | None, spent_today: int) -> Permit | None:
    """Return the smallest stated limit, with where it is stated; None when there is none."""
    limits: dict[str, int] = {}
    if limit is not None:
        limits[f"{limit.name} allows {{}} credits"] = limit.credits
    run, day = settings.budget.run, settings.budget.day
    if run is not None:
        limits[f"`budget.run` ({settings.origin('budget.run')}) allows {{}} credits a run"] = run
    if day is not None:
        where = f"`budget.day` ({settings.origin('budget.day')}) allows {day} credits a day"
        limits[f"{where}, of which {{}} are left"] = max(0, day - spent_today)
    if not limits:
        return None
    text = min(limits, key=lambda text: limits[text])
    return Permit(credits=limits[text], refusal=text.format(limits[text]))


def _chosen(plan: Plan, sources: frozenset[str], permit: Permit) -> Permit:
    """Permit the purchases of the sources that a person chose; the others wait."""
    return msgspec.structs.replace(
        permit,
        kept_back={
            step.request_key: f"would cost {step.credits} credits; you did not choose it"
            for step in plan.each_step()
            if step.credits and step.source not in sources
        },
    )


def _unasked(plan: Plan, settings: Settings) -> str:
    """Say what would allow a plan's purchases; each of them names its own price."""
    budgets = [name for name in ("budget.run", "budget.day") if settings.origin(name) != DEFAULT]
    caps = f" ({settings.origin(budgets[0])} only limits what a yes allows)" if budgets else ""
    total, clips = plan.credits, sum(1 for step in plan.each_step() if step.credits)
    whole = "it" if clips == 1 else f"all {clips} clips"
    return (
        f"allow {whole} with --max-credits {total}, --yes, or for every run "
        f"`pixelpipe trust --budget {total}`{caps}"
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
            reached = "is reached" if spent[rule] else "does not allow it"
            answers.append(f"the budget of rule {rule} ({rules[rule]} credits a run) {reached}")
            continue
        stop = stop or _stop(spent.total(), credits, permit, available)
        spent[rule] += 0 if stop else credits
        answers.append(stop)
    return answers


def refused(
    plan: Plan, permit: Permit | None, available: int | None, rules: Sequence[Rule]
) -> dict[str, str]:
    """Say for each request key of a plan why it would not be bought; in the rules' order."""
    places = {rule.name: place for place, rule in enumerate(rules)}
    priced = [step for step in plan.each_step() if step.credits]
    priced.sort(key=lambda step: places.get(step.rule, len(places)))
    prices = [(step.rule, step.credits) for step in priced]
    reasons = divide(prices, permit or Permit(), available, of_rules(rules))
    return {
        step.request_key: f"would cost {step.credits} credits; {reason}"
        for step, reason in zip(priced, reasons, strict=True)
        if reason
    }


def _stop(spent: int, credits: int, permit: Permit, available: int | None) -> str:
    """Say what keeps a run that has committed `spent` credits from these, if anything does."""
    total = spent + credits
    if permit.credits is not None and total > permit.credits:
        taken = f", and {spent} of them are taken" if spent else ""
        return (permit.refusal or f"{permit.credits} credits are allowed") + taken
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
