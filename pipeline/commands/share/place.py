"""The shared store that a command is about, and whether it may be asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ...config import consent, stated_settings
from ...config import workspace as workspaces
from ...config.project_settings import Settings, Shared
from ...core.errors import ConfigError, RefusedError, UsageError
from ...core.model import Record
from ...storage import files
from ...storage.shared import opening
from ...storage.shared.store import Store
from ...storage.store import Bought, decoded

_AT_A_TIME = 8
Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Place(Record, frozen=True, kw_only=True):
    """A shared store as a project, or the environment, names it."""

    root: Path
    state: Path
    shared: Shared


class Opened:
    """A shared store that has said that it is one."""

    def __init__(self, place: Place, environment: Mapping[str, str]) -> None:
        """Connect. Raises RefusedError without the user's word, ConfigError, and Unreachable."""
        check_allowed(place)
        self.place = place
        begun = time.monotonic()
        self.store, self.mark = opening.open(place.shared.url, place.root, environment)
        self.answer_s = time.monotonic() - begun


def find(start: Path, shared: str | None, environment: Mapping[str, str]) -> Place:
    """Return the store that a project or the environment names; `shared` is named by the user.

    Raises UsageError where nobody names one.
    """
    flags = {"shared": shared}
    try:
        files.find(start)
    except ConfigError:
        settings, root = stated_settings.resolve(None, environment, flags), start.absolute()
        state = workspaces.state_folder(settings, environment)
        return _named(settings, root, state, consent.shared(settings, root, state, environment))
    found = workspaces.open(start, environment, flags)
    return _named(found.settings, found.root, found.state, found.shared)


def _named(settings: Settings, root: Path, state: Path, shared: Shared) -> Place:
    if not shared.url:
        raise UsageError(
            "no shared store is named here: write `shared: URL` in pixelpipe.yaml, or set "
            "PIXELPIPE_SHARED"
        )
    return Place(root=root, state=state, shared=shared)


def check_allowed(place: Place) -> None:
    """Raise RefusedError for a store that only a file of the project names."""
    if place.shared.refusal:
        raise RefusedError(place.shared.refusal)


def check_writable(place: Place) -> None:
    """Raise RefusedError where the settings say that the store is only read."""
    if place.shared.mode == "read":
        raise RefusedError("`mode: read`: nothing in the shared store is changed from here")


def record(store: Store, name: str) -> Bought | None:
    """Return the record of this name; None where it cannot be used. Raises Unreachable."""
    content = store.get(name)
    key = name.rpartition("/")[2].partition(".")[0]
    return None if content is None else decoded(content, key, name)


def each(act: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """Do the same with each of many objects, several at a time."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(act, items))
