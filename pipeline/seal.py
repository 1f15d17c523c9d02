"""A seal: what a run that found nothing to do had looked at, and what it said.

The invariant: **an unbroken seal gives the answer that a full run would give.** A seal is set only
by a run that found every clip fresh. It holds all that this answer depended on: the tool, the
stated settings, the stats of the settings, rule and pack files, which files the rule globs find,
whether a key is set, and the stat of the lock file and of every source, override and output. So
comparing is one scan: nothing is opened, parsed, decoded or asked. Where only files of sources
differ, the seal still speaks for all others, and a run looks at those sources alone. Losing a seal
costs time and changes no result.

Three things keep it honest. A file that changed later than two seconds before the run began is
"racily clean" (git's racy-git.txt): it could change again without its stat showing it. Of such a
young file the seal holds a digest as well, and where the run knows none, nothing is sealed. What
is young is judged by the file system's own clock, and nothing is sealed when the system's clock
was set while the run went on. And the outputs must stand on disk exactly as the lock file says, so
that nothing depends on store or ledger.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from . import __version__, project
from .errors import ConfigError
from .model import Record
from .project import Scan, Stat

VERSION = 1
INDEX = ".pixelpipe/index.sqlite"
#: Where the state folder is looked for when it is not stated.
HOMES = ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
#: In the folder of this checkout's own state, which no version control takes.
_PLACE = Path(".pixelpipe", "tmp", "seal")
#: A clock that moved this much more or less than the steady one was set.
_SET_NS = 1_000_000_000


class Moment(Record, frozen=True, kw_only=True):
    """A moment by the system's clock and by the steady one, in ns."""

    wall_ns: int
    steady_ns: int


class Terms(Record, frozen=True, kw_only=True, array_like=True):
    """Where to look, as the settings said it when the seal was set."""

    assets: tuple[str, ...]
    ignore: tuple[str, ...]
    #: Globs of rule files, and other files whose stat counts: relative to the root, or absolute.
    rules: tuple[str, ...]
    files: tuple[str, ...]
    #: The file that every run rewrites.
    lock: str
    #: Variables whose value counts, and those of which it counts only whether they are set.
    variables: tuple[str, ...]
    keys: tuple[str, ...]


class Said(Record, frozen=True, kw_only=True, array_like=True):
    """What a command printed on standard output and on standard error."""

    out: str
    err: str = ""


class Draft(Record, frozen=True, kw_only=True):
    """What a run that found nothing to do looked at: a seal before it is set."""

    root: Path
    environment: Mapping[str, str]
    flags: Mapping[str, object]
    terms: Terms
    scan: Scan
    #: The lock file's stat before it was read.
    lock: Stat | None
    #: Digests of files as they were read: needed for those that are young.
    digests: Mapping[str, str]
    #: Sources that no rule matches.
    unmatched: tuple[str, ...]
    #: When the run began, before it read anything.
    begun: Moment
    #: What an older seal said that still holds.
    said: Said | None = None


class Look(Record, frozen=True, kw_only=True):
    """What comparing with a seal found: everything as it was but the files `changed`."""

    said: Said
    scan: Scan
    changed: frozenset[str]
    #: Digests of what was young when the seal was set, and is as it was.
    young: Mapping[str, str]
    unmatched: tuple[str, ...]


class _Seal(Record, frozen=True, kw_only=True, array_like=True):
    version: int
    terms: Terms
    stated: msgspec.Raw
    around: msgspec.Raw
    files: msgspec.Raw
    young: dict[str, str]
    unmatched: tuple[str, ...]
    #: Command to what it printed.
    answers: dict[str, Said]


def now() -> Moment:
    """Return this moment."""
    return Moment(wall_ns=time.time_ns(), steady_ns=time.monotonic_ns())


