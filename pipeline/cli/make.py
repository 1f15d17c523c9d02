"""`plan` and `build`."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sized
from pathlib import Path

import click

from .. import budget, depfile
from ..api import Project, Spending
from ..model import Step, StepKind
from ..report import Report
from . import options
from .progress import ask, display

_LISTED = 20


@click.command()
@options.project
@options.only
@options.service
@options.as_json
@click.option("--check", is_flag=True, help="Exit 9 when anything is out of date.")
def plan(
    project: str, only: tuple[str, ...], service: str | None, as_json: bool, check: bool
) -> None:
    """Show every step with its reason and price. Changes nothing, asks no service."""
    report = Project(project, service=service).plan(only=only)
    out_of_date = check and not report.plan.is_up_to_date
    if as_json:
        sys.stdout.buffer.write(report.json())
    else:
        _show_plan(report)
    sys.exit(report.exit or (9 if out_of_date else 0))


@click.command()
@options.project
@options.only
@options.service
@options.spending
@options.as_json
@click.option("--frozen", is_flag=True, help="Ask no service; exit 9 if something is not bought.")
@click.option("--depfile", "dep", type=click.Path(path_type=Path), help="Write a Make depfile.")
@click.option("--stamp", type=click.Path(path_type=Path), help="Touch this file at the end.")
def build(
    project: str,
    only: tuple[str, ...],
    service: str | None,
    max_credits: int | None,
    yes: bool,
    as_json: bool,
    frozen: bool,
    dep: Path | None,
    stamp: Path | None,
) -> None:
    """Bring all animations up to date: buy what is missing, finish, publish."""
    opened = Project(project, service=service)
    with display(quiet=as_json) as observe:
        can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        spending = Spending(
            max_credits=max_credits, yes=yes, frozen=frozen, ask=ask if can_ask else None
        )
        report = opened.build(only=only, spending=spending, observe=observe)
    depfile.write(report, dep, stamp)
    if as_json:
        sys.stdout.buffer.write(report.json())
    else:
        show_build(report)
    sys.exit(report.exit)


def show_build(report: Report) -> None:
    """Print what was made from which rule, what it cost, and what to open next."""
    if report.plan.is_up_to_date and not report.plan.refused:
        click.echo(f"Nothing to do: {_count(report.results, 'clip')} up to date.")
    show_news(report)
    _show_rest(report)
    done = [result for result in report.results if result.state == "done"]
    if done:
        click.echo(f"Next: open {report.site.root / done[0].files[0]}")


def show_news(report: Report) -> None:
    """Print what a build made, and what it could not make."""
    done = [result for result in report.results if result.state == "done"]
    made: dict[str, list[str]] = defaultdict(list)
    for result in done:
        made[result.step.rule].append(f"{Path(result.step.source).stem} [{result.step.clip}]")
    for rule, clips in sorted(made.items()):
        click.echo(f"{rule}: {', '.join(_cut(clips))}")
    if done:
        service = report.site.service
        click.echo(
            f"Made {_count(done, 'clip')} in {report.seconds:.1f} s with {service.identity}: "
            f"{report.charged} credits."
        )
    for notice in dict.fromkeys(one for result in done for one in result.warnings):
        click.echo(f"note: {notice}", err=True)
    for result in report.results:
        if result.state in ("failed", "left", "asked"):
            click.echo(_trouble(result.step), err=True)


def _show_plan(report: Report) -> None:
    for step in report.plan.steps:
        if step.kind is not StepKind.FRESH:
            price = f"  {step.credits} credits" if step.credits else ""
            click.echo(f"{step.kind:8} {_name(step)}  {step.reason}{price}")
    kinds = [step.kind for step in report.plan.steps]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in StepKind if kind in kinds)
    click.echo(f"{len(kinds)} steps: {counts or 'none'}.")
    if report.plan.credits:
        total = report.plan.credits
        click.echo(f"Would cost {total} credits ({budget.dollars(total)}).")
    _show_rest(report)


def _show_rest(report: Report) -> None:
    for notice in report.plan.notices:
        click.echo(f"note: {notice}", err=True)
    unmatched = report.plan.unmatched
    if unmatched:
        click.echo(f"No rule matches {_count(unmatched, 'source')}:")
        for path in _cut(list(unmatched)):
            click.echo(f"  {path}")


def _trouble(step: Step) -> str:
    return f"{step.kind}: {_name(step)}: {(step.error or step.reason)}"


def _name(step: Step) -> str:
    return f"{step.source} [{step.clip}]" if step.clip else step.source


def _cut(lines: list[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return lines if rest <= 0 else [*lines[:_LISTED], f"and {rest} more"]


def _count(things: Sized, name: str) -> str:
    number = len(things)
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
