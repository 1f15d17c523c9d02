"""`engine`: the built-in engine as a server with accounts of its own."""

from __future__ import annotations

import io
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from ..core.errors import StorageError, UsageError
from .trust import remembered
from .voice import say, show_json

if TYPE_CHECKING:
    from ..engine.accounts import credits as pools

Command = TypeVar("Command", bound=Callable[..., object])

#: Where the server finds the key that was made for this run.
_KEY_VARIABLE = "PIXELPIPE_ENGINE_KEY"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_db = click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The engine's database, as given to `engine serve --db`.",
)
_account = click.option(
    "--account", default="default", show_default=True, help="Which account; each has own credits."
)

_prefix = click.argument("prefix")
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def _managing(command: Command) -> Command:
    """Add the options of every command that manages a database."""
    return _db(_account(command))


@click.group()
def engine() -> None:
    """Run the built-in engine as a server.

    It answers the Pixel Engine's API on this machine: offline, with play credits. Use it to try
    tools and build scripts without paying. `pixelpipe build` needs none of this: it starts the
    engine by itself.
    """


@engine.command()
@click.option(
    "--db",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep accounts, keys and jobs in this file; without it, in memory.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free port.")
@click.option(
    "--latency",
    default="none",
    show_default=True,
    metavar="TIME",
    help="How long jobs take: none, real (about 90 s), SECONDS or SECONDS:SIGMA.",
)
@click.option(
    "--chaos",
    default="",
    metavar="SCRIPT",
    help="Break on purpose, such as 'POST /animate 2: reset-after; rate=0.1'.",
)
@click.option("--seed", type=int, default=0, help="For the spread of --latency.")
@click.option(
    "--link-ttl",
    type=click.IntRange(1, 86_400),
    default=3600,
    show_default=True,
    metavar="SECONDS",
    help="How long download links work.",
)
@click.option("--slots", type=click.IntRange(1, 1000), help="Jobs that run at once.")
@_as_json
def serve(
    db: Path | None,
    host: str,
    port: int,
    latency: str,
    chaos: str,
    seed: int,
    link_ttl: int,
    slots: int | None,
    as_json: bool,
) -> None:
    """Serve until stopped with Ctrl-C.

    Prints the base URL, and a new API key when there is none yet; a key is shown this once.
    """
    with _sentences():
        from ..engine.accounts import latency as delays
        from ..engine.server import chaos as faults
        from ..engine.server import serve as server

        pace = delays.parse(latency, seed)
        script = faults.parse(chaos)
        key = _new_key(db)
        settings = server.Settings(
            host=host,
            port=port,
            db=db,
            key_env=_KEY_VARIABLE if db is None else None,
            link_ttl_s=link_ttl,
            latency=pace,
            chaos=script,
            slots=slots,
        )
        show = _show_json if as_json else _show
        with ExitStack() as stack:
            remembering = _Announcement(lambda url: show(url, key, db, host), stack)
            with redirect_stdout(remembering):
                server.run(settings)


@engine.group(short_help="Manage API keys.")
def keys() -> None:
    """Manage API keys: at most ten for an account, each shown only when it is made."""


@keys.command("add")
@_managing
@_as_json
@click.argument("name", required=False)
def add_key(db: Path, account: str, as_json: bool, name: str | None) -> None:
    """Make a key, and the database and account when they are new."""
    with _sentences():
        from ..engine.server import local

        key = local.add_key(db, name, account=account)
    if as_json:
        _print({"api_key": key, "account": account, "name": name})
        return
    say(key)
    say("The key is shown only now; put it into PIXEL_ENGINE_API_KEY.", err=True)


@keys.command("list")
@_managing
@_as_json
def list_keys(db: Path, account: str, as_json: bool) -> None:
    """List the keys by their first letters."""
    with _existing(db):
        from ..engine.server import local

        found = local.list_keys(db, account=account)
    if as_json:
        entries = [
            {"prefix": one.prefix, "name": one.name, "active": one.is_active} for one in found
        ]
        _print({"account": account, "keys": entries})
        return
    for one in found:
        state = "active" if one.is_active else "deactivated"
        say(f"{one.prefix}…  {state:11}  {one.name or ''}".rstrip())
    if not found:
        say(f"The account {account} has no keys; make one with `keys add`.", err=True)


@keys.command("rename")
@_managing
@_prefix
@click.argument("name", required=False)
def rename_key(db: Path, account: str, prefix: str, name: str | None) -> None:
    """Give a key another name, or none; the key itself stays valid."""
    with _existing(db):
        from ..engine.server import local

        local.rename_key(db, prefix, name, account=account)


@keys.command("deactivate")
@_managing
@_prefix
def deactivate_key(db: Path, account: str, prefix: str) -> None:
    """Pause a key; jobs that run go on."""
    with _existing(db):
        from ..engine.server import local

        local.deactivate_key(db, prefix, account=account)


@keys.command("activate")
@_managing
@_prefix
def activate_key(db: Path, account: str, prefix: str) -> None:
    """Let a paused key work again."""
    with _existing(db):
        from ..engine.server import local

        local.activate_key(db, prefix, account=account)


@keys.command("delete")
@_managing
@_prefix
def delete_key(db: Path, account: str, prefix: str) -> None:
    """Remove a key for good; its account keeps credits and jobs."""
    with _existing(db):
        from ..engine.server import local

        local.delete_key(db, prefix, account=account)


@engine.group()
def credits() -> None:
    """Manage play credits. They are worth nothing and cost nothing."""


@credits.command("add")
@_managing
@_as_json
@click.argument("number", type=click.IntRange(1, 1_000_000_000))
def add_credits(db: Path, account: str, as_json: bool, number: int) -> None:
    """Add credits to the purchased pool."""
    with _existing(db):
        from ..engine.server import local

        local.add_credits(db, number, account=account)
        found = local.balance(db, account=account)
    _show_pools(found, as_json)


@credits.command("refresh")
@_managing
@_as_json
def refresh_credits(db: Path, account: str, as_json: bool) -> None:
    """Fill the monthly pool up, as on the billing date."""
    with _existing(db):
        from ..engine.server import local

        local.refresh_credits(db, account=account)
        found = local.balance(db, account=account)
    _show_pools(found, as_json)


class _Announcement(io.TextIOBase):
    """Takes the server's first line, which names its URL, and lets a face show it."""

    def __init__(self, show: Callable[[str], None], stack: ExitStack) -> None:
        self._show = show
        self._stack = stack
        self._output = sys.stdout

    def write(self, text: str) -> int:
        """Show the URL of the one line of JSON; the line end comes by itself."""
        if text.strip():
            url = msgspec.json.decode(text, type=dict[str, str])["url"]
            self._stack.enter_context(remembered(url))
            with redirect_stdout(self._output):
                self._show(url)
        return len(text)

    def flush(self) -> None:
        """Flush what was shown."""
        self._output.flush()


def _new_key(db: Path | None) -> str | None:
    """Make the key of this run, or of a new database; None where keys are known already."""
    from ..engine.accounts import keys as engine_keys
    from ..engine.server import local

    if db is None:
        key = os.environ[_KEY_VARIABLE] = engine_keys.generate()
        return key
    if db.exists() and any(local.list_keys(db, account=name) for name in local.accounts(db)):
        return None
    return local.add_key(db, "first")


def _show(url: str, key: str | None, db: Path | None, host: str) -> None:
    kept = f"in {db}" if db else "in memory: keys, credits and results end with the server"
    say(f"The built-in engine answers at {url}")
    say(f"Accounts and jobs are kept {kept}.")
    if key is not None:
        say(f"API key, shown only now: {key}")
    say("Point pixelpipe, or any client of the API, to it:")
    say(f"  PIXELPIPE_SERVICE={url}")
    say(f"  PIXEL_ENGINE_API_KEY={key or '(a key of this database)'}")
    if host not in _LOOPBACK:
        say("Whoever reaches this address over the network can use it.", err=True)
    say("Stop it with Ctrl-C.", err=True)


def _show_json(url: str, key: str | None, db: Path | None, host: str) -> None:
    _print({"engine": 1, "url": url, "api_key": key, "db": None if db is None else str(db)})


def _show_pools(found: pools.Balance, as_json: bool) -> None:
    if as_json:
        figures = {
            "monthly_balance": found.monthly,
            "purchased_balance": found.purchased,
            "total_balance": found.total,
            "reserved": found.reserved,
            "available": found.available,
        }
        _print(figures)
        return
    say(
        f"{found.monthly} monthly + {found.purchased} purchased = {found.total} credits, "
        f"{found.reserved} reserved, {found.available} available"
    )


def _print(content: object) -> None:
    show_json(msgspec.json.encode(content))


@contextmanager
def _existing(db: Path) -> Iterator[None]:
    """Refuse a database that is not there: opening it would make an empty one."""
    if not db.exists():
        raise UsageError(f"{db}: there is no such database; `engine keys add` makes one")
    with _sentences():
        yield


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn the engine's own refusals into errors of the command line."""
    from ..engine.contract.errors import LocalRefusal

    try:
        yield
    except LocalRefusal as exc:
        raise UsageError(str(exc)) from exc
    except (sqlite3.Error, OSError) as exc:
        raise StorageError(f"the engine's database cannot be used: {exc}") from exc
