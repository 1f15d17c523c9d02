"""What may be written as `workers`: who finishes sprites, when there are many."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .project_settings import AUTO, DASK
from .shapes import Text, Whole, nearest
from .tables import OneOf

#: More processes than this are a slip of the finger.
_MOST = 1024
_SCHEMES = ("tcp", "tls")
_ADDRESS = r"(?:tcp|tls)://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}"


def address(text: str) -> str:
    """Return the address of a Dask scheduler in the one form in which it is compared.

    Raises ValueError with the reason for what is none.
    """
    if not re.fullmatch(_ADDRESS, text, re.IGNORECASE):
        raise ValueError(
            f"`{text}` is no scheduler's address; write it as `tls://host:8786` or, "
            "where nobody else is on the network, `tcp://host:8786`"
        )
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise ValueError(f"`{text}` names no host and port")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_address(text: str) -> bool:
    """Tell whether `text` is meant as a scheduler's address, by its scheme."""
    return text.partition("://")[0].lower() in _SCHEMES and "://" in text


def _problem(text: str) -> str | None:
    """Say why `text` names no workers."""
    words = (AUTO, DASK)
    if text in words or (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST):
        return None
    if "://" not in text:
        return (
            f"must be {AUTO}, a number of processes up to {_MOST}, {DASK} or a scheduler's "
            f"address, not `{text}`{nearest(text, words)}"
        )
    try:
        address(text)
    except ValueError as exc:
        return str(exc)
    return None


def _converted(text: str) -> str:
    return address(text) if "://" in text else text


WORKERS = OneOf(
    shapes=(
        Whole(low=1, high=_MOST),
        Text(
            wanted=f"`{AUTO}`, `{DASK}` or a Dask scheduler's address such as `tls://host:8786`",
            pattern=rf"^(?:{AUTO}|{DASK}|[1-9][0-9]{{0,3}}|{_ADDRESS})$",
            check=_problem,
            convert=_converted,
            examples=(AUTO, DASK, "tls://host:8786"),
        ),
    )
)
