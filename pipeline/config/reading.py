"""Read the settings and rules of a project: all mistakes in them are told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ..core.errors import ConfigError, each
from ..core.model import Document, Rule
from ..storage import files
from . import packs, rule_file, stated_settings, target_checks, unread, yaml_document
from .project_settings import Settings, Stated
from .shapes import At, Mistakes


def read(root: Path, environment: Mapping[str, str], flags: Mapping[str, object]) -> Stated:
    """Return what settings and rules state. Raises ConfigError with file and line."""
    mistakes = Mistakes()
    stated = _read(root, files.CONFIG_NAME, mistakes) or Document(
        path=files.CONFIG_NAME, content={}
    )
    settings = Settings()
    with mistakes.here():
        settings = stated_settings.resolve(stated, environment, flags)
        target_checks.check_document(stated)
        target_checks.check(settings.targets, At(document=_origin(settings, "targets")))
    settings = msgspec.structs.replace(
        settings, assets=tuple(files.on_disk(root, folder) for folder in settings.assets)
    )
    found, own = _rules(root, settings, mistakes)
    mistakes.settle()
    inputs = tuple(document.path for document in own)
    return Stated(
        settings=settings,
        rules=found,
        inputs=(files.CONFIG_NAME, *inputs),
        passed_over=(*unread.rule_files(root, settings.rules, inputs), *unread.cut_prompts(own)),
    )


def _read(root: Path, name: str, mistakes: Mistakes) -> Document | None:
    """Read a file; of one that is broken what was meant, or None."""
    try:
        return yaml_document.read(root / name, name, within=root)
    except yaml_document.BrokenYamlError as exc:
        mistakes.found += exc.errors
        return exc.meant
    except ConfigError as exc:
        mistakes.found += each(exc)
        return None


def _rules(
    root: Path, settings: Settings, mistakes: Mistakes
) -> tuple[tuple[Rule, ...], tuple[Document, ...]]:
    """Read the project's rule files, then the packs; a rule may extend any other.

    Returns all rules, and the project's own files as read.
    """
    names: tuple[str, ...] = ()
    with mistakes.here():
        names = _files(root, settings.rules)
    read = (_read(root, name, mistakes) for name in names)
    own = [(document, "") for document in read if document is not None]
    shipped: list[tuple[Document, str]] = []
    try:
        shipped = [(packs.load(pack), pack) for pack in settings.packs]
    except ConfigError as exc:
        mistakes.found.append(ConfigError(str(exc), path=settings.origin("packs")))
    found: tuple[Rule, ...] = ()
    with mistakes.here():
        found = rule_file.load([*own, *shipped])
    for document, _ in own:
        with mistakes.here():
            target_checks.check_document(document)
    return found, tuple(document for document, _ in own)


def _origin(settings: Settings, name: str) -> Document:
    """Return what messages name: the variable or flag that a setting comes from."""
    return Document(path=settings.origin(name), content=None)


def _files(root: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    for pattern in patterns:
        is_glob = any(mark in pattern for mark in "*?[")
        if not is_glob and not files.matching(root, [pattern]):
            raise ConfigError(f"the rule file {pattern} is not there", path=files.CONFIG_NAME)
    return files.matching(root, patterns)
