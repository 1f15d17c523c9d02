"""Names with signs that standard output cannot show are shown with a `?`, and end no command."""

from __future__ import annotations

import pytest
from game import Game

COMMANDS = (
    ["plan"],
    ["build"],
    ["build"],
    ["why", "assets/hero→left.png"],
    ["disclose"],
    ["verify"],
    ["doctor"],
    ["clean"],
)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii:strict"])
def test_an_arrow_in_a_name_ends_no_command(game: Game, encoding: str) -> None:
    game.draw("hero→left.png", tint=7)
    game.draw("絵.png", tint=8)
    for command in COMMANDS if encoding == "cp1252" else COMMANDS[:3]:
        ended = game.run(*command, environment={"PYTHONIOENCODING": encoding})
        assert ended.exit == 0, (command, ended.stderr)
    assert {"hero→left.anim.png", "絵.anim.png"} <= game.outputs() or encoding == "cp1252"


def test_an_unmatched_name_is_listed_with_a_question_mark(game: Game) -> None:
    game.rules('rules: [{name: none, match: "never/*.png", clips: {idle: "breathing"}}]')
    game.draw("pfeil→.png")
    ended = game.run("build", environment={"PYTHONIOENCODING": "cp1252"})
    assert "assets/pfeil?.png" in ended.stdout


def test_a_report_is_utf_8_wherever_it_goes(game: Game) -> None:
    game.draw("hero→left.png", tint=7)
    ended = game.build(environment={"PYTHONIOENCODING": "cp1252", "LC_ALL": "C.UTF-8"})
    assert ("hero→left.png", "idle") in ended.states()
