"""`plan`: show it, check it, save it, look at a saved one."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..core import errors
from ..core.errors import OutOfDateError, UsageError
from . import loudness, options, uptodate
from .voice import show_json


@click.command()
@options.project
@options.only
@options.service
@options.shared
@options.as_json
@click.option("--check", is_flag=True, help="Exit 9 when anything is out of date.")
@click.option("--out", type=click.Path(path_type=Path), help="Save it for `build --plan`.")
@click.option("--show", type=click.Path(path_type=Path), help="Show a plan that was saved.")
def plan(
    project: str,
    only: tuple[str, ...],
    service: str | None,
    shared: str | None,
    as_json: bool,
    check: bool,
    out: Path | None,
    show: Path | None,
) -> None:
    """Show every step with its reason, price and time. Changes nothing.

    When something is to be bought and a key is set, the service is asked once for the balance,
    which is free; `--check` asks nobody.
    """
    # Loaded only now: a run with nothing to do needs none of it.
    from ..api import Project
    from ..run import plan_file
    from . import plan_text

    opened = Project(project, service=service, shared="none" if check else shared)
    if show is not None:
        if only or check or out is not None:
            raise UsageError("--show shows what a file says: no --only, --check or --out")
        plan_text.show_saved(opened, plan_file.read(show), as_json)
        return
    report, saved = opened.saved_plan(only=only, with_account=not check)
    if out is not None:
        plan_file.write(out, saved)
    if as_json:
        show_json(report.json())
    else:
        uptodate.say(opened, report, plan_text.show)
        if out is not None:
            loudness.hint(f"Saved; `pixelpipe build --plan {out}` does exactly this, once.")
    out_of_date = check and not report.plan.is_up_to_date
    sys.exit(errors.exit_code((report.exit, OutOfDateError.exit_code if out_of_date else 0)))
