"""A project of very many sprites is built as one of a few is, of which nothing is packed."""

from __future__ import annotations

import shutil

import pytest
from game import Game, Shop

from pipeline.core import packed
from pipeline.storage import lock_lines, state
from pipeline.storage.files import by_folder

CLIPS = """\
rules:
  - name: all
    match: "**/*.png"
    clips:
      idle: "breathing calmly"
      walk: "walking"
"""


def fill(game: Game) -> None:
    """Put sprites into some folders: two are the same, and one is no picture."""
    game.rules(CLIPS)
    for number in range(6):
        game.draw(f"band{number % 3}/one{number}x.png", tint=10 + number)
    shutil.copyfile(game.root / "assets/band0/one0x.png", game.write("assets/band2/again.png", ""))
    game.write("assets/band1/broken.png", b"no picture")


def pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let very many be two."""
    monkeypatch.setattr(packed, "_PIECE", 2)
    monkeypatch.setattr(packed, "_HELD", 2)
    monkeypatch.setattr(lock_lines, "_HELD", 2)
    monkeypatch.setattr(lock_lines, "_OPEN", 1)
    for module in (state, by_folder):
        monkeypatch.setattr(module, "_MOST_OPEN", 1)


def built(game: Game) -> list[tuple[object, ...]]:
    """Build, and return how each clip ended, sorted: of those in flight any may be first."""
    return sorted(
        (one.step.source, one.step.clip, one.step.kind, one.step.reason, one.state, one.files)
        for one in game.make().results
    )


def contents(game: Game) -> dict[str, bytes]:
    """Return all files below the assets, and the lock file."""
    places = [*(game.root / "assets").rglob("*.*"), game.root / "pixelpipe.lock"]
    return {str(place.relative_to(game.root)): place.read_bytes() for place in places}


def test_what_is_packed_is_built_as_what_is_not(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same steps end in the same way, with the same files; then nothing is to do."""
    fill(game)
    other = Game(game.root.with_name("other"), {**game.environment})
    shutil.copytree(game.root, other.root)
    plain = built(other)
    shutil.rmtree(game.variables()["PIXELPIPE_STATE"])
    pack(monkeypatch)
    assert built(game) == plain
    assert contents(game) == contents(other)
    assert {ended[4] for ended in built(game)} == {"fresh", "failed"}
    assert contents(game) == contents(other)


def test_what_is_packed_is_bought_once(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what two sources want; and a run that follows buys nothing."""
    fill(paying)
    pack(monkeypatch)
    ended = built(paying)
    assert sum(one[4] == "done" for one in ended) == 20
    assert shop.calls == 18
    built(paying)
    assert shop.calls == 18
