"""The one open question of a watch, which goes on while nobody answers.

What arrives meanwhile takes the question back and asks with the new total. A wait inside `input`
could not be ended; so the terminal is looked at again and again.
"""

from __future__ import annotations

import os
import sys

import click

from ..core import plain
from ..plan.plan import Plan

_YES, _NO = ("y", "yes"), ("n", "no")


def question(plan: Plan) -> str:
    """Return the question whether the purchases of a plan may be made."""
    from ..purchase import budget

    clips = sum(1 for step in plan.steps if step.credits)
    noun = "clip" if clips == 1 else "clips"
    return (
        f"Buy {clips} {noun} for {plan.credits} credits ({budget.dollars(plan.credits)}) "
        f"from {plan.service.identity}?"
    )


class Terminal:
    """The terminal that a command was started on: asked on standard error, answered by a line."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._text = ""

    def show(self, plan: Plan, *, forgets: bool = True) -> None:
        """Ask; a line that was typed before is thrown away, unless nothing was asked before."""
        self._text = question(plan)
        if forgets:
            _forget_typed()
        self._prompt()

    def answer(self) -> bool | None:
        """Return the answer, or None while there is none; the end of the input is a no."""
        if not _has_line():
            return None
        # Not through `sys.stdin`: whoever waits in it holds a lock that ends Python by a signal.
        line = os.read(sys.stdin.fileno(), 1024).decode(errors="replace")
        word = line.strip().lower()
        if word in _YES:
            return True
        if not word or word in _NO:
            if not line:
                self.leave()
            return False
        click.echo("Error: invalid input", err=True)
        self._prompt()
        return None

    def leave(self) -> None:
        """End the line of the question."""
        click.echo(err=True)

    def _prompt(self) -> None:
        click.echo(f"{plain.line(self._text)} [y/N]: ", nl=False, err=True)


def _has_line() -> bool:
    """Tell whether a line was typed, or the input has ended."""
    if os.name == "nt":
        import msvcrt

        return bool(msvcrt.kbhit())  # type: ignore[attr-defined,unused-ignore]
    import select

    return bool(select.select([sys.stdin.fileno()], [], [], 0)[0])


def _forget_typed() -> None:
    """Drop lines that answer an older question."""
    if os.name == "nt":
        import msvcrt

        while msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
            msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
        return
    import termios

    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
