"""`help`: the reference, from the tables of the code; or a command's own help."""

from __future__ import annotations

import shutil

import click

from ..core.errors import UsageError
from .voice import say_block

_MOST_COLUMNS = 100


@click.command("help")
@click.argument("topic", required=False, metavar="[TOPIC]")
@click.pass_context
def help_(context: click.Context, topic: str | None) -> None:
    """Show the reference: rules, targets, settings, packs, environment, exit-codes.

    With a command's name, show that command's help.
    """
    from ..commands import reference  # loads the targets

    root = context.find_root()
    if topic is None:
        say_block(root.get_help() + "\n")
        say_block(f"\nTopics: pixelpipe help {' | '.join(reference.TOPICS)}\n")
        return
    if topic in reference.TOPICS:
        columns = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
        click.echo_via_pager(reference.shown(topic, columns))
        return
    assert isinstance(root.command, click.Group)
    command = root.command.get_command(root, topic)
    if command is None:
        raise UsageError(_unknown(topic, [*reference.TOPICS, *root.command.list_commands(root)]))
    with click.Context(command, info_name=topic, parent=root) as inner:
        say_block(command.get_help(inner) + "\n")


def _unknown(topic: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(topic, known, n=1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    return f"help: there is no topic or command `{topic}`{hint}"
