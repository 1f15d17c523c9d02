"""Several machines and one store: who has claimed a clip buys it, and nobody else does."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from game import TWO_CLIPS, Game, Shop, folder_in_memory
from machines import Machine, Studio, studio
from studio import store_in

from pipeline.core.model import Job
from pipeline.purchase.jobs import Lost
from pipeline.purchase.team import Team, Who
from pipeline.storage.ledger import Ledger
from pipeline.storage.shared import claim_log
from pipeline.storage.shared.claim_log import Entry, State

ANNA = Entry(
    state=State.CLAIMED, nonce="of anna", machine="of anna", label="anna@desk", source="a.png",
    clip="idle", credits=20,
)  # fmt: skip
#: Seconds without a change that make a doubt here; fetching others' jobs begins at a fifteenth.
SOON = 1.5


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a place where nothing waits for a disk."""
    with folder_in_memory() as found:
        yield found


@pytest.fixture
def two(folder: Path, shop: Shop) -> Iterator[Studio]:
    """Set up two machines with a game of one clip."""
    with studio(folder, shop, machines=2, sprites=1) as found:
        yield found


def key_of(machine: Machine, clip: str = "idle") -> str:
    """Return the request key of a clip that is to be bought."""
    steps = machine.game.plan().report["steps"]
    assert isinstance(steps, list)
    return next(str(step["request_key"]) for step in steps if step["clip"] == clip)


def states(found: Studio, key: str) -> list[State]:
    """Return what a key's log says, from its beginning."""
    last = claim_log.head(found.store, key).number
    heads = [claim_log.at(found.store, key, number) for number in range(last + 1)]
    return [head.entry.state for head in heads if head and head.entry]


def say(found: Studio, key: str, number: int, state: State, **facts: str) -> None:
    """Let Anna write an entry."""
    entry = Entry(
        **{**{f: getattr(ANNA, f) for f in ANNA.__struct_fields__}, "state": state, **facts}
    )
    after = claim_log.append(found.store, key, number, entry)
    assert claim_log.is_ours(after, number, entry)


def test_two_machines_at_the_same_moment_buy_once_and_both_have_it(two: Studio) -> None:
    for machine in two.machines:
        machine.start("build", "--json", "--yes")
    ends = [machine.end() for machine in two.machines]
    assert [run.exit for run in ends] == [0, 0]
    assert two.shop.calls == 1
    given, paid = sorted(ends, key=lambda run: run.totals["credits_charged"])
    assert (given.totals["credits_charged"], paid.totals["credits_charged"]) == (0, 20)
    first, second = two.machines
    assert first.game.outputs() == second.game.outputs() != set()
    assert first.game.locked() == second.game.locked()


def test_who_comes_while_another_buys_waits_and_counts_it(two: Studio) -> None:
    first, second = two.machines
    key = key_of(second)
    first.start("build", "--json", "--yes", holds="claimed")
    while State.CLAIMED not in states(two, key):
        time.sleep(0.02)
    second.start("build", "--json", "--progress", "--yes")
    said = second.folder / "stderr.txt"
    while not said.exists() or "waiting" not in said.read_text("utf-8"):
        time.sleep(0.05)
    (first.folder / "go").touch()
    paid, waited = first.end(), second.end()
    assert (paid.exit, waited.exit, two.shop.calls) == (0, 0, 1)
    read = {"hits": 1, "waited": 1, "misses": 0, "errors": 0, "saved_credits": 20}
    assert waited.report["shared"] == read
    assert paid.report["shared"] == {**dict.fromkeys(read, 0), "misses": 1}
    told = second.run("share", "stats").stdout
    assert "1 hits (100 %), 1 of them waited for, 0 misses" in told
    assert "waited for" not in first.run("share", "stats").stdout


def test_who_waits_says_for_whom_and_takes_the_bytes_from_the_store(two: Studio) -> None:
    first, second = two.machines
    key = key_of(second)
    say(two, key, 0, State.CLAIMED)
    second.start("build", "--yes")
    said = second.folder / "stderr.txt"
    while not said.exists() or "waiting" not in said.read_text("utf-8"):
        time.sleep(0.05)
    assert "s0.png [idle]: for anna@desk, who is buying it since" in said.read_text("utf-8")
    assert two.shop.calls == 0
    say(two, key, 1, State.FREE)
    assert first.build().exit == 0 or two.shop.calls == 1
    assert second.end().exit == 0
    assert two.shop.calls == 1


def test_nobody_is_timed_out_into_a_purchase(two: Studio) -> None:
    """What does not move for long is doubt, and the exit code says so."""
    first, _ = two.machines
    key = key_of(first)
    say(two, key, 0, State.CLAIMED)
    run = first.build(patience_s=SOON)
    assert run.exit == 7
    assert "anna@desk" in run.stdout
    assert two.shop.calls == 0
    assert states(two, key) == [State.CLAIMED]


