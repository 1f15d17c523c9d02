"""Killed at every durable step, twice in a row: billed once, nothing lost, nothing half written."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from game import REPOSITORY, RULES, Game, Run, Shop

from pipeline import keys
from pipeline.ledger import Ledger
from pipeline.model import JobState
from pipeline.store import Store

#: Clips of one schedule's project.
CLIPS = 2


@dataclass
class Crasher:
    """Runs commands that die when told; see crashing.py."""

    process: subprocess.Popen[str]
    folder: Path

    def build(self, game: Game, *, at: int) -> tuple[Run, int]:
        """Build, dying at step `at`; returns how it ended and how many steps it passed."""
        order = {
            "arguments": ["build", "--json", "--yes"],
            "folder": str(self.folder),
            "project": str(game.root),
            "environment": game.variables(),
            "at": at,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        said = (self.folder / "stderr.txt").read_text("utf-8")
        assert "Traceback" not in said, said
        stdout = (self.folder / "stdout.txt").read_text("utf-8")
        return Run(answer["exit"], stdout, said), answer["steps"]


@pytest.fixture(scope="module")
def crasher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crasher]:
    """Start the process that forks commands."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("crashing.py"))],
        cwd=REPOSITORY,
        env={**Game(REPOSITORY).variables(), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Crasher(process, tmp_path_factory.mktemp("crasher"))
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


class Street:
    """Makes a project with an account of its own for every schedule."""

    def __init__(self, folder: Path, mall: Shop) -> None:
        self._folder = folder
        self._mall = mall
        self._count = 0

    def open(self) -> tuple[Game, Shop]:
        """Return a new project of two sprites, and the shop that it buys from."""
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        made = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
        made.settings(jobs=2)
        made.rules(RULES)
        for number in range(CLIPS):
            made.draw(f"s{number}.png", tint=number)
        opened = Shop(self._mall.url, self._mall.db, str(folder))
        made.use(opened)
        return made, opened


@pytest.fixture
def street(tmp_path: Path, shop: Shop) -> Street:
    """Give schedules room."""
    return Street(tmp_path, shop)


def check(game: Game, shop: Shop, last: Run) -> None:
    """Hold the guarantees of issue 4 against what a schedule left behind."""
    assert not shop.bought_twice()
    assert shop.calls <= CLIPS
    states = {state for _, state in last.states().values()}
    with closing(Ledger(Path(game.environment["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        open_jobs = ledger.unfinished()
        records = ledger.jobs(str(step["request_key"]) for step in last.report["steps"])  # type: ignore[attr-defined]
    store = Store(game.root / ".pixelpipe/bought")
    in_doubt = [job for job in open_jobs if job.state in (JobState.CLAIMED, JobState.UNCONFIRMED)]
    assert open_jobs == in_doubt
    assert last.exit == (7 if in_doubt else 0), last.stdout
    with closing(Ledger(Path(game.environment["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        assert ledger.charged_since(0.0) + 20 * len(in_doubt) >= shop.charged
    assert states <= {"done", "fresh", "asked", "failed"}
    for job in records:
        if job.state is JobState.BOUGHT:
            assert store.content(job.digest or "") is not None
    # Every billed result is in the project, or named as unconfirmed.
    bought = {job.remote_id for job in records if job.state is JobState.BOUGHT}
    billed = {job.id for job in shop.jobs() if job.credits_charged}
    assert len(billed - bought) <= len(in_doubt)
    for line in game.locked():
        if "clip" in line:
            assert store.content(str(line["digest"])) is not None
        else:
            content = (game.root / str(line["path"])).read_bytes()
            assert keys.digest(content) == line["digest"]
    named = {str(line["path"]) for line in game.locked() if "path" in line}
    assert {f"assets/{name}" for name in game.outputs() if not name.startswith(".")} == named


def schedule(crasher: Crasher, street: Street, first: int, second: int) -> Run:
    """Die at step `first`, die again at step `second` of the next run, then build to the end."""
    game, shop = street.open()
    for at in (first, second):
        run, _ = crasher.build(game, at=at)
        assert run.exit in (-signal.SIGKILL, 0, 7), run
    for _ in range(2):
        last, _ = crasher.build(game, at=0)
        check(game, shop, last)
    return last


def _steps(crasher: Crasher, street: Street) -> int:
    game, shop = street.open()
    run, steps = crasher.build(game, at=0)
    assert run.exit == 0, run
    check(game, shop, run)
    return steps


@pytest.mark.parametrize("seed", range(6))
def test_killed_twice_at_random_steps(crasher: Crasher, street: Street, seed: int) -> None:
    """A sample of the matrix below, for every run of the tests."""
    dice = random.Random(seed)
    steps = _steps(crasher, street)
    assert steps > 40
    for _ in range(2):
        schedule(crasher, street, dice.randint(1, steps), dice.randint(1, steps))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_twice_at_every_step(crasher: Crasher, street: Street) -> None:
    """The crash matrix: after and in the middle of every durable step, then anywhere again."""
    dice = random.Random(4)
    steps = _steps(crasher, street)
    exits = [
        schedule(crasher, street, first, dice.randint(1, steps)).exit
        for first in range(1, steps + 1)
    ]
    # Doubt is the exception: only a death inside a POST, or before its id was written, leaves it.
    assert exits.count(0) > exits.count(7)
