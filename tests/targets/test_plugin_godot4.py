"""The Godot 4 addon in the real editor's window, and what people add to our scenes there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import godot4
import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.commands.init import plugins
from pipeline.core import keys
from pipeline.storage.files import resaved

pytestmark = pytest.mark.slow
SETTINGS = """assets: [art]
rules: [rules.yaml]
service: built-in
targets: [{{godot: {{form: {form}}}}}]
"""
RULES = """rules:
  - name: heroes
    match: "*.png"
    clips:
      idle: {{prompt: "breathing calmly, idle loop", frames: {frames}}}
      hop: {{prompt: "hopping once, a leap", loop: false}}
"""
ENABLED = """
[editor_plugins]

enabled=PackedStringArray({names})

[pixelpipe]

command="{command}"
"""


def game(folder: Path, *addons: str, form: str = "library") -> Path:
    """Make a Godot 4 project with one sprite, our addon, and `addons` of the tests."""
    godot4.starter()
    folder.mkdir()
    for file in plugins.files("godot"):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    for name in addons:
        for path in (programs.HERE / "godot4" / "addons" / name).iterdir():
            (folder / "addons" / name).mkdir(exist_ok=True)
            (folder / "addons" / name / path.name).write_bytes(path.read_bytes())
    names = ", ".join(f'"res://addons/{name}/plugin.cfg"' for name in ("pixelpipe", *addons))
    command = f"{sys.executable} -m pipeline"
    text = godot4.PROJECT + ENABLED.format(names=names, command=command)
    (folder / "project.godot").write_text(text)
    (folder / "pixelpipe.yaml").write_text(SETTINGS.format(form=form))
    (folder / "rules.yaml").write_text(RULES.format(frames=4))
    (folder / "art").mkdir()
    (folder / "art" / "hero.png").write_bytes(sprite())
    return folder


def sprite(shade: int = 0) -> bytes:
    """Return a source: a frame of the numbered sheet, in another colour if wished."""
    pixels = hero_sheet.frame_pixels(shade)
    out = io.BytesIO()
    Image.frombytes("RGBA", (pixels.width, pixels.height), pixels.rgba).save(out, "PNG")
    return out.getvalue()


def test_dock_shows_plan_price_progress_and_grades(tmp_path: Path) -> None:
    """Its buttons are pressed in the editor's window; the pictures are kept to be looked at."""
    folder = game(tmp_path / "game", "probe")
    said = godot4.window(folder, "-e", timeout_s=180)
    assert "SCRIPT ERROR" not in said, said
    found = godot4.answer(said, "PROBE")
    assert found["first"] == "No report yet."
    assert found["titles"] == ["Sprite", "Clip", "State", "Grade", "Credits"]
    assert found["plan"]["said"] == "Up to date. 2 clips, 2 to make, for 0 credits."
    assert [row[:2] for row in found["plan"]["rows"]] == [
        ["art/hero.png", "idle"],
        ["art/hero.png", "hop"],
    ]
    assert found["build"]["said"] == "Up to date. 2 clips, 2 made, 0 failed, 0 credits."
    for row in found["build"]["rows"]:
        assert row[2] == "done"
        assert 0 < int(row[3]) <= 100
        assert row[4] == "0"
    assert found["progress"][-2:] == [1, 2]
    assert found["loaded"] is True
    assert found["play"] is True
    assert found["missing"]["play"] is True
    assert "was not found: install it" in found["missing"]["said"]
    for name in ("before", "after"):
        with Image.open(folder / f"{name}.png") as shot:
            assert shot.width > 1000
        programs.keep(folder / f"{name}.png", f"godot4-dock-{name}.png")


def test_what_a_user_adds_survives_a_rebuild(tmp_path: Path) -> None:
    """A scene that inherits ours, a node, a longer track, another loop: all live there."""
    folder = game(tmp_path / "game", "inherit")
    godot4.pixelpipe(folder, "build", ".")
    godot4.run(folder, "--import")
    godot4.run(folder, "-e", timeout_s=180)
    mine = (folder / "mine.tscn").read_bytes()
    assert b"uid://" in mine
    before = inherited(folder)
    assert before["children"] == ["AnimationPlayer", "Marker2D"]
    assert before["ours"]["idle"][1] is True
    assert before["ours"]["hop"][1] is False
    assert before["mine"] == {"name": "slow", "length": 9.5, "loop": "once", "keys": [0, 1, 0]}
    changed = RULES.format(frames=6)
    (folder / "rules.yaml").write_text(changed)
    said = godot4.pixelpipe(folder, "build", ".")
    assert "Made 2 clips" in said
    godot4.run(folder, "--import")
    assert (folder / "mine.tscn").read_bytes() == mine
    after = inherited(folder)
    assert after["ours"]["idle"][0] > before["ours"]["idle"][0]
    assert {**after, "ours": 0} == {**before, "ours": 0}


def inherited(folder: Path) -> dict[str, Any]:
    """Load the user's scene and say what is in it."""
    godot4.script(folder, "inherited.gd")
    found: dict[str, Any] = godot4.answer(godot4.run(folder, "-s", "inherited.gd"), "FOUND")
    return found


def test_files_that_the_editor_saved_again_are_still_ours(tmp_path: Path) -> None:
    """Other bytes, the same meaning: nothing is blocked, nothing written, an edit still seen."""
    folder = game(tmp_path / "game", "resave")
    godot4.pixelpipe(folder, "build", ".")
    names = ("hero.anim.tres", "hero.anim.library.tres", "hero.anim.tscn")
    ours = {name: (folder / "art" / name).read_bytes() for name in names}
    godot4.run(folder, "--import")
    godot4.run(folder, "-e", timeout_s=180)
    for name, content in ours.items():
        saved = (folder / "art" / name).read_bytes()
        assert saved != content, name
        assert resaved.restated(saved) == content, name
        assert resaved.restated(content) == content, name
    assert "Nothing to do: 2 clips" in godot4.pixelpipe(folder, "build", ".")
    assert "2 fresh" in godot4.pixelpipe(folder, "plan", "--check", ".")
    path = folder / "art" / "hero.anim.tres"
    edited = path.read_bytes().replace(b'"loop": false', b'"loop": true')
    assert keys.digest(resaved.restated(edited)) != keys.digest(ours["hero.anim.tres"])
    (folder / "rules.yaml").write_text(RULES.format(frames=6))
    assert "Made 2 clips" in godot4.pixelpipe(folder, "build", ".")


def test_open_editor_shows_what_a_watch_publishes(tmp_path: Path) -> None:
    """The addon sees that something was published, and lets the editor import it."""
    folder = game(tmp_path / "game", "reload")
    godot4.pixelpipe(folder, "build", ".")
    godot4.run(folder, "--import")
    watch = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "watch", "."],
        cwd=folder,
        env={**os.environ, **godot4.surroundings(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(2)
        (folder / "next.png").write_bytes(sprite(7))
        said = godot4.window(folder, "-e", timeout_s=180)
    finally:
        watch.terminate()
        watch.wait(30)
    found = godot4.answer(said, "RELOAD")
    assert found["before"]["hash"] != found["after"]["hash"]
    assert found["same_node"] is True
    assert (found["before"]["pixel"], found["after"]["pixel"]) == ("28c85aff", "837b5aff")
