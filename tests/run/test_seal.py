"""A seal gives the answer that a full run would give, or none."""

from __future__ import annotations

import io
import os
import random
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from game import KEY_NAME, RULES, Game
from undoing import EDITS, Undo, changed, removed

from pipeline.api import Project
from pipeline.cli.build import show_build
from pipeline.config.workspace import Workspace
from pipeline.core import keys
from pipeline.core.errors import PixelpipeError
from pipeline.run.report import Report
from pipeline.run.survey import Survey
from pipeline.run.uptodate import changed as changes
from pipeline.run.uptodate import compare
from pipeline.run.uptodate import quick as imprint
from pipeline.storage import files


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a project of five sources, one of which no rule matches."""
    folder = tmp_path_factory.mktemp("built")
    game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
    game.settings()
    game.rules(RULES.replace("**/*.png", "[!_]*.png"))
    for number, name in enumerate(("hero", "slime", "chest", "bat", "_logo")):
        game.draw(f"{name}.png", tint=number)
    assert game.make().exit == 0
    return folder


@pytest.fixture
def quiet(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """Copy the project; nothing in it has to age."""
    monkeypatch.setattr(files, "RACY_NS", 0)
    shutil.copytree(built, tmp_path / "copy")
    return Game(tmp_path / "copy/game", {"PIXELPIPE_STATE": str(tmp_path / "copy/state")})


def full(game: Game) -> str | None:
    """Return what a full `build` would print when nothing is to do; else None."""
    try:
        opened = Project(game.root, environment=game.variables())
        report = opened.plan()
    except PixelpipeError:
        return None
    if not report.plan.is_up_to_date or report.exit or report.plan.notices:
        return None
    heard = io.StringIO()
    with redirect_stdout(heard):
        show_build(opened.build())
    return heard.getvalue()


def answer(game: Game, **flags: object) -> str | None:
    """Return what the seal says; its imprint, and what begins with that, say the same or less."""
    quick = imprint.look(["build", str(game.root)], game.variables())
    begun = compare.look("build", game.root, game.variables(), flags, quick)
    found = compare.look("build", game.root, game.variables(), flags)
    said = None if found is None or found.changed else found.said.out
    assert flags or quick is None or not quick.is_answer or quick.said == (said, "")
    assert (begun is None, begun and begun.changed) == (found is None, found and found.changed)
    return said


def put(game: Game) -> bool:
    """Let a full run seal what it found."""
    heard = io.StringIO()
    report = Project(game.root, environment=game.variables()).build()
    with redirect_stdout(heard):
        show_build(report)
    return report.draft is not None and compare.put(
        report.draft, "build", compare.Said(out=heard.getvalue())
    )


def settle(game: Game) -> str:
    """Seal once nothing changes any more: the first run may still learn stats for its index."""
    ends = time.monotonic() + 10
    while not (put(game) and answer(game)):
        assert time.monotonic() < ends
    found = answer(game)
    assert found is not None
    return found


@pytest.mark.parametrize("name", EDITS)
def test_whatever_changes_the_answer_breaks_the_seal(quiet: Game, name: str) -> None:
    """After each kind of edit, and after taking it back, the seal says what a full run says."""
    settle(quiet)
    undo = EDITS[name](quiet)
    said = answer(quiet)
    assert said is None or said == full(quiet)
    undo()
    said = answer(quiet)
    assert said is None or said == full(quiet)


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_never_get_another_answer(quiet: Game, seed: int) -> None:
    """Edits pile up and are taken back in any order, and runs in between seal what they find."""
    chance = random.Random(seed)
    settle(quiet)
    undone: list[tuple[str, Undo]] = []
    for _ in range(14):
        if undone and chance.random() < 0.6:
            undone.pop()[1]()  # the last first: they may touch the same file
        else:
            name = chance.choice(sorted(EDITS.keys() - {name for name, _ in undone}))
            try:
                undone.append((name, EDITS[name](quiet)))
            except OSError:
                continue  # what it would change is not there any more
        said = answer(quiet)
        truth = full(quiet)
        assert said is None or said == truth, [name for name, _ in undone]
        if truth is not None and chance.random() < 0.5:
            put(quiet)


def test_quick_answer_is_the_full_one(quiet: Game) -> None:
    """It says how many clips there are, and which sources no rule matches."""
    said = settle(quiet)
    assert said == full(quiet)
    assert "4 clips up to date" in said
    assert "assets/_logo.png" in said


def test_flags_are_part_of_the_answer(quiet: Game) -> None:
    """What holds for one service says nothing about another."""
    settle(quiet)
    assert answer(quiet, service="http://127.0.0.1:9") is None
    assert answer(quiet, service=None) is not None


# -- what may not be sealed ---------------------------------------------------------------------


def test_settings_of_a_moment_ago_are_not_sealed(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could change again within the grain of the file system's clock."""
    settle(quiet)
    monkeypatch.setattr(files, "RACY_NS", 2_000_000_000)
    changed("rules/own.yaml", lambda same: same)(quiet)
    assert not put(quiet)


