"""Godot 3 loads and plays ours; Godot 4's text is read by a parser of others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest

from pipeline.core.model import Sheet, TargetChoice
from pipeline.targets import layout, timing

pytestmark = pytest.mark.slow
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})
GODOT_3 = TargetChoice(name="godot", options={"version": 3})
#: Length of a frame with --fixed-fps 50.
FRAME_MS = 20
PROJECT = """config_version=4
[application]
config/name="t"
[rendering]
quality/driver/driver_name="GLES2"
quality/driver/fallback_to_gles2=true
"""


def project(folder: Path) -> Path:
    """Make a Godot 3 project."""
    (folder / "project.godot").write_text(PROJECT)
    return folder


def godot(folder: Path, *arguments: str) -> str:
    """Start Godot 3 without a window."""
    editor = programs.program("godot3-server")
    return programs.run(editor, "--path", folder, *arguments, home=folder)


def check(folder: Path, resources: list[str]) -> dict[str, Any]:
    """Import everything, then load `resources` and say what is in them."""
    (folder / "resources.txt").write_text("\n".join(resources) + "\n")
    shutil.copy(programs.HERE / "godot" / "check.gd", folder)
    godot(folder, "-e", "-q")
    printed = godot(folder, "-s", "check.gd")
    answer = next(line for line in printed.splitlines() if line.startswith("{"))
    return cast(dict[str, Any], json.loads(answer))


def cells(sheet: Sheet, frames: tuple[int, ...], columns: int) -> list[list[int]]:
    """Return the regions of `frames`."""
    places = layout.arrange(sheet.cell, len(sheet.frames), layout.Limits(columns=columns))
    return [[*places.place(frame), *sheet.cell] for frame in frames]


def test_godot_3_loads_regions_speed_loop_and_pivot(tmp_path: Path) -> None:
    """One import and one start for all odd sheets."""
    project(tmp_path)
    sheets = hero_sheet.odd()
    for sheet in sheets:
        programs.publish(tmp_path, sheet, (GODOT_3, TWO_ROWS))
    found = check(tmp_path, [f"res://{sheet.stem}.anim.tres" for sheet in sheets])
    for sheet in sheets:
        resource = found[f"res://{sheet.stem}.anim.tres"]
        assert resource["pivot"] == list(sheet.pivot)
        assert len(resource["hash"]) == 64
        assert set(resource["animations"]) == {clip.name for clip in sheet.clips}
        columns = min(4, len(sheet.frames))
        rows = -(-len(sheet.frames) // columns)
        for clip in sheet.clips:
            animation = resource["animations"][clip.name]
            assert animation["cells"] == cells(sheet, timing.baked(sheet, clip), 4), clip.name
            assert animation["loop"] == clip.loop
            assert abs(animation["speed"] - timing.fps(sheet, clip)) < 1e-4
            assert animation["atlas"] == [columns * sheet.cell[0], rows * sheet.cell[1]]
    jump = found["res://art/hero.anim.tres"]["animations"]["jump"]
    assert jump["cells"].count([16, 24, 16, 24]) == 2  # frame 5 is held by being there twice


def test_godot_3_draws_the_frames_in_time(tmp_path: Path) -> None:
    """The picture in the window is decoded, with the pivot taken from the resource."""
    godot_window, xvfb = programs.program("godot3"), programs.program("xvfb-run")
    project(tmp_path)
    programs.publish(tmp_path, hero_sheet.hero(), (GODOT_3, TWO_ROWS))
    shutil.copy(programs.HERE / "godot" / "play.gd", tmp_path)
    godot(tmp_path, "-e", "-q")
    printed = programs.run(
        *(xvfb, "-a", godot_window, "--path", tmp_path, "--audio-driver", "Dummy"),
        *("--fixed-fps", "50", "-s", "play.gd"),
        home=tmp_path,
    )
    plays = json.loads(next(line for line in printed.splitlines() if line.startswith('{"')))
    assert plays["walk"]["pixels"][:8] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert plays["jump"]["pixels"] == [4, 5, 6, 7]
    events = plays["jump"]["events"]
    end = next(ms for kind, ms, _ in events if kind == "finished")
    assert abs(end - 625) <= 2 * FRAME_MS
    third = next(ms for kind, ms, frame in events if frame == 3)  # 4 5 5 6: the hold is over
    assert abs(third - 375) <= 2 * FRAME_MS


def test_godot_4_text_reads_as_meant(tmp_path: Path) -> None:
    """No Godot 4 can be installed here: a parser of others reads it, besides the golden file."""
    for sheet in hero_sheet.odd():
        files = programs.publish(tmp_path, sheet, (TargetChoice(name="godot"), TWO_ROWS))
        path = next(path for name, path in files.items() if name.endswith(".tres"))
        found = programs.read("read_tres.py", path, module="godot_parser", home=tmp_path)
        assert found["texture"] == f"res://{sheet.stem}.anim.png"
        animations = cast(dict[str, Any], found["animations"])
        for clip in sheet.clips:
            animation = animations[clip.name]
            shown = timing.play(sheet, clip)
            assert animation["cells"] == cells(sheet, tuple(frame for frame, _ in shown), 4)
            assert animation["loop"] == clip.loop
            ms = [duration / animation["speed"] * 1000 for duration in animation["durations"]]
            assert [round(value) for value in ms] == [duration for _, duration in shown]


def test_godot_skips_our_folder_and_reimports_changed_pixels(tmp_path: Path) -> None:
    """Our state must not end up in the game, and a new result must."""
    project(tmp_path)
    hidden = tmp_path / ".pixelpipe" / "x.png"
    hidden.parent.mkdir()
    files = programs.publish(tmp_path, hero_sheet.hero(), (GODOT_3,))
    image = files["hero.anim.png"]
    shutil.copy(image, hidden)
    first = check(tmp_path, ["res://art/hero.anim.tres"])
    assert (image.parent / "hero.anim.png.import").exists()
    assert not list(hidden.parent.glob("*.import"))
    programs.publish(tmp_path, hero_sheet.hero(), (GODOT_3, TWO_ROWS))
    later = check(tmp_path, ["res://art/hero.anim.tres"])
    (one,), (two,) = first.values(), later.values()
    assert one["hash"] != two["hash"]
    assert one["animations"]["walk"]["atlas"] == [128, 24]
    assert two["animations"]["walk"]["atlas"] == [64, 48]
