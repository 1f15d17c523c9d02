"""Decide everything that a run would do, and what it would cost. Pure: no files, no clock.

`build` executes the object that `make` returns, so the two cannot disagree. Imports only the core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from ..config.project_settings import ServiceChoice
from ..core import keys
from ..core.apart import apart, log
from ..core.errors import BugError
from ..core.model import (
    ANIMATE_CREDITS,
    BATCH_MOST,
    FURTHER_CREDITS,
    Frames,
    PassedOver,
    Record,
    Step,
    StepKind,
    fold,
)
from ..core.packed import Form, Packed
from ..storage import lock
from ..storage.files import Carried, Names
from . import steps
from .wanted import WANTED, ClipPlan, Known, View, Wanted

_CHANGING = (StepKind.BUY, StepKind.RESUME, StepKind.REUSE)


class SourcePlan(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All clips of one source; they share one sheet and are published together."""

    wanted: Wanted
    clips: tuple[ClipPlan, ...]
    #: Build key of the outputs, when every clip has been bought.
    build_key: str | None = None

    @property
    def is_fresh(self) -> bool:
        """Nothing is to be done."""
        return all(clip.step.kind is StepKind.FRESH for clip in self.clips)


class _SourceForm(Form[SourcePlan]):
    """How the plan of a source is packed: as what is wanted of it."""

    def apart(self, item: SourcePlan) -> tuple[SourcePlan, tuple[Any, ...]]:
        wanted, common = WANTED.apart(item.wanted)
        return msgspec.structs.replace(item, wanted=wanted), common

    def joined(self, item: SourcePlan, common: tuple[Any, ...]) -> SourcePlan:
        WANTED.joined(item.wanted, common)
        return item


_FORM = _SourceForm(SourcePlan)


class Tally(NamedTuple):
    """What is counted of a plan: its steps are looked at once for all of it."""

    kinds: Counter[StepKind]
    #: Sources that have steps, without those that are gone; and steps that are about a clip.
    sources: int
    clips: int
    credits: int
    #: Free clips that an older version of the built-in engine made.
    outdated: int
    #: Nothing is to be done about any source that could be planned.
    is_fresh: bool


