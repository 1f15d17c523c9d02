"""What is animated already, or a copy, is asked about: until it was bought, and never after."""

from __future__ import annotations

import io
import json
import shutil
import struct
from collections.abc import Callable

import pytest
from game import Game, Shop, built, png
from PIL import Image
from places import REPOSITORY
from slimes import pose

SHARED = REPOSITORY.parent / "shared"
pytestmark = pytest.mark.usefixtures("in_process")


def steps(game: Game) -> dict[str, str]:
    """File to step, as the plan has it."""
    return {name: step for (name, _), (step, _) in game.plan().states().items()}


def aseprite(frames: int, image: str) -> str:
    cells = {f"hero {at}.aseprite": {"frame": {"x": 16 * at}} for at in range(frames)}
    return json.dumps({"frames": cells, "meta": {"app": "aseprite", "image": image}})


def ase(frames: int) -> bytes:
    return struct.pack("<IHHHH", 128, 0xA5E0, frames, 16, 16) + bytes(116)


BESIDE: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    "Aseprite's JSON": ("hero.json", lambda: aseprite(4, "hero.png")),
    "JSON of another name": ("sheets.json", lambda: aseprite(2, "hero.png")),
    "an array in JSON": (
        "hero.json",
        lambda: json.dumps({"frames": [{}, {}, {}], "meta": {"image": "hero.png"}}),
    ),
    "TexturePacker with several pages": (
        "atlas.json",
        lambda: json.dumps({"textures": [{"image": "hero.png", "frames": [{}, {}]}]}),
    ),
    "Sparrow's XML": (
        "hero.xml",
        lambda: '<TextureAtlas imagePath="hero.png"><SubTexture/><SubTexture/></TextureAtlas>',
    ),
    "a property list": (
        "hero.plist",
        lambda: "<key>frame</key><key>frame</key><string>hero.png</string>",
    ),
    "libGDX's atlas": (
        "pack.atlas",
        lambda: "hero.png\nsize: 32,16\na\n xy: 0, 0\nb\n xy: 1, 0\n",
    ),
    "an Aseprite file": ("hero.aseprite", lambda: ase(6)),
    "a short Aseprite file": ("hero.ase", lambda: ase(2)),
    "Godot's import data": (
        "hero.png.import",
        lambda: "[remap]\nslices/horizontal=4\n",
    ),
    "Unity's meta": ("hero.png.meta", lambda: "spriteMode: 2\n sprites:\n - rect:\n - rect:\n"),
}


@pytest.mark.parametrize("name", BESIDE)
def test_data_that_describes_frames_is_asked_about(game: Game, name: str) -> None:
    path, content = BESIDE[name]
    game.write(f"assets/{path}", content())
    assert steps(game) == {"hero.png": "ask", "slime.png": "buy", "chest.png": "buy"}
    told = game.run("plan")
    assert path in told.stdout
    assert "`sheet: false` in assets/hero.png.yaml" in told.stdout


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("hero.json", '{"frames": {"hero": {}}, "meta": {"image": "hero.png"}}'),
        ("hero.json", '{"speed": 4, "frames": 12}'),
        ("hero.json", "not JSON"),
        ("hero.json", "[" * 100_000),
        ("other.json", '{"frames": [{}, {}], "meta": {"image": "other.png"}}'),
        ("hero.aseprite", ase(1)),
        ("hero.ase", b"short"),
        ("hero.png.import", '[remap]\nimporter="texture"\ntype="CompressedTexture2D"\n'),
        ("hero.png.meta", "TextureImporter:\n  spriteMode: 1\n  rect:\n  rect:\n"),
    ],
)
def test_other_data_is_no_sign(game: Game, path: str, content: str | bytes) -> None:
    game.write(f"assets/{path}", content)
    assert steps(game)["hero.png"] == "buy"


def test_our_own_outputs_are_no_sign(game: Game) -> None:
    game.settings(targets=["aseprite", "web", "libgdx", "godot"])
    built(game)
    (game.root / "pixelpipe.lock").unlink()
    assert "ask" not in steps(game).values()


@pytest.mark.parametrize(
    "name",
    [
        "hero (1).png",
        "hero copy.png",
        "hero copy 2.png",
        "hero - Copy.png",
        "hero - Kopie (2).png",
        "Copy of hero.png",
        "hero_backup.png",
        "hero_old.png",
        "hero-DESKTOP-AB12CD3.png",
        "hero.sync-conflict-20260101-120000-ABCDEFG.png",
        "hero (Ann's conflicted copy 2026-01-02).png",
        "lost (conflicted copy).png",
        "hero_conflict-20260101-120000.png",
        "hero [Conflict].png",
        "hero.LOCAL.4711.png",
        "hero_REMOTE.orig.png",
        "hero~.png",
    ],
)
def test_a_copy_of_a_tool_is_asked_about(game: Game, name: str) -> None:
    game.draw(name, tint=20)
    found = steps(game)
    assert found.pop(name) == "ask"
    assert set(found.values()) == {"buy"}


