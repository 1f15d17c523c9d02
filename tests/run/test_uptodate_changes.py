"""A run that looks at what has changed only builds what a full one would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from game import Game
from remembering import (
    answer,
    full,
    look,
    run,
    settle,
)
from undoing import EDITS

from pipeline.api import Project


def content(game: Game) -> dict[str, bytes]:
    """Return what every file of the project holds, but for what is remembered."""
    return {path: found for path, (_, found) in game.files().items() if ".tmp" not in path}


CHANGES = {
    "nothing": [],
    "one drawn over": ["source drawn over"],
    "one touched": ["source touched"],
    "one in secret": ["source changed in secret"],
    "one broken": ["source broken"],
    "one too many colours": ["source that needs another rule"],
    "one removed": ["source removed"],
    "one renamed": ["source renamed"],
    "one added": ["source added"],
    "a twin added": ["twin by case added"],
    "an override added": ["override added"],
    "an output removed": ["output removed"],
    "an output edited": ["output edited"],
    "the lock cut": ["lock cut"],
    "a rule changed": ["rule changed"],
    "two at once": ["source drawn over", "output edited"],
    "one that no rule matched": ["unmatched source drawn over"],
}


@pytest.mark.parametrize("name", CHANGES)
def test_looking_at_changes_only_builds_the_same(quiet: Game, tmp_path: Path, name: str) -> None:
    """Files, lock file and exit code are those of a full run, and so is the next answer."""
    narrow = """\
  - name: small
    match: "[!_]*.png"
    when: {max_width: 30}
    clips: {idle: "breathing calmly, a subtle idle loop"}
  - name: large
    match: "[!_]*.png"
    clips: {idle: "breathing slowly", hop: {prompt: "hopping on the spot", frames: 4}}
"""
    quiet.rules("rules:\n" + narrow)
    assert Project(quiet.root, environment=quiet.variables()).build().exit == 0
    settle(quiet)
    for edit in CHANGES[name]:
        EDITS[edit](quiet)
    shutil.copytree(quiet.root.parent, tmp_path / "other", symlinks=True)
    other = Game(tmp_path / "other/game", {"PIXELPIPE_STATE": str(tmp_path / "other/state")})
    report, _ = run(quiet)
    assert report.exit == Project(other.root, environment=other.variables()).build().exit
    assert content(quiet) == content(other)
    for _ in range(2):
        assert answer(quiet) in (None, full(quiet))
        run(quiet)


def test_change_of_one_looks_at_one(quiet: Game) -> None:
    """Also after a build that has made everything; and the next run knows that all is fresh."""
    shutil.rmtree(quiet.root / ".pixelpipe")
    for path in quiet.outputs():
        (quiet.root / "assets" / path).unlink()
    report, is_remembered = run(quiet)
    assert {result.state for result in report.results} == {"done"}
    assert is_remembered
    EDITS["source drawn over"](quiet)
    assert [result.step.source for result in run(quiet)[0].results] == ["assets/hero.png"]
    assert settle(quiet) == full(quiet)


@pytest.mark.parametrize(
    "meanwhile", ["lock cut", "source added", "output edited", "output removed"]
)
def test_what_others_do_meanwhile_is_noticed(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """What they wrote about other sources was not looked at."""
    settle(quiet)
    EDITS["source drawn over"](quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build(remembered=look(quiet))
    EDITS[meanwhile](quiet)
    opened.remember()
    assert answer(quiet) in (None, full(quiet))
    report, _ = run(quiet)
    assert content(quiet) is not None
    assert answer(quiet) in (None, full(quiet))
    if meanwhile == "output edited":
        assert report.exit != 0
