"""What a plan is made of: what rules want of a source, what is known, and what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

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
from ..core.packed import Form
from ..storage import lock
from ..storage.files import Carried
from ..storage.lock import ClipLine
from ..storage.store import Bought


def _no_record(*_: str) -> Bought | None:
    return None


class Wanted(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
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
    retaken: tuple[str, ...] = ()
    #: Purchases that are used whatever the lock file says, by clip: a person chose them.
    picked: Mapping[str, lock.ClipLine] = {}
    #: Why a clip that is bought for it would fit no sheet; "" when it would.
    too_large: str = ""
    #: Sentences that the user should read when it is made.
    notes: tuple[str, ...] = ()
    #: Free clips that an older version of the built-in engine made are to be made anew.
    is_refreshed: bool = False


class WantedForm(Form[Wanted]):
    """How what is wanted is packed: rules and targets, which many sources share, stand beside."""

    def apart(self, item: Wanted) -> tuple[Wanted, tuple[Any, ...]]:
        """Return it without its rule and targets, and those."""
        return msgspec.structs.replace(item, rule=_NO_RULE, targets=()), (item.rule, item.targets)

    def joined(self, item: Wanted, common: tuple[Any, ...]) -> Wanted:
        """Return it with rule and targets."""
        put_into(item, "rule", common[0])
        put_into(item, "targets", common[1])
        return item


_NO_RULE = Rule(name="", match=(), clips=())
put_into = msgspec.structs.force_setattr
WANTED = WantedForm(Wanted)


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
    #: The lock file's lines of later takes of sources that had gone before.
    put_away: Sequence[ClipLine] = ()


class ClipPlan(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
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
        #: Later takes of sources that had gone before, when the lock file dropped their lines.
        self.put_away: dict[str, list[ClipLine]] = {}
        for line in known.put_away:
            self.put_away.setdefault(line.clip, []).append(line)
        self.adopted = {(line.source, line.clip, line.digest) for line in known.lock.adopted}

    # What is asked about few sources is made when it is first asked for: it grows with the project.

    @cached_property
    def written(self) -> Collection[str]:
        """Digests of files that we wrote, wherever they lie."""
        return {line.digest for line in self.known.lock.files if line.is_ours} | (
            self.known.lock.dropped
        )

    @cached_property
    def moved(self) -> Collection[str]:
        """Digests of files that we wrote and whose source is gone, where all were looked at."""
        existing = self.known.existing
        if existing is None:
            return ()
        return {
            line.digest
            for line in self.known.lock.files
            if line.is_ours and not _has_source(line.path, existing)
        }

    @cached_property
    def by_key(self) -> Mapping[str, ClipLine]:
        """The lines of paid purchases by their request keys."""
        return _last((line.key, line) for line in self.known.lock.clips if line.paid)

    @cached_property
    def open_lines(self) -> Mapping[str, ClipLine]:
        """The lines of purchases by their open keys."""
        clips = self.known.lock.clips
        return _last((line.open, line) for line in clips if line.open is not None)

    @cached_property
    def paid_by(self) -> Collection[str]:
        """The services that were paid."""
        return {line.service for line in self.known.lock.clips if line.paid}

    @cached_property
    def later(self) -> Mapping[str, Sequence[tuple[bool, ClipLine]]]:
        """Later takes by clip, of sources that are gone first: whoever moved one keeps its choice.

        Each with whether its source is there.
        """
        found: dict[str, list[tuple[bool, ClipLine]]] = {}
        for line in self.known.lock.clips:
            if line.take:
                is_there = line.source not in self.known.gone
                found.setdefault(line.clip, []).append((is_there, line))
        return found


def _last(lines: Iterable[tuple[str, ClipLine]]) -> Mapping[str, ClipLine]:
    """Return lines by name; of several the one that stands last in the file."""
    found: dict[str, ClipLine] = {}
    for name, line in lines:
        other = found.setdefault(name, line)
        if other is not line:
            found[name] = max(other, line, key=lock.written)
    return found


def _has_source(path: str, existing: Collection[str]) -> bool:
    stem = lock.stem(path)
    return f"{stem}.png" in existing or f"{stem}.PNG" in existing
