"""What a run may spend: by flags, by settings, by a plan that was agreed to, or nothing at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from ..config.workspace import Workspace
from ..core.errors import OutOfDateError, RefusedError
from ..plan import saved_plans
from ..plan.plan import Plan
from ..plan.saved_plans import SavedPlan
from ..plan.wish import Wish
from ..storage.ledger import DAY_S, Ledger
from ..storage.lock import Lock
from . import budget, hold_back
from .budget import Permit

if TYPE_CHECKING:
    from .service.client import Service

USED_UP = "the saved plan was carried out before; plan again"


def frozen_by(plan: Plan, wish: Wish, environment: Mapping[str, str]) -> str:
    """Return what keeps a run from buying anything, as the user would name it; "" for nothing."""
    is_ci = budget.is_frozen_by_default(environment, plan.service.paid)
    if wish.frozen or not is_ci or wish.max_credits is not None:
        return "--frozen" if wish.frozen else ""
    return "CI=true (without --max-credits)"


def keeps_lock(plan: Plan, wish: Wish, environment: Mapping[str, str]) -> bool:
    """Tell whether a run leaves even a merged lock file as it is."""
    return wish.locked or bool(frozen_by(plan, wish, environment))


class Permission:
    """Finds what one run may spend."""

    def __init__(
        self,
        workspace: Workspace,
        environment: Mapping[str, str],
        wish: Wish,
        ledger: Ledger,
        connect: Callable[[], Service],
    ) -> None:
        """Borrow what tells of it; `connect` opens the service, which only a balance needs."""
        self._workspace = workspace
        self._environment = environment
        self._wish = wish
        self._ledger = ledger
        self._connect = connect

    def granted(self, plan: Plan, locked: Lock) -> Permit:
        """Return what may be spent on `plan`, which was made beside the lock file `locked`.

        Raises OutOfDateError for a saved plan that is stale or used up, RefusedError for credits.
        """
        if self._wish.saved is not None:
            return self._agreed(self._wish.saved, plan, locked)
        if by := frozen_by(plan, self._wish, self._environment):
            return Permit(frozen_by=by)
        kept: dict[str, str] = {}
        if self._wish.buy_after_s is not None and plan.service.paid:
            name, now = str(self._workspace.root), time.time()
            kept = hold_back.keep_back(plan, locked, self._ledger, name, self._wish, now)
            plan = hold_back.rest(plan, kept)
        return msgspec.structs.replace(self._allowed(plan, self._wish), kept_back=kept)

    def _agreed(self, saved: SavedPlan, plan: Plan, locked: Lock) -> Permit:
        """Let a saved plan be carried out if it still holds, is paid for, and is used once."""
        if self._ledger.is_consumed(saved.id):
            raise OutOfDateError(USED_UP)
        now = saved_plans.make(plan, self._workspace, locked, saved.only, None)
        if moved := saved_plans.moved(saved, now):
            raise OutOfDateError(f"the saved plan is stale: {'; '.join(moved)}; plan again")
        permit = self._allowed(plan, msgspec.structs.replace(self._wish, yes=True))
        prices = [(step.rule, step.credits) for step in plan.steps if step.credits]
        refusals = budget.divide(prices, permit, None, budget.of_rules(self._workspace.rules))
        if refusal := next(filter(None, refusals), ""):
            raise RefusedError(f"the saved plan costs {plan.credits} credits, and {refusal}")
        if plan.credits and (left := self._connect().balance().available) < plan.credits:
            raise RefusedError(
                f"the saved plan costs {plan.credits} credits, and the balance of {left} credits "
                "does not cover it"
            )
        if not self._ledger.consume_plan(saved.id, now=time.time()):
            raise OutOfDateError(USED_UP)
        return permit

    def _allowed(self, plan: Plan, wish: Wish) -> Permit:
        today = time.time() // DAY_S * DAY_S
        return budget.allow(
            plan,
            self._workspace.settings,
            max_credits=wish.max_credits,
            yes=wish.yes,
            spent_today=self._ledger.committed_since(today) if plan.credits else 0,
            ask=wish.ask,
        )
