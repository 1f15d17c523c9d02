"""The client against a service that means harm, or is broken: bounded, sorted, and discreet."""

from __future__ import annotations

import json
import resource
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from game import png, sprite
from test_wire import Talk, close, listening, reset, say

from pipeline.core import errors
from pipeline.core.errors import PixelpipeError
from pipeline.purchase.service.client import Service

KEY = "pe_sk_secretsecretsecretsecret"


def answer(status: int, body: bytes, *headers: str) -> Talk:
    """Answer whole."""
    head = "".join(f"{line}\r\n" for line in (f"Content-Length: {len(body)}", *headers))
    return say(f"HTTP/1.1 {status} Word\r\n{head}\r\n".encode() + body)


def envelope(status: int, *headers: str) -> Talk:
    """Answer with an error as the service words it."""
    body = json.dumps({"error": {"code": "x", "message": f"no {KEY} \x1b[31m\nline"}}).encode()
    return answer(status, body, *headers)


@contextmanager
def talking(*talks: Talk, timeout_s: float = 1.0) -> Iterator[tuple[Service, list[bytes]]]:
    """Yield a client of a service that answers so."""
    with (
        listening(*talks) as (port, received),
        closing_service(f"http://127.0.0.1:{port}/v1", timeout_s) as service,
    ):
        yield service, received


@contextmanager
def closing_service(url: str, timeout_s: float = 1.0) -> Iterator[Service]:
    """Open and close a client."""
    with closing(Service(url, KEY, timeout_s=timeout_s)) as service:
        yield service


DEEP = b'{"other": ' + b"[" * 100_000 + b"]" * 100_000 + b', "api_job_id": "a"}'


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (envelope(401), errors.AccountError),
        (envelope(402), errors.AccountError),
        (envelope(400), errors.RequestRefusedError),
        (envelope(413), errors.RequestRefusedError),
        (envelope(422), errors.RequestRefusedError),
        (envelope(429, "Retry-After: 7"), errors.UnavailableError),
        (envelope(408), errors.UncertainError),
        (envelope(500), errors.UncertainError),
        (envelope(503), errors.UncertainError),
        (answer(400, b"<html>"), errors.AccountError),
        (answer(502, b"<html>"), errors.UncertainError),
        (answer(302, b"", "Location: /elsewhere"), errors.AccountError),
        (answer(200, b"<html>"), errors.UncertainError),
        (answer(200, b""), errors.UncertainError),
        (answer(200, b"{}"), errors.UncertainError),
        (answer(200, b'{"api_job_id": ""}'), errors.UncertainError),
        (answer(200, b'{"api_job_id": true}'), errors.UncertainError),
        (answer(200, b'{"api_job_id": "%s"}' % (b"x" * 201)), errors.UncertainError),
        (answer(200, b'{"api_job_id": "a\xff"}'), errors.UncertainError),
        (answer(200, b"[]"), errors.UncertainError),
        (answer(200, DEEP), errors.UncertainError),
        (answer(200, b" " * (5 << 20)), errors.UncertainError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"), errors.UncertainError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"), errors.UncertainError),
        (answer(200, b"\x1f\x8bnope", "Content-Encoding: gzip"), errors.UncertainError),
        (close, errors.UncertainError),
        (reset, errors.UncertainError),
        (lambda connection: connection.recv(99999), errors.UncertainError),
    ],
)
def test_each_end_of_a_purchase_has_its_class(talk: Talk, error: type[PixelpipeError]) -> None:
    """What may have been billed is doubt; what was surely refused is not; nothing is sent twice."""
    with talking(talk, talk) as (service, received), pytest.raises(PixelpipeError) as caught:
        service.animate({"prompt": "x"})
    assert type(caught.value) is error
    assert len(received) == 1
    assert KEY not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (envelope(401), errors.AccountError),
        (envelope(404), errors.RequestRefusedError),
        (envelope(429, "Retry-After: 7"), errors.UnavailableError),
        (envelope(408), errors.UnavailableError),
        (envelope(500), errors.UnavailableError),
        (answer(200, b"<html>"), errors.UnavailableError),
        (answer(200, b'{"status": 5}'), errors.UnavailableError),
        (answer(200, DEEP.replace(b"api_job_id", b"status")), errors.UnavailableError),
        (answer(200, b" " * (5 << 20)), errors.UnavailableError),
        (answer(301, b"", "Location: http://127.0.0.1:9/"), errors.UnavailableError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}"), errors.UnavailableError),
        (close, errors.UnavailableError),
        (reset, errors.UnavailableError),
    ],
)
def test_each_end_of_a_question_has_its_class(talk: Talk, error: type[PixelpipeError]) -> None:
    """GETs cost nothing: whatever is no clear refusal may be asked again."""
    with talking(talk) as (service, _), pytest.raises(PixelpipeError) as caught:
        service.job("a b&c")
    assert type(caught.value) is error
    assert KEY not in str(caught.value)


