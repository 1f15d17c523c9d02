"""How much is said, and in which colours: `-v`, `-q`, `--color`, before or after the command."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .voice import say

if TYPE_CHECKING:
    import click

_VERBOSE, _QUIET, _COLOR = "pixelpipe.verbose", "pixelpipe.quiet", "pixelpipe.color"
_COLOURS: Mapping[str, bool | None] = {"auto": None, "always": True, "never": False}


def is_verbose() -> bool:
    """Tell whether the user wants to read everything."""
    return bool(_stated(_VERBOSE))


def is_quiet() -> bool:
    """Tell whether only results and errors are wanted."""
    return bool(_stated(_QUIET))


def is_usual() -> bool:
    """Tell whether the usual is said in the usual way: only that is remembered for later runs."""
    return not any(map(_stated, (_VERBOSE, _QUIET, _COLOR)))


def _stated(name: str) -> object:
    if "click" not in sys.modules:  # it has read no words: there was no flag
        return None
    import click

    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(name)


def note(text: str) -> None:
    """Print a note on standard error, unless the user wants none."""
    if not is_quiet():
        say(f"note: {text}", err=True)


def hint(text: str, *, err: bool = False) -> None:
    """Print what helps to go on, and is no result: unless the user wants none."""
    if not is_quiet():
        say(text, err=err)


def options() -> list[click.Option]:
    """Return the options that every command has, fresh for each."""
    import click

    return [
        click.Option(
            ["-v", "--verbose"],
            count=True,
            expose_value=False,
            callback=_verbose,
            help="Say more; twice for everything.",
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            callback=_quiet,
            help="Say only results and errors: no progress, no notes, no advice.",
        ),
        click.Option(
            ["--color"],
            type=click.Choice(tuple(_COLOURS)),
            expose_value=False,
            callback=_color,
            help="Colours: auto (on a terminal), always, never.",
        ),
    ]


def add_to(command: click.Command) -> None:
    """Give a command, and those below it, the options; what it has already stays its own."""
    import click

    known = {name for parameter in command.params for name in parameter.opts}
    command.params += [one for one in options() if not known & set(one.opts)]
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_to(inner)


def from_environment(context: click.Context) -> None:
    """Obey NO_COLOR and FORCE_COLOR where no flag says otherwise (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        context.color = False
    elif os.environ.get("FORCE_COLOR") not in (None, "", "0"):
        context.color = True


def _verbose(context: click.Context, _: click.Parameter, count: int) -> None:
    if count:
        context.meta[_VERBOSE] = context.meta.get(_VERBOSE, 0) + count
        open_log(context.meta[_VERBOSE])


def _quiet(context: click.Context, _: click.Parameter, is_on: bool) -> None:
    if is_on:
        context.meta[_QUIET] = True


def _color(context: click.Context, _: click.Parameter, word: str | None) -> None:
    if word is not None:
        context.meta[_COLOR] = word
        one: click.Context | None = context
        while one is not None:
            one.color = _COLOURS[word]
            one = one.parent


def open_log(verbose: int = 0) -> None:
    """Write the log to standard error: what warns; with `-v` what informs, with `-vv` all."""
    import logging  # costs a tenth of a run with nothing to do

    from ..core import logs

    logs.to_stderr((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