class Plan(Record, frozen=True, kw_only=True, dict=True):
    """All decisions of a run."""

    service: ServiceChoice
    sources: Sequence[SourcePlan]
    #: Lock lines that nothing wants any more.
    orphans: tuple[Step, ...] = ()
    #: Sources of orphans that are gone: their outputs are removed.
    gone: tuple[str, ...] = ()
    #: The same where a new source is not looked at yet, which may be one of them under another
    #: name: all of theirs stays until then.
    perhaps_moved: tuple[str, ...] = ()
    #: Sources that cannot be used, with their sentence.
    refused: tuple[Step, ...] = ()
    unmatched: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    #: What was seen and not taken; of a look at everything only.
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order of the sources."""
        return tuple(self.each_step())

    def each_step(self) -> Iterator[Step]:
        """Yield all steps, in the order of the sources: of very many none has to stay."""
        for source in self.sources:
            yield from (clip.step for clip in source.clips)
        yield from (*self.refused, *self.orphans)

    @cached_property
    def tally(self) -> Tally:
        """What is counted of it."""
        others = (*self.refused, *self.orphans)
        kinds = Counter(step.kind for step in others)
        refused = {step.source for step in self.refused}
        sources, clips = len(refused), sum(1 for step in others if step.clip)
        credits, outdated, is_fresh = sum(step.credits for step in others), 0, True
        for source in self.sources:
            for clip in source.clips:
                kinds[clip.step.kind] += 1
                clips += bool(clip.step.clip)
                credits += clip.step.credits
                outdated += clip.is_outdated
                is_fresh = is_fresh and clip.step.kind is StepKind.FRESH
            sources += bool(source.clips) and source.wanted.source.path not in refused
        return Tally(kinds, sources, clips, credits, outdated, is_fresh)

    @property
    def credits(self) -> int:
        """What the purchases would cost."""
        return self.tally.credits

    @property
    def outdated(self) -> int:
        """How many free clips an older version of the built-in engine made. They stay fresh."""
        return self.tally.outdated

    @property
    def is_up_to_date(self) -> bool:
        """Nothing would be bought, resumed, finished or removed."""
        return not self.gone and self.tally.is_fresh

    def lock_changes(self, locked: lock.Lock) -> tuple[Step, ...]:
        """Return the steps that would change the lock file as it is now."""
        lines = {(line.source, line.clip, line.key, line.digest) for line in locked.clips}
        lines |= {(line.source, line.clip, "", line.digest) for line in locked.adopted}
        files = locked.files_of()
        found = [step for step in self.orphans if step.source in self.gone]
        for source in self.sources:
            stem = source.wanted.source.stem
            is_built = {line.build for line in files.get(stem, ())} == {source.build_key}
            for clip in source.clips:
                step = clip.step
                line = (step.source, step.clip, step.request_key, clip.digest)
                is_kept = step.kind is StepKind.REUSE and is_built and line in lines
                if step.kind in _CHANGING and not is_kept:
                    found.append(step)
        return tuple(found)


def make(
    wanted: Sequence[Wanted],
    known: Known,
    service: ServiceChoice,
    *,
    refused: Sequence[Step] = (),
    unmatched: Sequence[str] = (),
    stand_in: tuple[Known, ServiceChoice] | None = None,
    batch: bool = False,
) -> Plan:
    """Decide a step for every clip of every source, and which outputs have lost their source.

    With `stand_in`, what is still to be bought from `service` is made by that one meanwhile; what
    was bought is used as ever. `batch` buys the clips of one source together, as far as their
    rule does not say otherwise.
    """
    clashes = _clashes(wanted)
    other = None if stand_in is None else View(*stand_in, clashes)
    view = View(known, service, clashes, other)
    faulty: list[Step] = []
    decided = _without_doubles(_sources(wanted, view, faulty))
    planned = Packed(_FORM, (_together(one, batch) for one in decided))
    orphans = _orphans(wanted, refused, known)
    gone = {step.source for step in orphans}.difference(known.existing or ())
    is_open = _waits_for_new(known)
    if is_open:  # of what may only have moved nothing is told either
        orphans = tuple(step for step in orphans if step.source not in gone)
    return Plan(
        service=service if stand_in is None else stand_in[1],
        sources=planned,
        orphans=orphans,
        gone=() if is_open else tuple(sorted(gone)),
        perhaps_moved=tuple(sorted(gone)) if is_open else (),
        refused=(*refused, *faulty),
        unmatched=tuple(unmatched),
        notices=(*known.lock.notices, *_merged(known.lock)),
    )


def _sources(wanted: Iterable[Wanted], view: View, faulty: list[Step]) -> Iterator[SourcePlan]:
    """Decide about each source; one about which nothing can be decided keeps no other back."""
    for one in wanted:
        try:
            with apart():
                found = _source(one, view)
        except BugError as exc:
            log(exc)
            faulty.append(steps.refused(one.source.path, exc))
        else:
            yield found


def _source(wanted: Wanted, view: View) -> SourcePlan:
    decided = (
        steps.fitting(steps.decide(request, view, wanted), wanted) for request in wanted.requests
    )
    bought = tuple(steps.stand_in(clip, view, wanted) for clip in decided)
    clips = (*bought, *(steps.adopt(frames, wanted) for frames in wanted.adopted))
    if obstacle := _obstacle(wanted, view):
        return SourcePlan(wanted=wanted, clips=_all(clips, *obstacle))
    if (kept := _adopted(wanted, view)) and any(one.step.kind in _CHANGING for one in clips):
        return SourcePlan(wanted=wanted, clips=_all(clips, StepKind.BLOCKED, kept))
    if any(clip.digest is None for clip in clips):
        return SourcePlan(wanted=wanted, clips=clips)
    build_key = steps.build_key(wanted, clips)
    if _is_kept_back(wanted, clips, view):
        hidden = tuple(steps.hide(one, wanted) for one in clips)
        return SourcePlan(wanted=wanted, clips=hidden, build_key=build_key)
    stale = _stale(wanted, build_key, view)
    if stale is not None and kept:
        return SourcePlan(wanted=wanted, clips=_all(clips, StepKind.BLOCKED, kept))
    if stale is not None or any(one.step.kind is not StepKind.FRESH for one in clips):
        clips = tuple(
            steps.changed(one, StepKind.REUSE, stale or "finished with its other clips")
            if one.step.kind is StepKind.FRESH
            else one
            for one in clips
        )
    return SourcePlan(wanted=wanted, clips=clips, build_key=build_key)


def _is_kept_back(wanted: Wanted, clips: Sequence[ClipPlan], view: View) -> bool:
    """Tell whether clips are hidden, nothing has changed since, and the files stand."""
    judged = {one.hidden.hidden for one in clips if one.hidden is not None}
    if not judged:
        return False
    lines = view.files.get(wanted.source.stem, ())
    return (
        judged == {steps.judgement(wanted, clips)}
        and all(one.step.kind is StepKind.FRESH for one in clips)
        and all(view.known.on_disk.get(line.path) == line.digest for line in lines)
        and not _is_restored(wanted, view)
    )


def _obstacle(wanted: Wanted, view: View) -> tuple[StepKind, str] | None:
    """Return what keeps the whole source from being built, if anything does."""
    if clash := view.clashes.get(wanted.source.path):
        return StepKind.BLOCKED, clash
    if doubt := _doubt(wanted, view):
        return StepKind.ASK, f"{doubt}; `sheet: false` in {wanted.source.path}.yaml animates it"
    if wanted.rule.cells is not None and not wanted.rule.pick:
        return StepKind.ASK, "its rule states `cells`; state `pick` as well: the cells to animate"
    lines = view.files.get(wanted.source.stem, ())
    if any(line.detached for line in lines) and not _is_restored(wanted, view):
        return StepKind.FRESH, "detached: its outputs are yours; `pixelpipe restore` takes it back"
    if foreign := _foreign(wanted, view):
        return StepKind.BLOCKED, foreign
    return None


def _doubt(wanted: Wanted, view: View) -> str:
    """Say why a source may be no single picture to be animated; "" when a rule says that it is.

    What is suspected only is never held against a clip that the lock file names.
    """
    if wanted.rule.sheet is False or wanted.rule.cells is not None or not wanted.requests:
        return ""
    if (frames := wanted.source.frames) > 1:
        return f"is an animated picture already, an APNG of {frames} frames; export one of them"
    remedy = "split it, or state `cells` and `pick`"
    if wanted.source.looks_like_sheet or wanted.rule.sheet:
        return f"looks like a sheet of several pictures; {remedy}"
    path = wanted.source.path
    if any((path, request.clip) in view.lines for request in wanted.requests):
        return ""
    if wanted.source.repeats:
        return (
            f"looks like frames of one animation: the same figure comes again and again; {remedy}"
        )
    return wanted.doubt


def _all(clips: Sequence[ClipPlan], kind: StepKind, reason: str) -> tuple[ClipPlan, ...]:
    return tuple(steps.changed(one, kind, reason) for one in clips)


def _is_restored(wanted: Wanted, view: View) -> bool:
    return wanted.source.stem in view.known.restored


def _adopted(wanted: Wanted, view: View) -> str | None:
    """Name an adopted edit that new outputs would replace."""
    if _is_restored(wanted, view):
        return None
    lines = view.files.get(wanted.source.stem, ())
    path = next((line.path for line in lines if line.adopted), None)
    if path is None:
        return None
    missing = [line.path for line in lines if line.path not in view.known.on_disk]
    if missing:
        remedy = "bring it back, or `pixelpipe restore` or `detach` it"
        return f"{missing[0]} is missing, and {path} was edited and adopted: {remedy}"
    return f"{path} was edited and adopted; `pixelpipe restore` or `detach` it"


def _foreign(wanted: Wanted, view: View) -> str | None:
    """Say which output is not ours or was edited by hand; its whole set is left alone."""
    if _is_restored(wanted, view):
        return None
    locked = {line.path: line.digest for line in view.files.get(wanted.source.stem, ())}
    for path in (*locked, *wanted.outputs):
        found = view.known.on_disk.get(path)
        if (said := view.known.obstacles.get(path)) and (path in locked or found is None):
            return said
        if found in (None, locked.get(path)) or found in view.known.begun.get(path, ()):
            continue
        if path not in locked and found in view.written:
            continue  # ours under another path: moved along with its source, or copied
        if found in view.moved:
            continue  # a merge put it here: its own source is gone
        if path not in locked and found == view.known.claimed.get(path):
            continue  # it says so itself
        carried = view.known.carried.get(path)
        if carried is Carried.POINTER:
            return f"{path} is not fetched, this is a Git LFS pointer; run `git lfs pull`"
        if carried is not None:
            continue
        if path in locked and _is_made_beside(locked, view):
            return (
                f"{path} was made beside the rules, as by `pixelpipe animate`: write its clips into"
                f" a rule or an override and `pixelpipe restore` it, or `adopt` or `detach` it"
            )
        if path in locked:
            return f"{path} was edited by hand; `pixelpipe adopt`, `restore` or `detach` it"
        return f"{path} is not ours; move or rename it"
    return None


def _is_made_beside(locked: Mapping[str, str], view: View) -> bool:
    """Tell whether a set that is not as the lock file says is whole, and says that it is ours.

    A picture alone may have been painted over: its data file says which pixels it had.
    """
    known = view.known
    odd = [path for path in locked if known.on_disk.get(path) not in (None, locked[path])]
    are_ours = all(known.claimed.get(path) == known.on_disk[path] for path in odd)
    return are_ours and any(not path.endswith(".png") for path in odd)


def _stale(wanted: Wanted, build_key: str, view: View) -> str | None:
    """Say why the outputs must be finished again, or None when they are as they should be."""
    ours = view.files.get(wanted.source.stem, ())
    if _is_restored(wanted, view):
        return "restored"
    if any(_is_new(frames, wanted, view) for frames in wanted.adopted):
        return "its frames changed" if ours else "its frames are adopted"
    files = [line for line in ours if line.build == build_key]
    if not files:
        return "rule, targets or pixelpipe changed" if ours else "bought before"
    for line in files:
        found = view.known.on_disk.get(line.path)
        if found != line.digest:
            if (carried := view.known.carried.get(line.path)) is not None:
                return f"{line.path}: version control changed its {carried}"
            return f"{line.path} is missing" if found is None else "publishing was interrupted"
    return None


def _is_new(frames: Frames, wanted: Wanted, view: View) -> bool:
    """Tell whether the lock file does not say of a clip that it is these frames."""
    said = (wanted.source.path, frames.clip, keys.frames_digest(frames))
    return said not in view.adopted


def _without_doubles(sources: Iterable[SourcePlan]) -> Iterator[SourcePlan]:
    """Let a key that several sources want be bought once; the others reuse it."""
    #: By key, the source that is first, and its request key.
    first: dict[str, tuple[str, str]] = {}

    def once(clip: ClipPlan) -> ClipPlan:
        step = clip.step
        if step.kind not in (StepKind.BUY, StepKind.RESUME):
            return clip
        name = clip.open_key or step.request_key
        if (same := first.get(name)) is None:
            first[name] = (step.source, step.request_key)
            return clip
        changed = steps.changed(clip, StepKind.REUSE, f"the same as {same[0]}")
        step = msgspec.structs.replace(changed.step, request_key=same[1])
        return msgspec.structs.replace(changed, step=step)

    for one in sources:
        yield msgspec.structs.replace(one, clips=tuple(once(clip) for clip in one.clips))


def _together(source: SourcePlan, batch: bool) -> SourcePlan:
    """Let the clips of a source be bought by one POST: all but the first cost less.

    They share canvas and matte, and so what the rule states of these. What failed in a batch
    before is bought alone.
    """
    stated = source.wanted.rule.batch
    if not (batch if stated is None else stated):
        return source
    names = [_batch_of(clip) for clip in source.clips]
    sizes, seen = Counter(names), Counter[str]()
    clips = []
    for clip, name in zip(source.clips, names, strict=True):
        if name and sizes[name] > 1:
            number = seen[name] // BATCH_MOST
            clip = msgspec.structs.replace(clip, batch=f"{name} {number}")
            seen[name] += 1
        clips.append(clip)
    return msgspec.structs.replace(source, clips=priced(clips))


def priced(clips: Iterable[ClipPlan]) -> tuple[ClipPlan, ...]:
    """Return a source's clips with the prices of those in a batch: its first one costs more."""
    begun, found = set[str](), []
    for clip in clips:
        if clip.batch and clip.step.credits:
            credits = FURTHER_CREDITS if clip.batch in begun else ANIMATE_CREDITS
            begun.add(clip.batch)
            step = msgspec.structs.replace(clip.step, credits=credits)
            clip = msgspec.structs.replace(clip, step=step)
        found.append(clip)
    return tuple(found)


