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

What needs no judgement is compared by `imprint`, before any other code is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ...core.errors import ConfigError
from ...core.model import Record
from ...storage import files as project
from ...storage.files import Scan, Stat
from . import stamp
from .quick import Found
from .stamp import Said as Said
from .stamp import Seal, Sealed
from .stamp import Terms as Terms

INDEX = ".pixelpipe/index.sqlite"
#: Where the state folder is looked for when it is not stated.
HOMES = ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
#: A clock that moved this much more or less than the steady one was set.
_SET_NS = 1_000_000_000


class Moment(Record, frozen=True, kw_only=True):
    """A moment by the system's clock and by the steady one, in ns."""

    wall_ns: int
    steady_ns: int


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
    #: The lock file is to the letter as we write it (see `locktext`).
    is_plain: bool
    #: The settings and rule files that were read.
    inputs: tuple[str, ...]
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
    #: The lock file is as it was, and to the letter as we write it.
    is_plain: bool


def now() -> Moment:
    """Return this moment."""
    return Moment(wall_ns=time.time_ns(), steady_ns=time.monotonic_ns())


def look(
    command: str,
    start: Path,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    found: Found | None = None,
) -> Look | None:
    """Compare with the seal; None when it says nothing about `command` now.

    With nothing changed, `said` is what a full run would say. `found` is what the imprint has
    found out already, a moment ago.
    """
    try:
        root = project.find(start)
    except ConfigError:
        return None
    if found is not None and (found.root, found.command) != (str(root), command):
        found = None
    sealed = stamp.read(root, found.content if found else None)
    if sealed is None or command not in sealed.seal.answers:
        return None
    seal = sealed.seal
    if seal.stated != stamp.stated(root, environment, flags, seal.terms):
        return None
    begun = now()
    scan = stamp.narrow(root, seal, found) if found else None
    if scan is None:
        scan = project.scan(root, seal.terms.assets, seal.terms.ignore, is_listed=True)
    changed = _changed(root, sealed, scan)
    if changed is None:
        return None
    if not changed:
        _renew(root, sealed, scan, begun, (environment, flags))
    return Look(
        said=seal.answers[command],
        scan=scan,
        changed=changed,
        young={path: digest for path, digest in seal.young.items() if path not in changed},
        unmatched=seal.unmatched,
        is_plain=seal.is_plain and seal.terms.lock not in changed,
    )


def put(draft: Draft, command: str, said: Said) -> bool:
    """Seal what `draft` saw: `command` printed `said` then. Tell whether it could be sealed."""
    return stamp.write(draft.root, lambda now_ns: _sealed(draft, now_ns, command, said))


def _renew(root: Path, sealed: Sealed, scan: Scan, begun: Moment, stated: stamp.Stated) -> None:
    """Seal anew what was just compared, so that next time comparing costs less.

    That is without the digests of files that are young no more, and with files of no interest that
    have come or gone.
    """
    seal, is_listed = sealed.seal, stamp.is_listed(sealed, scan)
    if is_listed and not seal.young:
        return

    def renewed(written_ns: int) -> bytes | None:
        begun_ns = _begun_ns(begun, written_ns)
        if begun_ns is None:
            return None
        stats = {**scan.files, seal.terms.lock: seal.lock}
        young = {
            path: digest
            for path, digest in seal.young.items()
            if (stat := stats.get(path)) is not None and stat.is_after(begun_ns)
        }
        if is_listed and len(young) == len(seal.young):
            return None
        return stamp.content(root, msgspec.structs.replace(seal, young=young), scan, stated)

    stamp.write(root, renewed)


def _sealed(draft: Draft, written_ns: int, command: str, said: Said) -> bytes | None:
    """Return the seal's content, or None if something changed too late to be sure of it."""
    stated = draft.environment, draft.flags
    now_stated = stamp.stated(draft.root, *stated, draft.terms)
    # Looked at after that: what changes from here on is young.
    begun_ns = _begun_ns(draft.begun, written_ns)
    rules = project.matching(draft.root, draft.terms.rules)
    if draft.inputs != (project.CONFIG_NAME, *rules):
        return None
    if begun_ns is None or any(stat.is_after(begun_ns) for stat in _settings(draft, rules)):
        return None
    files = {**draft.scan.files, draft.terms.lock: draft.lock}
    late = [path for path, stat in files.items() if stat is not None and stat.is_after(begun_ns)]
    if any(path not in draft.digests for path in late):
        return None
    seal = Seal(
        terms=draft.terms,
        stated=now_stated,
        around=stamp.around(draft.scan),
        lock=draft.lock,
        linked=stamp.linked(draft.scan),
        young={path: draft.digests[path] for path in late},
        unmatched=draft.unmatched,
        is_plain=draft.is_plain,
        answers={command: said},
    )
    before = stamp.read(draft.root)
    if before is not None and stamp.differing(before, draft.scan) == frozenset():
        old = before.seal
        if msgspec.structs.replace(old, answers=seal.answers) == seal:
            seal = msgspec.structs.replace(seal, answers=old.answers | seal.answers)
    return stamp.content(draft.root, seal, draft.scan, stated)


def _begun_ns(begun: Moment, written_ns: int) -> int | None:
    """Return when a file would have been young; None when the clock was set since `begun`.

    `written_ns` is now by the file system's clock, which need not be ours.
    """
    today = now()
    passed_ns = today.steady_ns - begun.steady_ns
    if abs(today.wall_ns - begun.wall_ns - passed_ns) > _SET_NS:
        return None
    return written_ns - passed_ns - project.RACY_NS


def _settings(draft: Draft, rules: Sequence[str]) -> Iterator[Stat]:
    """Yield the stats of settings and rules; the index never changes a result."""
    for name in (*draft.terms.files, *rules):
        if name != INDEX and (stat := project.stat_at(draft.root / name)) is not None:
            yield stat


def _changed(root: Path, sealed: Sealed, scan: Scan) -> frozenset[str] | None:
    """Return the files that are not as they were; None if not the same files are there."""
    seal = sealed.seal
    if seal.around != stamp.around(scan):
        return None
    changed = stamp.differing(sealed, scan)
    linked = stamp.linked(scan)
    if changed is None or linked.keys() != seal.linked.keys():
        return None
    changed |= {path for path, stat in linked.items() if seal.linked[path] != stat}
    if seal.lock != (lock := project.stat_at(root / seal.terms.lock)):
        if lock is None or seal.lock is None:
            return None
        changed |= {seal.terms.lock}
    return changed | {path for path in seal.young.keys() - changed if not _holds(root, path, seal)}


def _holds(root: Path, path: str, seal: Seal) -> bool:
    from ...core import keys  # loads hashlib, which an old seal needs nothing of

    try:
        return keys.digest((root / path).read_bytes()) == seal.young[path]
    except OSError:
        return False
