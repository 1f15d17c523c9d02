"""Look after what is there: integrity, outputs, bought bytes that nothing refers to, disclosure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from . import keys, lock, project, provenance, publication
from .api import Project
from .errors import StorageError
from .lock import ClipLine, FileLine, Lock
from .model import Provenance, Record
from .store import Bought


class Origin(StrEnum):
    """How a file came about, in words that store forms use."""

    GENERATED = "generated"
    PROCEDURAL = "procedural"
    EDITED = "edited"


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
    """Return a sentence for everything that is damaged or missing."""
    store = opened.site.store()
    found = list(opened.lock().notices)
    for line in opened.lock().clips:
        name = f"{line.source} [{line.clip}]"
        if store.record(line.key, line.digest) is None:
            found.append(f"{name}: the record of its purchase is missing or damaged")
        elif store.content(line.digest) is None:
            found.append(f"{name}: the bought bytes are missing or damaged")
    for file in opened.lock().files:
        if not (opened.root / file.path).is_file():
            found.append(f"{file.path}: is missing; `pixelpipe build` brings it back")
        elif _digest(opened.root, file.path) != file.digest:
            found.append(f"{file.path}: is not what was published")
    return tuple(found)


def rebuild_lock(opened: Project) -> tuple[int, int]:
    """Write the lock file anew from the provenance in published PNGs; returns clips and files.

    Lines that are there already and still true stay.
    """
    wanted = {one.wanted.source.stem: one.wanted for one in opened.plan().plan.sources}
    store = opened.site.store()
    clips: list[ClipLine] = []
    files: list[FileLine] = []
    for stem, found in _published(opened):
        if stem not in wanted:
            continue
        one = wanted[stem]
        order = [request.clip for request in one.requests]
        used = sorted(
            (clip for clip in found if clip.clip in order), key=lambda clip: order.index(clip.clip)
        )
        named = [(clip.clip, clip.request_key, clip.digest) for clip in used]
        build_key = keys.build_key(stem, one.rule, named, one.targets)
        for clip in used:
            clips.append(_line(one.source.path, clip, store.record(clip.request_key, clip.digest)))
        for path in one.outputs:
            if (digest := _digest(opened.root, path)) is not None:
                files.append(FileLine(path=path, digest=digest, build=build_key))
    publication.amend(opened.site, lambda _: Lock(clips=tuple(clips), files=tuple(files)))
    return len(clips), len(files)


def clean(opened: Project) -> tuple[str, ...]:
    """Remove published files that are still as we wrote them; bought bytes and lock lines stay."""
    return tuple(
        line.path
        for line in opened.lock().files
        if line.is_ours and project.remove(opened.root, line.path, line.digest)
    )


def unused(opened: Project) -> tuple[Unused, ...]:
    """Return the purchases in this project that no line of its lock file refers to."""
    used = {(line.key, line.digest) for line in opened.lock().clips}
    folder = opened.site.bought[0]
    return tuple(
        Unused(bought=record, path=path)
        for path, record in opened.site.store().records(folder)
        if (record.request_key, record.digest) not in used
    )


def remove(purchases: Iterable[Unused]) -> None:
    """Remove purchases from the project: the record first, then bytes that no record names."""
    for one in purchases:
        one.path.unlink(missing_ok=True)
        folder = one.path.parent.parent
        digest = one.bought.digest
        if not any(folder.glob(f"??/*.{digest[:16]}.json")):
            (folder / digest[:2] / f"{digest}.png").unlink(missing_ok=True)


def disclose(opened: Project) -> tuple[Disclosed, ...]:
    """Return every published file with how it came about."""
    made: dict[str, list[ClipLine]] = {}
    for line in opened.lock().clips:
        made.setdefault(line.source[: -len(".png")], []).append(line)
    store = opened.site.store()
    found = []
    for file in opened.lock().files:
        clips = made.get(lock.stem(file.path), [])
        records = [store.record(line.key, line.digest) for line in clips]
        found.append(
            Disclosed(
                path=file.path,
                origin=_origin(file, clips, opened.root),
                services=tuple(sorted({line.service for line in clips})),
                models=tuple(sorted({record.model for record in records if record})),
            )
        )
    return tuple(found)


def _origin(file: FileLine, clips: list[ClipLine], root: Path) -> Origin:
    if not file.is_ours or _digest(root, file.path) not in (None, file.digest):
        return Origin.EDITED
    return Origin.GENERATED if any(line.paid for line in clips) else Origin.PROCEDURAL


def _published(opened: Project) -> Iterator[tuple[str, tuple[Provenance, ...]]]:
    """Yield the stem and the clips of every sheet of ours below the assets folders."""
    settings = opened.site.settings
    scan = project.scan(opened.root, settings.assets, settings.ignore)
    for path in sorted(path for path in scan.files if path.endswith(".anim.png")):
        try:
            found = provenance.read((opened.root / path).read_bytes())
        except (OSError, StorageError):
            continue
        if found:
            yield lock.stem(path), found


def _line(source: str, clip: Provenance, record: Bought | None) -> ClipLine:
    return ClipLine(
        source=source,
        clip=clip.clip,
        key=clip.request_key,
        digest=clip.digest,
        service=clip.service,
        paid=record.paid if record else clip.service != "built-in",
        take=clip.take,
        open=record.resolved.open_key if record else None,
    )


def _digest(root: Path, path: str) -> str | None:
    try:
        return keys.digest((root / path).read_bytes())
    except OSError:
        return None
