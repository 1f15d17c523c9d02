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

from .. import seal


def is_answered(command: str, project: str, **flags: object) -> bool:
    """Print the answer of an unbroken seal; False when a full run must find it."""
    said = seal.answer(command, Path(project), os.environ, flags)
    if said is None:
        return False
    _print(said)
    return True


def say(command: str, draft: seal.Draft | None, show: Callable[[], None]) -> None:
    """Let `show` print; when nothing was to do, seal what it printed."""
    if draft is None:
        show()
        return
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show()
    said = seal.Said(out=out.getvalue(), err=err.getvalue())
    _print(said)
    seal.put(draft, command, said)


def _print(said: seal.Said) -> None:
    click.echo(said.out, nl=False)
    click.echo(said.err, nl=False, err=True)
