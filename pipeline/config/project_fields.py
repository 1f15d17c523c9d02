"""The fields of `pixelpipe.yaml`: one table for the parser and for editors."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from ..core.loopback import is_loopback
from . import globs, packs
from .project_settings import AUTO, BUILT_IN, KEY_NAMES, PIXEL_ENGINE
from .rule_fields import MISPLACED, TARGETS
from .shapes import Choice, Duration, Switch, Text, Whole, nearest
from .tables import Field, ListOf, OneOf, Table
from .worker_shape import WORKERS

#: In one pattern for rule files.
_MOST_DEEP = 2
#: Signs that no path is made of, or none that a line could show.
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_KEY_ADVICE = (
    f"does not belong into a file that is committed; set {KEY_NAMES[0]} in the environment "
    "or in a `.env` file, and if this file was ever pushed, revoke the key"
)


def _path_problem(text: str) -> str | None:
    """Say why `text` is no path inside the project."""
    if _NOT_IN_NAMES.search(text):
        return "has a control character"
    if "\\" in text:
        return "has a backslash; folders are separated by `/` on every system"
    if text.startswith(("/", "~")) or re.match(r"[A-Za-z]:", text):
        return "is absolute; paths are relative to the project"
    if ".." in text.split("/"):
        return "leaves the project"
    return None


def _rule_file_problem(text: str) -> str | None:
    """Say why `text` names no rule files: each `**` looks through all folders once more."""
    many = f"has more than {_MOST_DEEP} `**`" if text.count("**") > _MOST_DEEP else None
    return _path_problem(text) or many


def _folder_problem(text: str) -> str | None:
    """Say why `text` is no folder for art: outputs are never written into hidden ones."""
    if problem := _path_problem(text):
        return problem
    if any(part[:1] == "." for part in text.split("/") if part not in (".", "")):
        return "is hidden or lies in a hidden folder, such as .git; nothing is written there"
    return None


def _plain(text: str) -> str:
    """Return a path without `./` and trailing slashes; the project itself is "."."""
    return "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def _glob_problem(text: str) -> str | None:
    try:
        globs.compile(text)
    except globs.PatternError as exc:
        return str(exc)
    return None


def _service_problem(text: str) -> str | None:
    """Say why `text` is neither a service's name nor a base URL that may get the key."""
    problem = _said_problem(text)
    parts = urlsplit(text) if problem is None else None
    if parts is None or parts.scheme != "http" or is_loopback(parts.hostname or ""):
        return problem
    return _NOT_PLAIN


def _said_problem(text: str) -> str | None:
    """Do the same for what the user says: http, too, which then has to be allowed."""
    names = (AUTO, PIXEL_ENGINE, BUILT_IN)
    if text in names:
        return None
    if "://" not in text:
        return f"must be {', '.join(names)} or a base URL, not `{text}`{nearest(text, names)}"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        return f"is not a URL: `{text}`"
    if not host or url.query or url.fragment or url.username is not None:
        return "must be a plain base URL: scheme, host, path; no user, `?` or `#`"
    return None if url.scheme in ("https", "http") else _NOT_PLAIN


_NOT_PLAIN = "must begin with https://, since the API key is sent there"


_URL = (
    r"(?:https://[^/:?#@\s]+|http://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]))"
    r"(?::[0-9]{1,5})?(?:/[^?#@\s]*)?"
)
#: The kinds of address that a shared store has; what has no `://` is a folder.
_STORES = ("s3", "gs", "az", "https", "http", "file")
_NONE = "none"


def _shared_problem(text: str) -> str | None:
    """Say why `text` names no shared store: a folder, a bucket, or a web server that is read."""
    if "://" not in text:
        scheme, colon, rest = text.partition(":")
        if colon and (known := scheme.lower()) in _STORES:  # no folder of this machine alone
            place = rest if known == "file" else rest.lstrip("/")
            return f"wants two slashes: write `{known}://{place}`"
        return _home_problem(text)
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        return f"is not a URL: `{text}`"
    if url.scheme not in _STORES:
        kinds = ", ".join(f"{one}://" for one in _STORES if one not in ("http", "file"))
        return f"must be a folder, or begin with {kinds}"
    if (
        any(map(str.isspace, url.netloc))
        or url.query
        or url.fragment
        or url.username is not None
        or (not host and url.path in ("", "/"))
    ):
        return "must be a plain address: scheme, bucket or host, path; no user, `?` or `#`"
    if url.scheme == "file" and (host not in (None, "localhost") or "%00" in url.path):
        return "of a folder on this machine is file:///PATH; mount what another machine has"
    if url.scheme == "http" and not is_loopback(host or ""):
        return "must begin with https:// (http:// is for this machine only)"
    return None


