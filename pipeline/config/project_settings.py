"""Settings: defaults < `pixelpipe.yaml` < environment < flags, each remembering its origin.

Pure: the document, the environment and the flags come in as arguments. The API key is no setting;
`api_key` finds it, and nothing here keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from ..core.errors import ConfigError, UsageError
from ..core.late import expression
from ..core.model import Document, Record, TargetChoice
from .project_fields import (
    API_BASE,
    AUTO,
    BUILT_IN,
    CREDITS,
    GROUPS,
    KEY_NAMES,
    LABEL,
    PIXEL_ENGINE,
    PROJECT,
    SAID_SERVICE,
    SHARED,
    STATE,
    STORE,
    WATCH,
)
from .rule_fields import Targets
from .shapes import At, Switch, Whole, nearest
from .tables import ListOf, document

#: Base URL of the Pixel Engine (vendor's introduction).
PIXEL_ENGINE_URL = "https://api.pixelengine.ai/functions/v1"
DEFAULT = "default"


class Budget(Record, frozen=True, kw_only=True):
    """Hard stops in credits. They limit what a yes allows, and are none."""

    run: int | None = None
    day: int | None = None


class Watch(Record, frozen=True, kw_only=True):
    """How changes are followed."""

    #: A file is taken when size and time stamp have been equal for this long.
    settle_s: float = 1.0
    #: Quiet time before an edit of a sprite that was already bought is bought again.
    buy_after_s: float = 600.0
    #: More purchases than this from one settle window ask first.
    burst: int = 50
    #: "events" of the system, "scan" at intervals, or "auto": by file system.
    mode: str = "auto"


class Shared(Record, frozen=True, kw_only=True):
    """A store of purchases that several machines share."""

    #: A folder, relative to the project's root, or an address; "" for none.
    url: str = ""
    #: "read" or "write".
    mode: str = "write"
    #: A run ends where the store cannot be read.
    require: bool = False
    #: How people know this machine; "" is left out, None for login and machine.
    label: str | None = None
    #: Why it may not be asked: only a file of the project names it; "" when it may.
    refusal: str = ""


class Settings(Record, frozen=True, kw_only=True):
    """All settings of a run. Paths are relative to the project's root."""

    assets: tuple[str, ...] = ("assets",)
    #: Globs relative to the assets folders of files that are no sources.
    ignore: tuple[str, ...] = ()
    #: Rule files in the order in which they are asked; globs are allowed.
    rules: tuple[str, ...] = ("rules/*.yaml",)
    #: Packs that are asked after the project's own rules: "characters@1".
    packs: tuple[str, ...] = ()
    #: "auto", "pixel-engine", "built-in", or a base URL.
    service: str = AUTO
    targets: tuple[TargetChoice, ...] = (TargetChoice(name="aseprite"),)
    budget: Budget = Budget()
    #: Jobs in flight at a time.
    jobs: int = 3
    #: "auto", a number of processes, "dask", or the address of a Dask scheduler.
    workers: int | str = AUTO
    #: Show the built-in engine's clip until a purchase arrives.
    placeholder: bool = True
    #: Buy the clips of one source in one request.
    batch: bool = False
    watch: Watch = Watch()
    shared: Shared = Shared()
    #: Base URL behind `pixel-engine`; from environment and flags only.
    api_base: str = PIXEL_ENGINE_URL
    #: The most credits that a run may spend, which is a yes; from environment and flags only.
    max_credits: int | None = None
    #: Folder of the ledger and the second copy of bought bytes; None: the user's state folder.
    state: str | None = None
    #: Setting, dotted, to where its value was stated.
    origins: Mapping[str, str] = {}

    def origin(self, name: str) -> str:
        """Return where a setting comes from: `default`, a file with its line, a variable, a flag.

        `name` is dotted for groups: `budget.run`, `watch.settle_s`.
        """
        return self.origins.get(name, DEFAULT)

    def is_from_file(self, name: str) -> bool:
        """Tell whether a setting's value stands in `pixelpipe.yaml`: a checkout may bring that."""
        origin = self.origin(name)
        return origin != DEFAULT and origin not in VARIABLES and not origin.startswith("--")


