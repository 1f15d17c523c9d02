"""When to ask a service again: not before its jobs begin to end, then every few seconds.

The first poll comes at the 5th percentile of the service's own past durations, later ones every
`poll_s` (simulated: 1.7 s late at the mean with 13 polls a job, where polling from the start takes
31). What a run sees counts at once, so that a service that got quicker or slower is noticed after a
few jobs.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

from ..core.errors import PixelpipeError, UnavailableError
from ..core.model import Taken

#: Durations that count, and the share of them that may have ended before the first poll.
_WINDOW = 64
_EARLY_SHARE = 0.05
#: A job that had ended when it was first asked for took less than that, nobody knows how much
#: less. Without this guess the first poll could never come earlier than it did before.
_SHORTER = 0.8
#: Of a service that works in turn: the oldest jobs that are asked for, and the rest's interval.
FRONT = 2
REST_S = 1.0
_BACKOFF_S = 0.25
_TRIES = 4
_MAX_BACKOFF_S = 30.0


Answer = TypeVar("Answer")


class Pace:
    """How a service wants to be used, and what is learnt of it. Owned by one thread."""

    def __init__(
        self,
        *,
        unknown_s: float,
        poll_s: float,
        in_flight: int,
        past: Iterable[Taken] = (),
        is_in_turn: bool = False,
        is_at_once: bool = False,
    ) -> None:
        """Poll first after `unknown_s` while `past`, oldest first, holds nothing.

        `is_in_turn` says that the jobs end about in the order in which they were posted: then only
        the oldest are asked for that often, and each of the others once in `REST_S`. `is_at_once`
        says that every answer comes without a wait: then no thread waits for it.
        """
        self._unknown_s = unknown_s
        self._recent = deque((_guessed(one) for one in past), maxlen=_WINDOW)
        #: Seconds between polls of one job, and jobs at once.
        self.poll_s = poll_s
        self.in_flight = in_flight
        self.is_in_turn = is_in_turn
        self.is_at_once = is_at_once

    def first_poll_s(self, place: int = 0) -> float:
        """Return how long after its POST a job is asked for; in a batch they come in turn."""
        first_s = self._unknown_s
        if self._recent and not self.is_in_turn:
            first_s = sorted(self._recent)[int(len(self._recent) * _EARLY_SHARE)]
        return first_s * (place + 1)

    def learn(self, taken: Taken) -> None:
        """Take note of a job that has just ended."""
        self._recent.append(_guessed(taken))


def backoff_s(tries: int, error: PixelpipeError) -> float:
    """Return how long to wait after `tries` failures: longer each time, and what was wished."""
    wish = error.retry_after_s if isinstance(error, UnavailableError) else None
    # Full jitter: many clients that lost the same service must not come back at one moment.
    backoff: float = min(_MAX_BACKOFF_S, _BACKOFF_S * 2**tries) * random.uniform(0, 1)
    return max(wish or 0.0, backoff)


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Ask for what is free, and a few times again, seconds apart, when the answer gets lost.

    Raises what `ask` raises: UnavailableError when none of the answers came.
    """
    for tries in range(1, _TRIES):
        try:
            return ask()
        except UnavailableError as exc:
            time.sleep(backoff_s(tries, exc))
    return ask()


def _guessed(taken: Taken) -> float:
    return taken.seconds * _SHORTER if taken.polls == 1 else taken.seconds
