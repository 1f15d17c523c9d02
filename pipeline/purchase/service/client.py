"""The Pixel Engine over HTTP: the only place that talks to it, or to anything compatible.

What matters here is money: there is no idempotency key, so a POST that may have arrived is never
repeated, and the error says which kind it was (errors.py). GETs are free and may be repeated by the
caller. The key goes to the API's base URL and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, Self, TypeVar
from urllib.parse import urlsplit

import msgspec

from ...core.errors import (
    AccountError,
    AssetError,
    ConfigError,
    LinkExpiredError,
    NotSentError,
    PixelpipeError,
    RefusedError,
    RequestRefusedError,
    UnavailableError,
    UncertainError,
)
from ...core.model import Balance
from . import answers, bodies, fields, links, meanings
from .answers import (
    BatchStatus,
    BatchSubmitted,
    Billing,
    Cancelled,
    Endpoint,
    Enhanced,
    Named,
    Status,
    Submitted,
)
from .exchange import Answer, NotSent, RouteError, Way, WireError
from .fields import Fields
from .hosts import is_loopback
from .meanings import Meaning

PIXEL_ENGINE_URL = "https://api.pixelengine.ai/functions/v1"
TIMEOUT_S = 60.0
DOWNLOAD_TIMEOUT_S = 120.0
MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 50 * 1024 * 1024
#: What reading raises for an answer that is no JSON, lacks what is needed, or nests too deeply.
_UNREADABLE = (ValueError, RecursionError)
_MOVED = (301, 302, 303, 307, 308)
_MOST_MOVES = 5

_WAY_ADVICE = (
    "that is no word of the service, and nothing was accepted; look at its address "
    "(PIXELPIPE_SERVICE, PIXELPIPE_API_BASE) and at proxies in between"
)
_KEY_ADVICE = "check it in your account under Account → API: it may be deactivated or deleted"


class Readable(Protocol):
    """An answer that is read field by field."""

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there. Raises ValueError when what is needed is not."""


