"""Print what a command found, and remember what it said when nothing was to do."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..run.uptodate import quick
from ..run.uptodate.quick import Found
from . import loudness
from .voice import say_block

if TYPE_CHECKING:
    from ..api import Project, Said
    from ..run.report import Report


class Memory(NamedTuple):
    """What is remembered of a command: of most, nothing."""

    #: It was given nothing but a project.
    is_plain: bool = False
    #: It was given nothing else but that one object is wanted.
    is_listed: bool = False
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
    if stated == {"as_json"}:
        return Memory(is_listed=True, found=context.find_object(Found))
    if stated == {"frozen", "dep", "stamp"} and all(context.params[name] for name in stated):
        return Memory(recipe=(str(context.params["dep"]), str(context.params["stamp"])))
    return Memory()


def say(memory: Memory, project: Project, report: Report, show: Callable[[Report], None]) -> None:
    """Let `show` print, and let a command that can be answered remember it for the next."""
    command = report.command if memory.is_plain else ""
    if memory.recipe is not None:
        command = quick.recipe(*memory.recipe)
    if not command or (memory.recipe is not None and not report.plan.is_up_to_date):
        show(report)
        return
    if not report.plan.is_up_to_date:
        show(report)
        project.remember()
        return
    said = _heard(report, show)
    say_block(said.out)
    say_block(said.err, err=True)
    sys.stdout.flush()
    note(project, report, {command: said})


def note(project: Project, report: Report, said: Mapping[str, Said] = MappingProxyType({})) -> bool:
    """Remember what was found and `said`, and what a plan would say where nothing is to do."""
    is_settled = not (report.exit or report.plan.refused or report.notices)
    if not report.plan.is_up_to_date or not is_settled:
        return project.remember()
    return project.remember({**_planned(report), **said})


def _heard(report: Report, show: Callable[[Report], None]) -> Said:
    """Return what `show` prints."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        show(report)
    from ..api import Said

    return Said(out=out.getvalue(), err=err.getvalue())


def _planned(report: Report) -> dict[str, Said]:
    """Return what a plan would say of a project in which nothing is to do."""
    from ..api import Said, as_plan
    from ..run.uptodate import telling
    from . import plan_text

    plan = as_plan(report)
    said = {quick.LISTED: Said(out=telling.frame(plan))}
    # Of a paid service it is said how many rules state what is not sent there, of all sources.
    if not plan.rest or not plan.plan.service.paid:
        said["plan"] = _heard(plan, plan_text.show)
    return said
