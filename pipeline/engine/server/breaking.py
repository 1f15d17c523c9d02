"""Break an answer on purpose, as a drawn fault says: refuse, delay, garble, cut, or hang up."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from ..contract.errors import EngineError, InsufficientCredits, LinkExpired, RateLimited
from . import replies
from .chaos import BEFORE, Fault, FaultKind
from .replies import Reply
from .wire import Wire

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad gateway</body></html>"
_CHUNKS = 10


async def answer(wire: Wire, fault: Fault, carry_out: Callable[..., Awaitable[Reply]]) -> None:
    """Answer a request as `fault` says; faults named "after" happen once it was carried out."""
    if fault.kind in BEFORE:
        await _break_before(wire, fault)
        return
    reply = await carry_out(is_doomed=fault.kind is FaultKind.FAIL)
    match fault.kind:
        case FaultKind.RESET_AFTER:
            await _reset(wire)
        case FaultKind.STALL_AFTER:
            await asyncio.sleep(fault.value)
            await _reset(wire)
        case FaultKind.SLOW:
            await _answer_slowly(wire, reply, fault.value)
        case FaultKind.TRUNCATE:
            await _answer_half(wire, reply)
        case _:
            await wire.answer(_spoiled(reply, fault))


async def _break_before(wire: Wire, fault: Fault) -> None:
    match fault.kind:
        case FaultKind.RESET:
            await _reset(wire)
        case FaultKind.STALL:
            await asyncio.sleep(fault.value)
            await _reset(wire)
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


async def _answer_slowly(wire: Wire, reply: Reply, seconds: float) -> None:
    """Send a reply in pieces over `seconds`."""
    await wire.begin(reply)
    size = -(-len(reply.body) // _CHUNKS) or 1
    for at in range(0, len(reply.body), size):
        await asyncio.sleep(seconds / _CHUNKS)
        await wire.send(reply.body[at : at + size], is_last=False)
    await wire.send(b"", is_last=True)


async def _answer_half(wire: Wire, reply: Reply) -> None:
    """Announce the whole reply, send half of it and close."""
    await wire.begin(reply)
    await wire.send(reply.body[: len(reply.body) // 2], is_last=False)
    wire.transport.close()
    await wire.gone()


async def _reset(wire: Wire) -> None:
    """Break the connection so that the caller gets a reset."""
    sock = wire.transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.transport.abort()
    await wire.gone()
