"""Write down what a run found, so that the next one looks at what is not as it was.

What is written is the listing of all assets as it was *looked at*, with a mark in place of each
state that must not be believed next time: of a file that could have changed again unseen, of one
that came or changed while the run went on, and of a source that is not as its rule wants it. It is
written only where nothing else remained to be said, and only if settings and rules are those that
the run has read. Losing it, or not writing it, costs time and changes no result.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

from ... import targets
from ...config import packs, project_settings
from ...config.workspace import Workspace, kept
from ...core import listing
from ...core.model import Record, StepKind, TargetChoice
from ...plan.plan import Plan
from ...storage import files, lock, lock_file, trust
from ...storage.files import Stat
from ...storage.remembered import Whole
from ...storage.state import PLACE, State
from .. import engine_roots
from ..results import Result
from ..survey import Survey
from . import quick, telling

#: Where the state folder is looked for when it is not stated.
HOMES = ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
#: What says which key counts, and whether anybody sits there who could have trusted it.
_KEYS = (".env", ".gitignore", ".git/info/exclude")
_MACHINE = ("CI",)
#: A clock that moved this much more or less than the steady one was set.
_SET_NS = 1_000_000_000
_IGNORE = listing.encoded(f"{listing.IGNORE_NAME}\0")
#: How a clip ends that needs no look next time.
_SETTLED = ("fresh", "done")


class Moment(Record, frozen=True, kw_only=True):
    """A moment by the system's clock and by the steady one, in ns."""

    wall_ns: int
    steady_ns: int


class Said(Record, frozen=True, kw_only=True):
    """What a command printed on standard output and on standard error."""

    out: str
    err: str = ""


class Seen(Record, frozen=True, kw_only=True):
    """What a run looked at, and how it ended."""

    workspace: Workspace
    environment: Mapping[str, str]
    command: str
    survey: Survey
    plan: Plan
    results: Sequence[Result]
    #: Sources that were taken for fresh although not all their files stand: bought bytes count.
    unsure: frozenset[str] = frozenset()
    #: When settings and rules began to be read.
    begun: Moment
    #: Stats of the files that the run has published or removed, as it left them.
    left: Mapping[str, Stat | None] = {}
    #: Digest of the lock file's text that the run read or wrote last; "" if somebody else wrote.
    lock: str


def now() -> Moment:
    """Return this moment."""
    return Moment(wall_ns=time.time_ns(), steady_ns=time.monotonic_ns())


def write(seen: Seen, said: Mapping[str, Said]) -> bool:
    """Remember what was seen, and what commands say if nothing was to do, named as `quick` does.

    Tells whether the next run need not look at everything.
    """
    survey, workspace = seen.survey, seen.workspace
    moments = _moments(workspace.root, seen.begun) if _is_whole(seen) else None
    if moments is None:
        survey.save()
        return False
    begun_ns, now_ns = moments
    fields = _checks(seen, begun_ns)
    digest, is_plain = lock_file.glance(workspace.root)
    if fields is None or digest != seen.lock:
        survey.save()
        return False
    lock_stat = files.stat_at(workspace.root / lock.NAME)
    is_sure = lock_stat is None or not lock_stat.is_after(now_ns)
    fields += [quick.LOCK, lock.NAME, str(lock_stat or "") if is_sure else listing.UNTRUSTED]
    try:
        settled = _clips(seen.results)
        listed = _listed(seen, settled, begun_ns, now_ns)
    except OSError:  # a folder went while the run did
        survey.save()
        return False
    state = survey.state
    fields += _answers(state, fields, listed, said)
    telling.note(survey, seen.plan, _fresh(seen.results))
    older = _outdated(seen.plan)
    for source in sorted({result.step.source for result in seen.results}):
        # What the sums below have of it.
        state.count(source, settled.get(source, 0), older.get(source, 0))
    rest = survey.rest
    whole = Whole(
        clips=sum(settled.values()) + (rest.clips if rest else 0),
        unmatched=survey.unmatched,
        lock=seen.lock,
        is_plain=is_plain,
        passed_over=survey.passed_over,
        outdated=sum(older.values()) + (rest.outdated if rest else 0)
        if _is_version_known(seen)
        else None,
    )
    return state.replace(fields, listed, whole)


