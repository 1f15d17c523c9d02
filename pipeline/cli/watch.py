"""`watch`."""

from __future__ import annotations

import sys

import click

from ..api import Project, Wish
from ..commands.watch.follow import Follower
from ..run.report import Report
from . import options
from .build import show_build, show_news
from .progress import ask, nothing
from .voice import say


@click.command()
@options.project
@options.service
@options.spending
@click.option("--poll", is_flag=True, help="Scan at intervals instead of waiting for events.")
def watch(
    project: str, service: str | None, max_credits: int | None, yes: bool, poll: bool
) -> None:
    """Build, then follow changes until Ctrl-C.

    A sprite is taken when it has been quiet for a second and is whole; rules and settings are
    read again when they change. Jobs in flight are taken up by the next start.
    """
    opened = Project(project, service=service)
    can_ask = sys.stdin.isatty() and sys.stderr.isatty()
    wish = Wish(max_credits=max_credits, yes=yes, ask=ask if can_ask else None)
    follower = Follower(opened, wish, nothing, poll=True if poll else None)
    folders = ", ".join(opened.workspace.settings.assets)
    say(f"Watching {folders} in {opened.root}; Ctrl-C ends it.", err=True)
    is_first = True
    for event in follower.run():
        if isinstance(event, Report):
            (show_build if is_first else show_news)(event)
            is_first = False
        else:
            say(f"pixelpipe: {event}", err=True)
        sys.stdout.flush()
