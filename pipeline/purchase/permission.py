"""What a run may spend: by flags, by settings, by a plan that was agreed to, or nothing at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from ..config import consent
from ..config.workspace import Workspace
from ..core import private
from ..core.errors import OutOfDateError, RefusedError, StorageError
from ..plan import saved_plans
from ..plan.plan import Plan
from ..plan.wish import Wish
from ..storage.ledger import DAY_S, Ledger
from ..storage.lock import Lock
from . import budget
from .budget import Limit, Permit
from .polling import patiently

if TYPE_CHECKING:
    from ..plan.saved_plans import SavedPlan
    from .service.client import Service

NOT_MADE_HERE = "the saved plan was not made by you on this computer, and is no yes"
USED_UP = "the saved plan was carried out before; plan again"


def frozen_by(plan: Plan, wish: Wish, environment: Mapping[str, str]) -> str:
    """Return what keeps a run from buying anything, as the user would name it; "" for nothing."""
    is_ci = budget.is_frozen_by_default(environment, plan.service.paid)
    if wish.frozen or not is_ci or wish.max_credits is not None:
        return "--frozen" if wish.frozen else ""
    return "CI=true (without --max-credits)"


def gate(plan: Plan, wish: Wish, environment: Mapping[str, str]) -> tuple[str, bool]:
    """Return what lets no open question pass, as the user would name it; "" when all may.

    The second is true when that holds only for what was bought and has changed since: where
    nothing can be bought anyway, `CI=true` is no reason to refuse the rest.
    """
    by = "--locked" if wish.locked else frozen_by(plan, wish, environment)
    if by or wish.max_credits is not None:
        return by, False
    return ("CI=true" if budget.is_frozen_by_default(environment, plan_paid=True) else ""), True


def limited(wish: Wish, workspace: Workspace, environment: Mapping[str, str]) -> Wish:
    """Add the yes that the environment, or what was trusted, gives for so many credits."""
    if wish.max_credits is not None:
        return wish
    if (most := workspace.settings.max_credits) is not None:
        name = workspace.settings.origin("max_credits")
        return msgspec.structs.replace(wish, max_credits=most, limited_by=name)
    trusted = consent.trusted_budget(workspace.state, workspace.root, environment)
    if wish.yes or trusted is None:
        return wish
    name = "`pixelpipe trust --budget`"
    return msgspec.structs.replace(wish, max_credits=trusted, limited_by=name)


def signed(saved: SavedPlan, workspace: Workspace) -> SavedPlan:
    """Return a plan with the proof that this user made it for this project.

    Raises StorageError where the state folder cannot be written.
    """
    try:
        proof = private.signature(workspace.state, saved_plans.agreed(saved, workspace))
    except OSError as exc:
        why = exc.strerror or exc
        raise StorageError(f"{workspace.state}: {why}; no plan can be signed") from exc
    return msgspec.structs.replace(saved, proof=proof)


def is_made_here(saved: SavedPlan, workspace: Workspace) -> bool:
    """Tell whether this user made a plan for this project, and nobody changed it since."""
    agreed = saved_plans.agreed(saved, workspace)
    return private.is_signed(workspace.state, agreed, saved.proof)


def keeps_lock(plan: Plan, wish: Wish, environment: Mapping[str, str]) -> bool:
    """Tell whether a run leaves even a merged lock file as it is."""
    return wish.locked or bool(frozen_by(plan, wish, environment))


def spent_today(ledger: Ledger) -> int:
    """Return the credits committed since midnight, UTC."""
    return ledger.committed_since(time.time() // DAY_S * DAY_S)


def refusals(
    plan: Plan, workspace: Workspace, spent_today: int, available: int | None
) -> dict[str, str]:
    """Say for each request key why a build without any flag would not buy it."""
    limit = budget.limited(workspace.settings, limit=None, spent_today=spent_today)
    return budget.refused(plan, limit, available, workspace.rules)


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
        self._wish = limited(wish, workspace, environment)
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
            from . import hold_back

            kept = hold_back.keep_back(plan, locked, self._ledger, name, self._wish, now)
            plan = hold_back.rest(plan, kept)
        permit = self._allowed(plan, self._wish)
        return msgspec.structs.replace(permit, kept_back={**permit.kept_back, **kept})

    def _agreed(self, saved: SavedPlan, plan: Plan, locked: Lock) -> Permit:
        """Let a saved plan be carried out if it still holds, is paid for, and is used once."""
        if self._ledger.is_consumed(saved.id):
            raise OutOfDateError(USED_UP)
        now = saved_plans.make(plan, self._workspace, locked, saved.only, None)
        if moved := saved_plans.moved(saved, now):
            raise OutOfDateError(f"the saved plan is stale: {'; '.join(moved)}; plan again")
        is_yes = self._wish.yes or is_made_here(saved, self._workspace)
        permit = self._allowed(plan, msgspec.structs.replace(self._wish, yes=is_yes))
        if plan.credits and not permit.credits and not is_yes:
            raise RefusedError(f"{NOT_MADE_HERE}; {permit.refusal}")
        prices = [(step.rule, step.credits) for step in plan.each_step() if step.credits]
        refusals = budget.divide(prices, permit, None, budget.of_rules(self._workspace.rules))
        if refusal := next(filter(None, refusals), ""):
            raise RefusedError(f"the saved plan costs {plan.credits} credits, and {refusal}")
        if plan.credits and (left := patiently(self._connect().balance).available) < plan.credits:
            raise RefusedError(
                f"the saved plan costs {plan.credits} credits, and the balance of {left} credits "
                "does not cover it"
            )
        if not self._ledger.consume_plan(saved.id, now=time.time()):
            raise OutOfDateError(USED_UP)
        return permit

    def _allowed(self, plan: Plan, wish: Wish) -> Permit:
        if refusal := self._workspace.service.refusal:
            return Permit(credits=0, refusal=refusal)
        most, limit = wish.max_credits, None
        if most is not None:
            limit = Limit(credits=most, name=wish.limited_by)
        return budget.allow(
            plan,
            self._workspace.settings,
            limit=limit,
            yes=wish.yes,
            spent_today=spent_today(self._ledger) if plan.credits else 0,
            ask=wish.ask,
        )
