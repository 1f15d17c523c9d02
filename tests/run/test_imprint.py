"""An imprint says what a full run would say, or nothing; see test_seal for what breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from game import RULES, Game
from hypothesis import given, settings
from hypothesis import strategies as st
from places import REPOSITORY

from pipeline.api import Project
from pipeline.core import listing
from pipeline.run.uptodate import compare, quick
from pipeline.storage import files

SAID = "Nothing to do: 2 clips up to date.\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a project of two sprites, one in a folder."""
    folder = tmp_path_factory.mktemp("built")
    game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
    game.settings()
    game.rules(RULES)
    game.draw("hero.png", tint=1)
    game.draw("deep/slime.png", tint=2)
    assert game.make().exit == 0
    return folder


@pytest.fixture
def game(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Game:
    """Copy the project, in which nothing has to age, and seal it."""
    monkeypatch.setattr(files, "RACY_NS", 0)
    shutil.copytree(built, tmp_path / "copy")
    copy = Game(tmp_path / "copy/game", {"PIXELPIPE_STATE": str(tmp_path / "copy/state")})
    put(copy)
    return copy


def put(game: Game) -> None:
    """Let full runs seal what they find, until one has found nothing new."""
    ends = time.monotonic() + 20
    while not is_sealed(game):
        report = Project(game.root, environment=game.variables()).build()
        if report.draft is not None:
            compare.put(report.draft, "build", compare.Said(out=SAID))
        assert time.monotonic() < ends


def renew(game: Game) -> None:
    """Seal as `put` does, once more."""
    report = Project(game.root, environment=game.variables()).build()
    assert report.draft is not None
    assert compare.put(report.draft, "build", compare.Said(out=SAID))


def is_sealed(game: Game) -> bool:
    """Tell whether the seal answers, with or without its imprint."""
    found = compare.look("build", game.root, game.variables(), {})
    return found is not None and not found.changed


def answer(game: Game, *arguments: str) -> tuple[str, str] | None:
    """Return what the imprint says."""
    return said([*(arguments or ("build",)), str(game.root)], game)


def said(arguments: list[str], game: Game) -> tuple[str, str] | None:
    """Return what the imprint says to a whole command line."""
    found = quick.look(arguments, game.variables())
    return found.said if found is not None and found.is_answer else None


# -- what it answers ----------------------------------------------------------------------------


def test_it_says_what_the_run_said(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the folder, from above it, and from one below."""
    assert answer(game) == (SAID, "")
    monkeypatch.chdir(game.root / "assets")
    assert said(["build"], game) == (SAID, "")


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--help"], ["build", "--json"], ["build", "-h"], ["watch"], ["plan"], ["build", ""],
        ["build", "nowhere"], ["build", ".", "."], ["--verbose", "build"],
    ],
)  # fmt: skip
def test_whatever_is_not_plain_is_left_to_the_command_line(
    game: Game, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """Options change the answer, and mistakes have sentences of their own."""
    monkeypatch.chdir(game.root)
    assert said(arguments, game) is None


def test_nothing_is_said_outside_of_a_project(tmp_path: Path) -> None:
    """The command line says what to do."""
    assert quick.look(["build", str(tmp_path)], {}) is None


def test_each_command_has_its_own_answer(game: Game) -> None:
    """And the last to be sealed does not drop that of another."""
    report = Project(game.root, environment=game.variables()).plan()
    assert report.draft is not None
    assert compare.put(report.draft, "plan", compare.Said(out="planned\n", err="note\n"))
    assert answer(game, "plan") == ("planned\n", "note\n")
    assert answer(game) == (SAID, "")


def test_a_name_that_is_not_utf8_is_no_obstacle(game: Game) -> None:
    """It is of no interest, but it stands in a folder that is listed."""
    (game.root / "assets" / os.fsdecode(b"caf\xe9.txt")).touch()
    put(game)
    assert answer(game) == (SAID, "")
    (game.root / "assets" / os.fsdecode(b"caf\xe9.txt")).unlink()
    assert answer(game) is None


# -- what it leaves to others -------------------------------------------------------------------


def test_other_files_in_a_folder_are_judged_by_those_who_know_rules(game: Game) -> None:
    """A new text file means nothing, and then is part of the next imprint."""
    (game.root / "assets/notes.txt").touch()
    assert answer(game) is None
    assert is_sealed(game)
    (game.root / "assets/notes.txt").write_text("what it holds does not matter")
    assert answer(game) == (SAID, "")


def test_links_are_left_to_others(game: Game) -> None:
    """A listing has the link, not what it leads to."""
    (game.root / "assets/twin.png").symlink_to("hero.png")
    put(game)
    assert answer(game) is None


def test_globs_over_many_folders_are_left_to_others(game: Game) -> None:
    """Files that such a rule glob finds may come anywhere."""
    game.settings(rules=["**/own.yaml"])
    put(game)
    assert answer(game) is None


def test_flags_are_left_to_others(game: Game) -> None:
    """Plain commands have none: what was found with one says nothing about them."""
    report = Project(game.root, environment=game.variables(), service="built-in").build()
    assert report.draft is not None
    assert compare.put(report.draft, "build", compare.Said(out=SAID))
    assert answer(game) is None


def test_young_files_are_left_to_others(game: Game) -> None:
    """Their content has to be compared."""
    ahead = time.time() + 3600
    os.utime(game.root / "assets/hero.png", (ahead, ahead))
    put(game)
    assert answer(game) is None


def test_a_link_among_rules_counts_with_what_it_leads_to(game: Game, tmp_path: Path) -> None:
    """It may begin to lead to a rule file without a change of the folder's names."""
    (game.root / "rules/late.yaml").symlink_to(tmp_path / "late.yaml")
    put(game)
    renew(game)
    assert answer(game) == (SAID, "")
    (tmp_path / "late.yaml").write_text("rules: []\n")
    assert answer(game) is None


def test_another_ignore_file_may_mean_another_answer(game: Game) -> None:
    """It is no picture, and what it holds counts all the same."""
    place = game.write("assets/.pixelpipeignore", "nothing.png\n")
    put(game)
    assert answer(game) == (SAID, "")
    place.write_text("hero.png\n")
    assert answer(game) is None


def test_another_tool_may_mean_another_answer(
    game: Game, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was edited, or another installation of the same version."""
    package = Path(quick.__file__).parent
    shutil.copytree(package, tmp_path / "copy/pipeline", copy_function=shutil.copy2)
    monkeypatch.setattr(quick, "__file__", str(tmp_path / "copy/pipeline/imprint.py"))
    assert answer(game) == (SAID, "")
    (tmp_path / "copy/pipeline/project/paths.py").touch()
    assert answer(game) is None


@pytest.mark.parametrize("size", [0, 1, 20, 200, -1])
def test_a_seal_that_was_cut_says_nothing(game: Game, size: int) -> None:
    """Also where it was cut between two folders."""
    place = game.root / quick.PLACE
    content = place.read_bytes()
    place.write_bytes(content[:size])
    assert answer(game) is None
    place.write_bytes(content[: content.rindex(b"\0\0assets/deep\0\0")])
    assert answer(game) is None


def test_no_bytes_at_all_are_too_much(game: Game) -> None:
    """Whatever stands there, the full run finds out."""
    place = game.root / quick.PLACE
    for junk in (b"", b"\0" * 99, quick.MAGIC + b"1 1 1\nxyz", quick.MAGIC + b"-1 2 0\n\0"):
        place.write_bytes(junk)
        assert answer(game) is None
        assert compare.look("build", game.root, game.variables(), {}) is None


# -- the listing --------------------------------------------------------------------------------

_names = st.sampled_from(
    ["a.png", "b.PNG", "a.anim.png", "a.anim.png.import", ".c.png", "d.txt", "a.png.yaml", "é.png",
     ".pixelpipeignore", "sub", "node_modules", "Library", "ProjectSettings", "x y.png",
     ".a.anim.png.pixelpipe-tmp7"]
)  # fmt: skip


@given(st.dictionaries(st.tuples(_names, _names), st.booleans(), max_size=12))
@settings(max_examples=60)
def test_a_scan_and_an_imprint_list_the_same(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[tuple[str, str], bool]
) -> None:
    """Else a seal would never be recognised, or too often."""
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


def test_it_loads_nothing_but_os(game: Game) -> None:
    """What is loaded takes longer than the files do."""
    script = (
        "import sys; before = set(sys.modules); from pipeline import imprint; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert set(done.stdout.split()) == {"__future__", "pipeline", "pipeline.run.uptodate.quick"}


def test_what_was_written_to_a_closed_pipe_is_no_error(game: Game) -> None:
    """`pixelpipe build | head -0` ends without a traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "build", str(game.root)],
        cwd=REPOSITORY, env=game.variables(), stdout=writer, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
