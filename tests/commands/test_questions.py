"""One question at a time, and Ctrl-C ends at any of them: on a real terminal, with a real shop."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from game import Game, Shop
from terminal import Terminal, running

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")

ASKED = "[y/N]: "
#: Less than anything that a watch waits for, and more than a busy machine takes.
AT_ONCE_S = 15.0


@pytest.fixture
def watching(paying: Game) -> Iterator[Terminal]:
    """Watch a project of three sprites, none of which is bought."""
    paying.settings(watch={"settle": 0.2}, placeholder=False)
    with running(
        paying.command("watch"), cwd=paying.root, environment=paying.variables()
    ) as terminal:
        yield terminal


def test_a_sprite_that_arrives_at_the_question_makes_a_new_total(
    watching: Terminal, paying: Game, shop: Shop
) -> None:
    watching.until("Buy 3 clips for 60 credits")
    at = watching.until(ASKED)
    watching.type("y")  # half an answer to the first question
    paying.draw("late.png", tint=9)
    at = watching.until("Buy 4 clips for 80 credits", after=at)
    watching.until(ASKED, after=at)
    assert "1 clip for" not in watching.shown
    assert shop.calls == 0
    watching.type("y\n")
    deadline = time.monotonic() + 60
    while len([p for p in paying.outputs() if p.endswith(".png")]) < 4:
        assert time.monotonic() < deadline, watching.shown
        watching.read(0.1)
    assert (shop.calls, shop.charged) == (4, 80)


def test_a_sprite_that_is_saved_again_at_the_question_counts_once(
    watching: Terminal, paying: Game, shop: Shop
) -> None:
    at = watching.until(ASKED)
    paying.draw("hero.png", tint=30)
    at = watching.until("Buy 3 clips for 60 credits", after=at)
    watching.until(ASKED, after=at)
    watching.type("y\n")
    deadline = time.monotonic() + 60
    while len([p for p in paying.outputs() if p.endswith(".png")]) < 3:
        assert time.monotonic() < deadline, watching.shown
        watching.read(0.1)
    assert (shop.calls, shop.charged) == (3, 60)


def test_no_buys_nothing_and_an_odd_word_is_asked_again(watching: Terminal, shop: Shop) -> None:
    at = watching.until(ASKED)
    watching.type("perhaps\n")
    at = watching.until(ASKED, after=at)
    watching.type("n\n")
    watching.until("allow all 3 clips with --max-credits 60", after=at)
    assert shop.calls == 0
    watching.type("\x03")
    assert watching.ended()[0] == 130


def test_ctrl_c_at_the_question_of_a_watch_ends_it(watching: Terminal, shop: Shop) -> None:
    watching.until(ASKED)
    watching.type("\x03")
    code, seconds = watching.ended()
    assert code == 130
    assert seconds < AT_ONCE_S
    assert "stopped" in watching.shown
    assert shop.calls == 0


def test_ctrl_c_at_a_changed_question_ends_it(watching: Terminal, paying: Game) -> None:
    at = watching.until(ASKED)
    paying.draw("late.png", tint=9)
    watching.until(ASKED, after=at)
    watching.type("y\x03")
    code, seconds = watching.ended()
    assert (code, seconds < AT_ONCE_S) == (130, True)


@pytest.mark.parametrize("command", ["build", "animate", "reroll"])
def test_ctrl_c_at_the_question_of_a_command_ends_it(
    paying: Game, shop: Shop, command: str
) -> None:
    more = {"animate": ["assets/hero.png", "hopping"], "reroll": ["assets/hero.png"]}
    if command == "reroll":
        paying.make()
    before = shop.calls
    line = paying.command(command, *more.get(command, []))
    with running(line, cwd=paying.root, environment=paying.variables()) as terminal:
        terminal.until("[c]hoose sources: ")
        terminal.type("\x03")
        code, seconds = terminal.ended()
    assert (code, seconds < AT_ONCE_S) == (130, True)
    assert shop.calls == before


def test_the_end_of_the_input_is_a_no(watching: Terminal, shop: Shop) -> None:
    at = watching.until(ASKED)
    watching.type("\x04")
    watching.until("allow all 3 clips with --max-credits 60", after=at)
    assert shop.calls == 0