def _home_problem(text: str) -> str | None:
    try:
        Path(text).expanduser()
    except RuntimeError:
        return f"names a home folder that is not known: `{text}`"
    return None


_INSIDE = r"^(?!/|~|[A-Za-z]:)(?!(?:.*/)?\.\.(?:/|$))[^\\]*\S[^\\]*$"
#: `.` itself is the project; `..` is refused before.
_NOT_HIDDEN = r"(?!(?:.*/)?\.(?:[^/.]|\.[^/]))"
_FOLDER = Text(
    wanted="a folder inside the project",
    pattern=_INSIDE.replace("^", rf"^{_NOT_HIDDEN}", 1),
    check=_folder_problem,
    convert=_plain,
    examples=("assets",),
)
_RULE_FILE = Text(
    wanted="the path of a rule file, such as `rules/mine.yaml` (rules stand in files of their own)",
    pattern=_INSIDE,
    check=_rule_file_problem,
    convert=_plain,
    examples=("rules/*.yaml",),
)
_PACK = Text(
    wanted="a pack with its version, such as `characters@1`",
    pattern=r"^[a-z][a-z0-9_-]*@[1-9][0-9]*$",
    offered=packs.newest,
)
_GLOB = Text(
    wanted="a pattern such as `**/*_old.png`", check=_glob_problem, examples=("ui/", "**/*_old.png")
)
SERVICE = Text(
    wanted=f"`{AUTO}`, `{PIXEL_ENGINE}`, `{BUILT_IN}` or a base URL",
    pattern=rf"^(?:{AUTO}|{PIXEL_ENGINE}|{BUILT_IN}|{_URL})$",
    check=_service_problem,
    convert=lambda text: text.rstrip("/"),
    examples=(AUTO, PIXEL_ENGINE, BUILT_IN),
)
#: A service as a variable or a flag names it: plain http is allowed elsewhere, or refused there.
SAID_SERVICE = Text(
    wanted=SERVICE.wanted, check=_said_problem, convert=SERVICE.convert, examples=SERVICE.examples
)
CREDITS = Whole(low=0, high=10_000_000)

