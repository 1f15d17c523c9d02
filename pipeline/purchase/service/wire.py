"""Send one HTTP request, and know whether its first byte was written.

That knowledge decides whether a failed purchase may be repeated. `urllib3` does not give it, so the
connection classes underneath note it. A POST uses a fresh connection, follows no redirect and is
never retried; GETs share connections, but follow no redirect either.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, cast
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3 import exceptions as failures
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from ...core import timed_answer
from ...core.version import __version__
from . import hosts, route
from .exchange import NotSent, RouteError, WireError

_CONNECT_TIMEOUT_S = 15.0
#: Idle connections to one host; more than there are threads that ask.
_KEPT = 32
#: Hosts whose connections are looked up once; fewer than the adapter keeps.
_HOSTS = 8
_written = threading.local()


class _Noting(HTTPConnection):
    """Note when the first byte of a request goes out; connecting and tunnelling do not count."""

    response_class = timed_answer.Response
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


class _NotPublic(failures.NewConnectionError):
    """A name led to a machine around here."""


class _Public(_NotingTLS):
    """Connects to public addresses only, whatever a name resolves to at that moment."""

    def _new_conn(self) -> socket.socket:
        if self.proxy is not None:  # which resolves the name, and connects
            return super()._new_conn()
        try:
            is_public = hosts.resolves_publicly(self.host, self.port or 443)
        except OSError as exc:
            raise failures.NameResolutionError(self.host, self, cast(Any, exc)) from exc
        if not is_public:
            raise _NotPublic(self, "no public address")
        found = super()._new_conn()
        if not hosts.is_public(str(found.getpeername()[0])):  # it was resolved twice
            found.close()
            raise _NotPublic(self, "no public address")
        return found


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Noting


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _NotingTLS


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _Public


class _Fresh(HTTPConnectionPool):
    """A pool that holds nothing: each request has a connection of its own."""

    def _get_conn(self, timeout: float | None = None) -> Any:  # the type has only a private name
        return self._new_conn()

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.close()


class _FreshHTTPPool(_Fresh, _HTTPPool):
    pass


class _FreshHTTPSPool(_Fresh, _HTTPSPool):
    pass


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}
_FRESH_POOLS = {"http": _FreshHTTPPool, "https": _FreshHTTPSPool}
_PUBLIC_POOLS = {"https": _PublicPool}


class _NotingAdapter(HTTPAdapter):
    """Makes pools of noting connections, through the proxies that the environment names."""

    def __init__(self, kinds: Mapping[str, type[HTTPConnectionPool]] = _POOLS) -> None:
        self._kinds = dict(kinds)
        self._pools: dict[str, HTTPConnectionPool] = {}
        super().__init__(pool_maxsize=_KEPT, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._kinds

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        # Behind a proxy as well: "nothing was written" must never be a guess.
        manager = super().proxy_manager_for(proxy, **options)
        if proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _through_socks(
                manager.pool_classes_by_scheme, is_fresh=_Fresh in self._kinds["https"].__mro__
            )
        else:
            manager.pool_classes_by_scheme = self._kinds
        return manager

    def pool(self, url: Url) -> HTTPConnectionPool:
        """Return the pool of connections for `url`; any thread may use it."""
        origin = f"{url.scheme}://{url.netloc}"
        if (known := self._pools.get(origin)) is not None:
            return known
        request = requests.Request("GET", origin).prepare()
        way = route.find(origin, (url.host or "").strip("[]"))
        try:
            found = self.get_connection_with_tls_context(
                request, way["verify"], proxies=way["proxies"], cert=way["cert"]
            )
            self.cert_verify(found, origin, way["verify"], way["cert"])  # type: ignore[no-untyped-call]
        except (requests.RequestException, OSError, ValueError) as exc:
            # Whatever else can be wrong with what was found: it is a setting, and no bug.
            text = (
                f"the proxy or the certificates that it names cannot be used ({type(exc).__name__})"
            )
            raise RouteError(text, route.proxy_variable(origin)) from exc
        if len(self._pools) >= _HOSTS:  # links may name ever new hosts, and the oldest is closed
            self._pools.clear()
        self._pools[origin] = cast(HTTPConnectionPool, found)
        return self._pools[origin]


def _through_socks(
    kinds: Mapping[str, type[HTTPConnectionPool]], *, is_fresh: bool
) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools whose connections go through SOCKS and note what is written."""
    return {scheme: _socks_pool(kind, is_fresh=is_fresh) for scheme, kind in kinds.items()}


