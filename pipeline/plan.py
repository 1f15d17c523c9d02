"""Decide everything that a run would do, and what it would cost. Pure: no files, no clock.

`build` executes the object that `make` returns, so the two cannot disagree. Imports only the core.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from . import __version__, keys, lock
from .config import ServiceChoice
from .model import (
    ANIMATE_CREDITS,
    FailureClass,
    Job,
    JobState,
    Record,
    Request,
    Rule,
    Source,
    Step,
    StepKind,
    TargetChoice,
)


class Wanted(Record, frozen=True, kw_only=True):
    """One source, and what the rules want of it."""

    source: Source
    rule: Rule
    requests: tuple[Request, ...]
    targets: tuple[TargetChoice, ...]
    #: The paths that its targets will write.
    outputs: tuple[str, ...]

    @property
    def stem(self) -> str:
        """The source's path without its ending; outputs are `<stem>.anim.…`."""
        return self.source.path.removesuffix(".png")


class Known(Record, frozen=True, kw_only=True):
    """What is known before a run, from the lock file, the ledger, the store and the disk."""

    lock: lock.Lock = lock.Lock()
    #: Jobs by request key, and bought ones by open key.
    jobs: Mapping[str, Job] = {}
    alike: Mapping[str, Job] = {}
    #: Purchases that only the store knows: request key to digest.
    stored: Mapping[str, str] = {}
    #: Digests of bought bytes that the store has.
    have: Collection[str] = frozenset()
    #: Digest of each output on disk; absent when there is no file.
    on_disk: Mapping[str, str] = {}
    #: Digests that publish sets begun but not ended may have written, by path.
    begun: Mapping[str, frozenset[str]] = {}
    #: Holders of claims that still run.
    alive: Collection[str] = frozenset()
    #: All files that exist under the assets folders, when the scan was complete; else None.
    existing: Collection[str] | None = None


class ClipPlan(Record, frozen=True, kw_only=True):
    """A step with what is needed to carry it out."""

    step: Step
    request: Request
    open_key: str | None = None
    #: The purchase to use, when there is one: digest, and the service and take it came from.
    digest: str | None = None
    service: str = ""
    paid: bool = False
    #: The job to go on with.
    job: Job | None = None


class SourcePlan(Record, frozen=True, kw_only=True):
    """All clips of one source; they share one sheet and are published together."""

    wanted: Wanted
    clips: tuple[ClipPlan, ...]
    #: Build key of the outputs, when every clip has been bought.
    build_key: str | None = None

    @property
    def is_fresh(self) -> bool:
        """Nothing is to be done."""
        return all(clip.step.kind is StepKind.FRESH for clip in self.clips)


