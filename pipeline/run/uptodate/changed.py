"""Look at what changed since a seal was set, and at nothing else: see `seal`."""

from __future__ import annotations

import msgspec

from ...config.workspace import Workspace
from ...core import listing
from ...storage import files as project
from ...storage import lock, lock_file, lock_text
from ...storage.files import Index, Scan
from .. import survey
from ..survey import Survey
from .compare import Look

_OVERRIDE = ".yaml"


def again(workspace: Workspace, look: Look, index: Index | None = None) -> Survey | None:
    """Look at the sources that changed since a seal was set; the others are as they were.

    None when the change concerns more than these: clips come or go, and with them names that may
    clash, orphans, and what is said about the whole.
    """
    sources = _touched(look)
    if sources is None or look.said.err:
        return None
    stems = {source[: -len(".png")] for source in sources} if look.is_plain else None
    index = index or Index.open(workspace.root, is_narrow=True)
    found = survey.survey(workspace, look.scan, index, sources, is_whole=False, stems=stems)
    clips = found.lock.lines_of()
    locked = {source: {clip for one, clip in clips if one == source} for source in sources}
    same = [
        {request.clip for request in one.requests} == locked[one.source.path]
        for one in found.wanted
    ]
    if found.refused or len(same) != len(sources) or not all(same) or not found.has_all_outputs:
        return None
    return msgspec.structs.replace(found, since=look, unmatched=look.unmatched)


def after(workspace: Workspace, found: Survey) -> Survey | None:
    """Look again at what `again` found, now that a run has worked on it.

    None when another process has changed something else in the lock file meanwhile.
    """
    assert found.since is not None
    sources = {one.source.path for one in found.wanted}
    stems = {one.source.stem for one in found.wanted}
    text = lock_file.text(workspace.root)
    if lock_text.rest(text, stems) != lock_text.rest(found.lock_text, stems):
        return None
    new = lock_text.parse(text, stems)
    named = [line.path for line in (*found.lock.files, *new.files) if lock.stem(line.path) in stems]
    scan = _rescanned(workspace, found.scan, {*sources, *named})
    if scan is None:
        return None
    look = msgspec.structs.replace(
        found.since,
        scan=scan,
        changed=frozenset(sources),
        is_plain=found.since.is_plain and lock_text.stays_plain(text, stems),
    )
    return again(workspace, look, found.index)


def _rescanned(workspace: Workspace, scan: Scan, paths: set[str]) -> Scan | None:
    """Look at some files anew; None when others have come or gone beside them."""
    texts = dict(scan.listing)
    for folder in {path.rpartition("/")[0] or "." for path in paths}:
        # Before the files: a state that the listing does not have yet is a change next time.
        try:
            text = listing.encoded(listing.listed(str(workspace.root), folder))
        except OSError:
            return None
        moved = listing.differing(texts[folder], text)
        if moved is None or not {f"{folder}/{name}".removeprefix("./") for name in moved} <= paths:
            return None
        texts[folder] = text
    files = {path: stat for path, stat in scan.files.items() if path not in paths}
    tree = project.Tree(workspace.root, workspace.settings.assets, workspace.settings.ignore)
    files |= tree.look(paths).files
    return msgspec.structs.replace(scan, files=files, listing=texts)


def _touched(look: Look) -> frozenset[str] | None:
    """Return the sources that changed files belong to; None when that is not clear."""
    found = set()
    for path in look.changed:
        stem = lock.stem(path)
        names = (path, path.removesuffix(_OVERRIDE), *(stem + end for end in (".png", ".PNG")))
        source = next((name for name in names if _is_kept(name, look)), None)
        if source is None:
            return None
        found.add(source)
    return frozenset(found)


def _is_kept(name: str, look: Look) -> bool:
    return project.is_source(name) and name in look.scan.files
