"""Tell a build system what a run read: a Make depfile, and a stamp to depend on.

One rule with one target, the inputs, then an empty rule for every input, so that a deleted input
does not stop Make.

A run over the whole project also lists folders, so that new and deleted files are noticed, and the
lock file. A run over some files (`--only`) leaves both out: what it publishes for one file would
make every other file's stamp stale. With a stamp the outputs are listed as well: a deleted one is
made again.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ..core import unfinished
from ..core.errors import UsageError
from ..core.model import File, Record, StepKind
from ..storage import files, lock
from ..storage.files import Scan
from . import named_output
from .report import Report

_GLOB_MARKS = ("*", "?", "[")
#: Signs that mean something in a list of inputs, as Make and Ninja agree to read them.
_ESCAPED = str.maketrans({"$": "$$", "#": "\\#", " ": "\\ ", ":": "\\:"})
#: A drive of Windows, whose colon Make and Ninja know there.
_DRIVE = re.compile(r"[A-Za-z]:(?=/)" if os.name == "nt" else r"(?!)")
#: What Make cannot read in a name, however it is escaped: the whole build would stop.
_UNREADABLE = frozenset(";|\\\t\r\n")
#: A target line with one of these is no target line for Make: a pattern, or an assignment.
_NO_TARGET = ("%", "=")


class Tracked(Record, frozen=True, kw_only=True):
    """What a build system asked for, and when the run began (ns since the epoch)."""

    depfile: Path | None = None
    stamp: Path | None = None
    #: The run looked at all sources.
    is_whole: bool = True
    begun_ns: int = 0


def check(tracked: Tracked) -> None:
    """Raise UsageError for a stamp or a depfile that would overwrite somebody's file."""
    named_output.check("--depfile", tracked.depfile, named_output.is_depfile)
    if tracked.stamp is not None and tracked.stamp.exists() and tracked.stamp.stat().st_size:
        raise UsageError(
            f"--stamp {tracked.stamp}: is a file with something in it; name an empty one"
        )


def write(report: Report, tracked: Tracked) -> None:
    """Write what was asked for: the depfile when its text changed, the stamp last, on success.

    Raises StorageError when a place cannot be written.
    """
    if tracked.depfile is None and tracked.stamp is None:
        return
    settings = report.workspace.settings
    scan = files.scan(report.workspace.root, settings.assets, settings.ignore)
    read = _files(report, scan, tracked)
    if tracked.depfile is not None:
        inputs = [*read, *_folders(report, scan, tracked), *_outputs(report, tracked)]
        _put(
            tracked.depfile,
            text(_target(report, tracked), _shown(report, inputs, tracked)).encode(),
        )
    if tracked.stamp is not None and report.exit == 0:
        is_late = _is_changed_since(report, read, scan, tracked)
        _put(tracked.stamp, b"")
        touched = tracked.begun_ns if is_late else time.time_ns()
        os.utime(tracked.stamp, ns=(touched, touched))


def text(target: str, inputs: Iterable[str]) -> str:
    """Return the depfile's text for paths as the build system knows them."""
    named = [path for path in dict.fromkeys(inputs) if not _UNREADABLE & set(path)]
    # An input with `=` must not stand first: `target: a=b` assigns a variable in Make.
    named.sort(key=lambda path: "=" in path)
    rule = f"{_escaped(target)}: " + " \\\n  ".join(map(_escaped, named))
    bare = [path for path in named if not any(sign in path for sign in _NO_TARGET)]
    return "\n\n".join([rule, *(f"{_escaped(path)}:" for path in bare)]) + "\n"


def _files(report: Report, scan: Scan, tracked: Tracked) -> list[str]:
    """Return the files that decided what was done: sources first, then what is said about them."""
    sources = sorted(_known(report))
    overrides = [f"{path}.yaml" for path in sources]
    folders = scan.folders if tracked.is_whole else _above(sources)
    ignores = [_below(folder, files.IGNORE_NAME) for folder in sorted(folders)]
    found = [*sources, *overrides, *report.workspace.inputs, *_packs(report), *ignores]
    return [path for path in dict.fromkeys(found) if (report.workspace.root / path).is_file()]


def _known(report: Report) -> set[str]:
    """Return the sources that were looked at, matched or not, and their frames."""
    steps = (step for step in report.plan.steps if step.kind is not StepKind.ORPHAN)
    adopted = (frames for source in report.plan.sources for frames in source.wanted.adopted)
    return {step.source for step in steps if files.is_source(step.source)}.union(
        report.plan.unmatched, (path for frames in adopted for path in frames.paths)
    )


