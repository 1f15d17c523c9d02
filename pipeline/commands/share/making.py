"""Make a shared store where it is sure that of several machines one wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ...core.errors import ConfigError
from ...storage.shared import names, opening, probe
from ...storage.shared.opening import Mark
from ...storage.shared.store import Refused
from .place import Place, check_allowed


def init(place: Place, environment: Mapping[str, str]) -> tuple[Mark, bool]:
    """Make a store; returns what it says of itself, and whether it was none before.

    Raises ConfigError for a place where purchases cannot be claimed, and Unreachable.
    """
    check_allowed(place)
    try:
        return _made(place, environment)
    except Refused as exc:
        raise ConfigError(str(exc)) from exc


def _made(place: Place, environment: Mapping[str, str]) -> tuple[Mark, bool]:
    url = place.shared.url
    if (folder := opening.folder(url, place.root)) is not None:
        _make(folder)
    store = opening.connect(url, place.root, environment)
    if not store.is_writable:
        raise ConfigError(
            f"{url}: a web server is only read; make the store where its files lie: a folder, or "
            "a bucket"
        )
    if store.get(names.MARK) is not None:
        return opening.read_mark(store), False
    won = probe.winners(store)
    if won != 1:
        raise ConfigError(
            f"{url}: is no place for a shared store: of {probe.THREADS} that created the same "
            f"object at once {won} were told that they did, so two machines could both buy a clip"
        )
    mark = Mark(claims=True)
    store.create(names.MARK, msgspec.json.encode(mark) + b"\n")
    return opening.read_mark(store), True


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{folder}: {exc.strerror}; the folder cannot be made") from exc
