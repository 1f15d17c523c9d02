"""A command on a pseudo-terminal: what it shows, what is typed, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LIMIT_S = 60.0


class Terminal:
    """The other end of a command's terminal."""

    def __init__(self, pid: int, end: int) -> None:
        self._pid = pid
        self._end = end
        self.shown = ""

    def until(self, text: str, *, after: int = 0, limit_s: float = LIMIT_S) -> int:
        """Wait until `text` is shown behind place `after`; returns the place behind it."""
        ends = time.monotonic() + limit_s
        while text not in self.shown[after:]:
            assert time.monotonic() < ends, f"never shown: {text!r} in {self.shown[after:]!r}"
            self.read(0.1)
        return self.shown.index(text, after) + len(text)

    def read(self, seconds: float) -> None:
        """Take what is shown within some time."""
        if select.select([self._end], [], [], seconds)[0]:
            try:
                self.shown += os.read(self._end, 65536).decode(errors="replace")
            except OSError:  # the command has closed its end
                time.sleep(0.02)

    def type(self, text: str) -> None:
        """Press keys; `\\x03` is Ctrl-C."""
        os.write(self._end, text.encode())

    def ended(self, limit_s: float = LIMIT_S) -> tuple[int, float]:
        """Wait for the end; returns the exit code (negative: a signal) and the seconds."""
        begun = time.monotonic()
        while time.monotonic() - begun < limit_s:
            self.read(0.02)
            found, status = os.waitpid(self._pid, os.WNOHANG)
            if found:
                self._pid = 0
                return os.waitstatus_to_exitcode(status), time.monotonic() - begun
        raise AssertionError(f"still runs: {self.shown!r}")

    def kill(self) -> None:
        """End what still runs."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


@contextmanager
def running(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]
) -> Iterator[Terminal]:
    """Run a command on a terminal of its own until the block is left."""
    pid, end = pty.fork()
    if not pid:
        os.chdir(cwd)
        os.execvpe(command[0], list(command), dict(environment))
    terminal = Terminal(pid, end)
    try:
        yield terminal
    finally:
        terminal.kill()
        os.close(end)
