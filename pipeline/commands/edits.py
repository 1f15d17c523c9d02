"""Outputs that were edited by hand: never overwritten until the user says which version counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from ..api import Observer, Project, Wish, ignore
from ..core.errors import UsageError
from ..core.model import stem_of
from ..run import publish
from ..run.report import Report
from ..storage import lock
from ..storage.files import carried, digest_of
from ..storage.files.carried import Carried
from ..storage.lock import FileLine, Lock


def edited(project: Project, source: str) -> tuple[str, ...]:
    """Return the outputs of `source` that a person changed since they were published.

    Raises UsageError when one was not fetched: its edits, if there are any, are not here.
    """
    found = []
    for line in _lines(project, source):
        if _digest(project, line) in (None, line.digest):
            continue
        how = carried.change(project.root / line.path, line.digest)
        if how is Carried.POINTER:
            raise UsageError(
                f"{line.path}: is not fetched, this is a Git LFS pointer; run `git lfs pull`"
            )
        if how is None:
            found.append(line.path)
    return tuple(found)


def adopt(project: Project, source: str) -> tuple[str, ...]:
    """Keep the edits: they are what this source's outputs are from now on.

    Raises UsageError when nothing was edited.
    """
    found = edited(project, source)
    if not found:
        raise UsageError(f"{source}: none of its outputs was edited")

    def change(line: FileLine) -> FileLine:
        digest = _digest(project, line)
        if line.path not in found or digest is None:
            return line
        return msgspec.structs.replace(line, digest=digest, adopted=True)

    _amend(project, source, lambda lines: [change(line) for line in lines])
    return found


def detach(project: Project, source: str) -> tuple[str, ...]:
    """Leave a source's outputs to the user for good; nothing is made or bought for it."""
    found = _lines(project, source)

    def change(line: FileLine) -> FileLine:
        digest = _digest(project, line) or line.digest
        return msgspec.structs.replace(line, digest=digest, detached=True)

    _amend(project, source, lambda lines: [change(line) for line in lines])
    return tuple(line.path for line in found)


def restore(
    project: Project, source: str, *, wish: Wish | None = None, observe: Observer = ignore
) -> Report:
    """Replace edited outputs by what was bought; what the rules want anew needs the yes of `wish`.

    Without `wish` nothing is bought.
    """
    _lines(project, source)
    only_this = frozenset([source])
    wish = msgspec.structs.replace(wish or Wish(max_credits=0), paths=only_this, restored=only_this)
    return project.build(wish, observe=observe)


def _amend(
    project: Project, source: str, change: Callable[[Sequence[FileLine]], Iterable[FileLine]]
) -> None:
    stem = stem_of(source)

    def rewritten(before: Lock) -> Lock:
        lines = before.files_of().get(stem, ())
        return lock.replace(before, clips={}, files={stem: tuple(change(lines))})

    publish.amend(project.workspace, rewritten)


def _lines(project: Project, source: str) -> Sequence[FileLine]:
    lines = project.lock().files_of().get(stem_of(source), ())
    if not lines:
        raise UsageError(f"{source}: has no outputs in {lock.NAME}")
    return lines


def _digest(project: Project, line: FileLine) -> str | None:
    try:
        return digest_of(project.root / line.path)
    except OSError:
        return None
