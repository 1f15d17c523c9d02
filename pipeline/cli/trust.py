"""`trust`: what the user allows a project that its files alone cannot decide."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
import msgspec

from ..config import stated_settings, worker_shape, workspace
from ..core.errors import ConfigError, UsageError
from ..storage import files
from ..storage import trust as trusts
from ..storage.trust import Trust
from . import options
from .voice import say, show_json

_REMEMBERED = ".pixelpipe/tmp/state"


@click.command()
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@click.option("--env", is_flag=True, help="Let the key in this project's .env count.")
@click.option(
    "--budget",
    type=click.IntRange(min=0, max=10_000_000),
    metavar="N",
    help="Let each run here buy for at most N credits without asking.",
)
@click.option(
    "--http",
    "plain",
    metavar="HOST",
    help="Let this one host be spoken to over http: a container beside, a network of yours.",
)
@click.option(
    "--store",
    "stores",
    multiple=True,
    metavar="URL",
    help="Let this shared store be asked: a folder, s3://BUCKET/PREFIX, https://…",
)
@click.option("--list", "is_list", is_flag=True, help="Show what every project is allowed.")
@click.option("--revoke", is_flag=True, help="Take back what is named, or everything.")
@click.option(
    "--project",
    "place",
    default=".",
    type=click.Path(exists=True, file_okay=False),
    metavar="PROJECT",
    help="Which project; the one around this folder.",
)
@options.as_json
def trust(
    hosts: tuple[str, ...],
    env: bool,
    budget: int | None,
    plain: str | None,
    stores: tuple[str, ...],
    is_list: bool,
    revoke: bool,
    place: str,
    as_json: bool,
) -> None:
    """Say what this project may do that its files alone cannot decide.

    A repository can name a server or a shared store, bring a `.env` file and state a budget.
    Nothing goes there, and nothing is bought, before you allow it here, by a flag, or in the
    environment. HOST is a name or an address, `host` or `host:port`; `tls://host:port` (or
    `tcp://`) is the scheduler of a cluster that may finish sprites: it gets them, and its answers
    may run code here. Kept in your own state folder; with CI=true it does not count.
    """
    state = _state()
    if is_list:
        if hosts or env or revoke or plain or stores or budget is not None:
            raise UsageError("--list shows everything; name nothing beside it")
        _show_all(state, as_json)
        return
    root = _root(Path(place))
    stores = (*stores, *filter(_is_store, hosts))
    hosts = tuple(host for host in hosts if not _is_store(host))
    clusters = [one for one in hosts if worker_shape.is_address(one)]
    host = trusts.named if revoke else trusts.host  # whatever is written down may be taken back
    if not revoke:
        stores = tuple(stated_settings.store(one, f"--store {one}") for one in stores)
    asked = Trust(
        hosts=tuple(dict.fromkeys(host(one) for one in hosts if one not in clusters)),
        workers=tuple(dict.fromkeys(map(_scheduler, clusters))),
        env=env,
        budget=budget,
        http="" if plain is None else _plain(host, plain),
        stores=tuple(dict.fromkeys(trusts.store_name(one, root) for one in stores)),
    )
    if revoke:
        _check_allowed(trusts.of(state, root), asked)
        now = trusts.change(state, root, lambda before: _without(before, asked))
    elif asked == Trust():
        now = trusts.of(state, root)
    else:
        now = trusts.change(state, root, lambda before: _joined(before, asked))
    if revoke or asked != Trust():
        # What was said with nothing to do may be said no more: another service may answer now.
        (root / _REMEMBERED).unlink(missing_ok=True)
    if as_json:
        show_json(msgspec.json.encode(_document(root, now)))
    else:
        _show(root, now)


def _is_store(text: str) -> bool:
    """Tell whether an argument can only be a shared store: an https address is a host, too."""
    return text.startswith(("s3://", "gs://", "az://", "file://", "/", "./", "../", "~"))


def remembered(url: str) -> AbstractContextManager[None]:
    """Write down that this user serves this address here: then a project may name it."""
    return trusts.served(_state(), url)


def _state() -> Path:
    return workspace.state_folder(stated_settings.resolve(None, os.environ, {}), os.environ)


def _root(start: Path) -> Path:
    """Return the project's root; a folder of single files stands for itself."""
    try:
        return files.find(start)
    except ConfigError:
        return start.absolute()


def _plain(host: Callable[[str], str], text: str) -> str:
    """Return a host that may be spoken to over http. Raises UsageError for what is none."""
    if text.lower().startswith("https://"):
        raise UsageError(f"--http {text}: is https, which needs no such word; say the host alone")
    return host(text)


def _scheduler(text: str) -> str:
    """Return a scheduler's address as it is kept. Raises UsageError for what is none."""
    try:
        return worker_shape.address(text)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc


def _joined(before: Trust, asked: Trust) -> Trust:
    return Trust(
        hosts=tuple(sorted({*before.hosts, *asked.hosts})),
        env=before.env or asked.env,
        budget=before.budget if asked.budget is None else asked.budget,
        http=asked.http or before.http,
        stores=tuple(sorted({*before.stores, *asked.stores})),
        workers=tuple(sorted({*before.workers, *asked.workers})),
    )


def _check_allowed(now: Trust, asked: Trust) -> None:
    """Raise UsageError for what was never allowed: a slip, and what was meant stays allowed."""
    has, named = ([*one.hosts, one.http, *one.stores, *one.workers] for one in (now, asked))
    for one in filter(None, named):
        if one not in has:
            allowed = ", ".join(filter(None, has)) or "nothing"
            raise UsageError(f"{one} is not allowed here; nothing is taken back of {allowed}")


def _without(before: Trust, asked: Trust) -> Trust:
    if asked == Trust():
        return Trust()
    return Trust(
        hosts=tuple(host for host in before.hosts if host not in asked.hosts),
        env=before.env and not asked.env,
        budget=before.budget if asked.budget is None else None,
        http="" if asked.http == before.http else before.http,
        stores=tuple(store for store in before.stores if store not in asked.stores),
        workers=tuple(one for one in before.workers if one not in asked.workers),
    )


def _show_all(state: Path, as_json: bool) -> None:
    found = trusts.all_of(state)
    if as_json:
        entries = [_document(Path(root), one) for root, one in sorted(found.items())]
        show_json(msgspec.json.encode({"trust": 1, "projects": entries}))
        return
    for root, one in sorted(found.items()):
        _show(Path(root), one)
    if not found:
        say("No project is allowed anything.")


def _show(root: Path, found: Trust) -> None:
    if found == Trust():
        say(f"{root}: nothing is allowed.")
        return
    say(f"{root}:")
    for host in found.hosts:
        say(f"  {host} may get the key and the sprites")
    for address in found.workers:
        say(f"  {address} may finish sprites: it gets them, and its answers are believed")
    if found.http:
        say(f"  {found.http} may be spoken to over http, where all can be read on the way")
    for store in found.stores:
        say(f"  {store} may be asked as a shared store, and written to")
    if found.env:
        say("  the key in .env counts")
    if found.budget is not None:
        say(f"  each run may buy for at most {found.budget} credits without asking")


def _document(root: Path, found: Trust) -> dict[str, object]:
    document: dict[str, object] = {
        "project": str(root),
        "hosts": list(found.hosts),
        "env": found.env,
        "budget": found.budget,
    }
    document |= {"http": found.http} if found.http else {}
    document |= {"workers": list(found.workers)} if found.workers else {}
    return document | ({"stores": list(found.stores)} if found.stores else {})
