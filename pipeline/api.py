"""A project for build scripts that are Python already; the command line is made from it.

from pipeline import Project

report = Project("game").build(max_credits=200)
if report.exit: ...
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from . import (
    budget,
    build,
    changes,
    forecast,
    knowledge,
    lockfile,
    placeholders,
    planfile,
    publication,
    restraint,
    site,
    survey,
)
from . import plan as planning
from .authorship import Authorship
from .budget import Allowance
from .errors import OutOfDateError, RefusedError
from .forecast import Past
from .ledger import DAY_S, Ledger
from .lender import Lender, balance
from .lock import Lock
from .plan import Plan
from .planfile import SavedPlan
from .purchase.jobs import Change
from .report import Report, exit_code
from .results import Result, bought, kept_by_lock, untouched
from .scope import Scope as Scope
from .scope import Spending as Spending
from .seals import seal, sealing
from .steps import Known
from .stopwatch import Stopwatch
from .survey import Survey
from .tools import Options, Tools

_USED_UP = "the saved plan was carried out before; plan again"

Observer = Callable[[Change | Result], None]


def ignore(_: Change | Result) -> None:
    """Observe nothing."""


class Project:
    """A game project: the folder with `pixelpipe.yaml`, or one below it."""

    def __init__(
        self,
        path: str | Path = ".",
        *,
        environment: Mapping[str, str] | None = None,
        **flags: object,
    ) -> None:
        """Read settings and rules. `flags` override them, such as `service="built-in"`.

        Raises ConfigError with file and line.
        """
        self.environment = os.environ if environment is None else environment
        self._start = Path(path)
        self._flags = flags
        self.authorship = Authorship()
        self.reload()

    @property
    def root(self) -> Path:
        """The folder that holds `pixelpipe.yaml`."""
        return self.site.root

    def reload(self) -> None:
        """Read settings and rules again; they stay as they were when that fails."""
        begun = seal.now()
        self.site = site.open(self._start, self.environment, self._flags)
        self._begun = begun

    def plan(self, *, only: Sequence[str] = (), with_account: bool = False) -> Report:
        """Say what `build` would do, what it would cost and how long it takes; change nothing.

        `with_account` asks the service once for the balance, if something is to be bought.
        """
        return self.saved_plan(only=only, with_account=with_account)[0]

    def plan_of(self, source: str) -> Report:
        """Say what `build` would do about one source, by its path from the root."""
        watch = Stopwatch()
        found = self._look(Scope(paths=frozenset([source])))
        with self.site.ledger(time.time()) as ledger:
            plan, _ = self._planned(found, ledger, Scope())
        found.save_index()
        return self._report("plan", plan, [untouched(step) for step in plan.steps], watch)

    def saved_plan(
        self, *, only: Sequence[str] = (), with_account: bool = True
    ) -> tuple[Report, SavedPlan]:
        """Plan, and return the plan in the form that is saved and carried out later."""
        watch = Stopwatch()
        found = self._look(Scope(only=tuple(only)))
        plan, known = self._planned(found, None, Scope())
        past = Past()
        if not plan.is_up_to_date:
            with self.site.ledger(time.time()) as ledger:
                plan, _ = self._planned(found, ledger, Scope())
                past = self._past(ledger)
        found.save_index()
        left, trouble = None, ""
        if with_account and plan.credits:
            left, trouble = balance(self.site, self.environment)
        report = self._report("plan", plan, [untouched(step) for step in plan.steps], watch)
        report = msgspec.structs.replace(
            self._sealable(report, found, known),
            forecast=forecast.make(plan, past, left, trouble),
        )
        return report, planfile.make(plan, self.site, found.lock, tuple(only), left)

    def build(
        self,
        *,
        only: Sequence[str] = (),
        scope: Scope | None = None,
        spending: Spending | None = None,
        observe: Observer = ignore,
        lender: Lender | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Bring all outputs up to date; purchases need a yes (budget.allow).

        `only` holds globs or files. One asset's failure is reported, the whole run's is raised.
        """
        watch, spending = Stopwatch(), spending or Spending()
        scope = scope or Scope(only=tuple(only))
        found, plan, known = self._first(scope, watch)
        if plan.is_up_to_date and scope.saved is None:
            found.save_index()
            is_kept = spending.locked or bool(self._frozen_by(plan, spending))
            publication.mend(self.site, plan.notices, kept=is_kept)
            report = self._report("build", plan, [untouched(step) for step in plan.steps], watch)
            return self._sealable(report, found, known)
        with ExitStack() as stack:
            ledger = stack.enter_context(self.site.ledger(time.time()))
            lent = lender or stack.enter_context(Lender(self.site, self.environment))
            tools = Tools(
                ledger=ledger,
                connect=lent.service,
                clock=time.time,
                observe=observe,
                stop=stop or threading.Event(),
                restored=scope.stems,
                authorship=self.authorship,
                watch=watch,
            )
            plan, _ = self._planned(found, ledger, scope)
            watch.lap("planning")
            if spending.locked and (changes := plan.lock_changes(found.lock)):
                return self._report("build", plan, kept_by_lock(plan.steps, changes), watch)
            options = self._chosen(scope.saved, found, plan, tools, spending)
            results = build.run(self.site, found, plan, tools, options)
            ledger.forget_kept(str(self.root), bought(results))
            report = self._report("build", plan, results, watch, lent.url)
        return self._resealable(report, found, scope)

    def placeholders(
        self,
        *,
        scope: Scope,
        spending: Spending,
        lender: Lender,
        observe: Observer = ignore,
        stop: threading.Event | None = None,
    ) -> Report | None:
        """Show the built-in engine's clips for what is still to be bought; None without any.

        `lender` lends the built-in engine (placeholders.stand_in).
        """
        if not self.site.service.paid or spending.frozen:
            return None
        watch = Stopwatch()
        found = self._look(scope)
        with self.site.ledger(time.time()) as ledger:
            tools = Tools(
                ledger=ledger,
                connect=lender.service,
                clock=time.time,
                observe=observe,
                stop=stop or threading.Event(),
                authorship=self.authorship,
                watch=watch,
            )
            made = placeholders.publish(self.site, found, spending.restraint, tools)
        if made is None:
            return None
        report = self._report("build", *made, watch, lender.url)
        return msgspec.structs.replace(report, site=placeholders.stand_in(self.site))

    def lock(self) -> Lock:
        """Return what the lock file says now."""
        return lockfile.read(self.root)

    def _look(self, scope: Scope) -> Survey:
        if scope.since is not None and (found := changes.again(self.site, scope.since)) is not None:
            return found
        found = survey.take(self.site, only=scope.only, paths=scope.paths, quiet=scope.quiet)
        return survey.retaken(found, scope.takes, scope.picked, scope.preference)

    def _first(self, scope: Scope, watch: Stopwatch) -> tuple[Survey, Plan, Known]:
        """Look, and plan by what the lock file says; a purchase is worth a look at everything."""
        found = self._look(scope).swept(self.root, time.time())
        watch.lap("looking at files")
        plan, known = self._planned(found, None, scope)
        watch.lap("planning")
        if found.since is not None and plan.credits:
            return self._first(msgspec.structs.replace(scope, since=None), watch)
        return found, plan, known

    def _planned(self, found: Survey, ledger: Ledger | None, scope: Scope) -> tuple[Plan, Known]:
        known = knowledge.gather(self.site, found, ledger, restored=scope.stems)
        service = self.site.service
        plan = planning.make(
            found.wanted,
            known,
            service,
            refused=found.refused,
            unmatched=found.unmatched,
            batch=self.site.settings.batch,
        )
        return plan, known

    def _sealable(self, report: Report, found: Survey, known: Known) -> Report:
        """Add what the next run has to compare, if nothing was to do."""
        stated = (self.environment, self._flags)
        draft = sealing.draft(self.site, found, known, report.plan, stated, self._begun)
        return msgspec.structs.replace(report, draft=draft)

    def _resealable(self, report: Report, found: Survey, scope: Scope) -> Report:
        """Look again, at what had changed since a seal was set or at all: is all fresh now?"""
        if report.exit or not (found.since or scope.seals):
            return report
        now = changes.after(self.site, found) if found.since else self._look(Scope())
        if now is None:
            return report
        plan, known = self._planned(now, None, Scope())
        now.save_index()
        done = [untouched(step) for step in plan.steps]
        fresh = self._sealable(self._report("build", plan, done, Stopwatch()), now, known)
        return msgspec.structs.replace(report, draft=fresh.draft, fresh=fresh)

    def _chosen(
        self, saved: SavedPlan | None, found: Survey, plan: Plan, tools: Tools, spending: Spending
    ) -> Options:
        if saved is not None:
            return self._agreed(saved, found, plan, tools, spending)
        return self._options(plan, found, tools.ledger, spending)

    def _options(self, plan: Plan, found: Survey, ledger: Ledger, spending: Spending) -> Options:
        if by := self._frozen_by(plan, spending):
            return Options(frozen=True, frozen_by=by)
        kept: dict[str, str] = {}
        if spending.restraint is not None and plan.service.paid:
            name, keeping = str(self.root), spending.restraint
            kept = restraint.keep_back(plan, found.lock, ledger, name, keeping, time.time())
            plan = restraint.rest(plan, kept)
        return Options(allowance=self._allowance(plan, ledger, spending), kept_back=kept)

    def _frozen_by(self, plan: Plan, spending: Spending) -> str:
        is_ci = budget.is_frozen_by_default(self.environment, plan.service.paid)
        if spending.frozen or not is_ci or spending.max_credits is not None:
            return "--frozen" if spending.frozen else ""
        return "CI=true (without --max-credits)"

    def _allowance(self, plan: Plan, ledger: Ledger, spending: Spending) -> Allowance:
        return budget.allow(
            plan,
            self.site.settings,
            max_credits=spending.max_credits,
            yes=spending.yes,
            spent_today=ledger.committed_since(time.time() // DAY_S * DAY_S) if plan.credits else 0,
            ask=spending.ask,
        )

    def _agreed(
        self, saved: SavedPlan, found: Survey, plan: Plan, tools: Tools, spending: Spending
    ) -> Options:
        """Let a saved plan be carried out if it still holds, is paid for, and is used once.

        Raises OutOfDateError for a plan that is stale or used up, RefusedError for credits.
        """
        if tools.ledger.is_consumed(saved.id):
            raise OutOfDateError(_USED_UP)
        now = planfile.make(plan, self.site, found.lock, saved.only, None)
        if moved := planfile.moved(saved, now):
            raise OutOfDateError(f"the saved plan is stale: {'; '.join(moved)}; plan again")
        allowance = self._allowance(plan, tools.ledger, msgspec.structs.replace(spending, yes=True))
        prices = [(step.rule, step.credits) for step in plan.steps if step.credits]
        refusals = budget.divide(prices, allowance, None, budget.of_rules(self.site.rules))
        if refusal := next(filter(None, refusals), ""):
            raise RefusedError(f"the saved plan costs {plan.credits} credits, and {refusal}")
        if plan.credits and (left := tools.connect().balance().available) < plan.credits:
            raise RefusedError(
                f"the saved plan costs {plan.credits} credits, and the balance of {left} credits "
                "does not cover it"
            )
        if not tools.ledger.consume_plan(saved.id, now=tools.clock()):
            raise OutOfDateError(_USED_UP)
        return Options(allowance=allowance)

    def stale(self, saved: SavedPlan) -> list[str]:
        """Say why a saved plan can no longer be carried out; nothing when it can."""
        with self.site.ledger(time.time()) as ledger:
            if ledger.is_consumed(saved.id):
                return [_USED_UP]
        return planfile.moved(saved, self.saved_plan(only=saved.only, with_account=False)[1])

    def _past(self, ledger: Ledger) -> Past:
        seconds = tuple(one.seconds for one in ledger.taken(self.site.service.identity))
        rules, jobs = tuple(rule.name for rule in self.site.rules), self.site.settings.jobs
        return Past(seconds=seconds, in_flight=jobs, now=time.time(), rules=rules)

    def _report(
        self,
        command: str,
        plan: Plan,
        results: Sequence[Result],
        watch: Stopwatch,
        url: str | None = None,
    ) -> Report:
        return Report(
            command=command,
            site=self.site,
            plan=plan,
            results=tuple(results),
            service_url=url,
            seconds=watch.seconds,
            spent=watch.spent,
            exit=exit_code(results),
        )
