"""A project whose clips an older version of the built-in engine made."""

from __future__ import annotations

import json
from pathlib import Path

from game import Game

from pipeline.core.version import ENGINE_VERSION


def forget_versions(game: Game) -> None:
    """Let all clips be those of an engine that did not say its version."""
    path = game.root / "pixelpipe.lock"
    path.write_text(path.read_text().replace(f'"engine":{ENGINE_VERSION},', ""))
    folders = (game.root, Path(game.variables()["PIXELPIPE_STATE"]))
    for place in [one for folder in folders for one in folder.rglob("bought/**/*.json")]:
        record = json.loads(place.read_text())
        del record["engine"], record["loops"]
        place.write_text(json.dumps(record, sort_keys=True) + "\n")
