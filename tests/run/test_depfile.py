"""Depfiles and stamps, read by the real Make and Ninja where their syntax is in question."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import chdir
from pathlib import Path

import pytest
from game import Game

from pipeline.core.errors import UsageError
from pipeline.run import depfile, named_output
from pipeline.run.depfile import Tracked
from pipeline.run.uptodate import quick

ODD = (
    "plain.png",
    "my hero.png",
    "a#b.png",
    "cash$1.png",
    "two$$.png",
    "größe.png",
    "a,b.png",
    "(x){y}.png",
    "k=v.png",
    "half%.png",
    "x[1].png",
    "~home.png",
    "a@b!.png",
    "a:b.png",
    "two::colons:.png",
    ":first.png",
    "c:/drive.png",
)
#: Ninja 1.11 ends a name at these, whatever stands before them: it runs too often for them.
NOT_FOR_NINJA = ("it's.png", "x&y.png", "x*y.png", "<x>.png", "x^y.png", "`x`.png")
MAKE = "out.stamp:\n\t@echo ran\n-include out.d\n"
NINJA = """\
rule touch
  command = cp prepared.d out.d && touch $out && echo ran
  depfile = out.d
build out.stamp: touch
"""


def inputs(text: str) -> list[str]:
    """Return what a depfile lists, escapes left in."""
    return text.split("\n\n")[0].split(": ", 1)[1].split(" \\\n  ")


def touch(place: Path, seconds_ago: int) -> None:
    """Make a file that was last written so long ago."""
    place.parent.mkdir(exist_ok=True)
    place.touch()
    then = time.time_ns() - seconds_ago * 10**9
    os.utime(place, ns=(then, then))


def call(folder: Path, *command: str) -> tuple[int, str]:
    """Run a program; return how it ended and what it said."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=30
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("name", ODD + NOT_FOR_NINJA)
def test_make_reads_odd_names(tmp_path: Path, name: str) -> None:
    """An older input changes nothing, a newer one and a deleted one do."""
    (tmp_path / "Makefile").write_text(MAKE)
    (tmp_path / "out.d").write_text(depfile.text("out.stamp", ["plain.yaml", name]), "utf-8")
    for file, age in ((name, 30), ("plain.yaml", 30), ("out.stamp", 20)):
        touch(tmp_path / file, age)
    assert call(tmp_path, "make", "-q") == (0, "")
    touch(tmp_path / name, 10)
    assert call(tmp_path, "make") == (0, "ran\n")
    if not set(name) & {"%", "="}:  # Make has no target line for these
        (tmp_path / name).unlink()
        assert call(tmp_path, "make") == (0, "ran\n")


@pytest.mark.skipif(not shutil.which("ninja"), reason="ninja is not installed")
@pytest.mark.parametrize("name", ODD)
def test_ninja_reads_odd_names(tmp_path: Path, name: str) -> None:
    """The same signs mean the same."""
    touch(tmp_path / name, 0)
    (tmp_path / "plain.yaml").touch()
    (tmp_path / "build.ninja").write_text(NINJA)
    (tmp_path / "prepared.d").write_text(depfile.text("out.stamp", ["plain.yaml", name]), "utf-8")
    assert "ran" in call(tmp_path, "ninja")[1]
    assert call(tmp_path, "ninja") == (0, "ninja: no work to do.\n")
    touch(tmp_path / "out.stamp", 20)
    touch(tmp_path / name, 10)
    assert "ran" in call(tmp_path, "ninja")[1]


@pytest.mark.parametrize("name", ["x;y.png", "x|y.png", "x\ty.png", "x\\y.png"])
def test_names_that_stop_make_are_left_out(name: str) -> None:
    """One such file must not break a whole build; its folder is listed all the same."""
    assert inputs(depfile.text("out.stamp", ["plain.yaml", name])) == ["plain.yaml"]


