"""Phaser, PixiJS, style sheets and previews in headless Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest

from pipeline.core.model import SheetClip, TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow
WEB = TargetChoice(name="web")
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})
#: What a page says, by key.
Facts = dict[str, Any]
#: The pages move the players' clocks themselves, so that a busy machine changes nothing.
STEP_MS = 5
EXACT_MS = {"walk": [125] * 4, "jump": [125, 250, 125, 125]}
#: Hundredths of a second, rounded so that the sum stays true.
GIF_MS = {"walk": [130, 120, 130, 120], "jump": [130, 250, 120, 130]}


def phaser(folder: Path, *, older: bool, sheets: Facts, plays: list[Facts]) -> Facts:
    """Run Phaser on published files."""
    script = programs.package("phaser", older=older) / "dist" / "phaser.js"
    return browse("phaser.html", folder, {"phaser.js": script}, sheets=sheets, plays=plays)


def pixi(folder: Path, *, older: bool, sheets: Facts, plays: list[Facts]) -> Facts:
    """Run PixiJS on published files."""
    script = programs.package("pixi.js", older=older) / "dist" / "pixi.js"
    return browse("pixi.html", folder, {"pixi.js": script}, sheets=sheets, plays=plays)


def browse(page: str, folder: Path, scripts: dict[str, Path], **query: object) -> Facts:
    """Open a page with the frame decoder beside it."""
    decoder = programs.HERE / "pages" / "decode.js"
    answer = programs.browse(
        page, folder, scripts={**scripts, "decode.js": decoder}, query=dict(query)
    )
    return cast(Facts, answer)


def assert_times(events: list[list[Any]], expected: dict[int, int], name: str) -> None:
    """Compare the simulated ms of each frame's first event with what the sheet says."""
    found = {number: ms for kind, ms, number in events if kind == name}
    late = {number: found[number] - ms for number, ms in expected.items()}
    assert all(-STEP_MS <= ms <= STEP_MS for ms in late.values()), events


@pytest.mark.parametrize("older", [True, False], ids=["phaser3", "phaser4"])
def test_phaser_plays_order_time_and_loop(tmp_path: Path, older: bool) -> None:
    """The drawn pixels, not the parsed JSON, say which frame is shown."""
    programs.publish(tmp_path, hero_sheet.hero(), (WEB, TWO_ROWS))
    sheets = {"hero": {"png": "/art/hero.anim.png", "json": "/art/hero.anim.web.json"}}
    at = {"key": "hero", "x": 8, "y": 24}
    plays = [
        {**at, "animation": "hero_walk", "repeat": -1, "ms": 1100},
        {**at, "animation": "hero_jump", "repeat": 0, "ms": 900},
    ]
    facts = phaser(tmp_path, older=older, sheets=sheets, plays=plays)
    assert facts["version"].startswith("3." if older else "4.")
    walk, jump = facts["animations"]["hero_walk"], facts["animations"]["hero_jump"]
    assert (walk["frames"], walk["frameRate"], walk["duration"]) == ([0, 1, 2, 3], 8, 500)
    assert (jump["frames"], jump["durations"]) == ([4, 5, 6, 7], [125, 250, 125, 125])
    assert jump["duration"] == 625
    walking, jumping = facts["plays"]
    assert walking["pixels"][:8] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert walking["origin"] == [0.5, 1]
    assert jumping["pixels"] == [4, 5, 6, 7]
    assert [event[2] for event in jumping["events"]] == [4, 5, 6, 7, 7]
    assert jumping["events"][-1][0] == "complete"
    assert_times(jumping["events"], {5: 125, 6: 375, 7: 500}, "update")


@pytest.mark.parametrize("older", [True, False], ids=["phaser3", "phaser4"])
def test_phaser_plays_every_direction(tmp_path: Path, older: bool) -> None:
    """Phaser plays `pingpong_reverse` forward when it is left to it; ours is baked."""
    sheet = hero_sheet.turning()
    programs.publish(tmp_path, sheet, (WEB,))
    sheets = {"turning": {"png": "/art/turning.anim.png", "json": "/art/turning.anim.web.json"}}
    plays = [
        {
            "key": "turning",
            "animation": f"turning_{clip.name}",
            "repeat": -1 if clip.loop else 0,
            "ms": 1100,
            "x": 8,
            "y": 24,
        }
        for clip in sheet.clips
    ]
    facts = phaser(tmp_path, older=older, sheets=sheets, plays=plays)
    for clip, play in zip(sheet.clips, facts["plays"], strict=True):
        wanted = [frame for frame, _ in timing.play(sheet, clip)]
        assert play["pixels"][: len(wanted)] == wanted, clip.name
        if not clip.loop:
            assert play["pixels"] == wanted