def test_a_claim_that_never_left_the_machine_is_no_doubt(two: Studio) -> None:
    """Killed before the store was told: the log proves that nothing was sent."""
    first, second = two.machines
    key = key_of(first)
    assert first.build(kill="claimed before").exit == -9
    assert first.build().exit == 0
    assert states(two, key) == [State.FREE, State.CLAIMED, State.SUBMITTED, State.BOUGHT]
    assert second.build().exit == 0
    assert two.shop.calls == 1


def test_a_store_that_another_project_names_by_the_same_words_says_nothing_of_a_claim(
    two: Studio, folder: Path
) -> None:
    """The ledger serves all projects of a user, and `../store` is another one in each."""
    first, key = two.machines[0], key_of(two.machines[0])
    first.game.environment["PIXELPIPE_SHARED"] = os.path.relpath(two.store.url, first.game.root)
    assert first.build(kill="claimed after").exit == -9
    other = Game(folder / "b/c/game", dict(first.game.environment))
    shutil.copytree(first.game.root, other.root)
    other.draw("another.png", tint=77)
    made = (other.root / other.environment["PIXELPIPE_SHARED"]).resolve()
    assert not made.exists()
    store_in(made)
    other.build("--yes")
    assert [job.request_key for job in first.in_doubt()] == [key]
    assert first.build().exit == 7


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x1b[1m", b"x" * 999])
def test_a_machine_whose_name_for_itself_is_damaged_makes_another(
    two: Studio, content: bytes
) -> None:
    first = two.machines[0]
    file = Path(first.game.environment["PIXELPIPE_STATE"]) / "machine"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    assert first.build().exit == 0
    (head,) = two.heads().values()
    assert head.entry is not None
    assert head.entry.machine == file.read_text()
    assert len(head.entry.machine) == 32


def test_a_claim_whose_machine_died_is_doubt_everywhere_until_a_person_settles_it(
    two: Studio,
) -> None:
    """From another machine only when nothing has changed for long: it may still be answered."""
    first, second = two.machines
    key = key_of(first)
    assert first.build(kill="claimed after").exit == -9
    assert first.build().exit == 7
    assert states(two, key) == [State.CLAIMED, State.DOUBT]
    assert second.build().exit == 7
    listed = json.loads(second.run("jobs", "list", "--json").stdout)["elsewhere"]
    assert [(one["request_key"], one["entry"]["state"]) for one in listed] == [(key, "doubt")]
    refused = second.run("jobs", "resolve", key[:12], "--lost")
    assert refused.exit == 5
    assert "15 minutes" in refused.stderr
    assert second.run("jobs", "resolve", key[:12], "--lost", patience_s=0).exit == 0
    assert second.build().exit == 0
    assert first.build().exit == 0
    assert not first.in_doubt()
    assert two.shop.calls == 1


@pytest.mark.parametrize("word", [("--lost",), ("--charged",)])
def test_a_word_on_the_buyers_own_machine_is_one_entry_of_the_log(
    two: Studio, word: tuple[str, ...]
) -> None:
    first, second = two.machines
    key = key_of(first)
    first.build(kill="claimed after")
    first.build()
    assert first.run("jobs", "resolve", key[:12], *word).exit == 0
    ends = {"--lost": State.FREE, "--charged": State.CHARGED}
    assert states(two, key) == [State.CLAIMED, State.DOUBT, ends[word[0]]]
    run = second.build()
    assert run.exit == (0 if word == ("--lost",) else 6)
    assert two.shop.calls == (word == ("--lost",))


def test_what_was_sent_by_a_machine_that_is_gone_is_fetched_by_another(two: Studio) -> None:
    first, second = two.machines
    key = key_of(first)
    assert first.build(kill="submitted after").exit == -9
    assert second.build(patience_s=SOON * 10).exit == 0
    assert two.shop.calls == 1
    assert states(two, key) == [State.CLAIMED, State.SUBMITTED, State.BOUGHT]
    assert first.build().exit == 0
    assert two.shop.calls == 1
    assert [booked(one) for one in two.machines] == [0, 20]


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_another_machine_has_booked_is_fetched_again_and_booked_nowhere_else(
    two: Studio, folder: Path, is_gone: bool
) -> None:
    """Its bytes in the store are damaged, or gone: the service gives them again for nothing."""
    first, second = two.machines
    assert first.build().exit == 0
    (content,) = [one for one in Path(two.store.url).rglob("*.png") if one.is_file()]
    content.unlink() if is_gone else content.write_bytes(b"damaged")
    run = second.build()
    assert run.exit == 0, run.stdout
    assert run.totals["credits_charged"] == 0
    assert two.shop.charged == 20
    assert [booked(one) for one in two.machines] == [20, 0]
    assert first.game.outputs() == second.game.outputs() != set()
    assert [job.credits_charged for job in second.jobs()] == [0]


def booked(machine: Machine) -> int:
    """Return the credits in a machine's ledger."""
    with closing(Ledger(Path(machine.game.environment["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        return ledger.charged_since(0.0)


@pytest.mark.parametrize(
    ("since", "trouble"), [("submitted", "away"), ("submitted", "slow"), ("bought", "refusing")]
)
def test_what_was_bought_stays_bought_whatever_the_store_does_after_the_post(
    two: Studio, since: str, trouble: str
) -> None:
    """It is owed: others do not buy meanwhile, and the next run tells, though all is up to date."""
    first, second = two.machines
    key = key_of(first)
    run = first.build(**{"store": trouble, "from": since})
    assert run.exit == 0
    warnings = run.report["notices"]
    assert isinstance(warnings, list)
    assert len([one for one in warnings if "shared store" in one]) == 1
    assert two.shop.calls == 1
    if since == "submitted":
        assert states(two, key) == [State.CLAIMED]
        assert second.build(patience_s=SOON).exit == 7
    assert first.build().exit == 0
    assert states(two, key)[-1] is State.BOUGHT
    assert second.build().exit == 0
    assert two.shop.calls == 1


@pytest.mark.parametrize(("since", "trouble"), [("start", "away"), ("claimed", "refusing")])
def test_a_store_that_cannot_be_told_before_the_post_keeps_from_buying(
    two: Studio, since: str, trouble: str
) -> None:
    first, second = two.machines
    run = first.build(**{"store": trouble, "from": since})
    assert run.exit == 6
    assert "--unshared" in run.stdout
    assert two.shop.calls == 0
    assert not first.in_doubt()
    assert first.run("build", "--json", "--yes", "--unshared").exit == 0
    assert two.shop.calls == 1
    assert second.game.build("--json").exit == 5  # nothing is in doubt anywhere


def test_a_reader_never_claims_or_writes_and_says_what_is_missing(two: Studio) -> None:
    first, second = two.machines
    before = two.store.names("")
    second.game.environment["PIXELPIPE_SHARED_MODE"] = "read"
    run = second.build()
    assert run.exit == 9
    assert two.store.names("") == before
    assert two.shop.calls == 0
    assert first.build().exit == 0
    assert second.build().exit == 0
    assert two.shop.calls == 1


@pytest.mark.parametrize("claimed", ["idle", "hop"])
def test_of_a_batch_only_what_others_have_not_claimed_is_sent(
    folder: Path, shop: Shop, claimed: str
) -> None:
    with studio(folder, shop, machines=1, sprites=1) as found:
        (machine,) = found.machines
        machine.game.rules(TWO_CLIPS)
        machine.game.settings(batch=True)
        key = key_of(machine, claimed)
        say(found, key, 0, State.CLAIMED)
        assert machine.build(patience_s=SOON).exit == 7
        assert len(found.shop.prompts()) == 1
        (sent,) = machine.jobs()
        assert sent.credits_quoted == sent.credits_charged == 20
        say(found, key, 1, State.FREE)
        assert machine.build().exit == 0
        assert len(found.shop.prompts()) == 2
        assert not found.asked_twice()


def test_what_the_built_in_engine_makes_is_neither_claimed_nor_shared(two: Studio) -> None:
    first, _ = two.machines
    first.game.use_none()
    assert first.build().exit == 0
    assert two.store.names("") == ["pixelpipe.json"]


def test_a_claim_is_looked_at_again_when_the_machine_may_have_slept(two: Studio) -> None:
    """Meanwhile a person elsewhere has taken it for lost: it is not sent."""
    first, _ = two.machines
    assert first.build(kill="claimed before").exit == -9
    (job,) = first.jobs()
    sleepy, awake = (_team(two, fresh_s) for fresh_s in (-1.0, 60.0))
    for team, key in ((sleepy, "a" * 64), (awake, "b" * 64)):
        mine = _named(job, key)
        place = team.place(team.look(key))
        assert team.hold(mine, place) is None
        say(two, key, 1, State.FREE)
        again = team.hold(mine, place)
        assert isinstance(again, Lost) is (team is sleepy)


def _team(found: Studio, fresh_s: float) -> Team:
    who = Who(machine="m", label="me@here")
    return Team(found.store, who, publish=lambda *_: None, bring=lambda *_: None, fresh_s=fresh_s)


def _named(job: Job, key: str) -> Job:
    return Job(**{**{f: getattr(job, f) for f in job.__struct_fields__}, "request_key": key})