def _answers(state: State, fields: list[str], listed: bytes, said: Mapping[str, Said]) -> list[str]:
    """Return what commands say when nothing is to do: these, and others whose answer holds."""
    old, answers = state.fields, {}
    if old[: len(fields)] == fields and state.is_listed(listed):
        rest = old[len(fields) :]
        answers = {rest[at + 1]: rest[at : at + 6] for at in range(0, len(rest) - 5, 6)}
    for command, one in said.items():
        # Of a recipe that writes its depfile each time, only the last answer is of use.
        about = command.rpartition("\1")[0]
        answers = {name: old for name, old in answers.items() if not about or about not in name}
        answers[command] = [quick.OUT, command, one.out, quick.ERR, command, one.err]
    return [text for answer in answers.values() for text in answer]


def _is_whole(seen: Seen) -> bool:
    """Tell whether all is known, and all that there is to be said is about single sources."""
    survey, plan = seen.survey, seen.plan
    if not (survey.is_whole or survey.rest is not None) or not survey.is_kept:
        return False
    if plan.notices or plan.orphans or survey.scan.faults or survey.scan.leftovers:
        return False
    # A target of another package may change without a trace here.
    return all(one.name in targets.BUILT_IN for one in _targets(seen.workspace))


def _targets(workspace: Workspace) -> tuple[TargetChoice, ...]:
    """Return the targets of the project and of all its rules."""
    chosen = [workspace.settings.targets, *(rule.targets or () for rule in workspace.rules)]
    return tuple(one for choices in chosen for one in choices)


def _moments(root: Path, begun: Moment) -> tuple[int, int] | None:
    """Return since when a file is young by what the run saw, and by what is seen now, in ns.

    Both by the clock of the file system, which need not be ours. None when the clock was set since
    `begun`, or nothing can be written.
    """
    temporary = root / f"{PLACE}.{os.getpid()}"
    try:
        files.prepare(root)
        temporary.parent.mkdir(exist_ok=True)
        temporary.unlink(missing_ok=True)  # a checkout may bring a link of that name
        temporary.touch(exist_ok=False)
        written_ns = temporary.stat().st_mtime_ns
        temporary.unlink()
    except OSError:
        return None
    today = now()
    passed_ns = today.steady_ns - begun.steady_ns
    if abs(today.wall_ns - begun.wall_ns - passed_ns) > _SET_NS:
        return None
    return written_ns - passed_ns - files.RACY_NS, written_ns - files.RACY_NS


def _checks(seen: Seen, begun_ns: int) -> list[str] | None:
    """Return what has to be as it was; None if it is no longer what the run has read."""
    workspace, settings = seen.workspace, seen.workspace.settings
    root = workspace.root
    rules = files.matching(root, settings.rules)
    shipped = [str(packs.path(name)) for name in settings.packs]
    engines = engine_roots.watched(root, settings.assets, _targets(workspace))
    read = dict.fromkeys((files.CONFIG_NAME, *shipped, *settings.rules, *rules, *engines))
    read |= dict.fromkeys((*_KEYS, str(workspace.state / trust.NAME)))
    stats = [files.stat_at(root / name) for name in read]
    if workspace.inputs != (files.CONFIG_NAME, *rules):
        return None
    if any(stat is not None and stat.is_after(begun_ns) for stat in stats):
        return None
    folders = [name.rpartition("/")[0] for name in settings.rules if files.is_glob(name)]
    if any(files.is_glob(folder) for folder in folders):
        return None
    stated = [quick.STATED, "", kept(workspace)]
    try:
        stated += [quick.PROGRAM, "", quick.program(is_seen=True)]
    except OSError:
        return None
    checks = [(quick.VERSION, "")]
    checks += [(quick.VARIABLE, name) for name in (*project_settings.VARIABLES, *HOMES, *_MACHINE)]
    checks += [(quick.SECRET, name) for name in project_settings.KEY_NAMES]
    checks += [(quick.STAT, name) for name in read]
    checks += [(quick.NAMES, folder or ".") for folder in folders]
    checks += [(quick.REAL, folder) for folder in dict.fromkeys((*settings.assets, *folders))]
    return stated + [
        text
        for kind, name in checks
        for text in (kind, name, quick.check(kind, name, str(root), seen.environment))
    ]


