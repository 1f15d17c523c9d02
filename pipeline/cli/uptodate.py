"""Answer from an unbroken seal, and seal what was said when nothing was to do.

Here is the only use of `seal` by the commands; nothing heavy is loaded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..run.uptodate import compare, quick
from .voice import say_block

if TYPE_CHECKING:
    from ..run.report import Report


def look(command: str, project: str, **flags: object) -> compare.Look | None:
    """Compare with the seal, if there is one that says something about `command`."""
    found = click.get_current_context().find_object(quick.Found)
    return compare.look(command, Path(project), os.environ, flags, found)


def is_answered(found: compare.Look | None) -> bool:
    """Print the answer of an unbroken seal; False when a run must find it."""
    if found is None or found.changed:
        return False
    _print(found.said)
    return True


def say(command: str, report: Report, show: Callable[[Report], None], *, is_sealed: bool) -> None:
    """Let `show` print; when everything is fresh now, seal what it prints about that.

    An older seal has said it about the whole, where the report is about a part.
    """
    show(report)
    if is_sealed and (draft := report.draft) is not None:
        compare.put(draft, command, draft.said or _heard(report.fresh or report, show))


def _heard(report: Report, show: Callable[[Report], None]) -> compare.Said:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show(report)
    return compare.Said(out=out.getvalue(), err=err.getvalue())


def _print(said: compare.Said) -> None:
    say_block(said.out)
    say_block(said.err, err=True)