def _batch_of(clip: ClipPlan) -> str:
    """Name the clips that a clip may be bought with; "" when it is not bought, or alone."""
    has_failed = clip.job is not None and clip.job.has_failed_together
    if clip.step.kind is not StepKind.BUY or not clip.step.credits or has_failed:
        return ""
    request = clip.request
    return f"{request.source} {request.cell} {request.fit} {request.matte}"


def _merged(locked: lock.Lock) -> Iterator[str]:
    """Say of which clips a merge brought two engines' versions together: the newer one is used."""
    for lines in (one for one in locked.lines_of().values() if len(one) > 1):
        source, clip = lines[0].source, lines[0].clip
        free = [line for line in lines if line.service == keys.BUILT_IN and not line.hidden]
        if free and len({line.engine for line in free if line.key == free[0].key}) > 1:
            yield (
                f"{source} [{clip}]: two versions of the built-in engine made it before a merge; "
                "the newer one's is kept"
            )


def _clashes(wanted: Sequence[Wanted]) -> dict[str, str]:
    """Find sources whose outputs would overwrite each other, also where names are folded."""
    if len({hash(fold(one.source.stem)) for one in wanted}) == len(wanted):
        return {}
    first: dict[str, str] = {}
    clashes: dict[str, str] = {}
    for one in wanted:
        path = one.source.path
        other = first.setdefault(fold(one.source.stem), path)
        if other != path:
            clashes[path] = f"its outputs would overwrite those of {other}; rename one of them"
    return clashes


