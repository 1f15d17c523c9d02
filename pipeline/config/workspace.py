"""A project as it is set up: its folder, settings, rules, service, and where its records lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..core import keys
from ..core.errors import ConfigError
from ..core.model import Document, Record, Rule
from ..storage import files
from ..storage.ledger import Ledger
from ..storage.store import Store
from . import consent, packs, project_settings, rule_file, target_checks, yaml_document
from .project_settings import ServiceChoice, Settings
from .shapes import At


class Workspace(Record, frozen=True, kw_only=True):
    """A project with its settings and rules, and the service that it uses."""

    root: Path
    settings: Settings
    rules: tuple[Rule, ...]
    service: ServiceChoice
    #: The user's state folder: ledger, and the second copy of what was bought.
    state: Path
    #: Why the key in the project's `.env` does not count; "" when it does, or there is none.
    key_refusal: str = ""
    #: Files that the rules came from, relative to the root where they lie below it.
    inputs: tuple[str, ...]
    #: False for a single file: nothing of ours is kept in its folder, and there is no lock file.
    is_project: bool = True

    @property
    def bought(self) -> tuple[Path, ...]:
        """The folders of bought bytes, nearest first."""
        own = (self.root / ".pixelpipe" / "bought",) if self.is_project else ()
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


def open(start: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Workspace:
    """Read the settings and rules of the project at or above `start`.

    Raises ConfigError with file and line.
    """
    root = files.find(start)
    stated = yaml_document.read(root / files.CONFIG_NAME, files.CONFIG_NAME, within=root)
    settings = project_settings.resolve(stated, environment, flags)
    target_checks.check_document(stated)
    target_checks.check(settings.targets, At(document=_origin(settings, "targets")))
    found, inputs = _rules(root, settings)
    state = state_folder(settings, environment)
    service, key_refusal = consent.service(settings, root, state, environment)
    return Workspace(
        root=root,
        settings=settings,
        rules=found,
        service=service,
        state=state,
        key_refusal=key_refusal,
        inputs=(files.CONFIG_NAME, *inputs),
    )


def _rules(root: Path, settings: Settings) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Read the project's rule files, then the packs; a rule may extend any other."""
    names = _files(root, settings.rules)
    own = [(yaml_document.read(root / name, name, within=root), "") for name in names]
    try:
        shipped = [(packs.load(pack), pack) for pack in settings.packs]
    except ConfigError as exc:
        raise ConfigError(str(exc), path=settings.origin("packs")) from exc
    found = rule_file.load([*own, *shipped])
    for read, _ in own:
        target_checks.check_document(read)
    return found, names


def _origin(settings: Settings, name: str) -> Document:
    """Return what messages name: the variable or flag that a setting comes from."""
    return Document(path=settings.origin(name), content=None)


def _files(root: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    for pattern in patterns:
        is_glob = any(mark in pattern for mark in "*?[")
        if not is_glob and not files.matching(root, [pattern]):
            raise ConfigError(f"the rule file {pattern} is not there", path=files.CONFIG_NAME)
    return files.matching(root, patterns)


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
