"""`why`: one look says which rule made a file, and what is not as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from game import RULES, Game
from PIL import Image

from pipeline.api import Project
from pipeline.commands import edits

HERO = "assets/hero.png"
NOTHING = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    fresh: up to date
  key     KEY
"""
PROMPT = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    buy: changed
  key     KEY
  differs prompt
            before "breathing calmly, a subtle idle loop"
            now    "swaying in the wind"
"""
PIXELS = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    buy: changed
  key     KEY
  differs pixels
            before KEY
            now    KEY
"""
CLIP = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    reuse: rule, targets or pixelpipe changed
  key     KEY
  differs idle fps
            before -
            now    12.0
"""
TARGETS = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    reuse: rule, targets or pixelpipe changed
  key     KEY
  differs target gif scale
            before -
            now    4.0
  differs targets
            before ["aseprite"]
            now    ["aseprite","gif"]
"""
BLOCKED = """\
assets/hero.png [idle]
  rule    heroes  (rules/own.yaml:5)
  step    blocked: assets/hero.anim.png was edited by hand; `pixelpipe adopt`, `restore` or `detach` it
  key     KEY
"""  # noqa: E501


def masked(text: str) -> str:
    """Return the text with digests made alike, and without the engine's reading."""
    text = re.sub(r'"?[0-9a-f]{64}"?', "KEY", text)
    return re.sub(r"(?m)^  (engine|sprite|word) .*\n", "", text)


def prompt(game: Game) -> None:
    """Ask for something else."""
    game.rules(RULES.replace("breathing calmly, a subtle idle loop", "swaying in the wind"))


def pixels(game: Game) -> None:
    """Draw the hero anew."""
    game.draw("hero.png", tint=20)


def clip_option(game: Game) -> None:
    """Play the clip faster."""
    wish = '{prompt: "breathing calmly, a subtle idle loop", fps: 12}'
    game.rules(RULES.replace('"breathing calmly, a subtle idle loop"', wish))


def target(game: Game) -> None:
    """Want a preview as well."""
    game.settings(targets=["aseprite", {"gif": {"scale": 4}}])


def nothing(game: Game) -> None:
    """Leave everything as it is."""


def edit(game: Game) -> None:
    """Touch an output up."""
    (game.root / "assets/hero.anim.png").write_bytes(b"mine")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (nothing, NOTHING),
        (prompt, PROMPT),
        (pixels, PIXELS),
        (clip_option, CLIP),
        (target, TARGETS),
        (edit, BLOCKED),
    ],
)
def test_cause_of_a_rebuild_is_named(
    game: Game, change: Callable[[Game], None], expected: str
) -> None:
    """Golden texts: the field that differs, as it was and as it is now, and nothing else."""
    game.settings(targets=["aseprite"])
    game.make()
    change(game)
    run = game.run("why", HERO)
    assert run.exit == 0
    assert masked(run.stdout) == masked(expected)


def test_output_is_as_good_as_its_source(game: Game) -> None:
    """In a file manager one clicks what looks wrong: the output."""
    game.make()
    assert game.run("why", "assets/hero.anim.json").stdout == game.run("why", HERO).stdout


def test_take_in_use_does_not_differ(game: Game) -> None:
    """Take 1 was wanted: it is no reason for anything."""
    game.make()
    game.run("reroll", HERO)
    assert "differs" not in game.run("why", HERO).stdout


def test_json_has_every_difference(game: Game) -> None:
    """For editors: the same facts as fields."""
    game.make()
    prompt(game)
    (found,) = json.loads(game.run("why", HERO, "--json").stdout)
    assert (found["step"], found["rule"], found["place"]) == ("buy", "heroes", "rules/own.yaml:5")
    assert [one["field"] for one in found["differences"]] == ["prompt"]


def test_recipe_is_what_the_key_is_made_of(game: Game) -> None:
    """Two keys that should be equal can be compared line by line."""
    text = game.run("why", HERO, "--recipe").stdout
    for field in ("pixels", "prompt", "take", "service", "key_version", "frames"):
        assert re.search(rf"(?m)^ +{field}: ", text)


def test_detached_and_unmatched_files_are_explained(game: Game) -> None:
    """`why` answers for every PNG, also for those that nothing is made for."""
    game.make()
    edits.detach(Project(game.root, environment=game.variables()), HERO)
    assert "detached: its outputs are yours" in game.run("why", HERO).stdout
    game.rules(RULES.replace("**/*.png", "slime.png"))
    assert "no rule matches it" in game.run("why", HERO).stdout
    run = game.run("why", "assets/nobody.png")
    assert (run.exit, "there is no such source" in run.stderr) == (2, True)


def test_recipe_stands_beside_the_last_one(game: Game) -> None:
    """All that goes into the key, with what it was where it differs; the same in JSON."""
    game.make()
    prompt(game)
    said = game.run("why", HERO, "--recipe").stdout
    assert '          colors: "auto"\n' in said
    assert (
        '        * prompt: "swaying in the wind"\n'
        '            before: "breathing calmly, a subtle idle loop"\n'
    ) in said
    assert said.count("*") == 1
    (found,) = json.loads(game.run("why", HERO, "--json").stdout)
    assert "swaying" in found["recipe"]
    assert "breathing" in found["recipe_before"]


def test_each_word_says_what_it_did(game: Game) -> None:
    """Before anything is made as well: a prompt is mended before it is paid for."""
    game.rules(RULES.replace("breathing calmly, a subtle idle loop", "wlaks slowly, no blinking"))
    told = game.run("why", HERO).stdout
    for line in ("wlaks: read as 'walks'", "walks: walk", "slowly: slower", "blinking: ruled out"):
        assert f"  word    {line}\n" in told
    assert re.search(r"(?m)^  sprite  \w+ \(by its look\), facing right \(assumed", told)


def test_what_was_found_is_drawn_where_one_says(game: Game, tmp_path: Path) -> None:
    """A picture with the sprite and its parts; without a place it names one itself."""
    place = tmp_path / "new" / "hero.png"
    run = game.run("why", HERO, "--parts", "--out", str(place))
    assert run.exit == 0
    assert f"parts: {place}" in run.stdout
    with Image.open(place) as picture:
        assert picture.width > 12 * 8
    printed = game.run("why", HERO, "--parts").stdout.rpartition("parts: ")[2].strip()
    assert Path(printed).read_bytes() == place.read_bytes()
    assert not list(game.root.rglob("*.parts.png"))
    assert game.run("why", HERO, "--out", str(place)).exit == 2