@pytest.mark.parametrize("older", [True, False], ids=["phaser3", "phaser4"])
def test_phaser_keeps_sheets_with_equal_clip_names_apart(tmp_path: Path, older: bool) -> None:
    """Animation keys are global: without the sheet's name the first `walk` would win."""
    sheets = {}
    for sheet in hero_sheet.odd():
        name = sheet.stem.rpartition("/")[2]
        if sheet.stem == "art/wide/hero":
            continue
        programs.publish(tmp_path, sheet, (WEB,))
        sheets[name] = {
            "png": f"/{sheet.stem}.anim.png",
            "json": f"/{sheet.stem}.anim.web.json",
        }
    facts = phaser(tmp_path, older=older, sheets=sheets, plays=[])
    animations = facts["animations"]
    assert animations["hero_walk"]["textures"] == ["hero"]
    assert animations["many_walk"]["textures"] == ["many"]
    assert animations["many_walk"]["frames"] == list(range(16))
    assert animations["many_walk"]["durations"] == [83, 84] * 8
    assert animations["one_idle"]["frames"] == [0]
    assert animations["Grüne Höhle 2_walk"]["durations"] == [125, 500]
    assert not [line for line in facts["said"] if "already exists" in line or "no frame" in line]


@pytest.mark.parametrize("form", ["hash", "array"])
@pytest.mark.parametrize("older", [True, False], ids=["phaser3", "phaser4"])
def test_phaser_reads_plain_aseprite_json(tmp_path: Path, older: bool, form: str) -> None:
    """With names "0", "1" both forms give whole animations."""
    choice = TargetChoice(name="aseprite", options={"form": form})
    programs.publish(tmp_path, hero_sheet.hero(), (choice,))
    sheets = {"hero": {"png": "/art/hero.anim.png", "json": "/art/hero.anim.json"}}
    facts = phaser(tmp_path, older=older, sheets=sheets, plays=[])
    frames = {key: entry["frames"] for key, entry in facts["animations"].items()}
    assert frames == {"walk": [0, 1, 2, 3], "jump": [4, 5, 6, 7]}


@pytest.mark.parametrize("older", [True, False], ids=["pixi7", "pixi8"])
def test_pixi_plays_order_time_and_loop(tmp_path: Path, older: bool) -> None:
    """The drawn pixels say which frame is shown; the pivot is the anchor."""
    programs.publish(tmp_path, hero_sheet.hero(), (WEB, TWO_ROWS))
    sheets = {"hero": "/art/hero.anim.web.json"}
    at = {"key": "hero", "x": 8, "y": 24}
    plays = [
        {**at, "animation": "hero_walk", "loop": True, "ms": 1100},
        {**at, "animation": "hero_jump", "loop": False, "ms": 900},
    ]
    facts = pixi(tmp_path, older=older, sheets=sheets, plays=plays)
    assert facts["version"].startswith("7." if older else "8.")
    assert facts["facts"]["hero"] == {
        "count": 8,
        "animations": {"hero_walk": 4, "hero_jump": 4},
        "anchor": [0.5, 1],
        "scaleMode": 0 if older else "nearest",
    }
    walking, jumping = facts["plays"]
    assert walking["pixels"][:8] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert jumping["pixels"] == [4, 5, 6, 7]
    assert_times(jumping["events"], {1: 125, 2: 375, 3: 500}, "frame")
    assert jumping["events"][-1][0] == "complete"


