"""What a run says of each clip at its end: done, failed, left, or kept back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..core import apart
from ..core.errors import AssetError, OutOfDateError, PixelpipeError, SupersededError
from ..core.model import ANIMATE_CREDITS, JobState, Rule, Step, StepKind
from ..plan.wanted import ClipPlan
from ..purchase.jobs import Order, Outcome
from . import grades
from .results import Result, error_of, untouched

if TYPE_CHECKING:
    from . import finish

_HELD = (JobState.SUBMITTED, JobState.DETACHED, JobState.UNCONFIRMED)


def done(clip: ClipPlan, outcome: Outcome | None, rule: Rule, finished: finish.Finished) -> Result:
    """Return the result of a clip that was finished and published."""
    grade = finished.grades.get(clip.request.clip)
    notice = [outcome.notice] if outcome and outcome.notice else []
    return Result(
        step=clip.step,
        state="done",
        grade=grade.points if grade else None,
        files=tuple(file.path for file in finished.files),
        warnings=(*notice, *grades.faults(clip, rule, grade)),
        notes=finished.notes,
    )


def priced(result: Result, outcome: Outcome | None) -> Result:
    """Return a result with what this run was charged for it, whatever became of it then."""
    if outcome is None or not outcome.is_ours or outcome.job is None:
        return result
    if result.step.kind not in (StepKind.BUY, StepKind.RESUME):
        return result
    job = outcome.job
    held = job.credits_quoted if job.state in _HELD else 0
    return msgspec.structs.replace(result, credits=job.credits_charged, held=held)


def hidden(ended: Result, clip: ClipPlan, take: int, rule: Rule) -> Result:
    """Return the result of a clip that is kept back: its faults, and what can be done."""
    proposal = grades.proposal(clip, take, ended.grade or 0, rule)
    step = msgspec.structs.replace(clip.step, is_hidden=True)
    return msgspec.structs.replace(
        ended, step=step, state="hidden", files=(), warnings=(*ended.warnings, proposal)
    )


def left(clip: ClipPlan, *, stands: bool) -> Result:
    """Return the result of a clip whose source lacks another one; what is published may stand."""
    if stands and clip.step.kind is StepKind.FRESH:
        return untouched(clip.step)
    reason = "is bought and kept; published when the source's other clips are there"
    return Result(step=clip.step, state="left", notes=(reason,))


def failed(clip: ClipPlan, error: PixelpipeError) -> Result:
    """Return the result of a clip that `error` ended."""
    step = with_error(clip.step, error)
    state = "superseded" if isinstance(error, SupersededError) else "failed"
    return Result(step=step, state=state)


def with_error(step: Step, error: PixelpipeError) -> Step:
    """Return a step that `error` ended."""
    apart.log(error)
    return msgspec.structs.replace(step, error=str(error), exit_code=error.exit_code)


def without(clip: ClipPlan, outcome: Outcome | None) -> Result:
    """Return the result of a clip for which there are no bought bytes."""
    if outcome is None:
        return untouched(clip.step)
    is_open = outcome.job is not None and outcome.job.state is JobState.SUBMITTED
    if outcome.job is not None and not (is_open and outcome.error):
        return failed(clip, error_of(outcome.job))
    error = outcome.error or AssetError("was not bought")
    return msgspec.structs.replace(failed(clip, error), state="left")


def missing(order: Order, frozen_by: str, *, is_paid: bool) -> OutOfDateError:
    """Return what a run that is frozen by `frozen_by` says of a clip that it may not buy."""
    price = order.credits or (ANIMATE_CREDITS if is_paid else 0)  # also of what is resumed
    key = order.request_key[:12]
    return OutOfDateError(
        f"is not bought ({price} credits, key {key}), and {frozen_by} asks no service for it"
    )
