"""Single odd fields, bodies, links and addresses: what is needed is read, the rest is absent."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from email.utils import formatdate
from typing import Any

import pytest
from game import png, sprite
from scripted import job
from test_service import answer, closing_service, talking

from pipeline.core import errors
from pipeline.purchase import download
from pipeline.purchase.service import hosts, links
from pipeline.purchase.service.answers import BatchStatus, Charge, Inputs, Status, balance
from pipeline.purchase.service.fields import Fields, clean

WELL: dict[str, Any] = {
    "api_job_id": "j",
    "status": "success",
    "progress": 1,
    "billing": {"credits_held": 20, "credits_charged": 20, "hold_status": "captured"},
    "inputs": {"model": "m", "interpretation": "i", "needs_ai": True, "needs_ai_reason": "r"},
    "output": {"url": "u", "content_type": "image/png", "metadata": {}, "expires_at": "x"},
    "error": None,
}
ODD: tuple[object, ...] = (
    None,
    16.5,
    -1,
    2**70,
    "no",
    "",
    True,
    [],
    ["a"],
    {},
    {"a": 1},
    "\x1b[31m",
)


def places(said: dict[str, Any], *above: str) -> list[tuple[str, ...]]:
    """Return the path of each field that is not needed."""
    found: list[tuple[str, ...]] = []
    for name, inner in said.items():
        found += places(inner, *above, name) if isinstance(inner, dict) else []
        if (*above, name) not in (("status",), ("output",), ("output", "url")):
            found.append((*above, name))
    return found


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("place", places(WELL), ids=".".join)
def test_odd_field_beside_a_result_hides_nothing(place: tuple[str, ...], odd: object) -> None:
    """Each of them, alone: the result is found."""
    said = json.loads(json.dumps(WELL))
    inner = said
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = odd
    found = Status.read(Fields(said))
    assert found.is_success
    assert found.output is not None
    assert found.output.url == "u"


@pytest.mark.parametrize("word", ["SUCCESS", " success", "Success ", "completed", "succeeded"])
def test_success_in_other_words(word: str) -> None:
    """They mean one thing; polling on until the deadline would lose what was paid for."""
    assert Status.read(Fields(WELL | {"status": word})).is_success


@pytest.mark.parametrize("word", [None, "", 7, "rendered", "état"])
def test_unknown_word_with_a_result_is_success(word: object) -> None:
    """The result is there: what it is called does not matter."""
    assert Status.read(Fields(WELL | {"status": word})).is_success
    without = {**WELL, "output": None, "status": word}
    if isinstance(word, str) and word:
        assert not Status.read(Fields(without)).is_success
    else:
        with pytest.raises(ValueError, match="status"):
            Status.read(Fields(without))


def test_bad_member_of_a_batch_fails_alone() -> None:
    """A null id, a null, a text and a member without a place: the others stand where they are."""
    said = {
        "sub_jobs": [
            {**WELL, "batch_position": 0},
            {"api_job_id": None, "status": "failure", "batch_position": 1, "error": ["x"]},
            None,
            {**WELL, "api_job_id": 7},
            "?",
            {**WELL, "batch_position": 5},
        ]
    }
    found = {one.batch_position: one for one in BatchStatus.read(Fields(said)).sub_jobs}
    assert sorted(found) == [0, 1, 3, 5]
    assert found[1].is_failure
    assert found[3].api_job_id == "7"


@pytest.mark.parametrize(
    ("said", "stated", "available"),
    [
        ({"total_balance": 100, "reserved": 20, "available": None}, True, 80),
        ({"monthly_balance": 60, "purchased_balance": 40}, True, 100),
        ({"monthly_balance": None, "purchased_balance": 0}, False, 0),
        ({"available": 99.5}, True, 99),
        ({"available": "40"}, True, 40),
        ({"available": -5}, True, 0),
        ({"available": 2**70}, False, 0),
        ({"available": None, "monthly_balance": "much"}, False, 0),
        ({}, False, 0),
    ],
)
def test_balance_says_what_it_can(said: dict[str, Any], stated: bool, available: int) -> None:
    """Null and fractional credits stop nothing: the service itself refuses what is not there."""
    found = balance(Fields(said))
    assert (found.is_stated, found.available) == (stated, available)


@pytest.mark.parametrize("charged", [-1_000_000, 2**63, 10_000_000, 81, -1])
def test_charge_that_cannot_be_is_not_booked(charged: int) -> None:
    """The quote is, and it is said: a negative one would lift the day's budget."""
    status = Status(status="success", billing=Charge(credits_charged=charged))
    booked, said = download._charged(status, job())
    assert booked == 20
    assert str(charged) in said
    assert download._charged(Status(status="success"), job()) == (20, "")
    dearer = Status(status="success", billing=Charge(credits_charged=24))
    assert download._charged(dearer, job()) == (24, "")