Decoded = TypeVar("Decoded", bound=Readable)
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

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = TIMEOUT_S,
        is_plain_allowed: bool = False,
        way: Way | None = None,
    ) -> None:
        """Talk HTTPS only, except to a loopback address, and where the user allows http.

        Another `way` than HTTP leads to what is in this process.

        Raises RequestRefusedError for any other plain-text address: it would show the key, and
        RefusedError for a key that cannot be one, such as a shortened display of it.
        """
        parts = urlsplit(base_url)
        may_be_plain = is_plain_allowed or is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not (parts.scheme == "http" and may_be_plain):
            raise RequestRefusedError(f"{base_url}: only https is used, except on this machine")
        if problem := _key_problem(api_key):
            raise RefusedError(f"the API key {problem}")
        self.base_url = base_url.rstrip("/")
        self._key = api_key
        self._timeout_s = timeout_s
        self._download_timeout_s = timeout_s * DOWNLOAD_TIMEOUT_S / TIMEOUT_S
        self._wire = way or _http()
        #: What answers is in this process: asking it costs next to nothing.
        self.is_within = way is not None

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
        return answers.balance(self._asked("/balance"))

    def billing(self, *, start_date: str = "", end_date: str = "") -> Billing:
        """GET /billing; free. Dates are `YYYY-MM-DD` (UTC), inclusive; by default 30 days."""
        dates = {"start_date": start_date, "end_date": end_date}
        return self._get("/billing", Billing, **{name: day for name, day in dates.items() if day})

    def cancel(self, remote_id: str) -> None:
        """POST /cancel; the job may still end in success, so poll it to the end."""
        self._post("/cancel", {"api_job_id": remote_id}, Cancelled)

    def download(self, url: str) -> bytes:
        """Fetch a result without the key: at most 50 MiB within two minutes, whatever they are.

        Raises LinkExpiredError when storage refuses the link, UnavailableError when it is late
        or cut short, AssetError for an address that is not allowed.
        """
        link = links.find(url, self.base_url)
        for _ in range(_MOST_MOVES):
            try:
                with self._wire.get(
                    link.url, timeout_s=self._download_timeout_s, is_public=not link.own
                ) as answer:
                    if answer.status not in _MOVED:
                        return _content(answer)
                    link = self._moved(answer, link.url)
            except RouteError as exc:
                raise _misrouted(exc) from exc
            except WireError as exc:
                raise UnavailableError(f"the download broke off ({exc})") from exc
        raise UnavailableError("the download link leads in circles")

    # -- inside ---------------------------------------------------------------------------------

    def _get(self, path: str, kind: type[Decoded], **query: str) -> Decoded:
        said = self._asked(path, **query)
        try:
            return kind.read(said)
        except _UNREADABLE as exc:
            raise UnavailableError(f"{self._host} sent no readable answer") from exc

    def _asked(self, path: str, **query: str) -> Fields:
        """Return the object that a question is answered with."""
        try:
            with self._wire.get(
                self.base_url + path, timeout_s=self._timeout_s, query=query, key=self._key
            ) as answer:
                status, retry_after_s = answer.status, bodies.retry_after_s(answer)
                content = _body(answer, MAX_JSON_BYTES)
        except RouteError as exc:
            raise _misrouted(exc) from exc
        except WireError as exc:
            raise UnavailableError(f"{self._host} cannot be reached ({exc})") from exc
        if 200 <= status < 300:
            return self._object(content)
        raise self._refusal(status, content, retry_after_s, is_purchase=False)

    def _object(self, content: bytes) -> Fields:
        try:
            said = fields.read(content)
        except _UNREADABLE:
            said = None
        if not isinstance(said, dict):
            raise UnavailableError(f"{self._host} sent no readable answer")
        return Fields(said)

    def _post(self, path: str, body: dict[str, object], kind: type[Accepted]) -> Accepted:
        content = msgspec.json.encode(body)
        try:
            with self._wire.post(
                self.base_url + path, content, timeout_s=self._timeout_s, key=self._key
            ) as answer:
                status, retry_after_s = answer.status, bodies.retry_after_s(answer)
                said = _body(answer, MAX_JSON_BYTES) if status < 300 else _words(answer)
        except RouteError as exc:
            raise _misrouted(exc) from exc
        except NotSent as exc:
            raise NotSentError(f"{self._host} cannot be reached ({exc})") from exc
        except (WireError, UnavailableError) as exc:
            raise UncertainError(f"the answer to a purchase was lost ({exc})") from exc
        if 200 <= status < 300:
            return self._accepted(said, kind)
        raise self._refusal(status, said, retry_after_s, is_purchase=True)

    def _accepted(self, answer: bytes, kind: type[Accepted]) -> Accepted:
        try:
            decoded = kind.read(self._object(answer))
        except (*_UNREADABLE, UnavailableError) as exc:
            raise UncertainError("the answer to a purchase cannot be read") from exc
        if not decoded.id:
            raise UncertainError("the answer to a purchase names no job")
        return decoded

    def _refusal(
        self, status: int, content: bytes, retry_after_s: float | None, *, is_purchase: bool
    ) -> PixelpipeError:
        """Return the error that an answer means which is no 2xx (meanings.py)."""
        found = meanings.refusal(content)
        said = found.message or found.code or f"status {status}"
        match meanings.of(status, found):
            case Meaning.KEY:
                return AccountError(f"the API key was refused ({said}); {_KEY_ADVICE}")
            case Meaning.CREDITS:
                return AccountError(f"not enough credits ({said})")
            case Meaning.REQUEST:
                return RequestRefusedError(f"the service refused the request ({status}): {said}")
            case Meaning.BUSY:
                text = f"{self._host} is busy ({said})"
                return UnavailableError(text, retry_after_s=retry_after_s)
            case Meaning.WAY if is_purchase:
                return AccountError(f"{self._host} answered {status}: {_WAY_ADVICE}")
        if is_purchase:
            return UncertainError(f"{self._host} answered {status} to a purchase")
        return UnavailableError(f"{self._host} answered {status}", retry_after_s=retry_after_s)

    def _moved(self, answer: Answer, at: str) -> links.Link:
        """Return where a download was moved to, under the same conditions."""
        try:
            return links.find(answer.headers.get("Location", ""), self.base_url, at=at)
        except AssetError as exc:
            raise UnavailableError(f"the download was redirected: {exc}") from exc

    @property
    def _host(self) -> str:
        return urlsplit(self.base_url).netloc


def _http() -> Way:
    from .wire import Wire  # loads requests

    return Wire()


def _body(answer: Answer, limit: int) -> bytes:
    """Read a body: from here on the answer is in our hands. Raises as `bodies.read` does."""
    return bodies.read(answer, limit)


def _content(answer: Answer) -> bytes:
    """Return the file that a download host sent, or raise what its status means."""
    if answer.status in (400, 401, 403, 404, 410):
        raise LinkExpiredError("the download link has expired")
    if answer.status != 200:
        text = f"the download host answered {answer.status}"
        raise UnavailableError(text, retry_after_s=bodies.retry_after_s(answer))
    return _body(answer, MAX_DOWNLOAD_BYTES)


def _words(answer: Answer) -> bytes:
    """Return what a refusal says; its status counts, also when the rest gets lost."""
    try:
        return _body(answer, MAX_JSON_BYTES)
    except (WireError, UnavailableError):
        return b""


def _misrouted(exc: RouteError) -> ConfigError:
    return ConfigError(str(exc), path=exc.variable)