def _packs(report: Report) -> Iterator[str]:
    """Yield the packs that lie in the project, as in a checkout of pixelpipe."""
    root = report.workspace.root.resolve()
    from ..config import packs

    for name in report.workspace.settings.packs:
        path = packs.path(name)
        if path.is_relative_to(root):
            yield path.relative_to(root).as_posix()


def _folders(report: Report, scan: Scan, tracked: Tracked) -> list[str]:
    """Return the folders in which a new file would change what is done."""
    rules = {
        one for pattern in report.workspace.settings.rules for one in _globbed(report, pattern)
    }
    if tracked.is_whole:
        found = rules | set(scan.folders)
    else:
        found = rules - {".", *(_parent(path) for path in _known(report))}
    # A build system writes beside depfile and stamp after us: such a folder would never be old.
    beside = {
        path.absolute().parent for path in (tracked.depfile, tracked.stamp) if path is not None
    }
    root = report.workspace.root.absolute()
    return sorted(one for one in found if (root / one).is_dir() and root / one not in beside)


def _globbed(report: Report, pattern: str) -> Iterator[str]:
    """Yield the folders that a pattern for rule files looks into."""
    if not any(mark in pattern for mark in _GLOB_MARKS):
        return
    parts = PurePosixPath(pattern).parent.parts
    fixed = next((n for n, part in enumerate(parts) if set(part) & set(_GLOB_MARKS)), len(parts))
    yield PurePosixPath(*parts[:fixed]).as_posix()
    yield from (_parent(path) for path in report.workspace.inputs[1:])


def _outputs(report: Report, tracked: Tracked) -> list[str]:
    """Return the files that are published, if they are not the targets themselves."""
    if tracked.stamp is None:
        return []
    published = [path for result in report.results for path in result.files]
    wanted = [path for source in report.plan.sources for path in source.wanted.outputs]
    own = [lock.NAME] if tracked.is_whole else []
    found = dict.fromkeys((*wanted, *published, *own))
    return [path for path in found if (report.workspace.root / path).is_file()]


def _target(report: Report, tracked: Tracked) -> str:
    """Return the stamp, or else the first output."""
    if tracked.stamp is not None:
        return tracked.stamp.as_posix()
    first = (path for source in report.plan.sources for path in source.wanted.outputs)
    (shown,) = _shown(report, [next(first, lock.NAME)], tracked)
    return shown


def _shown(report: Report, found: Iterable[str], tracked: Tracked) -> list[str]:
    """Return paths from the working folder; absolute if that is how the build system speaks."""
    given = tracked.stamp or tracked.depfile
    root = report.workspace.root.absolute()
    if given is not None and given.is_absolute():
        return [(root / path).as_posix() for path in found]
    try:
        return [Path(os.path.relpath(root / path)).as_posix() for path in found]
    except ValueError:  # another drive of Windows
        return [(root / path).as_posix() for path in found]


def _is_changed_since(report: Report, read: Iterable[str], scan: Scan, tracked: Tracked) -> bool:
    """Tell whether anything changed after the run began: then its stamp must not be newer."""
    root, known, begun = report.workspace.root, _known(report), tracked.begun_ns
    if any(_mtime_ns(root / path) > begun for path in read):
        return True
    if not tracked.is_whole:
        return False
    now = {path: stat for path, stat in scan.files.items() if files.is_source(path)}
    new = (stat for path, stat in now.items() if path not in known)
    is_new = any(max(stat.mtime_ns, stat.ctime_ns) > begun for stat in new)
    return is_new or not known <= now.keys()


def _put(path: Path, content: bytes) -> None:
    place = path.absolute()
    with named_output.told(path):
        place.parent.mkdir(parents=True, exist_ok=True)
    files.publish(place.parent, [File(path=place.name, content=content)])
    left = [
        one for one in unfinished.inside(place.parent) if one.name.startswith(f".{place.name}.")
    ]
    unfinished.sweep(left, now_s=time.time())


def _mtime_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # deleted meanwhile
        return time.time_ns()


def _above(paths: Iterable[str]) -> set[str]:
    return {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}


def _parent(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _below(folder: str, name: str) -> str:
    return (PurePosixPath(folder) / name).as_posix()


def _escaped(path: str) -> str:
    drive = _DRIVE.match(path)
    begin = drive.end() if drive else 0
    return path[:begin] + path[begin:].translate(_ESCAPED)
