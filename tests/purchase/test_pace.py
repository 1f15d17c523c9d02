"""When to ask: late by little and seldom, also when the service gets quicker or slower."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from pipeline.core import errors
from pipeline.core.model import Taken
from pipeline.purchase import polling
from pipeline.purchase.polling import Pace

#: The vendor's jobs: lognormal around 90 s.
USUAL_S, SIGMA = 90.0, 0.25


class Lateness(NamedTuple):
    """How a run of many jobs went: seconds late at the mean, and polls a job."""

    late_s: float
    polls: float


def drawn(chance: random.Random, median_s: float) -> float:
    """Draw a duration."""
    return median_s * math.exp(SIGMA * chance.gauss(0, 1))


def past(median_s: float) -> list[Taken]:
    """Return what a ledger would know of such a service: each job seen half a poll late."""
    chance = random.Random(7)
    return [Taken(seconds=drawn(chance, median_s) + 1.5, polls=9) for _ in range(200)]


def run(median_s: float, known: Sequence[Taken], *, jobs: int = 1000, seed: int = 1) -> Lateness:
    """Let ten jobs at a time run against a clock that only jumps from poll to poll."""
    asked = Pace(unknown_s=45.0, poll_s=3.0, in_flight=10, past=known)
    chance = random.Random(seed)
    due: list[tuple[float, int, float, float, int]] = []
    late_s, now, polls, begun = 0.0, 0.0, 0, 0
    while due or begun < jobs:
        if len(due) < 10 and begun < jobs:
            begun += 1
            end = now + drawn(chance, median_s)
            heapq.heappush(due, (now + asked.first_poll_s(), begun, now, end, 1))
            continue
        now, number, start, end, tries = heapq.heappop(due)
        polls += 1
        if now < end:
            heapq.heappush(due, (now + asked.poll_s, number, start, end, tries + 1))
            continue
        late_s += now - end
        asked.learn(Taken(seconds=now - start, polls=tries))
    return Lateness(late_s / jobs, polls / jobs)


@pytest.mark.parametrize("seed", range(5))
def test_usual_service_is_asked_seldom_and_soon_enough(seed: int) -> None:
    """2.0 s late at the mean with about 14 polls; every 3 s from the start it would be 31."""
    found = run(USUAL_S, past(USUAL_S), seed=seed)
    assert found.late_s <= 2.0
    assert found.polls <= 14


@pytest.mark.parametrize("median_s", [45.0, 180.0])
def test_change_of_the_services_pace_is_noticed(median_s: float) -> None:
    """A fixed first poll would be 14 s late at a service that got quicker."""
    assert run(median_s, past(USUAL_S)).late_s <= 2.5


def test_unknown_service_is_learnt_within_the_run() -> None:
    """The first clips are asked for after 45 s, the later ones as the first ones taught."""
    found = run(USUAL_S, [])
    assert found.late_s <= 2.0
    assert found.polls <= 16


def test_first_poll_is_late_enough_and_no_later() -> None:
    """The 5th percentile of the newest durations; 45 s while there are none."""
    assert Pace(unknown_s=45.0, poll_s=3.0, in_flight=1).first_poll_s() == 45.0
    known = [Taken(seconds=float(number), polls=2) for number in range(1, 101)]
    asked = Pace(unknown_s=45.0, poll_s=3.0, in_flight=1, past=known)
    assert asked.first_poll_s() == 40.0, "of the newest 64"
    assert asked.first_poll_s(place=2) == 120.0, "the third of a batch begins when two have ended"


def test_job_that_had_ended_at_its_first_poll_took_less() -> None:
    """What is only known to be too late pulls the first poll forward."""
    asked = Pace(unknown_s=45.0, poll_s=3.0, in_flight=1)
    asked.learn(Taken(seconds=45.0, polls=1))
    assert asked.first_poll_s() < 45.0


def test_waits_grow_and_obey_a_wish() -> None:
    """Capped exponential back-off with jitter; what the service wishes for is the least."""
    lost = errors.UnavailableError("lost")
    waits = {tries: [polling.backoff_s(tries, lost) for _ in range(200)] for tries in (1, 4, 12)}
    for tries, most in ((1, 0.5), (4, 4.0), (12, 30.0)):
        assert 0.8 * most < max(waits[tries]) <= most
        assert min(waits[tries]) < 0.2 * most
    assert len({polling.backoff_s(3, lost) for _ in range(20)}) > 10, "not all at the same moment"
    assert polling.backoff_s(1, errors.UnavailableError("busy", retry_after_s=40.0)) == 40.0
