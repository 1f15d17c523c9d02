"""`balance` and `billing`: the service's figures beside our own."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from ..config.workspace import Workspace
from ..core.errors import UsageError
from ..core.model import Balance
from ..purchase import account
from ..purchase.account import Period, Records
from ..purchase.connect import Connection
from ..purchase.polling import patiently
from . import loudness, options
from .voice import say, show_json

if TYPE_CHECKING:
    from ..purchase.service.answers import Totals

_MOST_DAYS = 365


@click.command()
@options.project
@options.service
@options.as_json
def balance(project: str, service: str | None, as_json: bool) -> None:
    """Show the credits of your account, beside what our own records say.

    Asks the service once, which is free. Works outside of a project too.
    """
    workspace = account.open(Path(project), os.environ, {"service": service})
    theirs = None if workspace.service.base_url is None else _asked(workspace)
    ours = account.records(workspace.state, workspace.service, time.time())
    if as_json:
        show_json(msgspec.json.encode(_document(workspace, theirs, ours)))
    else:
        _show(workspace, theirs, ours)


_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@options.project
@options.service
@options.as_json
@click.option("--from", "first", type=_DATE, help="First day (UTC); 30 days before the last.")
@click.option("--to", "last", type=_DATE, help="Last day (UTC), included; today.")
@click.option("--sources", is_flag=True, help="List what each source has cost.")
def billing(
    project: str,
    service: str | None,
    as_json: bool,
    first: datetime | None,
    last: datetime | None,
    sources: bool,
) -> None:
    """Show what the service charged beside what these records booked, and how they differ."""
    workspace = account.open(Path(project), os.environ, {"service": service})
    end = (last or datetime.now(UTC)).date()
    start = first.date() if first else end - timedelta(days=account.DAYS)
    if start > end or (end - start).days > _MOST_DAYS:
        raise UsageError(f"{start} to {end} is no period of at most {_MOST_DAYS} days")
    ours = account.period(workspace, start, end, time.time())
    theirs = None if workspace.service.base_url is None else _billed(workspace, ours)
    if as_json:
        document = {
            "billing": 1,
            "service": workspace.service.identity,
            "charged": theirs,
            "booked": ours,
            "disagreement": account.disagreement(ours, theirs) if theirs else None,
        }
        show_json(msgspec.json.encode(document))
    else:
        _show_billing(workspace, theirs, ours, with_sources=sources)


def _billed(workspace: Workspace, ours: Period) -> Totals:
    with Connection(workspace, os.environ) as connection:
        service = connection.service()
        dates = {"start_date": ours.first, "end_date": ours.last}
        return patiently(lambda: service.billing(**dates)).totals


def _show_billing(
    workspace: Workspace, theirs: Totals | None, ours: Period, *, with_sources: bool
) -> None:
    say(f"{workspace.service.identity}, {ours.first} to {ours.last}:")
    if theirs is None:
        say("The built-in engine is free: there is no bill.")
    else:
        _row("charged", theirs.credits_used, f"for {theirs.jobs_charged} jobs, by the service")
    _row("booked", ours.charged, f"for {ours.jobs} jobs, on this computer")
    if theirs is not None:
        _row("added", theirs.credits_added)
        _row("refunded", theirs.refunds)
    for source, credits in ours.sources if with_sources else ():
        say(f"  {credits:>9}  {source}")
    if theirs is not None and (text := account.disagreement(ours, theirs)):
        loudness.note(text)


def _asked(workspace: Workspace) -> Balance:
    with Connection(workspace, os.environ) as connection:
        return patiently(connection.service().balance)


def _document(workspace: Workspace, theirs: Balance | None, ours: Records) -> dict[str, object]:
    about = None
    if theirs is not None:
        monthly, purchased = account.dollars(theirs)
        about = {"monthly": round(monthly, 2), "purchased": round(purchased, 2)}
    return {
        "balance": 1,
        "service": {
            "name": workspace.service.identity,
            "url": workspace.service.base_url,
            "paid": workspace.service.paid,
        },
        "credits": None if theirs is None else account.figures(theirs),
        "dollars_about": about,
        "records": {
            "days": account.DAYS,
            "credits_charged": ours.charged,
            "credits_held": ours.held,
            "open_jobs": ours.open_jobs,
            "unconfirmed": ours.unconfirmed,
        },
    }


def _show(workspace: Workspace, theirs: Balance | None, ours: Records) -> None:
    if theirs is None:
        say("The built-in engine is free: there are no credits.")
    else:
        _show_pools(workspace, theirs)
    say(f"Our records of {workspace.service.identity}, on this computer:")
    _row("charged", ours.charged, f"in the last {account.DAYS} days")
    jobs = "1 job that has" if ours.open_jobs == 1 else f"{ours.open_jobs} jobs that have"
    _row("open holds", ours.held, f"by {jobs} not ended" if ours.open_jobs else "")
    if theirs is not None and theirs.reserved > ours.held:
        loudness.note(
            f"{theirs.reserved - ours.held} reserved credits are of jobs that these records "
            "do not know: another computer, another tool, or a request whose answer was lost"
        )
    if ours.unconfirmed:
        loudness.note(f"{ours.unconfirmed} of them may have been billed; see `pixelpipe jobs`")


def _show_pools(workspace: Workspace, theirs: Balance) -> None:
    monthly, purchased = account.dollars(theirs)
    say(f"{workspace.service.identity} ({workspace.service.base_url}):")
    _row("monthly", theirs.monthly_balance, f"about ${monthly:.2f}, spent first")
    _row("purchased", theirs.purchased_balance, f"about ${purchased:.2f}")
    _row("total", theirs.total_balance, f"about ${monthly + purchased:.2f}")
    _row("reserved", theirs.reserved, "held by jobs until they end" if theirs.reserved else "")
    _row("available", theirs.available)


def _row(name: str, credits: int, remark: str = "") -> None:
    say(f"  {name:10} {credits:>9} credits  {remark}".rstrip())
