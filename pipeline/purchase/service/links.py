"""Which addresses of results may be fetched: the service's own, and public ones over TLS.

A hostile service must not make us read files, or ask other programs on this machine or around it.
What a name leads to is decided by the wire, after it was resolved.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from ...core.errors import AssetError
from ...core.model import Record
from .hosts import is_loopback, is_public

_PORTS = {"http": 80, "https": 443}


class Link(Record, frozen=True, kw_only=True):
    """An address that may be fetched. One that is not `own` must lead to a public host."""

    url: str
    own: bool


def find(said: str, base_url: str, *, at: str = "") -> Link:
    """Return the link that a service means, relative to `at` or to its own address.

    Raises AssetError for an address that is not allowed.
    """
    try:
        url = urljoin(at or base_url + "/", said.strip()).replace(" ", "%20")
        parts, base = urlsplit(url), urlsplit(base_url)
        is_own = _is_same(parts, base)
    except ValueError as exc:
        raise AssetError("the download link is not allowed: it is no address") from exc
    if not said.strip():
        raise AssetError("the download link is not allowed: it is empty")
    if is_own:
        return Link(url=url, own=True)
    host = parts.hostname
    if parts.scheme == "https" and host and not parts.username and is_public(host):
        return Link(url=url, own=False)
    raise AssetError(f"the download link is not allowed ({parts.scheme}://{host})")


def _is_same(one: SplitResult, other: SplitResult) -> bool:
    """Tell whether two addresses are one server's; this machine has several names."""
    if one.scheme != other.scheme or one.username or one.scheme not in _PORTS:
        return False
    if (one.port or _PORTS[one.scheme]) != (other.port or _PORTS[other.scheme]):
        return False
    here, there = one.hostname or "", other.hostname or ""
    return here == there or (is_loopback(here) and is_loopback(there))
