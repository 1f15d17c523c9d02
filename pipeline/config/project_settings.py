"""Settings as a run has them, each remembering its origin; `stated_settings` reads them.

The API key is no setting; `api_key` finds it, and nothing here keeps it.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..core.late import expression
from ..core.model import PassedOver, Record, Rule, TargetChoice

#: Services by name: the first is the second with a key, else the third.
AUTO, PIXEL_ENGINE, BUILT_IN = "auto", "pixel-engine", "built-in"
#: Who finishes: processes here (the first, too), or the cluster that the environment names.
DASK = "dask"
#: Where the API key may stand, first one first.
KEY_NAMES = ("PIXEL_ENGINE_API_KEY", "PIXELENGINE_API_KEY")
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


class Stated(Record, frozen=True, kw_only=True):
    """What settings and rules state: files, environment and flags decide it, and nothing else."""

    settings: Settings
    rules: tuple[Rule, ...]
    #: Files that the rules came from, relative to the root where they lie below it.
    inputs: tuple[str, ...]
    passed_over: tuple[PassedOver, ...] = ()


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
    while key and (bare := _AROUND.sub("", key)) != key:
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
