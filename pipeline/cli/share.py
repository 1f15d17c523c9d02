"""`share`: the store of purchases that several machines share."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from ..core.errors import StorageError, UsageError
from . import options, wording
from .loudness import hint
from .voice import say, show_json

if TYPE_CHECKING:
    from ..commands.share.place import Opened, Place
    from ..commands.share.pruning import Entrant
    from ..storage.shared.counters import Count

Command = TypeVar("Command", bound=Callable[..., object])
_VERSION = 1


def _place(command: Command) -> Command:
    """Add the options that say which store is meant."""
    folder = click.option(
        "--project",
        default=".",
        type=click.Path(exists=True, file_okay=False),
        help="A folder of the project; the one around this folder.",
    )
    stated = click.option("--shared", metavar="URL", help="Another store than the project's.")
    return folder(stated(options.as_json(command)))


@click.group()
def share() -> None:
    """Look after the store of purchases that several machines share.

    What one machine bought there, no other buys again. `shared: URL` in pixelpipe.yaml names it,
    or PIXELPIPE_SHARED: a folder, s3://BUCKET/PREFIX, gs://…, az://…, or https://…, which is only
    read.
    """


@share.command()
@click.argument("url", required=False)
@_place
def init(url: str | None, project: str, shared: str | None, as_json: bool) -> None:
    """Make a shared store at URL, once it has shown that of several machines one wins."""
    from ..commands.share import making

    place = _found(project, url or shared)
    if not as_json:
        hint("Trying whether of several machines one wins; a bucket takes a minute.", err=True)
    mark, is_new = making.init(place, os.environ)
    if as_json:
        _show({"url": place.shared.url, "claims": mark.claims, "made": is_new})
    elif is_new:
        say(f"Made a shared store: {place.shared.url}. Purchases are claimed there.")
        hint(f"Next: write `shared: {place.shared.url}` in pixelpipe.yaml, and commit it.")
    else:
        say(f"{place.shared.url} is a shared store already.")


@share.command()
@_place
def status(project: str, shared: str | None, as_json: bool) -> None:
    """Say which store is meant, whether it answers, and what it lets us do."""
    opened = _opened(project, shared)
    chosen, milliseconds = opened.place.shared, round(opened.answer_s * 1000)
    if as_json:
        _show(
            {
                "url": chosen.url,
                "mode": chosen.mode,
                "require": chosen.require,
                "claims": opened.mark.claims,
                "writable": opened.store.is_writable,
                "answer_ms": milliseconds,
            }
        )
        return
    say(f"{chosen.url}: answers after {milliseconds} ms.")
    if chosen.mode == "read" or not opened.store.is_writable:
        say("It is read; nothing is written there from here.")
    elif opened.mark.claims:
        say("Purchases are claimed there, so that each is bought once.")
    else:
        say("It is written to, but purchases are not claimed there.")


@share.command()
@_place
def stats(project: str, shared: str | None, as_json: bool) -> None:
    """Show what this user's builds found there, by month and machine; asks nobody."""
    from ..storage.shared import counters

    found = counters.read(_found(project, shared).state)
    if as_json:
        _show({"counts": found})
        return
    for one in found:
        say(_count(one))
    if not found:
        say("No build has looked into a shared store yet.")


def _count(one: Count) -> str:
    asked = one.hits + one.misses
    share = f" ({100 * one.hits // asked} %)" if asked else ""
    waited = f", {one.waited} of them waited for" if one.waited else ""
    return (
        f"{one.month}  {one.machine}  {one.store}: {one.hits} hits{share}{waited}, "
        f"{one.misses} misses, {one.errors} errors, {one.saved_credits} credits saved"
    )


@share.command()
@_place
def verify(project: str, shared: str | None, as_json: bool) -> None:
    """Check that every record there has its bytes; exit 8 when one has not."""
    from ..commands.share import checking

    records, bad = checking.verify(_opened(project, shared).store)
    if as_json:
        _show({"records": records, "damaged": bad})
    else:
        for one in bad:
            say(f"{one.name}: {one.why}")
        say(f"{wording.count(records, 'record')}, {len(bad)} damaged.")
    if bad:
        sys.exit(StorageError.exit_code)


@share.command()
@_place
@click.option("--all", "everything", is_flag=True, help="Also what nobody here vouches for.")
def push(project: str, shared: str | None, as_json: bool, everything: bool) -> None:
    """Put there what this project has bought and the store lacks.

    What neither pixelpipe.lock nor your own ledger names is left out: it may have come with any
    checkout. Doing it again is harmless.
    """
    from ..commands.share import pushing
    from ..config import workspace

    opened = _opened(project, shared)
    found = workspace.open(Path(project), os.environ, {"shared": shared})
    done = pushing.push(opened, found, everything=everything)
    if as_json:
        _show(msgspec.to_builtins(done))
        return
    say(f"Pushed {wording.count(done.pushed, 'purchase')}; {done.present} were there.")
    if done.left_out:
        say(f"{done.left_out} left out: nothing here names them, or their bytes are missing.")


@share.command()
@_place
@click.option("--older", type=click.IntRange(min=0), default=90, metavar="DAYS", show_default=True)
@click.option("--unlocked", is_flag=True, help="Those that this project's lock file does not name.")
@click.option("--yes", is_flag=True, help="Remove them without asking.")
def prune(
    project: str, shared: str | None, as_json: bool, older: int, unlocked: bool, yes: bool
) -> None:
    """List old purchases that this project does not use, with their price, and remove them.

    Other projects and other branches may use them: whoever needs one then pays again.
    """
    from ..commands.share import pruning

    if not unlocked:
        raise UsageError("say --unlocked: what pixelpipe.lock names is never removed")
    opened = _opened(project, shared)
    found = pruning.unlocked(opened, older, time.time())
    forfeited = sum(one.bought.credits_charged for one in found)
    if not as_json:
        for one in found:
            say(_pruned(one))
        say(f"{wording.count(found, 'purchase')} would be removed; they cost {forfeited} credits.")
    is_meant = bool(found) and (yes or _is_said(as_json))
    if is_meant:
        pruning.prune(opened, found)
    if as_json:
        names = [one.name for one in found]
        _show({"purchases": names, "credits_forfeited": forfeited, "removed": is_meant})
    elif found:
        say("Removed." if is_meant else "Nothing was removed; --yes removes them.")


def _pruned(one: Entrant) -> str:
    day = time.strftime("%Y-%m-%d", time.gmtime(one.at))
    prompt = wording.fitting(one.bought.resolved.prompt, 40)
    key = one.bought.request_key[:12]
    return f"{key}  {day}  take {one.bought.take}  {one.bought.credits_charged} credits  {prompt}"


def _is_said(as_json: bool) -> bool:
    can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
    return can_ask and click.confirm("Remove them?", default=False, err=True)


def _found(project: str, shared: str | None) -> Place:
    from ..commands.share import place

    return place.find(Path(project), shared, os.environ)


def _opened(project: str, shared: str | None) -> Opened:
    from ..commands.share import place

    return place.Opened(_found(project, shared), os.environ)


def _show(document: dict[str, object]) -> None:
    show_json(msgspec.json.encode({"share": _VERSION, **document}))
