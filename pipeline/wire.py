"""Send one HTTP request, and know whether its first byte was written.

That knowledge decides whether a failed purchase may be repeated (api.md 6.3). `requests` does not
give it, so the connection classes underneath note it. A POST uses a fresh connection, follows no
redirect and is never retried; GETs share connections, but follow no redirect either.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_CONNECT_TIMEOUT_S = 15.0
_written = threading.local()


class _NotSentError(requests.RequestException):
    """No byte of the request was written; the cause says why."""


class _Timed(io.RawIOBase):
    """The receiving half of a socket, with one deadline for all that is read from it."""

    def __init__(self, sock: socket.socket) -> None:
        """Give the whole answer as long as the socket's own timeout gives each read."""
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        timeout_s = sock.gettimeout()
        self._ends = None if timeout_s is None else time.monotonic() + timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # the type has only a private name
        if self._ends is not None:
            # A peer that sends a byte now and then would hold us for ever.
            left_s = self._ends - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Receiver:
    """What http.client wants of a socket: a file to read the answer from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(cast(socket.socket, _Receiver(sock)), *args, **options)


class _Noting(HTTPConnection):
    """Note when the first byte of a request goes out; connecting and tunnelling do not count."""

    response_class = _Response
    _is_connecting = False

    def connect(self) -> None:
        self._is_connecting = True
        super().connect()
        self._is_connecting = False

    def send(self, data: Any) -> None:  # the type has only a private name
        if self.sock is None:
            self.connect()
        if not self._is_connecting:
            _written.yes = True
        super().send(data)


class _NotingTLS(_Noting, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Noting


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _NotingTLS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _NotingAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        # Behind a proxy as well: "nothing was written" must never be a guess.
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Key(AuthBase):
    """Set the key, or nothing at all: without this, requests would look into ~/.netrc."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Wire:
    """HTTP with certainty about what was sent. One for all threads."""

    NotSent = _NotSentError

    def __init__(self) -> None:
        """Open no connection yet."""
        self._shared = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close all idle connections."""
        for session in self._sessions:
            session.close()

    @contextmanager
    def get(
        self,
        url: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Iterator[requests.Response]:
        """GET `url`; the body is read by the caller, inside the context, within `timeout_s`."""
        with self._session().get(
            url,
            params=query,
            headers={"Accept": "application/json, image/png", "Accept-Encoding": "identity"},
            auth=_Key(key),
            proxies=_proxies(url),
            timeout=(_CONNECT_TIMEOUT_S, timeout_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            yield response

    @contextmanager
    def post(
        self, url: str, content: bytes, *, timeout_s: float, key: str
    ) -> Iterator[requests.Response]:
        """POST JSON once over a connection of its own.

        Raises Wire.NotSent (a RequestException) when no byte of it was written.
        """
        _written.yes = False
        with _new_session() as session:
            try:
                response = session.post(
                    url,
                    data=content,
                    headers={"Content-Type": "application/json", "Accept": "application/json"},
                    auth=_Key(key),
                    proxies=_proxies(url),
                    timeout=(_CONNECT_TIMEOUT_S, timeout_s),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.RequestException as exc:
                if _written.yes:
                    raise
                raise _NotSentError from exc
            with response:
                yield response

    def _session(self) -> requests.Session:
        # requests does not promise that a session may be shared between threads.
        if not hasattr(self._shared, "session"):
            self._shared.session = _new_session()
            self._sessions.append(self._shared.session)
        session: requests.Session = self._shared.session
        return session


def _new_session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _NotingAdapter(max_retries=0))
    return session


def _proxies(url: str) -> dict[str, str]:
    """Keep requests to this machine from a proxy: it could not deliver them, and sees the key."""
    host = urlsplit(url).hostname or ""
    return {"no_proxy": host} if is_loopback(host) else {}


def is_loopback(host: str) -> bool:
    """Tell whether `host` can only be this machine."""
    if host.rstrip(".").casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(host: str) -> bool:
    """Tell whether `host` is a name, or an address on the internet: of no machine around here."""
    if is_loopback(host):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True
