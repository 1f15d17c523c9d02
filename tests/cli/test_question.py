"""Ctrl-C at a question ends the command at once, in a real terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from game import Game, Shop

pty = pytest.importorskip("pty")

#: How the question of a build ends.
CHOICES = "[c]hoose sources: "


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process = process
        self._end = end
        self.said = ""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._end, text.encode())

    def wait_for(self, text: str, within_s: float = 20) -> None:
        """Read until the command has said this."""
        ends = time.monotonic() + within_s
        while text not in self.said:
            assert time.monotonic() < ends, self.said
            if select.select([self._end], [], [], 0.1)[0]:
                self.said += self.read()

    def read(self) -> str:
        """Read what there is; a terminal whose command has ended has nothing."""
        try:
            return os.read(self._end, 65536).decode(errors="replace")
        except OSError:
            return ""


@contextmanager
def terminal(game: Game, *arguments: str) -> Iterator[Terminal]:
    """Start a command in a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=game.root,
        env=game.variables({"TERM": "xterm"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.parametrize("command", ["watch", "build"])
def test_interrupt_at_the_question_ends_at_once(paying: Game, shop: Shop, command: str) -> None:
    """130 within moments, nothing bought, and no word of Python's."""
    with terminal(paying, command) as session:
        session.wait_for("[y/N]: " if command == "watch" else CHOICES)
        begun = time.monotonic()
        session.process.send_signal(signal.SIGINT)
        assert session.process.wait(timeout=60) == 130
        seconds = time.monotonic() - begun
        session.said += session.read()
    assert seconds < 15
    assert "Fatal" not in session.said
    assert "stopped" in session.said
    assert shop.calls == 0


def test_answers_are_read(paying: Game, shop: Shop) -> None:
    """Neither yes nor no is asked again; a yes buys."""
    with terminal(paying, "build") as session:
        session.wait_for(CHOICES)
        session.type("perhaps\n")
        session.wait_for("Please answer")
        session.type("y\n")
        session.wait_for("Made 3 clips")
        assert session.process.wait(timeout=60) == 0
    assert shop.calls == 3


def test_end_of_input_is_no_answer(paying: Game, shop: Shop) -> None:
    """Ctrl-D stops the run as Ctrl-C does."""
    with terminal(paying, "build") as session:
        session.wait_for(CHOICES)
        session.type("\x04")
        assert session.process.wait(timeout=60) == 130
    assert shop.calls == 0
