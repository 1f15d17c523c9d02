"""Break the engine on purpose, repeatably: by a script that names requests, or from a seed.

A script is rules separated by `;`:

    POST /animate 2: reset-after    the second one is accepted, then its connection is reset
    GET /download 1-3: truncate     the first three downloads stop half way
    GET /jobs *: 429=2              every poll is refused with Retry-After: 2
    seed=7; rate=0.05               besides, one request in twenty gets a fitting fault
    wait=0.1                        whose waits are a tenth of the usual: drills that are not slow

Requests of one kind (method and path below the API; downloads are `GET /download`) are counted
from 1.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from enum import StrEnum

import msgspec

from ..contract.errors import LocalRefusal


class FaultKind(StrEnum):
    """Name what can go wrong; the words are those of the script."""

    ERROR = "500"
    UNAVAILABLE = "503"
    HTML = "html"
    NO_CREDITS = "402"
    RATE_LIMIT = "429"
    RESET = "reset"
    STALL = "stall"
    ERROR_AFTER = "500-after"
    HTML_AFTER = "html-after"
    RESET_AFTER = "reset-after"
    STALL_AFTER = "stall-after"
    GARBLED = "garbled"
    SLOW = "slow"
    TRUNCATE = "truncate"
    CORRUPT = "corrupt"
    EXPIRED = "expired"
    FAIL = "fail"


BEFORE = frozenset(
    {
        FaultKind.ERROR, FaultKind.UNAVAILABLE, FaultKind.HTML, FaultKind.NO_CREDITS,
        FaultKind.RATE_LIMIT, FaultKind.RESET, FaultKind.STALL, FaultKind.EXPIRED,
    }
)  # fmt: skip

_DEFAULT_VALUES = {FaultKind.RATE_LIMIT: 1.0, FaultKind.STALL: 30.0, FaultKind.STALL_AFTER: 30.0,
                   FaultKind.SLOW: 0.5}  # fmt: skip
_EVERYWHERE = ("500", "503", "html", "429", "reset", "reset-after", "slow", "truncate", "garbled")
_RANDOM = {
    "POST": (*_EVERYWHERE, "402", "500-after", "html-after", "fail"),
    "GET": _EVERYWHERE,
    "GET /download": ("500", "html", "reset", "slow", "truncate", "corrupt", "expired"),
}
_RULE = r"(GET|POST) (/[a-z-]+) ([\d,+*-]+): ?([a-z0-9-]+)(?:=(\d+(?:\.\d+)?))?\Z"
_SETTING = r"(seed|rate|wait)=(\d+(?:\.\d+)?)\Z"


class Fault(msgspec.Struct, frozen=True):
    """Do `kind` to one request; `value` is seconds for stall, slow and 429's Retry-After."""

    kind: FaultKind
    value: float


class Rule(msgspec.Struct, frozen=True):
    """Do `fault` to those requests of `kind` whose number lies in one of the ranges."""

    kind: str
    spans: tuple[tuple[int, float], ...]
    fault: Fault


class Chaos:
    """Count requests and say which fault each one gets."""

    def __init__(
        self, rules: tuple[Rule, ...] = (), *, rate: float = 0.0, seed: int = 0, wait: float = 1.0
    ) -> None:
        self._rules = rules
        self._rate = rate
        self._seed = seed
        self._wait = wait
        self._seen: Counter[str] = Counter()

    def draw(self, kind: str) -> Fault | None:
        """Count a request of `kind` (`POST /animate`) and give its fault, if it gets one."""
        self._seen[kind] += 1
        number = self._seen[kind]
        for rule in self._rules:
            if rule.kind == kind and any(low <= number <= high for low, high in rule.spans):
                return rule.fault
        return self._drawn(kind, number) if self._rate else None

    def _drawn(self, kind: str, number: int) -> Fault | None:
        """Draw by the request's own number, so that other requests in between change nothing."""
        raw = hashlib.sha256(f"{self._seed}\n{kind}\n{number}".encode()).digest()
        if int.from_bytes(raw[:4], "big") >= self._rate * 2**32:
            return None
        words = _RANDOM.get(kind) or _RANDOM[kind.partition(" ")[0]]
        drawn = fault(words[int.from_bytes(raw[4:8], "big") % len(words)], None)
        return Fault(drawn.kind, drawn.value * self._wait)


def fault(word: str, value: str | None) -> Fault:
    """Read a fault's word and value. Raises LocalRefusal with the words that exist."""
    try:
        kind = FaultKind(word)
    except ValueError as exc:
        raise LocalRefusal(f"no fault {word!r}; there are {', '.join(FaultKind)}") from exc
    return Fault(kind, float(value) if value else _DEFAULT_VALUES.get(kind, 0.0))


def parse(script: str) -> Chaos:
    """Read a script. Raises LocalRefusal that names the part it cannot read."""
    rules: list[Rule] = []
    settings = {"seed": 0.0, "rate": 0.0, "wait": 1.0}
    for part in filter(None, (part.strip() for part in script.split(";"))):
        if match := re.match(_SETTING, part):
            settings[match[1]] = float(match[2])
        elif match := re.match(_RULE, part):
            rules.append(
                Rule(f"{match[1]} {match[2]}", _spans(match[3]), fault(match[4], match[5]))
            )
        else:
            raise LocalRefusal(
                f"chaos: cannot read {part!r}; write `POST /animate 2: reset-after` or `rate=0.1`"
            )
    return Chaos(
        tuple(rules), rate=settings["rate"], seed=int(settings["seed"]), wait=settings["wait"]
    )


def _spans(text: str) -> tuple[tuple[int, float], ...]:
    spans: list[tuple[int, float]] = []
    for part in text.split(","):
        if part == "*":
            spans.append((1, float("inf")))
        elif match := re.match(r"(\d+)(\+|-(\d+))?\Z", part):
            last = float("inf") if match[2] == "+" else float(match[3] or match[1])
            spans.append((int(match[1]), last))
        else:
            raise LocalRefusal(f"chaos: {part!r} is no number, range (2-4), 3+ or *")
    return tuple(spans)
