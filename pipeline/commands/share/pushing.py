"""Put into a shared store what a project has bought; keys stand as bought in its log then."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from ...config.workspace import Workspace
from ...core.model import Record
from ...purchase import joining, team
from ...storage import lock_file
from ...storage.shared import claim_log, purchases
from ...storage.shared.claim_log import Entry, State
from ...storage.store import Bought
from ...storage.store import Store as LocalStore
from .place import Opened, check_writable, each


class Pushed(Record, frozen=True, kw_only=True):
    """What a push did, in purchases; what nobody here vouches for was left out."""

    pushed: int
    present: int
    left_out: int


def push(opened: Opened, workspace: Workspace, *, everything: bool) -> Pushed:
    """Put into the shared store what this project bought and that store lacks.

    What only lies in the project's folder may have come with any checkout: without `everything`
    a purchase counts if the lock file names it or this user's ledger says that it was fetched.
    """
    check_writable(opened.place)
    tier, found = workspace.bought[0], LocalStore(workspace.bought[0])
    paid = [record for _, record in found.records(tier) if record.paid]
    chosen = paid if everything else _vouched(paid, workspace)

    def put(record: Bought) -> bool | None:
        content = found.content(record.digest)
        if content is None:
            return None
        is_new = purchases.publish(opened.store, record, content)
        if opened.mark.claims:
            _say_bought(opened, record)
        return is_new

    done = each(put, chosen)
    return Pushed(
        pushed=done.count(True),
        present=done.count(False),
        left_out=len(paid) - len(chosen) + done.count(None),
    )


def _vouched(records: Sequence[Bought], workspace: Workspace) -> list[Bought]:
    """Return what the lock file names, or this user's ledger says that it was fetched."""
    named = {(line.key, line.digest) for line in lock_file.read(workspace.root).clips}
    with workspace.ledger(time.time()) as ledger:
        jobs = ledger.jobs([record.request_key for record in records])
    return [
        record
        for record in records
        if (record.request_key, record.digest) in named or record.is_fetched_by(jobs)
    ]


def _say_bought(opened: Opened, record: Bought) -> None:
    """Let the log of claims say that nobody has to buy it; what it says already stays."""
    found = claim_log.head(opened.store, record.request_key)
    bought = entry(opened, record, State.BOUGHT)
    while found.entry is None or found.entry.state is not State.BOUGHT:
        found = claim_log.append(opened.store, record.request_key, found.number + 1, bought)


def entry(opened: Opened, record: Bought, state: State, reason: str = "") -> Entry:
    """Return an entry of this machine's about a purchase that it did not claim."""
    return Entry(
        state=state,
        nonce=uuid.uuid4().hex,
        machine=team.machine(opened.place.state),
        label=joining.label(opened.place.shared),
        at=time.time(),
        project=opened.place.root.resolve().name,
        service=record.service,
        credits=record.credits_charged,
        reason=reason,
        digest=record.digest if state is State.BOUGHT else "",
        resolved=record.resolved if state is State.BOUGHT else None,
    )
