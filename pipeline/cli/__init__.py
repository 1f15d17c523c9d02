"""The command line: results on standard output, progress and log on standard error.

Commands are loaded when they are called: `--help` loads none of the heavy packages. Errors become
a sentence and an exit code here, and nowhere else.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from .. import __version__
from ..errors import InterruptedRunError, PixelpipeError

#: Command to the module that holds it, and its short help: that alone shows `--help`.
_COMMANDS = {
    "init": ("start", "Set a project up: pixelpipe.yaml and a first rule."),
    "plan": ("make", "Show every step with its reason, price and time; change nothing."),
    "build": ("make", "Bring all animations up to date, once."),
    "watch": ("follow", "Build, then follow changes until stopped."),
    "animate": ("single", "Animate one PNG with one prompt; no project needed."),
    "why": ("explain", "Say which rule and key a file has, and what differs from last time."),
    "balance": ("account", "Show the service's credits beside our own records."),
    "doctor": ("checkup", "Find what would go wrong, before money is spent."),
    "schema": ("schemas", "Print the JSON Schema of the YAML files, for editors."),
    "engine": ("engines", "The built-in engine as a server."),
}
_BUG = 70


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f".{_COMMANDS[cmd_name][0]}", __name__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(f"there is no command `{args[0]}`{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pixelpipe")
@click.option("-v", "--verbose", count=True, help="Say more; twice for everything.")
def root(verbose: int) -> None:
    """PNGs and YAML rules in, pixel-art animations out.

    Without an API key everything runs on the built-in engine: offline and free.
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    for chatty in ("urllib3", "filelock", "watchdog", "PIL", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def main() -> None:
    """Run the command line and exit with the code of design.md section 10."""
    signal.signal(signal.SIGTERM, _interrupt)
    with _sentences():
        root(prog_name="pixelpipe", standalone_mode=False)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn every way in which a command can end into one sentence and an exit code."""
    try:
        yield
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _say("stopped; what is in flight is taken up by the next run")
        sys.exit(InterruptedRunError.exit_code)
    except PixelpipeError as exc:
        _say(str(exc))
        sys.exit(exc.exit_code)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does. Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as exc:
        logging.getLogger(__name__).debug("the bug's place", exc_info=True)
        kind = type(exc).__name__
        _say(f"a bug in pixelpipe ({kind}: {exc}); nothing was lost. Please report it with -vv")
        sys.exit(_BUG)


def _say(sentence: str) -> None:
    click.echo(f"pixelpipe: {sentence}", err=True)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
