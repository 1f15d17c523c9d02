"""What `build` does and says, whoever read its words."""

from __future__ import annotations

import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..core.errors import UsageError
from ..core.model import StepKind
from . import loudness, uptodate, wording
from .uptodate import Memory
from .voice import say, show_pieces

if TYPE_CHECKING:
    from ..plan.saved_plans import SavedPlan
    from ..run.depfile import Tracked
    from ..run.report import Report

_LISTED = 20


class Asked(NamedTuple):
    """The words of `build`, as they were given."""

    project: str
    only: tuple[str, ...] = ()
    service: str | None = None
    shared: str | None = None
    max_credits: int | None = None
    yes: bool = False
    as_json: bool = False
    progress: bool = False
    saved: Path | None = None
    frozen: bool = False
    workers: str | None = None
    locked: bool = False
    dep: Path | None = None
    stamp: Path | None = None
    timings: bool = False
    metrics: Path | None = None


def run(asked: Asked, memory: Memory) -> None:
    """Bring all animations up to date, say so, and exit."""
    if asked.saved is not None and (asked.only or asked.frozen or asked.locked):
        raise UsageError("--plan does what the file says: no --only, --frozen or --locked")
    if asked.progress and not asked.as_json:
        raise UsageError("--progress belongs to --json; without it, progress is shown anyway")
    # Loaded only now: a run with nothing to do needs none of it.
    from ..api import Project, Wish
    from .progress import ask, display

    begun_ns = time.time_ns()  # what changes from here on is newer than the stamp
    opened = Project(
        asked.project,
        remembered=memory.found,
        service=asked.service,
        shared=asked.shared,
        workers=asked.workers,
    )
    agreed = _agreed(asked.saved)
    chosen = agreed.only if agreed else asked.only
    tracked = _tracked(asked, is_whole=not chosen, begun_ns=begun_ns)
    with display(quiet=asked.as_json, as_json=asked.progress) as observe:
        can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not asked.as_json
        wish = Wish(
            only=chosen,
            saved=agreed,
            max_credits=asked.max_credits,
            yes=asked.yes,
            ask=ask if can_ask else None,
            frozen=asked.frozen,
            locked=asked.locked,
        )
        report = opened.build(wish, observe=observe, remembered=memory.found)
    if tracked is not None:
        from ..run import depfile

        depfile.write(report, tracked)
    if asked.metrics is not None:
        from ..run import metrics as figures

        figures.write(report, asked.metrics)
    if asked.timings:
        _show_timings(report)
    if asked.as_json:
        show_pieces(report.json_pieces())
    else:
        uptodate.say(memory, opened, report, show_build)
    sys.exit(report.exit)


def _agreed(saved: Path | None) -> SavedPlan | None:
    """Read the plan that is to be carried out, if one is."""
    if saved is None:
        return None
    from ..run import plan_file

    return plan_file.read(saved)


def _tracked(asked: Asked, *, is_whole: bool, begun_ns: int) -> Tracked | None:
    """Return what a build system wants to know afterwards; no file of somebody's is overwritten."""
    tracked = None
    if asked.dep is not None or asked.stamp is not None:
        from ..run import depfile

        tracked = depfile.Tracked(
            depfile=asked.dep, stamp=asked.stamp, is_whole=is_whole, begun_ns=begun_ns
        )
        depfile.check(tracked)
    if asked.metrics is not None:
        from ..run import named_output

        named_output.check("--metrics", asked.metrics, named_output.is_metrics)
    return tracked


def _show_timings(report: Report) -> None:
    for stage, seconds in (*report.spent.items(), ("altogether", report.seconds)):
        say(f"{seconds:8.3f} s  {stage}", err=True)


def show_build(report: Report) -> None:
    """Print what was made from which rule, what it cost, and what to open next."""
    if loudness.is_quiet():
        show_news(report)
        return
    if report.plan.is_up_to_date and not report.plan.refused:
        clips = wording.count(len(report.results) + report.rest, "clip")
        say(f"Nothing to do: {clips} up to date.")
        for result in report.ended("hidden"):
            say(f"{wording.name(result.step)}: {result.step.reason}")
    show_news(report)
    show_rest(report)
    done = next(report.ended("done"), None)
    if done is not None:
        say(f"Next: open {report.workspace.root / done.files[0]}")


