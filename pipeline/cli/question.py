"""Ask the person at the terminal, so that the run may end while nobody answers.

A thread that waits within Python's own input could not be woken: the program would hang at its end.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Protocol

import click

from ..core import plain
from .voice import say, say_block

_TICK_S = 0.1
_YES, _NO = ("y", "yes"), ("n", "no", "")
_LINE_BYTES = 1024


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

        Raises click.Abort where the input ends, KeyboardInterrupt when the run does.
        """
        with self._one:
            while True:
                say_block(f"{question} [y/N]: ", err=True)
                answer = self._line().strip().lower()
                if answer in (*_YES, *_NO):
                    return answer in _YES
                say("Error: invalid input", err=True)

    def answer(self, question: str) -> str:
        """Return what is typed, without blanks around it. Raises as `confirm` does."""
        with self._one:
            say_block(f"{plain.line(question)}: ", err=True)
            return self._line().strip()

    def _line(self) -> str:
        if os.name == "nt":  # where a console cannot be waited for together with anything else
            if line := sys.stdin.readline():
                return line
            raise click.Abort
        found = b""
        while not found.endswith(b"\n"):
            found += self._piece()
        return found.decode(errors="replace")

    def _piece(self) -> bytes:
        import select

        terminal = sys.stdin.fileno()
        while not self.until.is_set():
            if select.select([terminal], [], [], _TICK_S)[0]:
                if piece := os.read(terminal, _LINE_BYTES):
                    return piece
                raise click.Abort
        raise KeyboardInterrupt
