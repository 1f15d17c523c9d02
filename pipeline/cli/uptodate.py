"""Print what a command found, and remember what it said when nothing was to do."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

from ..run.uptodate import quick
from ..run.uptodate.quick import Found
from . import loudness
from .voice import say_block

if TYPE_CHECKING:
    from ..api import Project
    from ..run.report import Report


class Memory(NamedTuple):
    """What is remembered of a command: of most, nothing."""

    #: It was given nothing but a project.
    is_plain: bool = False
    #: The depfile and the stamp of the recipe of a build system.
    recipe: tuple[str, str] | None = None
    #: What was found before the command line was loaded, of a plain command only.
    found: Found | None = None


def memory() -> Memory:
    """Return what is remembered of the command that click has read."""
    import click
    from click.core import ParameterSource

    context = click.get_current_context()
    known = {
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.DEFAULT
    }
    stated = context.params.keys() - known - {"project"}
    if not loudness.is_usual():
        return Memory()
    if not stated:
        return Memory(is_plain=True, found=context.find_object(Found))
    if stated == {"frozen", "dep", "stamp"} and all(context.params[name] for name in stated):
        return Memory(recipe=(str(context.params["dep"]), str(context.params["stamp"])))
    return Memory()


def say(memory: Memory, project: Project, report: Report, show: Callable[[Report], None]) -> None:
    """Let `show` print, and let a command that can be answered remember it for the next."""
    command = "" if memory.recipe is None else quick.recipe(*memory.recipe)
    if not memory.is_plain and (not command or not report.plan.is_up_to_date):
        show(report)
        return
    if not report.plan.is_up_to_date:
        show(report)
        project.remember()
        return
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show(report)
    say_block(out.getvalue())
    say_block(err.getvalue(), err=True)
    sys.stdout.flush()
    from ..api import Said

    is_settled = not (report.exit or report.plan.refused or report.notices)
    said = Said(out=out.getvalue(), err=err.getvalue()) if is_settled else None
    project.remember(said, command)
