"""Aseprite's script, run by Lua with the real program behind it. Aseprite itself is not here."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.commands.init import plugins

pytestmark = pytest.mark.slow


def run_script(folder: Path, command: Path) -> str:
    """Run the script on a drawn sprite; return what it asked of Aseprite."""
    (file,) = plugins.files("aseprite")
    script, drawn = folder / "pixelpipe.lua", folder / "drawn.png"
    script.write_bytes(file.content)
    pixels = hero_sheet.frame_pixels(0)
    out = io.BytesIO()
    Image.frombytes("RGBA", (pixels.width, pixels.height), pixels.rgba).save(out, "PNG")
    drawn.write_bytes(out.getvalue())
    stub = programs.HERE / "aseprite" / "stub.lua"
    lua = programs.program("lua5.4")
    return programs.run(lua, stub, script, drawn, command, folder, home=folder)


def program(folder: Path, line: str) -> Path:
    """Write a program that stands in a folder with a blank."""
    path = folder / "my programs" / "pixelpipe"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def test_script_animates_the_open_sprite(tmp_path: Path) -> None:
    """The sprite's name has a blank and a quote, as names do."""
    root = Path(plugins.__file__).parent.parent.parent
    command = program(tmp_path, f'PYTHONPATH="{root}" exec "{sys.executable}" -m pipeline "$@"')
    said = run_script(tmp_path, command).strip()
    assert said.startswith("opened ")
    opened = Path(said.removeprefix("opened "))
    assert opened.name == "it's a hero.anim.aseprite"
    assert opened.read_bytes()[4:6] == b"\xe0\xa5"
    assert not list(tmp_path.glob("*.anim.*"))


def test_script_shows_what_the_program_said(tmp_path: Path) -> None:
    """A failure must not look like nothing having happened."""
    said = run_script(tmp_path, program(tmp_path, "echo no credits; exit 5"))
    assert said.startswith("alert No animation was made. no credits")
