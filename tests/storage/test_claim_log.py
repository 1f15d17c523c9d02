"""The log of claims: exactly one machine has a key, whatever becomes of the store's answers."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lossy import Lossy

from pipeline.core import keys
from pipeline.storage.shared import claim_log
from pipeline.storage.shared.claim_log import Entry, Head, State
from pipeline.storage.shared.folder import FolderStore
from pipeline.storage.shared.store import Store, Unreachable

KEY = keys.digest(b"a clip")
THREADS, KEYS = 8, 50
#: Written by somebody who would have us read other objects.
FOREIGN = b'{"state":"bought","nonce":"n","machine":"m","digest":"../../secret"}'


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Make a folder that machines share."""
    place = tmp_path / "store"
    place.mkdir()
    return FolderStore(str(place), place)


def entry(state: State, nonce: str = "ours", **facts: str) -> Entry:
    """Make an entry of a purchase."""
    return Entry(state=state, nonce=nonce, machine=nonce, **facts)  # type: ignore[arg-type]


def claim(store: Store, key: str, nonce: str, number: int = 0) -> Head:
    """Claim a key; returns what stands there then."""
    return claim_log.append(store, key, number, entry(State.CLAIMED, nonce))


def persisting(store: Store, key: str, nonce: str, number: int) -> bool:
    """Claim a key as a machine does that asks again until it knows whether it has it."""
    while True:
        try:
            wanted = entry(State.CLAIMED, nonce)
            return claim_log.is_ours(claim_log.append(store, key, number, wanted), number, wanted)
        except Unreachable:
            continue


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4])
def test_of_eight_machines_exactly_one_has_each_of_fifty_keys(
    store: FolderStore, share: float
) -> None:
    """With lost calls, too: a lost answer is asked for, and tells whose the entry is."""
    found = [keys.digest(f"{number}".encode()) for number in range(KEYS)]
    start = threading.Barrier(THREADS)

    def machine(number: int) -> list[str]:
        way = Lossy(store, share, f"{share} {number}")
        order = random.Random(number).sample(found, KEYS)
        start.wait()
        return [key for key in order if persisting(way, key, f"machine {number}", 0)]

    with ThreadPoolExecutor(THREADS) as machines:
        won = [key for mine in machines.map(machine, range(THREADS)) for key in mine]
    assert sorted(won) == sorted(found)


