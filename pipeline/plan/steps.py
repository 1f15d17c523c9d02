"""Decide about one clip: what is known of its purchase, and what follows. Pure.

The order matters and costs money when it is wrong: the lock first, then the ledger, the store,
purchases that differ only by path words, unfinished jobs, and only then a new purchase.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..config.matching import label
from ..core import keys
from ..core.errors import PixelpipeError, UnfitError
from ..core.model import (
    ANIMATE_CREDITS,
    MAX_PALETTE_COLORS,
    FailureClass,
    Frames,
    Job,
    JobState,
    Request,
    Step,
    StepKind,
    stem_of,
)
from ..core.version import __version__
from ..storage import lock
from .meets import meets
from .wanted import ClipPlan, View, Wanted

_MET = "bought with other words, and meets all that the rule states (`reroll` buys another)"


# -- one clip -----------------------------------------------------------------------------------


def decide(request: Request, view: View, wanted: Wanted) -> ClipPlan:
    """Decide about one clip: first what the lock says, then what is known elsewhere.

    The lock's take stands unless the clip is retaken: then exactly the request's take is wanted.
    """
    if (picked := wanted.picked.get(request.clip)) is not None:
        request = msgspec.structs.replace(request, take=picked.take)
        plan = _plan(
            request, view, StepKind.REUSE, f"take {picked.take} was picked", key=picked.key
        )
        return _with_line(plan, picked)
    lines = view.lines.get((request.source, request.clip), [])
    if request.clip in wanted.retaken:
        lines = [line for line in lines if line.take == request.take]
    for line in sorted(lines, key=lock.rank):
        if view.service.paid and not line.paid:
            continue  # a placeholder never hides a purchase
        if answers(line, request) and _has_bytes(line, view):
            # Fresh until the files of the whole source have been looked at.
            taken = msgspec.structs.replace(request, take=line.take)
            if wanted.is_refreshed and line.is_outdated:
                return _anew(taken, view, line)
            plan = _plan(taken, view, StepKind.FRESH, "up to date", key=line.key)
            return _with_line(plan, line)
    if (met := _met_by_lock(request, view, lines)) is not None:
        return met
    if not lines and (moved := _moved(request, view, wanted)) is not None:
        return moved
    if view.is_stand_in:
        return _unlocked(request, view, lines)
    if not view.service.paid and (moved := _elsewhere(request, view)) is not None:
        return moved
    if not view.service.paid and any(line.paid and answers(line, request) for line in lines):
        reason = "its bought bytes are missing (20 credits): fetch them, or set a key"
        return _plan(request, view, StepKind.ASK, reason, exit_code=9)
    paid = next((line for line in lines if line.paid), None)
    if paid is not None and not view.service.paid:
        reason = f"changed since {paid.service} made it, and no key is set: the old output stays"
        plan = _plan(request, view, StepKind.ASK, reason)
        return msgspec.structs.replace(plan, step=msgspec.structs.replace(plan.step, is_stale=True))
    if not view.service.paid and (service := _claimed_from(wanted, view)):
        reason = (
            f"its outputs were bought from {service}, and pixelpipe.lock has lost them: {_LOST}"
        )
        return _plan(request, view, StepKind.ASK, reason, exit_code=9)
    return _unlocked(request, view, lines)


#: What leads out when outputs stand that no line of the lock file names.
_LOST = "`pixelpipe verify --rebuild-lock` takes them over"


def _claimed_from(wanted: Wanted, view: View) -> str:
    """Name the service that outputs say they were bought from, of which no line speaks; or ""."""
    locked = {line.path for line in view.files.get(wanted.source.stem, ())}
    bought = view.known.claimed_from
    return next((bought[one] for one in wanted.outputs if one in bought and one not in locked), "")


def _met_by_lock(request: Request, view: View, lines: Sequence[lock.ClipLine]) -> ClipPlan | None:
    """Keep what the lock names when it meets what the rule states, unless the exact key is there.

    The line keeps its key: nothing has to be written.
    """
    for line in sorted(lines, key=lambda line: (line.hidden, not line.paid, line.digest)):
        record = view.known.record(line.key, line.digest)
        if record is None or (view.service.paid and not line.paid):
            continue
        taken = msgspec.structs.replace(request, take=line.take)
        is_met = meets(taken, line.service, record.recipe, record.resolved, record.model)
        exact = keys.request_key(request, view.service.identity)
        if is_met and _has_bytes(line, view) and view.known.find(exact) is None:
            plan = _plan(taken, view, StepKind.FRESH, _MET, key=line.key)
            return _with_line(plan, line)
    return None


def _moved(request: Request, view: View, wanted: Wanted) -> ClipPlan | None:
    """Keep the take that was chosen for the same picture under another name, or before it had gone.

    A source that is gone was renamed; a copy beside one takes its take unless another has the
    first one.
    """
    if request.clip in wanted.retaken:
        return None
    before = view.put_away.get(request.clip, ())
    later = [*view.later.get(request.clip, ())]
    later += [(line.source != request.source, line) for line in before]
    for is_there, line in sorted(later, key=lambda one: (one[0], lock.rank(one[1]))):
        if view.service.paid and not line.paid:
            continue
        if is_there and keys.request_key(request, line.service) in view.by_key:
            continue
        if answers(line, request) and line.digest in view.known.have:
            taken = msgspec.structs.replace(request, take=line.take)
            reason = "bought under another name (see `why`)"
            plan = _plan(taken, view, StepKind.REUSE, reason, key=line.key)
            return _with_line(plan, line)
    return None


def _elsewhere(request: Request, view: View) -> ClipPlan | None:
    """Reuse a purchase that the lock names for another source, where nothing can be bought.

    A rename on one branch and an edit on another leave the lines of the edit under the old name.
    """
    for service in sorted(view.paid_by):
        line = view.by_key.get(keys.request_key(request, service))
        if line is not None and line.digest in view.known.have:
            plan = _plan(
                request, view, StepKind.REUSE, "bought under another name (see `why`)", key=line.key
            )
            return _with_line(plan, line)
    return None


def fitting(clip: ClipPlan, wanted: Wanted) -> ClipPlan:
    """Return a clip, kept from being bought when no sheet or palette would hold it."""
    if clip.step.kind is not StepKind.BUY:
        return clip
    is_whole, colors = clip.request.cell is None, wanted.source.colors
    if clip.request.colors == "source" and is_whole and colors >= MAX_PALETTE_COLORS:
        return changed(clip, StepKind.BLOCKED, too_many_colors(colors))
    if not wanted.too_large or not clip.step.credits:
        return clip
    return changed(clip, StepKind.BLOCKED, wanted.too_large)


def too_many_colors(count: int) -> str:
    """Say that so many colours leave no room for the background's in a palette."""
    return (
        f"{count} colours are too many for `colors: source` (at most {MAX_PALETTE_COLORS - 1}); "
        "state a number, such as `colors: 64`"
    )


