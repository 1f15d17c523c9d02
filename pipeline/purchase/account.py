"""What the service says about credits, beside what our own records say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..config import consent, stated_settings, workspace
from ..config.project_settings import ServiceChoice
from ..config.workspace import Workspace
from ..core.errors import ConfigError
from ..core.model import Balance, JobState, Record
from ..storage import files
from ..storage.ledger import DAY_S, Ledger

if TYPE_CHECKING:
    from .service.answers import Totals

#: Dollars of one credit of each pool, about (vendor's introduction).
MONTHLY_DOLLARS, PURCHASED_DOLLARS = 1 / 200, 1 / 100
DAYS = 30
#: A job in one of these states may hold credits of the account.
_HOLDING = (JobState.CLAIMED, JobState.SUBMITTED, JobState.DETACHED, JobState.UNCONFIRMED)


class Records(Record, frozen=True, kw_only=True):
    """Our own figures for one service, in credits: of this user, on this computer."""

    #: Charged in the last 30 days.
    charged: int = 0
    #: Held by jobs that have not ended, and how many those are.
    held: int = 0
    open_jobs: int = 0
    #: Those of them of which nobody knows whether they were billed.
    unconfirmed: int = 0


def open(start: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Workspace:
    """Read a project's settings; outside of every project, those of the environment.

    Raises ConfigError with file and line.
    """
    try:
        files.find(start)
    except ConfigError:
        settings = stated_settings.resolve(None, environment, flags)
        root, state = start.absolute(), workspace.state_folder(settings, environment)
        service, key_refusal = consent.service(settings, root, state, environment)
        return Workspace(
            root=root,
            settings=settings,
            rules=(),
            service=service,
            state=state,
            key_refusal=key_refusal,
            inputs=(),
        )
    return workspace.open(start, environment, flags)


def records(state: Path, service: ServiceChoice, now: float) -> Records:
    """Sum up the ledger; there is none before the first build, and none is made.

    Raises StorageError or ConfigError for a ledger that cannot be read.
    """
    if not (state / "ledger.sqlite").exists():
        return Records()
    with Ledger(state, now=now, durable=False) as ledger:
        unfinished = [job for job in ledger.unfinished() if job.service == service.identity]
        holding = [job for job in unfinished if job.state in _HOLDING]
        return Records(
            charged=ledger.charged_since(
                now - DAYS * DAY_S, paid=service.paid, service=service.identity
            ),
            held=sum(job.credits_quoted for job in holding),
            open_jobs=len(holding),
            unconfirmed=sum(job.state is JobState.UNCONFIRMED for job in holding),
        )


def figures(balance: Balance) -> dict[str, int]:
    """Return the credits of a balance by the service's names for them."""
    names = ("monthly_balance", "purchased_balance", "total_balance", "reserved", "available")
    return {name: getattr(balance, name) for name in names}


def dollars(balance: Balance) -> tuple[float, float]:
    """Return about what the monthly and the purchased pool are worth, in dollars."""
    return (
        balance.monthly_balance * MONTHLY_DOLLARS,
        balance.purchased_balance * PURCHASED_DOLLARS,
    )


class Period(Record, frozen=True, kw_only=True):
    """Days (UTC, `YYYY-MM-DD`), both included, and what our records say of them, in credits."""

    first: str
    last: str
    charged: int = 0
    jobs: int = 0
    unconfirmed: int = 0
    #: Credits by source, dearest first.
    sources: tuple[tuple[str, int], ...] = ()


def period(workspace: Workspace, first: date, last: date, now: float) -> Period:
    """Sum up what the ledger booked for the workspace's service on these days."""
    since = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    until = datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp() + DAY_S
    found = Period(first=first.isoformat(), last=last.isoformat())
    if not (workspace.state / "ledger.sqlite").exists():
        return found
    with Ledger(workspace.state, now=now, durable=False) as ledger:
        charged, jobs = ledger.charges(since, until, workspace.service.identity)
        return msgspec.structs.replace(
            found,
            charged=charged,
            jobs=jobs,
            unconfirmed=records(workspace.state, workspace.service, now).unconfirmed,
            sources=tuple(ledger.charges_by_source(since, until, workspace.service.identity)),
        )


def disagreement(ours: Period, theirs: Totals) -> str:
    """Say in what our records and the service's bill differ; "" when they agree."""
    more = theirs.credits_used - ours.charged
    if more > 0:
        doubt = f"; in doubt here: {ours.unconfirmed}" if ours.unconfirmed else ""
        return (
            f"the service charged {more} credits more than these records know: another computer, "
            f"another tool, or a request whose answer was lost{doubt}; see `pixelpipe jobs`"
        )
    if more < 0:
        return (
            f"the service charged {-more} credits less than these records say: charged on another "
            "day than booked, or another account's key"
        )
    if theirs.jobs_charged != ours.jobs:
        return (
            f"the service charged {theirs.jobs_charged} jobs, these records know {ours.jobs}, for "
            "the same credits"
        )
    return ""
