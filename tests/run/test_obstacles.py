"""What stands where an output would go and is no file: told before it is paid for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from game import Game, Shop, built

SHEET = "hero.anim.png"
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes"),
    pytest.mark.usefixtures("in_process"),
]


def _link_out(place: Path, content: bytes) -> None:
    away = place.parents[2] / "away" / place.name
    away.parent.mkdir(exist_ok=True)
    away.write_bytes(content)
    place.symlink_to(away)


def _link_out_to_nothing(place: Path, _: bytes) -> None:
    place.symlink_to(place.parents[2] / "not there" / place.name)


def _folder(place: Path, _: bytes) -> None:
    place.mkdir()


def _linked_folder(place: Path, _: bytes) -> None:
    place.with_name("elsewhere").mkdir()
    place.symlink_to("elsewhere")


def _pipe(place: Path, _: bytes) -> None:
    os.mkfifo(place)


OBSTACLES = (_link_out, _link_out_to_nothing, _folder, _linked_folder, _pipe)
Put = Callable[[Path, bytes], None]


@pytest.mark.parametrize("put", OBSTACLES)
def test_plan_build_and_verify_say_the_same_of_what_stands_in_an_outputs_place(
    game: Game, put: Put
) -> None:
    """`verify` found a link whole that `build` refused, or called it missing."""
    place = built(game).root / "assets" / SHEET
    content = place.read_bytes()
    place.unlink()
    put(place, content)
    said = "leads outside of the project" if "out" in put.__name__ else "is a folder or a pipe"
    for command in ("plan", "build"):
        ended = game.run(command, "--json")
        assert ended.exit in (1, 4)
        assert ended.states()["hero.png", "idle"][0] == "blocked"
        assert ended.states()["slime.png", "idle"] == ("fresh", "fresh")
        assert said in ended.stdout
        assert "missing" not in ended.stdout
    ended = game.run("verify")
    assert (ended.exit, said in ended.stdout, "missing" in ended.stdout) == (8, True, False)


@pytest.mark.parametrize("put", OBSTACLES)
def test_nothing_is_bought_for_a_place_that_cannot_be_written(
    paying: Game, shop: Shop, put: Put
) -> None:
    """It was 20 credits, and then "replace the link by a file"."""
    put(paying.root / "assets" / SHEET, b"something")
    ended = paying.build("--yes", "--only", "assets/hero.png")
    assert ended.exit in (1, 4)
    assert ended.states()["hero.png", "idle"][0] == "blocked"
    assert shop.calls == 0


def test_a_link_inside_of_the_project_is_an_output_as_any_other(game: Game) -> None:
    place = built(game).root / "assets" / SHEET
    place.rename(game.root / "sheet.png")
    place.symlink_to("../sheet.png")
    assert game.run("verify").exit == 0
    assert game.build().states()["hero.png", "idle"] == ("fresh", "fresh")


def test_a_link_that_leads_nowhere_is_replaced_and_no_fault_any_more(game: Game) -> None:
    """The build mended it, and ended with exit 4 over it."""
    place = built(game).root / "assets" / SHEET
    content = place.read_bytes()
    place.unlink()
    place.symlink_to("gone.png")
    assert "`pixelpipe build` brings it back" in game.run("verify").stdout
    assert game.build().exit == 0
    assert place.read_bytes() == content
    assert not place.is_symlink()
