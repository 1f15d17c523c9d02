"""Read an HTTP answer within one deadline: a peer that sends a byte now and then holds nobody.

`http.client` and `urllib3` give each read of a socket its time, and an answer as many reads as it
likes. A connection class whose `response_class` is Response gives the whole answer, from its status
line to its last byte, the time that its socket gives a read. Looks at the clock and at the socket
that it is handed; it opens none.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any, cast


class _Timed(io.RawIOBase):
    """The receiving half of a socket, with one deadline for all that is read from it."""

    def __init__(self, sock: socket.socket) -> None:
        """Give the whole answer as long as the socket's own timeout gives each read."""
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        timeout_s = sock.gettimeout()
        self._ends = None if timeout_s is None else time.monotonic() + timeout_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # the type has only a private name
        if self._ends is not None:
            # A peer that sends a byte now and then would hold us for ever.
            left_s = self._ends - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Receiver:
    """What http.client wants of a socket: a file to read the answer from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock))


class Response(http.client.HTTPResponse):
    """An answer that has the socket's time in all; reading on then raises TimeoutError."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(cast(socket.socket, _Receiver(sock)), *args, **options)
