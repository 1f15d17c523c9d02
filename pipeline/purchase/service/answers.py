"""What the service answers: records that are read field by field.

Only what is needed has to be there: a status, an id, an address. The vendor may add, drop and
change everything else, and what was paid for still arrives.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, Self

from ...core.model import Balance, Record
from .fields import Fields

#: Words for the two ends of a job, and for the way there; any other word is neither.
_SUCCESS = frozenset(
    ("success", "succeeded", "successful", "completed", "complete", "done", "finished", "ready")
)
_FAILURE = frozenset(
    ("failure", "failed", "fail", "error", "errored", "cancelled", "canceled", "aborted")
)
_WAITING = frozenset(
    ("queued", "pending", "running", "processing", "in_progress", "started", "starting", "waiting")
)
_NAME_CHARACTERS = 200
_READING_CHARACTERS = 2000
_PROMPT_CHARACTERS = 10_000


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
    #: False when one of the sums that prove something was missing: then they prove nothing.
    is_whole: bool = True

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there."""
        names = ("credits_used", "credits_added", "refunds", "net_change", "jobs_charged")
        found = {name: said.floor(name) for name in names}
        is_whole = found["credits_used"] is not None and found["jobs_charged"] is not None
        return cls(**{name: one or 0 for name, one in found.items()}, is_whole=is_whole)


class Billing(Record, frozen=True, kw_only=True):
    """Answer of GET /billing."""

    totals: Totals
    balance: Balance = Balance()

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there."""
        return cls(totals=Totals.read(said.part("totals")), balance=balance(said.part("balance")))


def balance(said: Fields) -> Balance:
    """Read a balance; what is missing follows from the rest as far as it can."""
    monthly, bought = said.floor("monthly_balance"), said.floor("purchased_balance")
    total, reserved = said.floor("total_balance"), said.floor("reserved")
    if total is None and monthly is not None and bought is not None:
        total = monthly + bought
    available = said.floor("available")
    if available is None and total is not None:
        available = total - (reserved or 0)
    return Balance(
        monthly_balance=monthly or 0,
        purchased_balance=bought or 0,
        total_balance=total or 0,
        reserved=max(0, reserved or 0),
        available=max(0, available or 0),
        is_stated=available is not None,
        is_whole=None not in (said.floor("available"), said.floor("total_balance"), reserved),
    )


class Output(Record, frozen=True, kw_only=True):
    """Where a result lies. The URL is a secret that expires."""

    url: str

    @classmethod
    def read(cls, said: Fields) -> Self | None:
        """Read the address, also one that stands alone; None when there is none."""
        found = said.raw("output")
        url = Fields(found).raw("url") if isinstance(found, dict) else found
        return cls(url=url) if isinstance(url, str) else None


class Charge(Record, frozen=True, kw_only=True):
    """What a job holds and what it cost, in credits; None when that is not said."""

    credits_held: int | None = None
    credits_charged: int | None = None

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there."""
        held, charged = said.whole("credits_held"), said.whole("credits_charged")
        return cls(credits_held=held, credits_charged=charged)


