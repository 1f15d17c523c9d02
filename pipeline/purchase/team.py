"""Buy as one of many machines: claim where all of them look, wait for others, tell how it went.

Before a POST a claim stands in the shared log, and the answer to writing it there was "yours".
After it everything goes on locally whatever the shared store does: what it could not be told is
owed to it, and every later run pays. Nobody is timed out into a purchase: a claim that does not
move is doubt, which a person settles. What the built-in engine makes is never claimed.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core import private, small_files
from ..core.model import Job, JobState, Record
from ..storage.ledger import Place
from ..storage.shared import claim_log
from ..storage.shared.claim_log import OPEN, Entry, Head, State
from ..storage.shared.store import Store as SharedStore
from ..storage.shared.store import Unreachable
from ..storage.store import Bought, Store
from .jobs import Lost, UnclaimedError

#: An entry of another machine that is unchanged for so long is in doubt, unless told otherwise.
PATIENCE_S = 15 * 60.0
#: What was submitted is fetched by whoever has watched it for this share of that: a minute.
_FETCHING = 1 / 15
#: After a claim is known to stand, it is looked at again before a POST: the machine may have slept.
_FRESH_S = 60.0
#: So many words that could not be told in a row, and none is tried any more in this run.
_MOST_FAILURES = 3
#: A machine's name for itself, as it is made.
_NAME, _MOST_NAME = re.compile(r"[0-9a-f]{32}"), 100
#: What the shared log says of a job that stands so here.
_STATES = {
    JobState.SUBMITTED: State.SUBMITTED,
    JobState.DETACHED: State.SUBMITTED,
    JobState.BOUGHT: State.BOUGHT,
    JobState.FAILED: State.FREE,
    JobState.UNCONFIRMED: State.DOUBT,
    JobState.CHARGED: State.CHARGED,
}

Publish = Callable[[SharedStore, Bought, bytes], object]
Bring = Callable[[SharedStore, str, str], Bought | None]


class Who(Record, frozen=True, kw_only=True):
    """How a machine names itself in the shared log; `label` is for people."""

    machine: str
    label: str
    project: str = ""


class Team:
    """All machines that share a store, seen from this one. Usable by many threads."""

    def __init__(
        self,
        store: SharedStore,
        who: Who,
        *,
        publish: Publish,
        bring: Bring,
        place: str = "",
        patience_s: float = PATIENCE_S,
        fresh_s: float = _FRESH_S,
    ) -> None:
        """Claim in `store`. `publish` puts a purchase there, `bring` brings one home, by
        key and digest. `place` names the store in the ledger, which serves all projects.

        An entry of others that does not change within `patience_s` is in doubt.
        """
        self.store = store
        #: The store's address, spelled as in every project that names this one.
        self.url = place or store.url
        self.patience_s = patience_s
        self.fetching_s = patience_s * _FETCHING
        #: The first trouble in telling what was sent; "" for none.
        self.trouble = ""
        #: What others were buying, and was taken from the store then: its price by request key.
        self.waited: dict[str, int] = {}
        self._who = who
        self._publish = publish
        self._bring = bring
        self._fresh_s = fresh_s
        self._held: dict[str, tuple[float, float]] = {}
        self._failures = 0

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, in at most one sentence."""
        if not self.trouble:
            return ()
        return (
            "the shared store was not told how all purchases stand, which a later run does; what "
            f"is bought is kept here: {self.trouble}",
        )

    def look(self, request_key: str) -> Head:
        """Return the end of a key's log. Raises Unreachable."""
        return claim_log.head(self.store, request_key)

    def place(self, head: Head) -> Place:
        """Return where a key whose log ends so would be claimed by this machine."""
        return Place(store=self.url, number=head.number + 1, nonce=uuid.uuid4().hex)

    def hold(self, job: Job, place: Place) -> Lost | UnclaimedError | None:
        """Claim, or make sure that a claim still stands; None lets the POST be sent, now."""
        try:
            return self._held_since(job, place)
        except Unreachable as exc:
            return UnclaimedError(away(exc))

    def _held_since(self, job: Job, place: Place) -> Lost | None:
        now = _clocks()
        since = self._held.get(place.nonce)
        if since is None:
            entry = self.entry(job, place, State.CLAIMED)
            found = claim_log.append(self.store, job.request_key, place.number, entry)
            if not claim_log.is_ours(found, place.number, entry):
                return Lost(head=found)
            since, now = now, _clocks()
        if max(after - before for before, after in zip(since, now, strict=True)) > self._fresh_s:
            now = _clocks()
            next_one = claim_log.at(self.store, job.request_key, place.number + 1)
            if next_one is not None:
                return Lost(head=next_one)
            since = now
        self._held[place.nonce] = since
        return None

    def tell(self, job: Job, place: Place, local: Store) -> Head | None:
        """Tell the shared log how a job stands, with its bytes if it is bought; None: it is owed.

        Returns what the log says of it then. Never raises for the store's sake: what was sent goes
        on without it.
        """
        if self._failures >= _MOST_FAILURES:
            return None
        try:
            found = self.insist(job, place, local)
        except Unreachable as exc:
            self._failures += 1
            self.trouble = self.trouble or str(exc)
            return None
        self._failures = 0
        return found

    def insist(self, job: Job, place: Place, local: Store) -> Head:
        """Tell the shared log how a job stands, as `tell` does. Raises Unreachable."""
        if job.state is JobState.BOUGHT:
            record = local.record(job.request_key, job.digest or "")
            content = local.content(job.digest or "")
            if record is not None and content is not None:
                self._publish(self.store, record, content)
        entry = self.entry(job, place, _STATES[job.state])
        return claim_log.say(self.store, job.request_key, place.number, entry)

    def is_booked_elsewhere(self, head: Head) -> bool:
        """Tell whether another machine was the first to say that it has a result: it has booked it.

        The service charges for a job once, whoever fetches its result, and however often.
        """
        last = head.entry
        if last is None or last.state is not State.BOUGHT:
            return False
        return last.machine != self._who.machine

    def fence(self, job: Job, place: Place) -> Head | None:
        """Close a dead process's claim; None: it never stood there, so that nothing was sent.

        Else returns what does stand: another machine's entry there, or the end of the log since
        ours. Raises Unreachable.
        """
        entry = self.entry(job, place, State.FREE)
        found = claim_log.append(self.store, job.request_key, place.number, entry)
        if claim_log.is_ours(found, place.number, entry):
            return None
        if found.entry is not None and found.entry.nonce not in (place.nonce, ""):
            return found
        last = self.look(job.request_key)
        return last if last.number > found.number else found

    def bring(self, head: Head, request_key: str) -> Bought | None:
        """Bring home what another machine has bought; None where its bytes are not there."""
        digest = head.entry.digest if head.entry else ""
        return self._bring(self.store, request_key, digest)

    def entry(self, job: Job, place: Place, state: State) -> Entry:
        """Return what the log says of a job."""
        return Entry(
            state=state,
            nonce=place.nonce,
            machine=self._who.machine,
            label=self._who.label,
            holder=job.holder,
            at=time.time(),
            project=self._who.project,
            source=job.source,
            clip=job.clip,
            service=job.service,
            credits=job.credits_quoted,
            remote_id=job.remote_id or "",
            reason=job.reason if state in (State.FREE, State.DOUBT) else "",
            digest=job.digest or "",
            resolved=job.resolved if state in OPEN else None,
        )

    def decided(self, seen: Entry, state: State, *, remote_id: str = "", reason: str = "") -> Entry:
        """Return a person's word about a purchase, given on this machine."""
        return msgspec.structs.replace(
            seen,
            state=state,
            machine=self._who.machine,
            label=self._who.label,
            holder="",
            at=time.time(),
            remote_id=remote_id,
            reason=reason,
            digest="",
        )


