"""Open the service once, when something is first asked of it, for one run or many."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from ..config import consent
from ..config.workspace import Workspace
from ..core.errors import PixelpipeError, RefusedError
from ..core.model import Balance
from . import local_engine

if TYPE_CHECKING:
    from .service.client import Service

#: Jobs that the built-in engine renders at once.
_ENGINE_SLOTS = 4
_NO_KEY = (
    "no API key is set: put it into PIXEL_ENGINE_API_KEY or a .env file (it is made in your "
    "account under Account → API), or use `service: built-in`"
)


class Connection:
    """The way to a project's service. Use as a context manager: it closes what it opened."""

    def __init__(self, place: Workspace, environment: Mapping[str, str]) -> None:
        """Open nothing yet."""
        self._workspace = place
        self._environment = environment
        self._stack = ExitStack()
        self._service: Service | None = None
        self._once = threading.Lock()
        self._is_closed = False

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        with self._once:
            self._is_closed = True
            self._stack.close()

    @property
    def url(self) -> str | None:
        """The base URL, once the service was opened."""
        return None if self._service is None else self._service.base_url

    def service(self) -> Service:
        """Return the service; the built-in engine is started with the first call.

        Raises RefusedError when a key is needed and none is set, or may not be sent there.
        """
        with self._once:
            if self._service is None:
                self._service = self._open()
            return self._service

    def warm_up(self) -> None:
        """Open the service, so that the first run finds it open; whoever needs it says why not."""
        with suppress(PixelpipeError), self._once:
            if self._service is None and not self._is_closed:
                self._service = self._open()

    def _open(self) -> Service:
        from .service.client import Service  # loads requests

        base_url = self._workspace.service.base_url
        if base_url is None:
            base_url, key = self._stack.enter_context(local_engine.engine(slots=_ENGINE_SLOTS))
        else:
            key = self._key()
        service = Service(base_url, key, is_plain_allowed=bool(self._workspace.service.plain_by))
        self._stack.callback(service.close)
        return service

    def _key(self) -> str:
        """Return the key, if it may go where the workspace would send it."""
        place = self._workspace
        if place.service.refusal:
            raise RefusedError(place.service.refusal)
        found, refusal = consent.key(place.root, place.state, self._environment)
        if found is None:
            raise RefusedError(refusal or _NO_KEY)
        return found


def balance(place: Workspace, environment: Mapping[str, str]) -> tuple[Balance | None, str]:
    """Ask a service for its balance, or say why that was not possible."""
    try:
        with Connection(place, environment) as connection:
            return connection.service().balance(), ""
    except PixelpipeError as exc:
        return None, str(exc)