class ServiceChoice(Record, frozen=True, kw_only=True):
    """The service that answers requests."""

    #: `pixel-engine`, `built-in`, or the host of a custom server; part of request keys.
    identity: str
    #: None for the built-in engine, which is started when it is needed.
    base_url: str | None
    paid: bool
    #: Why it may not be contacted: only a file of the project names it; "" when it may.
    refusal: str = ""
    #: What lets it be spoken to without encryption; "" when nothing does.
    plain_by: str = ""


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
#: Variable to dotted setting.
VARIABLES = {
    "PIXELPIPE_ASSETS": "assets",
    "PIXELPIPE_IGNORE": "ignore",
    "PIXELPIPE_RULES": "rules",
    "PIXELPIPE_PACKS": "packs",
    "PIXELPIPE_SERVICE": "service",
    "PIXELPIPE_TARGETS": "targets",
    "PIXELPIPE_BUDGET": "budget.run",
    "PIXELPIPE_BUDGET_DAY": "budget.day",
    "PIXELPIPE_MAX_CREDITS": "max_credits",
    "PIXELPIPE_JOBS": "jobs",
    "PIXELPIPE_WORKERS": "workers",
    "PIXELPIPE_PLACEHOLDER": "placeholder",
    "PIXELPIPE_BATCH": "batch",
    "PIXELPIPE_SETTLE": "watch.settle_s",
    "PIXELPIPE_BUY_AFTER": "watch.buy_after_s",
    "PIXELPIPE_BURST": "watch.burst",
    "PIXELPIPE_WATCH_MODE": "watch.mode",
    "PIXELPIPE_SHARED": "shared.url",
    "PIXELPIPE_SHARED_MODE": "shared.mode",
    "PIXELPIPE_SHARED_REQUIRE": "shared.require",
    "PIXELPIPE_SHARED_LABEL": "shared.label",
    "PIXELPIPE_API_BASE": "api_base",
    "PIXELPIPE_STATE": "state",
}
#: What allows http to one other host. A variable of the environment, and nothing else.
ALLOW_HTTP = "PIXELPIPE_ALLOW_HTTP"
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


def service(settings: Settings, key_is_set: bool) -> ServiceChoice:
    """Return the service that `settings` mean, given whether an API key was found."""
    name = settings.service
    if name == AUTO:
        name = PIXEL_ENGINE if key_is_set else BUILT_IN
    if name == BUILT_IN:
        return ServiceChoice(identity=BUILT_IN, base_url=None, paid=False)
    if name == PIXEL_ENGINE:
        return ServiceChoice(identity=PIXEL_ENGINE, base_url=settings.api_base, paid=True)
    return ServiceChoice(identity=urlsplit(name).hostname or name, base_url=name, paid=True)


def api_key(environment: Mapping[str, str], dotenv_text: str | None) -> str | None:
    """Return the API key from the environment, else from the text of a `.env` file, else None."""
    written = _dotenv(dotenv_text or "")
    for source in (environment, written):
        for name in KEY_NAMES:
            if key := bare_key(source.get(name, "")):
                return key
    return None


def bare_key(text: str) -> str:
    """Return a key without what is copied along with it: quotes, `Bearer`, its name, a comma."""
    key = text
    while (bare := _AROUND.sub("", key)) != key:
        key = bare
    return key


def _dotenv(text: str) -> dict[str, str]:
    """Return the assignments of a `.env` file, also in the words of shells and of YAML and JSON.

    `NAME=value`, `export`, `set`, `setx`, `$env:NAME = value`, `NAME: value`; quotes, `# comments`.
    """
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        match = _ASSIGNMENT.match(line)
        if match:
            quoted = match[2] if match[2] is not None else match[3]
            found[match[1]] = quoted if quoted is not None else match[4].strip()
    return found


_ASSIGNMENT = expression(
    r"""[\s{]*(?:(?:export|set|setx|env|declare\s+-x|let)\s+|\$env:)?["']?([A-Za-z_]\w*)["']?
    (?:\s*[=:]\s*|(?<=\w)\s+(?=["']?pe_sk_))
    (?:"([^"]*)"|'([^']*)'|(.*?))\s*[;,]?\s*(?:\s\#.*)?$""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb<>"
#: What may stand before or after a key and is no part of it.
_AROUND = expression(
    rf"^[\s\ufeff\u200b{_QUOTES}]+|[\s\ufeff\u200b;,}}{_QUOTES}]+$"
    rf"|^(?:Authorization\s*[:=]|Bearer(?=[\s:])\s*:?|(?:{'|'.join(KEY_NAMES)})\s*[=:])",
    re.IGNORECASE,
)
