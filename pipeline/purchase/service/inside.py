"""Carry requests to an engine inside this process: what HTTP would have said, and no HTTP.

Nothing can get lost on the way, so nothing is timed and nothing breaks off; who asks once the
engine is closed has sent nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from .exchange import Answer, NotSent

_Reply = tuple[int, Mapping[str, str], bytes]
#: Method, path, query, headers and body to status, headers and body; None: nobody is there.
Ask = Callable[[str, str, str, Mapping[str, str], bytes], _Reply | None]


class _Heard:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {name.title(): text for name, text in headers.items()}
        self._body = body

    def pieces(self, size: int) -> Iterator[bytes]:
        yield from (self._body[at : at + size] for at in range(0, len(self._body), size))


class Inside:
    """The way to `ask`, as `exchange.Way` describes one; whoever made that closes it."""

    def __init__(self, ask: Ask) -> None:
        """Hand every request to `ask`, which any thread may call."""
        self._ask = ask

    def close(self) -> None:
        """Keep nothing."""

    @contextmanager
    def get(
        self,
        url: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
        is_public: bool = False,
    ) -> Iterator[Answer]:
        """GET `url`, with what stands in it and in `query`."""
        parts = urlsplit(url)
        asked = urlencode(query) if query else parts.query
        yield self._asked("GET", parts.path, asked, _named(key), b"")

    @contextmanager
    def post(self, url: str, content: bytes, *, timeout_s: float, key: str) -> Iterator[Answer]:
        """POST JSON once."""
        headers = {"Content-Type": "application/json", **_named(key)}
        yield self._asked("POST", urlsplit(url).path, "", headers, content)

    def _asked(self, *request: Any) -> _Heard:
        reply = self._ask(*request)
        if reply is None:
            raise NotSent("the engine inside this process has ended")
        return _Heard(*reply)


def _named(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}
