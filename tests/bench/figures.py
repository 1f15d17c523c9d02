"""Figures of benchmarks: are there any, and which ratio got worse since a run that was kept.

A time says nothing by itself: this machine was busier then, or it was another one. So each time is
laid beside a yardstick, the CPU of a fixed piece of work that the same run took before and after
each benchmark, and only what it is in yardsticks is compared.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: How many per cent a ratio may be worse before it is told.
MORE_PERCENT = 15.0
#: Shares and counts differ by so much for no reason.
SLACK = 0.005
#: What a figure is by its name, the first that fits: times, rates, what is to be small, and large.
_KINDS = {
    "count": re.compile(r"\b(clips|jobs|sprites|rounds)$"),
    "rate": re.compile(r"/ s$|per[_ ]second$|\bfps\b|\ba minute\b"),
    "time": re.compile(r"(\b|_)(ms|us|s)\b"),
    "low": re.compile(r"\b(peak|MB|polls|commits|over|alpha\w*|color|low|lost|percent)\b|_mb"),
    "high": re.compile(r"\b(grade|exact|unshifted|mended|named|mean|median|worst)$"),
}
#: A count of these that is 0 is a table over nothing.
_COUNTED = _KINDS["count"]


class Change(NamedTuple):
    """A figure that got worse: its name, what it was and is, and by how many per cent."""

    name: str
    before: float
    now: float
    percent: float

    def __str__(self) -> str:
        return f"{self.name}: {self.percent:+.0f} % ({self.before:.4g} before, {self.now:.4g} now)"


def flat(found: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number of nested objects and lists, named after the keys on the way to it."""
    if isinstance(found, bool) or found is None or isinstance(found, str):
        return
    if isinstance(found, int | float):
        yield name, float(found)
        return
    items: object = found.items() if isinstance(found, Mapping) else found
    if isinstance(found, list):
        items = enumerate(found)
    assert not isinstance(items, int | float)
    for key, value in items:  # type: ignore[attr-defined]  # what JSON holds besides
        yield from flat(value, f"{name}, {key}" if name else str(key))


def refused(found: object) -> str:
    """Say why figures are none: there is no number, one is not a number, or nothing was counted."""
    numbers = dict(flat(found))
    if not numbers:
        return "it measured nothing"
    if odd := [name for name, value in numbers.items() if not math.isfinite(value)]:
        return f"it measured nothing at {odd[0]!r}: {numbers[odd[0]]}"
    if none := [name for name, value in numbers.items() if _COUNTED.search(name) and value == 0]:
        return f"it measured nothing at {none[0]!r}: 0"
    return ""


def refused_text(text: str) -> str:
    """Say why a printed table is none."""
    if not re.search(r"\d", text):
        return "it measured nothing"
    odd = re.search(r"^.*\b(nan|inf)\b.*$", text, re.MULTILINE)
    return f"it measured nothing: {odd[0].strip()}" if odd else ""


def yardstick_ms() -> float:
    """Return the CPU ms of a fixed piece of work, the least of some rounds."""
    block = bytes(range(256)) * 256
    times = []
    for _ in range(7):
        began = time.process_time()
        hashlib.sha256(block * 8).digest()
        zlib.compress(block, 6)
        sorted({str(number): number for number in range(8000)})
        times.append(time.process_time() - began)
    return 1000 * min(times)


def worse(
    before: object,
    now: object,
    *,
    yards: tuple[float, float] = (1.0, 1.0),
    more_percent: float = MORE_PERCENT,
) -> list[Change]:
    """Return what got worse by more than so many per cent, the worst first.

    `yards` are the yardsticks of both runs. What only one of them has is not compared, nor the wall
    time of what has its CPU beside it.
    """
    old, new = dict(flat(before)), dict(flat(now))
    found = [
        change
        for name in old.keys() & new.keys()
        if (change := _change(name, old, new, yards)) and change.percent > more_percent
    ]
    return sorted(found, key=lambda change: (-change.percent, change.name))


def _change(
    name: str, old: Mapping[str, float], new: Mapping[str, float], yards: tuple[float, float]
) -> Change | None:
    kind = next((kind for kind, told in _KINDS.items() if told.search(name)), "")
    if not kind or kind == "count" or name.replace("wall", "cpu") in old.keys() - {name}:
        return None
    was, is_now = old[name], new[name]
    if kind == "time":
        was, is_now = was / yards[0], is_now / yards[1]
    elif kind == "rate":
        was, is_now = was * yards[0], is_now * yards[1]
    low, high = (was, is_now) if kind in ("time", "low") else (is_now, was)
    if high - low <= (SLACK if kind in ("low", "high") else 0):
        return None
    return Change(name, was, is_now, 100 * (high / low - 1) if low else math.inf)
