"""`engine`: the built-in engine as a server with accounts of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from ..core.errors import UsageError
from . import engine_serve, loudness
from .voice import say, show_json

if TYPE_CHECKING:
    from ..engine.accounts import credits as pools

Command = TypeVar("Command", bound=Callable[..., object])

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


engine.add_command(engine_serve.serve)


@engine.group(short_help="Manage API keys.")
def keys() -> None:
    """Manage API keys: at most ten for an account, each shown only when it is made."""


@keys.command("add")
@_managing
@_as_json
@click.argument("name", required=False)
def add_key(db: Path, account: str, as_json: bool, name: str | None) -> None:
    """Make a key, and the database and account when they are new."""
    with engine_serve.sentences():
        from ..engine.server import local

        key = local.add_key(db, name, account=account)
    if as_json:
        _print({"api_key": key, "account": account, "name": name})
        return
    say(key)
    loudness.hint("The key is shown only now; put it into PIXEL_ENGINE_API_KEY.", err=True)


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


@keys.command("activate", short_help="Let a paused key work again.")
@_managing
@_prefix
def activate_key(db: Path, account: str, prefix: str) -> None:
    """Let a paused key work again."""
    with _existing(db):
        from ..engine.server import local

        local.activate_key(db, prefix, account=account)


keys.add_command(activate_key, "reactivate")


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
    with engine_serve.sentences():
        yield
