"""A Dask cluster as the lender of an executor. Dask is loaded when an address is given, not before.

Whether an address may be spoken to is decided before (see `config.workers`).
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..config.workers import Workers
from ..core.errors import RefusedError
from . import finish_remote

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from distributed import Client

#: How long a scheduler may take to answer, and to come back after it went away.
_WAIT_S = 5.0
#: How often a task whose worker fails is tried elsewhere in the cluster.
_RETRIES = 2
_LOGGERS = ("distributed", "distributed.client", "tornado", "tornado.application")
_NO_CERTIFICATES = "Dask's settings name no certificates (distributed.comm.tls)"
_PLAIN = (
    "{}: your sprites go there without encryption, and whoever is on that network can run code "
    "here; tls:// is for that"
)
MISSING = "Dask is not installed: `pip install 'pixelpipe[dask]'`"


class Cluster:
    """The workers behind one scheduler."""

    def __init__(self, address: str, client: Client) -> None:
        """Lend all workers, whatever they are, until `narrow` is called."""
        self.name = address
        self._client = client
        self._checked: list[str] | None = None
        self.executor: Executor = self._lend()

    def threads(self) -> int:
        """Return how many threads the workers that are lent have now; 0 if none answers."""
        found, checked = _asked(self._client.nthreads), self._checked
        return sum(n for one, n in found.items() if checked is None or one in checked)

    def narrow(self, fingerprint: str) -> bool:
        """Lend only the workers that have this fingerprint now; tell whether there are any."""
        said = _asked(lambda: self._client.run(finish_remote.look, on_error="return"))
        self._checked = [one for one, theirs in said.items() if theirs == fingerprint]
        if self._checked:
            self.executor = self._lend(workers=self._checked, allow_other_workers=False)
        return bool(self._checked)

    def _lend(self, **options: object) -> Executor:
        # Dask would else look into each task to find out whether it was there before.
        lent: Executor = self._client.get_executor(pure=False, retries=_RETRIES, **options)
        return lent


def _asked(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what each worker, or the scheduler of each, says; nothing where nobody answers.

    A machine that hangs, or whose cable was pulled, says nothing: Dask would wait for it.
    """
    found: dict[str, Any] = {}

    def ask() -> None:
        with suppress(Exception):  # whatever is wrong with it: nobody is there
            found.update(call())

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_WAIT_S)
    return dict(found)


@contextmanager
def lent(workers: Workers, pays: bool) -> Iterator[tuple[Cluster | None, str]]:
    """Connect for as long as the block lasts, if it pays; yields the cluster, and what to say.

    Without a cluster the sentence says why. Raises RefusedError before anything is loaded or sent,
    if the user has not allowed it.
    """
    if workers.refusal:
        raise RefusedError(workers.refusal)
    if not workers.address or not pays:
        yield None, ""
        return
    try:
        import distributed
    except ImportError:
        yield None, f"{workers.address}: {MISSING}; all sprites were finished here"
        return
    with _quiet():
        client, trouble = _connect(distributed, workers.address)
        if client is None:
            yield None, f"{workers.address}: {trouble}; all sprites were finished here"
            return
        try:
            yield (
                Cluster(workers.address, client),
                _PLAIN.format(workers.address) if workers.is_plain else "",
            )
        finally:
            with suppress(Exception):  # a scheduler that is gone cannot be taken leave of
                client.close(timeout=_WAIT_S)


def lacks_certificates(address: str) -> str:
    """Return why no worker can reach a scheduler at `tls://…`, or "" where it may be possible."""
    if not address.startswith("tls:"):
        return ""
    import distributed  # heavy

    try:
        found = distributed.Security().get_connection_args("worker").get("ssl_context")
    except Exception as exc:  # OSError, or whatever else a wrong certificate causes
        return f"its certificates cannot be used ({type(exc).__name__}: {exc})".partition("\n")[0]
    return "" if found else f"{_NO_CERTIFICATES}, and no --tls-ca-file is given after `--`"


def _connect(distributed: ModuleType, address: str) -> tuple[Client | None, str]:
    """Return a client of the scheduler, or None and why there is none."""
    try:
        # A client that fails at this would say so once more, and late, when it is collected.
        own = distributed.Security().get_connection_args("client")
        if address.startswith("tls:") and own.get("ssl_context") is None:
            return None, _NO_CERTIFICATES
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared by us, in each task
            client = distributed.Client(
                address, timeout=_WAIT_S, set_as_default=False, name="pixelpipe"
            )
    except Exception as exc:  # OSError, or whatever else a wrong certificate or scheduler causes
        return None, f"cannot be reached ({type(exc).__name__}: {exc})".partition("\n")[0]
    return client, ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from writing to our standard error what we say ourselves, in one sentence."""
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        yield
        return
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)
