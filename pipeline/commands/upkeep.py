"""Look after what is there: integrity, outputs, bought bytes that nothing refers to, disclosure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from ..api import Project
from ..core.model import Record, stem_of
from ..run import publish
from ..storage import files, lock
from ..storage.files import carried
from ..storage.files.carried import Carried
from ..storage.lock import ClipLine, FileLine
from ..storage.store import Bought
from .gallery import entries

#: The service that animates by rule, not by a model.
BUILT_IN = "built-in"

#: What version control did to an output.
_CHANGED = {
    Carried.POINTER: "is not fetched, this is a Git LFS pointer; run `git lfs pull`",
    Carried.LINE_ENDS: "has other line ends than it was published with; `pixelpipe build` mends it",
    Carried.MARKERS: "has conflict markers of a merge; `pixelpipe build` makes it again",
}


class Origin(StrEnum):
    """How a file came about, in words that store forms use."""

    GENERATED = "generated"
    PROCEDURAL = "procedural"
    EDITED = "edited"
    #: Put together of frames that were there.
    DRAWN = "drawn"


class Disclosed(Record, frozen=True, kw_only=True):
    """A published file and how it came about."""

    path: str
    origin: Origin
    services: tuple[str, ...]
    models: tuple[str, ...]


class Unused(Record, frozen=True, kw_only=True):
    """A purchase that no line of the lock file refers to."""

    bought: Bought
    path: Path


def verify(opened: Project) -> tuple[str, ...]:
    """Return a sentence for everything that is damaged or missing; what is detached is not ours.

    Purchases that are not in use are looked at as well: they were paid for.
    """
    found = list(opened.lock().notices)
    store = opened.workspace.store()
    for line in opened.lock().clips:
        name = f"{line.source} [{line.clip}]"
        if store.record(line.key, line.digest) is None:
            found.append(f"{name}: the record of its purchase is missing or damaged")
        elif store.content(line.digest) is None:
            found.append(f"{name}: the bought bytes are missing or damaged")
    for one in unused(opened):
        if store.content(one.bought.digest) is None:
            key = one.bought.request_key[:12]
            found.append(f"purchase {key}, not in use: the bought bytes are missing or damaged")
    for file in opened.lock().files:
        if file.detached:
            continue
        digest = _digest(opened.root, file.path)
        if said := files.obstacle(opened.root, file.path):
            found.append(said)
        elif digest is None:
            found.append(f"{file.path}: is missing; `pixelpipe build` brings it back")
        elif digest != file.digest:
            how = carried.change(opened.root / file.path, file.digest)
            found.append(f"{file.path}: {_CHANGED[how] if how else 'is not what was published'}")
    return tuple(found)


def mend(opened: Project) -> tuple[str, ...]:
    """Replace damaged copies of bought bytes and records by whole ones; say which.

    Bought bytes name themselves, so that a whole copy is known for certain.
    """
    store = opened.workspace.store()
    records = store.mend_records()
    digests = {
        record.digest: None
        for folder in opened.workspace.bought
        for _, record in store.records(folder)
    }
    copies = (path for digest in digests for path in store.mend(digest))
    return (
        *(f"{path}: was damaged; mended from the second copy" for path in copies),
        *(f"{path}: was damaged; written anew" for path in records),
    )


def clean(opened: Project) -> tuple[str, ...]:
    """Remove published files that are still as we wrote them; bought bytes and lock lines stay."""
    return tuple(
        line.path
        for line in opened.lock().files
        if line.is_ours
        and files.remove(
            opened.root, line.path, line.digest, below=opened.workspace.settings.assets
        )
    )


def clean_orphans(opened: Project) -> tuple[str, ...]:
    """Remove what was made of sources that are gone or that no rule matches; return the paths.

    Their lines leave the lock file. What was bought for them stays; `prune` lists it.
    """
    plan = opened.plan().plan
    sources = dict.fromkeys(step.source for step in plan.orphans)
    stems = [stem_of(source) for source in sources]
    of, assets = opened.lock().files_of(), opened.workspace.settings.assets
    removed = tuple(
        line.path
        for stem in stems
        for line in of.get(stem, ())
        if line.is_ours and files.remove(opened.root, line.path, line.digest, below=assets)
    )
    if sources:
        empty = {source: () for source in sources}
        empty_files = {stem: () for stem in stems}
        publish.amend(
            opened.workspace,
            lambda before: lock.replace(before, clips=empty, files=empty_files, adopted=empty),
        )
    return removed


class Named(Record, frozen=True, kw_only=True):
    """What a purchase is of, as far as rules or records still know."""

    source: str = ""
    clip: str = ""
    grade: int | None = None


def named(opened: Project, purchases: Sequence[Unused]) -> dict[str, Named]:
    """Return file, clip and grade of purchases by request key: from the rules, else the ledger."""
    wanted = {one.bought.request_key for one in purchases}
    with opened.workspace.ledger(time.time()) as ledger:
        found = {
            job.request_key: Named(source=job.source, clip=job.clip) for job in ledger.jobs(wanted)
        }
    takes_of = {(one.bought.digest, one.bought.take): one.bought.request_key for one in purchases}
    for entry in entries.collect(opened) if wanted else ():
        for reel in entry.reels:
            key = takes_of.get((reel.digest, reel.take))
            if key is not None:
                found[key] = Named(source=entry.source, clip=reel.clip, grade=reel.points)
    return found


def unused(opened: Project) -> tuple[Unused, ...]:
    """Return the purchases in this project that no line of its lock file refers to."""
    used = {(line.key, line.digest) for line in opened.lock().clips}
    folder = opened.workspace.bought[0]
    return tuple(
        Unused(bought=record, path=path)
        for path, record in opened.workspace.store().records(folder)
        if (record.request_key, record.digest) not in used
    )


def remove(opened: Project, purchases: Iterable[Unused]) -> None:
    """Remove purchases from the project; what a build has come to use meanwhile stays.

    The second copy of what this user bought is made sure of before.
    """
    store, still = opened.workspace.store(), {one.path for one in unused(opened)}
    with opened.workspace.ledger(time.time()) as ledger:
        for one in purchases:
            if one.path not in still:
                continue
            bought = one.bought
            is_fetched = bought.is_fetched_by(ledger.jobs([bought.request_key]))
            store.keep(bought, is_fetched=is_fetched)
            store.remove(opened.workspace.bought[0], bought)


def disclose(opened: Project) -> tuple[Disclosed, ...]:
    """Return every published file with how it came about."""
    made: dict[str, list[ClipLine]] = {}
    for line in opened.lock().clips:
        if line.hidden:
            continue
        made.setdefault(stem_of(line.source), []).append(line)
    drawn = {stem_of(line.source) for line in opened.lock().adopted}
    store = opened.workspace.store()
    found = []
    for file in opened.lock().files:
        clips = made.get(lock.stem(file.path), [])
        # The built-in engine echoes the vendor's model names, as its clients expect; it is none.
        models = [line for line in clips if line.service != BUILT_IN]
        records = [store.record(line.key, line.digest) for line in models]
        found.append(
            Disclosed(
                path=file.path,
                origin=_origin(file, clips, opened.root, is_drawn=lock.stem(file.path) in drawn),
                services=tuple(sorted({line.service for line in clips})),
                models=tuple(sorted({record.model for record in records if record})),
            )
        )
    return tuple(sorted(found, key=lambda one: one.path))


def statement(found: Sequence[Disclosed]) -> str:
    """Return the text for a store's form: what is claimed of each kind, and of no other."""
    counts = Counter(one.origin for one in found)
    services = sorted({name for one in found for name in one.services} - {BUILT_IN})
    claims = [
        (Origin.GENERATED, f"generated by {', '.join(services)} from sprites that we drew"),
        (Origin.PROCEDURAL, "animated procedurally, without AI, from sprites that we drew"),
        (Origin.EDITED, "edited by hand afterwards"),
        (Origin.DRAWN, "put together of frames that we drew"),
    ]
    told = [f"{_files(counts[origin])} {claim}" for origin, claim in claims if counts[origin]]
    if not told:
        return "No animation of this game was made with pixelpipe."
    made = "Some animations of this game were made with a generative tool from our own pixel art"
    none = "No animation of this game was made with generative AI"
    return f"{made if services else none}: {', '.join(told)}."


def _files(count: int) -> str:
    return "1 file was" if count == 1 else f"{count} files were"


def _origin(file: FileLine, clips: list[ClipLine], root: Path, *, is_drawn: bool) -> Origin:
    is_edited = (
        _digest(root, file.path) not in (None, file.digest)
        and carried.change(root / file.path, file.digest) is None
    )
    if is_edited or not file.is_ours:
        return Origin.EDITED
    if is_drawn and not clips:
        return Origin.DRAWN
    return Origin.GENERATED if any(line.paid for line in clips) else Origin.PROCEDURAL


def _digest(root: Path, path: str) -> str | None:
    try:
        return files.digest_of(root / path)
    except OSError:
        return None
