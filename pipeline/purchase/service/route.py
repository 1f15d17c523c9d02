"""The way to a host: proxies and certificates, as the environment names them.

Every variable that leads nowhere is named in the error, with what can be done about it: these are
settings of a company's network, which the user did not make.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy
from urllib3 import exceptions as failures
from urllib3.exceptions import HTTPError

from . import hosts
from .exchange import RouteError

#: Variables that name certificates to trust, in the order in which they count.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_EXEMPT = "or exempt the host in NO_PROXY"
_OWN_CA = (
    "if your network has a certificate authority of its own, name its file in REQUESTS_CA_BUNDLE"
)


def find(origin: str, host: str) -> dict[str, Any]:
    """Return `proxies`, `verify` and `cert` for requests to a host, as `requests` takes them.

    Requests to this machine are kept from a proxy: it could not deliver them, and sees the key.
    Raises RouteError.
    """
    proxies = {"no_proxy": host} if hosts.is_loopback(host) else {}
    with requests.Session() as session:
        route: dict[str, Any] = dict(
            session.merge_environment_settings(origin, proxies, None, None, None)
        )
    if route["verify"] is True:
        route["verify"] = next((path for _, path in _trusted(_SYSTEM)), True)
    for variable, path in _trusted(_BUNDLES):
        if route["verify"] == path and not Path(path).exists():
            text = f"there is no {path}; name the file with your certificates, or unset it"
            raise RouteError(text, variable)
    if proxy := select_proxy(origin, route["proxies"]):
        _check_proxy(proxy, origin)
    return route


def explain(exc: HTTPError, origin: str) -> str:
    """Say what may be done about a failure on the way to a host; "" when nothing is known."""
    if isinstance(exc, failures.ProxyError):
        return f"the proxy that {proxy_variable(origin)} names does not take us there"
    if not isinstance(exc, failures.SSLError):
        return ""
    named = next(_trusted((*_BUNDLES, *_SYSTEM)), None)
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(exc)):
        if named is None:
            return f"its certificate is not trusted; {_OWN_CA}"
        return f"no certificate in {named[1]}, which {named[0]} names, vouches for it"
    return "" if named is None else f"certificates are read from {named[1]}: {named[0]} names it"


def proxy_variable(origin: str) -> str:
    """Name the variable that a host's proxy comes from."""
    scheme = urlsplit(origin).scheme
    names = [f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"]
    found = next((name for name in names if os.environ.get(name)), "")
    return found or "the system's settings"


def _check_proxy(proxy: str, origin: str) -> None:
    """Raise RouteError for a proxy that cannot be one."""
    variable = proxy_variable(origin)
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        is_sound = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_sound, parts = False, urlsplit("")
    if not is_sound or parts.scheme.lower() not in _SCHEMES:
        text = f"names no proxy: write http://HOST:PORT, unset it, {_EXEMPT}"
        raise RouteError(text, variable)
    if parts.scheme.lower().startswith("socks") and find_spec("socks") is None:
        text = (
            "names a SOCKS proxy, which needs a package that is not there: `pip install pysocks`; "
            f"or name an http proxy, {_EXEMPT}"
        )
        raise RouteError(text, variable)


def _trusted(variables: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield (variable, path) of those that are set; the system's own only where they exist."""
    for name in variables:
        path = os.environ.get(name, "")
        if path and (name in _BUNDLES or Path(path).exists()):
            yield name, path


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        yield from (one for one in exc.args if isinstance(one, BaseException))
        exc = exc.__cause__ or exc.__context__
