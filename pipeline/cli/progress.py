"""Show a run while it goes on: live on a terminal, plain lines elsewhere. Standard error only."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ..api import Observer
from ..core import plain
from ..core.model import JobState
from ..plan.plan import Plan
from ..purchase.jobs import Change
from ..run.results import Result
from .voice import say

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

_RUNNING = (JobState.CLAIMED, JobState.SUBMITTED)


#: How results end that are told while the run goes on; what went wrong is told at its end.
_NEWS = ("done", "removed")


class Lines:
    """One line a finished clip."""

    def __call__(self, event: Change | Result) -> None:
        """Print results that are news; jobs in between are too many for a log."""
        if isinstance(event, Result) and event.state in _NEWS:
            say(line(event), err=True)


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
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
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
def display(*, quiet: bool = False) -> Iterator[Observer]:
    """Choose what fits standard error."""
    if quiet:
        yield nothing
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        screen = Screen()
        try:
            yield screen
        finally:
            screen.close()


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


def ask(plan: Plan) -> bool:
    """Ask the person at the terminal once, with the total."""
    from ..purchase import budget

    clips = sum(1 for step in plan.steps if step.credits)
    noun = "clip" if clips == 1 else "clips"
    question = (
        f"Buy {clips} {noun} for {plan.credits} credits ({budget.dollars(plan.credits)}) "
        f"from {plan.service.identity}?"
    )
    return click.confirm(plain.line(question), err=True)


def nothing(_: Change | Result) -> None:
    """Show nothing."""