def stand_in(clip: ClipPlan, view: View, wanted: Wanted) -> ClipPlan:
    """Return what stands in for a clip that is still to be bought; any other stays as it is."""
    if view.stand_in is None or clip.step.kind not in (StepKind.BUY, StepKind.RESUME):
        return clip
    return decide(clip.request, view.stand_in, wanted)


def answers(line: lock.ClipLine, request: Request) -> bool:
    """Tell whether a purchase in the lock is what `request` asks for, path words aside."""
    taken = request
    if line.take != request.take:
        taken = msgspec.structs.replace(request, take=line.take)
    if line.key == keys.request_key(taken, line.service):
        return True
    return line.open is not None and line.open == keys.open_key(taken, line.service)


def _has_bytes(line: lock.ClipLine, view: View) -> bool:
    """Outputs that stand need no bytes; without bytes nothing else can be finished from them."""
    stands = all(
        view.known.on_disk.get(file.path) == file.digest
        for file in view.files.get(stem_of(line.source), ())
    )
    # In this order: the disk is asked for bought bytes only where outputs are missing.
    return stands or line.digest in view.known.have


def _unlocked(request: Request, view: View, lines: Sequence[lock.ClipLine]) -> ClipPlan:
    known, identity, asked = view.known, view.service.identity, request.take
    request, key, job = _next_take(request, view)
    if job is not None and job.digest in known.have:
        return _reuse(request, view, job, "bought before")
    if key in known.stored:
        plan = _plan(request, view, StepKind.REUSE, "bought before")
        return msgspec.structs.replace(
            plan,
            digest=known.stored[key],
            service=identity,
            paid=view.service.paid,
            job=job if job is not None and job.state in _FETCHABLE else None,
        )
    is_open = job is not None and job.state is not JobState.FAILED
    if not is_open and (met := _met_by_books(request, view)) is not None:
        return met
    if job is not None:
        return _unfinished(request, view, job)
    if (alike := _alike(request, view)) is not None:
        return alike
    if lines and view.service.paid and not any(line.paid for line in lines):
        return _plan(request, view, StepKind.BUY, "a placeholder of the built-in engine so far")
    if request.take > asked:
        return _plan(request, view, StepKind.BUY, f"take {asked} was billed without a result")
    if view.service.paid and key in view.known.claimed_keys:
        reason = f"its outputs were made from this very purchase, whose bytes are not here: {_LOST}"
        return _plan(request, view, StepKind.ASK, reason, exit_code=9)
    return _plan(request, view, StepKind.BUY, "changed" if lines else "new")


