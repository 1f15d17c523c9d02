"""Answer HTTP requests: the order of checks, JSON on every path, CORS on every answer.

Order: key, path, method, JSON, fields, picture, price, then job and hold. The vendor's is unknown.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..accounts import jobs, keys, links
from ..contract.errors import (
    EngineError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    UnsupportedMediaType,
)
from ..contract.fields import Body
from . import replies
from .origin import API_PATH, Origins
from .replies import Reply
from .service import ENDPOINTS, Request, Service
from .wire import Receive, Scope, Send, Wire

if TYPE_CHECKING:
    from .chaos import Chaos

log = logging.getLogger(__name__)

CONTRACT = Path(__file__).with_name("openapi.json")
_MIB = 1024 * 1024
_LARGEST_BODY = 8 * _MIB
_LARGEST_BODIES = {"/animate-batch": 32 * _MIB, "/keyframes": 32 * _MIB}


class App:
    """Be the ASGI application of one service."""

    def __init__(self, service: Service, chaos: Chaos | None, origins: Origins) -> None:
        self._service = service
        self._chaos = chaos
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `scope` is an HTTP one."""
        wire = Wire(scope, receive, send, self._origins)
        kind = _kind(wire)
        fault = self._chaos.draw(kind) if self._chaos and kind else None
        try:
            if fault is None:
                await wire.answer(await self._reply(wire))
            else:
                log.info("chaos: %s gets %s", kind, fault.kind)
                from . import breaking  # loads an event loop, which a sound answer does without

                await breaking.answer(wire, fault, partial(self._reply, wire))
        except ConnectionResetError:
            log.info("%s %s: the caller went away", wire.method, wire.path)

    async def _reply(self, wire: Wire, *, is_doomed: bool = False) -> Reply:
        try:
            if wire.method == "OPTIONS":
                return Reply(204, b"")
            if wire.path.startswith(f"{API_PATH}/") or wire.path == API_PATH:
                return await self._api(wire, is_doomed)
            return self._file(wire)
        except EngineError as error:
            return replies.refusal(error)
        except ConnectionResetError:
            raise
        except Exception:
            log.exception("%s %s failed", wire.method, wire.path)
            return replies.refusal(EngineError("Something went wrong on the server."))

    async def _api(self, wire: Wire, is_doomed: bool) -> Reply:
        account = keys.account_of(self._service.db, wire.header("authorization"))
        path = wire.path.removeprefix(API_PATH)
        if path not in ENDPOINTS:
            raise NotFound(f"There is no endpoint {path or '/'} in this API.")
        method, endpoint = ENDPOINTS[path]
        _check_method(wire, (method,))
        body: Body = {}
        if method == "POST":
            _check_type(wire)
            body = _parse(await wire.body(_LARGEST_BODIES.get(path, _LARGEST_BODY)))
        request = Request(wire.query, body, wire.origin, is_doomed)
        return replies.of(endpoint(self._service, account, request))

    def _file(self, wire: Wire) -> Reply:
        if wire.path == "/openapi.json":
            _check_method(wire, ("GET", "HEAD"))
            return Reply(200, CONTRACT.read_bytes())
        if not wire.path.startswith(links.PREFIX):
            raise NotFound(f"There is nothing here; the API is under {API_PATH}.")
        _check_method(wire, ("GET", "HEAD"))
        job = wire.path.removeprefix(links.PREFIX)
        links.verify(self._service.secret, job, wire.query.get("token", ""), time.time())
        body, content_type = jobs.result(self._service.db, job)
        return Reply(200, body, content_type, (("cache-control", "private, no-store"),))


def _kind(wire: Wire) -> str | None:
    """Name a request as chaos scripts do, or None for what they do not know."""
    if wire.path.startswith(links.PREFIX):
        return f"{wire.method} /download"
    path = wire.path.removeprefix(API_PATH)
    return f"{wire.method} {path}" if ENDPOINTS.get(path, ("",))[0] == wire.method else None


def _check_method(wire: Wire, allowed: tuple[str, ...]) -> None:
    if wire.method not in allowed:
        raise MethodNotAllowed(
            f"{wire.method} is not possible here; use {' or '.join(allowed)}.",
            allowed=(*allowed, "OPTIONS"),
        )


def _check_type(wire: Wire) -> None:
    """Refuse a body that does not say that it is JSON; a charset behind it is fine."""
    said = (wire.header("content-type") or "").partition(";")[0].strip()
    if said.lower() != replies.JSON:
        shown = f'"{said[:60]}"' if said else "missing"
        raise UnsupportedMediaType(
            f"The Content-Type is {shown}; every request body of this API is {replies.JSON}."
        )


def _parse(raw: bytes) -> Body:
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidRequest("The body is not valid JSON.") from exc
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return body
