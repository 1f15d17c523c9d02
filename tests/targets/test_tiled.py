"""Tiled, its rasterizer, PyTMX and pytiled_parser read our tileset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.core.model import TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow
TILED = TargetChoice(name="tiled")
GUTTER = TargetChoice(name="sheet", options={"columns": 4, "gutter": 3})
MAP = """<?xml version="1.0" encoding="UTF-8"?>
<map version="1.8" tiledversion="1.8.2" orientation="orthogonal" renderorder="right-down" width="2"
 height="1" tilewidth="16" tileheight="24" infinite="0" nextlayerid="2" nextobjectid="1">
 <tileset firstgid="1" source="hero.anim.tsx"/>
 <layer id="1" name="a" width="2" height="1"><data encoding="csv">1,5</data></layer></map>
"""
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def hero_map(folder: Path) -> Path:
    """Publish the usual sheet, with cells apart, and a map that shows both clips."""
    programs.publish(folder, hero_sheet.hero(), (TILED, GUTTER))
    path = folder / "art" / "hero.tmx"
    path.write_text(MAP)
    return path


def test_tiled_exports_the_animations_that_we_wrote(tmp_path: Path) -> None:
    """What Tiled writes again is what it understood."""
    tiled = programs.program("tiled")
    for sheet in hero_sheet.odd():
        files = programs.publish(tmp_path, sheet, (TILED, GUTTER))
        source = next(path for name, path in files.items() if name.endswith(".tsx"))
        out = tmp_path / "out.tsj"
        out.unlink(missing_ok=True)
        programs.run(tiled, "--export-tileset", "json", source, out, home=tmp_path, extra=OFFSCREEN)
        found = json.loads(out.read_text())
        assert (found["tilewidth"], found["tileheight"]) == sheet.cell
        assert found["spacing"] == 3
        assert found["tilecount"] == found["columns"] * -(-len(sheet.frames) // found["columns"])
        tiles = {tile["type"]: tile for tile in found["tiles"]}
        for clip in sheet.clips:
            shown = [(f["tileid"], f["duration"]) for f in tiles[clip.name]["animation"]]
            assert shown == list(timing.play(sheet, clip))
            (loop,) = tiles[clip.name]["properties"]
            assert (loop["name"], loop["value"]) == ("loop", clip.loop)


@pytest.mark.parametrize(
    ("ms", "walk", "jump"), [(0, 0, 4), (130, 1, 5), (300, 2, 5), (450, 3, 6), (700, 1, 4)]
)
def test_rasterizer_draws_the_frame_of_the_moment(
    tmp_path: Path, ms: int, walk: int, jump: int
) -> None:
    """Holds, wrapping and the gutter are seen in drawn pixels."""
    path = hero_map(tmp_path)
    out = tmp_path / "out.png"
    rasterizer = programs.program("tmxrasterizer")
    programs.run(
        *(rasterizer, "--advance-animations", str(ms), path, out), home=tmp_path, extra=OFFSCREEN
    )
    with Image.open(out) as image:
        rgba = image.convert("RGBA").tobytes()
        assert image.size == (32, 24)
    assert (hero_sheet.decode(rgba, 32), hero_sheet.decode(rgba, 32, left=16)) == (walk, jump)


@pytest.mark.parametrize("module", ["pytmx", "pytiled_parser"])
def test_python_readers_see_frames_and_times(tmp_path: Path, module: str) -> None:
    """Two readers of games written in Python."""
    path = hero_map(tmp_path)
    found = programs.read("read_tiled.py", module, path, module=module, home=tmp_path)
    animations = cast(dict[str, Any], found["animations"])
    assert animations["walk"] == [[0, 125], [1, 125], [2, 125], [3, 125]]
    assert animations["jump"] == [[4, 125], [5, 250], [6, 125], [7, 125]]
    assert found["loops"] == {"walk": True, "jump": False}
