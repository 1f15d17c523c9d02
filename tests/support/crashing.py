"""Run pixelpipe commands that die at a chosen moment, as by `kill -9`.

`python crashing.py` reads one JSON object a line: `arguments`, `folder`, `environment`, and `at`,
the number of the step at which the command kills itself (0: never). It answers with one JSON
object: `exit` (negative: the signal) and the names of the `steps` passed. The command runs in a
child forked from this process, which has everything imported (see warming.py): a crash costs no
start of Python.

A step is a moment after which the world outside the process is another one, or which lies in the
middle of such a change. What writes files is caught where Python opens, renames and removes them,
so that no writer can be forgotten; the rest is caught by name, and a name that is gone fails.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import warming
from fuse import Steps

from pipeline.cli import main
from pipeline.purchase import (
    orders,
    resolve,  # noqa: F401
)
from pipeline.purchase.service import client, wire
from pipeline.purchase.service.client import Service
from pipeline.run import finish, publish
from pipeline.storage import store  # noqa: F401  (loaded here, so that the child need not)
from pipeline.storage.ledger import Ledger

_CHANGES = {"os.rename": "rename", "os.remove": "remove", "os.link": "link"}
_HALF = 2


class Fuse(Steps):
    """Count steps over all threads, and die at one of them."""

    def __init__(self, at: int, log: Path) -> None:
        self._at = at
        self._log = log.open("w", encoding="utf-8")
        self._passed = 0
        self._lock = threading.Lock()

    def step(self, name: str) -> None:
        """Pass one step."""
        with self._lock:
            self._passed += 1
            self._log.write(f"{name}\n")
            self._log.flush()
            if self._passed == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def within_requests(self) -> None:
        """Make the middle of what is sent a step: nobody knows what the other side has."""
        whole = wire._Noting.send

        def watched(connection: wire._Noting, data: Any) -> None:
            if isinstance(data, bytes) and len(data) > _HALF and not connection._is_connecting:
                middle = len(data) // _HALF
                whole(connection, data[:middle])
                self.step("half sent")
                data = data[middle:]
            whole(connection, data)

        wire._Noting.send = watched  # type: ignore[method-assign,assignment]

    def within_files(self) -> None:
        """Make every file that is half written, renamed or removed a step."""
        whole: Callable[..., Any] = Path.open

        def opened(path: Path, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            stream = whole(path, mode, *arguments, **named)
            return _Halving(stream, path, self) if mode in ("xb", "wb") else stream

        Path.open = opened  # type: ignore[assignment]
        self.around(os, "fsync", is_within=True)
        sys.addaudithook(self._noted)

    def _noted(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES:
            path = arguments[event != "os.remove"]  # the new name of what is renamed or linked
            self.step(f"before {_CHANGES[event]} {_kind(path)}")


class _Halving:
    """A file that is written in two halves."""

    def __init__(self, stream: Any, path: Path, fuse: Fuse) -> None:
        self._stream = stream
        self._path = path
        self._fuse = fuse

    def __enter__(self) -> _Halving:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, content: bytes) -> None:
        """Write and flush one half, and then the other."""
        middle = len(content) // _HALF
        self._stream.write(content[:middle])
        self._stream.flush()
        self._fuse.step(f"half of {_kind(self._path)}")
        self._stream.write(content[middle:])


def _kind(path: Any) -> str:
    """Name what a file is for."""
    name = os.fspath(path)
    if "/bought/" in name:
        tier = "first" if "/.pixelpipe/" in name else "second"
        return f"{'record' if '.json' in name else 'bytes'} in the {tier} store"
    if "pixelpipe.lock" in name:
        return "lock file"
    return "output" if ".anim." in name else Path(name).suffix or Path(name).name


def arm(fuse: Fuse) -> None:
    """Put the fuse around everything that outlives a process, or takes time."""
    fuse.within_transactions()
    fuse.within_requests()
    fuse.within_files()
    fuse.around(Ledger, "_append", is_within=True)  # each row of a transaction
    for name in ("animate", "animate_batch", "download"):
        fuse.around(Service, name)
    fuse.around(client, "_body")  # between the head of an answer and the whole of it
    fuse.around(publish.Publication, "flush")
    fuse.around(finish, "make")


def run(order: dict[str, Any]) -> dict[str, object]:
    """Run one command in a child; returns how it ended, and the steps it passed."""
    folder = Path(order["folder"])
    log = folder / "steps.txt"
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order["project"])
        for number, name in ((1, "stdout"), (2, "stderr")):
            with (folder / f"{name}.txt").open("wb") as stream:
                os.dup2(stream.fileno(), number)
        arm(Fuse(order["at"], log))
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
            warming.note(folder)
            os._exit(code)
    _, status = os.waitpid(child, 0)
    warming.load(folder)
    steps = log.read_text("utf-8").splitlines()
    return {"exit": os.waitstatus_to_exitcode(status), "steps": steps}


if __name__ == "__main__":
    orders._LOCAL_POLL_S = 0.01  # what is done at each poll is the same
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
