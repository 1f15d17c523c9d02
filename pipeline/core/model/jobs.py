"""Requests, and what becomes of them."""

from enum import StrEnum
from typing import Literal

from .record import Record
from .rules import Hints


class Preference(Record, frozen=True, kw_only=True):
    """What a person asks of one purchase, in place of the rule's fields and our own choice.

    It is part of the resolved request only: the take tells the purchase apart from the others.
    """

    matte: str | None = None
    fit: int | Literal["tight", "pad"] | None = None
    seed: int | None = None


class Request(Record, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is asked of the service for one clip of one source, as the rule states it."""

    source: str
    pixel_digest: str
    clip: str
    rule: str
    prompt: str
    negative_prompt: str = ""
    frames: int | None = None
    colors: int | Literal["source"] | None = None
    model: str | None = None
    matte: str | None = None
    seed: int | None = None
    fit: int | Literal["tight", "pad"] | None = None
    take: int = 0
    #: Number of the cell when a sheet's cells are asked for: a place, and no part of the key.
    cell: int | None = None
    #: The prompts with path words left open, or None when they use none: a rename that changes
    #: only those reuses what was bought.
    open_prompt: str | None = None
    #: What a `reroll` asks for; no part of the key.
    preference: Preference | None = None
    #: What the rule says of the sprite; part of the key of the built-in engine's clips alone.
    hints: Hints | None = None


class Resolved(Record, frozen=True, kw_only=True):
    """A request with everything that our algorithms chose. Fixed at the claim, never recomputed."""

    version: int = 1
    request_key: str
    #: Key with the path words left open; None when the prompt uses none.
    open_key: str | None = None
    prompt: str
    negative_prompt: str = ""
    #: As sent.
    frames: int
    #: Width and height of the canvas that is uploaded, in px.
    canvas: tuple[int, int]
    #: Margins around the (down-scaled) source: left, top, right, bottom, in px.
    pad: tuple[int, int, int, int]
    #: Integer by which the source was divided before padding; 1 for native pixel art.
    scale: int = 1
    #: "#rrggbb", its distance from the sprite's colours in OKLab, and the second choice.
    matte: str
    matte_distance: float = 0.0
    runner_up: str = ""
    #: "#rrggbb" each; None when a count was sent instead.
    palette: tuple[str, ...] | None = None
    colors: int | None = None
    seed: int | None = None
    model: str | None = None
    #: What was told to the built-in engine; None for every other service.
    hints: Hints | None = None

    def fits(self, width: int, height: int) -> bool:
        """Tell whether a picture of so many px can be what was sent; `scale` is 1 at least."""
        left, top, right, bottom = self.pad
        wide, high = -(-width // self.scale), -(-height // self.scale)
        return self.canvas == (wide + left + right, high + top + bottom)


class JobState(StrEnum):
    """Where a job stands."""

    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    BOUGHT = "bought"
    FAILED = "failed"
    DETACHED = "detached"
    UNCONFIRMED = "unconfirmed"
    #: Settled by a person: billed, and the result cannot be had. The next take may be bought.
    CHARGED = "charged"


class FailureClass(StrEnum):
    """What a failure is held against, and so when it is tried again."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    ACCOUNT = "account"
    ENVIRONMENT = "environment"


class Job(Record, frozen=True, kw_only=True):
    """One request key's way through the ledger. Times are UTC, seconds since the epoch."""

    request_key: str
    state: JobState
    service: str
    paid: bool
    source: str
    clip: str
    take: int = 0
    resolved: Resolved
    recipe: str = ""
    credits_quoted: int = 0
    credits_charged: int = 0
    #: How many other jobs are bought by the same POST.
    companions: int = 0
    #: Its place among them, from 0, once the service has told its own id.
    place: int = 0
    #: How often the service was asked for it.
    polls: int = 0
    #: For a job of a batch, its place in it (jobs.in_batch) until its own id is known.
    remote_id: str | None = None
    digest: str | None = None
    reason: str = ""
    failure: FailureClass | None = None
    #: Version of pixelpipe; another one may try again what failed for good.
    tool: str = ""
    #: Token of the process that holds the claim; see ledger.py.
    holder: str = ""
    claimed_at: float = 0.0
    submitted_at: float | None = None
    settled_at: float | None = None

    @property
    def has_failed_together(self) -> bool:
        """The service refused or ended it as one of a batch: it may be bought alone."""
        is_failed = self.state is JobState.FAILED and self.settled_at is not None
        return is_failed and self.companions > 0


class Taken(Record, frozen=True, kw_only=True):
    """How long a clip took, from its POST or the one before it in a batch, and how many polls."""

    seconds: float
    polls: int = 0


class Kept(Record, frozen=True, kw_only=True):
    """A purchase that a watch keeps back: until it is due, or until a person releases it."""

    request_key: str
    source: str
    clip: str
    credits: int
    #: UTC seconds; None for one of too many at once, which only a person lets go.
    due: float | None = None


class Balance(Record, frozen=True, kw_only=True):
    """Credits of the account. `available` is the total less what open jobs hold."""

    monthly_balance: int = 0
    purchased_balance: int = 0
    total_balance: int = 0
    reserved: int = 0
    available: int = 0
    #: The service has said what is available, or what it follows from.
    is_stated: bool = True
    #: It has said everything that proves something: what is reserved, available, and in all.
    is_whole: bool = True


class Reading(Balance, frozen=True, kw_only=True):
    """What a service said of an account at one moment: its balance and its bill. UTC seconds."""

    at: float = 0.0
    #: The day from which the bill counts, and what it says; None when it said nothing readable.
    since: float | None = None
    credits_used: int | None = None
    jobs_charged: int | None = None

    def is_same(self, other: "Reading") -> bool:
        """Tell whether nothing at all has moved between two readings, of which both are whole."""
        names = (
            *("monthly_balance", "purchased_balance", "total_balance", "reserved", "available"),
            *("since", "credits_used", "jobs_charged"),
        )
        is_whole = self.is_whole and other.is_whole and self.credits_used is not None
        return is_whole and all(getattr(self, name) == getattr(other, name) for name in names)