def away(cause: Exception) -> str:
    """Say that nothing was sent, because the store could not be told before."""
    return (
        f"{cause}: nothing was sent, since others could not be told of the purchase; run it again "
        "when the shared store answers, or buy without it by `--unshared`"
    )


def buyer(entry: Entry) -> str:
    """Return whom a purchase waits for, as `NAME, who is buying it since 10:31`."""
    since = time.strftime("%H:%M", time.localtime(entry.at))
    day = time.strftime("%Y-%m-%d", time.localtime(entry.at))
    if day != time.strftime("%Y-%m-%d"):
        since = f"{day} {since}"
    return f"{entry.label or entry.machine[:8]}, who is buying it since {since}"


def machine(state: Path) -> str:
    """Return this machine's name in shared logs: made once, kept in the user's state folder."""
    path, made = state / "machine", uuid.uuid4().hex
    try:
        found = small_files.read(path, most=_MOST_NAME).decode("ascii", "replace").strip()
        if _NAME.fullmatch(found):
            return found
    except OSError:
        pass
    with suppress(OSError):  # worth no failure: it is for people's eyes
        private.folder(state)
        private.replace(path, made.encode())
    return made


def _clocks() -> tuple[float, float]:
    """Return two clocks: one that no person sets, and one that goes on while a machine sleeps."""
    return time.monotonic(), time.time()
