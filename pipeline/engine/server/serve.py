"""Run the engine as a server: one line on standard output when ready, the log on standard error."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import cast

import msgspec
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..accounts import credits, database, jobs
from ..accounts.latency import Latency
from ..contract.errors import InvalidRequest, LocalRefusal
from . import local, replies
from .app import App
from .chaos import Chaos
from .joined import Joined
from .origin import API_PATH, Origins
from .pace import Pace
from .pool import RenderPool
from .replies import CORS
from .runner import Runner
from .service import Service
from .tls import Certificate

_WORKERS = 2
_MANY = 10_000
_GRACE_S = 3.0
_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S


class Settings(msgspec.Struct, frozen=True):
    """Say how to serve. `db` None keeps everything in memory; `slots` None fits the latency.

    `credits` are those of the account in memory, endless by default; `is_any_model` takes every
    name of a model.

    Result files are kept `keep_s` seconds: by default a day, in memory an hour.
    """

    host: str = "127.0.0.1"
    port: int = 0
    db: Path | None = None
    key_env: str | None = None
    is_ending_with_stdin: bool = False
    link_ttl_s: int = 3600
    hold_s: float = jobs.HOLD_S
    keep_s: float | None = None
    latency: Latency = msgspec.field(default_factory=Latency)
    chaos: Chaos = msgspec.field(default_factory=Chaos)
    slots: int | None = None
    workers: int = _WORKERS
    matte_noise: int = 0
    origins: Origins = msgspec.field(default_factory=Origins)
    tls: Certificate | None = None
    credits: int | None = None
    is_any_model: bool = False

    @property
    def pace(self) -> Pace:
        """Give the runner's part; without latency a few more jobs than workers keep those busy."""
        slots = self.slots or (_MANY if self.latency.median_s else self.workers + 2)
        return Pace(self.latency, slots, self.hold_s, self.lasting_s)

    @property
    def lasting_s(self) -> float:
        """Give the seconds that a result file is kept."""
        return self.keep_s or max(self.link_ttl_s, _HOUR_S if self.db is None else _DAY_S)


class _Protocol(H11Protocol):
    """Give the app its transport, so that it can break connections on purpose.

    A request's head must come within a time: else some who say nothing keep all others out.
    """

    #: Seconds for the head of a request.
    head_s = 15.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # uvicorn itself narrows BaseTransport to Transport here.
        joined = cast(asyncio.Transport, Joined(transport, self.loop))
        super().connection_made(joined)
        self.app_state = {**self.app_state, "transport": joined}
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that has begun must become whole soon."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif before is None or before.response_complete:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the shape of every other refusal."""
        reply = replies.refusal(InvalidRequest(msg))
        named = (("content-type", reply.content_type), *CORS, ("connection", "close"))
        lines = ["HTTP/1.1 400 Bad Request", f"content-length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in named]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
        self.transport.close()


class _Server(uvicorn.Server):
    """Leave Ctrl-C to the parent, if it is the one that decides when this server ends."""

    def __init__(self, config: uvicorn.Config, *, is_child: bool) -> None:
        super().__init__(config)
        self._is_child = is_child

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not (self._is_child and sig == signal.SIGINT):
            super().handle_exit(sig, frame)


class Address(msgspec.Struct, frozen=True):
    """Name the API's base URL for callers, and the one on this machine: often the same."""

    url: str
    local: str


def print_line(found: Address) -> None:
    """Announce the base address as one line of JSON on standard output."""
    print(json.dumps({"url": found.url}), flush=True)


def run(settings: Settings, announce: Callable[[Address], None] = print_line) -> None:
    """Serve until a signal, or until standard input closes when `settings` say so.

    `announce` gets the base address as soon as callers may connect. Raises LocalRefusal.
    """
    # Beneath a command line the log is written by its handler, which knows what a terminal obeys.
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s")
    logging.getLogger().setLevel(logging.INFO)
    with contextlib.closing(database.connect(settings.db)) as db:
        if settings.credits is not None and settings.key_env is None:
            raise LocalRefusal(
                "credits are given to the account of a key in memory, not a database"
            )
        if settings.key_env is not None:
            add_key_of_environment(db, settings.key_env, settings.credits)
        credits.refresh_due(db, time.time())
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(settings, db, announce))


def add_key_of_environment(
    db: sqlite3.Connection, variable: str, allowance: int | None = None
) -> None:
    """Let the key in an environment variable work, for an account of `allowance` or no end."""
    key = os.environ.get(variable, "")
    if not key:
        raise LocalRefusal(f"the environment variable {variable} holds no key")
    local.admit(db, key, f"environment {variable}", allowance)


async def _serve(
    settings: Settings, db: sqlite3.Connection, announce: Callable[[Address], None]
) -> None:
    pool = RenderPool(settings.workers, settings.matte_noise)
    runner = Runner(db, pool, settings.pace)
    service = Service(
        db, runner, link_ttl_s=settings.link_ttl_s, hold_s=settings.hold_s,
        keep_s=settings.lasting_s, is_any_model=settings.is_any_model,
    )  # fmt: skip
    with _listening(settings.host, settings.port) as sock:
        server = _server(App(service, settings.chaos, settings.origins), settings)
        running = asyncio.create_task(runner.run())
        if settings.is_ending_with_stdin:
            threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
        announce(_address(sock, settings))
        pool.warm_up()
        try:
            await server.serve(sockets=[sock])
        finally:
            running.cancel()
            pool.close()


def _listening(host: str, port: int) -> socket.socket:
    """Listen before the line is printed, so that nobody who has read it is refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio sets TCP_NODELAY; without it answers wait 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(1024)
    except (OSError, OverflowError) as exc:
        sock.close()
        raise LocalRefusal(f"cannot listen on {host} port {port}: {exc}") from exc
    return sock


def _server(app: App, settings: Settings) -> _Server:
    return _Server(
        uvicorn.Config(
            app, http=_Protocol, ws="none", lifespan="off", interface="asgi3", log_config=None,
            access_log=False, proxy_headers=False, server_header=False, timeout_keep_alive=75,
            timeout_graceful_shutdown=1, log_level="warning",
            ssl_certfile=settings.tls.certificate if settings.tls else None,
            ssl_keyfile=settings.tls.key if settings.tls else None,
        ),
        is_child=settings.is_ending_with_stdin,
    )  # fmt: skip


def _address(sock: socket.socket, settings: Settings) -> Address:
    scheme = "http" if settings.tls is None else "https"
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    local = f"{scheme}://{shown}:{port}{API_PATH}"
    public = settings.origins.public
    return Address(public + API_PATH if public else local, local)


def _end_with_stdin(server: uvicorn.Server) -> None:
    """Follow the parent into the grave: its end closes our standard input, even after kill -9."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.should_exit = True
    time.sleep(_GRACE_S)
    os._exit(0)
