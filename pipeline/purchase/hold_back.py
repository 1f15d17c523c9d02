"""Which purchases a watch keeps back: edits of what was bought, and too many at once.

Saving a sprite twenty times while working on it must not buy it twenty times, and unpacking an
archive must not empty an account. Both are decided by request keys, never by events, and kept in
the ledger, so that a restart of the watch forgets nothing.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator

import msgspec

from ..core.model import JobState, Kept, StepKind
from ..plan.plan import Plan, priced
from ..plan.wanted import ClipPlan
from ..plan.wish import Wish
from ..storage.ledger import Ledger
from ..storage.lock import Lock

_ON_ITS_WAY = (JobState.CLAIMED, JobState.SUBMITTED, JobState.DETACHED)


def keep_back(
    plan: Plan, locked: Lock, ledger: Ledger, project: str, wish: Wish, now: float
) -> dict[str, str]:
    """Kept what `wish` keeps back of a plan; returns the sentence for each request key.

    Keys that a person released, or that have been due, are let through.
    """
    wanted = {clip.step.request_key: clip for clip in _purchases(plan)}
    looked_at = {one.wanted.source.path for one in plan.sources}
    about = wanted.keys(), looked_at
    waiting = {one.request_key: one for one in ledger.kept_back(project, about=about)}
    released = {one.request_key for one in ledger.kept_back(project, released=True, about=about)}
    bought = {line.source for line in locked.clips if line.paid}
    bought |= {one.source for one in waiting.values() if one.due is not None}
    # What is on its way will have been bought. Another project's file of that name only waits.
    bought |= {job.source for job in ledger.unfinished() if job.paid and job.state in _ON_ITS_WAY}
    fresh = [clip for key, clip in wanted.items() if key not in waiting and key not in released]
    edits = [clip for clip in fresh if clip.request.source in bought]
    new = [clip for clip in fresh if clip.request.source not in bought]
    is_burst = wish.burst is not None and len(fresh) > wish.burst
    due = math.inf if is_burst else now + (wish.buy_after_s or 0.0)
    kept = [_kept(clip, due) for clip in edits if due > now]
    kept += [_kept(clip, None) for clip in new if is_burst]
    ledger.keep_back(project, kept, now=now)
    gone = [key for key, one in waiting.items() if one.source in looked_at and key not in wanted]
    ledger.forget_kept(project, gone)
    still = [one for key, one in waiting.items() if key in wanted]
    return {
        one.request_key: _sentence(one, now, wish)
        for one in (*kept, *still)
        if _is_kept(one, now, wish)
    }


def rest(plan: Plan, kept: Container[str]) -> Plan:
    """Return a plan without the purchases that are kept back: what a person is asked about.

    Where the first clip of a batch is kept back, the next one costs what a first one does.
    """
    sources = tuple(
        msgspec.structs.replace(
            one, clips=priced(clip for clip in one.clips if clip.step.request_key not in kept)
        )
        for one in plan.sources
    )
    return msgspec.structs.replace(plan, sources=sources)


def is_due(one: Kept, now: float) -> bool:
    """Tell whether a purchase has waited long enough."""
    return one.due is not None and one.due <= now


def _is_kept(one: Kept, now: float, wish: Wish) -> bool:
    if _is_one_of_many(one):
        return wish.burst is not None
    return not is_due(one, now)


def _is_one_of_many(one: Kept) -> bool:
    """Tell whether only a person lets it go; an edit of what was bought is due in eternity."""
    return one.due is None or one.due == math.inf


def _sentence(one: Kept, now: float, wish: Wish) -> str:
    if one.due is None or _is_one_of_many(one):
        return (
            f"more than {wish.burst} purchases at once (`watch.burst`) wait for a yes: "
            "`pixelpipe jobs release`, or `--yes`"
        )
    minutes = max(0.0, one.due - now) / 60
    return (
        f"was bought before and edited: bought again after {minutes:.0f} min without an edit "
        "(`watch.buy_after`), with `pixelpipe jobs release`, or by `pixelpipe build`"
    )


def _purchases(plan: Plan) -> Iterator[ClipPlan]:
    for source in plan.sources:
        for clip in source.clips:
            if clip.step.kind is StepKind.BUY and clip.step.credits:
                yield clip


def _kept(clip: ClipPlan, due: float | None) -> Kept:
    step = clip.step
    return Kept(
        request_key=step.request_key,
        source=step.source,
        clip=step.clip,
        credits=step.credits,
        due=due,
    )
