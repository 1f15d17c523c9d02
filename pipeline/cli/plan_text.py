"""Show plans: what they do, what they cost, how long they take."""

from __future__ import annotations

import msgspec

from ..api import Project
from ..core.model import StepKind
from ..plan.saved_plans import SavedPlan
from ..purchase import budget
from ..purchase.forecast import Forecast
from ..run.report import Report
from .build import name, show_rest
from .voice import say, show_json

#: So many readings are printed; each needs a look at the picture.
_READ = 20


def show(report: Report) -> None:
    """Print every step that is not fresh, what it costs and how long it takes."""
    for result in report.results:
        step = result.step
        if step.kind is not StepKind.FRESH:
            price = f"  {step.credits} credits" if step.credits else ""
            seconds = report.ready_s(result)
            ready = "" if seconds is None else f"  in {_time(seconds)}"
            say(f"{step.kind:8} {name(step)}  {step.reason}{price}{ready}")
    _show_readings(report)
    kinds = [step.kind for step in report.plan.steps]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in StepKind if kind in kinds)
    say(f"{len(kinds)} {'step' if len(kinds) == 1 else 'steps'}: {counts or 'none'}.")
    if report.forecast is not None:
        _show_forecast(report.forecast)
    show_rest(report)


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
    new = [
        (source.wanted, clip)
        for source in report.plan.sources
        for clip in source.clips
        if clip.step.kind is StepKind.BUY
    ]
    if not new:
        return
    from . import prompt_reading  # heavy: loads the engine

    for wanted, clip in new[:_READ]:
        said = prompt_reading.sentence(report.workspace, wanted, clip.request)
        say(f"  {name(clip.step)}  {said}")
    if len(new) > _READ:
        say(f"  and {len(new) - _READ} more readings: see `pixelpipe why FILE`")


def _show_forecast(found: Forecast) -> None:
    if found.ready_s:
        say(f"Ready in about {_time(found.seconds)} ({_time(found.clip_s)} a clip).")
    if found.credits:
        _show_price(found)
    if found.batch_saves:
        say(f"With `batch: true` it would cost {found.batch_saves} credits less.")
    if found.placeholders:
        price = budget.dollars(found.placeholder_credits)
        clips = "clip" if found.placeholders == 1 else "clips"
        say(
            f"{found.placeholders} {clips} of the built-in engine; replacing what it makes by "
            f"purchases would cost {found.placeholder_credits} credits ({price})."
        )


def _show_price(found: Forecast) -> None:
    if found.pools is None or found.balance is None:
        say(f"Would cost {found.credits} credits ({budget.dollars(found.credits)}).")
        if found.trouble:
            say(f"note: the balance is not known: {found.trouble}", err=True)
        return
    monthly, purchased = found.pools
    say(
        f"Would cost {found.credits} credits (about ${found.dollars[0]:.2f}: {monthly} of the "
        f"monthly pool, {purchased} of the purchased one)."
    )
    after = found.available_after or 0
    say(f"Balance: {found.balance.available} credits before, {after} after.")
    if after < 0:
        say("note: the balance does not cover it; the last rules' clips wait", err=True)


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
            say(f"{step.step:8} {step.source}{clip}  {step.reason}{price}")
    total = f"{saved.credits} credits ({budget.dollars(saved.credits)})"
    say(f"{len(saved.steps)} steps for {total} from {saved.service}.")
    for reason in stale:
        say(f"warning: this plan cannot be carried out: {reason}", err=True)


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
