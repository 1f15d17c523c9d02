"""Takes: buy another result of the same wish, or choose among those already bought.

Nothing that was bought is thrown away; the lock file records the choice.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..api import Observer, Project, Wish, ignore
from ..core import keys
from ..core.errors import RefusedError, UsageError
from ..core.model import Preference, Record, Request
from ..run.report import Report
from ..storage.lock import ClipLine
from ..storage.store import Store

#: Takes after the last known one that are looked for: numbers may be missing after a merge.
_GAP = 3


class Taken(Record, frozen=True, kw_only=True):
    """The purchases of one clip that can be chosen, and the one in use."""

    source: str
    clip: str
    #: By take; what was paid for comes before what the built-in engine made.
    bought: tuple[ClipLine, ...]
    used: ClipLine | None

    @property
    def takes(self) -> tuple[int, ...]:
        """The numbers of the takes that can be chosen."""
        return tuple(line.take for line in self.bought)

    @property
    def current(self) -> int | None:
        """The number of the take in use, if any is."""
        return None if self.used is None else self.used.take


def known(project: Project, path: str, clip: str | None = None) -> tuple[Taken, ...]:
    """List what was bought for each clip of the source `path`, from whichever service.

    Raises UsageError when no rule matches it, or it has no such clip.
    """
    report = project.plan_of(path)
    lines = project.lock().lines_of()
    requests = [
        one.request for source in report.plan.sources for one in source.clips if not one.is_adopted
    ]
    chosen = [request for request in requests if clip in (None, request.clip)]
    if not chosen:
        names = ", ".join(request.clip for request in requests)
        raise UsageError(
            f"{path}: has no clip {clip!r}; it has {names}" if names else f"{path}: no rule matches"
        )
    return tuple(taken(project, request, lines.get((path, request.clip), ())) for request in chosen)


def reroll(
    project: Project,
    path: str,
    *,
    clip: str | None = None,
    preference: Preference | None = None,
    wish: Wish | None = None,
    observe: Observer = ignore,
) -> Report:
    """Buy the next take of the clips of one source, or of one clip.

    `preference` asks for another matte, padding or seed than would be chosen for it;
    `wish` brings the yes for its price.

    Raises RefusedError when the built-in engine would replace what was paid for.
    """
    found = known(project, path, clip)
    for one in found:
        if one.used is not None and one.used.paid and not project.workspace.service.paid:
            raise RefusedError(
                f"{path} [{one.clip}]: was bought from {one.used.service}, and no key is set: the "
                "built-in engine does not replace it"
            )
    wanted = {(one.source, one.clip): max((*one.takes, one.current or 0)) + 1 for one in found}
    asked = msgspec.structs.replace(
        wish or Wish(), paths=frozenset([path]), takes=wanted, preference=preference
    )
    return project.build(asked, observe=observe)


def refresh(project: Project, *, only: Sequence[str] = (), observe: Observer = ignore) -> Report:
    """Make anew, for nothing, what an older version of the built-in engine made.

    `only` are globs or files; without any, all. Key and take stay, and so does what was paid for.
    """
    plan = project.plan(only=only).plan
    paths = frozenset(
        source.wanted.source.path
        for source in plan.sources
        if any(clip.is_outdated for clip in source.clips)
    )
    return project.build(Wish(paths=paths, refresh=True, max_credits=0), observe=observe)


def pick(
    project: Project,
    path: str,
    take: int,
    *,
    clip: str | None = None,
    observe: Observer = ignore,
) -> Report:
    """Use a take that was bought before; costs nothing and needs no service.

    Raises UsageError when it was not.
    """
    found = known(project, path, clip)
    picked = {(one.source, one.clip): _find(one, take) for one in found}
    wish = Wish(paths=frozenset([path]), picked=picked, max_credits=0)
    return project.build(wish, observe=observe)


def _find(taken: Taken, take: int) -> ClipLine:
    for line in taken.bought:
        if line.take == take:
            return line
    listed = ", ".join(map(str, taken.takes)) or "none"
    raise UsageError(
        f"{taken.source} [{taken.clip}]: take {take} was not bought; there are: {listed}"
    )


def taken(project: Project, request: Request, lines: Sequence[ClipLine]) -> Taken:
    """Return the takes of one request, from the service in use and those of its lock lines."""
    store = project.workspace.store()
    services = dict.fromkeys(
        [*(line.service for line in lines), project.workspace.service.identity]
    )
    found: dict[int, ClipLine] = {}
    for service in services:
        for line in _bought(store, request, service):
            if line.paid or line.take not in found:
                found[line.take] = line
    return Taken(
        source=request.source,
        clip=request.clip,
        bought=tuple(found[take] for take in sorted(found)),
        used=next((one for one in sorted(lines, key=_rank) if not one.hidden), None),
    )


def _rank(line: ClipLine) -> bool:
    return not line.paid


def _bought(store: Store, request: Request, service: str) -> list[ClipLine]:
    """Return what `service` made for the request, as lines of the lock file, by take."""
    found: list[ClipLine] = []
    take = 0
    while take <= (found[-1].take if found else -1) + _GAP:
        key = keys.request_key(msgspec.structs.replace(request, take=take), service)
        if (record := store.find(key)) is not None:
            found.append(record.line(request.source, request.clip))
        take += 1
    return found
