"""What the client asks of whatever carries its requests, and how that may break off.

Two ways exist: HTTP (wire.py), and an engine inside this process (inside.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class WireError(Exception):
    """An exchange broke off; the text says how, and holds no address and no header."""


class NotSent(WireError):
    """No byte of the request was written."""


class RouteError(WireError):
    """A variable of the environment leads nowhere: no byte was written, and none will be."""

    def __init__(self, message: str, variable: str) -> None:
        """Name the variable."""
        super().__init__(message)
        self.variable = variable


class Answer(Protocol):
    """An answer whose body is still to be read."""

    status: int
    #: By names as HTTP writes them: `Retry-After`.
    headers: Mapping[str, str]

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the body, at most `size` bytes at a time. Raises WireError."""


class Way(Protocol):
    """Carries requests, with certainty about what was sent. One for all threads."""

    def close(self) -> None:
        """Close all idle connections."""

    def get(
        self,
        url: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
        is_public: bool = False,
    ) -> AbstractContextManager[Answer]:
        """GET `url`; the body is read by the caller, inside the context, within `timeout_s`.

        `is_public` lets it lead to hosts on the internet only. Raises WireError.
        """

    def post(
        self, url: str, content: bytes, *, timeout_s: float, key: str
    ) -> AbstractContextManager[Answer]:
        """POST JSON once, never twice.

        Raises NotSent when no byte of it was written, and WireError when it broke off later.
        """
