"""`build`."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.errors import UsageError
from . import options, uptodate
from .voice import say, show_json

if TYPE_CHECKING:
    from ..core.model import Step
    from ..run.report import Report

_LISTED = 20
#: Up to so many clips, a sentence that fits them all is repeated for each.
_LISTED_ALIKE = 3


@click.command()
@options.project
@options.only
@options.service
@options.spending
@options.as_json
@click.option("--plan", "saved", type=click.Path(path_type=Path), help="Do what this file says.")
@click.option("--frozen", is_flag=True, help="Ask no service; exit 9 if something is not bought.")
@click.option("--locked", is_flag=True, help="Exit 9 at once if the lock file would change.")
@click.option("--depfile", "dep", type=click.Path(path_type=Path), help="Write a Make depfile.")
@click.option("--timings", is_flag=True, help="Say on standard error where the time went.")
@click.option("--stamp", type=click.Path(path_type=Path), help="Touch this file at the end.")
def build(
    project: str,
    only: tuple[str, ...],
    service: str | None,
    max_credits: int | None,
    yes: bool,
    as_json: bool,
    saved: Path | None,
    frozen: bool,
    locked: bool,
    dep: Path | None,
    stamp: Path | None,
    timings: bool,
) -> None:
    """Bring all animations up to date: buy what is missing, finish, publish."""
    if saved is not None and (only or frozen or locked):
        raise UsageError("--plan does what the file says: no --only, --frozen or --locked")
    # Loaded only now: a run with nothing to do needs none of it.
    from ..api import Project, Wish
    from ..run import depfile, plan_file
    from .progress import ask, display

    begun_ns = time.time_ns()  # what changes from here on is newer than the stamp
    opened = Project(project, service=service)
    agreed = plan_file.read(saved) if saved is not None else None
    chosen = agreed.only if agreed else only
    tracked = depfile.Tracked(depfile=dep, stamp=stamp, is_whole=not chosen, begun_ns=begun_ns)
    depfile.check(tracked)
    with display(quiet=as_json) as observe:
        can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        wish = Wish(
            only=chosen,
            saved=agreed,
            max_credits=max_credits,
            yes=yes,
            ask=ask if can_ask else None,
            frozen=frozen,
            locked=locked,
        )
        report = opened.build(wish, observe=observe, remembered=uptodate.remembered())
    depfile.write(report, tracked)
    if timings:
        _show_timings(report)
    if as_json:
        show_json(report.json())
    else:
        uptodate.say(opened, report, show_build)
    sys.exit(report.exit)


def _show_timings(report: Report) -> None:
    for stage, seconds in (*report.spent.items(), ("altogether", report.seconds)):
        say(f"{seconds:8.3f} s  {stage}", err=True)


def show_build(report: Report) -> None:
    """Print what was made from which rule, what it cost, and what to open next."""
    if report.plan.is_up_to_date and not report.plan.refused:
        clips = len(report.results) + report.rest
        say(f"Nothing to do: {clips} {'clip' if clips == 1 else 'clips'} up to date.")
        for result in report.results:
            if result.state == "hidden":
                say(f"{name(result.step)}: {result.step.reason}")
    show_news(report)
    show_rest(report)
    done = [result for result in report.results if result.state == "done"]
    if done:
        say(f"Next: open {report.workspace.root / done[0].files[0]}")


def show_news(report: Report) -> None:
    """Print what a build made, and what it could not make."""
    done = [result for result in report.results if result.state == "done"]
    made: dict[str, list[str]] = defaultdict(list)
    for result in done:
        made[result.step.rule].append(f"{Path(result.step.source).stem} [{result.step.clip}]")
    for rule, clips in sorted(made.items()):
        say(f"{rule}: {', '.join(_cut(clips))}")
    for line in _cut([f"{name(one.step)}  {one.reading}" for one in done if one.reading]):
        say(f"  {line}")
    if done:
        service = report.workspace.service
        say(
            f"Made {_count(done, 'clip')} in {report.seconds:.1f} s with {service.identity}: "
            f"{report.charged} credits."
        )
    elif report.charged:
        say(f"Bought for {report.charged} credits; nothing of it could be published yet.")
    told = [result for result in report.results if result.state in ("done", "hidden")]
    for notice in dict.fromkeys(one for result in told for one in result.warnings):
        say(f"note: {notice}", err=True)
    for line in _troubles(report):
        say(line, err=True)


def show_rest(report: Report) -> None:
    """Print notices, what an older engine made, and the sources that no rule matches."""
    if number := report.plan.outdated:
        clips = "1 clip was" if number == 1 else f"{number} clips were"
        say(
            f"{clips} made by an older version of the built-in engine; `pixelpipe refresh` makes "
            "them anew for nothing."
        )
    for notice in (*report.plan.notices, *report.refusals):
        say(f"note: {notice}", err=True)
    unmatched = report.plan.unmatched
    if unmatched:
        say(f"No rule matches {_count(unmatched, 'source')}:")
        for path in _cut(list(unmatched)):
            say(f"  {path}")


def _troubles(report: Report) -> list[str]:
    """Say what could not be done; what many clips have in common is said once."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in report.results:
        if result.state in ("failed", "left", "asked"):
            step = result.step
            why = step.error or (result.notes[0] if result.notes else step.reason)
            text = why.removeprefix(f"{step.source}: ")
            if text == report.refusal:  # it is said in full below, once
                text = "its service may not be contacted before you allow it"
            alike[step.kind, text].append(name(step))
    lines = []
    for (kind, text), names in alike.items():
        if len(names) <= _LISTED_ALIKE:
            lines += [f"{kind}: {one}: {text}" for one in names]
        else:
            lines.append(f"{kind}: {len(names)} clips: {text}")
            lines += [f"  {one}" for one in _cut(names)]
    return lines


def name(step: Step) -> str:
    """Return how a step is called in lists: its source, and its clip."""
    return f"{step.source} [{step.clip}]" if step.clip else step.source


def _cut(lines: list[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return lines if rest <= 0 else [*lines[:_LISTED], f"and {rest} more"]


def _count(things: Sized, name: str) -> str:
    number = len(things)
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
