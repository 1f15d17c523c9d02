"""Sign download links: anyone who has one may fetch the file until it expires, nobody else.

A link holds for one hour (vendor's introduction); asking for the job again gives a fresh one, which
is our own reading.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from ..contract.errors import LinkExpired

PREFIX = "/download/"


def sign(secret: bytes, job: str, expires_at: int) -> str:
    """Write path and query of a link to the result of `job`; `expires_at` in seconds since 1970."""
    return f"{PREFIX}{job}?token={expires_at}.{_mark(secret, job, expires_at)}"


def verify(secret: bytes, job: str, token: str, now: float) -> None:
    """Refuse a wrong or expired token. Raises LinkExpired."""
    expires, _, mark = token.partition(".")
    is_numeric = expires.isascii() and expires.isdigit() and len(expires) < 12
    if not is_numeric or not hmac.compare_digest(
        mark.encode(), _mark(secret, job, int(expires)).encode()
    ):
        raise LinkExpired("The download link is not valid; ask GET /jobs for a fresh one.")
    if int(expires) <= now:
        raise LinkExpired("The download link has expired; ask GET /jobs for a fresh one.")


def _mark(secret: bytes, job: str, expires_at: int) -> str:
    raw = hmac.digest(secret, f"{job}\n{expires_at}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
