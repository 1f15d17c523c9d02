"""Take from the shared store what others have bought, before anything is decided about buying.

A committed lock line says which bytes a clip is made of: the shared store only has to have them.
Where no line stands, the first record of the key is believed. What is found is checked and copied
into the project's own bought bytes; never into the user's own tier, which serves other projects.
"""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from ..config.workspace import Workspace
from ..core import keys
from ..core.errors import RefusedError, UnavailableError
from ..core.model import Request, StepKind
from ..plan import steps
from ..plan.plan import Plan, SourcePlan
from ..plan.wanted import ClipPlan, Known
from ..purchase import download
from ..storage.lock import ClipLine
from ..storage.store import Bought, Store

if TYPE_CHECKING:
    from ..purchase.team import Team
    from ..storage.shared.reader import Reader, Tally, Want

_Size = tuple[int, int] | None


class Sharing:
    """One run's use of a shared store. Nothing of it is loaded before something is missing."""

    def __init__(
        self, workspace: Workspace, environment: Mapping[str, str], *, is_kept: bool
    ) -> None:
        """Borrow the project; without `is_kept` nothing is written, as for a plan."""
        self._workspace = workspace
        self._environment = environment
        self._is_kept = is_kept
        self._reader: Reader | None = None
        self._trouble = ""
        self._has_failed = False
        #: The machines among which this run buys: what is waited for comes from the store as well.
        self.team: Team | None = None
        #: Why something that is missing was not looked for: the user has not allowed it.
        self.refusal = ""

    @property
    def is_on(self) -> bool:
        """A shared store is named."""
        return bool(self._workspace.shared.url)

    @property
    def tally(self) -> Tally | None:
        """What became of the reads; None without a shared store."""
        if not self.is_on:
            return None
        from ..storage.shared.reader import Tally

        found = Tally(errors=int(self._has_failed)) if self._reader is None else self._reader.tally
        return found if self.team is None else found.with_waited(self.team.waited.values())

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, in at most one sentence."""
        why = self._reader.trouble if self._reader else self._trouble
        if not why:
            return ()
        is_off = self._reader is None or self._reader.is_off
        rest = "it is not asked any more in this run" if is_off else "some were not found there"
        return (f"the shared store cannot be read, {rest}: {why}",)

    def bring(self, plan: Plan, known: Known) -> Known | None:
        """Fetch what `plan` lacks; returns what is known then, None when nothing was found.

        Raises RefusedError for a store that the user has not allowed, where something of it is
        kept; ConfigError for what is no store; UnavailableError where the settings require it.
        """
        if not self.is_on or self._has_failed:
            return None
        wanted = dict.fromkeys(_missing(plan, known))
        if not wanted:
            return None
        if refusal := self._workspace.shared.refusal:
            self.refusal = refusal
            if self._is_kept:
                raise RefusedError(refusal)
            return None
        reader = self._opened()
        if reader is None:
            return None
        found = self._kept(reader, [_want(*one, known) for one in wanted])
        self._check(reader.trouble)
        return _joined(known, found) if found else None

    def count(self) -> None:
        """Add what became of the reads to this user's own counters."""
        tally = self.tally
        if self._is_kept and tally is not None and (self._reader or self._has_failed):
            from ..storage.shared import counters

            counters.add(self._workspace.state, self._workspace.shared.url, tally, time.time())

    def _opened(self) -> Reader | None:
        if self._reader is not None:
            return self._reader
        from ..storage.shared import opening
        from ..storage.shared.reader import Reader
        from ..storage.shared.store import Unreachable

        url = self._workspace.shared.url
        try:
            store, _ = opening.open(url, self._workspace.root, self._environment)
        except Unreachable as exc:
            self._has_failed, self._trouble = True, str(exc)
            self._check(self._trouble)
            return None
        self._reader = Reader(store, download.is_whole)
        return self._reader

    def _check(self, trouble: str) -> None:
        if trouble and self._workspace.shared.require:
            raise UnavailableError(
                f"the shared store cannot be read, and `require` is set: {trouble}"
            )

    def _kept(self, reader: Reader, wants: list[Want]) -> dict[tuple[str, str], Bought]:
        tier = Store(self._workspace.bought[0], durable=False)
        found = {}
        for record, content in reader.fetch(wants):
            if self._is_kept:
                tier.put(record, content)
            found[record.request_key, record.digest] = record
        return found


def _missing(plan: Plan, known: Known) -> Iterator[tuple[str, str | None, _Size]]:
    """Yield key, digest and size of the picture, where they are known, of what `plan` lacks.

    That is all paid bytes that it needs.
    """
    lines = known.lock.lines_of()
    pinned = _Pinned(known)
    for source in plan.sources:
        if source.is_fresh:
            continue
        for clip in source.clips:
            place = (clip.request.source, clip.request.clip)
            sent, is_whole = source.wanted.source, clip.request.cell is None
            size = (sent.width, sent.height) if is_whole else None
            for key, digest in _missing_of(clip, source, pinned, lines.get(place, ()), known.have):
                yield key, digest, size


def _missing_of(
    clip: ClipPlan,
    source: SourcePlan,
    pinned: _Pinned,
    lines: Iterable[ClipLine],
    have: Container[str],
) -> Iterator[tuple[str, str | None]]:
    if clip.is_adopted:
        return
    step, request = clip.step, clip.request
    if clip.digest is not None:
        if clip.paid and clip.digest not in have:
            yield step.request_key, clip.digest
        return
    if step.kind not in (StepKind.BUY, StepKind.RESUME, StepKind.ASK):
        return
    is_retaken = request.clip in source.wanted.retaken
    found = [line for line in pinned(request, lines) if line.digest not in have and not is_retaken]
    yield from ((line.key, line.digest) for line in found)
    if step.kind is StepKind.BUY and step.credits and not found:
        yield step.request_key, None
    if step.kind is StepKind.RESUME and clip.job is not None and clip.job.digest:
        yield step.request_key, clip.job.digest  # bought before, and its bytes are lost


class _Pinned:
    """The paid lines of the lock file that say which bytes a request is made of."""

    def __init__(self, known: Known) -> None:
        paid = [line for line in known.lock.clips if line.paid]
        self._by_key = {line.key: line for line in paid}
        self._services = sorted({line.service for line in paid})

    def __call__(self, request: Request, own: Iterable[ClipLine]) -> list[ClipLine]:
        found = [line for line in own if line.paid and steps.answers(line, request)]
        if found:
            return found
        names = (keys.request_key(request, service) for service in self._services)
        return [self._by_key[name] for name in names if name in self._by_key]


def _want(key: str, digest: str | None, size: _Size, known: Known) -> Want:
    from ..storage.shared.reader import Want

    record = None if digest is None else known.record(key, digest)
    return Want(request_key=key, digest=digest, record=record, size=size)


def _joined(known: Known, found: Mapping[tuple[str, str], Bought]) -> Known:
    """Return what is known with these purchases, whether or not they lie in the store."""
    by_key = {key: record for (key, _), record in found.items()}
    digests = frozenset(digest for _, digest in found)
    return msgspec.structs.replace(
        known,
        stored={**{key: record.digest for key, record in by_key.items()}, **known.stored},
        record=lambda key, digest: found.get((key, digest)) or known.record(key, digest),
        find=lambda key: known.find(key) or by_key.get(key),
        have=_Either(digests, known.have),
    )


class _Either:
    def __init__(self, first: Container[str], second: Container[str]) -> None:
        self._first, self._second = first, second

    def __contains__(self, digest: object) -> bool:
        return digest in self._first or digest in self._second
