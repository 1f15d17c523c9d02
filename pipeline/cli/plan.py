"""`plan`: show it, check it, save it, look at a saved one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import options, planning, uptodate


@click.command()
@options.project
@options.only
@options.service
@options.shared
@options.as_json
@click.option("--check", is_flag=True, help="Exit 9 when anything is out of date.")
@click.option("--out", type=click.Path(path_type=Path), help="Save it for `build --plan`.")
@click.option("--show", type=click.Path(path_type=Path), help="Show a plan that was saved.")
def plan(**asked: Any) -> None:
    """Show every step with its reason, price and time. Changes nothing.

    When something is to be bought and a key is set, the service is asked once for the balance,
    which is free; `--check` asks nobody.
    """
    planning.run(planning.Asked(**asked), uptodate.memory())
