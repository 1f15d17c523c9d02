"""Settle by hand what a run cannot: look at the evidence, decide, and make it durable.

A purchase that was sent and never answered is not sent again: the service has no idempotency key
and no list of jobs. What can be known is laid side by side here, and a person decides, unless the
books prove that nothing was billed (`proof`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from ..config.workspace import Workspace
from ..core.errors import (
    JobFailedError,
    PixelpipeError,
    RefusedError,
    RequestRefusedError,
    UncertainError,
    UsageError,
)
from ..core.model import FailureClass, Job, JobState, Record
from ..storage.ledger import Ledger
from ..storage.store import Store
from . import batches, evidence, jobs, orders
from .evidence import Evidence
from .jobs import Change, Desk, Fetched, Order, Pending
from .polling import patiently
from .scheduler import Scheduler

if TYPE_CHECKING:
    from .service.client import Service

#: Fewer hex digits of a key are more likely a slip than a choice.
_SHORTEST_KEY = 4
_ENDING = (JobState.DETACHED, JobState.UNCONFIRMED)


class Entry(Record, frozen=True, kw_only=True):
    """A job that is not simply bought: in flight, detached, unconfirmed or failed."""

    job: Job
    #: As a person should read it: the claim of a dead process is unconfirmed.
    state: JobState
    evidence: Evidence | None = None
    #: The clips in doubt that its POST asked for, its own among them.
    together: tuple[str, ...] = ()


def entries(ledger: Ledger, account: evidence.Account | None, now: float) -> tuple[Entry, ...]:
    """Return all jobs that are open or failed, oldest first, with evidence for each doubt."""
    in_doubt = doubts(ledger)
    found = []
    for job in (*ledger.unfinished(), *ledger.failed()):
        state = standing(job, ledger)
        if state is JobState.UNCONFIRMED:
            seen = evidence.gather(job, in_doubt, ledger, account, now)
            clips = tuple(one.clip for one in evidence.together(job, in_doubt))
            found.append(Entry(job=job, state=state, evidence=seen, together=clips))
        elif state is not None:
            found.append(Entry(job=job, state=state))
    return tuple(found)


def doubts(ledger: Ledger) -> tuple[Job, ...]:
    """Return the purchases of which nobody knows whether they were billed, oldest first."""
    found = ledger.unfinished()
    return tuple(job for job in found if standing(job, ledger) is JobState.UNCONFIRMED)


def standing(job: Job, ledger: Ledger) -> JobState | None:
    """Return where a job stands for a person; None when there is nothing to be done or seen."""
    if job.state is JobState.CHARGED:
        return None
    if job.state is JobState.CLAIMED and not ledger.is_alive(job.holder):
        return JobState.UNCONFIRMED if job.paid else None
    return job.state


def find(ledger: Ledger, start: str) -> Job:
    """Return the one job whose request key begins with `start`.

    Raises UsageError when there is none, or more than one.
    """
    start = start.lower()
    found = ledger.named(start) if len(start) >= _SHORTEST_KEY else []
    if not found:
        raise UsageError(f"no job's key begins with {start!r}; `pixelpipe jobs` lists them")
    if len(found) > 1:
        raise UsageError(f"{len(found)} jobs' keys begin with {start!r}; write more of it")
    return found[0]


# -- doubt --------------------------------------------------------------------------------------


def lose(
    job: Job, ledger: Ledger, now: float, reason: str = "settled by hand: not billed"
) -> tuple[Job, ...]:
    """Settle that a POST was not billed: what it asked for may be bought again, all of it."""
    mine = [_mine(one, ledger, now) for one in evidence.together(job, doubts(ledger)) or (job,)]
    # Without a time of settling, which would say that the service refused it as one of a batch.
    changes = {
        "state": JobState.FAILED,
        "failure": FailureClass.TRANSIENT,
        "reason": reason,
    }
    settled = tuple(msgspec.structs.replace(one, **changes) for one in mine)
    ledger.record_all(settled, now=now)
    return settled


def charge(job: Job, ledger: Ledger, now: float) -> Job:
    """Settle that a purchase was billed and its result cannot be had: the price is booked.

    Buying it again is the next take.
    """
    mine = _mine(job, ledger, now)
    settled = msgspec.structs.replace(
        mine,
        state=JobState.CHARGED,
        credits_charged=mine.credits_quoted,
        reason="settled by hand: billed, and the result cannot be had",
        settled_at=now,
    )
    return ledger.record(settled, now=now)


def adopt(job: Job, remote_id: str, desk: Desk) -> Job:
    """Settle that a purchase is the service's job `remote_id`: fetched, checked, stored, booked.

    A job that still runs there is taken up by the next build. One that was said to be lost, and was
    not bought again, may be found after all. Raises UsageError for the id of
    another job, and what the service or the download says; then nothing has changed.
    """
    other = desk.ledger.with_remote_id(remote_id, job.service)
    if other is not None and other.request_key != job.request_key:
        raise UsageError(f"{remote_id} is the job of {other.source} [{other.clip}]")
    seen = patiently(lambda: desk.service.job(remote_id)).inputs
    if seen is not None and isinstance(seen.seed, int) and seen.seed != job.resolved.seed:
        raise UsageError(f"{remote_id} was asked for with seed {seen.seed}: it is not {_name(job)}")
    now = desk.clock()
    claimed = msgspec.structs.replace(
        job, state=JobState.SUBMITTED, remote_id=remote_id, submitted_at=now
    )
    answer = patiently(lambda: _answer(claimed, desk))
    mine = _mine(job, desk.ledger, now, ending=(*_ENDING, JobState.FAILED))
    taken = msgspec.structs.replace(claimed, holder=mine.holder)
    if isinstance(answer, Pending):
        return desk.ledger.record(taken, now=now)
    return jobs.advance(taken, answer, desk)


def _answer(job: Job, desk: Desk) -> Fetched | Pending | JobFailedError:
    """Ask how a job stands, and fetch what it has made; raises what is no answer to that."""
    answer = jobs.ask(job, None, desk)
    if not isinstance(answer, Fetched | Pending | JobFailedError):
        assert isinstance(answer, PixelpipeError)
        raise answer
    return answer


def _mine(job: Job, ledger: Ledger, now: float, *, ending: Sequence[JobState] = _ENDING) -> Job:
    """Take a job that a person may settle, against everybody else who would change it."""
    is_held = job.state in (JobState.CLAIMED, JobState.SUBMITTED)
    if is_held and ledger.is_alive(job.holder):
        raise RefusedError(f"{_name(job)}: another process is at it; end that first")
    if not is_held and job.state not in ending:
        raise UsageError(f"{_name(job)}: is {job.state}; there is nothing to settle")
    mine = ledger.take_over(job, now=now)
    if mine is None:
        raise RefusedError(f"{_name(job)}: has changed in this moment; look again")
    return mine


# -- ends ---------------------------------------------------------------------------------------


def cancel(job: Job, workspace: Workspace, service: Service, ledger: Ledger) -> Job:
    """Ask the service to end a job, and follow it to its end: that may still be a result.

    Raises UsageError for a job that has no id, NotSentError when the service is not reached.
    """
    if job.remote_id is None or job.state not in (JobState.SUBMITTED, JobState.DETACHED):
        raise UsageError(f"{_name(job)}: is {job.state}; only a job that runs can be cancelled")
    desk = Desk(service, ledger, Store(workspace.state / "bought"), time.time)
    # It may have ended, or the answer gets lost: polling tells.
    with suppress(UncertainError, RequestRefusedError):
        own = patiently(lambda: batches.own_id(job, service))
        patiently(lambda: service.cancel(own))
    pace = orders.pace(workspace, service, ledger)
    scheduler = Scheduler(desk, pace, _ignore, threading.Event())
    order = Order(request_key=job.request_key, prepare=_never)
    for _ in scheduler.run([], [order]):
        pass
    return ledger.jobs([job.request_key])[0]


def retry(found: Sequence[Job], ledger: Ledger, now: float) -> tuple[Job, ...]:
    """Forget that these jobs failed for good: the next build may try them again."""
    failed = [job for job in found if is_final(job)]
    return tuple(
        ledger.record(msgspec.structs.replace(job, failure=FailureClass.TRANSIENT), now=now)
        for job in failed
    )


def is_final(job: Job) -> bool:
    """Tell whether a job failed in a way that is not tried again unchanged."""
    return job.state is JobState.FAILED and job.failure is FailureClass.PERMANENT


def _name(job: Job) -> str:
    return f"{job.request_key[:12]} ({job.source} [{job.clip}])"


def _ignore(_: Change) -> None:
    pass


def _never() -> tuple[Job, dict[str, object]]:
    raise RefusedError("a job that is being cancelled is not sent again")