def test_whole_run_lists_all_that_it_read(game: Game) -> None:
    """Sources, matched or not, overrides, settings, rules, ignore files, and folders."""
    game.rules("rules:\n  - {name: one, match: hero.png, clips: {idle: breathing}}\n")
    game.write("assets/hero.png.yaml", "pivot: top\n")
    game.write("assets/.pixelpipeignore", "slime.png\n")
    game.write("assets/empty/notes.txt", "")
    assert game.build("--depfile", "out/a.d", "--stamp", "stamps/a").exit == 0
    listed = inputs((game.root / "out/a.d").read_text("utf-8"))
    assert set(listed) == {
        "assets/hero.png",
        "assets/hero.png.yaml",
        "assets/chest.png",
        "assets/.pixelpipeignore",
        "pixelpipe.yaml",
        "pixelpipe.lock",
        "rules",
        "rules/own.yaml",
        "assets",
        "assets/empty",
        "assets/hero.anim.png",
        "assets/hero.anim.json",
    }
    assert listed[:2] == ["assets/chest.png", "assets/hero.png"]


def test_run_over_one_file_lists_nothing_that_others_write(game: Game) -> None:
    """The folder of the assets gets every other sprite's outputs, the lock file their lines."""
    game.build("--only", "assets/hero.png", "--depfile", "a.d", "--stamp", "a.stamp")
    assert inputs((game.root / "a.d").read_text("utf-8")) == [
        "assets/hero.png",
        "pixelpipe.yaml",
        "rules/own.yaml",
        "rules",
        "assets/hero.anim.png",
        "assets/hero.anim.json",
    ]


def test_without_stamp_the_first_output_is_the_target(game: Game) -> None:
    """And no output is an input of itself, which Ninja refuses."""
    game.build("--only", "assets/hero.png", "--depfile", "a.d")
    text = (game.root / "a.d").read_text("utf-8")
    assert text.startswith("assets/hero.anim.png: assets/hero.png \\\n")
    assert not any(".anim." in path for path in inputs(text))


def test_absolute_stamp_gives_absolute_inputs(game: Game) -> None:
    """CMake reads relative ones from its build folder."""
    stamp = game.root / "out" / "a.stamp"
    source = game.root / "assets" / "hero.png"
    done = game.build("--only", str(source), "--depfile", f"{stamp}.d", "--stamp", str(stamp))
    assert done.totals["sources"] == 1
    text = Path(f"{stamp}.d").read_text("utf-8")
    assert text.startswith(f"{stamp}: {source} \\\n")
    assert all(Path(path).is_absolute() for path in inputs(text))


def test_paths_are_seen_from_the_working_folder(game: Game) -> None:
    """A build that runs in its own folder beside the assets."""
    folder = game.root / "out"
    folder.mkdir()
    inner = Game(folder)
    done = inner.run(
        "build", "--only", "../assets/hero.png", "--depfile", "a.d", "--stamp", "a.stamp"
    )
    assert done.exit == 0, done.stderr
    text = (folder / "a.d").read_text("utf-8")
    assert text.startswith("a.stamp: ../assets/hero.png \\\n")
    assert "../rules/own.yaml" in inputs(text)


def test_change_during_the_run_is_newer_than_the_stamp(game: Game, tmp_path: Path) -> None:
    """Otherwise a sprite that was saved while the others were built would be forgotten."""
    tracked = Tracked(stamp=tmp_path / "a.stamp", begun_ns=late_by(game.root, -1))
    report = game.make()
    depfile.write(report, tracked)
    changed = game.root / "assets/hero.png"
    assert changed.stat().st_mtime_ns > (tmp_path / "a.stamp").stat().st_mtime_ns
    depfile.write(report, Tracked(stamp=tmp_path / "a.stamp", begun_ns=late_by(game.root, 1)))
    assert changed.stat().st_mtime_ns < (tmp_path / "a.stamp").stat().st_mtime_ns


@pytest.mark.parametrize("change", ["new", "gone"])
def test_sprite_that_comes_or_goes_during_the_run_is_seen(
    game: Game, tmp_path: Path, change: str
) -> None:
    """Its folder gets outputs as well, so the folder's time does not tell."""
    begun = late_by(game.root, 1)
    report = game.make()
    if change == "new":
        os.utime(game.draw("late.png", tint=9), ns=(begun + 1, begun + 1))
    else:
        (game.root / "assets/slime.png").unlink()
    depfile.write(report, Tracked(stamp=tmp_path / "a.stamp", begun_ns=begun))
    assert (tmp_path / "a.stamp").stat().st_mtime_ns == begun


