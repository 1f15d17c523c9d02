"""Engines' paths start where the engine's own project file lies, wherever pixelpipe.yaml is."""

from __future__ import annotations

from pathlib import Path

import pytest
from game import Game, png, sprite

from pipeline.core.model import TargetChoice
from pipeline.run.engine_roots import Roots, watched

RULES = 'rules:\n  - {name: all, match: "**/*.png", clips: {idle: "breathing calmly, idle loop"}}\n'


def game(folder: Path, target: str, assets: str) -> Game:
    """Make a project with one sprite."""
    made = Game(folder)
    made.write("pixelpipe.yaml", f"assets: [{assets}]\nrules: [rules.yaml]\ntargets: [{target}]\n")
    made.write("rules.yaml", RULES)
    made.write(f"{assets}/hero.png", png(sprite()))
    return made


def built(made: Game, path: str) -> str:
    """Build, and return what an output says."""
    run = made.run("build")
    assert run.exit == 0, run.stderr
    return (made.root / path).read_text()


def test_godot_below_the_project(tmp_path: Path) -> None:
    """Its folder is not ours: its paths begin in its own."""
    made = game(tmp_path / "p", "godot", "game/art")
    made.write("game/project.godot", "config_version=5\n")
    assert '"res://art/hero.anim.png"' in built(made, "game/art/hero.anim.tres")


def test_godot_above_the_project(tmp_path: Path) -> None:
    """A folder of art inside of a game may be a project of its own."""
    (tmp_path / "project.godot").write_text("config_version=5\n")
    made = game(tmp_path / "content" / "sprites", "godot", "art")
    text = built(made, "art/hero.anim.tres")
    assert '"res://content/sprites/art/hero.anim.png"' in text


def test_a_stated_root_counts(tmp_path: Path) -> None:
    """What the user wrote is never overruled by what is found."""
    made = game(tmp_path / "p", "{godot: {root: .}}", "game/art")
    made.write("game/project.godot", "config_version=5\n")
    assert '"res://game/art/hero.anim.png"' in built(made, "game/art/hero.anim.tres")


def test_defold_and_bevy_have_the_same(tmp_path: Path) -> None:
    """One mechanism for all engines whose paths begin in a folder of their own."""
    made = game(tmp_path / "d", "defold", "game/art")
    made.write("game/game.project", "[project]\n")
    assert 'image: "/art/hero.anim.defold.png"' in built(made, "game/art/hero.anim.tilesource")
    made = game(tmp_path / "b", "bevy", "crate/assets/art")
    made.write("crate/Cargo.toml", "[package]\n")
    assert '"art/hero.anim.png"' in built(made, "crate/assets/art/hero.anim.assets.ron")
    made = game(tmp_path / "r", "renpy", "vn/game/images")
    made.write("vn/game/options.rpy", "")
    assert '"images/hero.anim.png"' in built(made, "vn/game/images/hero.anim.rpy")


def test_a_project_whose_paths_were_right_is_not_touched(tmp_path: Path) -> None:
    """The default stays unstated: no build key changes."""
    (tmp_path / "project.godot").write_text("")
    choice = (TargetChoice(name="godot"),)
    assert Roots(tmp_path).placed(choice, "art/hero.png") == choice
    (tmp_path / "Cargo.toml").write_text("")
    choice = (TargetChoice(name="bevy"),)
    assert Roots(tmp_path).placed(choice, "assets/hero.png") == choice


def test_the_nearest_file_counts_and_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    """Two games in one repository; and nobody else's project above it."""
    godot = (TargetChoice(name="godot"),)
    (tmp_path / "project.godot").write_text("")
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    assert Roots(root).placed(godot, "art/hero.png") == godot
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "project.godot").write_text("")
    (root / "a" / "b" / "project.godot").write_text("")
    roots = Roots(root)
    assert roots.placed(godot, "a/hero.png")[0].options == {"root": "a"}
    assert roots.placed(godot, "a/b/c/hero.png")[0].options == {"root": "a/b"}


@pytest.mark.parametrize("where", ["project.godot", "game/project.godot"])
def test_a_moved_project_file_is_noticed_by_a_build_with_nothing_to_do(
    tmp_path: Path, where: str
) -> None:
    """The proof that nothing is to do must know of it."""
    made = game(tmp_path / "p", "godot", "game/art")
    assert where in watched(made.root, ["game/art"], [TargetChoice(name="godot")])
    built(made, "game/art/hero.anim.tres")
    assert "Nothing to do" in made.run("build").stdout
    made.write("game/project.godot", "config_version=5\n")
    assert '"res://art/hero.anim.png"' in built(made, "game/art/hero.anim.tres")
