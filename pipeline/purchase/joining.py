"""Join the machines that share a store, where a project names one that may be written."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Mapping

import msgspec

from ..config.workspace import Workspace
from ..core import keys
from ..storage.shared import names, opening
from ..storage.shared.store import Store as SharedStore
from ..storage.store import Bought
from . import team
from .team import Team, Who


def join(workspace: Workspace, environment: Mapping[str, str]) -> Team | None:
    """Return the machines among which this one claims what it buys; None without a store.

    Only what is paid for is claimed. Raises ConfigError, and Unreachable.
    """
    url = environment.get("PIXELPIPE_SHARED", "")
    if not workspace.service.paid or not url:
        return None
    store, mark = opening.open(url, workspace.root, environment)
    if not mark.claims or not store.is_writable:
        return None
    who = Who(
        machine=team.machine(workspace.state), label=_label(), project=workspace.root.resolve().name
    )
    return Team(store, who, publish=_publish, bring=_bring)


def _label() -> str:
    """Return how people know this machine, as `anna@workstation`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without names
        user = ""
    return "@".join(filter(None, (user, platform.node())))


def _publish(store: SharedStore, record: Bought, content: bytes) -> None:
    store.create(names.bytes_of(record.digest), content)
    store.create(names.record_of(record.request_key), msgspec.json.encode(record))


def _bring(store: SharedStore, request_key: str, digest: str) -> tuple[Bought, bytes] | None:
    found = store.get(names.record_of(request_key))
    content = store.get(names.bytes_of(digest))
    if found is None or content is None or keys.digest(content) != digest:
        return None
    return msgspec.json.decode(found, type=Bought), content