def _clips(results: Iterable[Result]) -> dict[str, int]:
    """Return how many clips each source has, if all of them are as they should be."""
    found: dict[str, int] = {}
    unsettled = set()
    for result in results:
        found[result.step.source] = found.get(result.step.source, 0) + 1
        if result.state not in _SETTLED:
            unsettled.add(result.step.source)
    return {source: clips for source, clips in found.items() if source not in unsettled}


def _outdated(plan: Plan) -> dict[str, int]:
    """Return how many clips of each source an older version of the built-in engine made."""
    found: dict[str, int] = {}
    for source in plan.sources:
        for clip in source.clips:
            if clip.is_outdated:
                found[clip.step.source] = found.get(clip.step.source, 0) + 1
    return found


def _is_version_known(seen: Seen) -> bool:
    """Tell whether the lock file named every free clip that came from the store: its version."""
    clips = (clip for source in seen.plan.sources for clip in source.clips)
    taken = {clip.digest for clip in clips if clip.step.kind is StepKind.REUSE and not clip.paid}
    return not taken or taken <= {line.digest for line in seen.survey.lock.clips}


def _fresh(results: Sequence[Result]) -> set[str]:
    """Return the sources with which nothing was to do."""
    return {one.step.source for one in results if one.state == "fresh"}.difference(
        one.step.source for one in results if one.state != "fresh"
    )


def _listed(seen: Seen, settled: Collection[str], begun_ns: int, now_ns: int) -> bytes:
    """Return the listing, with a mark for each state that must not be believed next time."""
    survey = seen.survey
    doubtful = {one.step.source for one in seen.results if one.step.source not in settled}
    doubtful |= {path for path, stat in survey.scan.files.items() if stat.is_after(begun_ns)}
    doubtful |= set(survey.scan.links)
    doubtful |= seen.unsure - {one.step.source for one in seen.results if one.state == "done"}
    touched = {path.rpartition("/")[0] or "." for path in chain(doubtful, seen.left)}
    rest: Mapping[str, bytes] = survey.rest.listing if survey.rest else {}
    found = bytearray()
    for folder in dict.fromkeys((*rest, *survey.scan.listing)):
        is_new = folder in survey.scan.listing
        text = survey.scan.listing[folder] if is_new else rest[folder]
        if folder in touched or (is_new and _IGNORE in text):
            text = _text(seen, folder, text, doubtful, begun_ns, now_ns)
        found += text
    return bytes(found)


def _text(
    seen: Seen,
    folder: str,
    text: bytes,
    doubtful: Collection[str],
    begun_ns: int,
    now_ns: int,
) -> bytes:
    """Return the text of a folder in which not all is as it was looked at."""
    before = listing.entries(text)
    after = listing.entries(listing.encoded(listing.listed(str(seen.workspace.root), folder)))
    gone = {name: listing.UNTRUSTED for name in before.keys() - after.keys()}
    states = {}
    for name, state in (after | gone).items():
        path = name if folder == "." else f"{folder}/{name}"
        if path in seen.left:
            left = seen.left[path]
            is_sure = left is not None and not left.is_after(now_ns) and state == str(left)
        elif name == listing.IGNORE_NAME:
            is_sure = before.get(name) == state and not _is_young(state, begun_ns)
        else:
            is_sure = before.get(name) == state and path not in doubtful
        if name in after or seen.left.get(path, state) is not None:
            states[name] = state if is_sure or not state else listing.UNTRUSTED
    return listing.joined(folder, states)


def _is_young(state: str, begun_ns: int) -> bool:
    """Tell whether a state in a listing is of a file that changed at that time or later."""
    _, mtime_ns, _, ctime_ns = map(int, state.split(" "))
    return max(mtime_ns, ctime_ns) >= begun_ns
