"""Answer HTTP requests: the order of checks, JSON on every path, CORS on every answer.

Order: key, path, method, JSON, fields, picture, price, then job and hold. The vendor's is unknown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import msgspec

from ..accounts import jobs, keys, links
from ..contract.errors import (
    EngineError,
    InsufficientCredits,
    InvalidRequest,
    LinkExpired,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    UnsupportedMediaType,
)
from ..contract.fields import Body
from . import replies
from .chaos import BEFORE, Chaos, Fault, FaultKind
from .origin import API_PATH, Origins
from .replies import Reply
from .service import ENDPOINTS, Request, Service
from .wire import Receive, Scope, Send, Wire

log = logging.getLogger(__name__)

CONTRACT = Path(__file__).with_name("openapi.json")
_MIB = 1024 * 1024
_LARGEST_BODY = 8 * _MIB
_LARGEST_BODIES = {"/animate-batch": 32 * _MIB, "/keyframes": 32 * _MIB}
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>"


class App:
    """Be the ASGI application of one service."""

    def __init__(self, service: Service, chaos: Chaos, origins: Origins) -> None:
        self._service = service
        self._chaos = chaos
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; `scope` is an HTTP one."""
        wire = Wire(scope, receive, send, self._origins)
        kind = _kind(wire)
        fault = self._chaos.draw(kind) if kind else None
        try:
            if fault is None:
                await wire.answer(await self._reply(wire))
            else:
                log.info("chaos: %s gets %s", kind, fault.kind)
                await self._break(wire, fault)
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

    async def _break(self, wire: Wire, fault: Fault) -> None:
        """Answer a request as `fault` says; faults named "after" happen once it was carried out."""
        if fault.kind in BEFORE:
            await _break_before(wire, fault)
            return
        reply = await self._reply(wire, is_doomed=fault.kind is FaultKind.FAIL)
        match fault.kind:
            case FaultKind.RESET_AFTER:
                await wire.reset()
            case FaultKind.STALL_AFTER:
                await asyncio.sleep(fault.value)
                await wire.reset()
            case FaultKind.SLOW:
                await wire.answer_slowly(reply, fault.value)
            case FaultKind.TRUNCATE:
                await wire.answer_half(reply)
            case _:
                await wire.answer(_spoiled(reply, fault))


async def _break_before(wire: Wire, fault: Fault) -> None:
    match fault.kind:
        case FaultKind.RESET:
            await wire.reset()
        case FaultKind.STALL:
            await asyncio.sleep(fault.value)
            await wire.reset()
        case _:
            await wire.answer(_refused(fault))


def _refused(fault: Fault) -> Reply:
    """Give the answer of a fault that keeps the request from being carried out."""
    match fault.kind:
        case FaultKind.HTML:
            return Reply(502, _HTML, "text/html")
        case FaultKind.NO_CREDITS:
            return replies.refusal(
                InsufficientCredits("There are not enough credits for this job.")
            )
        case FaultKind.RATE_LIMIT:
            return replies.refusal(
                RateLimited("Too many requests.", retry_after_s=round(fault.value))
            )
        case FaultKind.EXPIRED:
            return replies.refusal(LinkExpired("The download link has expired."))
        case FaultKind.UNAVAILABLE:
            return Reply(503, b'{"message":"name resolution failed"}')
        case _:
            return replies.refusal(EngineError("Something went wrong on the server."))


def _spoiled(reply: Reply, fault: Fault) -> Reply:
    """Give the answer of a fault that comes after the request was carried out."""
    match fault.kind:
        case FaultKind.ERROR_AFTER:
            return replies.refusal(EngineError("Something went wrong on the server."))
        case FaultKind.HTML_AFTER:
            return Reply(502, _HTML, "text/html")
        case FaultKind.GARBLED:
            return Reply(reply.status, b'{"api_job_id": ', reply.content_type)
        case FaultKind.CORRUPT:
            middle = len(reply.body) // 2
            flipped = bytes(byte ^ 0x55 for byte in reply.body[middle : middle + 64])
            body = reply.body[:middle] + flipped + reply.body[middle + 64 :]
            return Reply(reply.status, body, reply.content_type, reply.headers)
        case _:
            return reply


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
