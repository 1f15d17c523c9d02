"""A project for build scripts that are Python already; the command line is made from it.

from pipeline import Project

report = Project("game").build(max_credits=200)
if report.exit: ...
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from . import budget, build, hosting, survey
from .build import Options, Result, Tools
from .errors import RefusedError
from .ledger import Ledger
from .plan import Plan
from .report import Report, exit_code
from .scheduler import Change
from .service import Service

#: Jobs that the built-in engine renders at once.
_ENGINE_SLOTS = 4
_DAY_S = 24 * 60 * 60

Observer = Callable[[Change | Result], None]
Ask = Callable[[Plan], bool]


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
        self._environment = os.environ if environment is None else environment
        self._start = Path(path)
        self._flags = flags
        self.site = survey.site(self._start, self._environment, flags)

    @property
    def root(self) -> Path:
        """The folder that holds `pixelpipe.yaml`."""
        return self.site.root

    def reload(self) -> None:
        """Read settings and rules again."""
        self.site = survey.site(self._start, self._environment, self._flags)

    def plan(self, *, only: Sequence[str] = ()) -> Report:
        """Say what `build` would do and what it would cost, and change nothing."""
        begun = time.monotonic()
        found = survey.take(self.site, only=only)
        plan = survey.plan(self.site, found, None)
        if not plan.is_up_to_date:
            with self.site.ledger(time.time()) as ledger:
                plan = survey.plan(self.site, found, ledger)
        found.index.save()
        return self._report("plan", plan, [build.untouched(step) for step in plan.steps], begun)

    def build(
        self,
        *,
        only: Sequence[str] = (),
        max_credits: int | None = None,
        yes: bool = False,
        frozen: bool = False,
        ask: Ask | None = None,
        observe: Observer = ignore,
    ) -> Report:
        """Bring all outputs up to date. Purchases need a yes: see budget.allow.

        One asset's failure is in the report; errors that concern the whole run are raised.
        """
        begun = time.monotonic()
        found = survey.take(self.site, only=only)
        plan = survey.plan(self.site, found, None)
        if plan.is_up_to_date:
            found.index.save()
            results = [build.untouched(step) for step in plan.steps]
            return self._report("build", plan, results, begun)
        with ExitStack() as stack:
            ledger = stack.enter_context(self.site.ledger(time.time()))
            plan = survey.plan(self.site, found, ledger)
            lender = _Lender(self, stack)
            tools = Tools(ledger=ledger, connect=lender.service, clock=time.time, observe=observe)
            options = self._options(plan, ledger, max_credits, yes, frozen, ask)
            results = build.run(self.site, found, plan, tools, options)
        return self._report("build", plan, results, begun, lender.url)

    def service(self, stack: ExitStack) -> Service:
        """Open the service of this project for as long as `stack` is open.

        Raises RefusedError when the Pixel Engine is asked for and no key is set.
        """
        choice = self.site.service
        if choice.base_url is None:
            url, key = stack.enter_context(hosting.engine(slots=_ENGINE_SLOTS))
            service = Service(url, key)
        else:
            found = survey.api_key(self.root, self._environment)
            if found is None:
                raise RefusedError(
                    "no API key is set: put it into PIXEL_ENGINE_API_KEY or a .env file (it is "
                    "made in your account under Account → API), or use `service: built-in`"
                )
            service = Service(choice.base_url, found)
        stack.callback(service.close)
        return service

    def _options(
        self,
        plan: Plan,
        ledger: Ledger,
        max_credits: int | None,
        yes: bool,
        frozen: bool,
        ask: Ask | None,
    ) -> Options:
        is_ci = budget.is_frozen_by_default(self._environment, plan.service.paid)
        if frozen or (is_ci and max_credits is None):
            return Options(frozen=True)
        allowance = budget.allow(
            plan,
            self.site.settings,
            max_credits=max_credits,
            yes=yes,
            spent_today=ledger.charged_since(time.time() // _DAY_S * _DAY_S),
            ask=ask,
        )
        return Options(max_credits=allowance.credits, refusal=allowance.refusal)

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


class _Lender:
    """Opens the service once, when it is first asked for."""

    def __init__(self, project: Project, stack: ExitStack) -> None:
        self._project = project
        self._stack = stack
        self._service: Service | None = None

    @property
    def url(self) -> str | None:
        return None if self._service is None else self._service.base_url

    def service(self) -> Service:
        if self._service is None:
            self._service = self._project.service(self._stack)
        return self._service
