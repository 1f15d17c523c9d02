"""Let many jobs take turns: one loop, a heap of due times, a few workers.

Claims are made one at a time, when a place in flight is free, so that another process may make
the rest. A clip that another process is making is waited for, and only that clip.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress

import msgspec

from ..core.apart import bug, shortage
from ..core.errors import (
    AccountError,
    NotSentError,
    PixelpipeError,
    RefusedError,
    StorageError,
    UncertainError,
)
from ..core.model import Job, JobState, Taken
from ..core.version import ENGINE_VERSION
from ..storage.ledger import Place
from . import batches, jobs
from .jobs import Change, Desk, Order, Outcome
from .polling import FRONT, REST_S, Pace, backoff_s
from .turns import Bug, Errand, Turn, pay_first

#: Polls are short, but at 300 jobs in flight and one poll in 3 s there are a hundred a second.
_WORKERS = 16
_TRIES = 8
_LOOK_S = 0.25
#: Longest wait in one go, so that an interrupt is obeyed promptly.
_TICK_S = 0.2
#: How long an interrupted run waits for the answer of a POST that was already sent.
_LAST_ANSWER_S = 20.0
#: Nothing more is done about these, and these belong to a process as long as it runs.
_SETTLED = (JobState.BOUGHT, JobState.FAILED, JobState.UNCONFIRMED, JobState.CHARGED)
_HELD = (JobState.CLAIMED, JobState.SUBMITTED)
#: An order, its request as it is resolved now, and the body to send.
Prepared = tuple[Order, Job, jobs.Body]
_FINAL = (JobState.BOUGHT, JobState.FAILED, JobState.DETACHED, JobState.UNCONFIRMED)


class Scheduler:
    """One run's jobs. Owned by the thread that owns the ledger."""

    def __init__(
        self,
        desk: Desk,
        pace: Pace,
        observe: Callable[[Change], None],
        stop: threading.Event,
    ) -> None:
        """Borrow `desk`; `observe` is told of every change of a job, in this thread.

        When `stop` is set the run ends with KeyboardInterrupt, as it does on Ctrl-C.
        """
        self._interrupt = stop
        self._desk = desk
        self._pace = pace
        self._observe = observe
        self._orders: deque[Order] = deque()
        self._due: list[tuple[float, int, Turn | Errand]] = []
        self._count = itertools.count()
        self._flying: dict[str, Turn] = {}
        self._others: dict[str, Turn] = {}
        self._doubts = 0
        self._stop: PixelpipeError | None = None
        #: Nothing new is claimed; what is claimed goes on.
        self._spent: PixelpipeError | None = None
        self._tasks: queue.SimpleQueue[Turn | Errand | None] = queue.SimpleQueue()
        #: No SimpleQueue: its `get` with a timeout that ends as it begins may wait for ever, since
        #: CPython 3.7 to 3.13 take the time that is left, below zero by then, for no limit.
        self._answers: queue.Queue[Turn | Errand] = queue.Queue()
        self._workers = 0

    def run(
        self, orders: Iterable[Order], resumed: Sequence[Order]
    ) -> Generator[Outcome, None, None]:
        """Buy `orders` and go on with `resumed` (their jobs are in the ledger already).

        Yields each key once, as it ends. After a fault of the account, or two doubtful POSTs in
        a row, nothing more is bought: what is in flight is finished, and the rest is yielded
        with that error and without a job.
        """
        self._orders.extend(orders)
        try:
            for order in resumed:
                yield from self._join(order)
            while self._orders or self._flying or self._others or self._is_waiting():
                yield from self._start()
                yield from self._wait()
        finally:
            self._drain()

    # -- starting -------------------------------------------------------------------------------

    def _start(self) -> Iterator[Outcome]:
        is_over = self._stop or self._spent
        while self._orders and (is_over or len(self._flying) < self._pace.in_flight):
            order = self._orders.popleft()
            if is_over is not None:
                yield from self._refuse(order, is_over)
                continue
            together = [order]
            while order.batch and self._orders and self._orders[0].batch == order.batch:
                together.append(self._orders.popleft())
            yield from self._claim(together)

    def _claim(self, together: Sequence[Order]) -> Iterator[Outcome]:
        """Claim what one POST buys in one transaction; another process may have some of it."""
        prepared = []
        for order in together:
            try:
                prepared.append((order, *order.prepare()))
            except PixelpipeError as exc:
                yield Outcome(request_key=order.request_key, error=exc)
        places: dict[str, Place] = {}
        prepared = yield from self._unclaimed(prepared, places)
        if not prepared:
            return
        price = together[0].credits
        order, job, body = prepared[0]
        if job.credits_quoted < price:  # as in pay_first, and before a budget is asked
            job = msgspec.structs.replace(job, credits_quoted=price)
            prepared[0] = (order, job, body)
        try:
            claims = self._desk.ledger.claim(
                [one[1] for one in prepared],
                now=self._desk.clock(),
                day_budget=self._desk.day_budget,
                places=places,
            )
        except RefusedError as exc:  # of the day's budget: claimed by others, or nothing
            self._spent = exc
            for order, *_ in prepared:
                yield from self._refuse(order, exc)
            return
        mine = []
        for claimed, (order, _, body) in zip(claims, prepared, strict=True):
            if claimed.is_ours:
                mine.append(Turn(claimed.job, body, order, places.get(order.request_key)))
            else:
                yield from self._join(order)
        if mine:
            pay_first(mine, price)
            self._fly(*mine)

    def _refuse(self, order: Order, error: PixelpipeError) -> Iterator[Outcome]:
        """Leave an order, unless another process is making it."""
        found = self._desk.ledger.jobs([order.request_key])
        if found and found[0].state is not JobState.FAILED:
            yield from self._join(order)
        else:
            yield Outcome(request_key=order.request_key, error=error)

    def _join(self, order: Order) -> Iterator[Outcome]:
        """Go on with what the ledger has under this key: ours now, or another process's."""
        found = self._desk.ledger.jobs([order.request_key])
        if not found:
            self._orders.append(order)
            return
        job = found[0]
        if job.state in _SETTLED and not self._is_lost(job) and not self._is_old(job, order):
            yield Outcome(request_key=job.request_key, job=job)
        elif job.state in _HELD and self._desk.ledger.is_alive(job.holder):
            self._later(Turn(job, None, order), _LOOK_S)
        else:
            yield from self._inherit(job, order)

    def _inherit(self, job: Job, order: Order) -> Iterator[Outcome]:
        """Take over from a process that died. A claim without an id is doubt, never a retry."""
        if job.state is JobState.CLAIMED and (yield from self._fenced(job, order)):
            return
        mine = self._desk.ledger.take_over(job, now=self._desk.clock())
        if mine is None:  # it went on after all before it ended, or another process was quicker
            self._later(Turn(job, None, order), _LOOK_S)
            return
        if mine.state is JobState.CLAIMED and mine.paid:
            doubt = UncertainError("the process that was sending it died: it may have been billed")
            settled = jobs.advance(mine, doubt, self._desk)
            yield Outcome(request_key=job.request_key, job=settled)
            return
        if mine.state is JobState.BOUGHT:
            mine = jobs.reopen(mine, self._desk)
        try:
            body = order.prepare()[1] if mine.state is JobState.CLAIMED else None
        except PixelpipeError as exc:  # its source was saved again, or cannot be read any more
            jobs.give_up(mine, exc, self._desk)
            yield Outcome(request_key=job.request_key, error=exc)
            return
        self._fly(Turn(mine, body, order, self._place(mine)))

    # -- turning --------------------------------------------------------------------------------

    def _fly(self, *turns: Turn) -> None:
        """Send jobs that one POST buys, or a single one."""
        for turn in turns:
            self._flying[turn.job.request_key] = turn
            self._observe(Change(job=turn.job))
        turns[0].followers = turns[1:]
        self._send(turns[0])

    def _send(self, turn: Turn) -> None:
        if not self._pace.is_at_once:
            self._work_with(len(self._flying))  # takes a while, in which an interrupt may come
        for one in turn.together:
            one.is_out = True
        turn.sent_at = time.monotonic()
        if self._pace.is_at_once:
            self._ask(turn)
        else:
            self._tasks.put(turn)

    def _errand(self, errand: Errand) -> None:
        self._work_with(len(self._flying) + 1)
        self._tasks.put(errand)

    def _work_with(self, most: int) -> None:
        """Have as many workers as there is work for, up to a limit."""
        if self._workers < min(_WORKERS, most):
            self._workers += 1
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (turn := self._tasks.get()) is not None:
            self._ask(turn)

    def _ask(self, turn: Turn | Errand) -> None:
        try:
            turn.ask(self._desk)
        except Exception as exc:  # a bug; what it means is said by the run's own thread
            turn.answer = Bug(exc)
        self._answers.put(turn)

    def _wait(self) -> Iterator[Outcome]:
        """Wait for an answer or the next due time, whichever is first."""
        if self._interrupt.is_set():
            raise KeyboardInterrupt
        if not self._due and not self._flying and not self._is_waiting():
            return
        timeout = max(0.0, self._due[0][0] - time.monotonic()) if self._due else _TICK_S
        timeout = min(timeout, _TICK_S)
        try:
            turn = self._answers.get(timeout=timeout)
        except queue.Empty:
            yield from self._wake()
            return
        if isinstance(turn, Turn):
            yield from self._answered(turn)
        else:
            yield from self._ran(turn)

    def _wake(self) -> Iterator[Outcome]:
        while self._due and self._due[0][0] <= time.monotonic():
            _, number, turn = heapq.heappop(self._due)
            if not isinstance(turn, Turn):
                self._errand(turn)
            elif number != turn.due:
                continue
            elif self._others.pop(turn.job.request_key, None) is not None and turn.order:
                yield from self._join(turn.order)
            elif self._stop is not None and turn.job.state is JobState.CLAIMED:
                for one in turn.together:
                    jobs.give_up(one.job, self._stop, self._desk)
                    del self._flying[one.job.request_key]
                    yield Outcome(request_key=one.job.request_key, error=self._stop)
            elif self._may_wait(turn):
                self._later(turn, self._pace.poll_s)
            else:
                self._send(turn)

    def _may_wait(self, turn: Turn) -> bool:
        """Tell whether older jobs end first: each question takes time from who makes them."""
        if not self._pace.is_in_turn or turn.tries or turn.job.state is not JobState.SUBMITTED:
            return False
        is_old = any(one is turn for one in self._front())
        return not is_old and time.monotonic() - turn.sent_at < REST_S

    def _ask_next(self) -> None:
        """Ask for the oldest jobs that nobody asks for: one before them has just ended."""
        if self._pace.is_in_turn:
            for turn in self._front():
                if not turn.is_out:
                    self._later(turn, 0.0)

    def _front(self) -> Iterator[Turn]:
        """Yield the oldest jobs that wait for nothing but their end, asked for now or not."""
        waiting = (
            turn
            for turn in self._flying.values()
            if turn.job.state is JobState.SUBMITTED and not turn.tries
        )
        return itertools.islice(waiting, FRONT)

    def _later(self, turn: Turn, seconds: float) -> None:
        if turn.job.request_key not in self._flying:
            self._others[turn.job.request_key] = turn
        self._push(turn, seconds)

    def _push(self, turn: Turn | Errand, seconds: float) -> None:
        number = next(self._count)
        if isinstance(turn, Turn):
            turn.due = number
        heapq.heappush(self._due, (time.monotonic() + seconds, number, turn))

    def _answered(self, asked: Turn) -> Iterator[Outcome]:
        turn, lost = asked.parted()
        for one in lost:
            yield from self._lost(one)
        if turn is None:
            return
        before, answer = turn.job, turn.answer
        assert answer is not None
        if isinstance(answer, Bug):
            yield self._dropped(turn, answer.cause)
            return
        if isinstance(answer, StorageError):
            raise answer  # what was fetched cannot be kept: the job stays, and can be resumed
        self._note(before, answer)
        together, answers = turn.advance(self._desk)
        for one, own in zip(together, answers, strict=True):
            progress = own.progress if isinstance(own, jobs.Pending) else None
            self._observe(Change(job=one.job, progress=progress))
            self._tell(one, own)
        if turn.followers:  # the POST was surely not sent: all of it is tried again
            assert isinstance(answer, PixelpipeError)
            yield from self._retry(turn, answer, before)
            return
        for one, own in zip(together, answers, strict=True):
            yield from self._go_on(one, own, before)

    def _dropped(self, turn: Turn, cause: Exception) -> Outcome:
        """Leave a job on which a bug of ours was met; the next run goes on with it.

        A bug while it was sent ends the run: nobody knows what was sent. So does what the machine
        lacks: it concerns every job.
        """
        if turn.job.state is JobState.CLAIMED or shortage(cause) is not None:
            raise cause
        del self._flying[turn.job.request_key]
        error = bug(cause)
        return Outcome(request_key=turn.job.request_key, job=turn.job, error=error, is_ours=True)

    def _go_on(self, turn: Turn, answer: jobs.Answer, before: Job) -> Iterator[Outcome]:
        if turn.job.state in _FINAL or isinstance(answer, AccountError):
            yield self._landed(turn, answer)
        elif isinstance(answer, PixelpipeError):
            yield from self._retry(turn, answer, before)
        else:
            turn.tries = 0
            self._later(turn, self._next_poll_s(turn, answer, before))

    def _next_poll_s(self, turn: Turn, answer: jobs.Answer, before: Job) -> float:
        if isinstance(answer, jobs.Found):
            return 0.0  # its name is known now, and nobody has looked at how it stands
        if turn.job.state is before.state:
            return self._pace.poll_s
        turn.posted_at = time.monotonic()
        turn.body = None  # pictures of all that is in flight would fill the memory
        return self._pace.first_poll_s(batches.place(turn.job))

    def _retry(self, turn: Turn, error: PixelpipeError, before: Job) -> Iterator[Outcome]:
        turn.tries += 1
        if turn.tries >= _TRIES:
            if before.state is JobState.CLAIMED:
                self._stop = self._stop or error
            for one in turn.together:
                one.job = jobs.give_up(one.job, error, self._desk)
                yield self._landed(one, error)
            return
        if turn.job.state is JobState.CLAIMED and turn.body is None and turn.order is not None:
            try:
                turn.body = turn.order.prepare()[1]
            except PixelpipeError as exc:
                turn.job = jobs.give_up(turn.job, exc, self._desk)
                yield self._landed(turn, exc)
                return
        self._later(turn, backoff_s(turn.tries, error))

    def _note(self, job: Job, answer: jobs.Answer) -> None:
        """Stop buying when the account is at fault, or when answers get lost repeatedly."""
        if isinstance(answer, AccountError):
            self._stop = self._stop or answer
        if job.state is not JobState.CLAIMED or not job.paid:
            return
        if isinstance(answer, UncertainError):
            self._doubts += 1
        elif not isinstance(answer, NotSentError):  # which says nothing about answers
            self._doubts = 0
        if self._doubts >= 2:
            self._stop = self._stop or UncertainError(
                "two purchases in a row were not answered; nothing more is bought in this run"
            )

    def _landed(self, turn: Turn, answer: jobs.Answer) -> Outcome:
        del self._flying[turn.job.request_key]
        self._ask_next()
        error = answer if isinstance(answer, PixelpipeError) else None
        notice = answer.notice if isinstance(answer, jobs.Fetched) else ""
        if isinstance(answer, jobs.Fetched) and turn.posted_at is not None:
            seconds = (time.monotonic() - turn.posted_at) / (turn.job.place + 1)
            self._pace.learn(Taken(seconds=seconds, polls=turn.job.polls))
        return Outcome(
            request_key=turn.job.request_key, job=turn.job, error=error, notice=notice, is_ours=True
        )

    def _is_lost(self, job: Job) -> bool:
        """Tell whether a purchase is known, but its bytes are in no store any more."""
        return job.state is JobState.BOUGHT and not self._desk.store.has(job.digest or "")

    def _is_old(self, job: Job, order: Order) -> bool:
        """Tell whether a free clip is to be made anew, and an older engine's is what there is."""
        if job.paid or job.state is not JobState.BOUGHT or not order.is_anew:
            return False
        record = self._desk.store.record(job.request_key, job.digest or "")
        return record is None or record.engine < ENGINE_VERSION

    # -- ending ---------------------------------------------------------------------------------

    def _drain(self) -> None:
        """End the workers, and every claim of this run: with its id, or surely not sent.

        Only a POST without an answer stays a claim, which the next run takes for doubt.
        """
        self._call_back()
        for _ in range(self._workers):
            self._tasks.put(None)
        claims = [turn for turn in self._flying.values() if turn.job.state is JobState.CLAIMED]
        self._await(claims)
        with suppress(StorageError):  # an interrupt may come between a claim and its turn
            claims += [Turn(j, None, None) for j in self._desk.ledger.claimed_here(self._flying)]
        for turn in claims:
            with suppress(StorageError):  # the ledger is full: the others deserve their try
                if turn.is_out and (turn.answer is None or isinstance(turn.answer, Bug)):
                    continue  # nobody knows what was sent
                if isinstance(turn.answer, jobs.Lost):
                    self._desk.ledger.follow(turn.job, None, now=self._desk.clock())
                    continue
                if turn.answer is not None:
                    turn.job = jobs.advance(turn.job, turn.answer, self._desk)
                if turn.job.state is JobState.CLAIMED:
                    jobs.give_up(turn.job, NotSentError("the run ended before"), self._desk)

    def _call_back(self) -> None:
        """Take turns back that no worker has begun."""
        with suppress(queue.Empty):
            while (turn := self._tasks.get_nowait()) is not None:
                for one in turn.together if isinstance(turn, Turn) else ():
                    one.is_out = False

    def _await(self, claims: Sequence[Turn]) -> None:
        """Wait for the answers of POSTs that are on their way, but not for ever."""
        ends = time.monotonic() + _LAST_ANSWER_S
        with suppress(queue.Empty):
            while any(turn.is_out and turn.answer is None for turn in claims):
                self._answers.get(timeout=max(0.0, ends - time.monotonic()))

    # -- hooks: what is done where several machines share a store -------------------------------

    def _unclaimed(
        self, prepared: list[Prepared], places: dict[str, Place]
    ) -> Generator[Outcome, None, list[Prepared]]:
        """Return what no other machine has claimed, with its place; see to the rest."""
        yield from ()
        return prepared

    def _fenced(self, job: Job, order: Order) -> Generator[Outcome, None, bool]:
        """Settle by the log what a dead process has claimed; tell whether that was done."""
        yield from ()
        return False

    def _place(self, job: Job) -> Place | None:
        """Return where a job is claimed in the store that this run looks at."""
        return None

    def _lost(self, turn: Turn) -> Iterator[Outcome]:
        """Leave a key to the machine that was quicker; nothing of ours was sent."""
        raise NotImplementedError

    def _tell(self, turn: Turn, answer: jobs.Answer) -> None:
        """Let the other machines know how a job stands now."""

    def _ran(self, errand: Errand) -> Iterator[Outcome]:
        """Act upon what an errand has found."""
        raise NotImplementedError

    def _is_waiting(self) -> bool:
        """Tell whether other machines are waited for."""
        return False
