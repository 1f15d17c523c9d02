"""What a plan is made of: what rules want of a source, what is known, and what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence

from ..config.project_settings import ServiceChoice
from ..core.model import (
    Frames,
    Job,
    Record,
    Request,
    Rule,
    Source,
    Step,
    TargetChoice,
)
from ..storage import lock
from ..storage.files import Carried
from ..storage.store import Bought


def _no_record(*_: str) -> Bought | None:
    return None


class Wanted(Record, frozen=True, kw_only=True, gc=False):
    """One source, and what the rules want of it."""

    source: Source
    rule: Rule
    requests: tuple[Request, ...]
    targets: tuple[TargetChoice, ...]
    #: The paths that its targets will write.
    outputs: tuple[str, ...]
    #: Why it may be animated already, or a copy: asked about until it was bought once; "" when not.
    doubt: str = ""
    #: Clips that are numbered pictures as they are; such clips have no request.
    adopted: tuple[Frames, ...] = ()
    #: Clips of which exactly the take of their request is wanted, whatever the lock file says.
    retaken: Collection[str] = ()
    #: Purchases that are used whatever the lock file says, by clip: a person chose them.
    picked: Mapping[str, lock.ClipLine] = {}
    #: Why a clip that is bought for it would fit no sheet; "" when it would.
    too_large: str = ""
    #: Sentences that the user should read when it is made.
    notes: tuple[str, ...] = ()
    #: Free clips that an older version of the built-in engine made are to be made anew.
    is_refreshed: bool = False


class Known(Record, frozen=True, kw_only=True):
    """What is known before a run, from the lock file, the ledger, the store and the disk."""

    lock: lock.Lock = lock.Lock()
    #: Sources that are not looked at now, because they may still be written.
    waiting: Collection[str] = ()
    #: Jobs by request key, and bought ones by open key.
    jobs: Mapping[str, Job] = {}
    alike: Mapping[str, Job] = {}
    #: Purchases that only the store knows: request key to digest.
    stored: Mapping[str, str] = {}
    #: Bought jobs by the pixels that they were made from, newest first.
    made_from: Mapping[str, Sequence[Job]] = {}
    #: The record of a purchase by key and digest, or by key alone, read when it is asked for.
    record: Callable[[str, str], Bought | None] = _no_record
    find: Callable[[str], Bought | None] = _no_record
    #: Digests of bought bytes that the store has.
    have: Container[str] = frozenset()
    #: Digest of each output on disk; absent when there is no file.
    on_disk: Mapping[str, str] = {}
    #: What stands where an output would go and is no file that can be replaced: a sentence by path.
    obstacles: Mapping[str, str] = {}
    #: Digests that publish sets begun but not ended may have written, by path.
    begun: Mapping[str, frozenset[str]] = {}
    #: How version control changed outputs on their way, by path: no edit of a person.
    carried: Mapping[str, Carried] = {}
    #: Outputs that say themselves that they are ours, although no line names them: their digests.
    claimed: Mapping[str, str] = {}
    #: Request keys that outputs on disk say they were made from.
    claimed_keys: Collection[str] = frozenset()
    #: Of those outputs the ones that were paid for, and the service that they say they are from.
    claimed_from: Mapping[str, str] = {}
    #: Holders of claims that still run.
    alive: Collection[str] = frozenset()
    #: Stems whose outputs may be replaced although they were edited.
    restored: Collection[str] = ()
    #: All files that exist under the assets folders, when the scan was complete; else None.
    existing: Collection[str] | None = None
    #: Sources of later takes that are not there, also where only some files were looked at.
    gone: Collection[str] = frozenset()


class ClipPlan(Record, frozen=True, kw_only=True, gc=False):
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
    #: The lock file's line while the purchase is kept back because of a low grade.
    hidden: lock.ClipLine | None = None
    #: Clips of one source with the same word here are bought by one POST; "": bought alone.
    batch: str = ""
    #: Numbered pictures as they are: no purchase, no request key, no price.
    is_adopted: bool = False
    #: It is there, and is to be made again by the newer engine.
    is_anew: bool = False
    #: An older version of the built-in engine made it; it stays until somebody asks for it anew.
    is_outdated: bool = False
    #: Shown before, and again in place of the clip that is wanted, which ended otherwise.
    is_standing_in: bool = False


class View:
    """What is known, by the names under which one source looks it up."""

    def __init__(
        self,
        known: Known,
        service: ServiceChoice,
        clashes: Mapping[str, str],
        stand_in: View | None = None,
    ) -> None:
        """`stand_in` decides about clips that would have to be bought, for the time being."""
        self.stand_in = stand_in
        self.is_stand_in = False
        if stand_in is not None:
            stand_in.is_stand_in = True
        self.known = known
        self.service = service
        self.clashes = clashes
        self.lines = known.lock.lines_of()
        self.files = known.lock.files_of()
        self.written = {line.digest for line in known.lock.files if line.is_ours}
        self.written |= known.lock.dropped
        existing = known.existing
        self.moved = {
            line.digest
            for line in (known.lock.files if existing is not None else ())
            if line.is_ours and not _has_source(line.path, existing or ())
        }
        self.by_key = {line.key: line for line in known.lock.clips if line.paid}
        #: Later takes by clip, of sources that are gone first: whoever moved one keeps its choice.
        self.later: dict[str, list[tuple[bool, lock.ClipLine]]] = {}
        for line in known.lock.clips:
            if line.take:
                is_there = line.source not in known.gone
                self.later.setdefault(line.clip, []).append((is_there, line))
        self.paid_by = {line.service for line in known.lock.clips if line.paid}
        self.adopted = {(line.source, line.clip, line.digest) for line in known.lock.adopted}
        self.open_lines = {line.open: line for line in known.lock.clips if line.open is not None}


def _has_source(path: str, existing: Collection[str]) -> bool:
    stem = lock.stem(path)
    return f"{stem}.png" in existing or f"{stem}.PNG" in existing