class Plan(Record, frozen=True, kw_only=True):
    """All decisions of a run."""

    service: ServiceChoice
    sources: tuple[SourcePlan, ...]
    #: Lock lines without a source, and the outputs to remove with them.
    orphans: tuple[Step, ...] = ()
    #: Sources that cannot be used, with their sentence.
    refused: tuple[Step, ...] = ()
    unmatched: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the sources."""
        clips = (clip.step for source in self.sources for clip in source.clips)
        return (*clips, *self.refused, *self.orphans)

    @property
    def credits(self) -> int:
        """What the purchases would cost."""
        return sum(step.credits for step in self.steps)

    @property
    def is_up_to_date(self) -> bool:
        """Nothing would be bought, resumed, finished or removed."""
        return all(source.is_fresh for source in self.sources) and not self.orphans


def make(
    wanted: Sequence[Wanted],
    known: Known,
    service: ServiceChoice,
    *,
    refused: Sequence[Step] = (),
    unmatched: Sequence[str] = (),
) -> Plan:
    """Decide a step for every clip of every source, and which outputs have lost their source."""
    view = _View(known, service, _clashes(wanted))
    return Plan(
        service=service,
        sources=_without_doubles([_source(one, view) for one in wanted]),
        orphans=_orphans(wanted, refused, known),
        refused=tuple(refused),
        unmatched=tuple(unmatched),
        notices=known.lock.notices,
    )


class _View:
    """What is known, by the names under which one source looks it up."""

    def __init__(self, known: Known, service: ServiceChoice, clashes: Mapping[str, str]) -> None:
        self.known = known
        self.service = service
        self.clashes = clashes
        self.lines = known.lock.lines_of()
        self.files = known.lock.files_of()


# -- one source ---------------------------------------------------------------------------------


def _source(wanted: Wanted, view: _View) -> SourcePlan:
    clips = tuple(_clip(request, view) for request in wanted.requests)
    if obstacle := _obstacle(wanted, view):
        return SourcePlan(wanted=wanted, clips=tuple(_changed(one, *obstacle) for one in clips))
    if any(clip.digest is None for clip in clips):
        return SourcePlan(wanted=wanted, clips=clips)
    bought = [(one.request.clip, one.step.request_key, one.digest or "") for one in clips]
    build_key = keys.build_key(wanted.stem, wanted.rule, bought, wanted.targets)
    stale = _stale(wanted, build_key, view)
    if stale is not None or any(one.step.kind is not StepKind.FRESH for one in clips):
        clips = tuple(
            _changed(one, StepKind.REUSE, stale or "finished with its other clips")
            if one.step.kind is StepKind.FRESH
            else one
            for one in clips
        )
    return SourcePlan(wanted=wanted, clips=clips, build_key=build_key)


def _obstacle(wanted: Wanted, view: _View) -> tuple[StepKind, str] | None:
    """Return what keeps the whole source from being built, if anything does."""
    if clash := view.clashes.get(wanted.source.path):
        return StepKind.BLOCKED, clash
    if wanted.source.looks_like_sheet and wanted.rule.cells is None:
        reason = "looks like a sheet of several pictures; split it, or state `cells` and `pick`"
        return StepKind.ASK, reason
    if foreign := _foreign(wanted, view):
        return StepKind.BLOCKED, foreign
    return None


def _foreign(wanted: Wanted, view: _View) -> str | None:
    """Say which output is not ours or was edited by hand; its whole set is left alone."""
    locked = {line.path: line.digest for line in view.files.get(wanted.stem, ())}
    for path in (*locked, *wanted.outputs):
        found = view.known.on_disk.get(path)
        if found in (None, locked.get(path)) or found in view.known.begun.get(path, ()):
            continue
        if path in locked:
            return f"{path} was edited by hand; `pixelpipe adopt`, `restore` or `detach` it"
        return f"{path} is not ours; move or rename it"
    return None


def _stale(wanted: Wanted, build_key: str, view: _View) -> str | None:
    """Say why the outputs must be finished again, or None when they are as they should be."""
    ours = view.files.get(wanted.stem, ())
    files = [line for line in ours if line.build == build_key]
    if not files:
        return "rule, targets or pixelpipe changed" if ours else "bought before"
    for line in files:
        found = view.known.on_disk.get(line.path)
        if found != line.digest:
            return f"{line.path} is missing" if found is None else "publishing was interrupted"
    return None


# -- one clip -----------------------------------------------------------------------------------


def _clip(request: Request, view: _View) -> ClipPlan:
    """Decide about one clip: first what the lock says, then what is known elsewhere."""
    lines = view.lines.get((request.source, request.clip), [])
    for line in sorted(lines, key=lambda line: (not line.paid, line.digest)):
        if view.service.paid and not line.paid:
            continue  # a placeholder never hides a purchase
        if _answers(line, request) and _has_bytes(line, view):
            # Fresh until the files of the whole source have been looked at.
            plan = _plan(request, view, StepKind.FRESH, "up to date", key=line.key)
            return msgspec.structs.replace(
                plan, digest=line.digest, service=line.service, paid=line.paid, open_key=line.open
            )
    paid = next((line for line in lines if line.paid), None)
    if paid is not None and not view.service.paid:
        reason = f"changed since {paid.service} made it, and no key is set: the old output stays"
        return _plan(request, view, StepKind.ASK, reason)
    return _unlocked(request, view, bool(lines))


def _answers(line: lock.ClipLine, request: Request) -> bool:
    """Tell whether a purchase in the lock is what `request` asks for, path words aside."""
    taken = msgspec.structs.replace(request, take=line.take)
    if line.key == keys.request_key(taken, line.service):
        return True
    return line.open is not None and line.open == keys.open_key(taken, line.service)


def _has_bytes(line: lock.ClipLine, view: _View) -> bool:
    """Outputs that stand need no bytes; without bytes nothing else can be finished from them."""
    stands = all(
        view.known.on_disk.get(file.path) == file.digest
        for file in view.files.get(_stem(line.source), ())
    )
    return line.digest in view.known.have or stands


def _unlocked(request: Request, view: _View, was_locked: bool) -> ClipPlan:
    known, identity = view.known, view.service.identity
    request, key, job = _next_take(request, view)
    if job is not None and job.digest in known.have:
        return _reuse(request, view, job, "bought before")
    if key in known.stored:
        plan = _plan(request, view, StepKind.REUSE, "bought before")
        return msgspec.structs.replace(
            plan, digest=known.stored[key], service=identity, paid=view.service.paid
        )
    alike = known.alike.get(keys.open_key(request, identity) or "")
    if alike is not None and alike.digest in known.have and job is None:
        return _reuse(request, view, alike, "bought under another name (see `why`)")
    if job is not None:
        return _unfinished(request, view, job)
    if was_locked and view.service.paid:
        return _plan(request, view, StepKind.BUY, "changed, or a built-in placeholder so far")
    return _plan(request, view, StepKind.BUY, "changed" if was_locked else "new")


def _next_take(request: Request, view: _View) -> tuple[Request, str, Job | None]:
    """Step over takes that were billed and whose result cannot be had."""
    while True:
        key = keys.request_key(request, view.service.identity)
        job = view.known.jobs.get(key)
        if job is None or job.state is not JobState.CHARGED:
            return request, key, job
        request = msgspec.structs.replace(request, take=request.take + 1)


def _unfinished(request: Request, job: Job, known: Known, service: ServiceChoice) -> ClipPlan:
    """Go on with a job that the ledger has; a claim of a dead process is doubt, not a retry."""
    match job.state:
        case JobState.SUBMITTED | JobState.DETACHED:
            reason = f"job {job.remote_id} was submitted and not yet fetched"
            plan = _plan(request, view, StepKind.RESUME, reason)
        case JobState.CLAIMED if job.holder in view.known.alive:
            plan = _plan(request, view, StepKind.RESUME, "another process is making it")
        case JobState.CLAIMED | JobState.UNCONFIRMED if job.paid:
            reason = "sent and never answered: it may have been billed; see `pixelpipe jobs`"
            plan = _plan(request, view, StepKind.ASK, reason, exit_code=7)
        case JobState.FAILED if _is_final(job):
            reason = f"failed before and is not tried again unchanged: {job.reason}"
            plan = _plan(request, view, StepKind.BLOCKED, reason, exit_code=1)
        case _:
            plan = _plan(request, view, StepKind.BUY, _again(job))
    return msgspec.structs.replace(plan, job=job)


def _is_final(job: Job) -> bool:
    return job.failure is FailureClass.PERMANENT and job.tool == __version__


def _again(job: Job) -> str:
    if job.state is JobState.BOUGHT:
        return "the bought bytes are gone from every store"
    return f"tried before: {job.reason}" if job.reason else "an earlier run did not finish"


def _reuse(request: Request, view: _View, job: Job, reason: str) -> ClipPlan:
    plan = _plan(request, view, StepKind.REUSE, reason, key=job.request_key)
    open_key = job.resolved.open_key
    return msgspec.structs.replace(
        plan, digest=job.digest, service=job.service, paid=job.paid, open_key=open_key
    )


def _plan(
    request: Request,
    view: _View,
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


def _changed(clip: ClipPlan, kind: StepKind, reason: str) -> ClipPlan:
    blocked = kind is StepKind.BLOCKED
    step = msgspec.structs.replace(
        clip.step,
        kind=kind,
        reason=reason,
        credits=0,
        error=reason if blocked else None,
        exit_code=1 if blocked else 0,
    )
    return msgspec.structs.replace(clip, step=step)


# -- the whole plan -----------------------------------------------------------------------------


def _without_doubles(sources: Sequence[SourcePlan]) -> tuple[SourcePlan, ...]:
    """Let a key that several sources want be bought once; the others reuse it."""
    first: dict[str, Step] = {}

    def once(clip: ClipPlan) -> ClipPlan:
        step = clip.step
        if step.kind not in (StepKind.BUY, StepKind.RESUME):
            return clip
        same = first.setdefault(clip.open_key or step.request_key, step)
        if same is step:
            return clip
        changed = _changed(clip, StepKind.REUSE, f"the same as {same.source}")
        step = msgspec.structs.replace(changed.step, request_key=same.request_key)
        return msgspec.structs.replace(changed, step=step)

    return tuple(
        msgspec.structs.replace(one, clips=tuple(once(clip) for clip in one.clips))
        for one in sources
    )


def _clashes(wanted: Sequence[Wanted]) -> dict[str, str]:
    """Find sources whose outputs would overwrite each other, also where case does not count."""
    first: dict[str, str] = {}
    clashes: dict[str, str] = {}
    for one in wanted:
        path = one.source.path
        other = first.setdefault(one.stem.casefold(), path)
        if other != path:
            clashes[path] = f"its outputs would overwrite those of {other}; rename one of them"
    return clashes


def _orphans(wanted: Sequence[Wanted], refused: Sequence[Step], known: Known) -> tuple[Step, ...]:
    """List lock lines whose source is gone; only a complete scan proves that."""
    if known.existing is None:
        return ()
    in_use = {one.source.path for one in wanted} | {step.source for step in refused}
    steps = []
    for line in sorted(known.lock.clips, key=lambda line: (line.source, line.clip)):
        if line.source in in_use:
            continue
        gone = line.source not in known.existing
        steps.append(
            Step(
                source=line.source,
                clip=line.clip,
                kind=StepKind.ORPHAN,
                reason="the source is gone" if gone else "no rule matches any more",
                request_key=line.key,
            )
        )
    return tuple(steps)


def _stem(path: str) -> str:
    return path.removesuffix(".png")
