"""`engine serve`: its options, and what it says when callers may connect."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
import msgspec

from ..core.errors import StorageError, UsageError
from . import loudness
from .trust import remembered
from .voice import say, show_json

if TYPE_CHECKING:
    from ..engine.server import serve as server

Command = TypeVar("Command", bound=Callable[..., object])

#: Where the server finds its key: the user's own, or the one that was made for this run.
_KEY_VARIABLE = "PIXELPIPE_ENGINE_KEY"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Announcement:
    """Say what callers need; `key` None when it is known already."""

    key: str | None
    db: Path | None
    host: str
    is_quick: bool

    def text(self, found: server.Address) -> None:
        """Say it in lines, two of which can be copied."""
        kept = f"in {self.db}" if self.db else "in memory: all ends with the server"
        known = f"(the key in {_KEY_VARIABLE})" if self.db is None else "(a key of this database)"
        say(f"The built-in engine answers at {found.url}")
        loudness.hint(f"Accounts, credits, jobs and results are kept {kept}.")
        if self.key is not None:
            say(f"API key, shown only now: {self.key}")
        loudness.hint("Point pixelpipe, or any client of the API, to it:")
        loudness.hint(f"  PIXELPIPE_SERVICE={found.url}")
        loudness.hint(f"  PIXEL_ENGINE_API_KEY={self.key or known}")
        loudness.hint(f"The contract (OpenAPI 3.1): {_contract(found)}")
        if self.is_quick:
            loudness.hint(
                "Jobs end at once; `--latency real` makes each take about 90 s, as real ones do."
            )
        if found.local != found.url:
            say(f"On this machine it listens at {found.local}")
        if self.host not in _LOOPBACK:
            say("Whoever reaches this address over the network can use it.", err=True)
        loudness.hint("Stop it with Ctrl-C.", err=True)

    def json(self, found: server.Address) -> None:
        """Say it as one object."""
        content = {
            "engine": 1, "url": found.url, "local_url": found.local, "openapi": _contract(found),
            "api_key": self.key, "db": None if self.db is None else str(self.db),
        }  # fmt: skip
        show_json(msgspec.json.encode(content))


def _serving(command: Command) -> Command:
    """Add the options that say how to serve."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--db", type=_FILE, metavar="FILE",
        help="Keep accounts, keys and jobs in this file; without it, in memory.",
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free port."),
    click.option(
        "--public-url", metavar="URL",
        help="Where callers reach it, such as https://engine.test: links are made of it.",
    ),
    click.option(
        "--trust-proxy", "proxies", multiple=True, metavar="ADDRESS",
        help="Believe X-Forwarded-* from this address or network; may be repeated.",
    ),
    click.option(
        "--tls-cert", type=_FILE, metavar="FILE", help="Serve https with this certificate (PEM)."
    ),
    click.option("--tls-key", type=_FILE, metavar="FILE", help="The certificate's key (PEM)."),
    click.option(
        "--credits", type=click.IntRange(0, 1_000_000_000), metavar="N",
        help="What the account in memory has each month; without end by default.",
    ),
    click.option(
        "--latency", default="none", show_default=True, metavar="TIME",
        help="How long jobs take: none, real (about 90 s), SECONDS or SECONDS:SIGMA.",
    ),
    click.option(
        "--chaos", default="", metavar="SCRIPT",
        help="Break on purpose, such as 'POST /animate 2: reset-after; rate=0.1'.",
    ),
    click.option("--seed", type=int, default=0, help="For the spread of --latency."),
    click.option(
        "--link-ttl", type=click.IntRange(1, 86_400), default=3600, show_default=True,
        metavar="SECONDS", help="How long download links work.",
    ),
    click.option("--slots", type=click.IntRange(1, 1000), help="Jobs that run at once."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout."),
)  # fmt: skip


@click.command()
@_serving
def serve(
    db: Path | None,
    host: str,
    port: int,
    public_url: str | None,
    proxies: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    credits: int | None,
    latency: str,
    chaos: str,
    seed: int,
    link_ttl: int,
    slots: int | None,
    as_json: bool,
) -> None:
    """Serve until stopped with Ctrl-C.

    Prints the base URL, the address of its OpenAPI file, and a new API key when there is none yet;
    a key is shown this once. In memory, PIXELPIPE_ENGINE_KEY may bring the key: pe_sk_ and at
    least 8 signs.
    """
    if db is not None and credits is not None:
        raise UsageError("--credits is for the account in memory; use `engine credits add --db`")
    with sentences():
        from ..engine.accounts import latency as delays
        from ..engine.server import chaos as faults
        from ..engine.server import origin, tls
        from ..engine.server import serve as server

        settings = server.Settings(
            host=host,
            port=port,
            db=db,
            key_env=_KEY_VARIABLE if db is None else None,
            link_ttl_s=link_ttl,
            latency=delays.parse(latency, seed),
            chaos=faults.parse(chaos),
            slots=slots,
            origins=origin.parse(public_url, proxies),
            tls=tls.read(tls_cert, tls_key),
            credits=credits,
        )
        words = _Announcement(_new_key(db), db, host, latency == "none")
        _run(settings, words.json if as_json else words.text)


def _run(settings: server.Settings, show: Callable[[server.Address], None]) -> None:
    """Serve, and remember for as long that this user serves the local address."""
    from ..engine.server import serve as server

    with ExitStack() as stack:

        def announce(found: server.Address) -> None:
            stack.enter_context(remembered(found.local))
            show(found)

        server.run(settings, announce)


def _contract(found: server.Address) -> str:
    return found.url.removesuffix("/functions/v1") + "/openapi.json"


def _new_key(db: Path | None) -> str | None:
    """Make the key of this run, or of a new database; None where keys are known already."""
    from ..engine.accounts import keys as engine_keys
    from ..engine.server import local

    if db is None:
        if os.environ.get(_KEY_VARIABLE):
            return None
        key = os.environ[_KEY_VARIABLE] = engine_keys.generate()
        return key
    if db.exists() and any(local.list_keys(db, account=name) for name in local.accounts(db)):
        return None
    return local.add_key(db, "first")


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the engine's own refusals into errors of the command line."""
    from ..engine.contract.errors import LocalRefusal

    try:
        yield
    except LocalRefusal as exc:
        raise UsageError(str(exc)) from exc
    except (sqlite3.Error, OSError) as exc:
        raise StorageError(f"the engine's database cannot be used: {exc}") from exc
