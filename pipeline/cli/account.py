"""`balance`: the service's figures beside our own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
import msgspec

from .. import account
from ..account import Records
from ..lender import Lender
from ..model import Balance
from ..site import Site
from . import options


@click.command()
@options.project
@options.service
@options.as_json
def balance(project: str, service: str | None, as_json: bool) -> None:
    """Show the credits of your account, beside what our own records say.

    Asks the service once, which is free. Works outside of a project too.
    """
    site = account.site(Path(project), os.environ, {"service": service})
    theirs = None if site.service.base_url is None else _asked(site)
    ours = account.records(site.state, site.service, time.time())
    if as_json:
        click.echo(msgspec.json.encode(_document(site, theirs, ours)).decode())
    else:
        _show(site, theirs, ours)


def _asked(site: Site) -> Balance:
    with Lender(site, os.environ) as lender:
        return lender.service().balance()


def _document(site: Site, theirs: Balance | None, ours: Records) -> dict[str, object]:
    about = None
    if theirs is not None:
        monthly, purchased = account.dollars(theirs)
        about = {"monthly": round(monthly, 2), "purchased": round(purchased, 2)}
    return {
        "balance": 1,
        "service": {
            "name": site.service.identity,
            "url": site.service.base_url,
            "paid": site.service.paid,
        },
        "credits": theirs,
        "dollars_about": about,
        "records": {
            "days": account.DAYS,
            "credits_charged": ours.charged,
            "credits_held": ours.held,
            "open_jobs": ours.open_jobs,
            "unconfirmed": ours.unconfirmed,
        },
    }


def _show(site: Site, theirs: Balance | None, ours: Records) -> None:
    if theirs is None:
        click.echo("The built-in engine is free: there are no credits.")
    else:
        _show_pools(site, theirs)
    click.echo(f"Our records of {site.service.identity}, on this computer:")
    _row("charged", ours.charged, f"in the last {account.DAYS} days")
    jobs = "1 job that has" if ours.open_jobs == 1 else f"{ours.open_jobs} jobs that have"
    _row("open holds", ours.held, f"by {jobs} not ended" if ours.open_jobs else "")
    if theirs is not None and theirs.reserved > ours.held:
        click.echo(
            f"note: {theirs.reserved - ours.held} reserved credits are of jobs that these records "
            "do not know: another computer, another tool, or a request whose answer was lost",
            err=True,
        )
    if ours.unconfirmed:
        click.echo(
            f"note: {ours.unconfirmed} of them may have been billed; see `pixelpipe jobs`", err=True
        )


def _show_pools(site: Site, theirs: Balance) -> None:
    monthly, purchased = account.dollars(theirs)
    click.echo(f"{site.service.identity} ({site.service.base_url}):")
    _row("monthly", theirs.monthly_balance, f"about ${monthly:.2f}, spent first")
    _row("purchased", theirs.purchased_balance, f"about ${purchased:.2f}")
    _row("total", theirs.total_balance, f"about ${monthly + purchased:.2f}")
    _row("reserved", theirs.reserved, "held by jobs until they end" if theirs.reserved else "")
    _row("available", theirs.available)


def _row(name: str, credits: int, remark: str = "") -> None:
    click.echo(f"  {name:10} {credits:>9} credits  {remark}".rstrip())
