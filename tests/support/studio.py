"""Machines of a studio: clones of one game, each with a user, and a store that they share."""

from __future__ import annotations

import shutil
from pathlib import Path

from game import Game

from pipeline.storage.shared import opening, purchases
from pipeline.storage.store import Store

#: What a report says of a store that was not asked.
READ = {"hits": 0, "waited": 0, "misses": 0, "errors": 0, "saved_credits": 0}
MARK = b'{"format":1,"claims":true}\n'


def store_in(folder: Path) -> Path:
    """Make a shared store in a folder."""
    folder.mkdir(parents=True)
    (folder / "pixelpipe.json").write_bytes(MARK)
    return folder


def machine(folder: Path, name: str, shared: str) -> Game:
    """Return an empty game of a user of its own, who named the shared store in the environment."""
    root = folder / name / "game"
    root.mkdir(parents=True)
    environment = {"PIXELPIPE_STATE": str(folder / name / "state"), "PIXELPIPE_SHARED": shared}
    return Game(root, environment)


def clone(game: Game, to: Game) -> None:
    """Bring over what is committed where bought bytes and outputs are not."""
    ignore = shutil.ignore_patterns(".pixelpipe", "*.anim.*")
    shutil.copytree(game.root, to.root, ignore=ignore, dirs_exist_ok=True)


def push(game: Game, url: str) -> int:
    """Publish all that a game has bought; return how many purchases that was."""
    tier = game.root / ".pixelpipe/bought"
    store, found = opening.connect(url, game.root, {}), Store(tier)
    records = [record for _, record in found.records(tier) if record.paid]
    return sum(
        purchases.publish(store, record, found.content(record.digest) or b"") for record in records
    )