def test_foreign_texts_are_made_harmless_where_they_are_read() -> None:
    """Orders to a terminal or a build server, keys, and three megabytes."""
    text = "a\x1b[31m\r\n::error::b ##vso[c] pe_sk_abc " + "x" * 3_000_000
    found = Inputs.read(Fields({"model": text, "needs_ai_reason": text, "needs_ai": True}))
    for said in (found.model, found.needs_ai_reason, clean(text)):
        assert said.isprintable()
        assert "::error" not in said
        assert "##vso" not in said
        assert "abc" not in said
        assert len(said) <= 2000


def test_id_may_be_a_number_and_nothing_endless() -> None:
    """What is asked for again has to be what the service meant."""
    for given, read in (
        (7, "7"),
        (7.0, "7"),
        (" a ", "a"),
        ("x" * 200, "x" * 200),
        ("x" * 201, ""),
        (True, ""),
        (7.5, ""),
        ("a\nb", ""),
        (None, ""),
    ):
        assert Fields({"id": given}).id("id") == read


# -- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "packed",
    [
        answer(200, gzip.compress(b'{"api_job_id": "a"}'), "Content-Encoding: gzip"),
        answer(200, gzip.compress(b'{"api_job_id": "a"}')),
        answer(200, b'{"api_job_id": "a"}', "Content-Encoding: gzip"),
        answer(200, zlib.compress(b'{"api_job_id": "a"}'), "Content-Encoding: deflate"),
        answer(200, b'\xef\xbb\xbf{"api_job_id": "a"}'),
        answer(200, '{"api_job_id": "a"}'.encode("utf-16")),
        answer(200, b'{"api_job_id": "a", "x": "\xff", "y": NaN, "z": ' + b"9" * 9999 + b"}"),
        answer(201, b'{"api_job_id": "a"}'),
    ],
)
def test_bodies_in_another_dress_are_read(packed: Any) -> None:
    """A purchase whose answer is there is none in doubt."""
    with talking(packed) as (service, _):
        assert service.animate({"prompt": "x"}) == "a"


def test_bomb_in_gzip_is_bounded() -> None:
    """A thousand times smaller than it is."""
    bomb = gzip.compress(bytes(64 << 20))
    with talking(answer(200, bomb)) as (service, _), pytest.raises(errors.UncertainError):
        service.animate({"prompt": "x"})


@pytest.mark.parametrize(
    ("wish", "expected"),
    [(formatdate(7 + 1e9, usegmt=True), 7.0), (formatdate(0, usegmt=True), 0.0), ("1.5", 1.5)],
)
def test_wish_to_wait_as_a_date(wish: str, expected: float) -> None:
    """It counts from the answer's own date; also at a download."""
    head = (f"Retry-After: {wish}", f"Date: {formatdate(1e9, usegmt=True)}")
    with talking(answer(503, b"", *head), answer(503, b"", *head)) as (service, _):
        for ask in (service.balance, lambda: service.download(f"{service.base_url}/file")):
            with pytest.raises(errors.UnavailableError) as caught:
                ask()
            assert caught.value.retry_after_s == expected


# -- links --------------------------------------------------------------------------------------

BYTES = png(sprite())


@pytest.mark.parametrize(
    "form",
    ["file/a b.png", "/v1/file", "  {base}/file \n", "http://localhost:{port}/v1/file", "?id=7"],
)
def test_links_in_another_dress_are_followed(form: str) -> None:
    """Relative, with blanks, or under another name of this machine: the service's own."""
    with talking(answer(200, BYTES)) as (service, received):
        port = service.base_url.split(":")[2].partition("/")[0]
        assert service.download(form.format(base=service.base_url, port=port)) == BYTES
        assert b"uthorization" not in received[0]


def test_redirected_download_is_followed_and_bounded() -> None:
    """Each stop has to be allowed; a circle ends."""
    moved = answer(302, b"", "Location: elsewhere")
    with talking(moved, answer(200, BYTES)) as (service, received):
        assert service.download(f"{service.base_url}/file") == BYTES
        assert received[1].startswith(b"GET /v1/elsewhere ")
    with talking(*[moved] * 9) as (service, received):
        with pytest.raises(errors.UnavailableError, match="circles"):
            service.download(f"{service.base_url}/file")
        assert len(received) == 5


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "a.localhost", "0"]
)
def test_other_ways_to_write_this_machine_are_not_public(host: str) -> None:
    """The system's resolver takes them all: so do we, before anything is sent."""
    assert not hosts.is_public(host)
    with pytest.raises(errors.AssetError, match="not allowed"):
        links.find(f"https://{host}/x", "https://api.example.com/v1")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1"])
def test_name_that_resolves_to_a_machine_around_here_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A name is judged by what it leads to at that moment: not one byte, not even of TLS."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    asked: list[object] = []

    def resolve(host: object, port: object, *_: object, **__: object) -> list[object]:
        asked.append(host)
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with (
        closing_service("https://api.example.com/v1") as service,
        pytest.raises(errors.UnavailableError, match="around here"),
    ):
        service.download("https://files.example.com/x.png")
    assert asked == ["files.example.com"]
