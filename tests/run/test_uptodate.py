"""What is remembered gives the answer that a full run would give, or none."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from game import Game
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import REPOSITORY
from remembering import (
    answer,
    full,
    heard,
    look,
    meddled,
    run,
    settle,
)
from undoing import EDITS

from pipeline.api import Project, Said
from pipeline.core import listing
from pipeline.run.uptodate import quick
from pipeline.storage import files


@pytest.mark.parametrize("name", EDITS)
def test_whatever_changes_the_answer_is_noticed(quiet: Game, name: str) -> None:
    """After each kind of edit, and after taking it back, memory says what a full run says."""
    settle(quiet)
    undo = EDITS[name](quiet)
    assert answer(quiet) in (None, full(quiet))
    undo()
    assert answer(quiet) in (None, full(quiet))


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


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_never_get_another_answer(quiet: Game, seed: int) -> None:
    """Edits pile up and are taken back in any order, and runs in between remember what they saw."""
    chance = random.Random(seed)
    settle(quiet)
    for names in meddled(quiet, chance, 14):
        said, truth = answer(quiet), full(quiet)
        assert said is None or said == truth, names
        if truth is not None and chance.random() < 0.5:
            run(quiet)


def test_what_is_right_again_after_a_complaint_is_counted(quiet: Game) -> None:
    """A run that complained of a sprite has not counted it; the next one takes none away."""
    settle(quiet)
    undo = EDITS["output edited"](quiet)
    run(quiet)
    undo()
    report, _ = run(quiet)
    assert heard(report).startswith("Nothing to do: 5 clips up to date.")
    assert settle(quiet) == full(quiet)


def test_answer_counts_all_and_names_what_no_rule_matches(quiet: Game) -> None:
    """It is about the whole project, also after a run that looked at a part."""
    said = settle(quiet)
    assert said == full(quiet)
    assert "5 clips up to date" in said
    assert "assets/_logo.png" in said


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
