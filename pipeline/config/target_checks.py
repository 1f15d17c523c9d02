"""The targets that settings and rules name, checked where they stand: once, not for each source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .. import targets
from ..core.errors import ConfigError
from ..core.model import Document, TargetChoice
from .rule_fields import TARGETS
from .shapes import At


def check(stated: Iterable[TargetChoice], at: At) -> None:
    """Raise ConfigError with file, line and near miss unless all targets and options exist."""
    for number, choice in enumerate(stated):
        try:
            targets.check(choice)
        except ConfigError as exc:
            line = at.below(number).line
            raise ConfigError(str(exc), path=at.document.path, line=line) from exc


def check_document(document: Document) -> None:
    """Check settings, a rule file or an override, whose shape has been read before."""
    for content, at in _tables(document):
        if "targets" in content:
            below = at.below("targets")
            check(TARGETS.read(content["targets"], below), below)


def _tables(document: Document) -> Iterator[tuple[Mapping[str, object], At]]:
    """Yield whatever may state targets: the document itself, and each of its rules."""
    content, at = document.content, At(document=document)
    if not isinstance(content, Mapping):
        return
    yield content, at
    rules = content.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield rule, at.below("rules", number)
