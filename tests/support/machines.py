"""A studio: several machines with state folders and clones of one project, and a shared store."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from buckets import Bucket
from forked import HANGS_S
from game import Game, Run, Shop
from guarantees import Shape
from places import REPOSITORY, SUPPORT

from pipeline.core.errors import UnavailableError
from pipeline.core.model import Job, JobState
from pipeline.storage.ledger import Ledger
from pipeline.storage.shared import claim_log, names, opening
from pipeline.storage.shared.claim_log import Head, State
from pipeline.storage.shared.store import Store, Unreachable

_READY_S = 60.0
#: A person asks again where a service breaks off, which it does once in a hundred questions.
_TRIES = 5
_IN_DOUBT = (JobState.CLAIMED, JobState.UNCONFIRMED)


class Machine:
    """One of them; runs the real command, and dies when told."""

    def __init__(self, folder: Path, game: Game) -> None:
        """Start what forks its commands."""
        self.folder = folder
        self.game = game
        self.kills = 0
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "machine.py")],
            cwd=REPOSITORY,
            env={**game.variables(), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str, **trouble: object) -> None:
        """Start a command. `trouble` are `MACHINE_...` variables."""
        named = {f"MACHINE_{name.upper()}": str(value) for name, value in trouble.items()}
        order = {
            "arguments": arguments,
            "folder": str(self.folder),
            "project": str(self.game.root),
            "environment": self.game.variables(named),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def end(self) -> Run:
        """Wait for the command that was started."""
        exit = self._answer()["exit"]
        said = (self.folder / "stderr.txt").read_text("utf-8")
        assert "Traceback" not in said, said
        return Run(exit, (self.folder / "stdout.txt").read_text("utf-8"), said)

    def run(self, *arguments: str, **trouble: object) -> Run:
        """Run a command to its end."""
        self.start(*arguments, **trouble)
        return self.end()

    def build(self, **trouble: object) -> Run:
        """Build, and buy what is lacking."""
        return self.run("build", "--json", "--yes", **trouble)

    def build_until(self, dies_after_s: float, **trouble: object) -> Run:
        """Build, and be killed after so many seconds unless that ends before."""
        ended = self.build(lives_s=dies_after_s, **trouble)
        self.kills += ended.exit == -signal.SIGKILL
        return ended

    def jobs(self) -> list[Job]:
        """Return the jobs of its ledger."""
        with closing(Ledger(Path(self.game.environment["PIXELPIPE_STATE"]), now=0.0)) as ledger:
            return ledger.named("")

    def in_doubt(self) -> list[Job]:
        """Return the jobs of which it does not know whether they were billed."""
        return [job for job in self.jobs() if job.state in _IN_DOUBT]

    def close(self) -> None:
        """End what forks its commands."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=HANGS_S)
        self._process.stdout.close()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer


class Studio:
    """Machines, their shop, and the store that they share."""

    def __init__(self, machines: list[Machine], shop: Shop, store: Store) -> None:
        """Take all of them."""
        self.machines = machines
        self.shop = shop
        self.store = store

    def heads(self) -> dict[str, Head]:
        """Return the end of every log."""
        known = claim_log.keys(self.store.names("claims/"))
        return {key: claim_log.head(self.store, key) for key in known}

    def asked_twice(self) -> dict[str, int]:
        """Return the prompts of which the engine took more than one job that did not fail."""
        prompts, found = self.shop.prompts(), dict[str, int]()
        for job in self.shop.jobs():
            if job.status != "failure":
                found[prompts[job.id]] = found.get(prompts[job.id], 0) + 1
        return {prompt: count for prompt, count in found.items() if count > 1}

    def doubts(self) -> dict[str, Head]:
        """Return the logs that end in a doubt, or in a claim: nobody is at it any more."""
        ends = (State.DOUBT, State.CLAIMED)
        return {
            k: head for k, head in self.heads().items() if head.entry and head.entry.state in ends
        }

    def settle(self, dice: random.Random) -> int:
        """Do what a person does: settle each doubt by the truth, from any machine."""
        by_prompt = {prompt: id for id, prompt in self.shop.prompts().items()}
        failed = {job.id for job in self.shop.jobs() if job.status == "failure"}
        found = self.doubts()
        for key, head in found.items():
            assert head.entry is not None
            assert head.entry.resolved is not None
            id = by_prompt.get(head.entry.resolved.prompt)
            is_billed = id is not None and id not in failed
            word = ("--bought", str(id)) if is_billed else ("--lost",)
            machine = dice.choice(self.machines)
            for _ in range(_TRIES):
                ended = machine.run("jobs", "resolve", key, *word, patience_s=0)
                if ended.exit != UnavailableError.exit_code:
                    break
            assert ended.exit == 0, ended
        return len(found)


def _mark(store: Store) -> None:
    """Say that a store is one, as soon as its server is ready."""
    until = time.monotonic() + _READY_S
    while True:
        try:
            store.create(names.MARK, b'{"format":1,"claims":true}')
        except Unreachable:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


@contextmanager
def studio(
    folder: Path, shop: Shop, machines: int, sprites: int, bucket: Bucket | None = None
) -> Iterator[Studio]:
    """Set up `machines` with one project of so many sprites, and a folder or a bucket."""
    if bucket is None:
        bucket = Bucket(str(folder / "store"), {})
        (folder / "store").mkdir()
    store = opening.connect(bucket.url, folder, bucket.environment)
    _mark(store)
    shop.fund(40 * sprites)
    opened: list[Machine] = []
    for number in range(machines):
        place = folder / f"machine{number}"
        place.mkdir()
        game = Shape(sprites=sprites).make(place, jobs=4)
        game.environment |= {"PIXELPIPE_SHARED": bucket.url, **bucket.environment}
        game.use(shop)
        opened.append(Machine(place, game))
    try:
        yield Studio(opened, shop, store)
    finally:
        for one in opened:
            one.close()
