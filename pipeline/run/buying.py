"""Settle what a plan has not bought yet: buy it, fetch it, or say why neither is done.

Every request key of a run is settled once, whichever sources wait for it. A fault of the account
stops new purchases at once; what is in flight goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import closing

from ..config.workspace import Workspace
from ..core.errors import PixelpipeError, RefusedError
from ..core.model import JobState, StepKind
from ..plan.plan import SourcePlan
from ..plan.wanted import ClipPlan
from ..purchase import orders
from ..purchase.budget import Permit
from ..purchase.jobs import Desk, Order, Outcome
from ..purchase.polling import Pace
from ..purchase.scheduler import Scheduler
from ..storage.store import Store
from . import step_results
from .context import Context

#: Steps of clips that may have to be waited for.
_WAITING = (StepKind.BUY, StepKind.RESUME, StepKind.REUSE)


class Buying:
    """The purchases of one run, and how each ended."""

    def __init__(
        self, workspace: Workspace, context: Context, permit: Permit, store: Store
    ) -> None:
        """Borrow all of them; nothing is asked yet."""
        self._workspace = workspace
        self._context = context
        self._permit = permit
        self._store = store
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, request_key: str) -> Outcome | None:
        """Return how a key ended in this run; None while it is open, and for what was bought."""
        return self._outcomes.get(request_key)

    def is_open(self, clip: ClipPlan) -> bool:
        """Tell whether a clip still has to be waited for."""
        is_known = clip.digest is not None or clip.step.request_key in self._outcomes
        return clip.step.kind in _WAITING and not is_known

    def digest(self, clip: ClipPlan) -> str | None:
        """Return the digest of a clip's bought bytes, None where there are none."""
        if clip.digest is not None:
            return clip.digest
        outcome = self._outcomes.get(clip.step.request_key)
        job = outcome.job if outcome else None
        return job.digest if job and job.state is JobState.BOUGHT else None

    def forget(self, request_keys: Collection[str]) -> None:
        """Let go of how keys ended that nobody asks for again."""
        for key in request_keys:
            self._outcomes.pop(key, None)

    def settle(self, sources: Sequence[SourcePlan]) -> Generator[str, None, None]:
        """Settle every clip of `sources` that is not bought yet; yields its key after each."""
        new, resumed = self._orders(sources)
        if not new and not resumed:
            return
        if self._permit.frozen_by:
            by, is_paid = self._permit.frozen_by, self._workspace.service.paid
            for order in (*new, *resumed):
                yield from self._refused(order, step_results.missing(order, by, is_paid=is_paid))
            return
        for order in new:
            if reason := self._permit.kept_back.get(order.request_key):
                yield from self._refused(order, RefusedError(reason))
        left = [order for order in new if order.request_key not in self._permit.kept_back]
        new = orders.in_turn(left)
        if isinstance(self._context.team, PixelpipeError):
            yield from self._all_refused(new, self._context.team)
            new = []
        if new or resumed:
            yield from self._asked_for(new, resumed)

    def _asked_for(self, new: list[Order], resumed: list[Order]) -> Iterator[str]:
        """Ask the service for what may be asked for."""
        ledger = self._context.ledger
        try:
            service = self._context.connect(len(new) + len(resumed))
            new, refused = orders.affordable(new, self._workspace, service, ledger, self._permit)
        except PixelpipeError as exc:
            yield from self._all_refused([*new, *resumed], exc)
            return
        for order, error in refused:
            yield from self._refused(order, error)
        team = self._context.team
        desk = Desk(
            service,
            ledger,
            self._store,
            self._context.clock,
            day_budget=self._workspace.settings.budget.day,
            team=None if isinstance(team, PixelpipeError) else team,
        )
        scheduler = self._scheduler(desk, orders.pace(self._workspace, service, ledger))
        with closing(scheduler.run(_consumed(new), resumed)) as outcomes:
            for outcome in outcomes:
                self._outcomes[outcome.request_key] = outcome
                job = outcome.job
                if outcome.is_ours and job is not None and job.digest and not job.paid:
                    self._context.replaced.made((job.request_key, job.digest))
                yield outcome.request_key

    def _scheduler(self, desk: Desk, pace: Pace) -> Scheduler:
        if desk.team is None:
            return Scheduler(desk, pace, self._context.observe, self._context.stop)
        from ..purchase.team_scheduler import TeamScheduler  # only where machines share a store

        return TeamScheduler(desk, pace, self._context.observe, self._context.stop, desk.team)

    def _orders(self, sources: Sequence[SourcePlan]) -> tuple[list[Order], list[Order]]:
        new: dict[str, Order] = {}
        resumed: dict[str, Order] = {}
        kinds = {StepKind.BUY: new, StepKind.RESUME: resumed}
        for place, source in enumerate(sources):
            for number, clip in enumerate(source.clips):
                into = kinds.get(clip.step.kind)
                if into is not None and clip.step.request_key not in into:
                    order = orders.order(self._workspace, sources, place, number)
                    into[order.request_key] = order
        return list(new.values()), list(resumed.values())

    def _all_refused(self, left: Sequence[Order], error: PixelpipeError) -> Iterator[str]:
        # One after another: a source whose clips were all settled at once would be begun, and
        # reported, once for each of them.
        for order in left:
            yield from self._refused(order, error)

    def _refused(self, order: Order, error: PixelpipeError) -> Iterator[str]:
        self._outcomes[order.request_key] = Outcome(request_key=order.request_key, error=error)
        yield order.request_key


def _consumed(new: list[Order]) -> Iterator[Order]:
    """Yield orders in turn, and let go of each: what it is made from would fill the memory."""
    new.reverse()
    while new:
        yield new.pop()
