"""Render in processes beside the caller's: plain commands that read orders and write products.

Not `multiprocessing`, which would run the main module of whoever asks again in each of them. They
end when their input ends: a caller that is killed leaves none behind.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable

from ..accounts.jobs import Product, Refusal

log = logging.getLogger(__name__)

#: Starts a process that runs a line of Python; its standard input and output are pipes.
Start = Callable[[str], "subprocess.Popen[bytes]"]
_LINE = f"from {__name__} import work; work()"
_NICENESS = 5
#: A process may die of something else once; a second time it is the order.
_TRIES = 2


class Hand:
    """One renderer, in a process of its own that is replaced when it dies. Owned by one thread."""

    def __init__(self, start: Start) -> None:
        """Start it at once: loading takes longer than rendering."""
        self._start = start
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = start(_LINE)

    def render(self, order: bytes) -> Product | Refusal:
        """Render one packed order; a crash of the renderer comes back as a refusal."""
        for _ in range(_TRIES):
            try:
                return self._asked(order)
            except (OSError, EOFError, pickle.UnpicklingError) as exc:
                if self._is_closed:
                    break
                log.warning("a renderer died: %s", exc)
                self._end()
        return Refusal("internal_error", "The renderer stopped unexpectedly on this request.")

    def close(self) -> None:
        """End the process, whatever it is at; any thread may do so."""
        self._is_closed = True
        if (process := self._process) is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def end(self) -> None:
        """Give the process back to the system, by the thread that owns it."""
        self._is_closed = True
        self._end()

    def _asked(self, order: bytes) -> Product | Refusal:
        if self._process is None:
            self._process = self._start(_LINE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(order, self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        outcome: Product | Refusal = pickle.load(self._process.stdout)
        return outcome

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            with contextlib.suppress(OSError):
                process.communicate()


def work() -> None:
    """Render the orders on standard input until it ends: the body of such a process."""
    from . import rendering  # heavy

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            outcome = rendering.render(pickle.load(sys.stdin.buffer))
            pickle.dump(outcome, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
