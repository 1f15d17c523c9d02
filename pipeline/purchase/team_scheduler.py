"""The scheduler of one of many machines: what others claim is left to them, and waited for.

What only this machine does goes on as ever; here stands what is different where a store is shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress

from ..core.errors import PixelpipeError, StorageError
from ..core.model import Job, JobState
from ..storage.ledger import Place
from ..storage.shared.store import Unreachable
from . import jobs
from .errands import Next, Telling, Wait
from .jobs import Change, Desk, Lost, Order, Outcome, UnclaimedError
from .polling import Pace, backoff_s
from .scheduler import Prepared, Scheduler
from .team import Team, away
from .team_books import TeamBooks
from .turns import Bug, Errand, Turn

#: So many looks at the store may fail in a row before a wait is given up.
_TRIES = 4


class TeamScheduler(Scheduler):
    """One run's jobs, claimed among machines. Owned by the thread that owns the ledger."""

    def __init__(
        self,
        desk: Desk,
        pace: Pace,
        observe: Callable[[Change], None],
        stop: threading.Event,
        team: Team,
    ) -> None:
        """Borrow all of it, as a Scheduler does; `team` is the desk's."""
        super().__init__(desk, pace, observe, stop)
        self._team = team
        self._books = TeamBooks(desk.ledger, team, desk.store, desk.clock)
        #: Clips that other machines are buying.
        self._waits: dict[str, Wait] = {}

    def _unclaimed(
        self, prepared: list[Prepared], places: dict[str, Place]
    ) -> Generator[Outcome, None, list[Prepared]]:
        """Return what no other machine has claimed, and note where this one will; see to the rest.

        Where that cannot be looked up nothing more is bought.
        """
        free = []
        for one in prepared:
            order, job, _ = one
            known = self._desk.ledger.jobs([order.request_key])
            if not job.paid or (known and known[0].state is not JobState.FAILED):
                free.append(one)
                continue
            try:
                head = self._books.look(order.request_key)
            except Unreachable as exc:
                self._spent = self._spent or UnclaimedError(away(exc))
                yield Outcome(request_key=order.request_key, error=self._spent)
                continue
            if head.is_free:
                places[order.request_key] = self._team.place(head)
                free.append(one)
            else:
                wait = Wait(order, job)
                wait.note(head)
                yield from self._met(wait)
        return free

    def _fenced(self, job: Job, order: Order) -> Generator[Outcome, None, bool]:
        """Settle by the log what a dead process has claimed; tell whether that was done."""
        if (place := self._books.place(job)) is None:
            return False
        try:
            self._books.fence(job, place)
        except Unreachable as exc:  # as it is, for a later run
            yield Outcome(request_key=job.request_key, error=exc)
        else:
            self._later(Turn(job, None, order), 0.0)
        return True

    def _place(self, job: Job) -> Place | None:
        """Return where a job is claimed in the store that this run looks at."""
        return self._books.place(job)

    def _is_waiting(self) -> bool:
        """Tell whether other machines are waited for."""
        return bool(self._waits)

    def _drain(self) -> None:
        """End as a Scheduler does; then tell the others how everything stands."""
        super()._drain()
        with suppress(StorageError):
            self._books.pay()

    def _met(self, wait: Wait) -> Iterator[Outcome]:
        """Act upon what another machine says of a clip."""
        key = wait.job.request_key
        self._waits.pop(key, None)
        if wait.answer is not None:
            yield from self._missed(wait, wait.answer)
            return
        whom = wait.news()
        if whom:
            self._books.saw(wait)
        match wait.next(self._team):
            case Outcome() as outcome:
                if wait.bought is not None:
                    self._team.waited[key] = wait.bought.credits_charged
                yield outcome
            case Next.BUY:
                self._orders.append(wait.order)
            case Next.FETCH:
                yield from self._take_up(wait)
            case Next.LOOK:
                self._waits[key] = wait
                self._errand(wait)
            case Next.WAIT:
                self._waits[key] = wait
                if whom:
                    self._observe(Change(job=wait.job, waits_for=whom))
                self._push(wait, wait.next_look_s())

    def _missed(self, wait: Wait, error: PixelpipeError) -> Iterator[Outcome]:
        if isinstance(error, Bug):
            raise error.cause
        if isinstance(error, StorageError):
            raise error  # what was brought cannot be kept
        wait.failures += 1
        if wait.failures < _TRIES // 2:
            self._waits[wait.job.request_key] = wait
            self._push(wait, backoff_s(wait.failures, error))
        else:
            yield wait.gone(error)

    def _take_up(self, wait: Wait) -> Iterator[Outcome]:
        """Fetch what another machine has sent and does not fetch: asking is free."""
        taken = self._books.take_up(wait)
        if taken is None:
            yield from self._join(wait.order)
        else:
            self._fly(Turn(taken[0], None, wait.order, taken[1]))

    def _lost(self, turn: Turn) -> Iterator[Outcome]:
        """Leave a key to the machine that was quicker; nothing of ours was sent."""
        assert isinstance(turn.answer, Lost)
        head = turn.answer.head
        del self._flying[turn.job.request_key]
        self._desk.ledger.follow(turn.job, None, now=self._desk.clock())
        turn.is_out, turn.answer = False, None
        assert turn.order is not None
        wait = Wait(turn.order, turn.job)
        wait.note(head)
        yield from self._met(wait)

    def _tell(self, turn: Turn, answer: jobs.Answer) -> None:
        """Let the other machines know how a job stands now."""
        job, place = turn.job, turn.place
        if place is None or job.state in (JobState.CLAIMED, turn.told):
            return
        turn.told = job.state
        if isinstance(answer, jobs.Fetched) and answer.is_told:
            self._desk.ledger.note_told(job.request_key, place.nonce, job.state)
        else:
            self._errand(Telling(job, place))

    def _ran(self, errand: Errand) -> Iterator[Outcome]:
        if isinstance(errand, Wait):
            yield from self._met(errand)
        elif isinstance(errand.answer, Bug):
            raise errand.answer.cause
        elif isinstance(errand, Telling) and errand.is_told:
            job = errand.job
            self._desk.ledger.note_told(job.request_key, errand.place.nonce, job.state)
