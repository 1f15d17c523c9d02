"""Say how fast jobs run and how long things last, and keep the accounts in order meanwhile."""

from __future__ import annotations

import logging
import sqlite3

import msgspec

from ..accounts import credits, jobs
from ..accounts.latency import Latency

log = logging.getLogger(__name__)


class Pace(msgspec.Struct, frozen=True):
    """Say how many jobs run at once and how long each takes; files live `keep_s` seconds."""

    latency: Latency
    slots: int
    hold_s: float = jobs.HOLD_S
    keep_s: float = 24 * 3600.0


def keep_house(db: sqlite3.Connection, pace: Pace, now: float) -> tuple[str, ...]:
    """Refresh pools, drop old files and lapse holds; returns the jobs that ended by that."""
    credits.refresh_due(db, now)
    jobs.prune(db, now - pace.keep_s)
    lapsed = jobs.lapse(db, now, hold_s=pace.hold_s)
    for job in lapsed:
        log.info("job %s: hold expired", job)
    return lapsed
