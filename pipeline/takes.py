"""Takes: buy another result of the same wish, or choose among those already bought.

Nothing that was bought is thrown away; the lock file records the choice.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from . import keys
from .api import Observer, Project, Scope, Spending, ignore
from .errors import UsageError
from .model import Record, Request
from .report import Report

#: Takes after the last known one that are looked for: numbers may be missing after a merge.
_GAP = 3


class Taken(Record, frozen=True, kw_only=True):
    """The takes of one clip that can be chosen, and the one in use."""

    source: str
    clip: str
    takes: tuple[int, ...]
    current: int | None


def known(project: Project, path: str, clip: str | None = None) -> tuple[Taken, ...]:
    """List what was bought for each clip of the source `path`.

    Raises UsageError when no rule matches it, or it has no such clip.
    """
    report = project.plan(only=[path])
    lines = project.lock().lines_of()
    requests = [one.request for source in report.plan.sources for one in source.clips]
    chosen = [request for request in requests if clip in (None, request.clip)]
    if not chosen:
        names = ", ".join(request.clip for request in requests)
        raise UsageError(
            f"{path}: has no clip {clip!r}; it has {names}" if names else f"{path}: no rule matches"
        )
    return tuple(
        Taken(
            source=request.source,
            clip=request.clip,
            takes=_takes(project, request),
            current=next((line.take for line in lines.get((path, request.clip), ())), None),
        )
        for request in chosen
    )


def reroll(
    project: Project,
    path: str,
    *,
    clip: str | None = None,
    spending: Spending | None = None,
    observe: Observer = ignore,
) -> Report:
    """Buy the next take of the clips of one source, or of one clip."""
    wanted = {
        (one.source, one.clip): max((*one.takes, one.current or 0)) + 1
        for one in known(project, path, clip)
    }
    return _build(project, path, wanted, spending, observe)


def pick(
    project: Project,
    path: str,
    take: int,
    *,
    clip: str | None = None,
    observe: Observer = ignore,
) -> Report:
    """Use a take that was bought before; costs nothing.

    Raises UsageError when it was not.
    """
    found = known(project, path, clip)
    for one in found:
        if take not in one.takes:
            listed = ", ".join(map(str, one.takes)) or "none"
            raise UsageError(
                f"{path} [{one.clip}]: take {take} was not bought; there are: {listed}"
            )
    wanted = {(one.source, one.clip): take for one in found}
    return _build(project, path, wanted, Spending(max_credits=0), observe)


def _build(
    project: Project,
    path: str,
    wanted: Mapping[tuple[str, str], int],
    spending: Spending | None,
    observe: Observer,
) -> Report:
    scope = Scope(paths=frozenset([path]), takes=wanted)
    return project.build(scope=scope, spending=spending, observe=observe)


def _takes(project: Project, request: Request) -> tuple[int, ...]:
    store = project.site.store()
    found: list[int] = []
    take = 0
    while take <= (found[-1] if found else -1) + _GAP:
        wish = msgspec.structs.replace(request, take=take)
        if store.find(keys.request_key(wish, project.site.service.identity)) is not None:
            found.append(take)
        take += 1
    return tuple(found)
