"""Run the engine by itself: `python -m pipeline.engine serve | keys | credits`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .accounts import latency
from .contract.errors import LocalRefusal
from .server import chaos, local, origin, tls


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        if parsed.command == "serve":
            _serve(parsed)
        elif parsed.command == "keys":
            _keys(parsed)
        else:
            _credits(parsed)
    except LocalRefusal as refusal:
        print(refusal, file=sys.stderr)
        return 2
    return 0


def _serve(parsed: argparse.Namespace) -> None:
    from .server import serve

    serve.run(
        serve.Settings(
            host=parsed.host,
            port=parsed.port,
            db=parsed.db,
            key_env=parsed.key_env,
            is_ending_with_stdin=parsed.until_stdin_closes,
            link_ttl_s=parsed.link_ttl,
            hold_s=parsed.hold,
            latency=latency.parse(parsed.latency, parsed.seed),
            chaos=chaos.parse(parsed.chaos),
            slots=parsed.slots,
            workers=parsed.workers,
            matte_noise=parsed.matte_noise,
            keep_s=parsed.keep,
            origins=origin.parse(parsed.public_url, parsed.trust_proxy),
            tls=tls.read(parsed.tls_cert, parsed.tls_key),
            credits=parsed.credits,
            is_any_model=parsed.any_model,
        )
    )


def _keys(parsed: argparse.Namespace) -> None:
    match parsed.action:
        case "add":
            print(local.add_key(parsed.db, parsed.name, account=parsed.account))
        case "list":
            for key in local.list_keys(parsed.db, account=parsed.account):
                state = "active" if key.is_active else "deactivated"
                print(f"{key.prefix}…  {state}  {key.name or ''}".rstrip())
        case "rename":
            local.rename_key(parsed.db, parsed.prefix, parsed.name, account=parsed.account)
        case "deactivate":
            local.deactivate_key(parsed.db, parsed.prefix, account=parsed.account)
        case "activate" | "reactivate":
            local.activate_key(parsed.db, parsed.prefix, account=parsed.account)
        case _:
            local.delete_key(parsed.db, parsed.prefix, account=parsed.account)


def _credits(parsed: argparse.Namespace) -> None:
    if parsed.action == "add":
        local.add_credits(parsed.db, parsed.credits, account=parsed.account)
    else:
        local.refresh_credits(parsed.db, account=parsed.account)
    found = local.balance(parsed.db, account=parsed.account)
    print(f"{found.monthly} monthly + {found.purchased} purchased, {found.reserved} reserved")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_serve(commands.add_parser("serve", help="answer the Pixel Engine's API on this machine"))
    keys = commands.add_parser("keys", help="manage API keys").add_subparsers(
        dest="action", required=True
    )
    for action in ("add", "list", "rename", "deactivate", "activate", "reactivate", "delete"):
        verb = keys.add_parser(action)
        _add_store(verb)
        if action not in ("add", "list"):
            verb.add_argument("prefix")
        if action in ("add", "rename"):
            verb.add_argument("name", nargs="?")
    funds = commands.add_parser("credits", help="add play credits").add_subparsers(
        dest="action", required=True
    )
    for action in ("add", "refresh"):
        verb = funds.add_parser(action)
        _add_store(verb)
        if action == "add":
            verb.add_argument("credits", type=int)
    return parser


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--account", default=local.DEFAULT_ACCOUNT)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--db", type=Path, help="SQLite file; without it all is kept in memory")
    parser.add_argument("--key-env", metavar="NAME", help="take one API key from this variable")
    parser.add_argument("--until-stdin-closes", action="store_true")
    parser.add_argument("--link-ttl", type=int, default=3600, metavar="SECONDS")
    parser.add_argument("--hold", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--latency", default="none", help="none, real, SECONDS or SECONDS:SIGMA")
    parser.add_argument("--chaos", default="", help="e.g. 'POST /animate 2: reset-after; rate=0.1'")
    parser.add_argument("--seed", type=int, default=0, help="for the spread of --latency")
    parser.add_argument("--slots", type=int, help="jobs that run at once")
    parser.add_argument("--keep", type=float, metavar="SECONDS", help="life of result files")
    parser.add_argument("--public-url", metavar="URL", help="where callers reach this server")
    parser.add_argument("--trust-proxy", action="append", default=[], metavar="ADDRESS")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE")
    parser.add_argument("--tls-key", type=Path, metavar="FILE")
    parser.add_argument("--credits", type=int, help="of the account of --key-env; endless without")
    parser.add_argument("--any-model", action="store_true", help="take every name of a model")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--matte-noise", type=int, default=0, help="0..64")


if __name__ == "__main__":
    sys.exit(main())
