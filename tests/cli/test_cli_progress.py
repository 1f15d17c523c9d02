"""`build --json --progress`: a program follows a run line by line, and gets the report as ever."""

from __future__ import annotations

import json
from pathlib import Path

from game import RULES, Game, png, sprite


def game(folder: Path) -> Game:
    """Make a project with two sprites."""
    made = Game(folder)
    made.write("pixelpipe.yaml", "assets: [assets]\nrules: [rules.yaml]\n")
    made.write("rules.yaml", RULES)
    for number in (1, 2):
        made.write(f"assets/{number}.png", png(sprite(number)))
    return made


def test_each_clip_is_told_as_it_ends(tmp_path: Path) -> None:
    """Jobs by request key and state, clips with grade and price; standard output is the report."""
    made = game(tmp_path / "p")
    run = made.run("build", "--json", "--progress")
    assert run.exit == 0, run.stderr
    report = json.loads(run.stdout)
    told = [json.loads(line) for line in run.stderr.splitlines() if line.startswith("{")]
    clips = [one for one in told if "source" in one]
    assert {(one["source"], one["clip"]) for one in clips} == {
        (step["source"], step["clip"]) for step in report["steps"]
    }
    for one in clips:
        assert one["state"] == "done"
        assert 0 < one["grade"] <= 100
        assert one["credits"] == 0
    keys = {step["request_key"] for step in report["steps"]}
    states = [one["state"] for one in told if "request_key" in one]
    assert {one["request_key"] for one in told if "request_key" in one} == keys
    assert states[0] == "claimed"
    assert "bought" in states


def test_without_json_it_is_refused(tmp_path: Path) -> None:
    """People are shown progress anyway."""
    run = game(tmp_path / "p").run("build", "--progress")
    assert run.exit == 2
    assert "--progress belongs to --json" in run.stderr