def _waits_for_new(known: Known) -> bool:
    """Tell whether a source that may still be written is none that the lock file names."""
    if not known.waiting:
        return False
    named = {line.source for line in known.lock.clips}
    named |= {line.source for line in known.lock.adopted}
    return not named.issuperset(known.waiting)


def _orphans(wanted: Sequence[Wanted], refused: Sequence[Step], known: Known) -> tuple[Step, ...]:
    """List lock lines whose source is gone; only a complete scan proves that."""
    if known.existing is None:
        return ()
    steps = []
    if not (known.lock.clips or known.lock.adopted):
        return ()
    in_use = Names.of(one.source.path for one in wanted)
    in_use.update(dict.fromkeys((*(step.source for step in refused), *known.waiting), True))
    clips, adopted = known.lock.clips, known.lock.adopted
    lines = [(one.source, one.clip, one.key) for one in clips if one.source not in in_use]
    lines += [(one.source, one.clip, "") for one in adopted if one.source not in in_use]
    for source, clip, key in sorted(lines):
        gone = source not in known.existing
        steps.append(
            Step(
                source=source,
                clip=clip,
                kind=StepKind.ORPHAN,
                reason="the source is gone" if gone else "no rule matches any more",
                request_key=key,
            )
        )
    return tuple(steps)
