"""What the service answers: open records, since the vendor may add fields."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Protocol

from ...core.model import Balance, Record

#: Longer messages of the service are cut; they are shown to people.
_MESSAGE_CHARACTERS = 300


class Endpoint(StrEnum):
    """What makes one job, and its path."""

    ANIMATE = "/animate"
    KEYFRAMES = "/keyframes"
    #: Experimental: nobody has shown it running.
    RETAKE = "/retake"
    PIXELATE = "/pixelate"
    REMOVE_BACKGROUND = "/remove-background"
    GENERATE_IMAGE = "/generate-image"


class Totals(Record, frozen=True, kw_only=True):
    """Sums of a billing period, in credits, and the number of charged jobs."""

    credits_used: int = 0
    credits_added: int = 0
    refunds: int = 0
    net_change: int = 0
    jobs_charged: int = 0


class Billing(Record, frozen=True, kw_only=True):
    """Answer of GET /billing."""

    totals: Totals
    balance: Balance = Balance()


class Output(Record, frozen=True, kw_only=True):
    """Where a result lies. The URL is a secret that expires."""

    url: str
    content_type: str = ""


class Charge(Record, frozen=True, kw_only=True):
    """What a job holds and what it cost, in credits."""

    credits_held: int = 0
    credits_charged: int = 0


class Inputs(Record, frozen=True, kw_only=True):
    """The parameters as the service understood them; some only the built-in engine tells.

    `loops` says whether what was read goes on, or ends; `engine_version` which art it draws.
    """

    model: str = ""
    #: Of any type: nothing but `jobs resolve` looks at it, and no poll may break over it.
    seed: object = None
    interpretation: str = ""
    needs_ai: bool = False
    needs_ai_reason: str = ""
    loops: bool | None = None
    engine_version: int = 0


class Fault(Record, frozen=True, kw_only=True):
    """An error of a job, or of an answer."""

    code: str = ""
    message: str = ""


class Status(Record, frozen=True, kw_only=True):
    """Answer of GET /jobs."""

    api_job_id: str = ""
    status: str
    progress: float | None = None
    billing: Charge | None = None
    inputs: Inputs | None = None
    output: Output | None = None
    error: Fault | str | None = None

    @property
    def is_success(self) -> bool:
        """The result can be downloaded."""
        return self.status == "success"

    @property
    def is_failure(self) -> bool:
        """The job ended without a result; an unknown word is neither, and polling goes on."""
        return self.status in ("failure", "failed", "error", "cancelled", "canceled")

    @property
    def message(self) -> str:
        """The service's own words about the failure."""
        if isinstance(self.error, Fault):
            return clean(self.error.message or self.error.code)
        return clean(self.error or "")


class SubStatus(Status, frozen=True, kw_only=True):
    """One job of a batch, by its place in the list that was sent."""

    batch_position: int


class BatchStatus(Record, frozen=True, kw_only=True):
    """Answer of GET /batch-jobs."""

    sub_jobs: tuple[SubStatus, ...] = ()


class Named(Protocol):
    """An answer to a POST that is worthless without one field."""

    @property
    def id(self) -> str:
        """That field; "" when it is missing."""


class Submitted(Record, frozen=True, kw_only=True):
    """A job was accepted."""

    api_job_id: str = ""

    @property
    def id(self) -> str:
        """Return the remote id."""
        return self.api_job_id


class BatchSubmitted(Record, frozen=True, kw_only=True):
    """A batch was accepted."""

    batch_id: str = ""

    @property
    def id(self) -> str:
        """Return the batch's id."""
        return self.batch_id


class Enhanced(Record, frozen=True, kw_only=True):
    """Answer of POST /enhance-prompt."""

    enhanced_prompt: str = ""

    @property
    def id(self) -> str:
        """Return the longer prompt."""
        return self.enhanced_prompt


class Cancelled(Record, frozen=True, kw_only=True):
    """Answer of POST /cancel: whatever it is, polling tells what became of the job."""

    @property
    def id(self) -> str:
        """Return that nothing is missing."""
        return "cancelled"


class Envelope(Record, frozen=True, kw_only=True):
    """The shape of every refusal."""

    error: Fault


def clean(message: str) -> str:
    """Make a foreign text fit for a terminal: printable, one line, bounded, without keys."""
    printable = "".join(c if c.isprintable() else " " for c in message)
    return re.sub(r"pe_sk_\S+", "pe_sk_…", printable).strip()[:_MESSAGE_CHARACTERS]
