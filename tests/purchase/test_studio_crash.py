"""Many machines, killed at any moment, with a bad way to their store: each clip is bought once."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from buckets import seaweed
from game import Shop, folder_in_memory, shop_serving
from machines import Studio, studio

from pipeline.storage.shared.claim_log import State

#: Seconds after which a claim that does not move is doubt; nobody waits 15 minutes here.
PATIENCE_S = 6.0
LOST = 0.05
#: How likely a machine dies at each step; it passes about ten for each clip.
DIES = 0.03


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a place where nothing waits for a disk."""
    with folder_in_memory() as found:
        yield found


@pytest.fixture
def mall(folder: Path) -> Iterator[Shop]:
    """Serve an engine whose answers get lost now and then."""
    with shop_serving(folder, "--chaos", "seed=4; rate=0.01") as shop:
        yield shop


def crash(found: Studio, kills: int, seed: int, **trouble: object) -> None:
    """Let every machine build, be killed so often at random, and then build to its end."""

    def live(number: int) -> None:
        machine, dice = found.machines[number], random.Random(f"{seed} {number}")
        for life in range(kills):
            fate = {"loses": LOST, "dice": f"{seed} {number} {life}", **trouble}
            if life % 4 < 3:
                ended = machine.build(dies=DIES, **fate)
                machine.kills += ended.exit == -signal.SIGKILL
            else:
                machine.build_until(dice.uniform(0.1, 2.0), **fate)
        machine.build(loses=LOST, dice=f"{seed}{number}", **trouble)

    with ThreadPoolExecutor(len(found.machines)) as lives:
        list(lives.map(live, range(len(found.machines))))


def settled(found: Studio, seed: int) -> int:
    """Let a person settle what is in doubt until everything is built; returns how much that was."""
    dice, doubts = random.Random(seed), 0
    for _ in range(4):
        # Each machine says what it knows, and learns what others decided.
        ends = [machine.build(patience_s=PATIENCE_S) for machine in found.machines]
        if all(run.exit == 0 for run in ends):
            return doubts
        assert {run.exit for run in ends} <= {0, 6, 7}, ends
        doubts += found.settle(dice)
    raise AssertionError([run for run in ends if run.exit])


def check(found: Studio, clips: int) -> None:
    """Hold what was promised against the engine's own books."""
    assert found.asked_twice() == {}
    prompts = found.shop.prompts()
    billed = [job for job in found.shop.jobs() if job.credits_charged]
    assert len({prompts[job.id] for job in billed}) == len(billed) == clips
    assert {head.entry and head.entry.state for head in found.heads().values()} == {State.BOUGHT}
    assert len(found.heads()) == clips
    for machine in found.machines:
        assert not machine.in_doubt()
        assert set(machine.build().states().values()) == {("fresh", "fresh")}


def told(found: Studio, doubts: int) -> str:
    """Say how it went."""
    kills = sum(machine.kills for machine in found.machines)
    return (
        f"{len(found.machines)} machines, {kills} kills, {found.shop.calls} jobs accepted, "
        f"{len(found.asked_twice())} keys bought twice, {doubts} doubts settled"
    )


def test_machines_that_are_killed_buy_each_clip_once(folder: Path, mall: Shop) -> None:
    """Five calls of the store in a hundred are lost, and every machine dies three times."""
    with studio(folder, mall, machines=3, sprites=8) as found:
        crash(found, kills=3, seed=1, patience_s=PATIENCE_S)
        doubts = settled(found, seed=1)
        print(told(found, doubts))
        check(found, 8)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_machines_that_are_killed_buy_sixty_clips_once(folder: Path, mall: Shop) -> None:
    """The same for long."""
    with studio(folder, mall, machines=6, sprites=60) as found:
        crash(found, kills=12, seed=2, patience_s=PATIENCE_S)
        doubts = settled(found, seed=2)
        print(told(found, doubts))
        check(found, 60)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_machines_that_are_killed_buy_once_where_a_bucket_is_shared(
    folder: Path, mall: Shop, tmp_path: Path
) -> None:
    """The same with a real S3 server."""
    with (
        seaweed(tmp_path) as bucket,
        studio(folder, mall, machines=4, sprites=30, bucket=bucket) as found,
    ):
        crash(found, kills=8, seed=3, patience_s=PATIENCE_S)
        doubts = settled(found, seed=3)
        print(told(found, doubts))
        check(found, 30)


def test_without_claims_they_buy_twice(folder: Path, mall: Shop) -> None:
    """The control: the test above can fail."""
    with studio(folder, mall, machines=3, sprites=8) as found:
        crash(found, kills=1, seed=1, claims="no")
        assert found.asked_twice()
