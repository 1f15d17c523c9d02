"""What is bought and ends by its prompt plays once, where no rule says otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import prompt_corpus as corpus
import pytest
import yaml
from game import RULES, Game, Shop
from places import REPOSITORY

from pipeline.core import endings

#: Clips of shipped packs that end; the first version's were all loops.
ENDING = {"attack", "hurt", "death", "cast", "burst", "collect", "open"}


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("rules/*.yaml")), ids=lambda one: one.stem)
def test_clips_of_packs_end_as_their_names_say(path: Path) -> None:
    rules = yaml.safe_load(path.read_text("utf-8"))["rules"]
    for rule in rules:
        for name, clip in rule.get("clips", {}).items():
            prompt = clip if isinstance(clip, str) else clip["prompt"]
            assert endings.ends(prompt) is (name in ENDING), (rule["name"], name)


def test_a_loop_is_rarely_taken_for_an_end() -> None:
    """One that stops is seen as broken; an attack that repeats is what it was."""
    cases = [*corpus.cases(), *corpus.cases(corpus.HELD_OUT)]
    going = [one.prompt for one in cases if "once" not in one.wanted]
    ending = [one.prompt for one in cases if "once" in one.wanted]
    assert len(going) > 1000 < 2 * len(ending)
    assert sum(map(endings.ends, going)) <= 0.015 * len(going)
    assert sum(map(endings.ends, ending)) >= 0.75 * len(ending)


@pytest.mark.parametrize(
    ("prompt", "is_end"),
    [
        ("dies", True),
        ("Attacks with one strike, then recovers. Camera fixed, plays once.", True),
        ("the chest opens", True),
        ("slashing, seamless loop", False),
        ("opens and closes its mouth", False),
        ("walks in place, ready to attack", False),
        ("a castle, flag waving", False),
        ("no attack, breathing", False),
        ("", False),
    ],
)
def test_what_leads_decides(prompt: str, is_end: bool) -> None:
    assert endings.ends(prompt) is is_end


@pytest.mark.usefixtures("in_process")
def test_a_bought_death_plays_once_unless_the_rule_says_loop(paying: Game, shop: Shop) -> None:
    """A service does not say whether its clip goes on: a hero of `characters@2` died for ever."""
    paying.settings(targets=["godot"])
    paying.rules(
        RULES
        + """\
      death: "dies, plays once"
      spin: {prompt: "attacks", loop: true}
"""
    )
    assert paying.build("--only", "hero.png", "--yes").exit == 0
    text = (paying.root / "assets/hero.anim.tres").read_text("utf-8")
    found = re.findall(r'"loop": (true|false),\s*"name": &?"(\w+)"', text)
    loops = {name: loop == "true" for loop, name in found}
    assert loops == {"idle": True, "death": False, "spin": True}
    assert shop.calls == 3