def look(
    command: str, start: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Look | None:
    """Compare with the seal; None when it says nothing about `command` now.

    With nothing changed, `said` is what a full run would say.
    """
    try:
        root = project.find(start)
    except ConfigError:
        return None
    seal = _read(root)
    if seal is None or command not in seal.answers:
        return None
    if seal.stated != _stated(root, environment, flags, seal.terms):
        return None
    begun = now()
    scan = project.scan(root, seal.terms.assets, seal.terms.ignore)
    changed = _changed(root, seal, scan)
    if changed is None:
        return None
    if seal.young and not changed:
        _age(root, seal, scan, begun)
    return Look(
        said=seal.answers[command],
        scan=scan,
        changed=changed,
        young={path: digest for path, digest in seal.young.items() if path not in changed},
        unmatched=seal.unmatched,
    )


def put(draft: Draft, command: str, said: Said) -> bool:
    """Seal what `draft` saw: `command` printed `said` then. Tell whether it could be sealed."""
    return _write(draft.root, lambda now_ns: _sealed(draft, now_ns, command, said))


def _write(root: Path, make: Callable[[int], _Seal | None]) -> bool:
    """Write the seal that `make` makes, given what time it is for the file system."""
    with suppress(OSError):  # a read-only project is not sealed, and never was
        folder = project.prepare(root) / _PLACE.relative_to(".pixelpipe").parent
        folder.mkdir(exist_ok=True)
        temporary = folder / f"{_PLACE.name}.{os.getpid()}"
        try:
            temporary.touch()
            if (seal := make(temporary.stat().st_mtime_ns)) is None:
                return False
            temporary.write_bytes(msgspec.msgpack.encode(seal))
            temporary.replace(root / _PLACE)
        finally:
            temporary.unlink(missing_ok=True)
        return True
    return False


def _age(root: Path, seal: _Seal, scan: Scan, begun: Moment) -> None:
    """Seal anew without the digests of files that were just compared and are young no more."""

    def aged(written_ns: int) -> _Seal | None:
        begun_ns = _begun_ns(begun, written_ns)
        if begun_ns is None:
            return None
        files = _files(scan, seal.terms, project.stat_at(root / seal.terms.lock))
        stats = {path: stat for path in seal.young if (stat := files[path]) is not None}
        young = {path: seal.young[path] for path in stats if _is_young(stats[path], begun_ns)}
        is_same = len(young) == len(seal.young) or seal.files != _packed(files)
        return None if is_same else msgspec.structs.replace(seal, young=young)

    _write(root, aged)


def _read(root: Path) -> _Seal | None:
    try:
        seal = msgspec.msgpack.decode((root / _PLACE).read_bytes(), type=_Seal)
    except (OSError, msgspec.MsgspecError):
        return None
    return seal if seal.version == VERSION else None


def _sealed(draft: Draft, written_ns: int, command: str, said: Said) -> _Seal | None:
    """Return the seal, or None if something changed too late to be sure of it."""
    begun_ns = _begun_ns(draft.begun, written_ns)
    if begun_ns is None or any(_is_young(stat, begun_ns) for stat in _settings(draft)):
        return None
    files = _files(draft.scan, draft.terms, draft.lock)
    late = [path for path, stat in files.items() if stat is not None and _is_young(stat, begun_ns)]
    if any(path not in draft.digests for path in late):
        return None
    seal = _Seal(
        version=VERSION,
        terms=draft.terms,
        stated=_stated(draft.root, draft.environment, draft.flags, draft.terms),
        around=_around(draft.scan),
        files=_packed(files),
        young={path: draft.digests[path] for path in late},
        unmatched=draft.unmatched,
        answers={command: said},
    )
    before = _read(draft.root)
    if before is None or msgspec.structs.replace(before, answers=seal.answers) != seal:
        return seal
    return msgspec.structs.replace(seal, answers=before.answers | seal.answers)


def _begun_ns(begun: Moment, written_ns: int) -> int | None:
    """Return when a file would have been young; None when the clock was set since `begun`.

    `written_ns` is now by the file system's clock, which need not be ours.
    """
    today = now()
    passed_ns = today.steady_ns - begun.steady_ns
    if abs(today.wall_ns - begun.wall_ns - passed_ns) > _SET_NS:
        return None
    return written_ns - passed_ns - project.RACY_NS


def _is_young(stat: Stat, begun_ns: int) -> bool:
    return stat.mtime_ns >= begun_ns or stat.ctime_ns >= begun_ns


def _settings(draft: Draft) -> Iterator[Stat]:
    """Yield the stats of settings and rules; the index never changes a result."""
    names = [path for path in draft.terms.files if path != INDEX]
    for name in (*names, *project.matching(draft.root, draft.terms.rules)):
        if (stat := project.stat_at(draft.root / name)) is not None:
            yield stat


def _changed(root: Path, seal: _Seal, scan: Scan) -> frozenset[str] | None:
    """Return the files that are not as they were; None if not the same files are there."""
    if seal.around != _around(scan):
        return None
    files = _files(scan, seal.terms, project.stat_at(root / seal.terms.lock))
    changed: set[str] = set()
    if seal.files != _packed(files):
        before = msgspec.msgpack.decode(seal.files, type=dict[str, Stat | None])
        if before.keys() != files.keys():
            return None
        changed = {path for path, stat in files.items() if before[path] != stat}
    changed |= {path for path in seal.young.keys() - changed if not _holds(root, path, seal)}
    return frozenset(changed)


def _holds(root: Path, path: str, seal: _Seal) -> bool:
    from . import keys  # loads hashlib, which an old seal needs nothing of

    try:
        return keys.digest((root / path).read_bytes()) == seal.young[path]
    except OSError:
        return False


def _stated(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object], terms: Terms
) -> msgspec.Raw:
    """Return all that was stated, and by which tool it was read."""
    rules = project.matching(root, terms.rules)
    stated = (
        __version__,
        _tool(),
        sorted((name, str(value)) for name, value in flags.items() if value is not None),
        [environment.get(name) for name in terms.variables],
        # Whether there is a key, not which: no key is ever written anywhere.
        [bool(environment.get(name, "").strip()) for name in terms.keys],
        rules,
        [project.stat_at(root / name) for name in (*terms.files, *rules)],
    )
    return _packed(stated)


def _around(scan: Scan) -> msgspec.Raw:
    """Return what a scan found beside files."""
    return _packed((scan.is_complete, scan.faults, scan.leftovers, sorted(scan.folders)))


def _files(scan: Scan, terms: Terms, lock: Stat | None) -> dict[str, Stat | None]:
    return {**scan.files, terms.lock: lock}


def _packed(found: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(found))


def _tool() -> Iterable[tuple[str, int, int]]:
    """Return the stats of our own modules: a tool that is edited in place is another tool."""
    found: list[tuple[str, int, int]] = []
    here = Path(__file__).parent
    with suppress(OSError):  # in an archive: the version has to do
        for folder in (here, here / "project", here / "targets"):
            with os.scandir(folder) as listing:
                for entry in listing:
                    if entry.name.endswith(".py"):
                        stat = entry.stat()
                        found.append((entry.name, stat.st_size, stat.st_mtime_ns))
    return sorted(found)
