"""`plan`: show it, check it, save it, look at a saved one."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from .. import budget, planfile
from ..api import Project
from ..errors import UsageError
from ..forecast import Forecast
from ..model import StepKind
from ..planfile import SavedPlan
from ..report import Report
from . import options
from .make import name, show_rest


@click.command()
@options.project
@options.only
@options.service
@options.as_json
@click.option("--check", is_flag=True, help="Exit 9 when anything is out of date.")
@click.option("--out", type=click.Path(path_type=Path), help="Save it for `build --plan`.")
@click.option("--show", type=click.Path(path_type=Path), help="Show a plan that was saved.")
def plan(
    project: str,
    only: tuple[str, ...],
    service: str | None,
    as_json: bool,
    check: bool,
    out: Path | None,
    show: Path | None,
) -> None:
    """Show every step with its reason, price and time. Changes nothing.

    When something is to be bought and a key is set, the service is asked once for the balance,
    which is free; `--check` asks nobody.
    """
    opened = Project(project, service=service)
    if show is not None:
        if only or check or out is not None:
            raise UsageError("--show shows what a file says: no --only, --check or --out")
        _show_saved(opened, planfile.read(show), as_json)
        return
    report, saved = opened.saved_plan(only=only, with_account=not check)
    if out is not None:
        planfile.write(out, saved)
    if as_json:
        sys.stdout.buffer.write(report.json())
    else:
        _show_plan(report)
        if out is not None:
            click.echo(f"Saved; `pixelpipe build --plan {out}` does exactly this, once.")
    out_of_date = check and not report.plan.is_up_to_date
    sys.exit(report.exit or (9 if out_of_date else 0))


def _show_plan(report: Report) -> None:
    for result in report.results:
        step = result.step
        if step.kind is not StepKind.FRESH:
            price = f"  {step.credits} credits" if step.credits else ""
            seconds = report.ready_s(result)
            ready = "" if seconds is None else f"  in {_time(seconds)}"
            click.echo(f"{step.kind:8} {name(step)}  {step.reason}{price}{ready}")
    kinds = [step.kind for step in report.plan.steps]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in StepKind if kind in kinds)
    click.echo(f"{len(kinds)} steps: {counts or 'none'}.")
    if report.forecast is not None:
        _show_forecast(report.forecast)
    show_rest(report)


def _show_forecast(found: Forecast) -> None:
    if found.ready_s:
        click.echo(f"Ready in about {_time(found.seconds)} ({_time(found.clip_s)} a clip).")
    if found.credits:
        _show_price(found)
    if found.batch_saves:
        click.echo(f"With `batch: true` it would cost {found.batch_saves} credits less.")
    if found.placeholders:
        price = budget.dollars(found.placeholder_credits)
        clips = "clip" if found.placeholders == 1 else "clips"
        click.echo(
            f"{found.placeholders} {clips} of the built-in engine; replacing what it makes by "
            f"purchases would cost {found.placeholder_credits} credits ({price})."
        )


def _show_price(found: Forecast) -> None:
    if found.pools is None or found.balance is None:
        click.echo(f"Would cost {found.credits} credits ({budget.dollars(found.credits)}).")
        if found.trouble:
            click.echo(f"note: the balance is not known: {found.trouble}", err=True)
        return
    monthly, purchased = found.pools
    click.echo(
        f"Would cost {found.credits} credits (about ${found.dollars[0]:.2f}: {monthly} of the "
        f"monthly pool, {purchased} of the purchased one)."
    )
    after = found.available_after or 0
    click.echo(f"Balance: {found.balance.available} credits before, {after} after.")
    if after < 0:
        click.echo("note: the balance does not cover it; the last rules' clips wait", err=True)


def _show_saved(opened: Project, saved: SavedPlan, as_json: bool) -> None:
    stale = opened.stale(saved)
    if as_json:
        document = msgspec.to_builtins(saved) | {"stale": stale}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))
        return
    for step in saved.steps:
        if step.step != StepKind.FRESH:
            price = f"  {step.credits} credits" if step.credits else ""
            clip = f" [{step.clip}]" if step.clip else ""
            click.echo(f"{step.step:8} {step.source}{clip}  {step.reason}{price}")
    total = f"{saved.credits} credits ({budget.dollars(saved.credits)})"
    click.echo(f"{len(saved.steps)} steps for {total} from {saved.service}.")
    for reason in stale:
        click.echo(f"warning: this plan cannot be carried out: {reason}", err=True)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
