"""Read the body of an answer, bounded in size, also one that was compressed without being asked.

And the service's wish to wait, which stands in a header.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable

from ...core.errors import UnavailableError
from .exchange import Answer

#: A service's wish to wait is obeyed up to here.
MAX_RETRY_AFTER_S = 60.0
_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 64 * 1024


def read(answer: Answer, limit: int) -> bytes:
    """Return the body, unpacked, of at most `limit` bytes; the wire bounds it in time.

    Raises UnavailableError when it is larger, states no length, or is packed in a way that
    nobody here understands.
    """
    stated = answer.headers.get("Content-Length", "0")
    if not re.fullmatch(r"\d{1,18}", stated):
        raise UnavailableError("the answer states no readable length")
    if int(stated) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    for piece in answer.pieces(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
    return _unpacked(b"".join(pieces), answer.headers.get("Content-Encoding", ""), limit)


def retry_after_s(answer: Answer) -> float | None:
    """Return for how many seconds the service wishes to be left alone, up to a minute.

    Seconds or a date, which counts from the answer's own `Date`: clocks differ.
    """
    value = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value):
        return min(float(value), MAX_RETRY_AFTER_S)
    until = _seconds(value)
    if until is None:
        return None
    now = _seconds(answer.headers.get("Date", ""))
    return min(max(0.0, until - (time.time() if now is None else now)), MAX_RETRY_AFTER_S)


def _unpacked(content: bytes, encoding: str, limit: int) -> bytes:
    """Undo what was not asked for: gzip is known by its first bytes, whatever a header says."""
    named = encoding.strip().casefold()
    if content.startswith(_GZIP):
        return _inflated(content, lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), limit)
    if named == "deflate":
        try:
            return _inflated(content, zlib.decompressobj, limit)
        except UnavailableError:  # some send it without the header that the standard asks for
            return _inflated(content, lambda: zlib.decompressobj(-zlib.MAX_WBITS), limit)
    if named in ("", "identity", "gzip", "x-gzip"):  # a proxy may have unpacked it before us
        return content
    raise UnavailableError("the answer is compressed, which was not asked for")


def _inflated(content: bytes, make: Callable[[], zlib._Decompress], limit: int) -> bytes:
    machine = make()
    try:
        found = machine.decompress(content, limit + 1)
    except zlib.error as exc:
        raise UnavailableError("the answer is compressed, and damaged") from exc
    if len(found) > limit:
        raise _too_large(limit)
    if not machine.eof:
        raise UnavailableError("the answer is compressed, and cut short")
    return found


def _seconds(date: str) -> float | None:
    if not date:
        return None
    from email.utils import parsedate_to_datetime  # slow to load, and seldom needed

    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None


def _too_large(limit: int) -> UnavailableError:
    return UnavailableError(f"the answer is larger than {limit // 1024} KiB")