class Delayed(Lossy):
    """A store that carries out the first creation only when told, long after it was given up."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, 0.0, 0)
        self.late: list[tuple[str, bytes]] = []

    def create(self, name: str, content: bytes) -> bool:
        if not self.late:
            self.late.append((name, content))
        raise Unreachable("no answer")


def test_a_claim_that_arrives_after_it_was_fenced_bounces(store: FolderStore) -> None:
    """What a dead process may have sent to the store cannot come to stand there any more."""
    delayed = Delayed(store)
    with pytest.raises(Unreachable):
        claim(delayed, KEY, "dead")
    fence = entry(State.FREE, "dead")
    assert claim_log.is_ours(claim_log.append(store, KEY, 0, fence), 0, fence)
    ((name, content),) = delayed.late
    assert store.create(name, content) is False
    assert claim_log.head(store, KEY).is_free
    assert claim(store, KEY, "another", 1).is_about("another")


def test_a_fence_that_comes_after_the_claim_shows_that_it_stood(store: FolderStore) -> None:
    """Then the POST may have been sent."""
    claim(store, KEY, "dead")
    fence = entry(State.FREE, "dead")
    found = claim_log.append(store, KEY, 0, fence)
    assert not claim_log.is_ours(found, 0, fence)
    assert found.is_about("dead")


HEAD = b'{"state":"free","nonce":"n","machine":"m",'
NOT_OURS = [
    b"", b"{", b"[]", b'{"state":"sold"}', b"\xff\xfe", FOREIGN, HEAD + b'"more":' + b"[" * 100_000,
    HEAD + b'"at":1e300}', HEAD + b'"credits":-5}', HEAD + b'"credits":99999999999999999999}',
    HEAD + b'"label":"' + b"x" * 2_000_000 + b'"}',
]  # fmt: skip


@pytest.mark.parametrize("content", NOT_OURS)
def test_what_cannot_be_read_is_doubt(store: FolderStore, content: bytes) -> None:
    """Nobody may claim it: it may have been bought."""
    store.create(claim_log.name(KEY, 0), content)
    head = claim_log.head(store, KEY)
    assert head.entry is not None
    assert head.entry.state is State.DOUBT
    assert not head.is_free
    assert not claim_log.is_ours(claim(store, KEY, "ours"), 0, entry(State.CLAIMED))


def test_what_people_read_of_an_entry_is_one_line_whoever_wrote_it(store: FolderStore) -> None:
    store.create(
        claim_log.name(KEY, 0),
        HEAD + b'"label":"\\u001b[2Janna\\nfree","source":"' + b"x" * 999 + b'"}',
    )
    found = claim_log.head(store, KEY).entry
    assert found is not None
    assert found.label == "\\u001b[2Janna\\nfree"
    assert len(found.source) < 500


STRANGE = ["1", "00001", "9" * 25, "٣٣٣٣", "-001", "0000.0000"]


@pytest.mark.parametrize("number", STRANGE)
def test_an_entry_whose_number_is_written_otherwise_is_none(
    store: FolderStore, number: str
) -> None:
    claim(store, KEY, "ours")
    (Path(store.url) / claim_log.name(KEY, 0)).with_name(f"{number}.json").write_bytes(b"{}")
    assert claim_log.head(store, KEY).number == 0


def test_entries_of_a_later_release_are_read(store: FolderStore) -> None:
    """They may say more than this one knows."""
    store.create(
        claim_log.name(KEY, 0), b'{"state":"claimed","nonce":"n","machine":"m","more":[1]}'
    )
    assert claim_log.head(store, KEY).is_about("n")


def test_an_answer_after_a_wrong_loss_wins_before_the_next_claim(store: FolderStore) -> None:
    """A person on another machine took it for lost; then the service answered with an id."""
    claim(store, KEY, "ours")
    claim_log.append(store, KEY, 1, entry(State.FREE, "ours", reason="--lost"))
    after = claim_log.say(store, KEY, 0, entry(State.SUBMITTED, "ours", remote_id="job"))
    assert after.number == 2
    assert claim_log.head(store, KEY) == after
    assert not claim_log.head(store, KEY).is_free


def test_what_others_have_claimed_since_is_left_to_them(store: FolderStore) -> None:
    """That a purchase failed, or is in doubt, says nothing about the next one."""
    claim(store, KEY, "ours")
    claim_log.append(store, KEY, 1, entry(State.FREE, "ours"))
    claim(store, KEY, "theirs", 2)
    for state in (State.FREE, State.DOUBT, State.CHARGED):
        claim_log.say(store, KEY, 0, entry(state, "ours"))
    assert claim_log.head(store, KEY).is_about("theirs")
    assert claim_log.head(store, KEY).number == 2


def test_telling_twice_writes_once(store: FolderStore) -> None:
    """A run that died after it told tells again."""
    claim(store, KEY, "ours")
    for _ in range(3):
        claim_log.say(store, KEY, 0, entry(State.SUBMITTED, remote_id="job"))
    for _ in range(3):
        claim_log.say(store, KEY, 0, entry(State.BOUGHT, digest=KEY))
    assert claim_log.head(store, KEY).number == 2


def test_a_doubt_does_not_undo_what_a_person_decided(store: FolderStore) -> None:
    """It was told late: somebody had looked at the evidence by then."""
    claim(store, KEY, "ours")
    claim_log.append(store, KEY, 1, entry(State.CHARGED, "ours"))
    claim_log.say(store, KEY, 0, entry(State.DOUBT))
    last = claim_log.head(store, KEY).entry
    assert last is not None
    assert last.state is State.CHARGED


WORDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([*State]), st.booleans()), max_size=24
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(words=WORDS, seed=st.integers(0, 2**16), share=st.sampled_from([0.0, 0.3]))
def test_whatever_is_told_nobody_claims_what_is_open(
    tmp_path_factory: pytest.TempPathFactory,
    words: list[tuple[str, State, bool]],
    seed: int,
    share: float,
) -> None:
    """Machines that tell in any order, and lose calls, never make two open claims of one key."""
    place = tmp_path_factory.mktemp("store")
    sound = FolderStore(str(place), place)
    store = Lossy(sound, share, seed)
    held: dict[str, int] = {}
    for machine, state, is_claim in words:
        try:
            if is_claim and machine not in held:
                head = claim_log.head(store, KEY)
                if head.is_free:
                    after = claim(store, KEY, machine, head.number + 1)
                    if after.is_about(machine) and after.number == head.number + 1:
                        held[machine] = after.number
            elif machine in held and state is not State.CLAIMED:
                claim_log.say(store, KEY, held[machine], entry(state, machine))
        except Unreachable:
            continue
    known = sorted(claim_log.keys(sound.names("claims/")).items())
    assert [key for key, _ in known] in ([], [KEY])
    before = State.FREE
    for number in range(known[0][1] + 1 if known else 0):
        found = claim_log.at(sound, KEY, number)
        assert found is not None, "a number is missing"
        assert found.entry is not None
        if found.entry.state is State.CLAIMED:
            assert before is State.FREE
        before = found.entry.state
