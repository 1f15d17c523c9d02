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

#: From here on the built-in engine draws in processes of their own: starting them takes longer
#: than fewer sprites (at 24 they were still behind while the machine had other work).
_MANY = 16
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
        #: The built-in engine, which is within this process.
        self._engine: local_engine.Engine | None = None
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
        """The base URL, once the service was opened; none for one within this process."""
        is_reachable = self._service is not None and self._engine is None
        return self._service.base_url if self._service and is_reachable else None

    def service(self, expected: int = 1) -> Service:
        """Return the service, for about `expected` clips; a built-in engine starts when needed.

        Raises RefusedError when a key is needed and none is set, or may not be sent there.
        """
        with self._once:
            return self._opened(expected)

    def warm_up(self) -> None:
        """Open the service, so that the first run finds it open; whoever needs it says why not."""
        with suppress(PixelpipeError), self._once:
            if not self._is_closed:
                self._opened(1)

    def _opened(self, expected: int) -> Service:
        if self._service is None:
            self._service = self._open()
        if self._engine is not None:
            self._engine.draw(many=expected >= _MANY)
        return self._service

    def _open(self) -> Service:
        from .service.client import Service

        base_url, way = self._workspace.service.base_url, None
        if base_url is not None:
            key = self._key()
        else:
            self._engine = self._stack.enter_context(local_engine.within())
            base_url, key, way = self._engine.url, self._engine.key, self._engine.way
        is_plain = bool(self._workspace.service.plain_by)
        service = Service(base_url, key, is_plain_allowed=is_plain, way=way)
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
