"""The names of a shared store's objects: what lies where, and what is no name at all."""

from __future__ import annotations

import re

#: Says that a store is one; made by `pixelpipe share init`, and read before anything else.
MARK = "pixelpipe.json"
BYTES, RECORDS, CLAIMS = "bytes/", "records/", "claims/"
#: Hex digits of the digest in the name of a further record: 64 bits tell results of a key apart.
_SHORT = 16
_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_NAME = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


def is_name(name: str) -> bool:
    """Tell whether an object may be called so; whoever may write may put others there."""
    return _NAME.fullmatch(name) is not None


def checked(name: str) -> str:
    """Return the name of an object. Raises ValueError for one that could lead elsewhere.

    Parts are letters, digits, `.`, `_`, `-`; none is hidden, empty, `.` or `..`.
    """
    if not is_name(name):
        raise ValueError(f"{name!r} is no name in a shared store")
    return name


def bytes_of(digest: str) -> str:
    """Return where bought bytes lie."""
    return f"{BYTES}{digest[:2]}/{digest}.png"


def record_of(request_key: str) -> str:
    """Return where the first record of a key lies."""
    return f"{RECORDS}{request_key[:2]}/{request_key}.json"


def further_record_of(request_key: str, digest: str) -> str:
    """Return where a record of another result of a key lies."""
    return f"{RECORDS}{request_key[:2]}/{request_key}.{digest[:_SHORT]}.json"
