"""Who finishes sprites, and why a cluster that only a checkout names is not spoken to.

A cluster gets the art, and its answers are pickles: whoever answers may run code here. So an
address in a file of the project counts if it can only be this machine, or if the user said
`pixelpipe trust ADDRESS`; in the environment or as a flag it is the user's own word. Under
`CI=true` only those two are. What was trusted with a key (see `consent`) is not trusted with this.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ..core.loopback import is_loopback
from ..core.model import Record
from ..storage import trust
from . import consent
from .project_settings import AUTO, DASK, Settings

#: Where Dask's own tools look for a scheduler; read for `workers: dask` alone.
SCHEDULER = "DASK_SCHEDULER_ADDRESS"


class Workers(Record, frozen=True, kw_only=True):
    """Who finishes sprites: processes here, or a Dask cluster."""

    #: How many processes here; None: as many as there are cores.
    processes: int | None = None
    #: Address of the scheduler; "" for none.
    address: str = ""
    #: Why the cluster may not be contacted; "" when it may.
    refusal: str = ""

    @property
    def is_plain(self) -> bool:
        """Tell whether art and answers go to another machine without encryption."""
        return self.address.startswith("tcp:") and not _is_here(self.address)


def choose(settings: Settings, root: Path, state: Path, environment: Mapping[str, str]) -> Workers:
    """Return who finishes, by the setting `workers`, with why that may not be, if it may not."""
    said = str(settings.workers)
    if said == AUTO:
        return Workers()
    if said.isdigit():
        return Workers(processes=int(said))
    if said == DASK:
        return _of_environment(environment)
    if _is_word(said, settings, root, state, environment):
        return Workers(address=said)
    return Workers(address=said, refusal=_refusal(said, settings, environment))


def _of_environment(environment: Mapping[str, str]) -> Workers:
    """Return the cluster of the environment; without one, or with a wrong one, processes here."""
    text = environment.get(SCHEDULER, "").strip()
    if not text:
        return Workers()
    from . import worker_shape

    try:
        return Workers(address=worker_shape.address(text if "://" in text else f"tcp://{text}"))
    except ValueError as exc:
        return Workers(refusal=f"{SCHEDULER}: {exc}")


def _is_word(
    address: str, settings: Settings, root: Path, state: Path, environment: Mapping[str, str]
) -> bool:
    """Tell whether the user has said that art may go there and pickles may come back."""
    if not settings.is_from_file("workers") or _is_here(address):
        return True
    return not consent.is_ci(environment) and address in trust.of(state, root).workers


def _is_here(address: str) -> bool:
    """Tell whether an address can only be this machine: by its text, no name is looked up."""
    return is_loopback(urlsplit(address).hostname or "")


def _refusal(address: str, settings: Settings, environment: Mapping[str, str]) -> str:
    ways = f"set PIXELPIPE_WORKERS={address}"
    if not consent.is_ci(environment):
        ways = f"`pixelpipe trust {address}` allows it for this project, or {ways}"
    return (
        f"{settings.origin('workers')}: names the cluster {address}, and you have not said that "
        "your sprites may go there and that its answers may be believed: nothing was sent. If it "
        f"is yours, {ways}; `--workers auto` finishes here"
    )
