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

from . import budget, build, knowledge, lock, site, survey
from . import plan as planning
from .build import Options, Tools
from .ledger import Ledger
from .lender import Lender
from .model import Record
from .plan import Plan
from .report import Report, exit_code
from .results import Result, untouched
from .scheduler import Change
from .survey import Survey

_DAY_S = 24 * 60 * 60

Observer = Callable[[Change | Result], None]
Ask = Callable[[Plan], bool]


def ignore(_: Change | Result) -> None:
    """Observe nothing."""


class Spending(Record, frozen=True, kw_only=True):
    """The yes for purchases: at most so many credits, all, whatever a person answers, or none."""

    max_credits: int | None = None
    yes: bool = False
    ask: Ask | None = None
    #: Ask no service for anything.
    frozen: bool = False


class Scope(Record, frozen=True, kw_only=True):
    """What a run is about; by default everything."""

    #: Globs or files.
    only: tuple[str, ...] = ()
    #: Exact paths of sources, relative to the root.
    paths: frozenset[str] | None = None
    #: Takes that are wanted whatever the lock file says, by source and clip.
    takes: Mapping[tuple[str, str], int] = {}
    #: Sources whose outputs are replaced although they were edited by hand.
    restored: frozenset[str] = frozenset()


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
        self.site = site.open(self._start, self.environment, flags)

    @property
    def root(self) -> Path:
        """The folder that holds `pixelpipe.yaml`."""
        return self.site.root

    def reload(self) -> None:
        """Read settings and rules again; they stay as they were when that fails."""
        self.site = site.open(self._start, self.environment, self._flags)

    def plan(self, *, only: Sequence[str] = ()) -> Report:
        """Say what `build` would do and what it would cost, and change nothing."""
        begun = time.monotonic()
        found = self._look(Scope(only=tuple(only)))
        plan = self._planned(found, None, Scope())
        if not plan.is_up_to_date:
            with self.site.ledger(time.time()) as ledger:
                plan = self._planned(found, ledger, Scope())
        found.save_index()
        return self._report("plan", plan, [untouched(step) for step in plan.steps], begun)

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

        `only` holds globs or files; `scope` says more. One asset's failure is in the report;
        errors that concern the whole run are raised.
        """
        begun = time.monotonic()
        scope = scope or Scope(only=tuple(only))
        found = self._look(scope)
        plan = self._planned(found, None, scope)
        if plan.is_up_to_date:
            found.save_index()
            results = [untouched(step) for step in plan.steps]
            return self._report("build", plan, results, begun)
        with ExitStack() as stack:
            ledger = stack.enter_context(self.site.ledger(time.time()))
            lent = lender or stack.enter_context(Lender(self.site, self.environment))
            tools = Tools(
                ledger=ledger,
                connect=lent.service,
                clock=time.time,
                observe=observe,
                stop=stop or threading.Event(),
                restored=_stems(scope),
            )
            plan = self._planned(found, ledger, scope)
            options = self._options(plan, ledger, spending or Spending())
            results = build.run(self.site, found, plan, tools, options)
            return self._report("build", plan, results, begun, lent.url)

    def lock(self) -> lock.Lock:
        """Return what the lock file says now."""
        return survey.read_lock(self.root)

    def _look(self, scope: Scope) -> Survey:
        found = survey.take(self.site, only=scope.only, paths=scope.paths)
        return survey.retaken(found, scope.takes)

    def _planned(self, found: Survey, ledger: Ledger | None, scope: Scope) -> Plan:
        known = knowledge.gather(self.site, found, ledger, restored=_stems(scope))
        service = self.site.service
        return planning.make(
            found.wanted, known, service, refused=found.refused, unmatched=found.unmatched
        )

    def _options(self, plan: Plan, ledger: Ledger, spending: Spending) -> Options:
        is_ci = budget.is_frozen_by_default(self.environment, plan.service.paid)
        if spending.frozen or (is_ci and spending.max_credits is None):
            return Options(frozen=True)
        allowance = budget.allow(
            plan,
            self.site.settings,
            max_credits=spending.max_credits,
            yes=spending.yes,
            spent_today=ledger.committed_since(time.time() // _DAY_S * _DAY_S),
            ask=spending.ask,
        )
        return Options(allowance=allowance)

    def _report(
        self,
        command: str,
        plan: Plan,
        results: Sequence[Result],
        begun: float,
        url: str | None = None,
    ) -> Report:
        return Report(
            command=command,
            site=self.site,
            plan=plan,
            results=tuple(results),
            service_url=url,
            seconds=time.monotonic() - begun,
            exit=exit_code(results),
        )


def _stems(scope: Scope) -> frozenset[str]:
    return frozenset(path[: -len(".png")] for path in scope.restored)
