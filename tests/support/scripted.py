"""A service whose every answer is written down beforehand, and a clock that only we move."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import cast

from game import png
from PIL import Image

from pipeline.core import keys
from pipeline.core.errors import PixelpipeError
from pipeline.core.model import Job, JobState, Resolved
from pipeline.purchase.jobs import Desk, Order
from pipeline.purchase.service.answers import Charge, Output, Status
from pipeline.purchase.service.client import Service
from pipeline.storage.ledger import Ledger
from pipeline.storage.store import Store

CANVAS = (8, 8)
STRIP = png(Image.new("RGBA", (8 * 8, 8), (200, 30, 30, 255)))
SUCCESS = Status(status="success", output=Output(url="u"), billing=Charge(credits_charged=20))
PENDING = Status(status="pending", progress=0.5)

Reply = object | PixelpipeError | Callable[[], object]


class Scripted:
    """Give the replies of each method in order; the last one again and again."""

    def __init__(
        self,
        posts: Sequence[Reply] = ("r",),
        states: Sequence[Reply] = (SUCCESS,),
        downloads: Sequence[Reply] = (STRIP,),
    ) -> None:
        self._replies = {"animate": list(posts), "job": list(states), "download": list(downloads)}
        self._lock = threading.Lock()
        self.calls: dict[str, list[object]] = defaultdict(list)

    def _reply(self, name: str, argument: object) -> object:
        with self._lock:
            self.calls[name].append(argument)
            replies = self._replies[name]
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if callable(reply):
            reply = reply()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def animate(self, body: dict[str, object]) -> str:
        """POST."""
        return f"{self._reply('animate', body['key'])} {body['key']}"

    def job(self, remote_id: str) -> object:
        """Poll."""
        return self._reply("job", remote_id)

    def download(self, url: str) -> object:
        """Fetch."""
        return self._reply("download", url)


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def desk(scripted: Scripted, ledger: Ledger, store: Store, clock: Time | None = None) -> Desk:
    """Put everything that a job needs on one desk."""
    return Desk(cast(Service, scripted), ledger, store, clock or Time())


def job(name: str = "a", *, paid: bool = True) -> Job:
    """Describe a job of a request named so."""
    key = keys.digest(name.encode())
    resolved = Resolved(
        request_key=key, prompt="x", frames=8, canvas=CANVAS, pad=(0, 0, 0, 0), matte="#ff00ff"
    )
    return Job(
        request_key=key, state=JobState.CLAIMED, service="shop", paid=paid, source=f"{name}.png",
        clip="idle", resolved=resolved, credits_quoted=20 if paid else 0,
    )  # fmt: skip


def order(name: str = "a", *, paid: bool = True) -> Order:
    """Order what `job` describes; the body is its key."""
    made = job(name, paid=paid)
    return Order(request_key=made.request_key, prepare=lambda: (made, {"key": made.request_key}))
