"""Read what a service says of the account, and keep it: evidence, should an answer get lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.errors import PixelpipeError
from ..core.model import Balance, Reading
from ..storage.ledger import Ledger
from . import evidence
from .polling import patiently

if TYPE_CHECKING:
    from .service.client import Service


def read(service: Service, since: float, now: float, balance: Balance | None = None) -> Reading:
    """Read balance and bill, from the day of `since`; both are free.

    A `balance` that was just asked for is not asked for again. Raises PixelpipeError.
    """
    day = evidence.billing_day(since, now)
    found = patiently(service.balance) if balance is None else balance
    totals = patiently(lambda: service.billing(start_date=evidence.date(day))).totals
    return Reading(
        **{name: getattr(found, name) for name in found.__struct_fields__},
        at=now,
        since=day,
        credits_used=totals.credits_used if totals.is_whole else None,
        jobs_charged=totals.jobs_charged if totals.is_whole else None,
    )


def note_before(
    service: Service, identity: str, ledger: Ledger, balance: Balance, now: float
) -> None:
    """Keep what the books say just before purchases; only the balance where there is no bill."""
    try:
        known: Balance = read(service, now, now, balance)
    except PixelpipeError:
        known = balance
    ledger.note_balance(identity, known, now=now)
