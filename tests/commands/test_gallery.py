"""The review page: everything that was made, beside what it was made from, in one file."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pytest
from game import RULES, TWO_CLIPS, Game, Shop, png
from PIL import Image

from pipeline.api import Project, Wish
from pipeline.commands import takes

HERO = "assets/hero.png"
DERIVED = TWO_CLIPS + "      back: {from: hop, reverse: true, fps: 4}\n"


def opened(game: Game) -> Project:
    """Open the game in this process."""
    return Project(game.root, environment=game.variables())


def written(game: Game, *options: str) -> str:
    """Write the page by the command, and return it."""
    run = game.run("gallery", *options)
    assert run.exit == 0, run.stderr
    return Path(run.stdout.strip().rpartition(": open ")[2]).read_text("utf-8")


def shown(game: Game) -> dict[str, dict[str, object]]:
    """Return what the page holds, by source."""
    found = re.search(r'id="data">(.*?)</script>', written(game), re.DOTALL)
    assert found is not None
    return {one["source"]: one for one in json.loads(found[1])["entries"]}


def reels(entry: dict[str, object]) -> dict[tuple[str, int, str], dict[str, object]]:
    """Return the animations of one source by clip, take and state."""
    listed = entry["reels"]
    assert isinstance(listed, list)
    return {(one["clip"], one["take"], one["state"]): one for one in listed}


def image(entry: dict[str, object], digest: object) -> bytes:
    """Return one picture of the page."""
    images = entry["images"]
    assert isinstance(images, dict)
    return base64.b64decode(images[digest].partition(",")[2])


def test_page_holds_source_and_published_sheet(paying: Game, shop: Shop) -> None:
    """What is looked at is what the game loads, with its real times and its price."""
    paying.rules(DERIVED)
    paying.make()
    hero = shown(paying)[HERO]
    found = reels(hero)
    assert set(found) == {("idle", 0, "shown"), ("hop", 0, "shown"), ("back", 0, "derived")}
    sheet = (paying.root / "assets/hero.anim.png").read_bytes()
    hop, back = found["hop", 0, "shown"], found["back", 0, "derived"]
    assert image(hero, hop["image"]) == sheet
    assert sum(ms for _, _, ms in hop["steps"]) == 4 * 125  # type: ignore[attr-defined]
    assert sum(ms for _, _, ms in back["steps"]) == 4 * 250  # type: ignore[attr-defined]
    assert (hop["credits"], back["credits"], hop["points"]) == (20, 0, 100)
    assert hop["prompt"] == "hopping on the spot"
    with Image.open(io.BytesIO(image(hero, hero["picture"]))) as picture:
        assert picture.size == (12, 14)
    assert shop.calls == 6


def test_page_loads_nothing_from_anywhere(game: Game) -> None:
    """It is opened from a disk, and sent to a colleague: no script, font or picture is outside."""
    game.make()
    text = re.sub(r"data:image/png;base64,[\w+/=]+", "", written(game))  # may hold any two signs
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"(?m)^\s*//.*$|// -- .*$", "", text))
    assert re.findall(r"""(?:href|src)=["']?([^"'\s>]*)""", text) == ["data:,"]
    assert text.count("<script") == 2


def test_page_is_no_part_of_the_project(game: Game) -> None:
    """It is not committed, does not wake the watcher, and costs nothing."""
    game.make()
    before = game.files()
    written(game)
    after = game.files()
    assert set(after) - set(before) <= {".pixelpipe/tmp/gallery.html", ".pixelpipe/.gitignore"}
    assert {path: after[path] for path in before} == before
    assert "tmp/" in after[".pixelpipe/.gitignore"][1].decode()


def test_place_can_be_chosen(game: Game, tmp_path: Path) -> None:
    """For an artefact of CI."""
    game.make()
    place = tmp_path / "review" / "page.html"
    assert "hero.png" in written(game, "--out", str(place))
    assert place.exists()


def test_takes_and_hidden_clips_can_be_seen(paying: Game) -> None:
    """One must see a take to pick it."""
    paying.rules(RULES.replace("breathing calmly, a subtle idle loop", "sparkling stars"))
    paying.make()
    takes.reroll(opened(paying), HERO, wish=Wish(yes=True))
    found = reels(shown(paying)[HERO])
    assert set(found) == {("idle", 1, "shown"), ("idle", 0, "take")}
    assert found["idle", 0, "take"]["image"] != found["idle", 1, "shown"]["image"]
    lock = paying.root / "pixelpipe.lock"
    lines = lock.read_text().splitlines(keepends=True)
    marked = [
        line.replace('"clip":"idle"', '"clip":"idle","grade":40,"hidden":"x"')
        if HERO in line and '"take":1' in line
        else line
        for line in lines
    ]
    lock.write_text("".join(marked))
    assert ("idle", 1, "hidden") in reels(shown(paying)[HERO])


def test_edited_sheet_is_shown_as_it_is(game: Game) -> None:
    """The page tells that somebody touched it up, and shows their version."""
    game.make()
    place = game.root / "assets/hero.anim.png"
    with Image.open(io.BytesIO(place.read_bytes())) as opened_image:
        edited = opened_image.convert("RGBA")
    edited.putpixel((0, 0), (255, 0, 255, 255))
    place.write_bytes(png(edited))
    hero = shown(game)[HERO]
    assert hero["edited"] is True
    assert image(hero, reels(hero)["idle", 0, "shown"]["image"]) == place.read_bytes()
    assert hero["step"] == "blocked"


def test_what_is_not_made_yet_is_listed(game: Game) -> None:
    """A project before its first build, a changed drawing, a sheet without cells."""
    assert {one["step"] for one in shown(game).values()} == {"buy"}
    game.make()
    game.draw("hero.png", tint=70)
    hero = shown(game)[HERO]
    assert (hero["step"], hero["reason"], hero["reels"]) == ("buy", "changed", [])


@pytest.mark.parametrize("text", ["</script><b>", "<!-- <script>", "&amp; \\u2028 'x'"])
def test_prompts_are_text(game: Game, text: str) -> None:
    """A prompt is whatever a user wrote; it is never a part of the page."""
    game.rules(RULES.replace("breathing calmly, a subtle idle loop", text.replace("\\", "\\\\")))
    game.make()
    found = reels(shown(game)[HERO])
    assert found["idle", 0, "shown"]["prompt"] == text


def test_damaged_purchase_spoils_one_card_only(game: Game) -> None:
    """The others are still worth a look."""
    game.make()
    line = next(one for one in game.locked() if one.get("source") == HERO)
    state = Path(game.variables()["PIXELPIPE_STATE"])
    for folder in (game.root / ".pixelpipe", state):
        for path in folder.glob(f"bought/??/{line['digest']}.png"):
            path.write_bytes(b"damaged")
    found = shown(game)
    assert "damaged" in str(found[HERO]["trouble"])
    assert reels(found["assets/slime.png"])


def test_what_the_engine_finds_can_be_looked_at(game: Game) -> None:
    """Its parts over the sprite, as a picture of the page, and how the prompt is read."""
    game.make()
    hero = shown(game)[HERO]
    with Image.open(io.BytesIO(image(hero, hero["parts"]))) as picture:
        assert picture.width > picture.height
    (reel,) = reels(hero).values()
    assert str(reel["reading"]).startswith("Read as ")
