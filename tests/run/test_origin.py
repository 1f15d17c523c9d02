"""What a PNG says of who drew it: the built-in engine never passes for the vendor's model."""

from __future__ import annotations

import json
import os
from pathlib import Path

from game import Game, Shop, built

from pipeline.core import provenance
from pipeline.core.version import ENGINE_VERSION


def models(game: Game) -> set[str]:
    """Return the models that the sheet of the hero names, and its JSON beside it."""
    noted = provenance.read((game.root / "assets/hero.anim.png").read_bytes()) or ()
    data = json.loads((game.root / "assets/hero.anim.json").read_text())
    assert {one.model for one in noted} == {one["model"] for one in data["meta"]["provenance"]}
    return {one.model for one in noted}


def test_the_built_in_engine_names_itself_and_its_version(game: Game) -> None:
    built(game)
    assert models(game) == {f"built-in engine {ENGINE_VERSION}"}


def test_a_service_is_believed_what_it_says(paying: Game, shop: Shop) -> None:
    built(paying)
    assert models(paying) == {"pixel-engine-v1.1"}


def test_what_was_made_before_stays_as_it_is(game: Game) -> None:
    """An upgrade makes nothing stale, and what is built again from old records has their words."""
    built(game)
    tiers = (game.root / ".pixelpipe/bought", Path(os.environ["PIXELPIPE_STATE"]) / "bought")
    for place in (one for tier in tiers for one in tier.rglob("*.json")):
        record = json.loads(place.read_text()) | {"model": "pixel-engine-v1.1"}
        place.write_text(json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n")
    standing = game.files()
    assert game.plan("--check").exit == 0
    built(game)
    assert game.files() == standing
    (game.root / "assets/hero.anim.png").unlink()
    built(game)
    assert models(game) == {"pixel-engine-v1.1"}