#: A run that died between the store and the ledger left a job so; its bytes settle it.
_FETCHABLE = (JobState.SUBMITTED, JobState.DETACHED)


def _met_by_books(request: Request, view: View) -> ClipPlan | None:
    """Reuse the newest purchase that meets what the rule states."""
    for job in view.known.made_from.get(request.pixel_digest, ()):
        is_met = meets(request, view.service.identity, job.recipe, job.resolved)
        if is_met and job.digest in view.known.have:
            return _reuse(request, view, job, _MET)
    return None


def _alike(request: Request, view: View) -> ClipPlan | None:
    """Reuse what was bought for the same picture, rule and clip under another path."""
    reason = "bought under another name (see `why`)"
    open_key = keys.open_key(request, view.service.identity)
    if open_key is None:
        return None
    job = view.known.alike.get(open_key)
    if job is not None and job.digest in view.known.have:
        return _reuse(request, view, job, reason)
    line = view.open_lines.get(open_key)
    if line is not None and line.digest in view.known.have:
        plan = _plan(request, view, StepKind.REUSE, reason, key=line.key)
        return _with_line(plan, line)
    return None


def _with_line(plan: ClipPlan, line: lock.ClipLine) -> ClipPlan:
    return msgspec.structs.replace(
        plan,
        digest=line.digest,
        service=line.service,
        paid=line.paid,
        open_key=line.open,
        hidden=line if line.hidden else None,
        is_outdated=line.is_outdated,
    )


def _anew(request: Request, view: View, line: lock.ClipLine) -> ClipPlan:
    """Make what the built-in engine made once more: same key and take, and nothing is paid."""
    reason = "made by an older version of the built-in engine"
    plan = _plan(request, view, StepKind.BUY, reason, key=line.key)
    return msgspec.structs.replace(plan, open_key=line.open, is_anew=True)


def _next_take(request: Request, view: View) -> tuple[Request, str, Job | None]:
    """Step over takes that were billed and whose result cannot be had."""
    while True:
        key = keys.request_key(request, view.service.identity)
        job = view.known.jobs.get(key)
        if job is None or job.state is not JobState.CHARGED:
            return request, key, job
        request = msgspec.structs.replace(request, take=request.take + 1)


def _unfinished(request: Request, view: View, job: Job) -> ClipPlan:
    """Go on with a job that the ledger has; a claim of a dead process is doubt, not a retry."""
    match job.state:
        case JobState.SUBMITTED | JobState.DETACHED:
            reason = f"job {job.remote_id} was submitted and not yet fetched"
            plan = _plan(request, view, StepKind.RESUME, reason)
        case JobState.BOUGHT:
            reason = "bought, but its bytes are in no store any more: fetched again"
            plan = _plan(request, view, StepKind.RESUME, reason)
        case JobState.CLAIMED if job.holder in view.known.alive:
            plan = _plan(request, view, StepKind.RESUME, "another process is making it")
        case JobState.CLAIMED | JobState.UNCONFIRMED if job.paid:
            reason = "sent and never answered: it may have been billed; see `pixelpipe jobs`"
            plan = _plan(request, view, StepKind.ASK, reason, exit_code=7)
        case JobState.FAILED if _is_final(job):
            reason = f"failed before, and is not tried again unchanged: {job.reason}"
            reason = f"{reason.rstrip('.')}; `pixelpipe jobs retry` overrides that"
            plan = _plan(request, view, StepKind.BLOCKED, reason, exit_code=1)
        case _:
            plan = _plan(request, view, StepKind.BUY, _again(job))
    return msgspec.structs.replace(plan, job=job)


