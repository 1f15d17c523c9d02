"""Run pixelpipe commands that die at a chosen moment, as by `kill -9`.

`python crashing.py` reads one JSON object a line: `arguments`, `folder`, `environment`, and `at`,
the number of the durable step before or after which the command kills itself (0: never). It answers
with one JSON object: `exit` (negative: the signal) and `steps` passed. The command runs in a child
forked from this process, which has everything imported: a crash costs no start of Python.

A step is anything that outlives the process: a change of the ledger, a file put into the store, a
file written or renamed in the project; and the middle of every request and answer.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from pipeline import (  # noqa: F401  (loaded here, so that the child need not)
    build,
    finish,
    finishing,
    imaging,
    jobs,
    publication,
    resolve,
    service,
    store,
    wire,
)
from pipeline.cli import main
from pipeline.ledger import Ledger
from pipeline.project import outputs
from pipeline.service import Service
from pipeline.store import Store

LEDGER = ("claim", "take_over", "record", "record_all", "begin_set")


class Fuse:
    """Count steps over all threads, and die at one of them."""

    def __init__(self, at: int, count: Path) -> None:
        self._at = at
        self._count = count
        self._passed = 0
        self._lock = threading.Lock()

    def step(self) -> None:
        """Pass one step."""
        with self._lock:
            self._passed += 1
            if self._passed == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self._count.write_text(str(self._passed))

    def around(self, place: Any, name: str) -> None:
        """Make the beginning and the end of a function steps."""
        whole: Callable[..., object] = getattr(place, name)

        @wraps(whole)
        def watched(*arguments: object, **named: object) -> object:
            self.step()
            result = whole(*arguments, **named)
            self.step()
            return result

        setattr(place, name, watched)


def arm(fuse: Fuse) -> None:
    """Put the fuse around everything that outlives a process, or takes time."""
    for name in filter(Ledger.__dict__.__contains__, LEDGER):
        fuse.around(Ledger, name)
    fuse.around(Store, "_write")
    fuse.around(Service, "animate")
    fuse.around(service, "_body")  # between the request and the whole of its answer
    fuse.around(outputs, "_write")
    fuse.around(outputs, "replace")
    fuse.around(publication.Publication, "flush")
    fuse.around(finishing, "_finish")


def run(order: dict[str, Any]) -> dict[str, int]:
    """Run one command in a child; returns how it ended, and the steps it passed."""
    folder = Path(order["folder"])
    count = folder / "steps.txt"
    count.write_text("0")
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["project"])
        for number, name in ((1, "stdout"), (2, "stderr")):
            with (folder / f"{name}.txt").open("wb") as stream:
                os.dup2(stream.fileno(), number)
        arm(Fuse(order["at"], count))
        sys.argv = ["pixelpipe", *order["arguments"]]
        code = 70
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return {"exit": os.waitstatus_to_exitcode(status), "steps": int(count.read_text() or "0")}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
