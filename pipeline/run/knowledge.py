"""Gather what is known of a survey's clips: from the lock file, the ledger, the store, the disk."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ..config.workspace import Workspace
from ..core import keys
from ..core.model import Job, JobState, Request
from ..plan.wanted import Known, Wanted
from ..storage import files, lock
from ..storage.files import carried
from ..storage.files.carried import Carried
from ..storage.ledger import Ledger
from ..storage.lock import ClipLine, FileLine, Lock
from ..storage.store import Store
from . import claims
from .survey import Survey

#: Requests that are looked up together.
_AT_A_TIME = 2000


def gather(
    workspace: Workspace, survey: Survey, ledger: Ledger | None, *, restored: Collection[str] = ()
) -> Known:
    """Return what `plan.make` has to know; without a ledger, only what the lock file settles."""
    store = workspace.store()
    on_disk = _on_disk(workspace.root, survey)
    odd = _odd(survey.lock, on_disk)
    made = claims.find(workspace.root, odd)
    known = Known(
        lock=survey.lock,
        waiting=survey.waiting,
        have=_Have(store),
        record=store.record,
        find=store.find,
        on_disk=on_disk,
        carried=_carried(workspace.root, survey.lock, odd),
        claimed=made.files,
        claimed_keys=made.keys,
        claimed_from=made.services,
        restored=restored,
        obstacles=_obstacles(workspace.root, survey),
        existing=survey.scan.files.keys() if survey.is_whole else None,
        gone=_gone(workspace.root, survey),
    )
    return known if ledger is None else _with_ledger(workspace, survey, known, odd, ledger, store)


def _on_disk(root: Path, survey: Survey) -> Mapping[str, str]:
    """Digest the outputs that the lock names or that stand where we would write."""
    scanned = survey.scan.files
    there = {path for path in _outputs(survey) if path in scanned or _is_folder(root, path, survey)}
    # Folder by folder: the state keeps few of them open.
    return files.digests(root, sorted(there), survey.state, files=scanned)


def _outputs(survey: Survey) -> Iterator[str]:
    """Yield the outputs that the lock names of what is looked at, and those that are wanted."""
    if survey.is_whole:
        yield from (line.path for line in survey.lock.files)
    lines = {} if survey.is_whole else survey.lock.files_of()
    for one in survey.wanted:
        yield from (line.path for line in lines.get(one.source.stem, ()))
        yield from one.outputs


def _is_folder(root: Path, path: str, survey: Survey) -> bool:
    """Tell whether a folder stands where an output goes: it is there, and it is not ours.

    Who looks at a part lists the folders that differ, and not those in them.
    """
    return path in survey.scan.folders or (not survey.is_whole and (root / path).is_dir())


def _obstacles(root: Path, survey: Survey) -> dict[str, str]:
    """Say what stands in the place of an output and can be none.

    A look at everything has found all that is no plain file; else what is not there is asked for.
    """
    scan = survey.scan
    if survey.is_whole:
        pipes = {fault.removesuffix(files.NO_FILE) for fault in scan.faults}.difference(scan.faults)
        odd = pipes.union(scan.links, scan.folders)
        outputs = {path for path in odd if files.is_output(path.rpartition("/")[2])}
    else:
        outputs = set(_outputs(survey))
    absent = outputs - scan.files.keys()
    return {path: said for path in absent if (said := files.obstacle(root, path))}


def _gone(root: Path, survey: Survey) -> frozenset[str]:
    """Return the sources of later takes that are not there: where the scan was not, it is asked."""
    sources = {line.source for line in survey.lock.clips if line.take} - survey.scan.files.keys()
    if survey.is_whole:
        return frozenset(sources)
    return frozenset(path for path in sources if files.stat_at(root / path) is None)


def _with_ledger(
    workspace: Workspace,
    survey: Survey,
    known: Known,
    odd: Collection[str],
    ledger: Ledger,
    store: Store,
) -> Known:
    """Add what only the ledger and the store know, for clips that the lock does not settle."""
    identity = workspace.service.identity
    lines = survey.lock.lines_of()

    def is_settled(request: Request, key: str) -> bool:
        # By source, not by key alone: a copy or a renamed file is not settled by another's line.
        own = lines.get((request.source, request.clip), ())
        return any(line.key == key and line.digest in known.have for line in own)

    books = _Books()
    for requests in _some(survey.wanted):
        named = {
            key: request
            for request in requests
            if not is_settled(request, key := keys.request_key(request, identity))
        }
        _look_up(named, books, ledger, store, identity)
        books.has_unnamed |= bool(named)
    return msgspec.structs.replace(
        known,
        jobs=books.jobs,
        alike=books.alike,
        stored=books.stored,
        made_from=books.made_from,
        begun=ledger.begun(str(workspace.root), odd),
        alive=books.alive | _alive(ledger, books.jobs.values()),
        put_away=_put_away(workspace, ledger) if books.has_unnamed else (),
    )


def _put_away(workspace: Workspace, ledger: Ledger) -> tuple[ClipLine, ...]:
    """Return the lines of what had gone and may be back: what cannot be read is as if not there."""
    found = map(lock.record, ledger.kept_lines(str(workspace.root)))
    return tuple(line for line in found if isinstance(line, ClipLine))


class _Books:
    """What ledger and store say of requests: see `Known`."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.alike: dict[str, Job] = {}
        self.stored: dict[str, str] = {}
        self.made_from: dict[str, list[Job]] = {}
        self.alive: frozenset[str] = frozenset()
        #: Some request is not settled by a line of the lock file.
        self.has_unnamed = False


