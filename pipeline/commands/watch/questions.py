"""One open question at a time: what arrives while it is open makes a new one, with a new total.

Builds wait in their threads; the thread that owns the terminal asks. A wait ends when the question
is answered, or when the run is stopped.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ...plan.plan import Plan, SourcePlan

_TICK_S = 0.05


class Terminal(Protocol):
    """Where a person is asked."""

    def show(self, plan: Plan) -> None:
        """Ask about the purchases of `plan`; what was typed before is no answer to that."""

    def answer(self) -> bool | None:
        """Return the answer that was given, or None while there is none. Does not wait."""

    def leave(self) -> None:
        """Leave the line of a question that is not answered."""


class Questions:
    """The questions of builds that run at the same time, asked as one."""

    def __init__(self, terminal: Terminal, stop: threading.Event) -> None:
        """Ask at `terminal` until `stop` is set."""
        self._terminal = terminal
        self._stop = stop
        self._guard = threading.Lock()
        self._open: list[_Question] = []
        #: The questions that the line on the terminal is about; empty when there is no such line.
        self._shown: tuple[_Question, ...] = ()

    @property
    def waiting(self) -> int:
        """How many builds wait for an answer."""
        with self._guard:
            return len(self._open)

    def ask(self, plan: Plan) -> bool:
        """Wait for the answer to the purchases of `plan`. Called by the thread of a build.

        Raises KeyboardInterrupt when the run is stopped.
        """
        question = _Question(plan)
        with self._guard:
            self._open.append(question)
        while not question.answered.wait(_TICK_S):
            if self._stop.is_set():
                raise KeyboardInterrupt
        return question.is_agreed

    def turn(self) -> None:
        """Ask, ask anew when more has arrived, or take the answer. Does not wait."""
        with self._guard:
            now = tuple(self._open)
        if now and now != self._shown:
            self.pause()
            self._terminal.show(_together([one.plan for one in now]))
            self._shown = now
        elif self._shown and (answer := self._terminal.answer()) is not None:
            self._settle(answer)

    def pause(self) -> None:
        """Leave the question's line, so that something else can be said; it is asked again."""
        if self._shown:
            self._terminal.leave()
            self._shown = ()

    def _settle(self, answer: bool) -> None:
        """Give the answer to those whom the shown question was about, and to nobody else."""
        with self._guard:
            self._open = [one for one in self._open if one not in self._shown]
        for one in self._shown:
            one.is_agreed = answer
            one.answered.set()
        self._shown = ()


class _Question:
    """What one build asks, and the answer."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.answered = threading.Event()
        self.is_agreed = False


def _together(plans: Sequence[Plan]) -> Plan:
    """Return one plan with all purchases; of a source that was saved again, the newest counts."""
    found: dict[str, SourcePlan] = {}
    seen: set[str] = set()
    for plan in reversed(plans):
        for one in plan.sources:
            path = one.wanted.source.path
            keys = {clip.step.request_key for clip in one.clips if clip.step.credits}
            if keys and path not in found and not keys <= seen:
                found[path] = one
                seen |= keys
    return msgspec.structs.replace(plans[-1], sources=tuple(found.values()), refused=(), orphans=())