def late_by(root: Path, seconds: int) -> int:
    """Return a time after (or before) all files that a run reads."""
    files = [path for path in root.rglob("*") if path.suffix in (".png", ".yaml")]
    return max(path.stat().st_mtime_ns for path in files) + seconds * 10**9


def test_stamp_is_touched_by_a_run_with_nothing_to_do(game: Game) -> None:
    """Without that Make would run it for ever."""
    game.build("--stamp", "deep/in/a.stamp")
    stamp = game.root / "deep/in/a.stamp"
    before = stamp.stat().st_mtime_ns
    assert game.build("--stamp", "deep/in/a.stamp").exit == 0
    assert stamp.stat().st_mtime_ns > before


def test_recipe_with_nothing_to_do_is_answered_from_memory(game: Game) -> None:
    """A build system starts it in every build: it costs what a plain build costs, no more."""
    words = ("--frozen", "--depfile", "a.d", "--stamp", "a.stamp")
    game.build()
    stamp = game.root / "a.stamp"
    said = [game.run("build", *words).stdout for _ in range(2)]
    time.sleep(2.1)  # what is young is looked at again
    said += [game.run("build", *words).stdout for _ in range(2)]
    assert len(set(said)) == 1
    text, before = (game.root / "a.d").read_text(), stamp.stat().st_mtime_ns
    assert _is_known(game, *words)
    assert game.run("build", *words).stdout == said[0]
    assert stamp.stat().st_mtime_ns > before
    assert (game.root / "a.d").read_text() == text


@pytest.mark.parametrize("change", ["sprite", "depfile", "no depfile", "stamp", "no stamp"])
def test_recipe_is_answered_only_where_nothing_differs(game: Game, change: str) -> None:
    """Whatever is not as it was left is for a run that looks."""
    words = ("--frozen", "--depfile", "a.d", "--stamp", "a.stamp")
    game.build()
    for _ in range(2):
        game.run("build", *words)
        time.sleep(2.1)
    game.run("build", *words)
    assert _is_known(game, *words)
    match change:
        case "sprite":
            game.draw("new.png", tint=77)
        case "depfile":
            game.write("a.d", "something else")
        case "no depfile":
            (game.root / "a.d").unlink()
        case "stamp":
            game.write("a.stamp", "a picture")
        case _:
            (game.root / "a.stamp").unlink()
    assert not _is_known(game, *words)
    done = game.run("build", *words)
    assert done.exit == {"sprite": 9, "stamp": 2, "depfile": 2}.get(change, 0)
    if not done.exit:
        assert (game.root / "a.d").read_text().startswith("a.stamp: ")
        assert (game.root / "a.stamp").read_bytes() == b""


def _is_known(game: Game, *words: str) -> bool:
    with chdir(game.root):
        found = quick.look(["build", *words], game.variables())
        return found is not None and found.is_answer and found.mark()


def test_failed_run_leaves_no_stamp(game: Game) -> None:
    """The build system must try again."""
    game.write("assets/broken.png", b"no picture")
    assert game.build("--stamp", "a.stamp").exit == 4
    assert not (game.root / "a.stamp").exists()


@pytest.mark.usefixtures("in_process")
def test_no_file_that_is_named_for_writing_is_written_over_another(game: Game) -> None:
    """A slip of the finger must not cost a drawing, or the settings."""
    assert game.run("build").exit == 0
    before = game.files()
    for place in ("assets/hero.png", "pixelpipe.yaml", "rules/own.yaml", "assets/hero.anim.png"):
        for command in (
            ["build", "--depfile", place],
            ["build", "--metrics", place],
            ["plan", "--out", place],
            ["why", "assets/hero.png", "--parts", "--out", place],
            ["animate", "assets/slime.png", "idle", "--stages", place],
        ):
            ended = game.run(*command)
            assert (ended.exit, place in ended.stderr) == (2, True), (command, ended)
            assert game.files() == before


