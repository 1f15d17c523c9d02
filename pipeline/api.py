"""A project for build scripts that are Python already; the command line is made from it.

from pipeline import Project

report = Project("game").build(max_credits=200)
if report.exit: ...
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from .config import workspace
from .core import errors
from .core.errors import PixelpipeError, RefusedError, UsageError
from .core.packed import Mapped, Packed
from .core.stopwatch import Stopwatch
from .plan import plan as planning
from .plan.plan import Plan
from .plan.wanted import Known
from .plan.wish import Wish as Wish
from .purchase import permission
from .purchase.connect import Connection, balance
from .purchase.permission import Permission
from .run import knowledge, leftovers, survey
from .run.context import Context
from .run.context import Observer as Observer
from .run.context import ignore as ignore
from .run.replaced import Replaced
from .run.report import Report, exit_code
from .run.results import RESULTS, Result, bought, gated, kept_by_lock, untouched
from .run.sharing import Sharing
from .run.survey import Survey
from .run.uptodate import brief, remember
from .run.uptodate.quick import Found
from .run.uptodate.remember import Said as Said
from .run.uptodate.remember import Seen
from .storage import lock_file
from .storage.files import Stat
from .storage.ledger import Ledger
from .storage.lock import Lock
from .storage.lock_authorship import Authorship

if TYPE_CHECKING:
    from .core.model import Balance
    from .plan.saved_plans import SavedPlan
    from .purchase.forecast import Past
    from .purchase.proof import Settled
    from .purchase.team import Team


class Planned(NamedTuple):
    """A plan's report, and what stands beside it in a plan that is saved."""

    report: Report
    lock: Lock
    only: tuple[str, ...]
    balance: Balance | None


