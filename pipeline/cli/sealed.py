"""Answer from an unbroken seal, and seal what was said when nothing was to do.

Here is the only use of `seal` by the commands; nothing heavy is loaded.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import click

from .. import seal


def is_answered(command: str, project: str, **flags: object) -> bool:
    """Print the answer of an unbroken seal; False when a full run must find it."""
    text = seal.answer(command, Path(project), os.environ, flags)
    if text is None:
        return False
    click.echo(text, nl=False)
    return True


def say(command: str, draft: seal.Draft | None, show: Callable[[], None]) -> None:
    """Let `show` print; when nothing was to do, seal what it printed."""
    if draft is None:
        show()
        return
    heard = io.StringIO()
    with redirect_stdout(heard):
        show()
    click.echo(heard.getvalue(), nl=False)
    seal.put(draft, command, heard.getvalue())
