"""A shared store behind a web server: it is only read, since few servers create exclusively."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from ...core import timed_answer
from ...core.errors import ConfigError
from ...core.loopback import is_loopback
from ...core.small_files import MIB
from . import names
from .store import Refused, Unreachable

_MOST_BYTES = 64 * MIB
#: To connect, and for a whole answer.
_CONNECT_S, _ALL_S = 2.0, 10.0
_PIECE_BYTES = 1 << 16


class _Plain(HTTPConnection):
    response_class = timed_answer.Response


class _TLS(HTTPSConnection):
    response_class = timed_answer.Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLS


_POOLS = {"http": _PlainPool, "https": _TLSPool}


class _Adapter(HTTPAdapter):
    """Gives each answer one deadline, through proxies too."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):  # which has pools of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


class WebStore:
    """A Store that is only read; usable by several threads."""

    is_writable = False

    def __init__(self, url: str) -> None:
        """Take an address without user, `?` or `#`. Raises ConfigError for any other."""
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
            raise ConfigError(f"{url}: must be a plain address: scheme, host, path")
        if parts.scheme != "https" and not is_loopback(parts.hostname):
            raise ConfigError(f"{url}: must begin with https:// (http:// is for this machine only)")
        self.url = url.rstrip("/")

    def get(self, name: str) -> bytes | None:
        address = f"{self.url}/{names.checked(name)}"
        try:
            with requests.Session() as session:
                for scheme in _POOLS:
                    session.mount(f"{scheme}://", _Adapter())
                answer = session.get(
                    address,
                    timeout=(_CONNECT_S, _ALL_S),
                    stream=True,
                    allow_redirects=False,
                    headers={"Accept-Encoding": "identity"},
                )
                with answer:
                    return self._answered(answer)
        except (requests.RequestException, HTTPError, OSError) as exc:
            raise Unreachable(f"{self.url}: {type(exc).__name__} while reading {name}") from exc

    def create(self, name: str, content: bytes) -> bool:
        raise Refused(f"{self.url}: a web server is only read; nothing is created there")

    def names(self, prefix: str) -> list[str]:
        raise Refused(f"{self.url}: a web server does not list what it has")

    def delete(self, name: str) -> None:
        raise Refused(f"{self.url}: a web server is only read; nothing is deleted there")

    def _answered(self, answer: requests.Response) -> bytes | None:
        if answer.status_code in (404, 410):
            return None
        if answer.status_code in (401, 403):
            raise Refused(f"{self.url}: the server refuses ({answer.status_code})")
        if answer.status_code != 200:
            raise Unreachable(f"{self.url}: the server answers {answer.status_code}")
        found = bytearray()
        for piece in answer.iter_content(_PIECE_BYTES):
            found += piece
            if len(found) > _MOST_BYTES:
                raise Unreachable(f"{self.url}: an answer is absurdly large")
        return bytes(found)
