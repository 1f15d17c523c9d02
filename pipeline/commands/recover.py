"""Write a lost or damaged lock file anew, from the outputs that stand in the project.

Every PNG of ours says which purchases it was made from; every data file names the sheet that it
describes. What cannot be shown to be as we wrote it is taken for an edit, and never replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from ..api import Project
from ..core import keys, provenance, small_files
from ..core.errors import SourceError, StorageError
from ..core.model import Provenance, Record
from ..plan.wanted import Wanted
from ..run import claims, publish
from ..storage import files, lock
from ..storage.lock import AdoptedLine, ClipLine, FileLine, Lock
from ..storage.store import Store

_MOST_BYTES = 128 * small_files.MIB


class _Set(Record, frozen=True, kw_only=True):
    """What stands beside one source: files with their content, and the clips of the sheet."""

    stem: str
    files: Mapping[str, bytes]
    clips: tuple[Provenance, ...]


def rebuild_lock(opened: Project) -> tuple[int, int]:
    """Write the lock file anew from published PNGs; returns the numbers of clips and files.

    Lines that are there and still true stay: they know more than a PNG does.
    """
    before = opened.lock()
    clips = list(_true(before, opened))
    shown = {(line.source, line.clip) for line in clips if not line.hidden}
    files = {line.path: line for line in before.files if _stands(line, opened)}
    wanted = {one.wanted.source.stem: one.wanted for one in opened.plan().plan.sources}
    adopted = {(line.source, line.clip): line for line in before.adopted}
    store = opened.workspace.store()
    for found in _published(opened):
        if (one := wanted.get(found.stem)) is None:
            continue
        used = _used(found, one)
        for clip in used:
            if (one.source.path, clip.clip) not in shown:
                clips.append(_line(one.source.path, clip, store))
        for file in _files(found, one, used):
            files.setdefault(file.path, file)
        adopted |= {(line.source, line.clip): line for line in _adopted(found, one)}
    rebuilt = Lock(clips=tuple(clips), files=tuple(files.values()), adopted=tuple(adopted.values()))
    publish.amend(opened.workspace, lambda _: rebuilt)
    return len(clips), len(files)


def _true(before: Lock, opened: Project) -> Iterator[ClipLine]:
    """Yield clip lines whose purchase is still there."""
    store = opened.workspace.store()
    return (line for line in before.clips if store.record(line.key, line.digest) is not None)


def _stands(line: FileLine, opened: Project) -> bool:
    """Tell whether a file line is still true, or a person's decision about what is there."""
    try:
        digest = keys.digest(small_files.read(opened.root / line.path, most=_MOST_BYTES))
    except OSError:
        return False
    return digest == line.digest or not line.is_ours


def _published(opened: Project) -> Iterator[_Set]:
    """Yield what stands beside each source, with a sheet that says where it comes from."""
    settings = opened.workspace.settings
    scan = files.scan(opened.root, settings.assets, settings.ignore)
    sets: dict[str, dict[str, bytes]] = {}
    for path in sorted(scan.files):
        if files.is_output(path.rpartition("/")[2]):
            with_content = sets.setdefault(lock.stem(path), {})
            with suppress(OSError):  # by its size, or what it is, no file of ours
                with_content[path] = small_files.read(opened.root / path, most=_MOST_BYTES)
    for stem, found in sets.items():
        clips = _origin(found.get(f"{stem}.anim.png", b""))
        if clips:
            yield _Set(stem=stem, files=found, clips=clips)


def _origin(png: bytes) -> tuple[Provenance, ...]:
    try:
        return provenance.read(png) or ()
    except StorageError:
        return ()


def _used(found: _Set, wanted: Wanted) -> list[Provenance]:
    """Return the clips that the rule buys, in its order; derived ones follow from them."""
    by_name = {clip.clip: clip for clip in found.clips}
    names = [request.clip for request in wanted.requests]
    return [by_name[name] for name in names if name in by_name]


def _adopted(found: _Set, wanted: Wanted) -> Iterator[AdoptedLine]:
    """Yield a line for every clip that is, in the sheet, the frames that are there now."""
    there = {(clip.clip, clip.digest) for clip in found.clips if not clip.request_key}
    for frames in wanted.adopted:
        digest = keys.frames_digest(frames)
        if (frames.clip, digest) in there:
            yield AdoptedLine(lock=1, source=wanted.source.path, clip=frames.clip, digest=digest)


def _files(found: _Set, wanted: Wanted, used: Iterable[Provenance]) -> Iterator[FileLine]:
    """Yield a line for every file that is surely of this set."""
    bought = [(clip.clip, clip.request_key, clip.digest) for clip in used]
    build_key = keys.build_key(found.stem, wanted.rule, bought, wanted.targets, wanted.adopted)
    edited = _edited(found)
    for path, content in found.files.items():
        # Some names count frames, which only the finished sheet knows; such files are PNGs.
        if path in wanted.outputs or _origin(content):
            digest = keys.digest(content)
            yield FileLine(path=path, digest=digest, build=build_key, adopted=path in edited)


def _edited(found: _Set) -> set[str]:
    """Return the pictures that no data file names, if data files name one that is not there."""
    pictures = {path: _pixels(path, found.files[path]) for path in found.files if _is_png(path)}
    named = {
        match.decode()
        for path, content in found.files.items()
        if not _is_png(path)
        for match in claims.NAMED.findall(content)
    }
    if named <= set(pictures.values()):
        return set()
    return {path for path, digest in pictures.items() if digest not in named}


def _is_png(path: str) -> bool:
    return path.endswith(".png")


def _pixels(path: str, png: bytes) -> str:
    """Return the digest of a picture as data files name it, or "" for what is no picture."""
    from .. import imaging  # heavy, and only needed here
    from ..targets import layout

    try:
        return layout.digest(imaging.decode(png, path))
    except SourceError:
        return ""


def _line(source: str, clip: Provenance, store: Store) -> ClipLine:
    record = store.record(clip.request_key, clip.digest)
    if record is not None:
        return record.line(source, clip.clip)
    return ClipLine(
        source=source,
        clip=clip.clip,
        key=clip.request_key,
        digest=clip.digest,
        service=clip.service,
        paid=clip.service != "built-in",
        take=clip.take,
    )
