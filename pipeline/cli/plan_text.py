"""Show plans: what they do, from which rule and prompt, what they cost, how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from ..api import Project
from ..core.model import StepKind
from ..plan.saved_plans import SavedPlan
from ..purchase import budget
from ..purchase.forecast import Forecast
from ..run import alike
from ..run.report import Detail, Report
from ..run.results import Result
from . import loudness, wording
from .building import show_rest
from .voice import say, show_json

#: Up to so many clips each has lines of its own; more are grouped by rule and prompt.
MOST_SINGLE = 8
#: Sources listed of a group; `--verbose` lists all.
_LISTED = 12
_INDENT = " " * 9
#: So many readings are printed; each needs a look at the picture.
_READ = 20


def show(report: Report) -> None:
    """Print every step that is not fresh: source, clip, rule, prompt, price, time, obstacles."""
    steps = Steps(report, None if loudness.is_verbose() else wording.columns())
    for line in steps.lines():
        say(line)
    _show_readings(report)
    is_paid = report.workspace.service.paid
    kinds = Counter({str(StepKind.FRESH): report.rest})
    kinds.update(wording.verb(step, is_paid=is_paid) for step in report.plan.each_step())
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in _order(kinds))
    say(f"{wording.count(kinds.total(), 'step')}: {counts or 'none'}.")
    if report.forecast is not None:
        _show_forecast(report, report.forecast)
    show_rest(report)


def _order(kinds: Counter[str]) -> list[str]:
    ranked = [str(kind) for kind in StepKind]
    ranked.insert(ranked.index("buy"), "make")
    return [kind for kind in ranked if kinds[kind]]


class Steps:
    """The steps of a plan as lines: one by one, or by rule where there are many."""

    def __init__(self, report: Report, columns: int | None) -> None:
        """Prompts are shortened to `columns`; None: they are shown whole."""
        self._report = report
        self._columns = columns
        self._details: dict[tuple[str, str], Detail] = {}
        self._is_paid = report.workspace.service.paid
        self._refusals = {} if report.forecast is None else report.forecast.refusals

    def lines(self) -> Iterator[str]:
        """Yield the lines of all steps that are not fresh."""
        due = self._due()
        groups: dict[tuple[str, ...], list[Result]] = {}
        for result in due:
            groups.setdefault(self._alike(result), []).append(result)
        if len(due) > MOST_SINGLE:
            for group in groups.values():
                yield from self._single(group[0]) if len(group) == 1 else self._group(group)
            return
        for result in due:
            group = groups[self._alike(result)]
            if result.step.kind is not StepKind.BLOCKED or len(group) <= alike.FEW:
                yield from self._single(result)
            elif result is group[0]:
                yield from self._group(group)

    def _due(self) -> list[Result]:
        """Return the results that are told, and keep what is known of their clips."""
        due = []
        if self._report.plan.tally.kinds.total() > self._report.plan.tally.kinds[StepKind.FRESH]:
            for result, detail in zip(self._report.results, self._report.details(), strict=True):
                if result.step.kind is not StepKind.FRESH:
                    due.append(result)
                    self._details[result.step.source, result.step.clip] = detail
        return due

    def _detail(self, result: Result) -> Detail:
        return self._details.get((result.step.source, result.step.clip), Detail())

    def _alike(self, result: Result) -> tuple[str, ...]:
        """Return what the results of one group have in common."""
        step, detail = result.step, self._detail(result)
        reason = "" if step.kind is StepKind.BUY else alike.kind(wording.reason(step), step.source)
        refusal = self._refusals.get(step.request_key, "")
        return (step.kind, step.rule, step.clip, detail.place, reason, refusal, detail.unfit)

    def _single(self, result: Result) -> Iterator[str]:
        step = result.step
        verb = wording.verb(step, is_paid=self._is_paid)
        price = f"  {step.credits} credits" if step.credits else ""
        ready = self._report.ready_s(result)
        when = "" if ready is None else f"  in {wording.seconds(ready)}"
        yield f"{verb:8} {wording.name(step)}  {wording.reason(step)}{price}{when}"
        yield from self._about([result])

    def _group(self, group: Sequence[Result]) -> Iterator[str]:
        step = group[0].step
        verb = wording.verb(step, is_paid=self._is_paid)
        credits = sum(one.step.credits for one in group)
        price = f"  {credits} credits" if credits else ""
        ready = [found for one in group if (found := self._report.ready_s(one)) is not None]
        when = f"  the last in {wording.seconds(max(ready))}" if ready else ""
        clip = f" [{step.clip}]" if step.clip else ""
        sources = wording.count(group, "source")
        reasons = [wording.reason(one.step) for one in group]
        reason = reasons[0] if step.kind is StepKind.BUY else alike.sentence(reasons)
        yield f"{verb:8} {sources}{clip}  {reason}{price}{when}"
        yield from self._about(group)
        listed = len(group) if loudness.is_verbose() else _LISTED
        for one in group[:listed]:
            yield f"{_INDENT}  {one.step.source}"
        if len(group) > listed:
            yield f"{_INDENT}  and {len(group) - listed} more (`--verbose` lists them)"

    def _about(self, group: Sequence[Result]) -> Iterator[str]:
        """Yield rule and prompt, and what stands in the way."""
        step, detail = group[0].step, self._detail(group[0])
        if step.kind in (StepKind.BUY, StepKind.RESUME, StepKind.ASK) and detail.prompt:
            yield f"{_INDENT}rule {step.rule} ({detail.place})"
            prompts = dict.fromkeys(self._detail(one).prompt for one in group)
            more = f" (and {len(prompts) - 1} others)" if len(prompts) > 1 else ""
            room = None if self._columns is None else self._columns - len(_INDENT) - 2 - len(more)
            yield f'{_INDENT}"{wording.fitting(detail.prompt, room)}"{more}'
        if detail.unfit:
            yield f"{_INDENT}cannot be bought: {detail.unfit}"
        if refusal := self._refusals.get(step.request_key):
            yield f"{_INDENT}not bought by a build now: {refusal}"


def _show_readings(report: Report) -> None:
    """Say how the built-in engine reads the prompts of what it would make."""
    service = report.plan.service
    if service.paid:
        told = sum(source.wanted.rule.hints is not None for source in report.plan.sources)
        if told:
            say(
                f"The rules of {told} {'source' if told == 1 else 'sources'} state kind, facing, "
                f"parts or extra_colors: they guide grade and placeholder, and are not sent to "
                f"{service.identity}."
            )
        return
    if not report.plan.tally.kinds[StepKind.BUY]:
        return
    new = [
        (source.wanted, clip)
        for source in report.plan.sources
        for clip in source.clips
        if clip.step.kind is StepKind.BUY
    ]
    from . import prompt_reading  # heavy: loads the engine

    for wanted, clip in new[:_READ]:
        said = prompt_reading.sentence(report.workspace, wanted, clip.request)
        say(f"  {wording.name(clip.step)}  {said}")
    if len(new) > _READ:
        say(f"  and {len(new) - _READ} more readings: see `pixelpipe why FILE`")


def _show_forecast(report: Report, found: Forecast) -> None:
    if found.ready_s:
        one = wording.seconds(found.clip_s)
        say(f"Ready in about {wording.seconds(found.seconds)} ({one} a clip).")
    if found.credits:
        _show_price(found)
    if found.refusals:
        priced = {step.request_key for step in report.plan.steps if step.credits}
        left = wording.count(len(priced - found.refusals.keys()), "clip")
        say(f"A build would buy {left} of these {len(priced)}: see what is refused above.")
    if found.batch_saves:
        loudness.hint(f"With `batch: true` it would cost {found.batch_saves} credits less.")


def _show_price(found: Forecast) -> None:
    if found.pools is None or found.balance is None:
        say(f"Would cost {found.credits} credits ({budget.dollars(found.credits)}).")
        if found.trouble:
            loudness.note(f"the balance is not known: {found.trouble}")
        return
    monthly, purchased = found.pools
    say(
        f"Would cost {found.credits} credits (about ${found.dollars[0]:.2f}: {monthly} of the "
        f"monthly pool, {purchased} of the purchased one)."
    )
    after = found.available_after or 0
    say(f"Balance: {found.balance.available} credits before, {after} after.")
    if after < 0:
        loudness.note("the balance does not cover it; the last rules' clips wait")


def show_saved(opened: Project, saved: SavedPlan, as_json: bool) -> None:
    """Print a saved plan, and why it cannot be carried out any more."""
    stale = opened.stale(saved)
    if as_json:
        document = msgspec.to_builtins(saved) | {"stale": stale}
        show_json(msgspec.json.format(msgspec.json.encode(document), indent=2))
        return
    for step in saved.steps:
        if step.step != StepKind.FRESH:
            price = f"  {step.credits} credits" if step.credits else ""
            clip = f" [{step.clip}]" if step.clip else ""
            is_free = step.step == StepKind.BUY and not step.credits
            say(f"{'make' if is_free else step.step:8} {step.source}{clip}  {step.reason}{price}")
    total = f"{saved.credits} credits ({budget.dollars(saved.credits)})"
    say(f"{len(saved.steps)} steps for {total} from {saved.service}.")
    for reason in stale:
        say(f"warning: this plan cannot be carried out: {reason}", err=True)
