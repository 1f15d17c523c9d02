"""A key in `.env` is read however it was written, or what is wrong with it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from game import KEY_NAME, Game

from pipeline.config import dotenv, project_settings

KEY = "pe_sk_" + "b" * 40
OTHER = "PIXELENGINE_API_KEY"


@pytest.mark.parametrize(
    "line",
    [
        f"{KEY_NAME}={KEY}",
        f"{OTHER}={KEY}",
        f"export {KEY_NAME}='{KEY}'",
        f"{KEY_NAME}: {KEY}",
        f'{KEY_NAME}: "{KEY}"',
        f'$env:{KEY_NAME} = "{KEY}"',
        f"$Env:{KEY_NAME}='{KEY}'",
        f"set {KEY_NAME}={KEY}",
        f'SET "{KEY_NAME}={KEY}"',
        f'setx {KEY_NAME} "{KEY}"',
        f'{{"{KEY_NAME}": "{KEY}",',
        f"{KEY_NAME} = {KEY}  # mine",
        f'{KEY_NAME}="{KEY}" # mine',
        f'{KEY_NAME}="Bearer {KEY}"',
        f"{KEY_NAME}=\u201c{KEY}\u201d",
        f"{KEY_NAME}={KEY};",
        f"OTHER=x\n\t{KEY_NAME}\t=\t{KEY}\nLAST=y",
    ],
)
def test_each_way_to_write_it_is_understood(line: str) -> None:
    """Of shells, of YAML and JSON, and of what is copied along with a key."""
    assert project_settings.api_key({}, line) == KEY


@pytest.mark.parametrize(
    "text",
    [
        *(f'"{KEY}"', f"'{KEY}'", f"Bearer {KEY}", f'"Bearer {KEY}"', f"bearer: {KEY}"),
        *(f"Authorization: Bearer {KEY}", f"{KEY_NAME}={KEY}", f" {KEY}\n", f"<{KEY}>"),
        f"\ufeff{KEY}",
    ],
)
def test_key_in_the_environment_is_bared_too(text: str) -> None:
    """Quotes and `Bearer` are no part of it."""
    assert project_settings.api_key({KEY_NAME: text}, None) == KEY


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"],
)
def test_each_encoding_is_read(encoding: str) -> None:
    """What PowerShell and old editors write."""
    found = dotenv.read(f"# schl\u00fcssel\r\n{KEY_NAME}={KEY}\r\n".encode(encoding))
    assert project_settings.api_key({}, found.text) == KEY
    assert found.trouble == ""


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (f"{KEY_NAME}?{KEY}".encode(), KEY_NAME),
        (f"PIXEL_KEY={KEY}".encode(), "no name that is known"),
        (f"{KEY_NAME} my key".encode("utf-16"), KEY_NAME),
    ],
)
def test_what_cannot_be_understood_is_named(content: bytes, named: str) -> None:
    """Silently, the built-in engine would answer for the service that was paid for."""
    trouble = dotenv.read(content).trouble
    assert trouble.startswith(".env: ")
    assert named in trouble
    assert KEY not in trouble


@pytest.mark.parametrize("text", ["", f"{KEY_NAME}=\n", f"# {KEY_NAME}={KEY}", "A=b\nB: c", "\0\1"])
def test_file_without_a_key_is_none_of_ours(text: str) -> None:
    """Most `.env` files are about something else."""
    assert dotenv.read(text.encode()).trouble == ""


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "unreadable", "lost link"])
def test_file_that_cannot_be_read_is_named_by_every_command(game: Game, kind: str) -> None:
    """And ends nothing: the note says so, the build goes on."""
    place = game.root / ".env"
    match kind:
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "large":
            place.write_bytes(b"#" * 70_000)
        case "lost link":
            place.symlink_to("/nowhere/secrets.env")
        case _:
            place.write_text("PIXELKEY=" + KEY)
    for command in ("plan", "doctor", "build"):
        run = game.run(command)
        assert run.exit == 0, run.stderr
        assert ".env: " in run.stdout + run.stderr


def test_key_in_utf16_reaches_the_service(game: Game, tmp_path: Path) -> None:
    """The whole way, with the real command."""
    game.write(".env", f"{KEY_NAME}={KEY}\r\n".encode("utf-16"))
    assert game.run("trust", "--env").exit == 0
    nowhere = {"PIXELPIPE_API_BASE": "https://api.pixelengine.invalid/v1"}
    run = game.run("plan", environment=nowhere)
    assert "60 credits" in run.stdout
