"""Lay side by side what the service and our records know of a purchase in doubt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ..core.model import Balance, Job, JobState, Record
from ..storage.ledger import DAY_S, Ledger
from .polling import patiently

if TYPE_CHECKING:
    from .service.client import Service

#: The service's hold lapses after this time (vendor's introduction).
HOLD_S = 10 * 60.0
#: No run that is still at work noted its first reading longer ago than that.
LONGEST_RUN_S = DAY_S
_LONGEST_S = 365 * DAY_S
_KNOWN = (JobState.SUBMITTED, JobState.DETACHED)


class Account(Record, frozen=True, kw_only=True):
    """What the service says of the account: now, and billed since a day (UTC, seconds)."""

    service: str
    balance: Balance
    since: float
    credits_used: int
    jobs_charged: int


class Evidence(Record, frozen=True, kw_only=True):
    """What is known of one purchase in doubt. Credits; times are UTC seconds."""

    credits: int
    #: Of all clips that its POST asked for, and of all purchases in doubt at this service.
    asked_for: int
    doubtful: int
    claimed_at: float
    hold_lapses_at: float
    #: The account when the purchase was made, and now; None when it is not known.
    before: Balance | None
    now: Balance | None
    #: Held by jobs whose id we know.
    known_holds: int
    #: Billed by the service, and booked here, since the day of the purchase: credits, jobs.
    billed: tuple[int, int] | None
    booked: tuple[int, int]
    #: What all of this points to, in a sentence.
    reading: str


def ask(service: Service, identity: str, since: float, now: float) -> Account:
    """Ask the service for balance and billing since the day of `since`; both are free.

    The service answers for a year at most.
    """
    day = billing_day(since, now)
    totals = patiently(lambda: service.billing(start_date=date(day))).totals
    return Account(
        service=identity,
        balance=patiently(service.balance),
        since=day,
        credits_used=totals.credits_used,
        jobs_charged=totals.jobs_charged,
    )


def billing_day(since: float, now: float) -> float:
    """Return the first day of a bill that has `since` in it; a service answers for a year."""
    today = now // DAY_S * DAY_S
    return max(today - _LONGEST_S, min(today, since // DAY_S * DAY_S))


def together(job: Job, doubts: Sequence[Job]) -> tuple[Job, ...]:
    """Return the purchases in doubt that one POST asked for, `job` among them, by clip.

    That POST arrived or it did not: for all of them.
    """
    if not job.companions:
        return (job,)
    post = (job.service, job.source, job.claimed_at)
    found = [one for one in doubts if (one.service, one.source, one.claimed_at) == post]
    return tuple(sorted(found, key=lambda one: one.clip))


def gather(
    job: Job, doubts: Sequence[Job], ledger: Ledger, account: Account | None, now: float
) -> Evidence:
    """Return the evidence for `job`, one of all `doubts`; without an account, what we know."""
    own = account if account is not None and account.service == job.service else None
    known = [one for one in ledger.unfinished() if one.service == job.service]
    since = own.since if own else job.claimed_at // DAY_S * DAY_S
    found = Evidence(
        credits=job.credits_quoted,
        asked_for=sum(one.credits_quoted for one in together(job, doubts)),
        doubtful=sum(one.credits_quoted for one in doubts if one.service == job.service),
        claimed_at=job.claimed_at,
        hold_lapses_at=job.claimed_at + HOLD_S,
        before=ledger.balance_at(job.service, job.claimed_at),
        now=own.balance if own else None,
        known_holds=sum(one.credits_quoted for one in known if one.state in _KNOWN),
        billed=(own.credits_used, own.jobs_charged) if own else None,
        booked=ledger.charges(since, float("inf"), job.service),
        reading="",
    )
    return msgspec.structs.replace(found, reading=read(found, now))


def read(found: Evidence, now: float) -> str:
    """Say what the evidence points to. Other users of the account blur it."""
    if found.now is None or found.billed is None:
        return "the service was not asked: set its key and look again"
    is_held = now < found.hold_lapses_at
    unknown = max(0, found.now.reserved - found.known_holds) if is_held else 0
    more = max(0, found.billed[0] - found.booked[0])
    if more >= found.doubtful:
        return (
            f"{more} credits more were charged than are booked here: it was probably billed; "
            "`--bought ID` if you know the job's id, else `--charged`"
        )
    if more + unknown >= found.doubtful:
        return (
            f"{unknown} credits are reserved for no job that is known here: it probably arrived; "
            "look again when the hold has lapsed"
        )
    if more + unknown >= found.asked_for:
        return (
            f"{more + unknown} of the {found.doubtful} credits in doubt were charged or reserved, "
            "for nobody knows which: `--bought ID` where you know the job's id, then `--charged` "
            "for as much, and `--lost` for the rest"
        )
    if is_held:
        return "nothing is reserved for it: it probably never arrived; sure when the hold lapses"
    return "the hold has lapsed and nothing more was charged: not billed; `--lost`"


def date(seconds: float) -> str:
    """Return a day as the service writes it."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