def test_wish_to_wait_is_bounded() -> None:
    """A huge `Retry-After` is capped; a senseless one is ignored."""
    for text, expected in (
        ("7", 7.0),
        ("999999", 60.0),
        ("-1", None),
        ("Wed, 1", None),
        ("9" * 30, None),
    ):
        with talking(envelope(429, f"Retry-After: {text}")) as (service, _):
            with pytest.raises(errors.UnavailableError) as caught:
                service.balance()
            assert caught.value.retry_after_s == expected


def test_query_is_encoded() -> None:
    """A remote id is data, whatever the service calls its jobs."""
    with talking(answer(200, b'{"status": "pending"}')) as (service, received):
        assert service.job("a b&id=c").status == "pending"
    assert received[0].startswith(b"GET /v1/jobs?id=a+b%26id%3Dc HTTP")


def test_unknown_status_word_is_neither_end() -> None:
    """A later version of the service may know more words: polling goes on."""
    with talking(answer(200, b'{"status": "rendering", "extra": [1]}')) as (service, _):
        status = service.job("a")
    assert not status.is_success
    assert not status.is_failure


# -- downloads ----------------------------------------------------------------------------------

BYTES = png(sprite())


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "ftp://example.com/x.png",
        "http://example.com/x.png",
        "http://127.0.0.1:9/x.png",
        "https://127.0.0.1:9/x.png",
        "https://127.0.0.2/x.png",
        "https://localhost/x.png",
        "https://LOCALHOST./x.png",
        "https://[::1]/x.png",
        "https://[::ffff:127.0.0.1]/x.png",
        "https://0.0.0.0/x.png",
        "https://169.254.169.254/latest/meta-data",
        "https://user:pw@example.com/x.png",
        "https://[broken/x.png",
        "https:///x.png",
        "//example.com/x.png",
        "data:image/png;base64,AAAA",
        "",
    ],
)
def test_links_that_lead_elsewhere_are_refused(link: str) -> None:
    """A hostile service must not make us read files, or ask other programs on this machine."""
    with (
        closing_service("http://127.0.0.1:10/v1") as service,
        pytest.raises(errors.AssetError, match="not allowed"),
    ):
        service.download(link)


def _download(make: Callable[[str], str], *talks: Talk) -> tuple[bytes, list[bytes]]:
    with talking(*talks, timeout_s=0.5) as (service, received):
        return service.download(make(service.base_url)), received


def _own(base_url: str) -> str:
    return f"{base_url}/files/a.png?token=t"


def test_key_is_never_sent_to_the_download() -> None:
    """The link is signed; whoever serves it has no business with the key."""
    content, received = _download(_own, answer(200, BYTES))
    assert content == BYTES
    assert KEY.encode() not in received[0]
    assert b"authorization" not in received[0].lower()


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (answer(403, b"gone"), errors.LinkExpiredError),
        (answer(404, b"gone"), errors.LinkExpiredError),
        (answer(500, b"sorry"), errors.UnavailableError),
        (answer(302, b"", "Location: file:///etc/passwd"), errors.UnavailableError),
        (answer(302, b"", "Location: http://127.0.0.1:9/x"), errors.UnavailableError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"), errors.UnavailableError),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + BYTES), errors.UnavailableError),
        (
            answer(200, zlib.compress(BYTES)[:-9], "Content-Encoding: deflate"),
            errors.UnavailableError,
        ),
        (answer(200, BYTES, "Content-Encoding: br"), errors.UnavailableError),
        (reset, errors.UnavailableError),
    ],
)
def test_each_end_of_a_download_has_its_class(talk: Talk, error: type[PixelpipeError]) -> None:
    """It was paid for: whatever is wrong with it, the job stays and is fetched again."""
    with pytest.raises(PixelpipeError) as caught:
        _download(_own, talk)
    assert type(caught.value) is error


def test_endless_download_is_bounded_in_memory() -> None:
    """Ten gigabytes without a stated length: cut off at 50 MiB."""

    def pour(connection: object) -> None:
        send = connection.sendall  # type: ignore[attr-defined]
        send(b"HTTP/1.1 200 OK\r\n\r\n" + BYTES)
        try:
            while True:
                send(bytes(1 << 20))
        except OSError:
            pass

    before = _peak_mib()
    with pytest.raises(errors.UnavailableError, match="larger"):
        _download(_own, pour)
    assert _peak_mib() - before < 150


def _peak_mib() -> float:
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


@pytest.mark.parametrize("url", ["http://example.com/v1", "ftp://x/", "http://10.0.0.1/v1", "x"])
def test_key_is_not_given_to_plain_text(url: str) -> None:
    """HTTPS only, except on this machine: anything else would show the key."""
    with pytest.raises(errors.RequestRefusedError):
        Service(url, KEY)


def test_key_stands_in_no_representation(tmp_path: Path) -> None:
    """A client that ends up in a log or an error shows no key."""
    with closing_service("http://127.0.0.1:9/v1") as service:
        assert KEY not in repr(service)