def _some(wanted: Iterable[Wanted]) -> Iterator[list[Request]]:
    """Yield all requests, some at a time: those of very many sources would fill the memory."""
    some: list[Request] = []
    for one in wanted:
        some += one.requests
        if len(some) >= _AT_A_TIME:
            yield some
            some = []
    if some:
        yield some


def _look_up(
    named: Mapping[str, Request], books: _Books, ledger: Ledger, store: Store, identity: str
) -> None:
    """Add what ledger and store say of the requests `named` by their keys."""
    jobs = _jobs(ledger, list(named.values()), identity)
    alive = _alive(ledger, jobs.values())
    # Looked up again: a process that has ended meanwhile did not die, it went on.
    jobs |= _jobs(ledger, [named[key] for key in _orphaned(jobs, alive) if key in named], identity)
    open_keys = (keys.open_key(one, identity) for one in named.values())
    books.alike |= ledger.alike(found for found in open_keys if found is not None)
    pixels = {named[key].pixel_digest for key in named if not _is_bought(jobs.get(key))}
    unknown = [key for key in named if key not in jobs or jobs[key].digest is None]
    books.stored |= {key: one.digest for key in unknown if (one := store.find(key)) is not None}
    books.made_from |= ledger.made_from(pixels, identity)
    books.jobs |= jobs
    books.alive |= alive


def _is_bought(job: Job | None) -> bool:
    return job is not None and job.digest is not None


def _odd(locked: Lock, on_disk: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of outputs that are not as the lock file says."""
    lines = locked.files_of()
    return {path: found for path, found in on_disk.items() if _named(path, lines) != found}


def _named(path: str, lines: Mapping[str, Sequence[FileLine]]) -> str | None:
    """Return the digest that the lock file says of a file."""
    own = lines.get(lock.stem(path), ())
    return next((line.digest for line in own if line.path == path), None)


def _carried(root: Path, locked: Lock, odd: Collection[str]) -> dict[str, Carried]:
    lines = locked.files_of() if odd else {}
    found = {path: carried.change(root / path, _named(path, lines)) for path in odd}
    return {path: one for path, one in found.items() if one is not None}


def _jobs(ledger: Ledger, requests: Sequence[Request], identity: str) -> dict[str, Job]:
    """Look jobs up, and the next take's wherever a take was billed without a result."""
    found: dict[str, Job] = {}
    while requests:
        takes = {keys.request_key(one, identity): one for one in requests}
        new = {job.request_key: job for job in ledger.jobs(takes)}
        found |= new
        requests = [
            msgspec.structs.replace(one, take=one.take + 1)
            for key, one in takes.items()
            if key in new and new[key].state is JobState.CHARGED
        ]
    return found


def _alive(ledger: Ledger, jobs: Iterable[Job]) -> frozenset[str]:
    holders = {job.holder for job in jobs if job.holder}
    return frozenset(holder for holder in holders if ledger.is_alive(holder))


def _orphaned(jobs: Mapping[str, Job], alive: Container[str]) -> list[str]:
    """Return the keys of claims that nobody holds any more."""
    return [
        key
        for key, job in jobs.items()
        if job.state is JobState.CLAIMED and job.holder not in alive
    ]


class _Have:
    """The digests in the store, looked up when asked: a run with nothing to do asks for none."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, str) and self._store.has(digest)


def unsure(survey: Survey, known: Known) -> frozenset[str]:
    """Return the sources whose outputs are not all on disk as the lock file says."""
    of = survey.lock.files_of()
    return frozenset(
        one.source.path
        for one in survey.wanted
        if any(known.on_disk.get(line.path) != line.digest for line in of.get(one.source.stem, ()))
    )