BUDGET = Table(
    wanted="a mapping with `run` and `day`",
    fields={
        "run": Field(shape=CREDITS, about="The most credits that a yes may spend in one run."),
        "day": Field(
            shape=CREDITS, about="The most credits that all runs of one day (UTC) may spend."
        ),
    },
)
STORE = Text(
    wanted="a folder, s3://BUCKET/PREFIX, gs://…, az://… or https://…, or `none`",
    pattern=r"^[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$",
    check=_shared_problem,
    convert=lambda text: "" if text == _NONE else text.rstrip("/") or "/",
    examples=("s3://studio-art/my-game", "../art-store"),
)
LABEL = Text(
    wanted="a name of at most 100 characters, or `none`",
    pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,100}$",
    convert=lambda text: "" if text == _NONE else text,
    examples=("anna", "none"),
)
SHARED = Table(
    wanted="a mapping with `url`, `mode`, `require` and `label`",
    fields={
        "url": Field(
            shape=STORE,
            about="Where: a folder, `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, or `https://…`, "
            "which is only read. `none` is none.",
        ),
        "mode": Field(
            shape=Choice(words=("read", "write")),
            about="`read` never writes there and buys nothing, as for CI; `write` also puts "
            "there what is bought. Default write.",
        ),
        "require": Field(
            shape=Switch(),
            about="End with exit code 6 where the store cannot be read, in place of going on "
            "without it. Default false.",
        ),
        "label": Field(
            shape=LABEL,
            about="How others see this machine in claims; `none` leaves it out. Default your "
            "login and the machine's name, as anna@workstation.",
        ),
    },
)
WATCH = Table(
    wanted="a mapping",
    fields={
        "settle": Field(
            shape=Duration(low_s=0.05, high_s=60),
            about="How long a file must be unchanged before it is taken. Default 1s.",
            name="settle_s",
        ),
        "buy_after": Field(
            shape=Duration(low_s=0, high_s=86_400),
            about="Quiet time before a sprite that was bought and edited is bought again; until "
            "then it shows a placeholder. Default 10m.",
            name="buy_after_s",
        ),
        "burst": Field(
            shape=Whole(low=1, high=100_000),
            about="More purchases than this at once, as after a checkout, ask first. Default 50.",
        ),
        "mode": Field(
            shape=Choice(words=("auto", "events", "scan")),
            about="How changes are seen: `scan` for network drives. Default auto.",
        ),
    },
)
PROJECT = Table(
    wanted="a mapping",
    fields={
        "assets": Field(
            shape=ListOf(each=_FOLDER, least=1, single=True),
            about="Folders with the art. Default `assets`; `.` is the whole project.",
        ),
        "ignore": Field(
            shape=ListOf(each=_GLOB, single=True),
            about="Patterns, relative to the assets folders, of files to leave alone.",
        ),
        "rules": Field(
            shape=ListOf(each=_RULE_FILE, single=True),
            about="Rule files in the order in which they are asked; the first rule that matches "
            "wins. Globs are allowed. Default `rules/*.yaml`.",
        ),
        "packs": Field(
            shape=ListOf(each=_PACK, single=True),
            about="Rules that ship with pixelpipe, asked after your own: `characters@1`.",
        ),
        "service": Field(
            shape=SERVICE,
            about="Who animates: `auto` (the Pixel Engine when a key is set, else the built-in "
            "engine), `pixel-engine`, `built-in`, or the base URL of a compatible server, "
            "which gets the key once you allow it: `pixelpipe trust HOST`.",
        ),
        "targets": Field(shape=TARGETS, about="What is written for each sprite. Default aseprite."),
        "budget": Field(
            shape=OneOf(shapes=(CREDITS, BUDGET)),
            about="The most credits that a yes may spend: a number for one run, or `run` and "
            "`day`. It is no yes itself.",
        ),
        "jobs": Field(shape=Whole(low=1, high=32), about="Jobs in flight at a time. Default 3."),
        "workers": Field(
            shape=WORKERS,
            about="Who finishes sprites when there are many: `auto` (a process for each core), a "
            "number of processes, or a Dask cluster: the address of its scheduler, or `dask` for "
            "the one that DASK_SCHEDULER_ADDRESS names. Finishing there gives the same files. A "
            "cluster on another machine is asked once you allow it: `pixelpipe trust ADDRESS`. "
            "Use tls://: tasks and answers are pickles, and whoever reaches a scheduler or worker "
            "of plain tcp runs code there. Default auto.",
        ),
        "placeholder": Field(
            shape=Switch(),
            about="Show the built-in engine's clip until a purchase arrives. Default true.",
        ),
        "batch": Field(
            shape=Switch(),
            about="Buy the clips of one sprite together: cheaper, and they share one canvas. "
            "Default false.",
        ),
        "shared": Field(
            shape=OneOf(shapes=(STORE, SHARED)),
            about="A store of purchases that several machines share, so that each is bought "
            "once: an address, or `url`, `mode`, `require` and `label`. One outside of the "
            "project is asked once you allow it: `pixelpipe trust --store URL`.",
        ),
        "watch": Field(shape=WATCH, about="How `pixelpipe watch` follows changes."),
    },
    elsewhere={name: "belongs into a rule file, such as rules/mine.yaml" for name in MISPLACED}
    | {name: _KEY_ADVICE for name in ("api_key", "apikey", "key", "token")}
    | {"api_base": "is set by PIXELPIPE_API_BASE; for another server write `service: https://…`"},
)
API_BASE = Text(
    wanted="a base URL",
    check=_said_problem,
    convert=lambda text: text.rstrip("/"),
)
STATE = Text(wanted="a folder", longest=4096)
#: Settings that are groups in the file and dotted names elsewhere.
GROUPS = {"budget": BUDGET, "shared": SHARED, "watch": WATCH}
