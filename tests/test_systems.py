"""What Windows and macOS do differently, through the seams that decide it."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path

import pytest
from game import Game, Shop

from pipeline.api import Wish
from pipeline.core.errors import StorageError
from pipeline.run.report import Report
from pipeline.storage.files import paths, write

YES = Wish(yes=True)


def failed(report: Report) -> dict[str, str]:
    """Return the errors of a run by source."""
    return {result.step.source: result.step.error for result in report.results if result.step.error}


@pytest.mark.skipif(os.name == "nt", reason="there is only one of them there")
@pytest.mark.parametrize(
    ("one", "other"), [("Hero", "hero"), ("h\u00e9ro", "he\u0301ro"), ("\u00c9", "e\u0301")]
)
def test_names_that_are_one_elsewhere_are_one_here(
    paying: Game, shop: Shop, one: str, other: str
) -> None:
    """Windows and macOS know one file of these two: only one is bought, and the other named."""
    paying.settings()
    for number, name in enumerate((one, other)):
        paying.draw(f"{name}.png", tint=40 + number)
    paying.use(shop)
    (source, error), *more = failed(paying.make(YES)).items()
    assert not more
    assert {source, error.split(" of ")[1].split(";")[0]} == {
        f"assets/{one}.png", f"assets/{other}.png",
    }  # fmt: skip
    assert shop.calls == len(list((paying.root / "assets").glob("*[!m].png"))) - 1


def test_a_path_that_is_too_long_for_windows_is_refused_there_before_buying(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path counts there, with the folder in which the game lies."""
    monkeypatch.setattr(paths, "_LONGEST_PATH", len(f"{paying.root}") + 60)
    paying.draw(f"{'a' * 30}/{'b' * 30}.png", tint=40)
    found = failed(paying.make(YES))
    assert list(found) == [f"assets/{'a' * 30}/{'b' * 30}.png"]
    assert f"longer than Windows allows below {paying.root}" in "".join(found.values())
    assert shop.calls == 3


class Engine:
    """A game engine that holds files open: on Windows nobody can replace them then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.holds: set[Path] = set()
        self.tries = 0
        held = partial(write.replace, rename=self._rename)
        monkeypatch.setattr(write, "replace", held)
        monkeypatch.setattr(write, "_PATIENCE_S", (0, 0))

    def _rename(self, source: Path, target: Path) -> None:
        if target in self.holds:
            self.tries += 1
            raise PermissionError(13, "held open")
        source.replace(target)


def test_what_an_engine_holds_open_is_reported_and_published_by_the_next_build(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other sprites are built; the set stays pending, is ours still, and is bought already."""
    engine = Engine(monkeypatch)
    paying.make(YES)
    data = paying.root / "assets/hero.anim.json"
    before = json.loads(data.read_text())
    for number, name in enumerate(("hero", "slime")):
        paying.draw(f"{name}.png", tint=30 + number)
    engine.holds = {data}
    report = paying.make(YES)
    assert failed(report).keys() == {"assets/hero.png"}
    assert "assets/hero.anim.json: is held open by another program" in failed(report)[
        "assets/hero.png"
    ]  # fmt: skip
    assert report.exit == StorageError.exit_code
    assert engine.tries == 3
    assert shop.calls == 5
    assert json.loads(data.read_text()) == before
    assert not list(data.parent.glob("*pixelpipe-tmp*"))
    engine.holds.clear()
    done = [one.step.source for one in paying.make(YES).results if one.state == "done"]
    assert done == ["assets/hero.png"]
    assert shop.calls == 5
    assert paying.make().plan.is_up_to_date


def test_a_lock_file_that_is_held_open_is_written_by_the_next_build(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was bought and published until then is known from the ledger."""
    engine = Engine(monkeypatch)
    engine.holds = {paying.root / "pixelpipe.lock"}
    with pytest.raises(StorageError, match="lock: is held open by another program"):
        paying.make(YES)
    engine.holds.clear()
    assert failed(paying.make()) == {}
    assert shop.calls == 3
    assert len([line for line in paying.locked() if "path" in line]) == len(paying.outputs())
