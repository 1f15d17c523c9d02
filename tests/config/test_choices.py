"""A target that does not exist is told once, with file and line, before anything is looked at."""

from __future__ import annotations

import pytest
from game import RULES, Game

from pipeline.api import Project
from pipeline.core.errors import ConfigError

BAD = [
    ("[gif, godoot]", "there is no target 'godoot'; did you mean 'godot'?"),
    ("godoot", "there is no target 'godoot'; did you mean 'godot'?"),
    ("[aseprite, {gif: {scael: 2}}]", "target gif has no option 'scael'; did you mean 'scale'?"),
    ("[{godot: {version: 5}}]", "target godot: version: 5 is none of 3, 4"),
]


def sentence(game: Game) -> str:
    """Return what opening the project says."""
    with pytest.raises(ConfigError) as caught:
        Project(game.root, environment=game.variables())
    return str(caught.value)


@pytest.mark.parametrize(("stated", "told"), BAD)
def test_wrong_target_of_a_rule_is_told_with_its_line(game: Game, stated: str, told: str) -> None:
    """Forty sprites would give forty sentences, none of them with a line."""
    game.rules(f"{RULES}    targets: {stated}\n")
    said = sentence(game)
    assert said.startswith("rules/own.yaml:6: ")
    assert told in said


@pytest.mark.parametrize(("stated", "told"), BAD)
def test_wrong_target_of_the_project_is_told_with_its_line(
    game: Game, stated: str, told: str
) -> None:
    """Also when every rule has targets of its own: the next rule may not."""
    game.write("pixelpipe.yaml", f"rules: [rules/*.yaml]\npacks: []\ntargets: {stated}\n")
    said = sentence(game)
    assert said.startswith("pixelpipe.yaml:3: ")
    assert told in said


def test_line_is_that_of_the_entry(game: Game) -> None:
    """Long lists stand one below the other."""
    game.rules(f"{RULES}    targets:\n      - gif\n      - godoot\n")
    assert sentence(game).startswith("rules/own.yaml:8: ")


def test_wrong_target_of_a_variable_is_told_by_its_name(game: Game) -> None:
    """There is no file to look into."""
    game.environment["PIXELPIPE_TARGETS"] = "aseprite,godoot"
    assert sentence(game).startswith("PIXELPIPE_TARGETS: there is no target 'godoot'")


def test_wrong_target_of_an_override_stops_its_sprite_only(game: Game) -> None:
    """An override is about one sprite; the others are built."""
    game.write("assets/hero.png.yaml", "pivot: top\ntargets: [godoot]\n")
    done = game.build()
    assert done.exit == 3
    assert done.stdout.count("assets/hero.png.yaml:2: there is no target 'godoot'") >= 1
    assert {"slime.anim.png", "chest.anim.png"} <= game.outputs()


def test_command_says_it_once_and_exits_3(game: Game) -> None:
    """The sentence is all that a user needs."""
    game.rules(f"{RULES}    targets: [godoot]\n")
    done = game.run("build")
    assert done.exit == 3
    assert done.stderr.count("godoot") == 1
