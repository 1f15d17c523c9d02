"""One paid job, one durable step at a time.

    NEW -> CLAIMED -> SUBMITTED(remote id) -> BOUGHT(digest)
              |             |-> FAILED(reason)      the service said failure, or refused
              |             |-> DETACHED            our deadline passed; resumable by id
              '-> UNCONFIRMED                       sent, not properly answered: a person decides

Claim before POST; remote id before the first poll; bought bytes before the ledger row that names
them. `ask` talks to the network and runs in worker threads; `advance` writes to the ledger and
runs in the one thread that owns it. `scheduler` lets many jobs take turns.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..core.errors import (
    AccountError,
    AssetError,
    JobFailedError,
    NotSentError,
    PixelpipeError,
    RequestRefusedError,
    UnavailableError,
    UncertainError,
)
from ..core.model import FailureClass, Job, JobState, Record
from ..core.version import __version__
from ..storage.ledger import Ledger, Place
from ..storage.store import Bought, Store
from . import batches, download

if TYPE_CHECKING:
    from ..storage.shared.claim_log import Head
    from .service.client import Service
    from .team import Team

_log = logging.getLogger(__name__)

Clock = Callable[[], float]

#: Longer than the service's hold of ten minutes.
DEADLINE_S = 12 * 60.0
#: The clips of a batch are made one after another.
_COMPANION_S = 90.0
#: A job that was just submitted may be unknown for a moment.
_UNKNOWN_S = 60.0


class Desk:
    """What every step of a job needs: the service, the two places of record, and the time."""

    def __init__(
        self,
        service: Service,
        ledger: Ledger,
        store: Store,
        clock: Clock,
        *,
        day_budget: int | None = None,
        team: Team | None = None,
    ) -> None:
        """Borrow all of them; `clock` gives UTC seconds. The caller closes them.

        `day_budget` is the most that all runs of a day together may claim, in credits. With a
        `team`, purchases are claimed among its machines.
        """
        self.service = service
        self.ledger = ledger
        self.store = store
        self.clock = clock
        self.day_budget = day_budget
        self.team = team


class Order(Record, frozen=True, kw_only=True, gc=False):
    """A job to buy. `prepare` resolves the request now, and gives the body to send."""

    request_key: str
    prepare: Callable[[], tuple[Job, dict[str, object]]]
    #: Whose budget it counts against, and its price.
    rule: str = ""
    credits: int = 0
    #: Orders that follow each other with the same word here are bought by one POST.
    batch: str = ""
    #: Make it again although it was made, when an older engine made it. Free clips only.
    is_anew: bool = False


class Outcome(Record, frozen=True, kw_only=True):
    """How a request key ended in this run; `job` is None when nothing was claimed."""

    request_key: str
    job: Job | None = None
    error: PixelpipeError | None = None
    notice: str = ""
    #: This run made it, and answers for its price; another process may have.
    is_ours: bool = False


class Change(Record, frozen=True, kw_only=True):
    """A job moved on; for progress displays."""

    job: Job
    progress: float | None = None
    #: The other machine that is buying it, for a person; "" for none.
    waits_for: str = ""


class Submitted(Record, frozen=True, kw_only=True):
    """The service took the job under this id."""

    remote_id: str


class Pending(Record, frozen=True, kw_only=True):
    """The job is not finished; progress is 0..1 when the service says so."""

    progress: float | None = None
    #: What the service says of it, when that is no word of its contract.
    word: str = ""


class Fetched(Record, frozen=True, kw_only=True):
    """The result is in the store under `digest`."""

    digest: str
    #: To be booked here: nothing where another machine has done that.
    credits_charged: int
    notice: str = ""
    #: The shared log, where there is one, says so too.
    is_told: bool = False


class Lost(Record, frozen=True, kw_only=True):
    """Another machine has the key: nothing was sent. Its log ends so."""

    head: Head


class UnclaimedError(NotSentError):
    """The other machines could not be told of a purchase, so that nothing was sent."""


class Found(Record, frozen=True, kw_only=True):
    """A job of a batch has an id of its own now."""

    remote_id: str


Answer = Submitted | Found | Pending | Fetched | Lost | PixelpipeError
Body = dict[str, object]


def ask(job: Job, body: Body | None, desk: Desk, place: Place | None = None) -> Answer:
    """Do the network's part of the next step; errors are answers too.

    A claimed job is posted with `body`; any other is polled and, when it has succeeded,
    downloaded, checked and stored, and told where it is claimed, its `place` in a shared store.
    """
    try:
        if job.state is JobState.CLAIMED:
            return Submitted(remote_id=desk.service.animate(body or {}))
        status = batches.status(job, desk.service)
        if status.api_job_id and batches.is_place(job):
            return Found(remote_id=status.api_job_id)
        if status.is_failure:
            return JobFailedError(status.message or f"the service ended the job: {status.status}")
        if not status.is_success:
            strange = status.status if status.is_strange else ""
            if strange and job.polls <= 1:
                _log.warning("%s [%s]: the service says %r of it", job.source, job.clip, strange)
            return Pending(progress=status.progress, word=strange)
        bought, notice = download.fetch(job, status, desk.service, desk.store)
        said, is_elsewhere = None, False
        if place is not None and desk.team is not None:
            made = msgspec.structs.replace(job, state=JobState.BOUGHT, digest=bought.digest)
            said = desk.team.tell(made, place, desk.store)
            is_elsewhere = said is not None and desk.team.is_booked_elsewhere(said)
        return Fetched(
            digest=bought.digest,
            credits_charged=0 if is_elsewhere else bought.credits_charged,
            notice=notice,
            is_told=said is not None,
        )
    except PixelpipeError as error:
        return error


def ask_together(bodies: Sequence[Body], desk: Desk) -> list[Answer]:
    """Buy several clips with one POST: an answer for each of them, in order."""
    try:
        batch = desk.service.animate_batch(bodies)
    except PixelpipeError as error:
        return [error] * len(bodies)
    return [Submitted(remote_id=batches.name(batch, place)) for place in range(len(bodies))]


def advance(job: Job, answer: Answer, desk: Desk) -> Job:
    """Take the step that `answer` allows, and make it durable before returning the job."""
    return advance_all([job], [answer], desk)[0]


def advance_all(found: Sequence[Job], answers: Sequence[Answer], desk: Desk) -> list[Job]:
    """Take the steps that `answers` allow, all or none, durable before returning the jobs."""
    now = desk.clock()
    after = [_stepped(job, answer, now) for job, answer in zip(found, answers, strict=True)]
    changed = [new for new, old in zip(after, found, strict=True) if new is not old]
    if changed:
        desk.ledger.record_all(changed, now=now)
    return after


def _stepped(job: Job, answer: Answer, now: float) -> Job:
    changes: dict[str, object]
    match answer:
        case Lost():
            return job
        case Submitted(remote_id=remote_id):
            changes = {"state": JobState.SUBMITTED, "remote_id": remote_id, "submitted_at": now}
        case Found(remote_id=remote_id):
            changes = {"remote_id": remote_id, "place": batches.place(job)}
        case Fetched(digest=digest, credits_charged=charged):
            changes = {
                "state": JobState.BOUGHT,
                "digest": digest,
                "credits_charged": charged,
                "settled_at": now,
                "reason": "",
            }
        case Pending() if not _is_late(job, now):
            return job
        case Pending(word=word):
            last = f" (its last word was {word!r})" if word else ""
            reason = f"the service did not finish it in time{last}; it is fetched when it does"
            changes = {"state": JobState.DETACHED, "reason": reason}
        case PixelpipeError():
            changes = _after(job, answer, now)
    return msgspec.structs.replace(job, **changes) if changes else job


def _after(job: Job, error: PixelpipeError, now: float) -> dict[str, object]:
    """Return what an error changes in a job; nothing when the same step may be tried again."""
    if job.state is JobState.CLAIMED:
        return _after_post(job, error, now)
    match error:
        case JobFailedError():
            return _refused(job, error, now)
        case RequestRefusedError() if not job.paid:
            # The built-in engine that made it has ended; nothing is at stake, ask the next one.
            return {"state": JobState.CLAIMED, "remote_id": None, "submitted_at": None}
        case RequestRefusedError() | AssetError() if now - (job.submitted_at or 0) > _UNKNOWN_S:
            return {"state": JobState.DETACHED, "reason": str(error)}
        case UnavailableError() | RequestRefusedError() | AssetError() if _is_late(job, now):
            return {"state": JobState.DETACHED, "reason": str(error)}
    return {}


def _refused(job: Job, error: PixelpipeError, now: float) -> dict[str, object]:
    """Return what the service's word against a job changes: it stands until something differs.

    A clip of a batch may have failed for the batch's sake: it is tried again, alone.
    """
    kind = FailureClass.TRANSIENT if job.companions else FailureClass.PERMANENT
    return _failed(kind, error) | {"settled_at": now}


def _after_post(job: Job, error: PixelpipeError, now: float) -> dict[str, object]:
    match error:
        case UncertainError() if job.paid:
            return {"state": JobState.UNCONFIRMED, "reason": str(error)}
        case UncertainError():
            return _failed(FailureClass.TRANSIENT, error)
        case AccountError():
            return _failed(FailureClass.ACCOUNT, error)
        case RequestRefusedError():
            return _refused(job, error, now)
        case UnclaimedError():
            return _failed(FailureClass.TRANSIENT, error)
        case UnavailableError():  # surely not sent, or surely refused for now: NotSent, 429
            return {}
    return _failed(FailureClass.TRANSIENT, error)


def settle(request_key: str, bought: Bought, ledger: Ledger, now: float) -> None:
    """Book a job whose result is in the store already: its run died before it could.

    Unless that is done by now: the run may be another one, and alive. Its price is booked by the
    id that the job has now; by that of its batch, which it had before, it would be booked twice.
    """
    changes = {"digest": bought.digest, "credits_charged": bought.credits_charged, "reason": ""}

    def booked(job: Job) -> Job | None:
        if job.state is JobState.BOUGHT and job.digest == bought.digest:
            return None
        return msgspec.structs.replace(job, state=JobState.BOUGHT, settled_at=now, **changes)

    ledger.amend(request_key, booked, now=now)


def reopen(job: Job, desk: Desk) -> Job:
    """Let a purchase whose bytes are lost be fetched again by its id; never bought again.

    What the built-in engine made costs nothing, and that engine is gone: it is asked anew.
    """
    state = JobState.SUBMITTED if job.paid else JobState.CLAIMED
    again = msgspec.structs.replace(
        job, state=state, digest=None, remote_id=job.remote_id if job.paid else None
    )
    return desk.ledger.record(again, now=desk.clock())


def give_up(job: Job, error: PixelpipeError, desk: Desk) -> Job:
    """Stop trying: release a claim that was surely never sent, detach a job that was."""
    if job.state is JobState.CLAIMED:
        changes = _failed(FailureClass.TRANSIENT, error)
    else:
        changes = {"state": JobState.DETACHED, "reason": str(error)}
    return desk.ledger.record(msgspec.structs.replace(job, **changes), now=desk.clock())


def _failed(kind: FailureClass, error: PixelpipeError) -> dict[str, object]:
    return {
        "state": JobState.FAILED,
        "failure": kind,
        "reason": str(error),
        "tool": __version__,
    }


def _is_late(job: Job, now: float) -> bool:
    deadline_s = DEADLINE_S + job.companions * _COMPANION_S
    return job.submitted_at is not None and now - job.submitted_at > deadline_s
