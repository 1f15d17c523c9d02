"""Name every refusal of the engine: HTTP status, stable code, a sentence for the user.

Codes are never changed once released. `unauthorized`, `insufficient_credits` and `internal_error`
are the vendor's; the others are ours, and no client may need them of the vendor.
"""

from __future__ import annotations


class EngineError(Exception):
    """Refuse a request; `str(error)` is the sentence shown to the user."""

    status = 500
    code = "internal_error"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Give the extra reply headers that belong to this refusal."""
        return ()


class InvalidRequest(EngineError):
    """Refuse bad JSON or a bad field; the message names the field."""

    status = 400
    code = "invalid_request"


class InvalidImage(EngineError):
    """Refuse a picture: not a PNG, wrong size or aspect, damaged."""

    status = 400
    code = "invalid_image"


class Unauthorized(EngineError):
    """Refuse a missing, malformed, unknown, deactivated or deleted key."""

    status = 401
    code = "unauthorized"


class InsufficientCredits(EngineError):
    """Refuse a job that costs more than the available credits."""

    status = 402
    code = "insufficient_credits"


class LinkExpired(EngineError):
    """Refuse a download token that is wrong or too old."""

    status = 403
    code = "link_expired"


class NotFound(EngineError):
    """Refuse an unknown path, or a job of nobody or of another account."""

    status = 404
    code = "not_found"


class MethodNotAllowed(EngineError):
    """Refuse a method; `allowed` are those that the path accepts."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Name the accepted methods, as RFC 9110 demands of a 405."""
        return (("allow", ", ".join(self.allowed)),)


class NotCancellable(EngineError):
    """Refuse to cancel a job that has ended."""

    status = 409
    code = "job_not_cancellable"


class PayloadTooLarge(EngineError):
    """Refuse a body or picture over the byte limit."""

    status = 413
    code = "payload_too_large"


class UnsupportedMediaType(EngineError):
    """Refuse a request body that does not say that it is JSON."""

    status = 415
    code = "unsupported_media_type"


class RateLimited(EngineError):
    """Refuse for now: too many free jobs at once, or a test asks for it.

    `retry_after_s` goes into Retry-After.
    """

    status = 429
    code = "rate_limited"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Say when to come back."""
        return (("retry-after", str(self.retry_after_s)),)


class NotSupported(EngineError):
    """Refuse what only the real service can do."""

    status = 501
    code = "not_supported"


class LocalRefusal(Exception):
    """Refuse a local command (an eleventh key, an unknown prefix, a newer database)."""