class Inputs(Record, frozen=True, kw_only=True):
    """The parameters as the service understood them; some only the built-in engine tells.

    `loops` says whether what was read goes on, or ends; `engine_version` which art it draws;
    `not_shown` which words it is about and does not show, `left_out` which beside what it shows.
    """

    model: str = ""
    #: Nothing but `jobs resolve` looks at it.
    seed: int | None = None
    interpretation: str = ""
    needs_ai: bool = False
    needs_ai_reason: str = ""
    not_shown: str = ""
    left_out: str = ""
    loops: bool | None = None
    engine_version: int = 0

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there."""
        loops = said.raw("loops")
        return cls(
            model=said.text("model", _NAME_CHARACTERS),
            seed=said.whole("seed"),
            interpretation=said.text("interpretation", _READING_CHARACTERS),
            needs_ai=said.flag("needs_ai"),
            needs_ai_reason=said.text("needs_ai_reason", _READING_CHARACTERS),
            not_shown=said.text("not_shown"),
            left_out=said.text("left_out"),
            loops=loops if isinstance(loops, bool) else None,
            engine_version=max(0, said.whole("engine_version") or 0),
        )


class Status(Record, frozen=True, kw_only=True):
    """Answer of GET /jobs. `status` is the service's word, in lower case."""

    api_job_id: str = ""
    status: str
    progress: float | None = None
    billing: Charge | None = None
    inputs: Inputs | None = None
    output: Output | None = None
    #: The service's own words about a failure.
    message: str = ""

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there. Raises ValueError when neither a status nor a result is."""
        found = cls(
            api_job_id=said.id("api_job_id"),
            status=said.word("status"),
            progress=said.share("progress"),
            billing=Charge.read(said.part("billing")),
            inputs=Inputs.read(said.part("inputs")),
            output=Output.read(said),
            message=_message(said),
        )
        if not found.status and found.output is None:
            raise ValueError("no status")
        return found

    @property
    def is_success(self) -> bool:
        """The result can be downloaded: the word says so, or an unknown word has an address."""
        if self.is_strange:
            return self.output is not None and bool(self.output.url)
        return self.status in _SUCCESS

    @property
    def is_failure(self) -> bool:
        """The job ended without a result; an unknown word is neither, and polling goes on."""
        return self.status in _FAILURE

    @property
    def is_strange(self) -> bool:
        """The word is none that is known here."""
        return self.status not in _SUCCESS | _FAILURE | _WAITING


class SubStatus(Status, frozen=True, kw_only=True):
    """One job of a batch, by its place in the list that was sent."""

    batch_position: int = 0


class BatchStatus(Record, frozen=True, kw_only=True):
    """Answer of GET /batch-jobs: the jobs of it that can be read."""

    sub_jobs: tuple[SubStatus, ...] = ()

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read each member by itself; one that says no place stands where it is in the list."""
        found: dict[int, SubStatus] = {}
        members = [(one, one.whole("batch_position")) for one in said.parts("sub_jobs")]
        taken = {place for _, place in members}
        for number, (one, stated) in enumerate(members):
            place = number if stated is None and number not in taken else stated
            if place is not None and place not in found and (read := _member(one, place)):
                found[place] = read
        return cls(sub_jobs=tuple(found.values()))


def _member(said: Fields, place: int) -> SubStatus | None:
    try:
        read = Status.read(said)
    except ValueError:
        return None
    parts = {name: getattr(read, name) for name in read.__struct_fields__}
    return SubStatus(**parts, batch_position=place)


class Named(Protocol):
    """An answer to a POST that is worthless without one field."""

    @property
    def id(self) -> str:
        """That field; "" when it is missing."""

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read what is there."""


class Submitted(Record, frozen=True, kw_only=True):
    """A job was accepted."""

    api_job_id: str = ""

    @property
    def id(self) -> str:
        """Return the remote id."""
        return self.api_job_id

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read the id."""
        return cls(api_job_id=said.id("api_job_id"))


class BatchSubmitted(Record, frozen=True, kw_only=True):
    """A batch was accepted."""

    batch_id: str = ""

    @property
    def id(self) -> str:
        """Return the batch's id."""
        return self.batch_id

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read the id."""
        return cls(batch_id=said.id("batch_id"))


class Enhanced(Record, frozen=True, kw_only=True):
    """Answer of POST /enhance-prompt."""

    enhanced_prompt: str = ""

    @property
    def id(self) -> str:
        """Return the longer prompt."""
        return self.enhanced_prompt

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read the prompt."""
        return cls(enhanced_prompt=said.text("enhanced_prompt", _PROMPT_CHARACTERS))


class Cancelled(Record, frozen=True, kw_only=True):
    """Answer of POST /cancel: whatever it is, polling tells what became of the job."""

    @property
    def id(self) -> str:
        """Return that nothing is missing."""
        return "cancelled"

    @classmethod
    def read(cls, said: Fields) -> Self:
        """Read nothing."""
        return cls()


def _message(said: Fields) -> str:
    """Return what is said of a failure: in an object, or as a text of its own."""
    fault = said.part("error")
    return fault.text("message") or fault.text("code") or fault.id("code") or said.text("error")
