"""Answer inside the process that asks: the same contract without a port.

A server process costs more to start than a few sprites cost to draw, and for many each picture
would cross three processes as text. Requests go through the same application, as HTTP requests
would. A thread renders, one job after the other, until there are many: then processes do. Nothing
is kept: the accounts are this process's own, with one key and endless play credits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..accounts import database, jobs, links
from ..accounts.jobs import Product, Refusal, Turn
from ..accounts.latency import Latency
from . import local, pace
from .app import App
from .origin import API_PATH, Origins
from .pace import Pace
from .service import Service

if TYPE_CHECKING:
    from .hands import Hand, Start

#: Where the API seems to be. Nobody listens there: requests are handed over by `ask`.
HOST = "localhost"
URL = f"http://{HOST}{API_PATH}"
_LIFE_S = 3600
_LAST_S = 5.0
#: How often the accounts are kept in order.
_HOUSE_S = 1.0
#: Files that stay after they were handed over, should one be asked for again: memory is for those
#: that nobody has fetched yet.
_FETCHED = 64
#: Renders one packed order.
Draw = Callable[[bytes], Product | Refusal]


class Said(NamedTuple):
    """An HTTP answer; the headers' names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Within:
    """An engine for the caller with `key`. Any thread may ask; `close` ends it."""

    def __init__(self, key: str) -> None:
        """Open the accounts; nothing renders before `begin` or `grow`."""
        self._db = database.connect(None, is_shared=True, is_spilling=True)
        local.admit(self._db, key, "the process itself")
        self._turn = threading.Lock()  # for the database: one request or booking at a time
        self._pace = Pace(Latency(), slots=1, keep_s=_LIFE_S)
        service = Service(
            self._db, self, link_ttl_s=_LIFE_S, hold_s=self._pace.hold_s, keep_s=_LIFE_S,
            is_any_model=True,
        )  # fmt: skip
        self._app = App(service, None, Origins())
        self._fetched: deque[str] = deque()
        self._house_due = 0.0
        self._is_closed = False
        #: What a renderer's thread has ended by, and what it did.
        self._fault: tuple[Exception, Callable[[], None]] | None = None
        self._work = threading.Semaphore(0)
        self._hands: list[Hand] = []
        self._workers: list[threading.Thread] = []

    def begin(self) -> None:
        """Load the renderer in a thread beside the caller, who has work as well."""
        if not self._workers:
            self._worker(self._render_here)

    def grow(self, renderers: int, start: Start) -> None:
        """Render in `renderers` processes from now on, which `start` starts; once."""
        if self._hands:
            return
        from .hands import Hand  # few runs are of so many

        self._hands = [Hand(start) for _ in range(renderers)]
        self._work.release()  # the thread that renders here hears of it
        for hand in self._hands:
            self._worker(partial(self._render_by, hand))
            self._work.release()

    def close(self) -> None:
        """End once the job that is being rendered has ended, or soon."""
        self._is_closed = True
        for hand in self._hands:
            hand.close()
        for _ in self._workers:
            self._work.release()
        ends = time.monotonic() + _LAST_S
        for worker in self._workers:
            worker.join(max(0.0, ends - time.monotonic()))
        if not any(worker.is_alive() for worker in self._workers):
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
        """Answer one HTTP request; `path` has the API's path before it. None once it is closed.

        Raises what a renderer's thread has ended by, once: whoever waits for its job would wait for
        ever.
        """
        if (fault := self._fault) is not None:
            self._fault = None
            self._worker(fault[1])  # by the next request the machine may have what was lacking
            raise fault[0]
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
            if sent[0]["status"] == 200 and path.startswith(links.PREFIX):
                self._let_go(path.removeprefix(links.PREFIX))
        told = ((name.decode(), text.decode("latin-1")) for name, text in sent[0]["headers"])
        return Said(sent[0]["status"], dict(told), b"".join(one["body"] for one in sent[1:]))

    def _let_go(self, job: str) -> None:
        """Keep the last files that were fetched, and none of those before."""
        self._fetched.append(job)
        if len(self._fetched) > _FETCHED:
            jobs.drop_file(self._db, self._fetched.popleft())

    # -- the renderers' threads -----------------------------------------------------------------

    def _worker(self, body: Callable[[], None]) -> None:
        def work() -> None:
            try:
                body()
            except Exception as exc:  # such as files that have run out while a library is loaded
                self._fault = exc, body

        self._workers.append(threading.Thread(target=work, daemon=True))
        self._workers[-1].start()

    def _render_here(self) -> None:
        from . import rendering  # heavy

        self._render(rendering.render, lambda: bool(self._hands))

    def _render_by(self, hand: Hand) -> None:
        try:
            self._render(hand.render, lambda: False)
        finally:
            hand.end()

    def _render(self, draw: Draw, is_relieved: Callable[[], bool]) -> None:
        while not (self._is_closed or is_relieved()):
            turn = self._next()
            if turn is None:
                self._work.acquire()
                continue
            try:
                outcome = draw(turn.order)
            except Exception as exc:
                self._book(turn, Refusal("internal_error", str(exc)))
                raise
            if self._is_closed:
                return
            self._book(turn, outcome)

    def _book(self, turn: Turn, outcome: Product | Refusal) -> None:
        with self._turn:
            jobs.finish(self._db, turn.id, outcome, time.time(), hold_s=self._pace.hold_s)

    def _next(self) -> Turn | None:
        with self._turn:
            now = time.time()
            if now > self._house_due:
                self._house_due = now + _HOUSE_S
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