def test_young_files_are_compared_by_content(quiet: Game) -> None:
    """A sprite could change again within the grain of the clock, with the same stat."""
    settle(quiet)
    ahead = time.time() + 3600
    os.utime(quiet.root / "assets/hero.png", (ahead, ahead))
    assert put(quiet)
    assert answer(quiet) == full(quiet)
    place = quiet.root / ".pixelpipe/tmp/seal"
    put(quiet)
    digest = keys.digest((quiet.root / "assets/hero.png").read_bytes())
    assert digest.encode() in place.read_bytes()
    place.write_bytes(place.read_bytes().replace(digest.encode(), b"0" * 64))
    found = compare.look("build", quiet.root, quiet.variables(), {})
    assert found is not None
    assert found.changed == {"assets/hero.png"}


def test_files_that_are_young_no_more_are_not_read_again(quiet: Game) -> None:
    """The first run that finds them as they were seals them by their stats alone."""
    settle(quiet)
    place = quiet.root / "assets/hero.png"
    digest = keys.digest(place.read_bytes()).encode()
    ahead = time.time() + 0.5
    os.utime(place, (ahead, ahead))
    assert put(quiet)
    found = (quiet.root / ".pixelpipe/tmp/seal").read_bytes
    assert digest in found()
    ends = time.monotonic() + 10
    while digest in found():
        assert answer(quiet) is not None
        assert time.monotonic() < ends


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_is_set_during_a_run_seals_nothing(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Then no time stamp tells whether a file changed before or after it was read."""
    settle(quiet)
    report = Project(quiet.root, environment=quiet.variables()).build()
    assert report.draft is not None
    late = compare.Moment(
        wall_ns=time.time_ns() + hours * 3600 * 10**9, steady_ns=time.monotonic_ns()
    )
    monkeypatch.setattr(compare, "now", lambda: late)
    assert not compare.put(report.draft, "build", compare.Said(out="Nothing to do.\n"))


def test_rule_file_that_goes_during_a_run_is_not_sealed(quiet: Game) -> None:
    """What the run found holds with its rules; the next run has others."""
    quiet.write("rules/more.yaml", "rules: []\n")
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    removed("rules/more.yaml")(quiet)
    report = opened.build()
    assert report.draft is not None
    assert not compare.put(report.draft, "build", compare.Said(out="Nothing to do.\n"))


def test_settings_that_change_during_a_run_are_not_sealed(quiet: Game) -> None:
    """The run read the old ones: what it found says nothing about the new ones."""
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    changed("rules/own.yaml", lambda text: text.replace(b"calmly", b"wildly"))(quiet)
    report = opened.build()
    assert report.draft is not None
    assert not compare.put(report.draft, "build", compare.Said(out="Nothing to do.\n"))


@pytest.mark.parametrize(
    "edit",
    [
        "source broken",
        "source drawn over",
        "output removed",
        "output edited",
        "lock with a marker",
        "key set",
        "link to a folder added",
    ],
)
def test_only_a_run_with_nothing_to_say_is_sealed(quiet: Game, edit: str) -> None:
    """Complaints are made anew by each run, from what it sees."""
    EDITS[edit](quiet)
    assert Project(quiet.root, environment=quiet.variables()).plan().draft is None


def test_orphans_are_not_sealed(quiet: Game) -> None:
    """A source that no rule matches any more is said each time."""
    quiet.rules(RULES.replace("**/*.png", "h*.png"))
    assert Project(quiet.root, environment=quiet.variables()).plan().draft is None


def test_part_of_a_project_is_not_sealed(quiet: Game) -> None:
    """`--only` looks at a part, and its answer holds for that part."""
    opened = Project(quiet.root, environment=quiet.variables())
    assert opened.build(only=["hero.png"]).draft is None
    assert opened.build().draft is not None


def test_read_only_project_works_without_a_seal(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a convenience: where it cannot be kept, the full run answers."""
    report = Project(quiet.root, environment=quiet.variables()).build()
    assert report.draft is not None

    def refuse(_: Path) -> Path:
        raise PermissionError

    monkeypatch.setattr(files, "prepare", refuse)
    assert not compare.put(report.draft, "build", compare.Said(out="Nothing to do.\n"))
    assert answer(quiet) is None


def test_seal_of_another_version_is_not_read(quiet: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another release may mean something else by it."""
    settle(quiet)
    monkeypatch.setattr(imprint, "MAGIC", b"pixelpipe seal 3 ")
    assert answer(quiet) is None


def test_no_key_stands_in_a_seal(quiet: Game) -> None:
    """It holds whether a key is set, not which."""
    quiet.environment |= {KEY_NAME: "pe_sk_very_secret", "PIXELPIPE_SERVICE": "built-in"}
    settle(quiet)
    assert b"very_secret" not in (quiet.root / ".pixelpipe/tmp/seal").read_bytes()


# -- a run that looks at what changed only ------------------------------------------------------


def narrowed(game: Game) -> Report:
    """Build as the command does: with what the seal says."""
    quick = imprint.look(["build", str(game.root)], game.variables())
    since = compare.look("build", game.root, game.variables(), {}, quick)
    report = Project(game.root, environment=game.variables()).build(since=since, seals=True)
    heard = io.StringIO()
    with redirect_stdout(heard):
        show_build(report.fresh or report)
    if report.draft is not None:
        compare.put(report.draft, "build", report.draft.said or compare.Said(out=heard.getvalue()))
    return report


def state(game: Game) -> dict[str, bytes]:
    """Return what every file of the project holds, but for the index and the seal."""
    return {path: content for path, (_, content) in game.files().items() if ".tmp" not in path}


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
    report = narrowed(quiet)
    assert report.exit == Project(other.root, environment=other.variables()).build().exit
    assert state(quiet) == state(other)
    said = answer(quiet)
    assert said is None or said == full(quiet)
    assert report.draft is not None or report.exit


def test_what_a_build_has_made_is_nothing_to_do_for_the_next(quiet: Game) -> None:
    """Else each edit after a first build would be a look at everything."""
    shutil.rmtree(quiet.root / ".pixelpipe")
    for path in quiet.outputs():
        (quiet.root / "assets" / path).unlink()
    report = narrowed(quiet)
    assert {result.state for result in report.results} == {"done"}
    assert report.draft is not None
    assert answer(quiet) in (None, full(quiet))
    settle(quiet)
    EDITS["source drawn over"](quiet)
    assert [result.step.source for result in narrowed(quiet).results] == ["assets/hero.png"]


def test_change_of_one_looks_at_one(quiet: Game) -> None:
    """And the next run knows that all is fresh without looking at any."""
    said = settle(quiet)
    EDITS["source drawn over"](quiet)
    report = narrowed(quiet)
    assert [result.step.source for result in report.results] == ["assets/hero.png"]
    assert answer(quiet) == said == full(quiet)


@pytest.mark.parametrize("meanwhile", ["lock cut", "source added", "output edited"])
def test_other_process_that_writes_meanwhile_breaks_the_seal(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """What it wrote about other sources was not looked at."""
    settle(quiet)
    EDITS["source drawn over"](quiet)
    again = changes.after

    def late(workspace: Workspace, found: Survey) -> Survey | None:
        EDITS[meanwhile](quiet)
        return again(workspace, found)

    monkeypatch.setattr(changes, "after", late)
    assert narrowed(quiet).draft is None
    assert answer(quiet) is None
