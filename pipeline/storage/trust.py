"""What the user allows a project: hosts that may get the key, a `.env` file, credits a run.

Kept in the user's state folder by the project's root, where no checkout can write.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..core import private, small_files
from ..core.errors import ConfigError, StorageError, UsageError
from ..core.late import expression
from ..core.model import Record
from . import held

VERSION = 1
NAME = "trust.json"
_MOST_BYTES = 4 * small_files.MIB
_BUSY_S = 10.0
_PORTS = {"https": 443, "http": 80}


class Trust(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What one project is allowed. Hosts are `host` for every port, or `host:port`."""

    hosts: tuple[str, ...] = ()
    #: The key in the project's `.env` counts, although no version control vouches for the file.
    env: bool = False
    #: Credits that each run may spend without asking.
    budget: int | None = None
    #: The one host that may be spoken to over http, as among `hosts`; "" for none.
    http: str = ""
    #: Shared stores outside of the project that may be asked, as `store_name` writes them.
    stores: tuple[str, ...] = ()
    #: Schedulers of clusters that may finish sprites, as `tls://host:port`.
    workers: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Tell whether the server of this base URL is among the hosts."""
        host, port = address(url)
        return host in self.hosts or f"{host}:{port}" in self.hosts

    def allows_http(self, url: str) -> bool:
        """Tell whether the server of this base URL may be spoken to over http."""
        return is_same(self.http, url)


class _File(Record, frozen=True, kw_only=True):
    trust: int = VERSION
    projects: Mapping[str, Trust] = {}


def address(url: str) -> tuple[str, int | None]:
    """Return host and port of a URL or of `host[:port]`; an IPv6 host is in brackets.

    Raises UsageError for what names no host.
    """
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.username is not None:
        raise UsageError(f"{url!r} names no host; write it as in `pixelpipe trust api.example.org`")
    return (f"[{host}]" if ":" in host else host), port or _PORTS.get(parts.scheme)


def is_same(name: str, url: str) -> bool:
    """Tell whether `host` or `host:port` names the server of a base URL."""
    if not name:
        return False
    (host, port), (there, its_port) = address(name), address(url)
    return host == there and port in (None, its_port)


def named(text: str) -> str:
    """Return what a user names as a host, in the form in which it is kept."""
    host, port = address(text)
    return host if port is None else f"{host}:{port}"


#: A name's part between dots, as machines in a network of one's own are called, too.
_LABEL = expression(r"(?!-)[\w-]{1,63}(?<!-)")
_MOST_NAME = 253


def host(text: str) -> str:
    """Return the host that a user allows something, in the form in which it is kept.

    Raises UsageError for what can be none, and for what says more: a path, a user, a question.
    """
    if any(sign.isspace() or not sign.isprintable() for sign in text):  # some are read over
        raise UsageError(f"{text!r} is no host: it has a space or a sign that no name has")
    found = named(text)
    scheme, _, rest = text.rpartition("://")
    if scheme.lower() not in ("", *_PORTS):
        kinds = "a shared store is a folder, s3://, gs://, az:// or https://"
        raise UsageError(f"{text!r} is no host; {kinds}, a cluster tls:// or tcp://")
    if set(rest.removesuffix("/")) & set("/?#\\"):
        raise UsageError(
            f"{text!r} is more than a host, and a host is allowed as a whole: say `{found}`"
        )
    if rest.removesuffix("/").endswith((":", ":0", "..")) or not _is_host(address(text)[0]):
        raise UsageError(f"{text!r} is no host; write it as in `pixelpipe trust api.example.org`")
    return found


def _is_host(name: str) -> bool:
    """Tell whether `name` can be a machine's: a name, or an address, of IPv6 in brackets."""
    if name.startswith("["):
        try:
            return IPv6Address(name.strip("[]")) is not None
        except ValueError:
            return False
    return len(name) <= _MOST_NAME and all(map(_LABEL.fullmatch, name.split(".")))


def store_name(url: str, root: Path) -> str:
    """Return a shared store's address in the form in which it is kept: of a folder, its place."""
    if "://" in url:
        return url.rstrip("/")
    return os.path.realpath(root / Path(url).expanduser())


def of(state: Path, root: Path) -> Trust:
    """Return what a project is allowed; a file that cannot be read allows nothing."""
    try:
        return all_of(state).get(_key(root), Trust())
    except StorageError:
        return Trust()


def all_of(state: Path) -> Mapping[str, Trust]:
    """Return what is allowed, by the projects' roots. Raises StorageError or ConfigError."""
    try:
        found = msgspec.json.decode(small_files.read(state / NAME, most=_MOST_BYTES), type=_File)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as exc:
        raise StorageError(
            f"{state / NAME}: cannot be read: {exc}; delete it to begin anew"
        ) from exc
    if found.trust > VERSION:
        raise ConfigError("was written by a newer pixelpipe", path=str(state / NAME))
    return found.projects


def change(state: Path, root: Path, changed: Callable[[Trust], Trust]) -> Trust:
    """Change what a project is allowed; returns what it is allowed now. Raises StorageError."""
    with _locked(state):
        projects = dict(all_of(state))
        now = changed(projects.pop(_key(root), Trust()))
        if now != Trust():
            projects[_key(root)] = now
        content = msgspec.json.encode(_File(projects=projects), order="sorted")
        private.replace(state / NAME, msgspec.json.format(content, indent=2) + b"\n")
    return now


@contextmanager
def served(state: Path, url: str) -> Iterator[None]:
    """Write down that this user serves `url` on this machine, for as long as the block lasts."""
    place = _served(state, url)
    try:
        private.folder(state)
        private.folder(place.parent)
        lock = held.hold(place, mode=0o600)
    except OSError:
        yield  # it serves all the same; only who names it in a file has to trust it
        return
    try:
        yield
    finally:
        lock.release()
        place.unlink(missing_ok=True)


def is_served(state: Path, url: str) -> bool:
    """Tell whether a living process of this user serves this address."""
    return held.is_held(_served(state, url))


def _served(state: Path, url: str) -> Path:
    host, port = address(url)
    host = "127.0.0.1" if host in ("localhost", "[::1]") else host
    name = "".join(sign if sign.isalnum() else "-" for sign in f"{host}-{port}")
    return state / "served" / name


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    try:
        private.folder(state)
        with held.Lock(state / f"{NAME}.lock", wait_s=_BUSY_S, mode=0o600):
            yield
    except held.BusyError as exc:
        raise StorageError(f"{state / NAME}: another pixelpipe is writing it") from exc
    except OSError as exc:
        raise StorageError(f"{state / NAME}: {exc.strerror or exc}; nothing was changed") from exc


def _key(root: Path) -> str:
    return os.path.realpath(root)