class Project:
    """A game project: the folder with `pixelpipe.yaml`, or one below it."""

    def __init__(
        self,
        path: str | Path = ".",
        *,
        environment: Mapping[str, str] | None = None,
        remembered: Found | None = None,
        **flags: object,
    ) -> None:
        """Read settings and rules. `flags` override them, such as `service="built-in"`.

        With what was `remembered`, of this very project and without flags, nothing is read.

        Raises ConfigError with file and line.
        """
        self.environment = os.environ if environment is None else environment
        self._start = Path(path)
        self._flags = flags
        self.authorship = Authorship()
        self._replaced = Replaced()
        self._remembered = remembered
        self._seen: Seen | None = None
        #: Other machines are to be told something: the next run has that to do.
        self._owes = False
        self.reload()

    @property
    def root(self) -> Path:
        """The folder that holds `pixelpipe.yaml`."""
        return self.workspace.root

    def reload(self) -> None:
        """Read settings and rules again; they stay as they were when that fails."""
        begun = remember.now()
        stated = None if self._remembered is None else workspace.known(self._remembered.stated)
        self._remembered = None  # the next time it may be otherwise
        self.workspace = workspace.open(self._start, self.environment, self._flags, stated)
        self._begun = begun

    def plan(self, *, only: Sequence[str] = (), with_account: bool = False) -> Report:
        """Say what `build` would do, what it would cost and how long it takes; change nothing.

        `with_account` asks the service once for the balance, if something is to be bought.
        """
        return self.planned(only=only, with_account=with_account).report

    def plan_of(self, source: str) -> Report:
        """Say what `build` would do about one source, by its path from the root."""
        watch = Stopwatch()
        found = self._look(Wish(paths=frozenset([source])))
        sharing = Sharing(self.workspace, self.environment, is_kept=False)
        with self.workspace.ledger(time.time()) as ledger:
            plan, _ = self._planned(found, ledger, Wish(), sharing)
        found.save()
        return self._report(
            "plan", plan, Packed(RESULTS, map(untouched, plan.each_step())), watch, sharing=sharing
        )

    def planned(
        self,
        *,
        only: Sequence[str] = (),
        with_account: bool = True,
        remembered: Found | None = None,
    ) -> Planned:
        """Plan, and return the report with what it takes to save the plan.

        With what was `remembered`, only what is not as it was is looked at, if with that nothing is
        to be bought; the rest is counted, and the plan cannot be saved.
        """
        watch = Stopwatch()
        found = self._look(Wish(only=tuple(only)), remembered)
        plan, known = self._planned(found, None, Wish())
        is_free = plan.is_up_to_date or not self.workspace.service.paid
        if found.rest is not None and (plan.refused or not is_free):
            found.save()
            return self.planned(only=only, with_account=with_account)
        sharing = Sharing(self.workspace, self.environment, is_kept=False)
        from .purchase import forecast

        past = forecast.Past()
        spent = 0
        if not plan.is_up_to_date:
            with self.workspace.ledger(time.time()) as ledger:
                plan, _ = self._planned(found, ledger, Wish(), sharing)
                past = self._past(ledger)
                spent = permission.spent_today(ledger) if plan.credits else 0
        found.save()
        left, trouble = None, ""
        if with_account and plan.credits and not self.workspace.service.refusal:
            left, trouble = balance(self.workspace, self.environment)
        available = None if left is None else left.available
        refusals = permission.refusals(plan, self.workspace, spent, available)
        report = self._report(
            "plan", plan, Packed(RESULTS, map(untouched, plan.each_step())), watch, sharing=sharing
        )
        report = self._see(found, known, report)
        is_refused = bool(report.refusal or report.cluster_refusal or sharing.refusal)
        report = msgspec.structs.replace(
            report,
            forecast=msgspec.structs.replace(
                forecast.make(plan, past, left, trouble), refusals=refusals
            ),
            exit=errors.exit_code((report.exit, RefusedError.exit_code if is_refused else 0)),
        )
        return Planned(report, found.lock, tuple(only), left)

    def saved_plan(
        self, *, only: Sequence[str] = (), with_account: bool = True
    ) -> tuple[Report, SavedPlan]:
        """Plan, and return the plan in the form that is saved and carried out later as well."""
        planned = self.planned(only=only, with_account=with_account)
        return planned.report, self.savable(planned)

    def savable(self, planned: Planned) -> SavedPlan:
        """Return what `planned` has found in that form: each step of the plan stands in it."""
        from .plan import saved_plans

        plan = planned.report.plan
        saved = saved_plans.make(plan, self.workspace, planned.lock, planned.only, planned.balance)
        return permission.signed(saved, self.workspace) if plan.credits else saved

    def build(
        self,
        wish: Wish | None = None,
        *,
        only: Sequence[str] = (),
        max_credits: int | None = None,
        yes: bool = False,
        observe: Observer = ignore,
        connection: Connection | None = None,
        stop: threading.Event | None = None,
        remembered: Found | None = None,
    ) -> Report:
        """Bring all outputs up to date; purchases need a yes: `max_credits`, or `yes` to all.

        `only` holds globs or files. `wish` says all that and more in one record, instead. One
        asset's failure is reported, the whole run's is raised. With what was `remembered`, only
        what is not as it was is looked at, and stands in the report; the rest is counted.
        """
        wish = wish or Wish(only=tuple(only), max_credits=max_credits, yes=yes)
        watch = Stopwatch()
        found, plan, known = self._first(wish, watch, remembered)
        if plan.is_up_to_date and wish.saved is None:
            self._look_after(found, plan, wish)
            report = self._report(
                "build", plan, Packed(RESULTS, map(untouched, plan.each_step())), watch
            )
            return self._see(found, known, report)
        if refusal := self.workspace.workers.refusal:
            raise RefusedError(refusal)
        from .run import execute  # loads what buys and publishes

        with ExitStack() as stack:
            ledger = stack.enter_context(self.workspace.ledger(time.time()))
            connection = connection or stack.enter_context(
                Connection(self.workspace, self.environment)
            )
            context = self._context(ledger, connection, observe, stop, watch)
            if not permission.keeps_lock(plan, wish, self.environment):
                context = msgspec.structs.replace(context, team=self._joined(ledger))
            settled = self._settled(ledger, connection, plan, wish)
            sharing = Sharing(self.workspace, self.environment, is_kept=True)
            stack.callback(sharing.count)
            if not isinstance(context.team, PixelpipeError):
                sharing.team = context.team
            del plan, known  # two of each would be the most that a build ever holds
            plan, known = self._planned(found, ledger, wish, sharing)
            watch.lap("planning")
            by, stale_only = permission.gate(plan, wish, self.environment)
            if wish.locked and (changes := plan.lock_changes(found.lock)):
                kept = gated(kept_by_lock(plan.steps, changes), by, stale_only=stale_only)
                return self._report("build", plan, kept, watch, sharing=sharing)
            may = Permission(self.workspace, self.environment, wish, ledger, connection.service)
            permit = may.granted(plan, found.lock)
            restored = wish.restored_stems
            found.save()  # it takes no memory then while clips are made, and survives a kill
            found = _once(found, plan)
            done = execute.run(
                self.workspace,
                found,
                plan,
                context,
                permit,
                restored=restored,
                claimed=known.claimed,
            )
            ledger.forget_kept(str(self.root), bought(done.results))
            self._note_doubt(ledger, connection)
            self._owes = self._shares and bool(ledger.owed(self.workspace.shared.url))
            results = gated(done.results, by, stale_only=stale_only)
            report = self._report("build", plan, results, watch, connection.url, sharing)
            report = msgspec.structs.replace(report, settled=settled, lent=done.notices)
            if context.team is not None and not isinstance(context.team, PixelpipeError):
                found_out = report.shared_notices or context.team.notices  # one warning is enough
                report = msgspec.structs.replace(report, shared_notices=found_out)
        return self._see(found, known, report, left=done.left, wrote=True)

    def remember(self, said: Mapping[str, Said] = MappingProxyType({})) -> bool:
        """Write down what the last plan or build has found, for the next run to compare.

        `said` is what commands print, if nothing was to do: the next one prints the same, if it is
        the same command, by the names that `run.uptodate.quick` has.
        Tells whether the next run need not look at everything.
        """
        if self._seen is None or self._owes:
            return False
        return remember.write(self._seen, said)

    def placeholders(
        self,
        wish: Wish,
        connection: Connection,
        *,
        observe: Observer = ignore,
        stop: threading.Event | None = None,
    ) -> Report | None:
        """Show the built-in engine's clips for what is still to be bought; None without any.

        `connection` leads to the built-in engine (placeholders.stand_in).
        """
        from .run import placeholders

        if not self.workspace.service.paid or wish.frozen:
            return None
        watch = Stopwatch()
        found = survey.take(self.workspace, wish)
        with self.workspace.ledger(time.time()) as ledger:
            context = self._context(ledger, connection, observe, stop, watch)
            made = placeholders.publish(self.workspace, found, wish, context)
        if made is None:
            return None
        report = self._report("build", *made, watch, connection.url)
        return msgspec.structs.replace(report, workspace=placeholders.stand_in(self.workspace))

    def lock(self) -> Lock:
        """Return what the lock file says now."""
        return lock_file.read(self.root)

    def _context(
        self,
        ledger: Ledger,
        connection: Connection,
        observe: Observer,
        stop: threading.Event | None,
        watch: Stopwatch,
    ) -> Context:
        return Context(
            ledger=ledger,
            connect=connection.service,
            clock=time.time,
            observe=observe,
            stop=stop or threading.Event(),
            authorship=self.authorship,
            replaced=self._replaced,
            watch=watch,
        )

    def _joined(self, ledger: Ledger) -> Team | PixelpipeError | None:
        """Join the machines that share purchases: pay what is owed there, follow what they say.

        Returns them, or why nothing may be bought without them; all else goes on.
        """
        if not self._shares:
            return None
        from .purchase import joining
        from .purchase.team_books import TeamBooks

        try:
            team = joining.join(self.workspace, self.environment)
        except PixelpipeError as exc:
            return exc
        if team is not None:
            TeamBooks(ledger, team, self.workspace.store(), time.time).agree()
        return team

    @property
    def _shares(self) -> bool:
        """Purchases are claimed among machines; what costs nothing is not."""
        return bool(self.workspace.shared.url) and self.workspace.service.paid

    def _look_after(self, found: Survey, plan: Plan, wish: Wish) -> None:
        """Do what is due although nothing is to be made: mend the lock file, tidy, tell others."""
        found.save()
        wish = permission.limited(wish, self.workspace, self.environment)
        is_kept = permission.keeps_lock(plan, wish, self.environment)
        if plan.notices:
            from .run import publish

            publish.mend(self.workspace, plan.notices, kept=is_kept)
        leftovers.sweep(self.workspace)
        if not is_kept:
            self._pay_owed()

    def _pay_owed(self) -> None:
        """Tell the other machines what could not be told before, although nothing else is to do."""
        if not self._shares or not (self.workspace.state / "ledger.sqlite").exists():
            return
        with self.workspace.ledger(time.time()) as ledger:
            if ledger.owed(self.workspace.shared.url):
                self._joined(ledger)
            self._owes = bool(ledger.owed(self.workspace.shared.url))

    def _look(self, wish: Wish, remembered: Found | None = None) -> Survey:
        if remembered is not None and (found := brief.take(self.workspace, remembered)):
            return found
        return survey.take(self.workspace, wish)

    def _first(
        self, wish: Wish, watch: Stopwatch, remembered: Found | None
    ) -> tuple[Survey, Plan, Known]:
        """Look, and plan by what the lock file says; a purchase is worth a look at everything."""
        found = self._look(wish, remembered).swept(self.root, time.time())
        watch.lap("looking at files")
        plan, known = self._planned(found, None, wish)
        watch.lap("planning")
        if found.rest is not None and plan.credits:
            return self._first(wish, watch, None)
        return found, plan, known

    def _planned(
        self, found: Survey, ledger: Ledger | None, wish: Wish, sharing: Sharing | None = None
    ) -> tuple[Plan, Known]:
        """Plan by what is known here, and by what a shared store has of what is missing then."""
        known = knowledge.gather(self.workspace, found, ledger, restored=wish.restored_stems)
        plan = self._made(found, known)
        more = None if sharing is None else sharing.bring(plan, known)
        return (plan, known) if more is None else (self._made(found, more), more)

    def _made(self, found: Survey, known: Known) -> Plan:
        plan = planning.make(
            found.wanted,
            known,
            self.workspace.service,
            refused=found.refused,
            unmatched=found.unmatched,
            batch=self.workspace.settings.batch,
        )
        return msgspec.structs.replace(plan, passed_over=found.passed_over)

    def _settled(
        self, ledger: Ledger, connection: Connection, plan: Plan, wish: Wish
    ) -> tuple[Settled, ...]:
        """Settle the doubts of which the books prove that nothing was billed."""
        service, now = self.workspace.service, time.time()
        if not service.paid or permission.keeps_lock(plan, wish, self.environment):
            return ()
        from .purchase import proof

        if not proof.is_due(service.identity, ledger, now):
            return ()
        with suppress(PixelpipeError):  # whoever needs the service says what is wrong with it
            return proof.settle(connection.service(), service.identity, ledger, now)
        return ()

    def _note_doubt(self, ledger: Ledger, connection: Connection) -> None:
        if self.workspace.service.paid and connection.url is not None:
            from .purchase import proof

            with suppress(PixelpipeError):
                proof.note_doubt(
                    connection.service(), self.workspace.service.identity, ledger, time.time()
                )

    def _see(
        self,
        found: Survey,
        known: Known,
        report: Report,
        *,
        left: Mapping[str, Stat | None] = MappingProxyType({}),
        wrote: bool = False,
    ) -> Report:
        """Keep what was seen for `remember`; return the report, with what was not looked at."""
        self._seen = None
        is_plain = not any(value is not None for value in self._flags.values())
        # A trouble with the key is said in each run, and of a single file nothing is kept.
        if is_plain and self.workspace.is_project and not self.workspace.key_refusal:
            lock_now = self.authorship.known if wrote else None
            self._seen = Seen(
                workspace=self.workspace,
                environment=self.environment,
                command=report.command,
                survey=found,
                plan=report.plan,
                results=report.results,
                unsure=knowledge.unsure(found, known),
                begun=self._begun,
                left=left,
                lock=found.lock_digest if lock_now is None else lock_now,
            )
        if (rest := found.rest) is None:
            return report
        return msgspec.structs.replace(report, rest=rest.clips, rest_outdated=rest.outdated)

    def stale(self, saved: SavedPlan) -> list[str]:
        """Say why a saved plan can no longer be carried out; nothing when it can."""
        with self.workspace.ledger(time.time()) as ledger:
            if ledger.is_consumed(saved.id):
                return [permission.USED_UP]
        try:
            _, now = self.saved_plan(only=saved.only, with_account=False)
        except UsageError as exc:  # what it was about is gone
            return [str(exc)]
        from .plan import saved_plans

        return saved_plans.moved(saved, now)

    def _past(self, ledger: Ledger) -> Past:
        seconds = tuple(one.seconds for one in ledger.taken(self.workspace.service.identity))
        rules, jobs = (
            tuple(rule.name for rule in self.workspace.rules),
            self.workspace.settings.jobs,
        )
        from .purchase.forecast import Past

        return Past(seconds=seconds, in_flight=jobs, now=time.time(), rules=rules)

    def _report(
        self,
        command: str,
        plan: Plan,
        results: Sequence[Result],
        watch: Stopwatch,
        url: str | None = None,
        sharing: Sharing | None = None,
    ) -> Report:
        if sharing is None:
            sharing = Sharing(self.workspace, self.environment, is_kept=False)
        return Report(
            command=command,
            workspace=self.workspace,
            plan=plan,
            results=results,
            service_url=url,
            seconds=watch.seconds,
            spent=watch.spent,
            exit=exit_code(results),
            shared=sharing.tally,
            shared_notices=sharing.notices,
            shared_refusal=sharing.refusal,
        )


def _once(found: Survey, plan: Plan) -> Survey:
    """Return what was found, with what is wanted taken out of the plan: it is kept once."""
    if len(plan.sources) < len(found.wanted):  # of some nothing could be decided
        return found
    wanted = Mapped(lambda source: source.wanted, plan.sources)
    return msgspec.structs.replace(found, wanted=wanted)


def as_plan(report: Report) -> Report:
    """Return what a plan reports where a build, or a plan, has found that nothing is to do."""
    nothing = msgspec.structs.replace(report.plan, sources=())
    from .purchase import forecast

    expected = forecast.make(nothing, forecast.Past())
    return msgspec.structs.replace(report, command="plan", forecast=expected)
