"""What `plan` does, whoever read its words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..core import errors
from ..core.errors import OutOfDateError, UsageError
from . import loudness, uptodate
from .uptodate import Memory
from .voice import show_pieces

if TYPE_CHECKING:
    from ..api import Project
    from ..run.report import Report


class Asked(NamedTuple):
    """The words of `plan`, as they were given."""

    project: str
    only: tuple[str, ...] = ()
    service: str | None = None
    shared: str | None = None
    as_json: bool = False
    check: bool = False
    out: Path | None = None
    show: Path | None = None


def run(asked: Asked, memory: Memory) -> None:
    """Show every step, and exit."""
    # Loaded only now: a run with nothing to do needs none of it.
    from ..api import Project
    from ..run import named_output, plan_file
    from . import plan_text

    shared = "none" if asked.check else asked.shared
    opened = Project(asked.project, remembered=memory.found, service=asked.service, shared=shared)
    if asked.show is not None:
        if asked.only or asked.check or asked.out is not None:
            raise UsageError("--show shows what a file says: no --only, --check or --out")
        plan_text.show_saved(opened, plan_file.read(asked.show), asked.as_json)
        return
    named_output.check("--out", asked.out, named_output.is_plan)
    planned = opened.planned(only=asked.only, with_account=not asked.check, remembered=memory.found)
    report = planned.report
    if asked.out is not None:
        plan_file.write(asked.out, opened.savable(planned))
    if memory.is_listed:
        _list(opened, report)
    elif asked.as_json:
        show_pieces(report.json_pieces())
    else:
        uptodate.say(memory, opened, report, plan_text.show)
        if asked.out is not None:
            loudness.hint(f"Saved; `pixelpipe build --plan {asked.out}` does exactly this, once.")
    out_of_date = asked.check and not report.plan.is_up_to_date
    sys.exit(errors.exit_code((report.exit, OutOfDateError.exit_code if out_of_date else 0)))


def _list(opened: Project, report: Report) -> None:
    """Print a plan as one object, and let the next one be answered from memory."""
    is_noted = uptodate.note(opened, report)
    if report.rest:
        from ..run.uptodate import listed

        found = listed.document(opened.root, opened.workspace.state) if is_noted else None
        if found is not None:
            show_pieces(found)
            return
        report = opened.planned().report
        uptodate.note(opened, report)
    show_pieces(report.json_pieces())
