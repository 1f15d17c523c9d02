"""A seal: what a run that found nothing to do had looked at, and what it said.

The invariant: **an unbroken seal gives the answer that a full run would give.** A seal is set only
by a full run that found every clip fresh. It holds all that this answer depended on: the tool,
the stated settings, the stats of the settings, rule, pack and lock files, which files the rule
globs find, whether a key is set, and the stat of every source, override and output. Whatever
differs breaks it, and then the full run decides. So comparing is one scan: nothing is opened,
parsed, decoded or asked. Losing a seal costs time and changes no result.

Two things keep it honest. A file that changed later than two seconds before the run began is
"racily clean" (git's racy-git.txt): it could change again, or could have changed while we read,
without its stat showing it; then nothing is sealed. That is judged by the file system's own
clock, and not at all when the system's clock was set while the run went on. And the outputs must
stand on disk exactly as the lock file says, so that nothing depends on store or ledger.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from . import __version__, project
from .errors import ConfigError
from .model import Record
from .project import Scan, Stat

VERSION = 1
#: In the folder of this checkout's own state, which no version control takes.
_PLACE = Path(".pixelpipe", "tmp", "seal")
INDEX = ".pixelpipe/index.sqlite"
#: A clock that moved this much more or less than the steady one was set.
_SET_NS = 1_000_000_000
#: Where the state folder is looked for when it is not stated.
HOMES = ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")


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
    #: Variables whose value counts, and those of which it counts only whether they are set.
    variables: tuple[str, ...]
    keys: tuple[str, ...]


class Draft(Record, frozen=True, kw_only=True):
    """What a run that found nothing to do looked at: a seal before it is set."""

    root: Path
    environment: Mapping[str, str]
    flags: Mapping[str, object]
    terms: Terms
    scan: Scan
    #: When the run began, before it read anything.
    begun: Moment


class Said(Record, frozen=True, kw_only=True, array_like=True):
    """What a command printed on standard output and on standard error."""

    out: str
    err: str = ""


class _Seal(Record, frozen=True, kw_only=True, array_like=True):
    version: int
    terms: Terms
    stated: msgspec.Raw
    seen: msgspec.Raw
    #: Command to what it printed.
    answers: dict[str, Said]


def now() -> Moment:
    """Return this moment."""
    return Moment(wall_ns=time.time_ns(), steady_ns=time.monotonic_ns())


def answer(
    command: str, start: Path, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Said | None:
    """Return what `command` printed when nothing was to do, if the seal is unbroken; else None."""
    try:
        root = project.find(start)
    except ConfigError:
        return None
    seal = _read(root)
    if seal is None or command not in seal.answers:
        return None
    if bytes(seal.stated) != _stated(root, environment, flags, seal.terms):
        return None
    scan = project.scan(root, seal.terms.assets, seal.terms.ignore)
    return seal.answers[command] if bytes(seal.seen) == _seen(scan) else None


def put(draft: Draft, command: str, said: Said) -> bool:
    """Seal what `draft` saw: `command` printed `said` then. Tell whether it could be sealed."""
    stated = msgspec.Raw(_stated(draft.root, draft.environment, draft.flags, draft.terms))
    seen = msgspec.Raw(_seen(draft.scan))
    before = _read(draft.root)
    answers = {command: said}
    if before is not None and (before.stated, before.seen) == (stated, seen):
        answers = before.answers | answers
    seal = _Seal(
        version=VERSION,
        terms=draft.terms,
        stated=stated,
        seen=seen,
        answers=answers,
    )
    with suppress(OSError):  # a read-only project is not sealed, and never was
        return _write(draft, msgspec.msgpack.encode(seal))
    return False


def _read(root: Path) -> _Seal | None:
    try:
        content = (root / _PLACE).read_bytes()
        seal = msgspec.msgpack.decode(content, type=_Seal)
    except (OSError, msgspec.MsgspecError):
        return None
    return seal if seal.version == VERSION else None


def _write(draft: Draft, content: bytes) -> bool:
    """Write the seal, unless something changed too late to be sure of it."""
    place = project.prepare(draft.root) / _PLACE.relative_to(".pixelpipe")
    place.parent.mkdir(exist_ok=True)
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        if not _is_quiet(draft, temporary.stat().st_mtime_ns):
            return False
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _is_quiet(draft: Draft, written_ns: int) -> bool:
    """Tell whether all stats are older than the run; `written_ns` is now, for the file system."""
    today = now()
    passed_ns = today.steady_ns - draft.begun.steady_ns
    if abs(today.wall_ns - draft.begun.wall_ns - passed_ns) > _SET_NS:
        return False
    begun_ns = written_ns - passed_ns - project.RACY_NS
    stats = [*draft.scan.files.values(), *_stats(draft.root, _judged(draft))]
    return all(stat.mtime_ns < begun_ns and stat.ctime_ns < begun_ns for stat in stats)


def _judged(draft: Draft) -> Iterator[str]:
    """Name the files beside the scanned ones whose age counts; the index never changes results."""
    yield from (path for path in draft.terms.files if path != INDEX)
    yield from project.matching(draft.root, draft.terms.rules)


def _stats(root: Path, names: Iterable[str]) -> Iterator[Stat]:
    for name in names:
        with suppress(OSError):
            yield project.stat_of((root / name).stat())


def _stated(
    root: Path, environment: Mapping[str, str], flags: Mapping[str, object], terms: Terms
) -> bytes:
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
        [_stat(root / name) for name in (*terms.files, *rules)],
    )
    return msgspec.msgpack.encode(stated)


def _seen(scan: Scan) -> bytes:
    return msgspec.msgpack.encode(
        (scan.is_complete, scan.faults, scan.leftovers, list(scan.folders), scan.files)
    )


def _stat(path: Path) -> Stat | None:
    try:
        return project.stat_of(path.stat())
    except OSError:
        return None


def _tool() -> list[tuple[str, int, int]]:
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
