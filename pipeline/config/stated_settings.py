"""Read settings: defaults < `pixelpipe.yaml` < environment < flags, each remembering its origin.

Pure: the document, the environment and the flags come in as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..core.errors import ConfigError, UsageError
from ..core.model import Document, TargetChoice
from .project_fields import (
    API_BASE,
    CREDITS,
    GROUPS,
    LABEL,
    PROJECT,
    SAID_SERVICE,
    SHARED,
    STATE,
    STORE,
    WATCH,
)
from .project_settings import ALLOW_HTTP, VARIABLES, Settings
from .rule_fields import Targets
from .shapes import At, Switch, Whole, nearest
from .tables import ListOf, document

#: Dotted setting to its shape.
SHAPES = {name: field.shape for name, field in PROJECT.fields.items()} | {
    "service": SAID_SERVICE,
    "budget.run": CREDITS,
    "budget.day": CREDITS,
    "watch.settle_s": WATCH.fields["settle"].shape,
    "watch.buy_after_s": WATCH.fields["buy_after"].shape,
    "watch.burst": WATCH.fields["burst"].shape,
    "watch.mode": WATCH.fields["mode"].shape,
    "shared.url": STORE,
    "shared.mode": SHARED.fields["mode"].shape,
    "shared.require": SHARED.fields["require"].shape,
    "shared.label": LABEL,
    "api_base": API_BASE,
    "max_credits": CREDITS,
    "state": STATE,
}
#: Variables of ours that are no settings.
_APART = (ALLOW_HTTP, "PIXELPIPE_ENGINE_KEY", "PIXELPIPE_KEEP_DAYS", "PIXELPIPE_KEEP_MIB")
#: Flags whose name is not the setting's.
_FLAGS = {
    "shared": "shared.url",
    "settle": "watch.settle_s",
    "buy_after": "watch.buy_after_s",
    "burst": "watch.burst",
}


#: What a group's bare value means.
_FIRST = {"budget": "budget.run", "shared": "shared.url"}


def resolve(
    document_: Document | None, environment: Mapping[str, str], flags: Mapping[str, object]
) -> Settings:
    """Return the settings of a run.

    `flags` maps parameter names, such as `service` or `max_credits`, to values; None is not
    stated. An empty variable is not stated either.
    Raises ConfigError that names the file and line, the variable, or the flag.
    """
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    if document_ is not None:
        for name, value, place in _stated(document_):
            values[name] = value
            origins[name] = f"{document_.path}:{document_.line(*place)}"
    for variable, name in VARIABLES.items():
        if text := environment.get(variable, ""):
            values[name] = _read(name, _from_text(text, name), variable)
            origins[name] = variable
    for flag, value in flags.items():
        if value is not None:
            name = _FLAGS.get(flag, flag)
            origins[name] = "--" + flag.replace("_", "-")
            try:
                values[name] = _read(name, value, origins[name])
            except ConfigError as exc:
                raise UsageError(str(exc)) from exc
    return _settings(values, origins)


def store(text: str, origin: str) -> str:
    """Return the address of a shared store that `origin` names.

    Raises UsageError for what can be none.
    """
    try:
        found = str(_read("shared.url", text, origin))
    except ConfigError as exc:
        raise UsageError(str(exc)) from exc
    if not found:
        raise UsageError(f"{origin}: `{text}` names no shared store")
    return found


def _stated(source: Document) -> list[tuple[str, object, tuple[str, ...]]]:
    """Return (dotted setting, value, place) for each setting that the file states."""
    found: list[tuple[str, object, tuple[str, ...]]] = []
    for name, value in document(PROJECT, source).items():
        if name in _FIRST and not isinstance(value, dict):
            found.append((_FIRST[name], value, (name,)))
        elif isinstance(value, dict):
            keys = {(field.name or key): key for key, field in GROUPS[name].fields.items()}
            found += [
                (f"{name}.{part}", inner, (name, keys[part])) for part, inner in value.items()
            ]
        else:
            found.append((name, value, (name,)))
    return found


def _read(name: str, value: object, origin: str) -> object:
    """Read a value of a variable or a flag; errors name that one."""
    shape = SHAPES.get(name)
    if shape is None:
        raise ConfigError(f"no such setting{nearest(name, SHAPES)}", path=origin)
    value = list(value) if isinstance(value, tuple) else value
    if name == "targets" and isinstance(value, list):
        value = [
            {one.name: dict(one.options)} if isinstance(one, TargetChoice) else one for one in value
        ]
    return shape.read(value, At(document=Document(path=origin, content=value)))


def _from_text(text: str, name: str) -> object:
    """Return the value that a variable's text means to a shape."""
    shape = SHAPES[name]
    if isinstance(shape, ListOf | Targets):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(shape, Switch):
        return {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }.get(text.strip().lower(), text)
    if isinstance(shape, Whole) and re.fullmatch(r"\s*\d{1,9}\s*", text):
        return int(text)
    return text.strip()


def _settings(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    """Build the records from dotted names."""
    nested: dict[str, object] = {"origins": dict(origins)}
    for name, value in values.items():
        group, _, part = name.partition(".")
        if part:
            inner = nested.setdefault(group, {})
            assert isinstance(inner, dict)
            inner[part] = value
        else:
            nested[name] = value
    return msgspec.convert(nested, Settings)


def strays(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each PIXELPIPE_* variable that means nothing, likely misspelt."""
    return tuple(
        f"{name} is no setting of pixelpipe{nearest(name.upper(), VARIABLES)}"
        for name in sorted(environment)
        if name.startswith("PIXELPIPE_") and name not in (*VARIABLES, *_APART)
    )
