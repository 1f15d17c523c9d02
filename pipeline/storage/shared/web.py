"""A shared store behind a web server: it is only read, since few servers create exclusively."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import requests

from ...core.errors import ConfigError
from ...core.loopback import is_loopback
from ...core.small_files import MIB
from . import names
from .store import Refused, Unreachable

_MOST_BYTES = 64 * MIB
_CONNECT_S, _SILENT_S, _ALL_S = 2.0, 5.0, 10.0
_PIECE_BYTES = 1 << 16


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
        until = time.monotonic() + _ALL_S
        try:
            with requests.get(
                address,
                timeout=(_CONNECT_S, _SILENT_S),
                stream=True,
                allow_redirects=False,
                headers={"Accept-Encoding": "identity"},
            ) as answer:
                if answer.status_code in (404, 410):
                    return None
                if answer.status_code in (401, 403):
                    raise Refused(f"{self.url}: the server refuses ({answer.status_code})")
                if answer.status_code != 200:
                    raise Unreachable(f"{self.url}: the server answers {answer.status_code}")
                return self._content(answer, until)
        except (requests.RequestException, OSError) as exc:
            raise Unreachable(f"{self.url}: {type(exc).__name__} while reading {name}") from exc

    def create(self, name: str, content: bytes) -> bool:
        raise Refused(f"{self.url}: a web server is only read; nothing is created there")

    def names(self, prefix: str) -> list[str]:
        raise Refused(f"{self.url}: a web server does not list what it has")

    def delete(self, name: str) -> None:
        raise Refused(f"{self.url}: a web server is only read; nothing is deleted there")

    def _content(self, answer: requests.Response, until: float) -> bytes:
        found = bytearray()
        for piece in answer.iter_content(_PIECE_BYTES):
            found += piece
            if len(found) > _MOST_BYTES:
                raise Unreachable(f"{self.url}: an answer is absurdly large")
            if time.monotonic() > until:
                raise Unreachable(f"{self.url}: did not answer in {_ALL_S:.0f} s")
        return bytes(found)