def _is_final(job: Job) -> bool:
    return job.failure is FailureClass.PERMANENT and job.tool == __version__


def _again(job: Job) -> str:
    return f"tried before: {job.reason}" if job.reason else "an earlier run did not finish"


def _reuse(request: Request, view: View, job: Job, reason: str) -> ClipPlan:
    plan = _plan(request, view, StepKind.REUSE, reason, key=job.request_key)
    open_key = job.resolved.open_key
    return msgspec.structs.replace(
        plan, digest=job.digest, service=job.service, paid=job.paid, open_key=open_key
    )


def _plan(
    request: Request,
    view: View,
    kind: StepKind,
    reason: str,
    *,
    key: str | None = None,
    exit_code: int = 0,
) -> ClipPlan:
    identity = view.service.identity
    step = Step(
        source=request.source,
        clip=request.clip,
        kind=kind,
        reason=reason,
        rule=request.rule,
        request_key=key or keys.request_key(request, identity),
        credits=ANIMATE_CREDITS if kind is StepKind.BUY and view.service.paid else 0,
        error=reason if exit_code else None,
        exit_code=exit_code,
    )
    return ClipPlan(step=step, request=request, open_key=keys.open_key(request, identity))


def refused(path: str, error: PixelpipeError) -> Step:
    """Return the step of a source that cannot be used at all."""
    reason = str(error)
    if isinstance(error, UnfitError):
        reason = f"{path}: cannot be bought: {reason.removeprefix(f'{path}: ')}"
    return Step(
        source=path,
        clip="",
        kind=StepKind.BLOCKED,
        reason=reason,
        error=str(error),
        exit_code=error.exit_code,
    )


def adopt(frames: Frames, wanted: Wanted) -> ClipPlan:
    """Return a clip that is there as it is. It names no purchase: nothing can be asked for it."""
    digest, rule = keys.frames_digest(frames), label(wanted.rule)
    request = Request(
        source=wanted.source.path, pixel_digest=digest, clip=frames.clip, rule=rule, prompt=""
    )
    step = Step(
        source=wanted.source.path,
        clip=frames.clip,
        kind=StepKind.FRESH,
        reason="up to date",
        rule=rule,
    )
    return ClipPlan(step=step, request=request, digest=digest, is_adopted=True)


def build_recipe(wanted: Wanted, clips: Sequence[ClipPlan]) -> str:
    """Return what the files are made of: these clips, which are all bought, and its frames."""
    bought = [
        (one.request.clip, one.step.request_key, one.digest or "")
        for one in clips
        if not one.is_adopted
    ]
    stem, adopted = wanted.source.stem, wanted.adopted
    return keys.build_recipe(stem, wanted.rule, bought, wanted.targets, adopted)


def build_key(wanted: Wanted, clips: Sequence[ClipPlan]) -> str:
    """Name the files that are made of these clips, which are all bought."""
    return keys.digest(build_recipe(wanted, clips).encode())


def judgement(wanted: Wanted, clips: Sequence[ClipPlan]) -> str:
    """Name what a grade was given to: once anything in it changes, it is graded again."""
    return keys.digest(f"{build_key(wanted, clips)} {wanted.rule.grade.hide}".encode())


def hide(clip: ClipPlan, wanted: Wanted) -> ClipPlan:
    """Return a clip that stays kept back, or waits for one that is; nothing is to be done."""
    line = clip.hidden
    if line is None:
        return clip
    reason = "waits for a clip that is hidden"
    if line.grade is not None:
        reason = (
            f"hidden: graded {line.grade}, below {wanted.rule.grade.hide} (see `pick`, `reroll`)"
        )
    step = msgspec.structs.replace(clip.step, reason=reason, is_hidden=line.grade is not None)
    return msgspec.structs.replace(clip, step=step)


def changed(clip: ClipPlan, kind: StepKind, reason: str) -> ClipPlan:
    """Return a clip with another step; what is left alone names no bytes to finish."""
    blocked = kind is StepKind.BLOCKED
    is_left = kind in (StepKind.BLOCKED, StepKind.ASK)
    step = msgspec.structs.replace(
        clip.step,
        kind=kind,
        reason=reason,
        credits=0,
        error=reason if blocked else None,
        exit_code=1 if blocked else 0,
    )
    return msgspec.structs.replace(clip, step=step, digest=None if is_left else clip.digest)
