"""Answer inside the process that asks: the same contract without a port, for a few sprites.

A server process costs more to start than a few sprites cost to draw. Requests go through the same
application, as HTTP requests would; a thread renders, one job after the other. Nothing is kept:
the accounts are in memory, with one key and endless play credits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NamedTuple

from ..accounts import database, jobs
from ..accounts.jobs import Turn
from ..accounts.latency import Latency
from . import local, pace
from .app import App
from .chaos import Chaos
from .origin import API_PATH, Origins
from .pace import Pace
from .service import Service

log = logging.getLogger(__name__)

#: Where the API seems to be. Nobody listens there: requests are handed over by `ask`.
HOST = "localhost"
URL = f"http://{HOST}{API_PATH}"
_LIFE_S = 3600
_LAST_S = 5.0


class Said(NamedTuple):
    """An HTTP answer; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Within:
    """An engine for the caller with `key`. Any thread may ask; `close` ends it."""

    def __init__(self, key: str) -> None:
        """Open the accounts; the renderer is loaded beside the caller, who has work as well."""
        self._db = database.connect(None, is_shared=True)
        local.admit(self._db, key, "the process itself")
        self._turn = threading.Lock()  # for the database: one request or booking at a time
        self._pace = Pace(Latency(), slots=1, keep_s=_LIFE_S)
        service = Service(
            self._db, self, link_ttl_s=_LIFE_S, hold_s=self._pace.hold_s, keep_s=_LIFE_S,
            is_any_model=True,
        )  # fmt: skip
        self._app = App(service, Chaos(), Origins())
        self._is_closed = False
        self._work = threading.Semaphore(0)
        self._worker = threading.Thread(target=self._render, daemon=True)
        self._worker.start()

    def close(self) -> None:
        """End once the job that is being rendered has ended, or soon."""
        self._is_closed = True
        self._work.release()
        self._worker.join(_LAST_S)
        if not self._worker.is_alive():
            with self._turn:  # a database that is closed under a question takes the process along
                self._db.close()

    def wake(self) -> None:
        """Take note that jobs were queued."""
        self._work.release()

    def drop(self, job: str) -> None:
        """Take note that a job has ended early: what is rendered of it will not be booked."""

    def ask(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Said | None:
        """Answer one HTTP request; `path` has the API's path before it. None once it is closed."""
        sent: list[dict[str, Any]] = []  # ASGI's messages are open dictionaries

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        named = {"host": HOST, **headers}
        scope = {
            "type": "http", "method": method, "scheme": "http", "server": (HOST, 80),
            "path": path, "query_string": query.encode(),
            "headers": [(name.lower().encode(), text.encode()) for name, text in named.items()],
        }  # fmt: skip
        with self._turn:
            if self._is_closed:
                return None
            _run(self._app(scope, receive, send))
        told = ((name.decode(), text.decode("latin-1")) for name, text in sent[0]["headers"])
        return Said(sent[0]["status"], dict(told), b"".join(one["body"] for one in sent[1:]))

    # -- the renderer's thread ------------------------------------------------------------------

    def _render(self) -> None:
        from . import rendering  # heavy

        while not self._is_closed:
            turn = self._next()
            if turn is None:
                self._work.acquire()
                continue
            outcome = rendering.render(turn.order)
            with self._turn:
                jobs.finish(self._db, turn.id, outcome, time.time(), hold_s=self._pace.hold_s)

    def _next(self) -> Turn | None:
        with self._turn:
            now = time.time()
            pace.keep_house(self._db, self._pace, now)
            return next(iter(jobs.start(self._db, 1, now, self._pace.latency.duration_s)), None)


def _run(answering: Any) -> None:
    """Run what waits for nothing to its end, without an event loop."""
    with closing(answering):
        try:
            answering.send(None)
        except StopIteration:
            return
    raise RuntimeError("an answer inside the process has nothing to wait for")
