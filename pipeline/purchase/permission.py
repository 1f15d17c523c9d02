"""What a run may spend: by flags, by settings, by a plan that was agreed to, or nothing at all."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec

from .. import consent
from ..config.workspace import Workspace
from ..core.errors import OutOfDateError, RefusedError
from ..plan import saved_plans
from ..plan.plan import Plan
from ..plan.saved_plans import SavedPlan
from ..run.context import Options, Tools
from ..run.scope import Spending
from ..run.survey import Survey
from ..storage.ledger import DAY_S
from . import budget, hold_back
from .budget import Allowance, Limit

NOT_MADE_HERE = "the saved plan was not made by you on this computer, and is no yes"
USED_UP = "the saved plan was carried out before; plan again"


def frozen_by(plan: Plan, spending: Spending, environment: Mapping[str, str]) -> str:
    """Return what keeps a run from buying anything, as the user would name it; "" for nothing."""
    is_ci = budget.is_frozen_by_default(environment, plan.service.paid)
    if spending.frozen or not is_ci or spending.max_credits is not None:
        return "--frozen" if spending.frozen else ""
    return "CI=true (without --max-credits)"


def limited(spending: Spending, workspace: Workspace, environment: Mapping[str, str]) -> Spending:
    """Add the yes that the environment, or what was trusted, gives for so many credits."""
    if spending.max_credits is not None:
        return spending
    if (most := workspace.settings.max_credits) is not None:
        name = workspace.settings.origin("max_credits")
        return msgspec.structs.replace(spending, max_credits=most, limited_by=name)
    trusted = consent.trusted_budget(workspace.state, workspace.root, environment)
    if spending.yes or trusted is None:
        return spending
    name = "`pixelpipe trust --budget`"
    return msgspec.structs.replace(spending, max_credits=trusted, limited_by=name)


def keeps_lock(plan: Plan, spending: Spending, environment: Mapping[str, str]) -> bool:
    """Tell whether a run leaves even a merged lock file as it is."""
    return spending.locked or bool(frozen_by(plan, spending, environment))


class Permission:
    """What one run may spend."""

    def __init__(
        self, workspace: Workspace, environment: Mapping[str, str], spending: Spending, tools: Tools
    ) -> None:
        """Borrow what tells of it."""
        self._workspace = workspace
        self._environment = environment
        self._spending = limited(spending, workspace, environment)
        self._tools = tools

    def granted(self, found: Survey, plan: Plan, saved: SavedPlan | None) -> Options:
        """Return what may be spent, by the plan that was saved if there is one.

        Raises OutOfDateError for a saved plan that is stale or used up, RefusedError for credits.
        """
        return self._given(found, plan) if saved is None else self._agreed(saved, found, plan)

    def _given(self, found: Survey, plan: Plan) -> Options:
        """Return what flags, settings and a person allow."""
        if by := frozen_by(plan, self._spending, self._environment):
            return Options(frozen=True, frozen_by=by)
        kept: dict[str, str] = {}
        if self._spending.restraint is not None and plan.service.paid:
            name, keeping = str(self._workspace.root), self._spending.restraint
            ledger = self._tools.ledger
            kept = hold_back.keep_back(plan, found.lock, ledger, name, keeping, time.time())
            plan = hold_back.rest(plan, kept)
        return Options(allowance=self._allowance(plan, self._spending), kept_back=kept)

    def _agreed(self, saved: SavedPlan, found: Survey, plan: Plan) -> Options:
        """Let a saved plan be carried out if it still holds, is paid for, and is used once."""
        ledger, workspace = self._tools.ledger, self._workspace
        if ledger.is_consumed(saved.id):
            raise OutOfDateError(USED_UP)
        now = saved_plans.make(plan, workspace, found.lock, saved.only, None)
        if moved := saved_plans.moved(saved, now):
            raise OutOfDateError(f"the saved plan is stale: {'; '.join(moved)}; plan again")
        is_yes = self._spending.yes or saved_plans.is_made_here(saved, workspace)
        allowance = self._allowance(plan, msgspec.structs.replace(self._spending, yes=is_yes))
        if plan.credits and not allowance.credits and not is_yes:
            raise RefusedError(f"{NOT_MADE_HERE}; it {allowance.refusal}")
        prices = [(step.rule, step.credits) for step in plan.steps if step.credits]
        refusals = budget.divide(prices, allowance, None, budget.of_rules(workspace.rules))
        if refusal := next(filter(None, refusals), ""):
            raise RefusedError(f"the saved plan costs {plan.credits} credits, and {refusal}")
        if plan.credits and (left := self._tools.connect().balance().available) < plan.credits:
            raise RefusedError(
                f"the saved plan costs {plan.credits} credits, and the balance of {left} credits "
                "does not cover it"
            )
        if not ledger.consume_plan(saved.id, now=self._tools.clock()):
            raise OutOfDateError(USED_UP)
        return Options(allowance=allowance)

    def _allowance(self, plan: Plan, spending: Spending) -> Allowance:
        if refusal := self._workspace.service.refusal:
            return Allowance(credits=0, refusal=refusal)
        today = time.time() // DAY_S * DAY_S
        return budget.allow(
            plan,
            self._workspace.settings,
            limit=None
            if spending.max_credits is None
            else Limit(credits=spending.max_credits, name=spending.limited_by),
            yes=spending.yes,
            spent_today=self._tools.ledger.committed_since(today) if plan.credits else 0,
            ask=spending.ask,
        )
