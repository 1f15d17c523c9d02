"""Programs of this package without the start of Python: see forking.py, which this starts.

A program is the real one, in a process of its own. Where Python itself would start differently, by
its variables or the user's language, or where there is no such way, it is started as usual.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, NamedTuple

from places import REPOSITORY, SUPPORT

#: What Python and the libraries look at when they start; `HOME` has no site packages in tests.
_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "OPENBLAS_", "OMP_", "COVERAGE_")
#: No test waits so long for the end of what was told to end, on however busy a machine.
HANGS_S = 60.0
EMPTY: Mapping[str, str] = {}
HAS_FORK = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    stdout: str
    stderr: str


class Child:
    """A program that runs: what the tests use of `subprocess.Popen`.

    Its standard input and output are `stdin` and `stdout` where those are pipes.
    """

    stdin: IO[str] | None = None
    stdout: IO[str] | None = None
    returncode: int | None = None

    def __init__(self, connection: socket.socket) -> None:
        """Hear of it on `connection`."""
        self._connection = connection
        self._lines = connection.makefile("rb")
        self.pid = int(self._lines.readline())

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._lines.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(f"forked {self.pid}", timeout or 0) from None
            self._lines.close()
            self._connection.close()
        return self.returncode

    def kill(self) -> None:
        """Kill it, without a word."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


#: What may be killed, and waited for.
Program = Child | Popen[str]


def can(environment: Mapping[str, str]) -> bool:
    """Tell whether a program with this environment would start as the one that forks has."""
    return HAS_FORK and _at_start(environment) == _at_start(usual())


def usual() -> dict[str, str]:
    """Return the environment of a program to which nothing special is said."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY)}


def run(
    module: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str],
    timeout_s: float,
) -> Ended:  # fmt: skip
    """Run `python -m MODULE` to its end. Raises subprocess.TimeoutExpired, and kills it then."""
    with (
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        streams = nothing.fileno(), out.fileno(), err.fileno()
        child = _start(module, arguments, folder, environment, streams)
        try:
            code = child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            raise
        for stream in (out, err):
            stream.seek(0)
        return Ended(code, out.read(), err.read())


def serve(
    module: str, arguments: Sequence[str], log: IO[bytes] | int, extra: Mapping[str, str] = EMPTY
) -> Program:
    """Start one that answers on its standard output, and ends when its standard input does."""
    environment = {**usual(), **extra}
    if not can(environment):
        return Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=REPOSITORY, env=environment, stdin=PIPE, stdout=PIPE, stderr=log, text=True,
        )  # fmt: skip
    (theirs_in, ours_in), (ours_out, theirs_out) = os.pipe(), os.pipe()
    with Path(os.devnull).open("wb") if log == subprocess.DEVNULL else nullcontext(log) as errors:
        streams = theirs_in, theirs_out, errors if isinstance(errors, int) else errors.fileno()
        child = _start(module, arguments, REPOSITORY, environment, streams)
    os.close(theirs_in)
    os.close(theirs_out)
    child.stdin, child.stdout = os.fdopen(ours_in, "w"), os.fdopen(ours_out)
    return child


def _start(
    module: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str],
    streams: Sequence[int],
) -> Child:  # fmt: skip
    order = {
        "module": module,
        "arguments": list(arguments),
        "folder": str(folder),
        "environment": dict(environment),
    }
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_place(tuple(sorted(_at_start(environment).items()))))
    said = json.dumps(order).encode() + b"\n"
    sent = socket.send_fds(connection, [said], list(streams))
    if rest := said[sent:]:  # with nothing to send it fails where the program has ended already
        connection.sendall(rest)
    return Child(connection)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


@cache
def _place(at_start: tuple[tuple[str, str], ...]) -> str:
    """Start what forks; returns where it listens. It ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="pixelpipe-fork-"))
    place = str(folder / "socket")
    own = {name: value for name, value in os.environ.items() if not name.startswith(_AT_START)}
    process = Popen(
        [sys.executable, str(SUPPORT / "forking.py"), place],
        cwd=REPOSITORY,
        # More threads than one would be lost in a child.
        env={**own, **dict(at_start), "OPENBLAS_NUM_THREADS": "1"},
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(timeout=HANGS_S)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    return place
