"""Whoever wrote a name, a prompt or an answer: a terminal and a CI log show it as text."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from game import Game, built
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import plain

CLI = Path(__file__).resolve().parents[2] / "pipeline" / "cli"
#: Title of the window, colours, a clear screen by C1, a line over the last one, a command for CI.
EVIL = "\x1b]0;evil\x07\x1b[31m\u009b2J\rdone\n::error::evil ##[error]x ##vso[x]y \u202egnp.exe"


def is_text(said: str) -> bool:
    """Tell whether nothing in what was printed is more than text."""
    lines = said.splitlines()
    return (
        all(unicodedata.category(sign) not in ("Cc", "Cs") or sign in "\n\t" for sign in said)
        and "\u202e" not in said
        and not any(line.lstrip().startswith("::") for line in lines)
        and not any(mark in said for mark in ("##[", "##vso[", "##teamcity["))
    )


@given(st.text() | st.text(EVIL).map(lambda text: EVIL + text))
def test_any_text_becomes_one_line_of_nothing_but_text(text: str) -> None:
    """Whatever it holds; a block keeps its line ends."""
    assert is_text(plain.line(text))
    assert "\n" not in plain.line(text)
    assert is_text(plain.block(text))


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_json_means_the_same_when_it_was_made_plain(document: dict[str, object]) -> None:
    """What is shown as an escape is one that JSON reads back."""
    written = json.dumps(document, ensure_ascii=False, indent=2)
    assert json.loads(plain.block(written)) == document


@pytest.mark.parametrize("text", ["hero.png [walk]", "größe: 12 px, “é” → ✓", "a\tb", "x::y #1"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Other scripts, arrows, colons inside a line."""
    assert plain.line(text) == plain.block(text) == text


def test_megabytes_are_cut_and_counted() -> None:
    """An id of three megabytes is no line."""
    assert plain.line("x" * 3_000_000).endswith("… (2992000 more characters)")


RULES = f"""\
rules:
  - name: {json.dumps("evil " + EVIL)}
    match: "**/*.png"
    clips: {{idle: {json.dumps("breathing " + EVIL)}}}
"""


@pytest.mark.parametrize("place", ["rule", "file", "lock", "settings", "argument"])
def test_foreign_text_reaches_no_terminal_raw(game: Game, place: str) -> None:
    """On both streams, of every command that shows it, also again when nothing is to do."""
    arguments: list[str] = []
    if place == "rule":
        game.rules(RULES)
    elif place == "file":
        game.draw("::error::x.png", tint=7)
        game.settings(assets=["assets", "::error::y"])
        game.write("::error::y/##[error]z.png", b"no picture")
    elif place == "lock":
        built(game)
        lock = game.root / "pixelpipe.lock"
        line = {"source": "a.png", "clip": EVIL, "digest": EVIL, "key": EVIL, "service": EVIL}
        lock.write_text(lock.read_text("utf-8") + json.dumps(line) + EVIL + "\n", "utf-8")
    elif place == "settings":
        game.write("pixelpipe.yaml", f"service: {json.dumps(EVIL)}\n{json.dumps(EVIL)}: 1\n")
    else:
        arguments = [f"--only={EVIL}", f"--plan={EVIL}"]
    for command in ("plan", "build", "build", "verify", "doctor"):
        ended = game.run(command, *(arguments if command == "build" else []))
        assert ended.exit in (0, 1, 2, 3, 4, 8), ended.stderr
        assert is_text(ended.stdout), ended.stdout
        assert is_text(ended.stderr), ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("loud", [[], ["-v"], ["-vv"], ["-q"]])
def test_what_is_logged_is_nothing_but_text(tmp_path: Path, loud: list[str]) -> None:
    """A file that cannot be written is named by a warning, wherever it lies."""
    game = Game(tmp_path / EVIL)
    game.settings()
    game.rules("rules: [{name: all, match: '**/*.png', clips: {idle: breathing}}]")
    game.draw("hero.png")
    (game.root / ".pixelpipe").mkdir()
    (game.root / ".pixelpipe/tmp").symlink_to(tmp_path)
    ended = game.run("build", *loud)
    assert "the next run starts without it" in ended.stderr
    assert is_text(ended.stdout + ended.stderr), ended.stderr


def test_a_record_is_one_line_and_its_traceback_a_block() -> None:
    """Also where a process of ours writes it, and where the error quotes what it was given."""
    code = (
        "import logging, sys; from pipeline.core import logs; logs.to_stderr(logging.DEBUG)\n"
        "try: raise ValueError(sys.argv[1])\n"
        "except ValueError: logging.getLogger('x').debug('%s!', sys.argv[1], exc_info=True)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, EVIL], capture_output=True, text=True, check=True
    ).stderr
    assert is_text(said)
    assert said.splitlines()[0].endswith("!")
    assert len(said.splitlines()) > 3


def test_every_word_passes_the_one_edge() -> None:
    """`click.echo` and `print` stand in one file of the command line."""
    for path in CLI.glob("*.py"):
        calls = [
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        ]
        found = {"click.echo", "print", "click.secho", "sys.stdout.write", "sys.stderr.write"}
        if path.name != "voice.py":
            assert not found.intersection(calls), path.name
