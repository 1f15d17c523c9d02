"""Engines that break as a script says, and what our own books say of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from game import Game, Shop, shop_serving

from pipeline.core.model import Job
from pipeline.storage.ledger import Ledger


@contextmanager
def ledger_now() -> Iterator[Ledger]:
    """Open the ledger that the tests' builds write."""
    with closing(Ledger(Path(os.environ["PIXELPIPE_STATE"]), now=0.0)) as ledger:
        yield ledger


def unfinished() -> list[Job]:
    """Return the jobs that are in flight, detached or in doubt."""
    with ledger_now() as ledger:
        return ledger.unfinished()


@contextmanager
def chaotic(tmp_path: Path, game: Game, script: str, *options: str) -> Iterator[Shop]:
    """Let the project buy from an engine that breaks as `script` says."""
    folder = tmp_path / "chaos"
    folder.mkdir(exist_ok=True)
    with shop_serving(folder, "--chaos", script, *options) as serving:
        serving.fund(1000)
        game.use(serving)
        yield serving


@contextmanager
def killed_after_submission(game: Game, shop: Shop) -> Iterator[None]:
    """Kill a build that has just learnt the id of a job."""
    process = game.start("build", "--json", "--yes")
    try:
        while shop.calls == 0 or not any(job.remote_id for job in unfinished()):
            assert process.poll() is None
        process.kill()
        yield
    finally:
        process.kill()
        process.communicate()
