"""Start the built-in engine, for as long as one run needs it: the only place that does.

For a few sprites inside this process: starting another takes longer than drawing them. For many as
a child process that draws several at once. Both speak the service's own contract, so the same
client talks to both. The child ends when its standard input closes: a parent that is killed leaves
no orphan.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TextIO

import msgspec

from ..core import children
from ..core.errors import UnavailableError

if TYPE_CHECKING:
    import subprocess

    from .service.inside import Inside

_KEY_VARIABLE = "PIXELPIPE_ENGINE_KEY"
_KEY_BYTES = 24
_LAST_LINES = 3


class _Ready(msgspec.Struct, frozen=True):
    url: str


@contextmanager
def within() -> Iterator[tuple[str, str, Inside]]:
    """Run an engine inside this process; yields its base URL, its key, and the way to it."""
    from ..engine.server.within import URL, Within
    from .service.inside import Inside

    key = _key()
    with closing(Within(key)) as found:
        yield URL, key, Inside(found.ask)


@contextmanager
def engine(*, slots: int) -> Iterator[tuple[str, str]]:
    """Run an engine that renders `slots` jobs at once; yields its base URL and its key.

    Raises UnavailableError with the engine's own last words when it does not start.
    """
    import subprocess
    import tempfile

    key = _key()
    command = [sys.executable, "-m", "pipeline.engine", "serve", "--host", "127.0.0.1"]
    command += ["--port", "0", "--key-env", _KEY_VARIABLE, "--until-stdin-closes"]
    command += ["--slots", str(slots), "--any-model"]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,  # a pipe that nobody reads would stop the child when it is full
            text=True,
            env=children.environment({_KEY_VARIABLE: key}),
            # Ctrl-C goes to us alone: we still want the answers of what was already sent.
            start_new_session=True,
        )
        try:
            yield _url(child, log), key
        finally:
            _end(child)


def _key() -> str:
    return "pe_sk_" + secrets.token_urlsafe(_KEY_BYTES)


def _url(child: subprocess.Popen[str], log: TextIO) -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    try:
        return msgspec.json.decode(line, type=_Ready).url
    except msgspec.MsgspecError as exc:
        child.wait()
        log.seek(0)
        words = log.read().strip().splitlines()[-_LAST_LINES:]
        raise UnavailableError(f"the built-in engine did not start: {' '.join(words)}") from exc


def _end(child: subprocess.Popen[str]) -> None:
    import subprocess

    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
