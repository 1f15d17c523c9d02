"""Read requests from and write answers to an ASGI connection.

No event loop is loaded for it: one sprite is answered in the process that asks (within.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from ..contract.errors import PayloadTooLarge
from .origin import Origins
from .replies import CORS, Reply

# ASGI messages are open dictionaries by specification, hence Any.
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Wire:
    """Speak over one connection about one request."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, origins: Origins) -> None:
        self._scope = scope
        self._origins = origins
        self._receive = receive
        self._send = send
        self.method: str = scope["method"]
        self.path: str = scope["path"]

    @property
    def query(self) -> dict[str, str]:
        """Read the query; of a name given twice the last counts."""
        return dict(
            parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True)
        )

    def header(self, name: str) -> str | None:
        """Find a header by its lower-case name."""
        wanted = name.encode()
        for key, value in self._scope["headers"]:
            if key == wanted:
                return str(value.decode("latin-1"))
        return None

    @property
    def origin(self) -> str:
        """Say where the caller reached this server, for links that lead back to it."""
        peer = self._scope.get("client") or ("",)
        return self._origins.of(
            self._scope["scheme"], self._scope["server"], str(peer[0]), self.header
        )

    async def body(self, most: int) -> bytes:
        """Read the whole body. Raises PayloadTooLarge beyond `most` bytes, without reading on."""
        announced = self.header("content-length") or "0"
        if announced.isdigit() and int(announced) > most:
            raise PayloadTooLarge(f"The body has {announced} bytes; at most {most} are accepted.")
        parts = bytearray()
        is_more = True
        while is_more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ConnectionResetError("the caller went away")
            parts += message.get("body", b"")
            is_more = message.get("more_body", False)
            if len(parts) > most:
                raise PayloadTooLarge(f"The body is longer than {most} bytes.")
        return bytes(parts)

    async def answer(self, reply: Reply) -> None:
        """Send a whole reply with CORS headers."""
        await self.begin(reply)
        await self.send(reply.body, is_last=True)
        if "state" in self._scope:  # a real connection: nobody waits for those who ask beside him
            self.transport.flush()

    async def begin(self, reply: Reply) -> None:
        """Send status and headers, which announce the whole body."""
        headers = [("content-type", reply.content_type), *CORS, *reply.headers]
        if reply.status != 204:
            headers.append(("content-length", str(len(reply.body))))
        encoded = [(key.encode(), value.encode("latin-1")) for key, value in headers]
        await self._send(
            {"type": "http.response.start", "status": reply.status, "headers": encoded}
        )

    async def send(self, piece: bytes, *, is_last: bool) -> None:
        """Send a piece of the body."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": not is_last})

    async def gone(self) -> None:
        """Wait until the server knows that the connection is lost, so that it adds no answer."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def transport(self) -> Any:  # asyncio's, which only those who break it need to know
        """Give the connection itself."""
        return self._scope["state"]["transport"]
