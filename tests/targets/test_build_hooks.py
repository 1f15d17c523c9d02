"""npm, cargo and the sample's Makefile: hooks that call us, as the README has them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import buildsystems
import programs
import pytest
from game import RULES, Game
from places import REPOSITORY

#: Read before a fixture gives tests a home of their own: caches, and where rustup keeps cargo.
OURS = dict(os.environ)
HOME = Path.home()
PACKAGE = {
    "scripts": {
        "assets": "pixelpipe build --frozen",
        "prebuild": "npm run -s assets",
        "build": "node -p 6*7",
    }
}
BUILD_RS = """\
use std::{env, fs, process::Command};

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let (dep, stamp) = (format!("{out}/px.d"), format!("{out}/px.stamp"));
    let ok = Command::new("pixelpipe")
        .args(["build", "--frozen", "--depfile", &dep, "--stamp", &stamp])
        .status().expect("pixelpipe is not installed").success();
    assert!(ok, "pixelpipe build --frozen failed");
    println!("cargo:rerun-if-changed=build.rs");
    for rule in fs::read_to_string(&dep).unwrap().split("\\n\\n").skip(1) {
        let name = rule.trim_end().trim_end_matches(':');
        let path = name.replace("\\\\ ", " ").replace("\\\\:", ":");
        println!("cargo:rerun-if-changed={path}");
    }
}
"""
CARGO = '[package]\nname = "game"\nversion = "0.1.0"\nedition = "2021"\n'


def rust_homes() -> dict[str, str]:
    """Return where cargo and rustup keep their things: the user's, since tests have no network."""
    usual = {"CARGO_HOME": str(HOME / ".cargo"), "RUSTUP_HOME": str(HOME / ".rustup")}
    return {name: OURS.get(name, place) for name, place in usual.items()}


class Hooked:
    """A project in which everything was bought, and programs that find `pixelpipe` on the path."""

    def __init__(self, game: Game, folder: Path) -> None:
        self.game = game
        self.log = folder / "runs.log"
        path = f"{buildsystems.pixelpipe(folder)}{os.pathsep}{os.environ['PATH']}"
        self.variables = {**game.variables(), "PATH": path, "RUN_LOG": str(self.log)}

    def runs(
        self, *command: str, code: int = 0, extra: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run a command; return how often it ran pixelpipe, and what it said."""
        self.log.write_text("")
        done = subprocess.run(
            command,
            cwd=self.game.root,
            env={**self.variables, **(extra or {})},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return len(self.log.read_text("utf-8").splitlines()), said


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    """Build two sprites; one has a blank in its name."""
    game = Game(tmp_path / "game")
    game.settings(service="built-in")
    game.rules(RULES)
    game.draw("hero.png")
    game.draw("green slime.png", tint=3)
    assert game.make().exit == 0
    return Hooked(game, tmp_path / "bin")


def test_npm_builds_animations_before_the_game(hooked: Hooked) -> None:
    """And a missing purchase ends the build before a wrong game is made."""
    npm = programs.program("npm")
    hooked.game.write("package.json", json.dumps(PACKAGE))
    (hooked.game.root / "assets/hero.anim.png").unlink()
    runs, said = hooked.runs(npm, "run", "build")
    assert runs == 1
    assert "42" in said
    assert "hero.anim.png" in hooked.game.outputs()
    hooked.game.draw("never bought.png", tint=7)
    _, said = hooked.runs(npm, "run", "build", code=9)
    assert "42" not in said


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cargo"), reason="cargo is not installed")
def test_cargo_runs_us_when_a_hidden_input_changed(hooked: Hooked) -> None:
    """It compares with the time at which the script began: what we write costs one more look."""
    rust = rust_homes()
    hooked.game.write("Cargo.toml", CARGO)
    hooked.game.write("build.rs", BUILD_RS)
    hooked.game.write("src/main.rs", "fn main() {}\n")
    build = ("cargo", "build", "--offline", "--quiet")
    assert hooked.runs(*build, extra=rust)[0] == 1
    assert hooked.runs(*build, extra=rust)[0] == 0
    hooked.game.rules(RULES + "\n# a note\n")
    assert hooked.runs(*build, extra=rust)[0] == 1
    assert hooked.runs(*build, extra=rust)[0] == 0
    (hooked.game.root / "assets/green slime.anim.json").unlink()
    assert hooked.runs(*build, extra=rust)[0] == 1
    assert hooked.runs(*build, extra=rust)[0] <= 1
    assert hooked.runs(*build, extra=rust)[0] == 0


def test_sample_makefile_builds_once(hooked: Hooked, tmp_path: Path) -> None:
    """`make -C sample_project`, also twice, and after a deleted output, and from clean."""
    make = programs.program("make")
    sample = tmp_path / "sample"
    left_out = shutil.ignore_patterns("*.anim.*", ".pixelpipe", "pixelpipe.lock", "*.import")
    shutil.copytree(REPOSITORY / "sample_project", sample, ignore=left_out)
    # A key that is set is never used: the Makefile names the built-in engine.
    key = {"PIXEL_ENGINE_API_KEY": "pe_sk_" + "x" * 40, "PIXELPIPE_SERVICE": ""}
    build = (make, "-C", str(sample))
    sources = sorted((sample / "assets").rglob("*.png"))
    assert hooked.runs(*build, extra=key)[0] == 1
    sheets = sorted(sample.rglob("*.anim.png"))
    assert [path.name.partition(".")[0] for path in sheets] == [path.stem for path in sources]
    assert hooked.runs(*build, extra=key) == (0, nothing_to_do(sample))
    sheets[0].unlink()
    assert hooked.runs(*build, extra=key)[0] == 1
    assert sorted(sample.rglob("*.anim.png")) == sheets
    assert hooked.runs(*build, "clean")[0] == 0
    assert not list(sample.rglob("*.anim.*"))
    assert hooked.runs(*build, extra=key)[0] == 1
    assert sorted(sample.rglob("*.anim.png")) == sheets


def nothing_to_do(folder: Path) -> str:
    """Return what Make says then."""
    inside = f"make: {{}} directory '{folder}'\n"
    return (
        inside.format("Entering")
        + "make: Nothing to be done for 'all'.\n"
        + inside.format("Leaving")
    )


def test_godot_scene_finds_what_the_build_writes(hooked: Hooked) -> None:
    """Godot 4 cannot be started here; its script, project and rules must at least agree."""
    sample = REPOSITORY / "sample_project"
    script = (sample / "main.gd").read_text("utf-8")
    assert 'const SUFFIX := ".anim.tres"' in script
    assert 'path="res://main.gd"' in (sample / "main.tscn").read_text("utf-8")
    assert "config_version=5" in (sample / "project.godot").read_text("utf-8")
    game = hooked.game
    game.rules(RULES + "    targets: [godot]\n")
    game.write("project.godot", "config_version=5\n")
    assert game.make().exit == 0
    text = (game.root / "assets/hero.anim.tres").read_text("utf-8")
    assert 'type="SpriteFrames"' in text
    assert 'path="res://assets/hero.anim.png"' in text
