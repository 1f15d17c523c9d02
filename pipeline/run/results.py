"""How each step of a run ended, for reports, displays and exit codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from ..core.errors import (
    AccountError,
    JobFailedError,
    OutOfDateError,
    PixelpipeError,
    UnavailableError,
    UncertainError,
)
from ..core.model import FailureClass, Job, JobState, Record, Step, StepKind
from ..core.packed import Form, Packed


class Result(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A step and how it ended.

    `state` is `fresh`, `done`, `left`, `hidden`, `failed`, `asked`, `superseded` or `removed`.
    """

    step: Step
    state: str
    credits: int = 0
    #: What this run sent and may still be charged for, in credits.
    held: int = 0
    grade: int | None = None
    files: tuple[str, ...] = ()
    #: Sentences that the user should read although it worked.
    warnings: tuple[str, ...] = ()
    #: Sentences for the curious.
    notes: tuple[str, ...] = ()
    #: How the built-in engine read the prompt; "" when it did not make the clip.
    reading: str = ""


#: How results are packed where there are very many.
RESULTS = Form(Result)


def untouched(step: Step) -> Result:
    """Return the result of a step that a run does not act on."""
    if step.is_hidden:
        return Result(step=step, state="hidden")
    states = {StepKind.FRESH: "fresh", StepKind.ASK: "asked", StepKind.ORPHAN: "left"}
    return Result(step=step, state=states.get(step.kind, "failed" if step.exit_code else "left"))


def bought(results: Iterable[Result]) -> list[str]:
    """Return the request keys that a run bought."""
    return [
        result.step.request_key
        for result in results
        if result.state == "done" and result.step.kind is StepKind.BUY
    ]


def kept_by_lock(steps: Sequence[Step], changes: Collection[Step]) -> list[Result]:
    """Return the results of a run that did nothing, because the lock file would have changed."""
    changed = set(changes)
    return [_kept(step) if step in changed else untouched(step) for step in steps]


def gated(results: Sequence[Result], by: str, *, stale_only: bool) -> Sequence[Result]:
    """Return the results of a run that lets no open question pass, as the user would name it.

    With `stale_only` those pass that are no purchase whose source has changed.
    """
    if not by:
        return results
    return Packed(
        RESULTS,
        (
            _closed(one, by)
            if one.state == "asked"
            and not one.step.exit_code
            and (one.step.is_stale or not stale_only)
            else one
            for one in results
        ),
    )


def _closed(result: Result, by: str) -> Result:
    error = f"{result.step.reason}: out of date, and {by} may not change it"
    step = msgspec.structs.replace(result.step, error=error, exit_code=OutOfDateError.exit_code)
    return msgspec.structs.replace(result, step=step)


def _kept(step: Step) -> Result:
    price = f" ({step.credits} credits)" if step.credits else ""
    error = f"would change pixelpipe.lock: {step.kind}{price}, {step.reason}"
    exit_code = OutOfDateError.exit_code
    return Result(
        step=msgspec.structs.replace(step, error=error, exit_code=exit_code), state="left"
    )


def error_of(job: Job) -> PixelpipeError:
    """Return what a job that ended without a result means for its source."""
    match job.state, job.failure:
        case JobState.UNCONFIRMED, _:
            return UncertainError(f"{job.reason}: it may have been billed; see `pixelpipe jobs`")
        case JobState.DETACHED, _:
            return UnavailableError(f"{job.reason}; the next build fetches it")
        case JobState.FAILED, _ if job.has_failed_together:
            return JobFailedError(f"{job.reason}; the next build may buy it alone")
        case _, FailureClass.ACCOUNT:
            return AccountError(job.reason)
        case _, FailureClass.TRANSIENT:
            return UnavailableError(job.reason)
        case JobState.FAILED, _:
            return JobFailedError(job.reason)
    return UnavailableError("was not fetched; the next build goes on with it")
