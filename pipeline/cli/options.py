"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

project = click.argument(
    "project", default=".", type=click.Path(exists=True, file_okay=False), metavar="[PROJECT]"
)
only = click.option(
    "--only", multiple=True, metavar="GLOB", help="Only sources that match; may be repeated."
)
service = click.option(
    "--service", metavar="NAME", help="auto, pixel-engine, built-in, or a base URL."
)
_SHARED = "A store of purchases that machines share: a folder, s3://…, gs://…, az://…, https://…"
workers = click.option(
    "--workers",
    metavar="WHO",
    help="Who finishes sprites: auto, a number of processes, dask, or a scheduler's tls://host:port.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def spending(command: Command) -> Command:
    """Add the options that say what may be bought."""
    command = click.option(
        "--max-credits", type=click.IntRange(min=0), metavar="N", help="Buy for at most N credits."
    )(command)
    return click.option("--yes", is_flag=True, help="Buy whatever the plan says, without asking.")(
        command
    )


def shared(command: Command) -> Command:
    """Add the options that say which shared store is used."""
    command = click.option("--shared", metavar="URL", help=_SHARED)(command)
    return click.option(
        "--unshared", "shared", flag_value="none", help="Do without the shared store."
    )(command)
