"""The Pixel Engine over HTTP: the only place that talks to it, or to anything compatible.

What matters here is money: there is no idempotency key, so a POST that may have arrived is never
repeated, and the error says which kind it was (errors.py). GETs are free and may be repeated by the
caller. The key goes to the API's base URL and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from ...core.errors import (
    AccountError,
    AssetError,
    LinkExpiredError,
    NotSentError,
    PixelpipeError,
    RefusedError,
    RequestRefusedError,
    UnavailableError,
    UncertainError,
)
from ...core.model import Balance
from .answers import (
    BatchStatus,
    BatchSubmitted,
    Billing,
    Cancelled,
    Endpoint,
    Enhanced,
    Envelope,
    Named,
    Status,
    Submitted,
    clean,
)
from .wire import Answer, NotSent, Wire, WireError, is_loopback, is_public

PIXEL_ENGINE_URL = "https://api.pixelengine.ai/functions/v1"
TIMEOUT_S = 60.0
DOWNLOAD_TIMEOUT_S = 120.0
MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 50 * 1024 * 1024
#: A service's wish to wait is obeyed up to here.
MAX_RETRY_AFTER_S = 60.0
#: What decoding raises for an answer that is no JSON, of other types, or nested too deeply.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_PNG = b"\x89PNG\r\n\x1a\n"

_KEY_ADVICE = "check it in your account under Account → API: it may be deactivated or deleted"


Decoded = TypeVar("Decoded")
Accepted = TypeVar("Accepted", bound=Named)


def _key_problem(key: str) -> str:
    """Say what was copied along with a key, or is in it by mistake; "" for nothing."""
    if re.match(r"(?i)bearer\b", key):
        return "begins with `Bearer`: set the key alone, which begins with pe_sk_"
    if key[:1] in "\"'" or key[-1:] in "\"'":
        return "stands in quotes that belong to it: set it without them"
    if re.search(r"\s", key):
        return "has a blank in it: copy it again, whole and alone"
    if not re.fullmatch(r"[!-~]+", key):
        return f"has a character that no key has; {_KEY_ADVICE}"
    return ""


class Service:
    """A service at `base_url`, spoken to with `api_key`. Methods may be called from any thread.

    Every method raises AccountError (401, 402), UnavailableError (late, unreachable, 5xx on a
    GET) or RequestRefusedError (other 4xx); `animate` also NotSentError and UncertainError.
    """

    def __init__(self, base_url: str, api_key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Talk HTTPS only, except to a loopback address.

        Raises RequestRefusedError for any other plain-text address: it would show the key, and
        RefusedError for a key that cannot be one, such as a shortened display of it.
        """
        parts = urlsplit(base_url)
        is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not is_local:
            raise RequestRefusedError(f"{base_url}: only https is used, except on this machine")
        if problem := _key_problem(api_key):
            raise RefusedError(f"the API key {problem}")
        self.base_url = base_url.rstrip("/")
        self._key = api_key
        self._timeout_s = timeout_s
        self._download_timeout_s = timeout_s * DOWNLOAD_TIMEOUT_S / TIMEOUT_S
        self._wire = Wire()

    def close(self) -> None:
        """Close idle connections."""
        self._wire.close()

    def animate(self, body: dict[str, object]) -> str:
        """POST /animate once, never twice, and return the remote id.

        Raises NotSentError when no byte of the request was written, UncertainError when the job
        may exist although no id came back: the caller must not send it again.
        """
        return self.submit(Endpoint.ANIMATE, body)

    def animate_batch(self, bodies: Sequence[dict[str, object]]) -> str:
        """POST /animate-batch once, and return the batch's id; raises as `animate` does."""
        return self._post("/animate-batch", {"jobs": list(bodies)}, BatchSubmitted).id

    def submit(self, endpoint: Endpoint, body: dict[str, object]) -> str:
        """POST any endpoint that makes a job, once; returns the remote id; raises as `animate`."""
        return self._post(endpoint, body, Submitted).id

    def enhance_prompt(self, prompt: str, *, image: str = "", model: str = "") -> str:
        """POST /enhance-prompt; free. `image` is a PNG in base64.

        Raises UnavailableError when nothing useful came back.
        """
        fields = {"prompt": prompt, "image": image, "model": model}
        body: dict[str, object] = {name: text for name, text in fields.items() if text}
        try:
            return self._post("/enhance-prompt", body, Enhanced).id
        except UncertainError as exc:
            raise UnavailableError(f"{self._host} did not enhance the prompt") from exc

    def job(self, remote_id: str) -> Status:
        """GET /jobs: the state of one job; free."""
        return self._get("/jobs", Status, id=remote_id)

    def batch(self, batch_id: str) -> BatchStatus:
        """GET /batch-jobs: the state of every job of a batch; free."""
        return self._get("/batch-jobs", BatchStatus, batch_id=batch_id)

    def balance(self) -> Balance:
        """GET /balance; free."""
        return self._get("/balance", Balance)

    def billing(self, *, start_date: str = "", end_date: str = "") -> Billing:
        """GET /billing; free. Dates are `YYYY-MM-DD` (UTC), inclusive; by default 30 days."""
        dates = {"start_date": start_date, "end_date": end_date}
        return self._get("/billing", Billing, **{name: day for name, day in dates.items() if day})

    def cancel(self, remote_id: str) -> None:
        """POST /cancel; the job may still end in success, so poll it to the end."""
        self._post("/cancel", {"api_job_id": remote_id}, Cancelled)

    def download(self, url: str) -> bytes:
        """Fetch a result without the key: a PNG of at most 50 MiB within two minutes.

        Raises LinkExpiredError when storage refuses the link, UnavailableError when it is late
        or cut short, AssetError for an address that is not allowed or for anything but a PNG.
        """
        self._check_link(url)
        try:
            with self._wire.get(url, timeout_s=self._download_timeout_s) as response:
                if response.status in (400, 401, 403, 404, 410):
                    raise LinkExpiredError("the download link has expired")
                if response.status != 200:
                    raise UnavailableError(f"the download host answered {response.status}")
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise UnavailableError("the download is compressed, which was not asked for")
                content = _body(response, MAX_DOWNLOAD_BYTES)
        except WireError as exc:
            raise UnavailableError(f"the download broke off ({exc})") from exc
        if not content.startswith(_PNG):
            raise AssetError("the download is not a PNG")
        return content

    # -- inside ---------------------------------------------------------------------------------

    def _get(self, path: str, kind: type[Decoded], **query: str) -> Decoded:
        try:
            with self._wire.get(
                self.base_url + path, timeout_s=self._timeout_s, query=query, key=self._key
            ) as response:
                status, retry_after_s = response.status, _retry_after(response)
                content = _body(response, MAX_JSON_BYTES)
        except WireError as exc:
            raise UnavailableError(f"{self._host} cannot be reached ({exc})") from exc
        if 200 <= status < 300:
            try:
                return msgspec.json.decode(content, type=kind, strict=False)
            except _UNREADABLE as exc:
                raise UnavailableError(f"{self._host} sent no readable answer") from exc
        raise self._refusal(status, content, retry_after_s) or UnavailableError(
            f"{self._host} answered {status}", retry_after_s=retry_after_s
        )

    def _post(self, path: str, body: dict[str, object], kind: type[Accepted]) -> Accepted:
        content = msgspec.json.encode(body)
        try:
            with self._wire.post(
                self.base_url + path, content, timeout_s=self._timeout_s, key=self._key
            ) as response:
                status, retry_after_s = response.status, _retry_after(response)
                answer = _body(response, MAX_JSON_BYTES)
        except NotSent as exc:
            raise NotSentError(f"{self._host} cannot be reached ({exc})") from exc
        except (WireError, UnavailableError) as exc:
            raise UncertainError(f"the answer to a purchase was lost ({exc})") from exc
        if 200 <= status < 300:
            return self._accepted(answer, kind)
        refusal = self._refusal(status, answer, retry_after_s)
        if refusal is None or status == 408 or status >= 500:
            raise UncertainError(f"{self._host} answered {status} to a purchase")
        raise refusal

    def _accepted(self, answer: bytes, kind: type[Accepted]) -> Accepted:
        try:
            decoded = msgspec.json.decode(answer, type=kind, strict=False)
        except _UNREADABLE as exc:
            raise UncertainError("the answer to a purchase cannot be read") from exc
        if not decoded.id:
            raise UncertainError("the answer to a purchase names no job")
        return decoded

    def _refusal(
        self, status: int, content: bytes, retry_after_s: float | None
    ) -> PixelpipeError | None:
        """Return the error for a 4xx in the service's own envelope; None for anything else."""
        try:
            fault = msgspec.json.decode(content, type=Envelope, strict=False).error
        except _UNREADABLE:
            return None
        said = clean(fault.message or fault.code or f"status {status}")
        match status:
            case 401:
                return AccountError(f"the API key was refused ({said}); {_KEY_ADVICE}")
            case 402:
                return AccountError(f"not enough credits ({said})")
            case 408 | 429:
                return UnavailableError(
                    f"{self._host} is busy ({said})", retry_after_s=retry_after_s
                )
            case _ if 400 <= status < 500:
                return RequestRefusedError(f"the service refused the request ({status}): {said}")
        return None

    def _check_link(self, url: str) -> None:
        """Allow the service itself, and other hosts over TLS, but no place of this machine."""
        try:
            parts, base = urlsplit(url), urlsplit(self.base_url)
            host, _ = parts.hostname, parts.port
        except ValueError as exc:
            raise AssetError("the download link is not allowed: it is no address") from exc
        if (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
            return
        if parts.scheme == "https" and host and not parts.username and is_public(host):
            return
        raise AssetError(f"the download link is not allowed ({parts.scheme}://{host})")

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc


def _body(response: Answer, limit: int) -> bytes:
    """Read a body in pieces, bounded in size; the wire bounds it in time.

    Raises UnavailableError when it is larger or its stated length is none.
    """
    stated = response.headers.get("Content-Length", "0")
    if not re.fullmatch(r"\d{1,18}", stated):
        raise UnavailableError("the answer states no readable length")
    if int(stated) > limit:
        raise UnavailableError(f"the answer is larger than {limit // 1024} KiB")
    pieces: list[bytes] = []
    size = 0
    for piece in response.pieces(64 * 1024):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise UnavailableError(f"the answer is larger than {limit // 1024} KiB")
    return b"".join(pieces)


def _retry_after(response: Answer) -> float | None:
    value = response.headers.get("Retry-After", "")
    return min(float(value), MAX_RETRY_AFTER_S) if re.fullmatch(r"\d{1,9}", value) else None
