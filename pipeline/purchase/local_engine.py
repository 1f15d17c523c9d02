"""The built-in engine inside this process: the only place that starts it for a run.

Starting another process takes longer than drawing a few sprites; for many it grows, and draws in
processes beside this one. It speaks the service's own contract, so that the same client talks to
it. Its processes end when their standard input closes: a parent that is killed leaves no orphan.
"""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ..core import children

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from ..engine.server.within import Within
    from .service.inside import Inside

_KEY_BYTES = 24
#: Processes that draw: more than one for each core gain nothing, and too many cost memory.
_MOST_RENDERERS = 4


class Engine:
    """An engine inside this process, with its base URL, its key, and the way to it."""

    def __init__(self, found: Within, url: str, key: str, way: Inside) -> None:
        """Borrow the engine."""
        self._found = found
        self.url = url
        self.key = key
        self.way = way

    def draw(self, *, many: bool) -> None:
        """Draw from now on: in a thread of this process, or for many in processes beside it."""
        if many:
            self._found.grow(min(_MOST_RENDERERS, os.cpu_count() or 1), _start)
        else:
            self._found.begin()


@contextmanager
def within() -> Iterator[Engine]:
    """Run an engine inside this process."""
    from ..engine.server.within import URL, Within
    from .service.inside import Inside

    key = "pe_sk_" + secrets.token_urlsafe(_KEY_BYTES)
    with closing(Within(key)) as found:
        yield Engine(found, URL, key, Inside(found.ask))


def _start(line: str) -> subprocess.Popen[bytes]:
    import subprocess

    return subprocess.Popen(
        [sys.executable, "-c", line],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.environment(),
        # Ctrl-C goes to us alone: we still want the answers of what was already sent.
        start_new_session=True,
    )
