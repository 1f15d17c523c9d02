"""Print what a command found, and remember what it said when nothing was to do."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ..run.uptodate import quick
from ..run.uptodate.quick import Found
from . import loudness
from .voice import say_block

if TYPE_CHECKING:
    from ..api import Project
    from ..run.report import Report


def remembered() -> Found | None:
    """Return what was found before the command line was loaded, of a plain command only."""
    return click.get_current_context().find_object(Found) if is_plain() else None


def is_plain() -> bool:
    """Tell whether the command was given nothing but a project: only that is remembered."""
    context = click.get_current_context()
    if not loudness.is_usual():
        return False
    stated = {name for name in context.params if name != "project"}
    return all(context.get_parameter_source(name) is ParameterSource.DEFAULT for name in stated)


def _recipe() -> str:
    """Name the recipe of a build system that the command is, as `quick` does; "" for others."""
    context = click.get_current_context()
    words = ("frozen", "dep", "stamp")
    given = [context.params.get(name) for name in words]
    stated = {name for name in context.params if name not in ("project", *words)}
    is_usual = all(context.get_parameter_source(one) is ParameterSource.DEFAULT for one in stated)
    if not loudness.is_usual() or not is_usual or not all(given):
        return ""
    return quick.recipe(str(given[1]), str(given[2]))


def say(project: Project, report: Report, show: Callable[[Report], None]) -> None:
    """Let `show` print, and let a command that can be answered remember it for the next."""
    command = "" if is_plain() else _recipe()
    if not is_plain() and (not command or not report.plan.is_up_to_date):
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
