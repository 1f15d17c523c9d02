"""Look at what is not as it was remembered, and at nothing else; the rest is fresh.

`quick` has found that settings, rules, program and environment are the same, and in which folders
something differs. Here the sources are found that this concerns. Whatever concerns more than some
sources (a name that comes or goes, an ignore file, a lock file that somebody else wrote) is for a
look at everything.
"""

from __future__ import annotations

import msgspec

from ...config.workspace import Workspace
from ...core import keys, listing
from ...core.model import stem_of
from ...storage import files, lock, lock_file
from ...storage.files import Scan
from ...storage.state import State
from .. import survey
from ..survey import Rest, Survey
from .quick import Found

_OVERRIDE = ".yaml"


def take(workspace: Workspace, found: Found) -> Survey | None:
    """Look at the sources that `found` is not sure of; None when all must be looked at."""
    state = State.open(workspace.root, workspace.state)
    whole = state.whole
    if whole is None or whole.outdated is None:
        return None
    if keys.digest(lock_file.text(workspace.root).encode()) != whole.lock:
        return None
    tree = files.Tree(workspace.root, workspace.settings.assets, workspace.settings.ignore)
    scan = tree.inside(found.differing)
    before = listing.folders(found.content, found.listing_at)
    sources = _sources(before, scan)
    if sources is None:
        return None
    stems = {stem_of(source) for source in sources} if whole.is_plain else None
    taken = survey.survey(workspace, scan, state, sources, is_whole=False, stems=stems)
    if taken.refused or not taken.has_all_outputs or not _has_same_clips(taken):
        return None
    if any(one.adopted for one in taken.wanted) or taken.lock.adopted_of(sources):
        return None  # frames are no sources of their own, or were none until now
    rest = Rest(
        clips=whole.clips - sum(map(state.counted, sources)),
        outdated=whole.outdated - sum(map(state.outdated, sources)),
        unmatched=tuple(path for path in whole.unmatched if path not in sources),
        listing=before,
        sources=sources,
        is_plain=whole.is_plain,
    )
    unmatched = tuple(sorted({*rest.unmatched, *taken.unmatched}))
    return msgspec.structs.replace(
        taken, rest=rest, unmatched=unmatched, passed_over=whole.passed_over
    )


def _sources(before: dict[str, bytes], scan: Scan) -> frozenset[str] | None:
    """Return the sources whose files differ; None if the same names no longer count."""
    if (
        not scan.is_complete
        or scan.faults
        or scan.leftovers
        or not scan.listing.keys() <= before.keys()
    ):
        return None
    found = set[str]()
    for folder, text in scan.listing.items():
        old, new = listing.entries(before[folder]), listing.entries(text)
        for name in old.keys() | new.keys():
            if old.get(name) == new.get(name):
                continue
            is_told = listing.counts(name) or listing.is_notable(name)
            if not is_told and listing.FOLDER[1:] not in (old.get(name), new.get(name)):
                continue  # of no interest, whether it is there or not
            path = name if folder == "." else f"{folder}/{name}"
            if name not in old or name not in new or path not in scan.files:
                return None
            found.add(path)
    sources = {_source_of(path, scan) for path in found}
    if None in sources:
        return None
    # Names that differ only in case are judged together.
    folded = {files.fold(one) for one in sources if one}
    return frozenset(
        path for path in scan.files if files.is_source(path) and files.fold(path) in folded
    )


def _source_of(path: str, scan: Scan) -> str | None:
    """Return the source that a file belongs to; None where there is none, or more than one."""
    if files.is_source(path):
        return path
    if path.endswith(_OVERRIDE):
        return path.removesuffix(_OVERRIDE) if path.removesuffix(_OVERRIDE) in scan.files else None
    names = [f"{lock.stem(path)}{suffix}" for suffix in listing.SOURCE_SUFFIXES]
    there = [name for name in names if name in scan.files]
    return there[0] if len(there) == 1 else None


def _has_same_clips(found: Survey) -> bool:
    """Tell whether each source has the clips that the lock file names: none comes or goes."""
    locked: dict[str, set[str]] = {}
    for source, clip in found.lock.lines_of():
        locked.setdefault(source, set()).add(clip)
    return all(
        {request.clip for request in one.requests} == locked.get(one.source.path)
        for one in found.wanted
    )
