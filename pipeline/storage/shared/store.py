"""What a shared store can do, whatever holds it: a folder, a bucket, a web server."""

from __future__ import annotations

from typing import Protocol

from ...core.errors import UnavailableError


class Unreachable(UnavailableError):
    """The store did not answer, or not in time; whether a write took effect is not known."""


class Refused(Unreachable):
    """The store answers, and lets us do nothing of the kind: credentials, rights, its nature."""


class Store(Protocol):
    """Named objects of bytes. Names are relative, with slashes: `bytes/ab/DIGEST.png`."""

    #: What a person wrote: `s3://art/game`, `/mnt/art`, `https://art.example/game`.
    url: str
    #: Whether objects may be created; a web server is only read.
    is_writable: bool

    def get(self, name: str) -> bytes | None:
        """Return the object's bytes, None if there is none. Raises Unreachable."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Create the object; False if it exists already, which leaves it as it is.

        Exactly one of several machines that create the same name gets True.
        Raises Unreachable: it may or may not exist now.
        """
        ...

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with `prefix`, sorted; may lag behind. Raises Unreachable."""
        ...

    def delete(self, name: str) -> None:
        """Delete the object if it exists: pruning alone does. Raises Unreachable."""
        ...


class Dated(Store, Protocol):
    """A store that knows when its objects were created, by its own clock."""

    def times(self, prefix: str) -> dict[str, float]:
        """Return `names`, each with UTC seconds. Raises Unreachable."""
        ...
