"""`build`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import building, options, uptodate


@click.command()
@options.project
@options.only
@options.service
@options.shared
@options.spending
@options.as_json
@click.option(
    "--progress",
    is_flag=True,
    help="With --json: a JSON line on standard error for each job and each clip, as it happens.",
)
@click.option("--plan", "saved", type=click.Path(path_type=Path), help="Do what this file says.")
@click.option("--frozen", is_flag=True, help="Ask no service; exit 9 if something is not bought.")
@options.workers
@click.option("--locked", is_flag=True, help="Exit 9 at once if the lock file would change.")
@click.option("--depfile", "dep", type=click.Path(path_type=Path), help="Write a Make depfile.")
@click.option("--timings", is_flag=True, help="Say on standard error where the time went.")
@click.option(
    "--metrics", type=click.Path(path_type=Path), help="Write figures in Prometheus' text form."
)
@click.option("--stamp", type=click.Path(path_type=Path), help="Touch this file at the end.")
def build(**asked: Any) -> None:
    """Bring all animations up to date: buy what is missing, finish, publish."""
    building.run(building.Asked(**asked), uptodate.memory())
