"""Settle a doubt by the books, where they prove that nothing was billed; else a person does.

A job that arrived holds credits for ten minutes at most; then it was charged, or it never will be.
So the account is read before that and after it. When what is reserved, what is available and what
was billed are the same, and no credits are reserved for a job that nobody here knows, then nothing
was charged in between. A reading from before the purchase needs no more than that. One from after
it could have come later than the charge: then the bill must also hold nothing that is not booked
here. Whatever else has moved the account, as colleagues on a team's do, leaves it to a person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..core.errors import RefusedError
from ..core.model import Job, JobState, Reading, Record
from ..storage.ledger import Ledger
from . import books, evidence
from . import settle as settling

if TYPE_CHECKING:
    from .service.client import Service

#: A hold has surely lapsed; a little longer than what the service says.
LAPSED_S = evidence.HOLD_S + 10
_KNOWN = (JobState.SUBMITTED, JobState.DETACHED)


class Settled(Record, frozen=True, kw_only=True):
    """A purchase of which the books prove that it was not billed, and the two readings."""

    job: Job
    before: Reading
    after: Reading

    @property
    def sentence(self) -> str:
        """Say what was settled, and by what."""
        return f"{self.job.source} [{self.job.clip}]: {_proof(self.before, self.after)}"

    @property
    def document(self) -> dict[str, object]:
        """Return it for a report."""
        return {
            "source": self.job.source,
            "clip": self.job.clip,
            "request_key": self.job.request_key,
            "credits": self.job.credits_quoted,
            "proof": self.sentence,
            "before": self.before,
            "after": self.after,
        }


def note_doubt(service: Service, identity: str, ledger: Ledger, now: float) -> None:
    """Keep what the books say while there is doubt, to be compared when the holds have lapsed."""
    in_doubt = _doubts(ledger, identity)
    if not all(_has_lapsed(job, ledger, now) for job in in_doubt):
        since = min(job.claimed_at for job in in_doubt)
        ledger.note_balance(identity, books.read(service, since, now), now=now)


def is_due(identity: str, ledger: Ledger, now: float) -> bool:
    """Tell whether a doubt has become old enough to be settled by the books."""
    return any(_has_lapsed(job, ledger, now) for job in _doubts(ledger, identity))


def settle(service: Service, identity: str, ledger: Ledger, now: float) -> tuple[Settled, ...]:
    """Settle what the books prove by now. Raises PixelpipeError when they cannot be read."""
    in_doubt = _doubts(ledger, identity)
    due = [job for job in in_doubt if _has_lapsed(job, ledger, now)]
    if not due:
        return ()
    earliest = min(job.claimed_at for job in due)
    kept = ledger.readings(identity, earliest - evidence.LONGEST_RUN_S)
    days = {one.since for one in kept if one.since is not None}
    after = {day: books.read(service, day, now) for day in sorted(days)}
    found: dict[str, Settled] = {}
    for job in due:
        if job.request_key in found:
            continue
        proof = next(_proofs(job, kept, after, identity, ledger), None)
        if proof is not None:
            found |= {one.job.request_key: one for one in _lose(job, *proof, ledger, now)}
    return tuple(found.values())


def _doubts(ledger: Ledger, identity: str) -> list[Job]:
    return [job for job in settling.doubts(ledger) if job.service == identity]


def _sent(job: Job, ledger: Ledger) -> float:
    """Return when a job was sent at the latest."""
    return max(job.claimed_at, ledger.last_change(job.request_key))


def _has_lapsed(job: Job, ledger: Ledger, now: float) -> bool:
    return now >= _sent(job, ledger) + LAPSED_S


def _proofs(
    job: Job,
    kept: list[Reading],
    after: Mapping[float, Reading],
    identity: str,
    ledger: Ledger,
) -> Iterator[tuple[Reading, Reading]]:
    """Yield each pair of readings that proves that a job was not billed."""
    known = [one for one in ledger.unfinished() if one.service == identity]
    held = sum(one.credits_quoted for one in known if one.state in _KNOWN)
    for before in kept:
        now = after[before.since or 0.0]
        is_early = before.at < _sent(job, ledger) + evidence.HOLD_S
        if not is_early or not before.is_same(now) or now.reserved > held:
            continue
        booked = ledger.charges(before.since or 0.0, float("inf"), identity)
        if before.at <= job.claimed_at or booked == (now.credits_used, now.jobs_charged):
            yield before, now


def _lose(job: Job, before: Reading, after: Reading, ledger: Ledger, now: float) -> list[Settled]:
    reason = f"settled by the books: {_proof(before, after)}"
    try:
        lost = settling.lose(job, ledger, now, reason)
    except RefusedError:  # another process settles it at this moment
        return []
    return [Settled(job=one, before=before, after=after) for one in lost]


def _proof(before: Reading, after: Reading) -> str:
    """Say what proves it."""
    times = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.at)) for one in (before, after)]
    return (
        f"was not billed: {after.reserved} credits reserved, {after.available} available and "
        f"{after.credits_used} billed for {after.jobs_charged} jobs are the same at {times[0]} and "
        f"at {times[1]} UTC, before and after its hold had lapsed; it may be bought again"
    )