@pytest.mark.parametrize("older", [True, False], ids=["pixi7", "pixi8"])
def test_pixi_keeps_sheets_apart_and_plays_every_direction(tmp_path: Path, older: bool) -> None:
    """Two sheets have frames "0", "1" …: without the cache prefix the second would win."""
    sheet = hero_sheet.turning()
    for each in (sheet, hero_sheet.hero()):
        programs.publish(tmp_path, each, (WEB,))
    sheets = {name: f"/art/{name}.anim.web.json" for name in ("turning", "hero")}
    at = {"key": "turning", "x": 8, "y": 24, "ms": 1000}
    plays = [{**at, "animation": f"turning_{clip.name}", "loop": clip.loop} for clip in sheet.clips]
    facts = pixi(tmp_path, older=older, sheets=sheets, plays=plays)
    assert facts["facts"]["turning"]["count"] == 22
    assert facts["facts"]["hero"]["count"] == 8
    for clip, play in zip(sheet.clips, facts["plays"], strict=True):
        wanted = [frame for frame, _ in timing.play(sheet, clip)]
        assert play["pixels"][: len(wanted)] == wanted, clip.name


def test_style_sheet_shows_each_frame_at_its_time(tmp_path: Path) -> None:
    """Chromium's own animation engine is asked at each boundary."""
    programs.publish(tmp_path, hero_sheet.hero(), (TargetChoice(name="css"), TWO_ROWS))
    plays = [
        {"classes": "hero walk", "times": [0, 120, 125, 245, 250, 375, 495, 500, 625]},
        {"classes": "hero jump", "times": [0, 120, 125, 370, 375, 495, 500, 620, 625, 2000]},
    ]
    facts = browse("css.html", tmp_path, {}, css="/art/hero.anim.css", plays=plays)
    walk, jump = facts["plays"]
    places = [f"{-x}px {-y}px" for y in (0, 24) for x in (0, 16, 32, 48)]
    places = [place.replace("-0px", "0px") for place in places]
    assert [places.index(shown) for shown in walk["shown"]] == [0, 0, 1, 1, 2, 3, 3, 0, 1]
    assert [places.index(shown) for shown in jump["shown"]] == [4, 4, 5, 5, 6, 6, 7, 7, 7, 7]
    assert (walk["duration"], walk["iterations"]) == (500, "infinite")
    assert (jump["duration"], jump["iterations"], jump["fill"]) == (625, 1, "forwards")
    assert walk["size"] == [16, 24]
    assert walk["rendering"] == "pixelated"


def test_style_sheet_survives_odd_names(tmp_path: Path) -> None:
    """A class cannot hold a blank, and a file name can."""
    clip = SheetClip(name="2x.go", first=0, count=2)
    sheet = hero_sheet.sheet(clip, durations=(100, 100), stem="art/2 Grüne's (Höhle)")
    programs.publish(tmp_path, sheet, (TargetChoice(name="css"),))
    plays = [{"classes": "2-Grüne's-(Höhle) 2x.go", "times": [0, 100]}]
    facts = browse("css.html", tmp_path, {}, css=f"/{sheet.stem}.anim.css", plays=plays)
    (play,) = facts["plays"]
    assert play["shown"] == ["0px 0px", "-16px 0px"]
    assert play["image"].endswith('.anim.png")')


def test_previews_read_back_in_a_browser(tmp_path: Path) -> None:
    """Frame for frame and ms for ms, by a decoder that is not Pillow's."""
    kinds = {".gif": "image/gif", ".webp": "image/webp", ".apng": "image/png"}
    choices = [TargetChoice(name=kind[1:]) for kind in kinds]
    written = programs.publish(tmp_path, hero_sheet.hero(), choices)
    files = [
        [str(path.relative_to(tmp_path)), kinds[path.suffix]]
        for path in written.values()
        if path.suffix in kinds
    ]
    found = browse("previews.html", tmp_path, {}, files=files)["files"]
    assert len(found) == 6
    for entry in found:
        clip, _, kind = entry["path"].partition(".anim.")[2].partition(".")
        ticks = GIF_MS if kind == "gif" else EXACT_MS
        assert entry["frames"] == ([0, 1, 2, 3] if clip == "walk" else [4, 5, 6, 7]), entry
        assert entry["durations"] == ticks[clip], entry
        assert entry["loops"] == ("infinite" if clip == "walk" else 0), entry
        body, shadow = 128, 10
        assert set(entry["opaque"]) == {body if kind == "gif" else body + shadow}, entry
