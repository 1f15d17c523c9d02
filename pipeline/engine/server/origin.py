"""Say where callers reach this server: as it was told, as a proxy says, or as they asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import msgspec

from ..contract.errors import LocalRefusal

API_PATH = "/functions/v1"
_SCHEMES = ("http", "https")
_LONGEST_HOST = 260

Network = IPv4Network | IPv6Network
Header = Callable[[str], str | None]


class Origins(msgspec.Struct, frozen=True):
    """Decide the origin of links: scheme, host, port, and a path before the API's.

    `public` counts before all; `proxies` are the networks whose forwarded headers are believed.
    """

    public: str = ""
    proxies: tuple[Network, ...] = ()

    def of(self, scheme: str, server: tuple[str, int], peer: str, header: Header) -> str:
        """Give the origin for one request that came from the address `peer`."""
        if self.public:
            return self.public
        host = header("host")
        if self._is_proxy(peer):
            said = _first(header("x-forwarded-proto")).lower()
            scheme = said if said in _SCHEMES else scheme
            host = _forwarded_host(header) or host
        if not host or not _is_host(host):
            address, port = server
            host = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        return f"{scheme}://{host}"

    def _is_proxy(self, peer: str) -> bool:
        if not self.proxies:
            return False
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.proxies)


def parse(public_url: str | None, proxies: Sequence[str]) -> Origins:
    """Read `--public-url` and `--trust-proxy`. Raises LocalRefusal."""
    return Origins(_public(public_url) if public_url else "", tuple(map(_network, proxies)))


def _public(url: str) -> str:
    """Return the public address without the API's path, which is added to it anew."""
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_sound = False
    if not is_sound or parts.query or parts.fragment or parts.username is not None:
        raise LocalRefusal(
            f"public URL {url!r}: give scheme, host and perhaps port and path, such as "
            "https://engine.example.org:8443"
        )
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        raise LocalRefusal(f"public URL {url!r}: it has a blank in it")
    return url.rstrip("/").removesuffix(API_PATH).rstrip("/")


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError as exc:
        raise LocalRefusal(
            f"proxy {text!r}: give its address or network, such as 172.17.0.1 or 10.0.0.0/8"
        ) from exc


def _forwarded_host(header: Header) -> str:
    """Return the host that a proxy was asked for, with its port if that was told apart."""
    host, port = _first(header("x-forwarded-host")), _first(header("x-forwarded-port"))
    if not host or not _is_host(host):
        return ""
    has_port = ":" in host.rpartition("]")[2]
    is_usual = port in ("80", "443")
    is_told = port.isascii() and port.isdigit() and len(port) < 6 and not is_usual
    return f"{host}:{port}" if is_told and not has_port else host


def _first(value: str | None) -> str:
    """Return what the proxy next to the caller said: each one further adds at the end."""
    return (value or "").partition(",")[0].strip()


def _is_host(text: str) -> bool:
    return len(text) <= _LONGEST_HOST and all(sign.isalnum() or sign in ".-:[]_" for sign in text)
