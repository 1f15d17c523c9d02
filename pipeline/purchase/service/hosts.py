"""Which hosts are this machine, and which are public: as written, and as resolved."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Tell whether `host` can only be this machine."""
    if host.rstrip(".").casefold() == "localhost":
        return True
    found = _address(host)
    return found is not None and found.is_loopback


def is_public(host: str) -> bool:
    """Tell whether `host` is a name, or an address on the internet: of no machine around here.

    What a name leads to is known when it is resolved: `resolves_publicly`.
    """
    # Some systems ask a server for names below localhost, others take them for this machine.
    if is_loopback(host) or host.rstrip(".").casefold().endswith(".localhost"):
        return False
    found = _address(host)
    return found is None or found.is_global


def resolves_publicly(host: str, port: int) -> bool:
    """Tell whether all addresses that a host has just now are on the internet.

    Raises OSError when it has none.
    """
    import socket  # slow to load, and the built-in engine has no host

    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return all(is_public(str(place[0])) for *_, place in found)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address, also as the system's resolver would: `127.1`, `0x7f000001`, `2130706433`."""
    plain = host.strip("[]").rstrip(".").partition("%")[0]
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        import socket

        return IPv4Address(socket.inet_aton(plain))
    except (OSError, ValueError, UnicodeError):
        return None
