"""A project as it is set up: its folder, settings, rules, service, and where its records lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ..core import keys
from ..core.errors import ConfigError
from ..core.model import PassedOver, Record, Rule
from ..storage import ageing, files
from ..storage.ageing import Limits
from ..storage.ledger import Ledger
from ..storage.store import Store
from . import consent, workers
from .project_settings import ServiceChoice, Settings, Shared, Stated
from .workers import Workers


class Workspace(Record, frozen=True, kw_only=True):
    """A project with its settings and rules, and the service that it uses."""

    root: Path
    settings: Settings
    rules: tuple[Rule, ...]
    service: ServiceChoice
    shared: Shared = Shared()
    #: The user's state folder: ledger, and the second copy of what was bought.
    state: Path
    #: Why a key in the project's `.env` does not count or cannot be read; "" when it does.
    key_refusal: str = ""
    #: Files that the rules came from, relative to the root where they lie below it.
    inputs: tuple[str, ...]
    #: How long, and how much, is kept of what cost nothing and is not needed.
    keeps: Limits = Limits()
    #: What of the settings and rules was seen and not taken.
    passed_over: tuple[PassedOver, ...] = ()
    #: Who finishes sprites when there are many.
    workers: Workers = Workers()
    #: False for a single file: nothing of ours is kept in its folder, and there is no lock file.
    is_project: bool = True

    @property
    def bought(self) -> tuple[Path, ...]:
        """The folders of bought bytes, nearest first."""
        own = (self.root / ".pixelpipe" / "bought",) if self.is_project else ()
        if not own and self.shared.url:
            own = (self.state / ageing.FOUND,)  # what others bought is never among the user's own
        return (*own, self.state / "bought")

    @property
    def guard(self) -> Path:
        """The file that is locked for the moment of publishing here."""
        return self.state / "guards" / keys.digest(str(self.root.resolve()).encode())[:16]

    def store(self) -> Store:
        """Open the store; only purchases wait for the disk."""
        return Store(*self.bought, durable=self.service.paid)

    @contextmanager
    def ledger(self, now: float) -> Iterator[Ledger]:
        """Open the ledger; only purchases wait for the disk."""
        with Ledger(self.state, now=now, durable=self.service.paid) as ledger:
            yield ledger


def open(
    start: Path,
    environment: Mapping[str, str],
    flags: Mapping[str, object],
    stated: Stated | None = None,
) -> Workspace:
    """Read the settings and rules of the project at or above `start`.

    `stated` is what they are known to state: then they are not read.

    Raises ConfigError with file and line.
    """
    root = files.find(start)
    if stated is None:
        from . import reading  # tables of all fields, and most runs have read the files before

        stated = reading.read(root, environment, flags)
    settings = stated.settings
    state = state_folder(settings, environment)
    service, key_refusal = consent.service(settings, root, state, environment)
    return Workspace(
        root=root,
        settings=settings,
        rules=stated.rules,
        service=service,
        shared=consent.shared(settings, root, state, environment),
        state=state,
        keeps=Limits.stated(environment),
        key_refusal=key_refusal,
        workers=workers.choose(settings, root, state, environment),
        inputs=stated.inputs,
        passed_over=stated.passed_over,
    )


def kept(workspace: Workspace) -> str:
    """Return what a workspace's settings and rules state as text; "" if a text cannot say it."""
    stated = Stated(
        settings=workspace.settings,
        rules=workspace.rules,
        inputs=workspace.inputs,
        passed_over=workspace.passed_over,
    )
    try:
        text = msgspec.json.encode(stated).decode()
    except (TypeError, ValueError):
        return ""
    return text if known(text) == stated else ""


def known(text: str) -> Stated | None:
    """Return what a text of `kept` says; None where there is none."""
    try:
        return msgspec.json.decode(text, type=Stated) if text else None
    except msgspec.MsgspecError:
        return None


def state_folder(settings: Settings, environment: Mapping[str, str]) -> Path:
    """Return the user's state folder: as set, or where the system keeps such things.

    Raises ConfigError for a user without a home folder, as in some containers.
    """
    try:
        if settings.state is not None:
            return Path(settings.state).expanduser()
        if base := environment.get("XDG_STATE_HOME") or environment.get("LOCALAPPDATA"):
            return Path(base) / "pixelpipe"
        return Path.home() / ".local" / "state" / "pixelpipe"
    except RuntimeError as exc:
        raise ConfigError(
            "there is no home folder for the ledger; set PIXELPIPE_STATE to a folder that lasts"
        ) from exc
