"""Answer from an unbroken seal, and seal what was said when nothing was to do.

Here is the only use of `seal` by the commands; nothing heavy is loaded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click

from .. import imprint
from ..seals import seal


def look(command: str, project: str, **flags: object) -> seal.Look | None:
    """Compare with the seal, if there is one that says something about `command`."""
    found = click.get_current_context().find_object(imprint.Found)
    return seal.look(command, Path(project), os.environ, flags, found)


def is_answered(found: seal.Look | None) -> bool:
    """Print the answer of an unbroken seal; False when a run must find it."""
    if found is None or found.changed:
        return False
    _print(found.said)
    return True


def say(command: str, draft: seal.Draft | None, show: Callable[[], None]) -> None:
    """Let `show` print; when everything is fresh now, seal what is to be said about that.

    That is what `show` prints, unless an older seal said it about the whole.
    """
    if draft is None:
        show()
        return
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show()
    said = seal.Said(out=out.getvalue(), err=err.getvalue())
    _print(said)
    seal.put(draft, command, draft.said or said)


def _print(said: seal.Said) -> None:
    click.echo(said.out, nl=False)
    click.echo(said.err, nl=False, err=True)
