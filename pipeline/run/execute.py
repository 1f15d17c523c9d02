"""Carry out a plan: buy, finish, publish, and write the lock file last.

One source's failure stops no other; a fault of the account stops new purchases at once. Whatever
was bought is finished, and whatever was interrupted is taken up by the next run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ..config.workspace import Workspace
from ..core import keys
from ..core.apart import apart
from ..core.errors import (
    AssetError,
    BugError,
    HeldOpenError,
    NoRoomError,
    PixelpipeError,
    StorageError,
    SupersededError,
    UnusableError,
)
from ..core.model import Rule, StepKind
from ..core.packed import Chosen, Packed
from ..plan import steps
from ..plan.plan import Plan, SourcePlan
from ..plan.wanted import ClipPlan, Wanted
from ..purchase.budget import Permit
from ..storage import pictures
from ..storage.files import Stat
from ..storage.lock import AdoptedLine, ClipLine
from . import fallback, grades, home, leftovers, step_results
from .buying import Buying
from .context import Context
from .finish_pool import Done, Finishing, pays
from .publish import Publication, PublishSet
from .results import RESULTS, Result, untouched
from .survey import Survey
from .workpieces import Workpieces

if TYPE_CHECKING:
    from ..config.workers import Workers
    from . import finish
    from .finish_lent import Lender

#: What keeps one source from being published, and no other.
_ITS_OWN = (HeldOpenError, NoRoomError)
#: How often what costs nothing is published while clips are waited for. What is bought comes one
#: by one, minutes apart, and is shown at once.
_PUBLISH_S = 0.2


def _lent(workers: Workers, pays: bool) -> AbstractContextManager[tuple[Lender | None, str]]:
    """Connect to the cluster that is set; see `cluster.lent`."""
    if not (workers.address or workers.refusal):
        return nullcontext((None, ""))
    from . import cluster

    return cluster.lent(workers, pays)


class Carried(NamedTuple):
    """How each step of a plan ended, and what each file looked like when the run had left it."""

    results: Sequence[Result]
    left: Mapping[str, Stat | None]
    #: What of a cluster the user should know, in sentences.
    notices: tuple[str, ...] = ()


def run(
    workspace: Workspace,
    survey: Survey,
    plan: Plan,
    context: Context,
    permit: Permit,
    *,
    restored: Collection[str] = (),
    claimed: Mapping[str, str] | None = None,
) -> Carried:
    """Carry out `plan`, which was made from `survey`, and return how each step ended.

    `restored` holds the stems whose outputs are replaced although they were edited, `claimed` the
    digests of outputs that no line of the lock file names and that are ours all the same.

    Raises StorageError when nothing more can be written; everything bought until then is safe.
    Raises RefusedError, before anything is bought, for a cluster that the user has not allowed.
    """
    one = _Run(workspace, survey, plan, context, permit, restored, claimed or {})
    return Carried(results=one.run(), left=one.left, notices=one.notices)


class _Ready(NamedTuple):
    """A source that is to be published, with what is bought of it."""

    source: SourcePlan
    bought: tuple[ClipPlan, ...]
    finished: finish.Finished
    made: PublishSet


class _Run:
    def __init__(
        self,
        workspace: Workspace,
        survey: Survey,
        plan: Plan,
        context: Context,
        permit: Permit,
        restored: Collection[str],
        claimed: Mapping[str, str],
    ) -> None:
        self._workspace = workspace
        self._survey = survey
        self._plan = plan
        self._context = context
        self._permit = permit
        self._store = workspace.store()
        self._buying = Buying(workspace, context, permit, self._store)
        self._workpieces = Workpieces(workspace, context, self._store, self._buying)
        self._publication = Publication(
            workspace,
            context.ledger,
            survey.lock,
            restored,
            is_splicing=survey.is_narrow,
            authorship=context.authorship,
            claimed=claimed,
            is_frozen=bool(permit.frozen_by),
            is_standing_in=permit.is_standing_in,
        )
        self._lines = grades.Published(survey.lock)
        #: Of the sources that are being finished: what was planned, and what is bought of it.
        self._sources: dict[str, SourcePlan] = {}
        self._bought: dict[str, tuple[ClipPlan, ...]] = {}
        self._hidden: dict[str, tuple[ClipLine, ...]] = {}
        self._publish_due = 0.0
        self._results = Packed[Result](RESULTS)
        #: Request keys that more than one source waits for: how they ended is kept to the end.
        self._common: frozenset[str] = frozenset()
        self.notices: tuple[str, ...] = ()

    @property
    def left(self) -> Mapping[str, Stat | None]:
        """What every file looked like when it had been written or removed."""
        return self._publication.left

    def run(self) -> Sequence[Result]:
        watch, planned = self._context.watch, self._plan.sources
        work = Chosen(planned, (at for at, one in enumerate(planned) if not one.is_fresh))
        try:
            with self._finishing(len(work)) as finishing:
                open_ = [not self._begin(one, finishing) for one in work]
                waiting = Chosen(work, (at for at, is_open in enumerate(open_) if is_open))
                waiting_for = self._by_key(waiting)
                self._common = frozenset(k for k, some in waiting_for.items() if len(some) > 1)
                watch.lap("finishing what is bought")
                with closing(self._buying.settle(waiting)) as settled:
                    for key in settled:
                        watch.lap("waiting for clips")
                        for place in waiting_for.pop(key, ()):
                            self._begin(waiting[place], finishing)
                        watch.lap("preparing clips")
                        self._publish_now_and_then(finishing)
                        watch.lap("publishing")
                for some in finishing.rest():
                    self._publish(some, finishing)
            self._remove_orphans()
            watch.lap("finishing the last")
        finally:
            self._publication.flush()
            self._survey.save()
            self._tidy()
            watch.lap("lock file and state")
        fresh = (clip.step for one in planned if one.is_fresh for clip in one.clips)
        self._report(untouched(step) for step in chain(fresh, self._plan.refused))
        return self._results

    @contextmanager
    def _finishing(self, expected: int) -> Iterator[Finishing]:
        """Finish on the cluster that is set, if there is one and it pays, or else here."""
        workers = self._workspace.workers
        with _lent(workers, pays(expected)) as (lender, trouble):
            with Finishing(expected, lender, workers.processes) as finishing:
                yield finishing
            self.notices = (*filter(None, (trouble,)), *finishing.notices)

    def _tidy(self) -> None:
        """Remove what killed runs left half written, and free results that were replaced."""
        now_s = time.time()
        is_small = self._survey.is_narrow
        if not is_small:  # of a session that builds again and again the first run has swept it
            self._store.sweep(now_s)
        self._context.ledger.sweep(now_s)
        leftovers.sweep(self._workspace)
        home.look_after(self._workspace, self._context.ledger, now_s, is_small=is_small)
        self._context.replaced.sweep(self._workspace)

    def _by_key(self, waiting: Sequence[SourcePlan]) -> dict[str, tuple[int, ...]]:
        """Return which sources, by their places, wait for a request key.

        No other is asked when it is settled.
        """
        found: dict[str, tuple[int, ...]] = {}
        for place, source in enumerate(waiting):
            for key in {
                clip.step.request_key for clip in source.clips if self._buying.is_open(clip)
            }:
                # Its order has the same text: it is kept once.
                found[sys.intern(key)] = (*found.get(key, ()), place)
        return found

    # -- finishing ------------------------------------------------------------------------------

    def _begin(self, source: SourcePlan, finishing: Finishing) -> bool:
        """Finish `source` if all its clips are settled; tell whether it needs no more waiting."""
        if any(self._buying.is_open(clip) for clip in source.clips):
            return False
        for some in finishing.room():
            self._publish(some, finishing)
        try:
            with apart():
                results = self._begun(source, finishing)
        except BugError as exc:
            results = [step_results.failed(clip, exc) for clip in source.clips]
        self._report(results)
        return True

    def _begun(self, source: SourcePlan, finishing: Finishing) -> list[Result]:
        """Finish what is bought of `source`; returns how its other clips ended."""
        found = [(clip, self._buying.digest(clip)) for clip in source.clips]
        bought = tuple(msgspec.structs.replace(clip, digest=d) for clip, d in found if d)
        lost = [clip for clip, digest in found if not digest]
        results = [
            step_results.without(clip, self._buying.outcome(clip.step.request_key)) for clip in lost
        ]
        stands = bool(lost) and self._publication.stands(source.wanted.source)
        clips = tuple(msgspec.structs.replace(clip, digest=digest) for clip, digest in found)
        missing = [clip for clip in clips if not clip.digest]
        shown = self._beside(source, clips, missing) if missing else clips
        is_new = any(clip.step.kind is not StepKind.FRESH for clip in bought)
        if not bought or shown is None or (stands and not is_new):
            return [*results, *(step_results.left(clip, stands=stands) for clip in bought)]
        return [*results, *self._finish(source, shown, finishing)]

    def _beside(
        self, source: SourcePlan, clips: Sequence[ClipPlan], lost: Sequence[ClipPlan]
    ) -> tuple[ClipPlan, ...] | None:
        lines = fallback.shown(self._lines.of(source.wanted.source.path))
        return fallback.beside(clips, lost, lines, self._store)

    def _is_built(self, source: SourcePlan, shown: Sequence[ClipPlan]) -> bool:
        build_key = steps.build_key(source.wanted, shown)
        return self._publication.is_built(source.wanted.source, build_key)

    def _finish(
        self, source: SourcePlan, bought: tuple[ClipPlan, ...], finishing: Finishing
    ) -> list[Result]:
        """Have the files of `source` made; returns how its clips ended where that is impossible."""
        path = source.wanted.source.path
        self._sources[path], self._bought[path] = source, bought
        try:
            with apart():
                finishing.add(path, self._workpieces.task(source, bought))
        except PixelpipeError as exc:
            return self._failed(bought, exc)
        return []

    # -- publishing -----------------------------------------------------------------------------

    def _publish_now_and_then(self, finishing: Finishing) -> None:
        """Publish what is finished, a few times a second: many cost little more than one."""
        if self._workspace.service.paid or time.monotonic() >= self._publish_due:
            self._publish(finishing.ready(), finishing)
            self._publish_due = time.monotonic() + _PUBLISH_S

    def _publish(self, done: Iterable[Done], finishing: Finishing) -> None:
        """Publish sources together, each apart from the others."""
        ready: list[_Ready] = []
        try:
            for one in done:
                if (made := self._judged(one, finishing)) is not None:
                    ready.append(made)
        finally:  # what ends the run over one source does not concern those before it
            self._show(ready)

    def _judged(self, one: Done, finishing: Finishing) -> _Ready | None:
        """Return what is to be published of a source, None where it has ended in another way."""
        source, bought = self._sources[one.source], self._bought[one.source]
        try:
            with apart():
                if one.finished is None:
                    raise one.error or AssetError("was not finished")
                finished = _named(one.finished, source.wanted)
                verdict = self._judge(source, bought, finished)
                if verdict is None:
                    return _Ready(
                        source, bought, finished, self._publish_set(source, bought, finished)
                    )
                results = self._hide(source, bought, verdict, finished, finishing)
        except UnusableError as exc:
            results = self._left_out(source, bought, exc, finishing)
        except PixelpipeError as exc:
            if _ends_the_run(exc):
                raise
            results = self._failed(bought, exc)
        self._end(bought, results)
        return None

    def _show(self, ready: Sequence[_Ready]) -> None:
        if not ready:
            return
        end: PixelpipeError | None = None
        errors = self._publication.publish([one.made for one in ready])
        for one, error in zip(ready, errors, strict=True):
            try:
                with apart():
                    if error is not None:
                        raise error
                    results = self._shown(one)
            except PixelpipeError as exc:
                if _ends_the_run(exc):
                    end = exc
                    continue
                results = self._failed(one.bought, exc)
            self._end(one.bought, results)
        if end is not None:
            raise end
        self._publication.flush_if_due()

    def _end(self, bought: Sequence[ClipPlan], results: Sequence[Result]) -> None:
        self._report(results)
        if all(result.state == "done" for result in results):
            self._let_go(bought)

    def _failed(self, bought: Sequence[ClipPlan], error: PixelpipeError) -> list[Result]:
        """Return how clips ended that could not be published; of what came too late, take note."""
        if isinstance(error, SupersededError):
            for clip in bought:
                self._context.replaced.missed((clip.step.request_key, clip.digest or ""))
        return [step_results.failed(clip, error) for clip in fallback.told(bought)]

    def _left_out(
        self,
        source: SourcePlan,
        bought: Sequence[ClipPlan],
        error: UnusableError,
        finishing: Finishing,
    ) -> list[Result]:
        """Publish a source without the clip that cannot be used, unless what stands is whole."""
        bad = [clip for clip in bought if clip.request.clip == error.clip] or list(bought)
        rest = fallback.told(clip for clip in bought if clip not in bad)
        results = [step_results.failed(clip, error) for clip in fallback.told(bad)]
        stands = self._publication.stands(source.wanted.source)
        shown = self._beside(source, bought, bad) if rest else None
        if shown is not None and not (stands and self._is_built(source, shown)):
            return [*results, *self._finish(source, shown, finishing)]
        path = source.wanted.source.path
        locked = {(path, line.clip, line.digest) for line in self._lines.of(path)}
        for clip in rest:
            is_shown = (clip.request.source, clip.request.clip, clip.digest) in locked
            kind = StepKind.FRESH if is_shown and stands else clip.step.kind
            step = msgspec.structs.replace(clip.step, kind=kind)
            kept = msgspec.structs.replace(clip, step=step)
            results.append(step_results.left(kept, stands=stands))
        return results

    def _publish_set(
        self, source: SourcePlan, bought: Sequence[ClipPlan], finished: finish.Finished
    ) -> PublishSet:
        """Return the files of a source, which is as it was, and what the lock file says of them."""
        wanted = source.wanted
        frames = (one for adopted in wanted.adopted for one in adopted.pictures)
        for picture in dict.fromkeys((wanted.source, *frames)):
            pictures.check_unchanged(self._workspace.root, picture)
        recipe = steps.build_recipe(wanted, bought)
        build_key = keys.digest(recipe.encode())
        self._survey.state.note(wanted.source.path, build_key, keys.derivation(recipe))
        shown = [self._workpieces.line(clip) for clip in bought if not clip.is_adopted]
        lines = [*shown, *self._hidden.get(wanted.source.path, ())]
        lines += grades.kept(source, self._lines, lines)
        return PublishSet(wanted.source, finished.files, lines, build_key, _adopted_lines(wanted))

    def _shown(self, one: _Ready) -> list[Result]:
        """Take note of a source that was published; returns how its clips ended."""
        for clip in one.bought:
            if not clip.is_adopted:
                record = self._workpieces.record(clip)
                made = (clip.step.request_key, clip.digest or record.digest)
                self._context.replaced.shows(clip.request.source, clip.request.clip, made)
        return [self._done(clip, one.finished) for clip in fallback.told(one.bought)]

    def _let_go(self, bought: Sequence[ClipPlan]) -> None:
        """Keep nothing of what is published: memory would grow with every sprite."""
        for clip in bought:
            self._bought.pop(clip.request.source, None)
            self._sources.pop(clip.request.source, None)
            self._workpieces.let_go(clip)
        self._buying.forget({clip.step.request_key for clip in bought} - self._common)

    def _judge(
        self, source: SourcePlan, bought: Sequence[ClipPlan], finished: finish.Finished
    ) -> grades.Verdict | None:
        if self._permit.is_standing_in:
            return None
        return grades.judge(
            source,
            bought,
            finished.grades,
            self._lines,
            self._store,
            stands=lambda: self._publication.stands(source.wanted.source),
        )

    def _hide(
        self,
        source: SourcePlan,
        bought: Sequence[ClipPlan],
        verdict: grades.Verdict,
        finished: finish.Finished,
        finishing: Finishing,
    ) -> list[Result]:
        """Keep clips back, and publish the others, unless what is published stays."""
        path = source.wanted.source.path
        made = [
            (clip, self._workpieces.line(clip))
            for clip in (verdict.hidden if verdict.instead else bought)
            if not clip.is_adopted
        ]
        self._hidden[path] = grades.hidden_lines(made, verdict, finished.grades, self._lines)
        results = [self._kept_back(clip, finished) for clip in verdict.hidden]
        if verdict.instead:
            return [*results, *self._finish(source, verdict.instead, finishing)]
        rest = [one for one in fallback.told(bought) if one not in verdict.hidden]
        results += [grades.waiting(one, verdict) for one in rest]
        shown = [one for one in self._lines.of(path) if not one.hidden]
        lines = [*shown, *self._hidden[path]]
        lines += grades.kept(source, self._lines, lines)
        self._publication.note(source.wanted.source, lines)
        return results

    def _remove_orphans(self) -> None:
        for step in self._plan.orphans:
            state = "left"
            if step.source in self._plan.gone and not self._permit.frozen_by:
                try:
                    with apart():
                        self._publication.forget(step.source)
                    state = "removed"
                except (AssetError, BugError) as exc:
                    step = step_results.with_error(step, exc)
            self._report([Result(step=step, state=state)])

    # -- results --------------------------------------------------------------------------------

    def _report(self, results: Iterable[Result]) -> None:
        for result in results:
            ended = step_results.priced(result, self._buying.outcome(result.step.request_key))
            self._results.append(ended)
            self._context.observe(ended)

    def _done(self, clip: ClipPlan, finished: finish.Finished) -> Result:
        outcome = self._buying.outcome(clip.step.request_key)
        ended = step_results.done(clip, outcome, self._rule(clip), finished)
        notes = self._sources[clip.request.source].wanted.notes
        reading = self._workpieces.reading(clip)
        return msgspec.structs.replace(
            ended,
            warnings=(*notes, *ended.warnings),
            reading=sys.intern(reading),  # the same for very many sprites
        )

    def _rule(self, clip: ClipPlan) -> Rule:
        return self._sources[clip.request.source].wanted.rule

    def _kept_back(self, clip: ClipPlan, finished: finish.Finished) -> Result:
        take = self._workpieces.record(clip).take
        return step_results.hidden(self._done(clip, finished), clip, take, self._rule(clip))


def _ends_the_run(error: PixelpipeError) -> bool:
    """Tell whether after an error of one source no other can be published either."""
    return isinstance(error, StorageError) and not isinstance(error, _ITS_OWN)


def _named(finished: finish.Finished, wanted: Wanted) -> finish.Finished:
    """Return what was finished with the plan's own paths: each is kept once, not twice."""
    paths = {path: path for path in wanted.outputs}
    files = (
        msgspec.structs.replace(one, path=paths.get(one.path, one.path)) for one in finished.files
    )
    return msgspec.structs.replace(finished, files=tuple(files))


def _adopted_lines(wanted: Wanted) -> list[AdoptedLine]:
    """Return what the lock file says of clips that are pictures as they are."""
    path = wanted.source.path
    return [
        AdoptedLine(lock=1, source=path, clip=one.clip, digest=keys.frames_digest(one))
        for one in wanted.adopted
    ]
