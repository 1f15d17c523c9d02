"""Ask the person at the terminal, so that the run may end or go on while nobody answers.

A thread that waits within Python's own input could not be woken, and holds a lock that ends Python
by a signal: so the terminal is looked at again and again. An `Asker` waits for its answer; the one
open question of a watch, at a `Terminal`, is taken back when more arrives, and asked anew.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Protocol

from ..core import plain
from ..plan.plan import Plan
from .voice import say, say_block

_TICK_S = 0.1
_YES, _NO = ("y", "yes"), ("n", "no", "")
_LINE_BYTES = 1024
_INVALID = "Error: invalid input"


class Waiting(Protocol):
    """What tells that nobody waits for the answer any more: an event."""

    def is_set(self) -> bool:
        """Tell it."""


class Asker:
    """Asks one question at a time, from whichever thread."""

    def __init__(self) -> None:
        """Wait for answers for ever, or until `until` is set, which may be given later."""
        self.until: Waiting = threading.Event()
        self._one = threading.Lock()

    def confirm(self, question: str) -> bool:
        """Return a yes or a no; an empty line is a no.

        Raises EOFError where the input ends, KeyboardInterrupt when the run does.
        """
        with self._one:
            while True:
                say_block(f"{question} [y/N]: ", err=True)
                if (agreed := _agreed(self._line())) is not None:
                    return agreed
                say(_INVALID, err=True)

    def answer(self, question: str) -> str:
        """Return what is typed, without blanks around it. Raises as `confirm` does."""
        with self._one:
            say_block(f"{plain.line(question)}: ", err=True)
            return self._line().strip()

    def _line(self) -> str:
        if os.name == "nt":  # where a console cannot be waited for together with anything else
            if line := sys.stdin.readline():
                return line
            raise EOFError
        found = b""
        while not found.endswith(b"\n"):
            found += self._piece()
        return found.decode(errors="replace")

    def _piece(self) -> bytes:
        while not self.until.is_set():
            if (piece := _typed(_TICK_S)) is not None:
                if piece:
                    return piece
                raise EOFError
        raise KeyboardInterrupt


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
        if (line := _typed(0)) is None:
            return None
        agreed = _agreed(line.decode(errors="replace"))
        if not line:
            self.leave()
        if agreed is None:
            say(_INVALID, err=True)
            self._prompt()
        return agreed

    def leave(self) -> None:
        """End the line of the question."""
        say(err=True)

    def _prompt(self) -> None:
        say_block(f"{plain.line(self._text)} [y/N]: ", err=True)


def _agreed(line: str) -> bool | None:
    """Return whether a line is a yes; an empty one is a no, and any other word is neither."""
    word = line.strip().lower()
    return word in _YES if word in (*_YES, *_NO) else None


def _typed(within_s: float) -> bytes | None:
    """Return the line that is typed within this time, or None; b"" where the input has ended."""
    return os.read(sys.stdin.fileno(), _LINE_BYTES) if _has_line(within_s) else None


def _has_line(within_s: float) -> bool:
    """Tell whether a line is typed, or the input ends, within this time (on Windows: by now)."""
    if os.name == "nt":
        import msvcrt

        return bool(msvcrt.kbhit())  # type: ignore[attr-defined,unused-ignore]
    import select

    return bool(select.select([sys.stdin.fileno()], [], [], within_s)[0])


def _forget_typed() -> None:
    """Drop lines that answer an older question."""
    if os.name == "nt":
        import msvcrt

        while msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
            msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
        return
    import termios

    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
