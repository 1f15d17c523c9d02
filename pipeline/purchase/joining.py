"""Join the machines that share a store, where a project names one."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Mapping

from ..config.project_settings import Shared
from ..config.workspace import Workspace
from ..core.errors import OutOfDateError, RefusedError
from ..storage.shared import opening, purchases
from ..storage.shared.store import Store as SharedStore
from ..storage.shared.store import Unreachable
from ..storage.store import Bought, Store
from . import download, team
from .jobs import UnclaimedError
from .team import Team, Who, away

_READ = (
    "is not bought: {why}, and nothing is bought that other machines cannot see; build it where "
    "that is allowed, or with `--unshared`"
)


def join(workspace: Workspace, environment: Mapping[str, str]) -> Team | None:
    """Return the machines among which this one claims what it buys; None without a shared store.

    Only what is paid for is claimed. Raises what keeps this one from buying: OutOfDateError where
    the store is only read, UnclaimedError where it does not answer, RefusedError where the user
    has not allowed it, ConfigError where it is none.
    """
    chosen = workspace.shared
    if not workspace.service.paid or not chosen.url:
        return None
    if chosen.refusal:
        raise RefusedError(chosen.refusal)
    if chosen.mode == "read":
        raise OutOfDateError(_READ.format(why="`mode: read` of the shared store writes no claim"))
    try:
        store, mark = opening.open(chosen.url, workspace.root, environment)
    except Unreachable as exc:
        raise UnclaimedError(away(exc)) from exc
    if not mark.claims or not store.is_writable:
        raise OutOfDateError(_READ.format(why=f"{chosen.url} takes no claims"))

    def bring(store: SharedStore, request_key: str, digest: str) -> Bought | None:
        return _brought(store, request_key, digest, Store(workspace.bought[0]))

    project = workspace.root.resolve().name
    place = opening.place(chosen.url, workspace.root)
    who = Who(machine=team.machine(workspace.state), label=label(chosen), project=project)
    return Team(store, who, publish=purchases.publish, bring=bring, place=place)


def label(chosen: Shared) -> str:
    """Return how people know this machine: as it is set, or as `anna@workstation`."""
    if chosen.label is not None:
        return chosen.label
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without names
        user = ""
    return "@".join(filter(None, (user, platform.node())))


def _brought(store: SharedStore, request_key: str, digest: str, nearest: Store) -> Bought | None:
    """Keep a purchase of another machine with the project, never in the user's own tier."""
    record = purchases.find(store, request_key, digest)
    content = None if record is None else purchases.content(store, record.digest)
    if record is None or content is None or not download.is_whole(record, content):
        return None
    nearest.put(record, content)
    return record
