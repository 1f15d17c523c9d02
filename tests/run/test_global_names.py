"""Two sprites of one name: the later one is called otherwise where names are global in a game."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from game import Game, Run, png, sprite

RULES = 'rules:\n  - {name: all, match: "**/*.png", clips: {walk: "walking on the spot, loop"}}\n'
#: Target, what it writes, and where the name stands.
KINDS = {
    "css": ("css", r"\n\.([^{]+)\{width"),
    "web": ("web.json", r'"name": "(\w+)_walk"'),
    "gamemaker": ("gamemaker.json", r'"name": "spr_(\w+)_walk"'),
    "bevy": ("assets.ron", r'"(\w+)\.image"'),
    "renpy": ("rpy", r"\nimage (\w+) walk:"),
}


@pytest.fixture
def game(tmp_path: Path) -> Game:
    """Make a project of all such targets."""
    made = Game(tmp_path / "p")
    targets = "css, web, gamemaker, {bevy: {root: assets}}, {renpy: {root: .}}"
    made.write("pixelpipe.yaml", f"assets: [assets]\nrules: [rules.yaml]\ntargets: [{targets}]\n")
    made.write("rules.yaml", RULES)
    made.write("assets/player/idle.png", png(sprite(1)))
    return made


def names(game: Game, stem: str) -> dict[str, str]:
    """Return what each target calls a sprite."""
    found = {}
    for target, (ending, pattern) in KINDS.items():
        text = (game.root / "assets" / f"{stem}.anim.{ending}").read_text()
        match = re.search(pattern, text)
        assert match, (target, text[:200])
        found[target] = match[1]
    return found


def build(game: Game) -> Run:
    """Build without a mistake."""
    run = game.run("build")
    assert run.exit == 0, run.stderr
    return run


def everywhere(name: str) -> dict[str, str]:
    return dict.fromkeys(KINDS, name)


def test_the_later_one_gets_its_folder_and_the_first_keeps_its_name(game: Game) -> None:
    """Even where the later one comes first by its path."""
    build(game)
    assert names(game, "player/idle") == everywhere("idle")
    before = {path: path.read_bytes() for path in (game.root / "assets/player").iterdir()}
    game.write("assets/enemy/idle.png", png(sprite(2)))
    run = build(game)
    assert names(game, "enemy/idle") == everywhere("enemy_idle")
    assert "calls it 'enemy_idle', not 'idle'" in run.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert "Nothing to do" in build(game).stdout


def test_names_stay_when_rules_change_and_when_the_other_one_goes(game: Game) -> None:
    """A game refers to them."""
    build(game)
    game.write("assets/enemy/idle.png", png(sprite(2)))
    build(game)
    game.write("rules.yaml", RULES.replace("walking", "strolling"))
    build(game)
    assert names(game, "enemy/idle") == everywhere("enemy_idle")
    assert names(game, "player/idle") == everywhere("idle")
    (game.root / "assets/player/idle.png").unlink()
    game.write("rules.yaml", RULES)
    build(game)
    assert names(game, "enemy/idle") == everywhere("enemy_idle")


def test_of_two_new_ones_the_first_by_path_keeps_its_name(game: Game) -> None:
    """The same on every machine."""
    game.write("assets/enemy/idle.png", png(sprite(2)))
    game.write("assets/enemy/sub/idle.png", png(sprite(3)))
    build(game)
    assert names(game, "enemy/idle") == everywhere("idle")
    assert names(game, "enemy/sub/idle") == everywhere("sub_idle")
    assert names(game, "player/idle") == everywhere("player_idle")


def test_one_source_alone_knows_of_the_others(game: Game) -> None:
    """`--only` sees one picture, and the lock file the rest."""
    build(game)
    game.write("assets/enemy/idle.png", png(sprite(2)))
    assert game.run("build", "--only", "enemy/idle.png").exit == 0
    assert names(game, "enemy/idle") == everywhere("enemy_idle")
    assert "Nothing to do" in build(game).stdout


def test_a_stated_prefix_is_the_users(game: Game) -> None:
    """Nobody is overruled, and nothing is said."""
    game.write("assets/enemy/idle.png", png(sprite(2)))
    game.write("assets/enemy/idle.png.yaml", "targets: [{css: {prefix: idle}}]\n")
    run = build(game)
    assert "calls it" not in run.stderr
    text = (game.root / "assets/enemy/idle.anim.css").read_text()
    assert "\n.idle{width" in text


def test_names_that_differ_in_case_alone_are_one_name(game: Game) -> None:
    """GameMaker and file systems fold case."""
    build(game)
    game.write("assets/enemy/Idle.png", png(sprite(2)))
    build(game)
    assert names(game, "enemy/Idle")["gamemaker"] == "enemy_Idle"
