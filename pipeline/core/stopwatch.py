"""Say where the time of a run went: each lap books the time since the last one under a name."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Stopwatch:
    """Runs from its making on. Owned by one thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._begun = clock()
        self._last = self._begun
        self._spent: dict[str, float] = {}

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._begun

    @property
    def spent(self) -> Mapping[str, float]:
        """Seconds by name, in the order of the first laps."""
        return dict(self._spent)

    def lap(self, name: str) -> None:
        """Book the time since the last lap."""
        now = self._clock()
        self._spent[name] = self._spent.get(name, 0.0) + now - self._last
        self._last = now
