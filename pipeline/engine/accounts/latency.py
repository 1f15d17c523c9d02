"""Imitate how long the real service takes: a log-normal duration, drawn from a job's own number.

About 90 s is typical (vendor's introduction); a sigma of 0.25 is our assumption.
"""

from __future__ import annotations

import hashlib
import math

import msgspec

from ..contract.errors import LocalRefusal

# Shares of a job's time: accepted but not begun; waiting for a GPU (`pending`, progress 0).
QUEUED_SHARE = 0.05
WAITING_SHARE = 0.15


class Latency(msgspec.Struct, frozen=True):
    """Draw durations with this median in seconds and this spread (sigma of the logarithm)."""

    median_s: float = 0.0
    sigma: float = 0.0
    seed: int = 0

    def duration_s(self, job: int) -> float:
        """Give the seconds that the job of this number takes; the same again in another run."""
        if self.median_s == 0 or self.sigma == 0:
            return self.median_s
        from statistics import NormalDist  # slow to load, and most run without a spread

        raw = hashlib.sha256(f"{self.seed}\n{job}".encode()).digest()
        share = (int.from_bytes(raw[:6], "big") + 0.5) / 2**48
        return self.median_s * math.exp(self.sigma * NormalDist().inv_cdf(share))


def parse(text: str, seed: int = 0) -> Latency:
    """Read `none`, `real`, `SECONDS` or `SECONDS:SIGMA`."""
    if text == "none":
        return Latency(seed=seed)
    if text == "real":
        return Latency(90.0, 0.25, seed)
    median, _, sigma = text.partition(":")
    try:
        latency = Latency(float(median), float(sigma or 0), seed)
    except ValueError as exc:
        raise LocalRefusal(f"latency {text!r}: give none, real, SECONDS or SECONDS:SIGMA") from exc
    if not (0 <= latency.median_s < 3600 and 0 <= latency.sigma < 3):
        raise LocalRefusal(f"latency {text!r}: at most 3600 seconds and a sigma below 3")
    return latency


def progress(started_at: float, ready_at: float, now: float) -> float:
    """Say how far a pending job shows itself, 0..0.99: waiting first, then in proportion."""
    span = ready_at - started_at
    share = (now - started_at) / span if span > 0 else 0.5
    done = (share - WAITING_SHARE) / (1 - WAITING_SHARE)
    return round(min(0.99, max(0.0, done)), 2)
