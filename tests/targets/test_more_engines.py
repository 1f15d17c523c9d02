"""GameMaker's package, Ren'Py, GDevelop, raylib and Pyxel: by schema, or in the real runtime."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any, cast

import hero_sheet
import programs
import pytest
from PIL import Image

from pipeline.core.model import Sheet, SheetClip, TargetChoice
from pipeline.targets import timing

pytestmark = pytest.mark.slow
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})


def number_in(png: bytes) -> int:
    """Return the number that a picture of one frame shows."""
    with Image.open(io.BytesIO(png)) as image:
        return hero_sheet.decode(image.convert("RGBA").tobytes(), image.width)


def test_gamemaker_package_fits_its_makers_schema(tmp_path: Path) -> None:
    """Frames, holds, speed, loop and origin of every clip; each image is there, in both places."""
    package = TargetChoice(name="gamemaker", options={"form": "package"})
    sheet = hero_sheet.hero()
    files = programs.publish(tmp_path, sheet, (package, TWO_ROWS))
    with zipfile.ZipFile(files["hero.anim.gamemaker.yymps"]) as zipped:
        zipped.extractall(tmp_path / "package")
        names = zipped.namelist()
    assert {"metadata.json", "hero.yyp"} <= set(names)
    paths = [f"sprites/spr_hero_{c.name}/spr_hero_{c.name}.yy" for c in sheet.clips]
    found = json.loads(
        programs.run(
            *(programs.program("node"), programs.HERE / "readers" / "read_yymps.mjs"),
            *(programs.package("@bscotch/yy"), tmp_path / "package"),
            *paths,
            home=tmp_path,
        )
    )
    assert [one["path"] for one in found["resources"]] == paths
    walk, jump = found["sprites"]
    assert walk["keys"] == [[0, 1], [1, 1], [2, 1], [3, 1]]
    assert jump["keys"] == [[0, 1], [1, 2], [3, 1], [4, 1]]
    assert (walk["length"], jump["length"]) == (4, 5)
    assert (walk["playback"], jump["playback"]) == (1, 0)
    for sprite, clip in zip(found["sprites"], sheet.clips, strict=True):
        assert (sprite["speed"], sprite["kind"]) == (8, 0)
        assert sprite["origin"] == [9, 8, 24]
        assert sprite["size"] == [16, 24]
        assert sprite["shown"] == sprite["frames"]
        folder = tmp_path / "package" / "sprites" / sprite["name"]
        for image, (frame, _) in zip(sprite["frames"], timing.play(sheet, clip), strict=True):
            png = (folder / f"{image}.png").read_bytes()
            assert number_in(png) == frame
            assert (folder / "layers" / image / f"{sprite['layers'][0]}.png").read_bytes() == png


def test_renpy_lints_and_measures_our_images(tmp_path: Path) -> None:
    """The real lint finds nothing, and the real ATL shows every cell for its time."""
    renpy = programs.TOOLS / "renpy" / "renpy"
    if not renpy.exists():
        programs.missing("Ren'Py")
    game = tmp_path / "game"
    for sheet in hero_sheet.odd():
        programs.publish(game, sheet, (TargetChoice(name="renpy", options={"root": "."}), TWO_ROWS))
    (game / "options.rpy").write_text(
        'define config.name = "t"\ndefine config.save_directory = None\n'
    )
    shown = "\n".join(
        f"    show {name}" for name in ("hero walk", "hero jump_", "grüne_höhle_2 walk")
    )
    (game / "script.rpy").write_text(f'label start:\n{shown}\n    "hello"\n    return\n')
    dummy = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    said = programs.run(renpy, tmp_path, "lint", home=tmp_path, extra=dummy)
    ours = [line for line in said.splitlines() if line.startswith("game/")]
    assert ours == [], said
    count = sum(len(sheet.clips) for sheet in hero_sheet.odd())
    assert f"{count} images" in said.replace(",", "")


def test_renpy_says_when_an_image_is_not_there(tmp_path: Path) -> None:
    """A wrong root must not pass the lint: else the test above says nothing."""
    renpy = programs.TOOLS / "renpy" / "renpy"
    if not renpy.exists():
        programs.missing("Ren'Py")
    game = tmp_path / "game"
    renpy_target = TargetChoice(name="renpy", options={"root": "res://wrong"})
    programs.publish(game, hero_sheet.hero(), (renpy_target,))
    (game / "script.rpy").write_text('label start:\n    show hero walk\n    "hello"\n    return\n')
    dummy = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    said = programs.run(renpy, tmp_path, "lint", home=tmp_path, extra=dummy)
    assert "wrong/art/hero.anim.png" in said


def grouped(names: list[str]) -> dict[str, list[str]]:
    """Return what GDevelop's import makes of pictures: animation to names, in order.

    Read from its editor: the number at the end goes, then separators, then what all begin with.
    """
    stems = [name.removesuffix(".png") for name in names]
    bare = [re.sub(r"\(?\d+\)?$", "", stem).strip(" _-.") for stem in stems]
    prefix = bare[0] if len(set(bare)) == 1 else os.path.commonprefix(bare)  # noqa: RUF071
    found: dict[str, list[str]] = {}
    for name, word in zip(names, bare, strict=True):
        found.setdefault(word[len(prefix) :].strip(" _-."), []).append(name)
    return found


@pytest.mark.parametrize("clips", [("walk", "walk_left"), ("idle",), ("idle", "hop"), ("a", "ab")])
def test_gdevelop_names_every_animation(clips: tuple[str, ...]) -> None:
    """Whatever the clips have in common, the import must not cut it off."""
    parts = tuple(SheetClip(name=name, first=2 * i, count=2) for i, name in enumerate(clips))
    sheet = hero_sheet.sheet(*parts, durations=(100,) * (2 * len(clips)))
    from pipeline import targets

    files = targets.export(sheet, (TargetChoice(name="gdevelop"),))
    names = [Path(f.path).name for f in files if ".gdevelop." in f.path and f.path.endswith("png")]
    found = grouped(names)
    assert set(clips) <= set(found)
    assert all(len(found[name]) == 2 for name in clips)


def test_gdevelop_builds_and_plays_our_object(tmp_path: Path) -> None:
    """Its own core loads the project and exports the game, which plays in Chromium."""
    sheet = hero_sheet.hero()
    programs.publish(tmp_path, sheet, (TargetChoice(name="gdevelop"),))
    said = programs.run(
        *(programs.program("node"), programs.HERE / "readers" / "build_gdevelop.mjs"),
        *(programs.package("gdcore-tools"), tmp_path, "art/hero.anim.gdevelop.json"),
        tmp_path / "out",
        home=tmp_path,
    )
    line = next(line for line in said.splitlines() if line.startswith("FOUND "))
    found = json.loads(line.removeprefix("FOUND "))
    for clip, animation in zip(sheet.clips, found["animations"], strict=True):
        assert animation["name"] == clip.name
        assert animation["loop"] == clip.loop
        assert animation["seconds"] == 0.125
        assert animation["origin"] == [8, 24]
        numbers = [number_in((tmp_path / image).read_bytes()) for image in animation["images"]]
        assert numbers == list(timing.baked(sheet, clip))
    assert (tmp_path / "out" / "index.html").exists()
    played = programs.chromium(
        {
            "page": str(tmp_path / "out" / "index.html"),
            "folder": str(tmp_path / "out"),
            "scripts": {},
            "ready": "window.__hero && window.__hero() && (window.__seen ??= [], "
            "window.__seen.push(window.__hero().getAnimationFrame()), window.__seen.length > 90)",
            "answer": "({frames: [...new Set(window.__seen)], x: window.__hero().getX(), "
            "name: window.__hero().getAnimationName(), drawable: window.__hero().getDrawableX()})",
        },
        home=tmp_path,
    )
    assert sorted(cast(list[int], played["frames"])) == [0, 1, 2, 3]
    assert played["name"] == "walk"
    assert (played["x"], played["drawable"]) == (8, 0)


@pytest.mark.parametrize(
    ("module", "script"), [("pyray", "read_raylib.py"), ("pyxel", "read_pyxel.py")]
)
def test_python_engines_draw_the_rects_of_the_json(
    tmp_path: Path, module: str, script: str
) -> None:
    """Neither reads sheets: the JSON says where each frame is."""
    sheet: Sheet = hero_sheet.hero()
    files = programs.publish(tmp_path, sheet, (TargetChoice(name="aseprite"), TWO_ROWS))
    found: dict[str, Any] = programs.read(
        script, files["hero.anim.json"], module=module, home=tmp_path
    )
    assert found["numbers"] == list(range(8))
    assert found["size"] == [64, 48]