def show_news(report: Report) -> None:
    """Print what a build made, and what it could not make."""
    if not loudness.is_quiet():
        _show_made(report)
    told = report.ended("done", "hidden")
    for notice in dict.fromkeys(one for result in told for one in result.warnings):
        loudness.note(notice)
    for line in _troubles(report):
        say(line, err=True)


class _Listed:
    """The first of many lines, and how many there are."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self.count = 0

    def add(self, line: str) -> None:
        self.count += 1
        if self.count <= _LISTED:
            self._first.append(line)

    def lines(self) -> list[str]:
        rest = self.count - len(self._first)
        return [*self._first, f"and {rest} more"] if rest else self._first


def _show_made(report: Report) -> None:
    """Print what there is now by rule, what is gone, and for how much."""
    made: dict[str, _Listed] = defaultdict(_Listed)
    readings = _Listed()
    kinds = set[StepKind]()
    for one in report.ended("done"):
        kinds.add(one.step.kind)
        made[one.step.rule].add(f"{Path(one.step.source).stem} [{one.step.clip}]")
        if one.reading:
            readings.add(f"{wording.name(one.step)}  {one.reading}")
    for rule, clips in sorted(made.items()):
        say(f"{rule}: {', '.join(clips.lines())}")
    for line in readings.lines():
        say(f"  {line}")
    for result in () if sys.stderr.isatty() else report.ended("removed"):
        name = wording.name(result.step)
        say(f"Removed what was made of {name}: {result.step.reason}")
    if done := sum(clips.count for clips in made.values()):
        is_known = kinds == {StepKind.REUSE}
        source = "from what was there" if is_known else f"with {report.workspace.service.identity}"
        say(
            f"Made {wording.count(done, 'clip')} in {report.seconds:.1f} s {source}: "
            f"{report.charged} credits."
        )
    elif report.charged:
        say(f"Bought for {report.charged} credits; nothing of it could be published yet.")


def show_rest(report: Report) -> None:
    """Print notices, what an older engine made, and the sources that no rule matches."""
    if (number := report.outdated) and not loudness.is_quiet():
        clips = "1 clip was" if number == 1 else f"{number} clips were"
        say(
            f"{clips} made by an older version of the built-in engine; `pixelpipe refresh` makes "
            "them anew for nothing."
        )
    for notice in report.notices:
        loudness.note(notice)
    for sentence in _cut([one.sentence for one in report.plan.passed_over]):
        loudness.note(sentence)
    unmatched = report.plan.unmatched
    if unmatched and not loudness.is_quiet():
        say(f"No rule matches {wording.count(unmatched, 'source')}:")
        for path in _cut(list(unmatched)):
            say(f"  {path}")


def _troubles(report: Report) -> list[str]:
    """Say what could not be done; what many clips have in common is said once."""
    from ..run import alike  # only where something is wrong

    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    refusal = report.refusal
    for result in report.ended("failed", "left", "asked"):
        step = result.step
        why = step.error or (result.notes[0] if result.notes else step.reason)
        text = why.removeprefix(f"{step.source}: ")
        if text == refusal:  # it is said in full below, once
            text = "its service may not be contacted before you allow it"
        if step.kind is StepKind.ORPHAN:
            text += "; `pixelpipe clean --orphans` removes what was made of it"
        verb = wording.verb(step, is_paid=report.workspace.service.paid)
        found[verb, alike.kind(text, step.source)].append((wording.name(step), text))
    lines = []
    for (verb, _), told in found.items():
        if len(told) <= alike.FEW:
            lines += [f"{verb}: {name}: {text}" for name, text in told]
        else:
            text = alike.sentence([text for _, text in told])
            names = [name for name, _ in told]
            noun = "clip" if any(name.endswith("]") for name in names) else "source"
            number = wording.count(names, noun)
            lines.append(f"{verb}: {number}: {_together(text, len(told))}")
            lines += [f"  {name}" for name in _cut(names)]
    return lines


def _together(text: str, clips: int) -> str:
    """Return what is said of each of many clips, with the price of all."""
    found = re.match(r"would cost (\d+) credits", text)
    if found is None:
        return text
    return f"would cost {int(found[1]) * clips} credits, {found[1]} each{text[found.end() :]}"


def _cut(lines: list[str]) -> list[str]:
    rest = len(lines) - _LISTED
    return lines if rest <= 0 else [*lines[:_LISTED], f"and {rest} more"]
