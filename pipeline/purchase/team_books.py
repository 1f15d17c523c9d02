"""Keep this machine's ledger and the shared log in agreement: pay what is owed, follow decisions.

A dead process's claim is fenced: the log then proves that nothing was sent, or that it may have
been. A doubt follows what a person on any machine has decided. All of it may be done again.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..core.model import FailureClass, Job, JobState
from ..storage.ledger import Ledger, Place
from ..storage.shared.claim_log import Entry, Head, State
from ..storage.shared.store import Unreachable
from ..storage.store import Store
from .errands import Wait
from .team import Team

_DIED = "the process that was sending it died: it may have been billed"
_NOT_BILLED = "settled by hand: not billed"


class TeamBooks:
    """The ledger beside the shared log. Owned by the thread that owns the ledger."""

    def __init__(
        self, ledger: Ledger, team: Team, local: Store, clock: Callable[[], float]
    ) -> None:
        """Borrow all of them; what is brought home is kept in `local`."""
        self._ledger = ledger
        self._team = team
        self._local = local
        self._clock = clock

    def agree(self) -> str:
        """Pay what is owed and follow the log, before anything is planned.

        Returns why that was not possible, "" when it was: the rest is left for a later run.
        """
        try:
            self._follow_all()
        except Unreachable as exc:
            self._team.trouble = self._team.trouble or str(exc)
        else:
            self.pay()
        return self._team.trouble

    def pay(self) -> None:
        """Tell the log what it was not told, until the store does not answer."""
        owed = self._ledger.owed(self._team.url)
        for job in self._ledger.jobs(owed):
            place = owed[job.request_key]
            if self._team.tell(job, place, self._local) is None:
                return
            self._ledger.note_told(job.request_key, place.nonce, job.state)

    def look(self, request_key: str) -> Head:
        """Return the end of a key's log, which says first what it is owed about that key.

        Raises Unreachable.
        """
        place = self._ledger.place(request_key)
        if place is not None and place.store == self._team.url:
            for job in self._ledger.jobs([request_key]):
                if job.state is not JobState.CLAIMED and job.state != place.told:
                    self._team.insist(job, place, self._local)
                    self._ledger.note_told(request_key, place.nonce, job.state)
        return self._team.look(request_key)

    def place(self, job: Job) -> Place | None:
        """Return where a job is claimed in this store, or None."""
        place = self._ledger.place(job.request_key)
        return place if place is not None and self._is_of(place, job) else None

    def fence(self, job: Job, place: Place) -> None:
        """Settle by the log what nobody is at, a claim or a doubt: it goes, or follows the log.

        Raises Unreachable; then nothing has changed.
        """
        found = self._team.fence(job, place)
        after = None
        if found is not None and (_is_about(found.entry, place) or found.number > place.number):
            after = self._logged(job, place, found) or msgspec.structs.replace(
                job, state=JobState.UNCONFIRMED, reason=job.reason or _DIED
            )
        if after != job:
            self._ledger.follow(job, after, now=self._clock())

    def saw(self, wait: Wait) -> None:
        """Note since when the end of a log is seen as it is: a person may settle it by that."""
        self._ledger.first_seen(
            self._team.url, wait.job.request_key, wait.head.number, now=self._clock()
        )

    def take_up(self, wait: Wait) -> tuple[Job, Place] | None:
        """Go on here with what another machine has sent; None if this one has a job for it."""
        entry = wait.head.entry
        assert entry is not None
        # What is bought already is met as such when the result is told: its price is booked there.
        number = wait.head.number - (entry.state is State.BOUGHT)
        place = Place(
            store=self._team.url,
            number=number,
            nonce=entry.nonce,
            told=JobState.SUBMITTED,
        )
        now = self._clock()
        taken = self._ledger.take_up(wait.taken_up(entry, now), place, now=now)
        return None if taken is None else (taken, place)

    # -- inside ---------------------------------------------------------------------------------

    def _is_of(self, place: Place, job: Job) -> bool:
        """Tell whether a claim in this store is that of a job, and not of one that failed before:
        the release before this one claims without a place."""
        is_over = place.told == JobState.FAILED and job.state is not JobState.FAILED
        return place.store == self._team.url and not is_over

    def _follow_all(self) -> None:
        places = self._ledger.places(self._team.url)
        for job in self._ledger.unfinished() if places else ():
            place = places.get(job.request_key)
            is_held = self._ledger.is_alive(job.holder)
            if place is None or is_held or not self._is_of(place, job):
                continue
            if job.state in (JobState.CLAIMED, JobState.UNCONFIRMED):
                self.fence(job, place)

    def _logged(self, job: Job, place: Place, head: Head) -> Job | None:
        """Return a job in doubt as the log has it decided; None if it is undecided.

        Raises Unreachable.
        """
        entry = head.entry
        if entry is None:
            return None
        if not _is_about(entry, place):  # bought anew: somebody had settled that ours was lost
            return _lost(job, _NOT_BILLED)
        match entry.state:
            case State.FREE:
                return _lost(job, entry.reason or _NOT_BILLED)
            case State.SUBMITTED:
                return _submitted(job, entry, self._clock())
            case State.CHARGED:
                return _charged(job, entry, self._clock())
            case State.BOUGHT:
                return self._found(job, entry, head)
        return None

    def _found(self, job: Job, entry: Entry, head: Head) -> Job | None:
        """Return a job whose result another machine has found; the price is booked there."""
        record = self._team.bring(head, job.request_key)
        if record is None:
            return _submitted(job, entry, self._clock()) if entry.remote_id else None
        return msgspec.structs.replace(
            job, state=JobState.BOUGHT, digest=record.digest, reason="", settled_at=self._clock()
        )


def _is_about(entry: Entry | None, place: Place) -> bool:
    """Tell whether an entry is about a purchase; one that cannot be read may be."""
    return entry is not None and entry.nonce in (place.nonce, "")


def _lost(job: Job, reason: str) -> Job:
    transient = FailureClass.TRANSIENT
    return msgspec.structs.replace(job, state=JobState.FAILED, failure=transient, reason=reason)


def _submitted(job: Job, entry: Entry, now: float) -> Job:
    return msgspec.structs.replace(
        job,
        state=JobState.SUBMITTED,
        remote_id=entry.remote_id,
        submitted_at=now,
        reason="",
    )


def _charged(job: Job, entry: Entry, now: float) -> Job:
    return msgspec.structs.replace(
        job,
        state=JobState.CHARGED,
        credits_charged=job.credits_quoted,
        reason=entry.reason,
        settled_at=now,
    )
