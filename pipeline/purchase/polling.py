"""When to ask a service again: not before its jobs begin to end, then every few seconds.

The first poll comes at the 5th percentile of the service's own past durations, later ones every
`poll_s` (simulated: 1.7 s late at the mean with 13 polls a job, where polling from the start takes
31). What a run sees counts at once, so that a service that got quicker or slower is noticed after a
few jobs.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable

from ..core.errors import PixelpipeError, UnavailableError
from ..core.model import Taken

#: Durations that count, and the share of them that may have ended before the first poll.
_WINDOW = 64
_EARLY_SHARE = 0.05
#: The same where lateness costs nothing, and the part of that duration between two polls.
_MIDDLE_SHARE = 0.5
_POLL_SHARE = 0.125
#: A job that had ended when it was first asked for took less than that, nobody knows how much
#: less. Without this guess the first poll could never come earlier than it did before.
_SHORTER = 0.8
_BACKOFF_S = 0.25
_MAX_BACKOFF_S = 30.0


class Pace:
    """How a service wants to be used, and what is learnt of it. Owned by one thread."""

    def __init__(
        self,
        *,
        unknown_s: float,
        poll_s: float,
        in_flight: int,
        past: Iterable[Taken] = (),
        most_poll_s: float | None = None,
    ) -> None:
        """Poll first after `unknown_s` while `past`, oldest first, holds nothing.

        With `most_poll_s` a queue is full at all times, and a job that is fetched late keeps
        nobody waiting: every question costs more than it tells. Then the first poll comes in the
        middle of past durations, and later ones after an eighth of them, up to so many seconds.
        """
        self._unknown_s = unknown_s
        self._recent = deque((_guessed(one) for one in past), maxlen=_WINDOW)
        self._least_s, self._most_s = poll_s, most_poll_s
        #: Jobs at once.
        self.in_flight = in_flight

    @property
    def poll_s(self) -> float:
        """Seconds between polls of one job."""
        if self._most_s is None or not self._recent:
            return self._least_s
        return max(self._least_s, min(self._most_s, _POLL_SHARE * self._at(_MIDDLE_SHARE)))

    def first_poll_s(self, place: int = 0) -> float:
        """Return how long after its POST a job is asked for; in a batch they come in turn."""
        first_s = self._unknown_s
        if self._recent:
            first_s = self._at(_EARLY_SHARE if self._most_s is None else _MIDDLE_SHARE)
        return first_s * (place + 1)

    def _at(self, share: float) -> float:
        """Return the duration that this share of the past ones was shorter than."""
        return sorted(self._recent)[int(len(self._recent) * share)]

    def learn(self, taken: Taken) -> None:
        """Take note of a job that has just ended."""
        self._recent.append(_guessed(taken))


def backoff_s(tries: int, error: PixelpipeError) -> float:
    """Return how long to wait after `tries` failures: longer each time, and what was wished."""
    wish = error.retry_after_s if isinstance(error, UnavailableError) else None
    # Full jitter: many clients that lost the same service must not come back at one moment.
    backoff: float = min(_MAX_BACKOFF_S, _BACKOFF_S * 2**tries) * random.uniform(0, 1)
    return max(wish or 0.0, backoff)


def _guessed(taken: Taken) -> float:
    return taken.seconds * _SHORTER if taken.polls == 1 else taken.seconds
