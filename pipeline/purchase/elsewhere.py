"""Purchases that other machines have open in the shared store: listed, and settled from here.

A person's word is one more entry of the log, and the buyer's own records follow it. Who takes a
purchase for lost from another machine must have seen it unchanged for a while: its buyer may be
waiting for the answer at this moment.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..core.errors import RefusedError, UnavailableError, UsageError
from ..core.model import Record
from ..storage.ledger import Ledger
from ..storage.shared import claim_log, names
from ..storage.shared.claim_log import OPEN, Entry, Head, State
from .polling import patiently
from .team import Team

if TYPE_CHECKING:
    from .service.client import Service

#: Fewer hex digits of a key are more likely a slip than a choice.
_SHORTEST_KEY = 4
_LOST = "settled by hand: not billed"
_CHARGED = "settled by hand: billed, and the result cannot be had"


class Claim(Record, frozen=True, kw_only=True):
    """Another machine's open purchase, as the log has it; seen so here for `unchanged_s`."""

    request_key: str
    number: int
    unchanged_s: float
    entry: Entry


def claims(team: Team, ledger: Ledger, now: float) -> tuple[Claim, ...]:
    """Return what other machines have open, oldest first. Raises Unreachable.

    A key with a record is bought; of all others the end of the log is read.
    """
    last = claim_log.keys(team.store.names(names.CLAIMS))
    bought = {name.rpartition("/")[2].partition(".")[0] for name in team.store.names(names.RECORDS)}
    own = ledger.places(team.url)
    found = []
    for key in sorted(last.keys() - bought - own.keys()):
        head = claim_log.at(team.store, key, last[key])
        if head is not None and head.entry is not None and head.entry.state in OPEN:
            found.append(_claim(key, head, head.entry, team, ledger, now))
    return tuple(sorted(found, key=lambda one: one.entry.at))


def find(start: str, team: Team, ledger: Ledger, now: float) -> Claim:
    """Return the one open purchase of another machine whose key begins with `start`.

    Raises UsageError when there is none, or more than one, and Unreachable.
    """
    start = start.lower()
    if len(start) < _SHORTEST_KEY or not set(start) <= set(string.hexdigits):
        raise UsageError(f"no purchase's key begins with {start!r}; `pixelpipe jobs` lists them")
    known = claim_log.keys(team.store.names(f"{names.CLAIMS}{start[:2]}/{start}"))
    found = []
    for key in known:
        head = team.look(key)
        if head.entry is not None and head.entry.state in OPEN:
            found.append(_claim(key, head, head.entry, team, ledger, now))
    if len(found) != 1:
        many = f"{len(found)} open purchases begin" if found else "no open purchase begins"
        raise UsageError(f"{team.url}: {many} with {start!r}; `pixelpipe jobs` lists them")
    return found[0]


def lose(claim: Claim, team: Team) -> Entry:
    """Settle that it was not billed: any machine may buy it again.

    Raises RefusedError while it has not been seen unchanged for long enough, and Unreachable.
    """
    left_s = team.patience_s - claim.unchanged_s
    if left_s > 0:
        raise RefusedError(
            f"{_name(claim)}: {claim.entry.label} may be waiting for its answer at this moment; "
            f"look again in {left_s / 60:.0f} minutes, or settle it on that machine"
        )
    return _decided(claim, team, team.decided(claim.entry, State.FREE, reason=_LOST))


def charge(claim: Claim, team: Team) -> Entry:
    """Settle that it was billed and its result cannot be had. Raises Unreachable."""
    return _decided(claim, team, team.decided(claim.entry, State.CHARGED, reason=_CHARGED))


def adopt(
    claim: Claim, remote_id: str, team: Team, ledger: Ledger, service: Callable[[], Service]
) -> Entry:
    """Settle that it is the service's job `remote_id`: the next build of any machine fetches it.

    Raises UsageError for the id of another job, what the service says, and Unreachable.
    """
    other = ledger.with_remote_id(remote_id, claim.entry.service)
    if other is not None and other.request_key != claim.request_key:
        raise UsageError(f"{remote_id} is the job of {other.source} [{other.clip}]")
    asked = service()
    seen, sent = patiently(lambda: asked.job(remote_id)).inputs, claim.entry.resolved
    is_known = seen is not None and isinstance(seen.seed, int) and sent is not None
    if is_known and seen and sent and seen.seed != sent.seed:
        raise UsageError(
            f"{remote_id} was asked for with seed {seen.seed}: it is not {_name(claim)}"
        )
    return _decided(claim, team, team.decided(claim.entry, State.SUBMITTED, remote_id=remote_id))


def _claim(key: str, head: Head, entry: Entry, team: Team, ledger: Ledger, now: float) -> Claim:
    since = ledger.first_seen(team.url, key, head.number, now=now)
    return Claim(request_key=key, number=head.number, unchanged_s=now - since, entry=entry)


def _decided(claim: Claim, team: Team, entry: Entry) -> Entry:
    number = claim.number + 1
    found = claim_log.append(team.store, claim.request_key, number, entry)
    if not claim_log.is_ours(found, number, entry) or found.entry is None:
        raise UnavailableError(f"{_name(claim)}: has changed in this moment; look again")
    return found.entry


def _name(claim: Claim) -> str:
    return f"{claim.request_key[:12]} ({claim.entry.source} [{claim.entry.clip}])"
