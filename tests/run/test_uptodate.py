"""What is remembered gives the answer that a full run would give, or none."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pytest
from game import KEY_NAME, RULES, Game
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import PACKAGE, REPOSITORY
from undoing import EDITS, Undo, changed, removed

from pipeline.api import Project, Said
from pipeline.cli import plan_text, uptodate
from pipeline.cli.building import show_build
from pipeline.core import listing
from pipeline.core.errors import PixelpipeError
from pipeline.run.report import Report
from pipeline.run.uptodate import listed, quick, remember
from pipeline.storage import files, state, state_format

Document = dict[str, Any]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a project of six sources, one of which no rule matches, and one in a folder."""
    folder = tmp_path_factory.mktemp("built")
    game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
    game.settings()
    game.rules(RULES.replace("**/*.png", "[!_]*.png"))
    for number, name in enumerate(("hero", "slime", "chest", "bat", "_logo", "deep/bush")):
        game.draw(f"{name}.png", tint=number)
    assert game.make().exit == 0
    return folder


#: The clock of the file system may be so much behind: what was copied just now would be too young.
_TICK_S = 0.02


@pytest.fixture
def quiet(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """Copy the project; nothing in it has to age."""
    monkeypatch.setattr(files, "RACY_NS", 0)
    shutil.copytree(built, tmp_path / "copy")
    time.sleep(_TICK_S)
    return Game(tmp_path / "copy/game", {"PIXELPIPE_STATE": str(tmp_path / "copy/state")})


def full(game: Game) -> str | None:
    """Return what a full `build` would print when nothing is to do; else None."""
    try:
        report = Project(game.root, environment=game.variables()).plan()
    except PixelpipeError:
        return None
    if not report.plan.is_up_to_date or report.exit or report.plan.notices:
        return None
    return heard(report)


def planned(game: Game) -> tuple[str, Document] | None:
    """Return what a full `plan` would print, in both forms, when nothing is to do; else None."""
    try:
        report = Project(game.root, environment=game.variables()).plan()
    except PixelpipeError:
        return None
    if not report.plan.is_up_to_date or report.exit or report.plan.notices:
        return None
    return heard(report, plan_text.show), timeless(report.json())


def timeless(document: bytes) -> Document:
    """Read a plan's document without how long it took."""
    found: Document = json.loads(document)
    del found["totals"]["seconds"]
    return found


def said_of_plan(game: Game) -> tuple[str | None, Document | None]:
    """Return what is said of a plan from memory, in both forms."""
    found = look(game, "plan", "--json")
    document = None if found is None else listed.answer(found, game.root.parent / "state")
    return answer(game, "plan"), None if document is None else timeless(document)


def heard(report: Report, show: Callable[[Report], None] = show_build) -> str:
    """Return what is printed about a report, as `build` does it."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        show(report)
    return out.getvalue()


def look(game: Game, *arguments: str) -> quick.Found | None:
    """Compare as the command does before it loads anything."""
    return quick.look([*(arguments or ("build",)), str(game.root)], game.variables())


def answer(game: Game, *arguments: str) -> str | None:
    """Return what is said from memory."""
    found = look(game, *arguments)
    return found.said[0] if found is not None and found.is_answer else None


def run(game: Game, *, is_brief: bool = True) -> tuple[Report, bool]:
    """Build as the command does; tells whether the next run need not look at everything."""
    found = look(game) if is_brief else None
    opened = Project(game.root, environment=game.variables(), remembered=found)
    report = opened.build(remembered=found)
    is_settled = report.plan.is_up_to_date and not report.exit
    said = {"build": Said(out=heard(report))} if is_settled else {}
    return report, uptodate.note(opened, report, said)


def settle(game: Game) -> str:
    """Run until the answer comes from memory: a run may still learn stats."""
    ends = time.monotonic() + 10
    while (found := answer(game)) is None:
        run(game)
        assert time.monotonic() < ends
    return found


# -- the answer ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EDITS)
def test_whatever_changes_the_answer_is_noticed(quiet: Game, name: str) -> None:
    """After each kind of edit, and after taking it back, memory says what a full run says."""
    settle(quiet)
    undo = EDITS[name](quiet)
    assert answer(quiet) in (None, full(quiet))
    undo()
    assert answer(quiet) in (None, full(quiet))


@pytest.mark.parametrize("name", EDITS)
def test_whatever_changes_a_plan_is_noticed(quiet: Game, name: str) -> None:
    """A plan is said from memory, clip by clip, as a full one would say it, or not at all."""
    settle(quiet)
    assert said_of_plan(quiet) == planned(quiet)
    undo = EDITS[name](quiet)
    expect_true(quiet)
    undo()
    expect_true(quiet)
    run(quiet)
    expect_true(quiet)


def expect_true(game: Game) -> None:
    """Ask what memory says of a plan, and what a plan says that looks only at what differs."""
    text, document = planned(game) or (None, None)
    said = said_of_plan(game)
    assert said[0] in (None, text)
    assert said[1] in (None, document)
    if text is not None:
        found = look(game, "plan")
        opened = Project(game.root, environment=game.variables(), remembered=found)
        assert opened.workspace == Project(game.root, environment=game.variables()).workspace
        report = opened.saved_plan(remembered=found)[0]
        assert heard(report, plan_text.show) == text
        if report.rest and uptodate.note(opened, report):
            noted = listed.document(game.root, game.root.parent / "state")
            assert noted is None or timeless(noted) == document


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_never_get_another_plan(quiet: Game, seed: int) -> None:
    """Runs in between look at a part, and what they note of it joins what was noted before."""
    chance = random.Random(seed)
    settle(quiet)
    undone: list[tuple[str, Undo]] = []
    for _ in range(10):
        if undone and chance.random() < 0.6:
            undone.pop()[1]()
        else:
            name = chance.choice(sorted(EDITS.keys() - {name for name, _ in undone}))
            try:
                undone.append((name, EDITS[name](quiet)))
            except OSError:
                continue
        expect_true(quiet)
        if planned(quiet) is not None or chance.random() < 0.3:
            with suppress(PixelpipeError):
                run(quiet)
            expect_true(quiet)


@pytest.mark.parametrize("name", EDITS)
def test_settings_and_rules_are_known_as_they_would_be_read(quiet: Game, name: str) -> None:
    """While all that they follow from is as it was; else they are read."""
    settle(quiet)
    assert (known := look(quiet)) is not None
    assert known.stated
    EDITS[name](quiet)
    if (found := look(quiet)) is not None:
        opened = Project(quiet.root, environment=quiet.variables(), remembered=found)
        assert opened.workspace == Project(quiet.root, environment=quiet.variables()).workspace


def test_plan_of_what_a_run_has_made_is_known_once_it_was_looked_at(quiet: Game) -> None:
    """What was made a moment ago is planned anew; all else is said from memory."""
    settle(quiet)
    EDITS["source drawn over"](quiet)
    report, _ = run(quiet)
    assert [one.state for one in report.results] == ["done"]
    assert said_of_plan(quiet)[1] is None
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    assert uptodate.note(opened, opened.saved_plan()[0])
    assert said_of_plan(quiet) == planned(quiet)
    found = json.loads(quiet.run("plan", "--json").stdout)
    assert len(found["steps"]) == found["totals"]["fresh"] == 5


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_never_get_another_answer(quiet: Game, seed: int) -> None:
    """Edits pile up and are taken back in any order, and runs in between remember what they saw."""
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
        said, truth = answer(quiet), full(quiet)
        assert said is None or said == truth, [name for name, _ in undone]
        if truth is not None and chance.random() < 0.5:
            run(quiet)


def test_answer_counts_all_and_names_what_no_rule_matches(quiet: Game) -> None:
    """It is about the whole project, also after a run that looked at a part."""
    said = settle(quiet)
    assert said == full(quiet)
    assert "5 clips up to date" in said
    assert "assets/_logo.png" in said


def test_a_plan_after_one_sprite_was_touched_counts_all(quiet: Game) -> None:
    """Of the others nothing was looked at; they are part of the plan all the same."""
    assert quiet.run("build").exit == 0
    hero = quiet.root / "assets/hero.png"
    for folder in (quiet.root, *quiet.root.rglob("*")):
        os.utime(folder, (1, 1))
    assert quiet.run("build").exit == 0
    for moment in (10, 20):
        os.utime(hero, (moment, moment))
        assert "5 steps: 5 fresh." in quiet.run("plan").stdout
        os.utime(hero, (moment + 5, moment + 5))
        for _ in range(2):
            totals = quiet.plan().totals
            assert (totals["sources"], totals["clips"], totals["fresh"]) == (5, 5, 5)
            assert len(quiet.plan().states()) == 5


def test_each_command_has_its_own_answer(quiet: Game) -> None:
    """And the last to be remembered does not drop that of another."""
    said = settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    opened.plan()
    assert opened.remember({"plan": Said(out="planned\n", err="note\n")})
    assert answer(quiet, "plan") == "planned\n"
    assert answer(quiet) == said


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--help"], ["build", "--json"], ["build", "-h"], ["watch"], ["build", ""],
        ["build", "nowhere"], ["build", ".", "."], ["--verbose", "build"], ["build", "--new-flag"],
        ["plan", "--check"], ["plan", "--json"], ["plan", "--json", "--check"],
        ["plan", "--json", "--json"],
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_the_command_line(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """A flag of any kind changes the answer, also one that nobody has thought of yet."""
    settle(quiet)
    monkeypatch.chdir(quiet.root)
    found = quick.look(arguments, quiet.variables())
    assert found is None or not found.is_answer


def test_answer_comes_from_anywhere_in_the_project(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the folder, from above it, and from one below; outside of one nothing is said."""
    said = settle(quiet)
    monkeypatch.chdir(quiet.root / "assets")
    found = quick.look(["build"], quiet.variables())
    assert found is not None
    assert found.said[0] == said
    assert quick.look(["build", str(quiet.root.parent)], quiet.variables()) is None


# -- what may not be remembered -----------------------------------------------------------------


def test_settings_of_a_moment_ago_are_not_believed(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could change again within the grain of the file system's clock."""
    settle(quiet)
    monkeypatch.setattr(files, "RACY_NS", 2_000_000_000)
    changed("rules/own.yaml", lambda same: same + b"#\n")(quiet)
    assert run(quiet)[1] is False


def test_young_files_are_looked_at_again(quiet: Game) -> None:
    """A sprite could change again within the grain of the clock, with the same stat."""
    settle(quiet)
    ahead = time.time() + 3600
    os.utime(quiet.root / "assets/hero.png", (ahead, ahead))
    assert run(quiet)[1]
    found = look(quiet)
    assert found is not None
    assert found.differing == ["assets"]
    report, _ = run(quiet)
    assert [result.step.source for result in report.results] == ["assets/hero.png"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_clock_that_is_set_during_a_run_is_believed_nothing(
    quiet: Game, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Then no time stamp tells whether a file changed before or after it was read."""
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build()
    late = remember.Moment(
        wall_ns=time.time_ns() + hours * 3600 * 10**9, steady_ns=time.monotonic_ns()
    )
    monkeypatch.setattr(remember, "now", lambda: late)
    assert not opened.remember()


def test_rule_file_that_goes_during_a_run_is_noticed(quiet: Game) -> None:
    """What the run found holds with its rules; the next run has others."""
    quiet.write("rules/more.yaml", "rules: []\n")
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    removed("rules/more.yaml")(quiet)
    opened.build()
    assert not opened.remember()


def test_settings_that_change_during_a_run_are_not_remembered(quiet: Game) -> None:
    """The run read the old ones: what it found says nothing about the new ones."""
    settle(quiet)
    opened = Project(quiet.root, environment=quiet.variables())
    changed("rules/own.yaml", lambda text: text.replace(b"calmly", b"wildly"))(quiet)
    opened.build()
    assert not opened.remember()


def test_part_of_a_project_and_flags_are_not_remembered(quiet: Game) -> None:
    """`--only` looks at a part, and another service is another answer."""
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build(only=["hero.png"])
    assert not opened.remember()
    other = Project(quiet.root, environment=quiet.variables(), service="built-in")
    other.build()
    assert not other.remember()


def test_orphans_are_said_each_time(quiet: Game) -> None:
    """A source that no rule matches any more is looked at by each run."""
    quiet.rules(RULES.replace("**/*.png", "h*.png"))
    for _ in range(2):
        assert run(quiet)[1] is False


@pytest.mark.parametrize("edit", ["source broken", "output edited"])
def test_one_complaint_costs_a_look_at_one(quiet: Game, edit: str) -> None:
    """It is made anew by each run, from what that sees; the others stay as they were."""
    settle(quiet)
    EDITS[edit](quiet)
    run(quiet)
    report, _ = run(quiet)
    assert report.exit != 0
    assert answer(quiet) is None


def test_read_only_project_works_without_memory(
    quiet: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a convenience: where it cannot be kept, the full run answers."""
    opened = Project(quiet.root, environment=quiet.variables())
    opened.build()

    def refuse(_: Path) -> Path:
        raise PermissionError

    monkeypatch.setattr(files, "prepare", refuse)
    assert not opened.remember()
    assert answer(quiet) is None


def test_no_key_stands_in_memory(quiet: Game) -> None:
    """It holds whether a key is set, not which."""
    quiet.environment |= {KEY_NAME: "pe_sk_very_secret", "PIXELPIPE_SERVICE": "built-in"}
    settle(quiet)
    assert b"very_secret" not in (quiet.root / state.PLACE).read_bytes()


# -- who may bring it ---------------------------------------------------------------------------


def test_checkout_cannot_bring_an_answer(quiet: Game, tmp_path: Path) -> None:
    """What carries no proof of this user's secret is as if it were not there."""
    said = settle(quiet)
    place = quiet.root / state.PLACE
    genuine = place.read_bytes()
    place.write_bytes(genuine.replace(b"5 clips", b"9 clips"))
    assert answer(quiet) is None
    place.write_bytes(genuine)
    assert answer(quiet) == said
    quiet.environment["PIXELPIPE_STATE"] = str(tmp_path / "another user")
    assert answer(quiet) is None
    run(quiet)
    (tmp_path / "another user" / "secret").unlink()
    assert answer(quiet) is None


def test_memory_of_the_release_before_is_removed_and_nothing_made_anew(quiet: Game) -> None:
    """Its two files lie where nobody reads them any more."""
    shutil.rmtree(quiet.root / ".pixelpipe/tmp")
    for name in ("index.sqlite", "tmp/seal"):
        quiet.write(f".pixelpipe/{name}", "old")
    report, _ = run(quiet)
    assert {result.state for result in report.results} == {"fresh"}
    assert not (quiet.root / ".pixelpipe/index.sqlite").exists()
    assert not (quiet.root / ".pixelpipe/tmp/seal").exists()


@pytest.mark.parametrize("size", [0, 1, 20, 200, -1])
def test_what_was_cut_says_nothing(quiet: Game, size: int) -> None:
    """Also where it was cut between two folders, and whatever else stands there."""
    settle(quiet)
    place = quiet.root / state.PLACE
    content = place.read_bytes()
    found = state_format.parts(content)
    assert found is not None
    for cut in (content[: found.listing.stop][:size], content[: found.listing.stop - 30]):
        place.write_bytes(cut)
        assert answer(quiet) is None
    for junk in (b"", b"\0" * 99, quick.MAGIC + b"1 1 1\nxyz", quick.MAGIC + b"x -1 2\n\0"):
        place.write_bytes(junk)
        assert answer(quiet) is None
        assert run(quiet)[0].exit == 0


def test_quick_look_and_state_agree_about_the_file() -> None:
    """The one imports nothing of the other, for the sake of speed."""
    assert (quick.PLACE, quick.MAGIC) == (state.PLACE, state_format.MAGIC)


# -- another program ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    sorted(
        next(path for path in sorted(folder.rglob("*.py"))).relative_to(PACKAGE).as_posix()
        for folder in PACKAGE.iterdir()
        if (folder / "__init__.py").exists()
    ),
)
def test_edited_program_is_another_program(
    quiet: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file of any wing, edited in place, makes every answer a new one."""
    copy = tmp_path / "program/pipeline"
    shutil.copytree(
        PACKAGE, copy, copy_function=shutil.copy2, ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(quick, "__file__", str(copy / "run/uptodate/quick.py"))
    settle(quiet)
    with (copy / name).open("a") as stream:
        stream.write("#\n")
    assert answer(quiet) is None


# -- a run that looks at what changed only ------------------------------------------------------


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


# -- the listing --------------------------------------------------------------------------------

_names = st.sampled_from(
    ["a.png", "b.PNG", "a.anim.png", "a.anim.png.import", ".c.png", "d.txt", "a.png.yaml", "é.png",
     ".pixelpipeignore", "sub", "node_modules", "Library", "ProjectSettings", "x y.png",
     ".a.anim.png.pixelpipe-tmp7"]
)  # fmt: skip


@given(st.dictionaries(st.tuples(_names, _names), st.booleans(), max_size=12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_scan_and_a_quick_look_list_the_same(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[tuple[str, str], bool]
) -> None:
    """Else nothing would ever be recognised, or too much."""
    root = tmp_path_factory.mktemp("tree")
    for (folder, name), is_folder in tree.items():
        (root / folder).mkdir(exist_ok=True)
        if is_folder:
            (root / folder / name).mkdir()
        else:
            (root / folder / name).write_bytes(b"x")
    scan = files.scan(root, ["."], [], is_listed=True)
    assert scan.listing.keys() == scan.folders.keys()
    listed = {folder: listing.listed(str(root), folder) for folder in scan.folders}
    assert scan.listing == {folder: listing.encoded(text) for folder, text in listed.items()}
    for folder, text in scan.listing.items():
        assert listing.joined(folder, listing.entries(text)) == text


def test_a_name_that_is_not_utf8_is_no_obstacle(quiet: Game) -> None:
    """It is of no interest, but it stands in a folder that is listed."""
    odd = quiet.root / "assets" / os.fsdecode(b"caf\xe9.txt")
    odd.touch()
    said = settle(quiet)
    assert said == full(quiet)
    odd.unlink()
    assert answer(quiet) is None


def test_a_quick_look_loads_nothing_but_os(quiet: Game) -> None:
    """What is loaded takes longer than the files do."""
    script = (
        "import sys; before = set(sys.modules); from pipeline.run.uptodate import quick; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    ours = {name for name in done.stdout.split() if name.startswith("pipeline")}
    assert set(done.stdout.split()) == {"__future__", *ours}
    assert ours <= {
        *("pipeline", "pipeline.core", "pipeline.core.version", "pipeline.core.listing"),
        *("pipeline.run", "pipeline.run.uptodate", "pipeline.run.uptodate.quick"),
    }


def test_what_was_written_to_a_closed_pipe_is_no_error(quiet: Game) -> None:
    """`pixelpipe build | head -0` ends without a traceback."""
    settle(quiet)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "build", str(quiet.root)],
        cwd=REPOSITORY, env=quiet.variables(), stdout=writer, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
