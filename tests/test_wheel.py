"""The wheel holds all that a user needs: it is installed where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from game import FOREIGN, RULES, Game, png, sprite
from places import REPOSITORY

pytestmark = pytest.mark.slow
#: Read before a fixture clears the environment of tests: pip's own settings and cache.
OURS = dict(os.environ)
MAY_SKIP = os.environ.get("PIXELPIPE_REQUIRE_TARGETS") != "1"
PROGRAM = """\
from pipeline import Project
credits: int = Project("game").plan().charged
"""
WRONG = PROGRAM.replace("int", "str")


class Installed:
    """An environment that holds the wheel and what it depends on, and nothing of the checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.wheel = folder / "unbuilt"

    def pip(self, *arguments: str) -> None:
        """Run the environment's pip with the user's settings; skip where it has no network."""
        names = {*FOREIGN, "PYTHONPATH"}
        environment = {name: value for name, value in OURS.items() if name not in names}
        environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        command = [str(self.bin / "python"), "-m", "pip", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode and MAY_SKIP:
            pytest.skip(f"pip cannot install here: {done.stderr.strip().splitlines()[-1]}")
        assert done.returncode == 0, done.stderr

    def run(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run a command of the environment in the temporary folder; return what it says."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        done = subprocess.run(
            [self.bin / name, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it into a new environment."""
    made = Installed(tmp_path_factory.mktemp("wheel"))
    venv.create(made.folder / "venv", with_pip=True)
    made.pip("wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", str(REPOSITORY))
    (made.wheel,) = (made.folder / "dist").glob("*.whl")
    made.pip("install", "--quiet", str(made.wheel))
    return made


def test_wheel_holds_every_file_that_is_no_code(installed: Installed) -> None:
    """What git has below the package and the packs is in the wheel, and nothing else is."""
    listed = subprocess.run(
        ["git", "ls-files", "pipeline", "rules"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    tracked = listed.stdout.splitlines()
    packs = {path.replace("rules/", "pipeline/packs/", 1) for path in tracked}
    wanted = {path for path in packs if not path.endswith(".py")}
    assert {"pipeline/py.typed", "pipeline/packs/characters@1.yaml"} <= wanted
    with zipfile.ZipFile(installed.wheel) as wheel:
        found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert wanted <= found
    assert {name.partition("/")[0] for name in found} == {"pipeline"}


def test_installed_command_sets_up_and_builds_a_project(installed: Installed) -> None:
    """Packs, contract file, plugins and the built-in engine are all inside."""
    assert installed.run("pixelpipe", "--version").startswith("pixelpipe")
    game = Game(installed.folder / "game")
    game.write("project.godot", "config_version=5\n")
    game.write("assets/characters/hero.png", png(sprite()))
    game.write("assets/creatures/slime.png", png(sprite(3)))
    said = installed.run("pixelpipe", "init", "--plugin", "godot", "game")
    assert "Godot 4" in said
    assert (game.root / "addons/pixelpipe/plugin.gd").is_file()
    installed.run("pixelpipe", "build", "game")
    names = {"characters/hero.anim.png", "characters/hero.anim.tres", "creatures/slime.anim.tres"}
    assert names <= game.outputs()
    assert "Nothing to do" in installed.run("pixelpipe", "build", "game")
    installed.run("pixelpipe", "plan", "--check", "game")
    assert '"$schema"' in installed.run("pixelpipe", "schema")


@pytest.mark.parametrize("plugin", ["unity", "aseprite", "godot"])
def test_installed_command_brings_every_plugin(installed: Installed, plugin: str) -> None:
    """Files that are no Python are easily left out of a wheel."""
    folder = installed.folder / plugin
    folder.mkdir()
    assert f"the {plugin} plugin" in installed.run("pixelpipe", "init", "--plugin", plugin, plugin)


def test_programs_that_use_the_package_are_type_checked(installed: Installed) -> None:
    """py.typed is there, and the types say what a wrong program gets wrong."""
    Game(installed.folder / "typed").rules(RULES)
    (installed.folder / "right.py").write_text(PROGRAM)
    (installed.folder / "wrong.py").write_text(WRONG)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-incremental"]
    python = ["--python-executable", str(installed.bin / "python")]
    found = [
        subprocess.run(
            [*mypy, *python, name],
            cwd=installed.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("right.py", "wrong.py")
    ]
    assert found[0].returncode == 0, found[0].stdout + found[0].stderr
    assert 'expression has type "int", variable has type "str"' in found[1].stdout
