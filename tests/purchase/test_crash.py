"""Killed in and after every step, twice in a row: billed once, nothing lost or half done."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import guarantees
import pytest
from crasher import Crasher, crashing_in
from game import Game, Shop, folder_in_memory, shop_serving
from guarantees import Shape

SHAPES = {"single": Shape(sprites=2), "batch": Shape(sprites=1, is_batch=True)}
#: Tests that share the matrix among workers.
PARTS = 4
#: How a clip may stand in the end.
ENDS = {"done", "fresh", "asked", "failed"}
#: What must be among the steps of every schedule, so that none is forgotten unseen.
STEPS = {
    *("before commit", "after commit", "after _append", "half sent", "before _body"),
    *("before download", "after download", "before make", "before flush", "half of lock file"),
    *("half of bytes in the first store", "half of record in the first store"),
    *("half of bytes in the second store", "half of record in the second store"),
    *("before rename bytes in the first store", "before rename record in the second store"),
    *("before rename lock file", "half of output", "before rename output"),
}


@pytest.fixture(scope="module")
def crasher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crasher]:
    """Start the process that forks commands."""
    with crashing_in(tmp_path_factory.mktemp("crasher")) as started:
        yield started


class Street:
    """Makes a project with an account of its own for every schedule."""

    def __init__(self, folder: Path, mall: Shop, crasher: Crasher) -> None:
        self._folder = folder
        self._mall = mall
        self._crasher = crasher
        self._numbers = count()

    def steps(self, shape: Shape) -> list[str]:
        """Build once without dying; returns the steps of that."""
        game, shop = self._open(shape)
        run, steps = self._crasher.build(game, at=0)
        assert run.exit == 0, run
        guarantees.check(game, shop, run.exit)
        assert shop.charged == shape.credits
        return steps

    def schedule(self, shape: Shape, first: int, second: int) -> int:
        """Die at step `first`, again at step `second` of the next run, then build to the end."""
        game, shop = self._open(shape)
        for at in (first, second):
            run, _ = self._crasher.build(game, at=at)
            assert run.exit in (-signal.SIGKILL, 0, 7), run
        for _ in range(2):
            last, _ = self._crasher.build(game, at=0)
            found = guarantees.check(game, shop, last.exit)
            assert not [job for job in found.jobs if job.state in ("submitted", "detached")]
            assert len(found.accepted) <= shape.clips
            assert {state for _, state in last.states().values()} <= ENDS
        return last.exit

    def _open(self, shape: Shape) -> tuple[Game, Shop]:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        made = shape.make(folder, jobs=2)
        opened = Shop(self._mall.url, self._mall.db, str(folder))
        made.use(opened)
        return made, opened


@pytest.fixture(scope="module")
def street(crasher: Crasher) -> Iterator[Street]:
    """Give schedules room, and an engine of their own."""
    with folder_in_memory() as folder, shop_serving(folder) as mall:
        made = Street(folder, mall, crasher)
        # The first job waits for the engine to load its renderer, and each look at it is a step.
        made.steps(SHAPES["single"])
        yield made


@pytest.mark.parametrize("kind", SHAPES)
def test_steps_are_where_something_changes(street: Street, kind: str) -> None:
    """A step that a change of the code has moved away would be one that nobody dies at."""
    steps = set(street.steps(SHAPES[kind]))
    assert steps >= STEPS
    assert ("before animate_batch" if kind == "batch" else "before animate") in steps


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("seed", range(3))
def test_killed_twice_at_random_steps(street: Street, kind: str, seed: int) -> None:
    """A sample of the matrix below, for every run of the tests."""
    dice = random.Random(seed)
    steps = len(street.steps(SHAPES[kind]))
    for _ in range(2):
        street.schedule(SHAPES[kind], dice.randint(1, steps), dice.randint(1, steps))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", SHAPES)
def test_killed_twice_at_every_step(street: Street, kind: str, part: int) -> None:
    """The crash matrix: after and in the middle of every durable step, then anywhere again."""
    dice = random.Random(f"4 {part}")
    steps = len(street.steps(SHAPES[kind]))
    exits = [
        street.schedule(SHAPES[kind], first, dice.randint(1, steps))
        for first in range(1 + part, steps + 1, PARTS)
    ]
    # Doubt is the exception: only a death inside a POST, or before its id was written, leaves it.
    assert exits.count(0) > exits.count(7)
