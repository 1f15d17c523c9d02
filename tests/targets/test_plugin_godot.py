"""The Godot 3 addon in the real editor, with the real program."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import hero_sheet
import programs
import pytest

from pipeline.commands.init import plugins
from pipeline.core.model import TargetChoice

pytestmark = pytest.mark.slow
PROJECT = """config_version=4
[application]
config/name="t"
[editor_plugins]
enabled=PoolStringArray( "pixelpipe", "probe" )
[pixelpipe]
command="{command}"
[rendering]
quality/driver/driver_name="GLES2"
"""
SETTINGS = """assets: [art]
rules: [rules.yaml]
service: built-in
targets: [{godot: {version: 3}}]
"""
RULES = """rules:
  - name: heroes
    match: "*.png"
    clips: {idle: "breathing calmly, idle loop"}
"""


def game(folder: Path) -> None:
    """Make a Godot 3 project with one sprite, our addon, and one that presses its buttons."""
    for file in plugins.files("godot3"):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    shutil.copytree(programs.HERE / "godot/addons/probe", folder / "addons/probe")
    command = f"{sys.executable} -m pipeline"
    (folder / "project.godot").write_text(PROJECT.format(command=command))
    (folder / "pixelpipe.yaml").write_text(SETTINGS)
    (folder / "rules.yaml").write_text(RULES)
    sheet = hero_sheet.hero()
    files = programs.publish(folder / "made", sheet, (TargetChoice(name="frames"),))
    (folder / "art").mkdir()
    bare = files["hero.anim.walk_000.png"].read_bytes()
    (folder / "art" / "hero.png").write_bytes(without_origin(bare))
    shutil.rmtree(folder / "made")


def without_origin(png: bytes) -> bytes:
    """Encode a picture again, so that it is a source."""
    import io

    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        Image.frombytes("RGBA", image.size, image.convert("RGBA").tobytes()).save(out, "PNG")
    return out.getvalue()


def test_godot_3_addon_plans_builds_and_lists(tmp_path: Path) -> None:
    """Buttons, dock and build before play, in the editor of the Debian package."""
    game(tmp_path)
    root = str(Path(plugins.__file__).parent.parent.parent)
    state = {"PYTHONPATH": root, "PIXELPIPE_STATE": str(tmp_path / ".state")}
    editor = programs.program("godot3-server")
    said = programs.run(editor, "--path", tmp_path, "-e", home=tmp_path, extra=state)
    assert "SCRIPT ERROR" not in said
    line = next(line for line in said.splitlines() if line.startswith("PROBE "))
    found = json.loads(line.removeprefix("PROBE "))
    assert found["plan"]["exit"] == 0
    (planned,) = found["plan"]["rows"]
    assert planned[:2] == ["art/hero.png", "idle"]
    assert found["build"]["exit"] == 0
    (built,) = found["build"]["rows"]
    assert built[2] == "done"
    assert 0 < int(built[3]) <= 100
    assert built[4] == "0"
    assert found["build"]["said"].startswith("Up to date. 1 clips")
    assert "res://art/hero.anim.tres" in found["written"]
    assert (tmp_path / "art" / "hero.anim.tres").exists()
    assert found["play"] is True
    assert found["missing"]["play"] is True
    assert "was not found: install it" in found["missing"]["said"]
