"""Python engines, and readers of others for libGDX, Defold and Aseprite's binary."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.core.model import Sheet, SheetClip, TargetChoice
from pipeline.targets import aseprite, timing

pytestmark = pytest.mark.slow
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})
ODD = pytest.mark.parametrize("sheet", hero_sheet.odd(), ids=lambda sheet: sheet.stem)


def published(folder: Path, sheet: Sheet, name: str, ending: str, **options: Any) -> Path:
    """Publish one target in two rows; return the file that ends as said."""
    choice = TargetChoice(name=name, options=options)
    files = programs.publish(folder, sheet, (choice, TWO_ROWS))
    return next(path for name, path in files.items() if name.endswith(ending))


def total_ms(sheet: Sheet, clip: SheetClip) -> int:
    """Return the ms of one round."""
    return sum(ms for _, ms in timing.play(sheet, clip))


@pytest.mark.parametrize("form", ["hash", "array"])
@ODD
def test_pygame_cuts_and_plays(tmp_path: Path, sheet: Sheet, form: str) -> None:
    """A loader of twenty lines must be enough."""
    path = published(tmp_path, sheet, "aseprite", ".json", form=form)
    found = programs.read("read_pygame.py", path, module="pygame", home=tmp_path)
    assert found["pixels"] == list(range(len(sheet.frames)))
    assert found["pivot"] == {"x": sheet.pivot[0], "y": sheet.pivot[1]}
    tags = cast(dict[str, Any], found["tags"])
    for clip in sheet.clips:
        assert [frame for _, frame in tags[clip.name][:-1]] == [
            frame for frame, _ in timing.play(sheet, clip)
        ]
        assert tags[clip.name][-1][0] == total_ms(sheet, clip)
        assert (clip.name in cast(list[str], found["once"])) == (not clip.loop)
    if sheet.stem == "art/hero":
        assert tags["jump"] == [[0, 4], [125, 5], [375, 6], [500, 7], [625, -1]]


@ODD
def test_arcade_cuts_and_times(tmp_path: Path, sheet: Sheet) -> None:
    """arcade reads the grid and the ms of each key frame."""
    path = published(tmp_path, sheet, "aseprite", ".json")
    found = programs.read("read_arcade.py", path, module="arcade", home=tmp_path)
    assert found["pixels"] == list(range(len(sheet.frames)))
    clips = cast(dict[str, Any], found["clips"])
    for clip in sheet.clips:
        assert clips[clip.name]["ms"] == total_ms(sheet, clip)
        assert clips[clip.name]["shown"] == [
            frame_at(sheet, clip, ms) for ms in range(5, total_ms(sheet, clip), 10)
        ]


def frame_at(sheet: Sheet, clip: SheetClip, at_ms: int) -> int:
    """Return the frame that one round shows at a time."""
    for frame, ms in timing.play(sheet, clip):
        if at_ms < ms:
            return frame
        at_ms -= ms
    raise AssertionError(at_ms)


@pytest.mark.parametrize("form", ["new", "legacy"])
def test_libgdx_regions_are_clips_in_order(tmp_path: Path, form: str) -> None:
    """The reader is by the author of the format; both forms must say the same."""
    for sheet in hero_sheet.odd():
        path = published(tmp_path, sheet, "libgdx", ".atlas", form=form)
        script = programs.HERE / "readers" / "read_atlas.mjs"
        folder = programs.package("@esotericsoftware/spine-core")
        found = json.loads(
            programs.run(programs.program("node"), script, folder, path, home=tmp_path)
        )
        (page,) = found["pages"]
        assert page["name"] == f"{path.stem}.png"
        assert page["filters"] == [9728, 9728]
        name = sheet.stem.rpartition("/")[2]
        with Image.open(path.with_suffix(".png")) as image:
            rgba = image.convert("RGBA").tobytes()
            assert (page["width"], page["height"]) == image.size
        for clip in sheet.clips:
            regions = [r for r in found["regions"] if r["name"] == f"{name}_{clip.name}"]
            assert [region["index"] for region in regions] == list(range(len(regions)))
            assert all(region["box"][2:] == list(sheet.cell) for region in regions)
            shown = [
                hero_sheet.decode(rgba, page["width"], *region["box"][:2]) for region in regions
            ]
            assert shown == list(timing.baked(sheet, clip))


@pytest.mark.parametrize("form", ["tilesource", "atlas"])
@ODD
def test_defold_groups_show_the_frames_played(tmp_path: Path, sheet: Sheet, form: str) -> None:
    """Tiles count from 1 and ranges include both ends; images must exist."""
    path = published(tmp_path, sheet, "defold", f".{form}", form=form)
    found = programs.read("read_defold.py", path, module="google.protobuf", home=tmp_path)
    assert found["whole"]
    groups = cast(list[dict[str, Any]], found["animations"])
    for clip, group in zip(sheet.clips, groups, strict=True):
        assert group["id"] == clip.name
        assert group["playback"] == (3 if clip.loop else 1)
        assert group["fps"] == round(timing.fps(sheet, clip))
        if form == "atlas":
            shown = [number_in(tmp_path / image[1:]) for image in group["images"]]
        else:
            first, last = group["tiles"]
            tiles = tmp_path / str(found["image"])[1:]
            shown = [number_in(tiles, tile - 1, sheet.cell) for tile in range(first, last + 1)]
        assert shown == list(timing.baked(sheet, clip))


def number_in(path: Path, index: int = 0, cell: tuple[int, int] = hero_sheet.CELL) -> int:
    """Return the number that cell `index` of an image shows."""
    with Image.open(path) as image:
        columns = max(1, image.width // cell[0])
        left, top = index % columns * cell[0], index // columns * cell[1]
        return hero_sheet.decode(image.convert("RGBA").tobytes(), image.width, left, top)


def test_aseprite_binary_is_read_by_others(tmp_path: Path) -> None:
    """Cels, ms, tags, repeat and pivot, by a parser that is not ours."""
    for sheet in hero_sheet.odd():
        path = published(tmp_path, sheet, "ase", ".aseprite")
        script = programs.HERE / "readers" / "read_ase.mjs"
        folder = programs.package("ase-parser")
        found = json.loads(
            programs.run(programs.program("node"), script, folder, path, home=tmp_path)
        )
        assert found["size"] == list(sheet.cell)
        assert found["durations"] == [frame.duration_ms for frame in sheet.frames]
        assert found["bytes"] == [sheet.cell[0] * sheet.cell[1] * 4] * len(sheet.frames)
        assert found["numbers"] == list(range(len(sheet.frames)))
        assert found["pivot"] == {"x": sheet.pivot[0], "y": sheet.pivot[1]}
        for clip, tag in zip(sheet.clips, found["tags"], strict=True):
            assert (tag["name"], tag["from"]) == (clip.name, clip.first)
            assert tag["to"] == clip.first + clip.count - 1
            assert tag["repeat"] == (0 if clip.loop else aseprite.rounds(clip.direction))
            words = tag["direction"].lower().replace("-", "").replace(" ", "_")
            assert words == clip.direction


def test_strips_and_sequences_show_the_frames_played(tmp_path: Path) -> None:
    """GameMaker cuts a strip by the number in its name, Construct sorts a sequence by name."""
    for sheet in hero_sheet.odd():
        choices = (TargetChoice(name="gamemaker"), TargetChoice(name="frames"))
        files = programs.publish(tmp_path, sheet, choices)
        for clip in sheet.clips:
            wanted = list(timing.baked(sheet, clip))
            strip = next(p for n, p in files.items() if f".{clip.name}_strip" in n)
            count = int(strip.stem.rpartition("_strip")[2])
            with Image.open(strip) as image:
                assert image.size == (count * sheet.cell[0], sheet.cell[1])
            assert [number_in(strip, i, sheet.cell) for i in range(count)] == wanted
            singles = sorted(n for n in files if f".{clip.name}_0" in n)
            assert [number_in(files[name]) for name in singles] == wanted
        facts = json.loads(
            next(p for n, p in files.items() if n.endswith("gamemaker.json")).read_text()
        )
        assert [sprite["loop"] for sprite in facts["sprites"]] == [c.loop for c in sheet.clips]


def test_rpg_maker_rows_are_directions_and_columns_steps(tmp_path: Path) -> None:
    """The engine plays columns 1, 2, 1, 0 and stands on 1."""
    names = ("walk_up", "walk_down", "walk_left", "walk_right")
    clips = tuple(SheetClip(name=n, first=4 * i, count=4) for i, n in enumerate(names))
    sheet = hero_sheet.sheet(*clips, durations=(100,) * 16)
    files = programs.publish(tmp_path, sheet, (TargetChoice(name="rpgmaker"),))
    path = files["$hero.anim.rpgmaker.png"]
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert image.size == (48, 96)
    shown = [number_in(path, cell, sheet.cell) for cell in range(12)]
    assert shown == [7, 4, 5, 11, 8, 9, 15, 12, 13, 3, 0, 1]