def _socks_pool(kind: type[HTTPConnectionPool], *, is_fresh: bool) -> type[HTTPConnectionPool]:
    if issubclass(kind.ConnectionCls, _Noting):  # of a manager that was asked for before
        return kind
    connection = type("_NotingSocks", (_Noting, kind.ConnectionCls), {})
    bases = (_Fresh, kind) if is_fresh else (kind,)
    return type("_SocksPool", bases, {"ConnectionCls": connection})


class Answer:
    """An answer whose body is still to be read."""

    def __init__(self, raw: BaseHTTPResponse) -> None:
        """Take over what urllib3 has of it."""
        self._raw = raw
        self.status = raw.status
        self.headers: Mapping[str, str] = raw.headers

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the body, at most `size` bytes at a time. Raises WireError."""
        with _named(""):
            yield from self._raw.stream(size, decode_content=False)

    def close(self) -> None:
        """End the connection, unless the whole body was read: then it is kept for the next."""
        self._raw.close()


class Wire:
    """HTTP with certainty about what was sent. One for all threads.

    Proxies and certificates are those that `requests` finds (route.py); its sessions are not used:
    they look into ~/.netrc, keep cookies, and take two thirds of the time of a poll.
    """

    def __init__(self) -> None:
        """Open no connection yet."""
        self._adapter = _NotingAdapter()
        self._public = _NotingAdapter(_PUBLIC_POOLS)
        self._posting = _NotingAdapter(_FRESH_POOLS)

    def close(self) -> None:
        """Close all idle connections."""
        self._adapter.close()
        self._public.close()
        self._posting.close()

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
        """GET `url`; the body is read by the caller, inside the context, within `timeout_s`.

        `is_public` lets it lead to hosts on the internet only. Raises WireError.
        """
        headers = {"Accept": "application/json, image/png", "Accept-Encoding": "identity"}
        target = f"{url}?{urlencode(query)}" if query else url
        adapter = self._public if is_public else self._adapter
        with (
            _named(url),
            closing(_send(adapter, "GET", target, headers, timeout_s, key)) as answer,
        ):
            yield answer

    @contextmanager
    def post(self, url: str, content: bytes, *, timeout_s: float, key: str) -> Iterator[Answer]:
        """POST JSON once over a connection of its own.

        Raises NotSent when no byte of it was written, and WireError when it broke off later.
        """
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        _written.yes = False
        with _named(url):
            try:
                answer = _send(self._posting, "POST", url, headers, timeout_s, key, content)
            except HTTPError as exc:
                if _written.yes:
                    raise
                raise NotSent(_kind(exc, url)) from exc
            with closing(answer):
                yield answer


def _send(
    adapter: _NotingAdapter,
    method: str,
    url: str,
    headers: dict[str, str],
    timeout_s: float,
    key: str | None,
    content: bytes | None = None,
) -> Answer:
    """Send once, follow nothing, and leave the body to be read."""
    parts = parse_url(url)
    if parts.scheme not in ("http", "https") or not parts.host:
        raise failures.LocationValueError
    headers["User-Agent"] = f"pixelpipe/{__version__}"
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    pool = adapter.pool(parts)
    # A proxy wants the whole address, unless it only tunnels.
    is_forwarded = pool.proxy is not None and parts.scheme == "http"
    raw = pool.urlopen(
        method,
        url if is_forwarded else parts.request_uri,
        body=content,
        headers=headers,
        retries=False,
        redirect=False,
        assert_same_host=False,
        timeout=Timeout(connect=_CONNECT_TIMEOUT_S, read=timeout_s),
        preload_content=False,
        decode_content=False,
    )
    return Answer(raw)


#: How failures are named; the first that fits.
_KINDS: tuple[tuple[type[HTTPError], str], ...] = (
    (_NotPublic, "the address leads to a machine around here"),
    (failures.NewConnectionError, "connection failed"),
    (failures.ProxyError, "proxy error"),
    (failures.SSLError, "TLS error"),
    (failures.ConnectTimeoutError, "connection timed out"),
    (failures.ReadTimeoutError, "no answer in time"),
    (failures.LocationValueError, "no address of the web"),
)


@contextmanager
def _named(url: str) -> Iterator[None]:
    """Turn the failures of urllib3 on the way to `url` into one error."""
    try:
        yield
    except HTTPError as exc:
        raise WireError(_kind(exc, url)) from exc


def _kind(exc: HTTPError, url: str) -> str:
    """Name a failure without its text, which may hold addresses and headers."""
    name = next((text for kind, text in _KINDS if isinstance(exc, kind)), "connection failed")
    advice = route.explain(exc, url)
    return f"{name}: {advice}" if advice else name
