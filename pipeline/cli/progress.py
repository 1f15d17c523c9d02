"""Show a run while it goes on: live on a terminal, plain lines elsewhere. Standard error only."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..api import Observer
from ..core import plain
from ..core.model import JobState
from ..plan.plan import Plan
from ..purchase.jobs import Change
from ..run.results import Result
from . import loudness, wording
from .voice import say

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from .question import Asker

_RUNNING = (JobState.CLAIMED, JobState.SUBMITTED)


#: How results end that are told while the run goes on; what went wrong is told at its end.
_NEWS = ("done", "removed")


#: Seconds between two lines in a log.
_QUIET_S = 10.0


class Lines:
    """A line now and then: what is done by name stands in the summary, which a log has as well.

    With `--verbose` one line a finished clip, with its grade.
    """

    def __init__(self) -> None:
        """Begin to count."""
        self._begun = self._told = time.monotonic()
        self._done = 0
        self._credits = 0

    def __call__(self, event: Change | Result) -> None:
        """Count what is finished, and say so when nothing was said for a while."""
        if isinstance(event, Change) and event.waits_for:
            say(_waiting(event), err=True)
        if isinstance(event, Result) and event.state in _NEWS:
            self._done += event.state == "done"
            self._credits += event.credits
            if loudness.is_verbose():
                say(line(event), err=True)
                return
        now = time.monotonic()
        if now - self._told >= _QUIET_S:
            self._told = now
            clips = wording.count(self._done, "clip")
            said = f"  {now - self._begun:.0f} s: {clips} done, {self._credits} credits"
            say(said, err=True)


class JsonLines:
    """One JSON object a line, for programs that show a run: each job's state, each result."""

    def __call__(self, event: Change | Result) -> None:
        """Print the event; a clip is told by its source and name, a job by its request key."""
        if isinstance(event, Result):
            step = event.step
            said: dict[str, object] = {
                "source": step.source,
                "clip": step.clip,
                "state": event.state,
                "grade": event.grade,
                "credits": event.credits,
            }
        else:
            said = {"request_key": event.job.request_key, "state": event.job.state}
            if event.waits_for:
                said = said | {"state": "waiting", "waits_for": event.waits_for}
        import json

        say(json.dumps(said), err=True)


class Screen:
    """A line that changes: jobs by state, elapsed time, credits; results scroll above it."""

    def __init__(self) -> None:
        """Draw nothing yet: a question may still be asked."""
        self._live: Live | None = None
        self._begun = time.monotonic()
        self._jobs: dict[str, JobState] = {}
        self._done = 0
        self._credits = 0

    def __call__(self, event: Change | Result) -> None:
        """Take an event, and draw again."""
        live = self._started()
        if isinstance(event, Change):
            if event.waits_for:
                live.console.print(plain.line(_waiting(event)), highlight=False, markup=False)
            else:
                self._jobs[event.job.request_key] = event.job.state
            return
        self._credits += event.credits
        if event.state in _NEWS:
            self._done += event.state == "done"
            live.console.print(plain.line(line(event)), highlight=False, markup=False)

    def close(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()

    def _started(self) -> Live:
        if self._live is None:
            import click
            from rich.console import Console
            from rich.live import Live

            context = click.get_current_context(silent=True)
            is_plain = context is not None and context.color is False
            console = Console(stderr=True, no_color=is_plain or None)
            self._live = Live(self, console=console, refresh_per_second=8, transient=True)
            self._live.start()
        return self._live

    def __rich__(self) -> Text:
        """Return the line as it is now."""
        from rich.text import Text

        states = Counter(self._jobs.values())
        running = ", ".join(f"{states[state]} {state}" for state in _RUNNING if states[state])
        elapsed = time.monotonic() - self._begun
        noun = "clip" if self._done == 1 else "clips"
        parts = [f"{elapsed:5.1f} s", running or "finishing", f"{self._done} {noun} done"]
        return Text("  ".join([*parts, f"{self._credits} credits"]), style="bold")


@contextmanager
def display(*, quiet: bool = False, as_json: bool = False) -> Iterator[Observer]:
    """Choose what fits standard error; a program may ask for `as_json`, a person for nothing."""
    if as_json:
        yield JsonLines()
    elif quiet or loudness.is_quiet():
        yield nothing
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        screen = Screen()
        try:
            yield screen
        finally:
            screen.close()


def _waiting(event: Change) -> str:
    job = event.job
    return f"  waiting  {job.source} [{job.clip}]: for {event.waits_for}"


def line(result: Result) -> str:
    """Return a result as one line."""
    step = result.step
    name = f"{step.source} [{step.clip}]" if step.clip else step.source
    if step.error:
        text = step.error.removeprefix(f"{step.source}: ")
        return f"  {result.state:8} {name}: {text}"
    if result.state == "removed":
        return f"  removed  what was made of {name}: {step.reason}"
    grade = "" if result.grade is None else f", grade {result.grade}"
    price = f", {result.credits} credits" if result.credits else ""
    return f"  {result.state:8} {name}: {step.rule}{grade}{price}"


def ask(plan: Plan, asker: Asker | None = None) -> bool | frozenset[str]:
    """Ask the person at the terminal: yes, no, or the sources to buy for."""
    from . import purchase_question  # only where something is to be bought
    from .question import Asker

    return purchase_question.ask(plan, asker or Asker())


def nothing(_: Change | Result) -> None:
    """Show nothing."""
