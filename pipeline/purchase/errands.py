"""What a run asks the shared store beside its own jobs: telling how they went, waiting for others.

Errands run in the scheduler's workers, as turns do; what they find is acted upon by its thread.
"""

from __future__ import annotations

import time
from enum import Enum

import msgspec

from ..core.errors import PixelpipeError, UnavailableError, UncertainError
from ..core.model import Job, JobState
from ..storage.ledger import Place
from ..storage.shared.claim_log import Entry, Head, State
from ..storage.store import Bought, is_possible
from . import batches
from .jobs import Desk, Order, Outcome
from .team import Team, buyer
from .turns import Errand

_DOUBTS = (
    "asked for it, and it may have been billed: see `pixelpipe jobs`, and settle it there or here"
)


class Next(Enum):
    """What a wait leads to."""

    WAIT = "look again later"
    LOOK = "bring home what was bought"
    BUY = "nobody has it any more"
    FETCH = "go on with what was sent elsewhere"


#: Seconds between looks at what others do: longer each time.
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.25, 10.0


class Telling(Errand):
    """Tell the shared log how a job stands."""

    def __init__(self, job: Job, place: Place) -> None:
        """Nothing is told yet."""
        super().__init__()
        self.job = job
        self.place = place
        self.is_told = False

    def ask(self, desk: Desk) -> None:
        """Do it, in a worker."""
        assert desk.team is not None
        self.is_told = desk.team.tell(self.job, self.place, desk.store) is not None


class Wait(Errand):
    """Look again and again at a clip that another machine is buying."""

    def __init__(self, order: Order, job: Job) -> None:
        """Begin now; `job` is what this machine would have bought."""
        super().__init__()
        self.order = order
        self.job = job
        self.head = Head()
        #: What was brought home, once it is bought.
        self.bought: Bought | None = None
        #: The service says that it has ended, and nobody has told the log for a while.
        self.is_left = False
        #: What was looked for at home is known by now.
        self.has_looked = False
        self.failures = 0
        self._since = time.monotonic()
        self._looks = 0
        self._told = -1

    def note(self, head: Head) -> bool:
        """Take note of the log's end; tells whether it has changed."""
        if head.number == self.head.number:
            return False
        self.head, self._since, self._looks = head, time.monotonic(), 0
        return True

    @property
    def unchanged_s(self) -> float:
        """For how long nothing has changed, by a clock that nobody sets."""
        return time.monotonic() - self._since

    def next_look_s(self) -> float:
        """Return when to look again."""
        self._looks += 1
        return float(min(_LONGEST_LOOK_S, _FIRST_LOOK_S * 1.5**self._looks))

    def ask(self, desk: Desk) -> None:
        """Look once more; fetch what has been bought, and see whether a buyer has gone."""
        assert desk.team is not None
        try:
            self._ask(desk, desk.team)
            self.answer, self.failures = None, 0
        except PixelpipeError as exc:
            self.answer = exc

    def _ask(self, desk: Desk, team: Team) -> None:
        head = team.look(self.job.request_key)
        is_changed = self.note(head)
        entry = head.entry
        if entry is None:
            return
        if entry.state is State.BOUGHT:
            self.bought = team.bring(head, self.job.request_key)
            self.has_looked = True
        elif entry.state is State.SUBMITTED and not is_changed:
            self.is_left = self.unchanged_s >= team.fetching_s and self._has_ended(entry, desk)

    def _has_ended(self, entry: Entry, desk: Desk) -> bool:
        """Tell whether the service shows us that job, at its end; with another key it does not."""
        sent = self.taken_up(entry, time.time())
        try:
            status = batches.status(sent, desk.service)
        except PixelpipeError:
            return False
        return status.is_success or status.is_failure

    def taken_up(self, entry: Entry, now: float) -> Job:
        """Return the job as it goes on here: as it was sent there, if the log can say so."""
        sent = entry.resolved
        if sent is None or sent.request_key != self.job.request_key or not is_possible(sent):
            sent = self.job.resolved
        return msgspec.structs.replace(
            self.job,
            state=JobState.SUBMITTED,
            remote_id=entry.remote_id,
            submitted_at=now,
            resolved=sent,
        )

    # -- what to do about it --------------------------------------------------------------------

    def next(self, team: Team) -> Next | Outcome:
        """Say what is to be done now; an Outcome when there is nothing left to wait for."""
        entry = self.head.entry
        if entry is None or self.head.is_free:
            return Next.BUY
        match entry.state:
            case State.BOUGHT:
                return self._bought(entry)
            case State.CHARGED:
                return self._ends(
                    UnavailableError(
                        f"was billed to {_name(entry)}, and its result cannot be had: `pixelpipe "
                        "reroll` buys another take"
                    )
                )
            case State.DOUBT:
                return self._ends(UncertainError(f"{_name(entry)} {_DOUBTS}"))
        if self.is_left:
            return Next.FETCH
        if self.unchanged_s >= team.patience_s:
            minutes = team.patience_s / 60
            return self._ends(
                UncertainError(
                    f"nothing has changed for {minutes:.0f} minutes at {buyer(entry)}: it may have "
                    "been billed; see `pixelpipe jobs`"
                )
            )
        return Next.WAIT

    def _bought(self, entry: Entry) -> Next | Outcome:
        if not self.has_looked:
            return Next.LOOK
        if self.bought is None:
            if entry.remote_id:  # never bought again: its id leads to it
                return Next.FETCH
            return self._ends(
                UnavailableError(
                    f"was bought by {_name(entry)}, and its bytes are not in the shared store"
                )
            )
        found = self.bought
        job = msgspec.structs.replace(
            self.job, state=JobState.BOUGHT, digest=found.digest, resolved=found.resolved
        )
        return Outcome(request_key=job.request_key, job=job)

    def _ends(self, error: PixelpipeError) -> Outcome:
        return Outcome(request_key=self.job.request_key, error=error)

    def news(self) -> str:
        """Return whom it waits for, when the log says something new."""
        if self.head.entry is None or self.head.number == self._told:
            return ""
        self._told = self.head.number
        return buyer(self.head.entry)

    def gone(self, cause: PixelpipeError) -> Outcome:
        """Give up, because the shared store stopped answering."""
        whom = buyer(self.head.entry) if self.head.entry else "another machine"
        return self._ends(UnavailableError(f"{cause}; it was waiting for {whom}"))


def _name(entry: Entry) -> str:
    return entry.label or entry.machine[:8] or "another machine"