@pytest.mark.usefixtures("in_process")
def test_what_was_written_before_is_written_anew(game: Game) -> None:
    for command in (
        ["build", "--depfile", "build.d"],
        ["build", "--metrics", "build.prom"],
        ["plan", "--out", "a.plan"],
        ["why", "assets/hero.png", "--parts", "--out", "parts.png"],
        ["animate", "assets/slime.png", "idle", "--stages", "stages"],
    ):
        for _ in range(2):
            assert game.run(*command).exit == 0, command


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("folder", ["plain", "semi;colon", "k=v", "half%"])
def test_depfile_of_a_deleted_sprite_is_ours(game: Game, tmp_path: Path, folder: str) -> None:
    """It names the settings alone, or, where Make could read no path, nothing."""
    game.root = game.root.rename(tmp_path / folder)
    assert game.run("build").exit == 0
    (game.root / "assets/hero.png").unlink()
    (game.root / "rules/own.yaml").unlink()
    game.write("pixelpipe.yaml", "assets: [assets]\nrules: []\ntargets: [aseprite]\n")
    stamp = game.root / "one.stamp"
    command = ("build", "--only", "assets/hero.png", "--depfile", f"{stamp}.d", "--stamp", stamp)
    for _ in range(2):
        ended = game.run(*map(str, command))
        assert ended.exit == 0, ended.stderr


@pytest.mark.parametrize(
    "begin", [b"name: value\n", b"a: b\nc: d\n", b"idle: breathing\n\nwalk: on\n", b"", b"\x89PNG"]
)
def test_what_only_looks_like_a_depfile_is_somebody_s(begin: bytes) -> None:
    assert not named_output.is_depfile(begin)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that takes no files")
@pytest.mark.usefixtures("in_process")
def test_a_place_that_cannot_be_written_is_no_bug(game: Game) -> None:
    for command in (
        ["build", "--depfile", "/proc/none/build.d"],
        ["why", "assets/hero.png", "--parts", "--out", "/proc/none.png"],
        ["animate", "assets/slime.png", "idle", "--stages", "/proc/none"],
    ):
        ended = game.run(*command)
        assert (ended.exit, "/proc/none" in ended.stderr) == (8, True), (command, ended)


def test_stamp_never_overwrites_a_file(game: Game) -> None:
    """A slip of the hand, and an artist's picture would be gone."""
    before = (game.root / "assets/hero.png").read_bytes()
    done = game.run("build", "--stamp", "assets/hero.png")
    assert done.exit == 2
    assert "is a file with something in it" in done.stderr
    assert (game.root / "assets/hero.png").read_bytes() == before
    with pytest.raises(UsageError):
        depfile.check(Tracked(stamp=game.root / "assets"))


@pytest.mark.parametrize("text", ["/elsewhere/hero.png", "../hero.png", "assets/[.png"])
def test_only_refuses_what_cannot_be_meant(game: Game, text: str) -> None:
    """Silence would look like success."""
    done = game.run("build", "--only", text)
    assert done.exit == 2
    assert "--only" in done.stderr


def test_only_takes_absolute_patterns_and_folders(game: Game) -> None:
    """Whoever writes build files has absolute paths at hand."""
    for text in ("assets/h*.png", f"{game.root}/assets/h*.png", "h*.png"):
        assert game.plan("--only", text).totals["sources"] == 1
    assert game.plan("--only", f"{game.root}/assets/").totals["sources"] == 3


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.usefixtures("in_process")
def test_make_reads_a_build_in_a_folder_with_a_colon(game: Game, tmp_path: Path) -> None:
    place = tmp_path / "co:lon"
    game.root.rename(place)
    game.root = place
    game.draw("a:b.png")
    stamp, listed = place / "st:amp", place / "out.d"
    ended = game.run("build", "--depfile", str(listed), "--stamp", str(stamp))
    assert ended.exit == 0, ended.stderr
    escaped = str(stamp).replace(":", "\\:")
    (place / "Makefile").write_text(f"{escaped}:\n\t@echo ran\n-include out.d\n")
    assert call(place, "make", "-q")[0] == 0
    touch(place / "assets/a:b.png", 0)
    os.utime(place / "assets/a:b.png", (time.time() + 9, time.time() + 9))
    assert call(place, "make", "-q")[0] == 1
