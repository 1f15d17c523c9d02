"""Ignore patterns, compared with a table and with git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.storage import files
from pipeline.storage.files import ignore
from pipeline.storage.files.ignore import Ignore


@pytest.mark.parametrize(
    ("lines", "path", "is_ignored"),
    [
        (["*.wip.png"], "a/b/hero.wip.png", True),
        (["*.wip.png"], "a/b/hero.png", False),
        (["raw/"], "a/raw", True),
        (["/raw/"], "a/raw", False),
        (["/raw/"], "raw", True),
        (["a/raw"], "a/raw", True),
        (["a/raw"], "b/a/raw", False),
        (["**/raw"], "x/y/raw", True),
        (["a/**/z"], "a/z", True),
        (["a/**/z"], "a/b/c/z", True),
        (["a/**"], "a/b/c", True),
        (["a/**"], "a", False),
        (["*"], "x", True),
        (["he?o.png"], "hero.png", True),
        (["he?o.png"], "he/o.png", False),
        (["[a-c]*.png"], "bat.png", True),
        (["[!a-c]*.png"], "bat.png", False),
        (["[!a-c]*.png"], "zebra.png", True),
        (["[]]x"], "]x", True),
        (["[abc"], "[abc", True),
        (["[z-a]"], "z", False),
        (["*.png", "!hero.png"], "hero.png", False),
        (["!hero.png", "*.png"], "hero.png", True),
        ([r"\#1.png"], "#1.png", True),
        ([r"\!x.png"], "!x.png", True),
        (["# no", "", "   "], "# no", False),
        (["x.png   "], "x.png", True),
        (["a.b"], "aXb", False),
        (["(x)+|y"], "(x)+|y", True),
    ],
)
def test_patterns_mean_what_gitignore_says(lines: list[str], path: str, is_ignored: bool) -> None:
    """Artists know these patterns from git; a reading of our own would surprise them."""
    assert (
        Ignore().extended(lines, "").matches(path, is_folder=not path.endswith("g")) is is_ignored
    )


def test_a_pattern_holds_below_the_folder_it_is_written_in() -> None:
    """Two teams keep their own lists; one must not silence the other's art."""
    ignore = Ignore().extended(["wip/", "/top.png"], "art (old)")
    assert ignore.matches("art (old)/x/wip", is_folder=True)
    assert ignore.matches("art (old)/top.png")
    assert not ignore.matches("art/wip", is_folder=True)
    assert not ignore.matches("art (old)/x/top.png")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_scan_leaves_out_exactly_what_git_leaves_out(tmp_path: Path) -> None:
    """git is the reference for its own patterns, nested files and negation included."""
    names = [
        f"{folder}{stem}.png"
        for folder in ("", "raw/", "a/", "a/raw/", "a/b/", "a/b/raw/", "b/keep/", "a b/")
        for stem in ("hero", "hero.wip", "x1", "[x]", "!x")
    ]
    for name in names:
        (tmp_path / "art" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "art" / name).touch()
    rules = {
        "": "*.wip.png\n!keep/hero.wip.png\n/raw/\na/**/raw\n\\!x.png\n",
        "a": "x[0-9].png\n!b/x1.png\n",
        "a b": "*\n!hero.png\n",
    }
    for folder, text in rules.items():
        for name in (".gitignore", ".pixelpipeignore"):
            (tmp_path / "art" / folder / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listing = ["git", "ls-files", "-z", "-o", "--exclude-standard", "--", "*.png"]
    shown = subprocess.run(listing, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    expected = {name for name in shown.split("\0") if name}
    assert set(files.scan(tmp_path, ["art"], []).files) == expected
    assert len(expected) > 5


@pytest.mark.parametrize("unit", ["[", "[\\]", "*[", "*a", "?", "[]", "**/", "**/?", "[!"])
def test_what_a_file_may_ask_for_is_bounded_and_read_in_linear_time(
    tmp_path: Path, unit: str
) -> None:
    """A line of brackets that nothing closes took minutes; each is looked at once."""
    line = unit * (ignore.MOST_SIGNS // len(unit))
    lines = [line] * (ignore.MOST_SIGNS_HERE // ignore.MOST_SIGNS - 1)
    assert not Ignore().extended(lines, "").matches("assets/hero.png" * 200)
    for text in (unit * 60_000, "\n".join([*lines, line, line]), "x\n" * 2001):
        (tmp_path / "assets").mkdir(exist_ok=True)
        (tmp_path / "assets" / ".pixelpipeignore").write_text(text)
        (fault,) = files.scan(tmp_path, ["assets"], []).faults
        assert "its folder waits" in fault
        with pytest.raises(ConfigError, match="`ignore`: it "):
            files.scan(tmp_path, ["assets"], text.split("\n"))
    note = "# " + "a word " * 50_000 + "\n*.bak\n"
    assert Ignore().extended(note.split("\n"), "").matches("assets/hero.bak")
