"""A connection that sends at once what is written in one turn of the event loop.

An answer is written as a head and a body: sent one by one they cost two calls of the system, and
wake the caller twice.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Joined:
    """A transport that joins what is written; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # whatever asyncio's has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send soon, in order."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def flush(self) -> None:
        """Send now what was written."""
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts))

    def close(self) -> None:
        """Close when everything is sent."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what was written before is on its way."""
        self.flush()
        self._transport.abort()
