"""KAPLAY, melonJS, Excalibur and LittleJS load what we write, each in its own runtime from npm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest

from pipeline.core.model import TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})
CELLS = [[x, y, 16, 24] for y in (0, 24) for x in (0, 16, 32, 48)]
#: Whatever a page says.
Facts = dict[str, Any]


def browse(page: str, folder: Path, scripts: dict[str, Path], **query: object) -> Facts:
    """Open a page with the frame decoder beside it."""
    decoder = programs.HERE / "pages" / "decode.js"
    answer = programs.browse(
        page, folder, scripts={**scripts, "decode.js": decoder}, query=dict(query)
    )
    assert "failure" not in answer, answer
    return cast(Facts, answer)


def kaplay(folder: Path, name: str, plays: list[Facts]) -> Facts:
    """Load a sheet by `loadAseprite` and play it."""
    script = programs.package("kaplay") / "dist" / "kaplay.js"
    query = {"png": "/art/hero.anim.png", "json": f"/art/{name}", "plays": plays}
    return browse("kaplay.html", folder, {"kaplay.js": script}, **query)


def test_kaplay_loads_the_list_and_plays_it_in_time(tmp_path: Path) -> None:
    """Its speed and loop are what the file's tags say; held frames stand there twice."""
    files = programs.publish(tmp_path, hero_sheet.hero(), (TargetChoice(name="kaplay"), TWO_ROWS))
    document = json.loads(files["hero.anim.kaplay.json"].read_text())
    tags = {tag["name"]: tag for tag in document["meta"]["frameTags"]}
    plays = [
        {"clip": name, "speed": tag["speed"], "loop": tag["loop"], "ms": 1100}
        for name, tag in tags.items()
    ]
    facts = kaplay(tmp_path, "hero.anim.kaplay.json", plays)
    assert facts["version"].startswith("3001")
    assert facts["size"] == [16, 24]
    walk, jump = facts["plays"]
    first = tags["walk"]["from"]
    assert [frame - first for _, frame in walk["shown"]][:8] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert [frame - tags["jump"]["from"] for _, frame in jump["shown"]] == [0, 1, 2, 3, 4]
    cells = [list(frame["frame"].values()) for frame in document["frames"]]
    sheet = hero_sheet.hero()
    for clip in sheet.clips:
        tag = tags[clip.name]
        wanted = [CELLS[i] for i in timing.baked(sheet, clip)]
        assert cells[tag["from"] : tag["to"] + 1] == wanted
    assert abs(jump["ended"] - 625) < 80


def test_kaplay_refuses_the_hash_form(tmp_path: Path) -> None:
    """Why there is a target of its own: the default must stay a hash, for others."""
    programs.publish(tmp_path, hero_sheet.hero(), (TargetChoice(name="aseprite"), TWO_ROWS))
    # Which of its two loaders meets it first depends on what arrives first.
    with pytest.raises(AssertionError, match=r"map is not a function|reading 'frames'"):
        kaplay(tmp_path, "hero.anim.json", [])


@pytest.mark.parametrize("target", ["aseprite", "web"])
def test_melonjs_takes_the_default_json(tmp_path: Path, target: str) -> None:
    """It wants to know whose format it is; regions and tags are read by its own atlas."""
    files = programs.publish(tmp_path, hero_sheet.hero(), (TargetChoice(name=target), TWO_ROWS))
    name = next(name for name in files if name.endswith(".json"))
    script = programs.package("melonjs") / "build" / "index.js"
    query = {"png": "/art/hero.anim.png", "json": f"/art/{name}"}
    facts = browse("melonjs.html", tmp_path, {"melonjs.js": script}, **query)
    assert facts["format"] == "aseprite"
    assert facts["regions"] == CELLS
    assert facts["numbers"] == list(range(8))
    assert facts["size"] == [16, 24]
    assert [index for _, index in facts["anims"]] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_excalibur_loads_json_and_binary(tmp_path: Path) -> None:
    """Its Aseprite plugin keeps every frame's time."""
    choices = (TargetChoice(name="aseprite"), TargetChoice(name="ase"), TWO_ROWS)
    programs.publish(tmp_path, hero_sheet.hero(), choices)
    plugin = programs.package("@excaliburjs/plugin-aseprite") / "build" / "umd"
    scripts = {
        "excalibur.js": programs.package("excalibur") / "build" / "dist" / "excalibur.js",
        "plugin.js": plugin / "excalibur-aseprite.js",
    }
    sources = {"json": "/art/hero.anim.json", "binary": "/art/hero.anim.aseprite"}
    facts = browse("excalibur.html", tmp_path, scripts, sources=sources, clips=["walk", "jump"])
    for kind in sources:
        found = facts["facts"][kind]
        assert found["sprites"] == 8
        assert found["clips"]["walk"]["ms"] == [125] * 4
        assert found["clips"]["jump"]["ms"] == [125, 250, 125, 125]
        assert found["numbers"] == list(range(8))


def test_littlejs_draws_the_rects_of_the_json(tmp_path: Path) -> None:
    """It has no reader of sheets: a tile is a place and a size, which the JSON says."""
    programs.publish(tmp_path, hero_sheet.hero(), (TargetChoice(name="aseprite"), TWO_ROWS))
    script = programs.package("littlejsengine") / "dist" / "littlejs.js"
    frames = [cell[:2] for cell in CELLS]
    query = {"png": "/art/hero.anim.png", "cell": [16, 24], "frames": frames}
    facts = browse("littlejs.html", tmp_path, {"littlejs.js": script}, **query)
    assert facts["numbers"] == list(range(8))
