"""Forecast what a plan costs and how long it takes. Pure: no clock, no network.

Times come from this service's own past durations; prices from the plan; the account, if it was
asked, from the service.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..config.project_settings import PIXEL_ENGINE
from ..core import keys
from ..core.model import ANIMATE_CREDITS, FURTHER_CREDITS, Balance, JobState, Record, StepKind
from ..plan.plan import Plan
from ..plan.wanted import ClipPlan
from . import budget

#: Bytes that tell purchases apart where they are counted only.
_SHORT = 8
#: Seconds for a clip while a service's own durations are unknown: the vendor's typical time.
_TYPICAL_S = {True: 90.0, False: 1.0}
#: Jobs of the built-in engine at a time; a paid service is asked for as many as the settings say.
_FREE_IN_FLIGHT = 4


class Past(Record, frozen=True, kw_only=True):
    """What is known for a forecast: how long clips took, jobs at a time, and what time it is."""

    seconds: tuple[float, ...] = ()
    in_flight: int = 3
    now: float = 0.0
    #: Names of all rules, in the order in which their clips are bought.
    rules: tuple[str, ...] = ()


class Forecast(Record, frozen=True, kw_only=True):
    """What a plan costs and how long it takes."""

    credits: int
    #: Seconds for one clip, and until everything is ready.
    clip_s: float
    seconds: float
    #: Seconds until each clip that is bought or fetched is ready, by request key.
    ready_s: Mapping[str, float]
    #: The account before, when it was asked; else why it was not.
    balance: Balance | None = None
    trouble: str = ""
    #: Credits that buying the clips of one source together would save.
    batch_saves: int = 0
    #: Clips of the built-in engine, and what buying them would cost.
    placeholders: int = 0
    placeholder_credits: int = 0
    #: Why a build would not buy a clip although it is planned, by request key.
    refusals: Mapping[str, str] = {}

    @property
    def pools(self) -> tuple[int, int] | None:
        """Credits from the monthly and from the purchased pool: the monthly one is spent first."""
        if self.balance is None:
            return None
        # What open jobs hold is taken from the monthly pool first as well.
        free = max(0, self.balance.monthly_balance - self.balance.reserved)
        monthly = min(self.credits, free)
        return monthly, self.credits - monthly

    @property
    def dollars(self) -> tuple[float, float]:
        """About what it costs, at least and at most; both are equal when the account is known."""
        if self.pools is None:
            return (
                self.credits * budget.MONTHLY_DOLLARS,
                self.credits * budget.PURCHASED_DOLLARS,
            )
        monthly, purchased = self.pools
        exact = monthly * budget.MONTHLY_DOLLARS + purchased * budget.PURCHASED_DOLLARS
        return exact, exact

    @property
    def available_after(self) -> int | None:
        """Credits that are left; negative when the balance does not cover the plan."""
        return None if self.balance is None else self.balance.available - self.credits

    def json(self) -> dict[str, object]:
        """Return what belongs into a report."""
        low, high = self.dollars
        pools = self.pools
        return {
            "credits": self.credits,
            "seconds": round(self.seconds, 1),
            "clip_seconds": round(self.clip_s, 1),
            "dollars": [round(low, 2), round(high, 2)],
            "pools": None if pools is None else {"monthly": pools[0], "purchased": pools[1]},
            "balance": None
            if self.balance is None
            else {
                "before": msgspec.to_builtins(self.balance),
                "available_after": self.available_after,
            },
            "batch_saves": self.batch_saves,
            "refusals": dict(self.refusals),
            "placeholders": {"clips": self.placeholders, "credits": self.placeholder_credits},
        }


def make(plan: Plan, past: Past, balance: Balance | None = None, trouble: str = "") -> Forecast:
    """Forecast `plan`; `trouble` says why the account was not asked."""
    clip_s = _median(past.seconds) or _TYPICAL_S[plan.service.paid]
    ready = _ready(plan, past, clip_s)
    count, credits = _placeholders(plan)
    return Forecast(
        credits=plan.credits,
        clip_s=clip_s,
        seconds=max(ready.values(), default=0.0),
        ready_s=ready,
        balance=balance,
        trouble=trouble,
        batch_saves=_batch_saves(plan),
        placeholders=count,
        placeholder_credits=credits,
    )


def _ready(plan: Plan, past: Past, clip_s: float) -> dict[str, float]:
    """Let clips take turns as the scheduler does: what runs already, then purchases as there is
    room in flight, in the rules' order; those of a batch together, one after another."""
    places = past.in_flight if plan.service.paid else _FREE_IN_FLIGHT
    found = list(_open(plan))
    ready = {
        clip.step.request_key: _left(clip, past.now, clip_s)
        for clip in found
        if clip.step.kind is StepKind.RESUME
    }
    flying, now = sorted(ready.values()), 0.0
    for group in _groups([one for one in found if one.step.kind is StepKind.BUY], past.rules):
        while len(flying) >= places:
            now = heapq.heappop(flying)
        for number, clip in enumerate(group, start=1):
            ready[clip.step.request_key] = now + number * clip_s
            heapq.heappush(flying, now + number * clip_s)
    return ready


def _groups(clips: Sequence[ClipPlan], rules: Sequence[str]) -> Iterator[list[ClipPlan]]:
    """Yield what one POST buys, in the order of purchase."""
    places = {name: place for place, name in enumerate(rules)}
    ranked = sorted(clips, key=lambda clip: places.get(clip.step.rule, len(places)))
    together: dict[str, list[ClipPlan]] = {}
    for clip in ranked:
        together.setdefault(clip.batch or clip.step.request_key, []).append(clip)
    yield from together.values()


def _left(clip: ClipPlan, now: float, clip_s: float) -> float:
    job = clip.job
    if job is None or job.state is not JobState.SUBMITTED or job.submitted_at is None:
        return clip_s
    return max(0.0, clip_s - max(0.0, now - job.submitted_at))


def _open(plan: Plan) -> Iterator[ClipPlan]:
    for source in plan.sources:
        for clip in source.clips:
            if clip.step.kind in (StepKind.BUY, StepKind.RESUME):
                yield clip


def _batch_saves(plan: Plan) -> int:
    """Return what `batch: true` would save; nothing where clips are bought together already."""
    if not plan.service.paid:
        return 0
    counts = [
        sum(clip.step.credits == ANIMATE_CREDITS and not clip.batch for clip in one.clips)
        for one in plan.sources
    ]
    return sum(max(0, count - 1) * (ANIMATE_CREDITS - FURTHER_CREDITS) for count in counts)


def _placeholders(plan: Plan) -> tuple[int, int]:
    """Count clips that no purchase stands behind, and price what would replace them."""
    if plan.service.paid:
        return 0, 0
    kinds = (StepKind.FRESH, StepKind.REUSE, StepKind.BUY, StepKind.RESUME)
    count, purchases = 0, set[bytes]()
    for source in plan.sources:
        for clip in source.clips:
            if not clip.paid and clip.step.kind in kinds:
                count += 1
                key = keys.request_key(clip.request, PIXEL_ENGINE)
                purchases.add(bytes.fromhex(key)[:_SHORT])
    return count, len(purchases) * ANIMATE_CREDITS


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
