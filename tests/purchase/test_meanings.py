"""The table from an answer's status and shape to its meaning, and what that leads to."""

from __future__ import annotations

import json

import pytest
from test_service import answer, talking
from test_wire import say

from pipeline.core import errors
from pipeline.core.errors import PixelpipeError
from pipeline.purchase.service import meanings
from pipeline.purchase.service.meanings import Meaning, Shape

ENVELOPE = b'{"error": {"code": "x", "message": "no"}}'
HTML = b"<html><body>no</body></html>"
#: (status, body) to (meaning, error of a purchase, error of a question).
ROWS: list[tuple[int, bytes, Meaning, type[PixelpipeError], type[PixelpipeError]]] = [
    *(
        (status, body, Meaning.WAY, errors.AccountError, errors.UnavailableError)
        for status in (300, 301, 302, 303, 304, 307, 308, 399)
        for body in (b"", HTML, ENVELOPE)
    ),
    *(
        (status, HTML, Meaning.WAY, errors.AccountError, errors.UnavailableError)
        for status in (400, 403, 404, 405, 407, 409, 410, 418, 421, 451, 499)
    ),
    *(
        (status, ENVELOPE, Meaning.REQUEST, errors.RequestRefusedError, errors.RequestRefusedError)
        for status in (400, 403, 404, 405, 409, 410, 413, 415, 422, 499)
    ),
    *(
        (status, HTML, Meaning.REQUEST, errors.RequestRefusedError, errors.RequestRefusedError)
        for status in (413, 414, 415, 422)
    ),
    *(
        (401, body, Meaning.KEY, errors.AccountError, errors.AccountError)
        for body in (b"", HTML, ENVELOPE, b'{"code": 401}', b'{"message": "no"}')
    ),
    (402, HTML, Meaning.CREDITS, errors.AccountError, errors.AccountError),
    *(
        (status, body, Meaning.BUSY, errors.UnavailableError, errors.UnavailableError)
        for status in (425, 429)
        for body in (b"", HTML, ENVELOPE, b"slow down")
    ),
    *(
        (status, body, Meaning.FAULT, errors.UncertainError, errors.UnavailableError)
        for status in (408, 500, 501, 502, 503, 504, 520, 529, 599)
        for body in (b"", HTML, ENVELOPE)
    ),
]


@pytest.mark.parametrize(
    ("status", "body", "meaning", "bought", "asked"),
    ROWS,
    ids=[f"{row[0]}-{row[1][:9].decode()}" for row in ROWS],
)
def test_each_answer_has_one_meaning(
    status: int,
    body: bytes,
    meaning: Meaning,
    bought: type[PixelpipeError],
    asked: type[PixelpipeError],
) -> None:
    """Doubt stands only where nobody can know; whatever surely was not accepted is none."""
    assert meanings.of(status, meanings.refusal(body)) is meaning
    with talking(answer(status, body), answer(status, body)) as (service, _):
        with pytest.raises(PixelpipeError) as of_purchase:
            service.animate({"prompt": "x"})
        with pytest.raises(PixelpipeError) as of_question:
            service.balance()
    assert type(of_purchase.value) is bought
    assert type(of_question.value) is asked


@pytest.mark.parametrize(
    ("said", "message", "code"),
    [
        ({"error": {"code": 400}}, "", "400"),
        ({"error": {"code": "x", "message": None}}, "", "x"),
        ({"error": "text"}, "text", ""),
        ({"message": "text"}, "text", ""),
        ({"code": 401}, "", "401"),
        ({"detail": "text"}, "text", ""),
        ({"msg": "text", "error_code": 7}, "text", ""),
        ({"errors": [{"title": "text"}]}, "text", ""),
        ({"error": ["a", "b"]}, "", ""),
        ({"error": None}, "", ""),
        ({"error": {}}, "", ""),
    ],
)
def test_words_are_found_wherever_they_stand(said: object, message: str, code: str) -> None:
    """Services and gateways word their refusals in many ways: all of them are words."""
    found = meanings.refusal(json.dumps(said).encode())
    assert (found.shape, found.message, found.code) == (Shape.WORDED, message, code)
    assert meanings.of(400, found) is Meaning.REQUEST


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'"no"', b"7", b"\xff\xfe", b"[" * 99_999])
def test_anything_else_is_foreign(body: bytes) -> None:
    """What says nothing of an error does not come from the service."""
    assert meanings.refusal(body).shape is Shape.FOREIGN


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422])
def test_code_of_the_contract_counts_more_than_its_status(status: int) -> None:
    """A 403 that says `unauthorized` is about the key, and must stop the run."""
    for code, meaning in (
        ("unauthorized", Meaning.KEY),
        ("insufficient_credits", Meaning.CREDITS),
    ):
        body = json.dumps({"error": {"code": code, "message": "no"}}).encode()
        assert meanings.of(status, meanings.refusal(body)) is meaning
    assert meanings.of(500, meanings.refusal(body)) is Meaning.FAULT


def test_refusal_whose_words_get_lost_is_one_all_the_same() -> None:
    """The status came, the body did not: 4xx and 3xx were not accepted."""
    for status in (302, 400, 413):
        cut = b"HTTP/1.1 %d Word\r\nContent-Length: 99\r\n\r\n<ht" % status
        with (
            talking(say(cut)) as (service, _),
            pytest.raises(errors.RefusedError),
        ):
            service.animate({"prompt": "x"})
