"""The documented example of a target of one's own, installed and run."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import programs
import pytest
from places import SUPPORT

from pipeline import targets

CALL = """
from hero_sheet import hero
from pipeline import targets
from pipeline.core.model import TargetChoice
assert targets.names()[-1] == "csv", targets.names()
targets.check(TargetChoice(name="csv", options={"separator": ";"}))
file = targets.export(hero(), (TargetChoice(name="csv", options={"separator": ";"}),))[1]
assert targets.paths("art/hero", (("walk", 4),), (TargetChoice(name="csv"),))[1] == file.path
print(file.path)
print(file.content.decode(), end="")
"""


def example(folder: Path) -> None:
    """Write the two files of the documentation into `folder`."""
    text = targets.__doc__ or ""
    blocks = [
        textwrap.dedent(block).strip() + "\n"
        for block in (text.partition("csv_target.py:")[2].partition("and in its pyproject.toml"))
    ]
    (folder / "csv_target.py").write_text(blocks[0])
    toml = blocks[2].partition(":\n")[2]
    (folder / "pyproject.toml").write_text(textwrap.dedent(toml))


@pytest.mark.slow
def test_documented_example_installs_and_runs(tmp_path: Path) -> None:
    """A studio's own engine must not need a fork."""
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    example(source)
    assert len((source / "csv_target.py").read_text().splitlines()) <= 24
    programs.run(
        *(programs.reader("setuptools"), "-m", "pip", "install", "-q", "--no-deps"),
        *("--disable-pip-version-check", "--no-build-isolation", "--target", installed, source),
        home=tmp_path,
    )
    folders = [installed, SUPPORT, Path(targets.__file__).parent.parent.parent]
    path = os.pathsep.join(str(folder) for folder in folders)
    said = programs.run(sys.executable, "-c", CALL, home=tmp_path, extra={"PYTHONPATH": path})
    rows = said.splitlines()
    assert rows[0] == "art/hero.anim.csv"
    assert rows[1:3] == ["clip;frame;x;y;ms", "walk;0;0;0;125"]
    assert rows[-1] == "jump;7;112;0;125"