@pytest.mark.parametrize(
    "name",
    ["oldman.png", "copycat.png", "hero_bold.png", "knight (1).png", "conflict.png"],
)
def test_a_name_that_only_sounds_like_a_copy_is_not(game: Game, name: str) -> None:
    game.draw(name, tint=20)
    assert steps(game)[name] == "buy"


@pytest.mark.parametrize("names", ["ooze_{:02}.png", "ooze{}.png", "ooze-{}a.png", "{:03}.png"])
def test_numbered_frames_of_one_figure_are_asked_about(game: Game, names: str) -> None:
    for at, squash in enumerate((0, 1, 2, 1)):
        game.write(f"assets/{names.format(at)}", png(pose(squash)))
    found = steps(game)
    assert [found.pop(names.format(at)) for at in range(4)] == ["ask"] * 4
    assert set(found.values()) == {"buy"}


def test_numbered_pictures_of_several_figures_are_not(game: Game) -> None:
    for at in range(4):
        game.draw(f"guard_{at}.png", tint=at * 30)
    game.write("assets/ooze_1.png", png(pose(0)))
    game.write("assets/ooze_2.png", png(pose(1)))
    assert "ask" not in steps(game).values()


@pytest.mark.parametrize("where", ["override", "rule"])
def test_sheet_false_says_that_it_is_one_picture(game: Game, where: str) -> None:
    strip = Image.new("RGBA", (32, 16))
    strip.paste(pose(0), (0, 0))
    strip.paste(pose(1), (16, 0))
    game.write("assets/hero.png", png(strip))
    game.write("assets/hero.json", aseprite(2, "hero.png"))
    assert steps(game)["hero.png"] == "ask"
    if where == "override":
        game.write("assets/hero.png.yaml", "sheet: false\n")
    else:
        game.rules(
            (game.root / "rules/own.yaml").read_text().replace("clips:", "sheet: false\n    clips:")
        )
    assert steps(game)["hero.png"] == "buy"
    assert game.build().exit == 0
    assert "hero.anim.png" in game.outputs()


def test_a_question_is_no_failure_but_passes_no_gate(game: Game) -> None:
    game.write("assets/hero.json", aseprite(4, "hero.png"))
    assert game.build().exit == 0
    assert game.outputs() == {f"{n}.anim.{e}" for n in ("slime", "chest") for e in ("png", "json")}
    assert game.plan("--check").exit == 9
    assert game.build("--frozen").exit == 9
    assert game.build("--locked").exit == 9
    assert game.build().exit == 0


def test_what_was_bought_is_never_asked_about(paying: Game, shop: Shop) -> None:
    built(paying)
    paying.write("assets/hero.json", aseprite(4, "hero.png"))
    paying.draw("hero (1).png", tint=1)
    assert steps(paying)["hero.png"] == "fresh"
    paying.draw("hero.png", tint=50)
    assert steps(paying)["hero.png"] == "buy"
    assert shop.calls == 3


@pytest.mark.skipif(not (SHARED / "sprites").is_dir(), reason="needs the shared art")
def test_of_real_art_every_strip_is_asked_about_and_no_sprite(game: Game) -> None:
    shutil.rmtree(game.root / "assets")
    shutil.copytree(SHARED / "sprites", game.root / "assets/sprites")
    shutil.copytree(SHARED / "loops", game.root / "assets/loops")
    found = json.loads(game.plan().stdout)["steps"]
    bought = {one["source"] for one in found if one["step"] == "buy"}
    asked = {one["source"] for one in found if one["step"] == "ask"}
    assert len(bought) == 41
    assert not [path for path in bought if "loops/" in path]
    assert not [path for path in asked if "sprites/" in path]


def test_pictures_are_looked_at_again_by_a_release_that_looks_better(game: Game) -> None:
    strip = Image.new("RGBA", (32, 16))
    strip.paste(pose(0), (0, 0))
    strip.paste(pose(1), (16, 0))
    stream = io.BytesIO()
    strip.save(stream, "PNG")
    game.write("assets/hero.png", stream.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.run.survey._LOOKED", 0)
        patch.setattr("pipeline.imaging.picture.repeats.repeats", lambda _: False)
        assert steps(game)["hero.png"] == "buy"
    assert steps(game)["hero.png"] == "ask"
