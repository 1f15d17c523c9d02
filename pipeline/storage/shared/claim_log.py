"""Claims of purchases among machines: for each request key a log of numbered, immutable objects.

`claims/kk/KEY/NNNN.json`, from 0000; the last entry is the state. Every change of state creates
the next number exclusively, so of several machines exactly one makes it: there is no lease, no
clock and no server, and nothing is ever taken from another by waiting.

    none, free -> claimed -> submitted(remote id) -> bought(digest)
                     |            '-> free             the service said failure
                     '-> doubt, free                   not properly answered; surely not sent
    any open one -> free, charged, submitted(ID)       a person decided

Only where there is no entry, or a `free` one, may be claimed. What cannot be read is doubt. A
claim's nonce is new for every purchase; all entries about that purchase carry it. A store's list
may lag behind: then the next number exists already, and its entry is read instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from ...core import plain
from ...core.model import Record, Resolved
from ...core.model.checked import UNREADABLE, Credits, Moment
from ...core.small_files import MIB
from .store import Store, Unreachable

_FOLDER = "claims"
#: The name of an entry as `name` makes it, and no other spelling of its number.
_NAME = re.compile(r"claims/([0-9a-f]{2})/(\1[0-9a-f]{62})/((?!0[0-9]{4})[0-9]{4,9})\.json")
#: An entry has a prompt and a palette, as a record has.
_MOST_BYTES = MIB
#: What people read of an entry, and how much of each.
_SHOWN, _MOST_SHOWN = ("machine", "label", "project", "source", "clip"), 400
#: So often an entry is created again, while the store says neither that it is there nor not.
_TRIES = 4
#: So often the end of a log is looked for, while others write to it.
_ROUNDS = 16


class State(StrEnum):
    """What an entry says of its key."""

    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    BOUGHT = "bought"
    DOUBT = "doubt"
    FREE = "free"
    CHARGED = "charged"


#: Somebody is at it, or it is not known how it ended.
OPEN = (State.CLAIMED, State.SUBMITTED, State.DOUBT)


class Entry(Record, frozen=True, kw_only=True):
    """One change of state. `at` is the writer's own clock, UTC seconds: for display only."""

    state: State
    #: Names the purchase, the machine that writes, and the process of it that holds the claim.
    nonce: str
    machine: str
    label: str = ""
    holder: str = ""
    at: Moment = 0.0
    project: str = ""
    source: str = ""
    clip: str = ""
    service: str = ""
    credits: Credits = 0
    #: Of what was submitted: the service's name for it.
    remote_id: str = ""
    #: Why it is free or in doubt.
    reason: str = ""
    #: Of what was bought.
    digest: Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{64})?\Z")] = ""
    #: What was chosen for the request, so that any machine can fetch and finish its result.
    resolved: Resolved | None = None


class Head(Record, frozen=True, kw_only=True):
    """The end of a log: its last number (-1: there is no entry) and what that entry says."""

    number: int = -1
    entry: Entry | None = None

    @property
    def is_free(self) -> bool:
        """The key may be claimed, at `number + 1`."""
        return self.entry is None or self.entry.state is State.FREE

    def is_about(self, nonce: str) -> bool:
        """Tell whether the last word is about that purchase."""
        return self.entry is not None and self.entry.nonce == nonce


def name(key: str, number: int) -> str:
    """Return the object's name for entry `number` of a request key."""
    return f"{_FOLDER}/{key[:2]}/{key}/{number:04}.json"


def append(store: Store, key: str, number: int, entry: Entry) -> Head:
    """Create entry `number`; returns what stands there then, ours or another's.

    Where the answer gets lost the entry is read, and written again if it is not there: its nonce
    and state tell whose it is. Raises Unreachable: it may stand there, now or later.
    """
    content = msgspec.json.encode(entry, order="sorted")
    lost: Unreachable | None = None
    for _ in range(_TRIES):
        try:
            if store.create(name(key, number), content):
                return Head(number=number, entry=entry)
        except Unreachable as exc:
            lost = exc
        found = store.get(name(key, number))
        if found is not None:
            return Head(number=number, entry=read(found))
    raise lost or Unreachable(f"{store.url}: an entry of a claim is neither there nor created")


def is_ours(head: Head, number: int, entry: Entry) -> bool:
    """Tell whether `append` of `entry` at `number` has done it: by nonce and state."""
    found = head.entry
    return (
        head.number == number
        and found is not None
        and (found.nonce, found.state) == (entry.nonce, entry.state)
    )


def head(store: Store, key: str) -> Head:
    """Return the end of a key's log. Raises Unreachable."""
    last = keys(store.names(f"{_FOLDER}/{key[:2]}/{key}/")).get(key)
    if last is None:
        return Head()
    return Head(number=last, entry=read(store.get(name(key, last))))


def say(store: Store, key: str, number: int, entry: Entry) -> Head:
    """Tell what became of the purchase that was claimed at `number`; returns the last entry met.

    What the log has moved beyond is not told again, and what others have claimed since is left to
    them; but an id, or bytes, always count for more than what somebody concluded without them.
    A claim that may never have arrived is set free where it would stand: a late one bounces.
    No list is asked: from its own entry on the log is walked to its end.
    Raises Unreachable: to be told later.
    """
    found = Head(number=number, entry=msgspec.structs.replace(entry, state=State.CLAIMED))
    if entry.state is State.FREE:
        found = append(store, key, number, entry)
    for _ in range(_ROUNDS):
        if not _is_news(found, entry):
            return found
        found = append(store, key, found.number + 1, entry)
    raise Unreachable(f"{store.url}: others write to the log of {key[:12]} all the time")


def _is_news(found: Head, entry: Entry) -> bool:
    """Tell whether the log should say `entry`, which is about a purchase that has its claim."""
    last = found.entry
    if last is None:
        return True
    is_own = last.nonce == entry.nonce
    if is_own and last.state is entry.state:
        return False
    match entry.state:
        case State.BOUGHT:
            return last.state is not State.BOUGHT
        case State.SUBMITTED:
            return last.state not in (State.SUBMITTED, State.BOUGHT)
        case State.DOUBT:
            return is_own and last.state is State.CLAIMED
        case State.FREE:
            return is_own and last.state in OPEN
    return is_own and last.state in OPEN


def keys(names: Iterable[str]) -> dict[str, int]:
    """Return the request keys of claims among these names, with the last number of each."""
    found: dict[str, int] = {}
    for one in names:
        if (numbered := _numbered(one)) is not None:
            key, number = numbered
            found[key] = max(number, found.get(key, -1))
    return found


def at(store: Store, key: str, number: int) -> Head | None:
    """Return entry `number` of a log; None if there is none yet. Raises Unreachable."""
    content = store.get(name(key, number))
    return None if content is None else Head(number=number, entry=read(content))


def read(content: bytes | None) -> Entry:
    """Read an entry; of what cannot be read nobody knows whether it was bought.

    Texts of it are lines, whoever wrote them.
    """
    try:
        found = msgspec.json.decode((content or b"")[: _MOST_BYTES + 1], type=Entry)
        shown = {field: plain.line(getattr(found, field), most=_MOST_SHOWN) for field in _SHOWN}
        return msgspec.structs.replace(found, **shown)
    except UNREADABLE:
        return Entry(state=State.DOUBT, nonce="", machine="", reason="its claim cannot be read")


def _numbered(name: str) -> tuple[str, int] | None:
    """Return the key and number of an entry's name; None for what is none."""
    found = _NAME.fullmatch(name)
    return None if found is None else (found[2], int(found[3]))
