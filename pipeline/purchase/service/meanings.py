"""What an HTTP answer means, by its status and the shape of its body: written once, as a table.

A purchase is in doubt only where nobody can know whether it was accepted. 3xx and 4xx say that it
was not, whoever says it; 429 asks to wait; 408, 5xx and everything unheard of leave it open.
"""

from __future__ import annotations

from enum import StrEnum

from ...core.model import Record
from . import fields
from .fields import Fields

#: Fields in which services and gateways put their words, best first.
_WORDS = ("message", "msg", "detail", "error_description", "title")


class Meaning(StrEnum):
    """What the caller has to do about an answer."""

    #: 2xx: read the body.
    ACCEPTED = "accepted"
    #: The key is refused: nothing else will be accepted either.
    KEY = "key"
    #: The account's credits do not suffice.
    CREDITS = "credits"
    #: This request is refused, and would be again.
    REQUEST = "request"
    #: Something on the way refuses, or the address is wrong: no answer of the service.
    WAY = "way"
    #: Surely not accepted, for now: wait, and repeat.
    BUSY = "busy"
    #: Nobody can know: repeat a question, never a purchase.
    FAULT = "fault"


class Shape(StrEnum):
    """What a body looks like."""

    #: JSON with words or a code about an error, in whichever field.
    WORDED = "worded"
    #: Everything else: HTML, text, nothing.
    FOREIGN = "foreign"


class Refusal(Record, frozen=True, kw_only=True):
    """An error as the body words it."""

    shape: Shape = Shape.FOREIGN
    code: str = ""
    message: str = ""


class Row(Record, frozen=True, kw_only=True):
    """One line of the table: the first that fits counts. None stands for any."""

    first: int
    last: int
    shape: Shape | None = None
    code: str | None = None
    meaning: Meaning


#: Asked from top to bottom.
TABLE = (
    Row(first=200, last=299, meaning=Meaning.ACCEPTED),
    Row(first=300, last=399, meaning=Meaning.WAY),
    Row(first=408, last=408, meaning=Meaning.FAULT),
    Row(first=425, last=425, meaning=Meaning.BUSY),
    Row(first=429, last=429, meaning=Meaning.BUSY),
    Row(first=400, last=499, code="unauthorized", meaning=Meaning.KEY),
    Row(first=400, last=499, code="insufficient_credits", meaning=Meaning.CREDITS),
    Row(first=401, last=401, meaning=Meaning.KEY),
    Row(first=402, last=402, meaning=Meaning.CREDITS),
    Row(first=407, last=407, meaning=Meaning.WAY),
    Row(first=413, last=414, meaning=Meaning.REQUEST),
    Row(first=415, last=415, meaning=Meaning.REQUEST),
    Row(first=422, last=422, meaning=Meaning.REQUEST),
    Row(first=400, last=499, shape=Shape.WORDED, meaning=Meaning.REQUEST),
    Row(first=400, last=499, meaning=Meaning.WAY),
)


def of(status: int, refusal: Refusal) -> Meaning:
    """Return what an answer means; what no line knows leaves everything open."""
    for row in TABLE:
        fits = row.first <= status <= row.last
        if fits and row.shape in (None, refusal.shape) and row.code in (None, refusal.code):
            return row.meaning
    return Meaning.FAULT


def refusal(content: bytes) -> Refusal:
    """Read the words of an error: the contract's envelope, or any other that JSON may have."""
    try:
        said = fields.read(content)
    except (ValueError, RecursionError):
        return Refusal()
    outer = Fields(said)
    inner = outer.part("error") or next(iter(outer.parts("errors")), Fields()) or outer
    message = next(filter(None, map(inner.text, _WORDS)), "") or outer.text("error")
    code = inner.word("code") or inner.id("code")
    is_worded = (
        bool(message or code) or any(name in said for name in ("error", "errors"))
        if isinstance(said, dict)
        else False
    )
    shape = Shape.WORDED if is_worded else Shape.FOREIGN
    return Refusal(shape=shape, code=code, message=message)
