"""From what a person wrote to an opened store, which has said that it is one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from ...core.errors import ConfigError
from ...core.model import Record
from ...core.model.checked import UNREADABLE
from . import names
from .folder import FolderStore
from .store import Refused, Store

FORMAT = 1
_BUCKETS = ("s3", "gs", "az")


class Mark(Record, frozen=True, kw_only=True):
    """What `pixelpipe.json` of a store says."""

    format: int = FORMAT
    #: Purchases are claimed there: the store has shown that of several one wins.
    claims: bool = False


def folder(url: str, root: Path) -> Path | None:
    """Return the folder that a store is, relative ones below the project's `root`; else None.

    Raises ConfigError for an address of a kind that is unknown.
    """
    scheme = urlsplit(url).scheme if "://" in url else ""
    if scheme == "file":
        return Path(unquote(urlsplit(url).path))
    if scheme:
        if scheme not in (*_BUCKETS, "http", "https"):
            raise ConfigError(f"{url}: a shared store is a folder, s3://, gs://, az:// or https://")
        return None
    return root / Path(url).expanduser()


def place(url: str, root: Path) -> str:
    """Return one spelling of a store's address: of a folder where it lies, whoever names it.

    A relative one is another store in each project. Raises ConfigError as `folder` does.
    """
    found = folder(url, root)
    return url.rstrip("/") if found is None else os.path.realpath(found)


def connect(url: str, root: Path, environment: Mapping[str, str]) -> Store:
    """Return the store of an address without asking it anything. Raises ConfigError."""
    if (place := folder(url, root)) is not None:
        return FolderStore(url, place)
    if urlsplit(url).scheme in _BUCKETS:
        from . import bucket

        return bucket.open(url, environment)
    from .web import WebStore

    return WebStore(url)


def open(url: str, root: Path, environment: Mapping[str, str]) -> tuple[Store, Mark]:
    """Connect to a store, and read that it is one.

    Raises ConfigError where it is none or refuses us, and Unreachable.
    """
    store = connect(url, root, environment)
    return store, read_mark(store)


def read_mark(store: Store) -> Mark:
    """Return what a store says of itself. Raises ConfigError, and Unreachable."""
    try:
        content = store.get(names.MARK)
    except Refused as exc:
        raise ConfigError(f"{exc}; `--unshared` does without the shared store") from exc
    if content is None:
        raise ConfigError(
            f"{store.url}: no shared store is there ({names.MARK} is missing): look at the "
            "address, or make one by `pixelpipe share init`"
        )
    try:
        found = msgspec.json.decode(content, type=Mark)
    except UNREADABLE as exc:
        raise ConfigError(f"{store.url}: its {names.MARK} cannot be read") from exc
    if found.format > FORMAT:
        raise ConfigError(f"{store.url}: was made by a newer pixelpipe; update pixelpipe")
    return found
