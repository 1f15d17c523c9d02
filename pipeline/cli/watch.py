"""`watch`."""

from __future__ import annotations

import sys

import click
import msgspec

from ..api import Project, Wish
from ..commands.watch.follow import Follower
from ..run.report import Report
from ..run.results import Result
from . import loudness, options
from .building import show_build, show_news
from .progress import nothing
from .question import Terminal
from .voice import say

#: How results end that are said to be in the way of something.
_TOLD = ("failed", "left", "asked")


@click.command()
@options.project
@options.service
@options.shared
@options.spending
@click.option("--poll", is_flag=True, help="Scan at intervals instead of waiting for events.")
def watch(
    project: str,
    service: str | None,
    shared: str | None,
    max_credits: int | None,
    yes: bool,
    poll: bool,
) -> None:
    """Build, then follow changes until Ctrl-C.

    A sprite is taken when it has been quiet for a second and is whole; rules and settings are
    read again when they change. Jobs in flight are taken up by the next start.
    """
    opened = Project(project, service=service, shared=shared)
    can_ask = sys.stdin.isatty() and sys.stderr.isatty()
    wish = Wish(max_credits=max_credits, yes=yes)
    terminal = Terminal() if can_ask else None
    follower = Follower(opened, wish, nothing, poll=True if poll else None, terminal=terminal)
    folders = ", ".join(opened.workspace.settings.assets)
    loudness.hint(f"Watching {folders} in {opened.root}; Ctrl-C ends it.", err=True)
    is_first = True
    standing = Standing()
    for event in follower.run():
        if isinstance(event, Report):
            (show_build if is_first else show_news)(standing.left_out(event))
            is_first = False
        elif standing.is_news(str(event)):
            say(f"pixelpipe: {event}", err=True)
        sys.stdout.flush()


class Standing:
    """Facts that hold until something changes them, such as a blocked file: told once."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: dict[tuple[str, str], str] = {}
        self._error = ""

    def left_out(self, report: Report) -> Report:
        """Return a report without what stands as it was told; what is mended may be told again."""
        news = [result for result in report.results if self._is_new(result)]
        self._error = ""
        return msgspec.structs.replace(report, results=tuple(news))

    def is_news(self, sentence: str) -> bool:
        """Tell whether a run's error is another one than the last time."""
        known, self._error = self._error, sentence
        return known != sentence

    def _is_new(self, result: Result) -> bool:
        step = result.step
        place = (step.source, step.clip)
        if result.state not in _TOLD:
            self._told.pop(place, None)
            return True
        text = step.error or step.reason
        known = self._told.get(place)
        self._told[place] = text
        return known != text
