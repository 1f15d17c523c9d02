"""Gates: what must not pass does not, and what names nothing is no run with nothing to do."""

from __future__ import annotations

import json

import pytest
from game import RULES, TWO_CLIPS, Game, Shop, built, png, sprite
from PIL import Image

HERO = "assets/hero.png"
CI = {"CI": "true"}


@pytest.fixture
def stale(paying: Game) -> Game:
    """Buy all clips, then change one sprite."""
    built(paying)
    paying.draw("hero.png", tint=40)
    return paying


@pytest.mark.parametrize(
    ("options", "environment"), [(["--frozen"], {}), (["--locked"], {}), ([], CI), (["--yes"], CI)]
)
@pytest.mark.parametrize("has_key", [True, False])
def test_a_stale_paid_animation_passes_no_gate(
    stale: Game, shop: Shop, options: list[str], environment: dict[str, str], has_key: bool
) -> None:
    if not has_key:
        stale.use_none()
    ended = stale.build(*options, environment=environment)
    assert ended.exit == 9, ended.stdout
    assert ended.states()["hero.png", "idle"][1] in ("asked", "left")
    assert shop.calls == 3
    assert stale.run("plan", "--check", environment=environment).exit == 9


def test_a_stale_paid_animation_stays_and_is_told_where_it_may(stale: Game) -> None:
    stale.use_none()
    ended = stale.run("build")
    assert ended.exit == 0
    assert "the old output stays" in ended.stderr
    stamp = stale.root / "stamp"
    assert stale.build("--frozen", "--stamp", str(stamp)).exit == 9
    assert not stamp.exists()


def test_a_removed_rule_or_a_new_sprite_is_no_stale_purchase(paying: Game) -> None:
    built(paying)
    paying.use_none()
    paying.draw("new.png", tint=9)
    assert paying.build(environment=CI).exit == 0
    assert "new.anim.png" in paying.outputs()


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("only", "meant"),
    [
        ("assets/hreo.png", "assets/hero.png"),
        ("hero", "assets/hero.png"),
        ("Hero.PNG", "assets/hero.png"),
        ("asset/slime.png", "assets/slime.png"),
        ("crowd/", ""),
        ("*.pnj", ""),
        ("assets/[", "`[` without"),
    ],
)
def test_a_name_that_matches_nothing_is_wrong_usage(game: Game, only: str, meant: str) -> None:
    stamp = game.root / "stamp"
    ended = game.run("build", "--only", only, "--stamp", str(stamp))
    assert ended.exit == 2
    assert only in ended.stderr
    assert meant in ended.stderr
    assert not stamp.exists()
    assert game.outputs() == set()
    assert game.run("plan", "--only", only).exit == 2


@pytest.mark.usefixtures("in_process")
def test_each_of_several_names_must_match(game: Game) -> None:
    ended = game.run("build", "--only", "assets/hero.png", "--only", "assets/slim.png")
    assert ended.exit == 2
    assert "slim.png" in ended.stderr
    assert "did you mean assets/slime.png" in ended.stderr
    assert game.outputs() == set()


@pytest.mark.usefixtures("in_process")
def test_a_name_of_the_lock_file_or_of_any_file_on_disk_matches(game: Game) -> None:
    built(game)
    (game.root / "assets/hero.png").unlink()
    game.write("assets/.pixelpipeignore", "chest.png\n")
    assert game.run("build", "--only", "assets/hero.png").exit == 0
    assert game.run("build", "--only", "assets/chest.png").exit == 0
    assert game.run("build", "--only", "hero*").exit == 0


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", ["a[b.png", "a[1].png", "{x}.png", "a{.png", "[!a].png", "**.png"])
def test_a_path_that_is_there_is_a_path_whatever_its_signs(game: Game, name: str) -> None:
    game.draw(name, tint=5)
    game.draw("a1.png", tint=6)
    for only in (f"assets/{name}", str(game.root / "assets" / name)):
        for path in game.root.rglob("*.anim.*"):
            path.unlink()
        ended = game.run("build", "--only", only)
        assert ended.exit == 0, ended.stderr
        assert game.outputs() == {f"{name[:-4]}.anim.png", f"{name[:-4]}.anim.json"}
    (game.root / "assets" / name).unlink()
    assert game.run("build", "--only", f"assets/{name}").exit == 0, "its line of the lock file"


@pytest.mark.usefixtures("in_process")
def test_a_rule_file_is_found_whatever_its_signs(game: Game) -> None:
    (game.root / "rules/own.yaml").rename(game.root / "rules/own[1].yaml")
    game.settings(rules=["rules/own[1].yaml"])
    assert game.run("build").exit == 0
    assert "hero.anim.png" in game.outputs()


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        ("renpy", "not inside game/", 3),
        ({"godot": {"root": "elsewhere"}}, "not inside elsewhere/", 3),
        ({"bevy": {"root": "asset"}}, "not inside asset/", 3),
        ("rpgmaker", "finds no clip walk_down", 1),
        ({"rpgmaker": {"clip": "run", "directions": "one"}}, "finds no clip run", 1),
        ({"sheet": {"max_width": 16, "max_height": 30}}, "8 frames of 12x14 px need a sheet", 1),
        ({"sheet": {"layout": "row", "max_width": 95}}, "need a sheet of 96x14 px", 1),
        ({"sheet": {"columns": 8, "gutter": 2, "max_width": 100}}, "need a sheet of 110x14 px", 1),
        ({"sheet": {"columns": 5, "power_of_two": True, "max_width": 63}}, "a sheet of 64x32", 1),
    ],
)
def test_nothing_is_bought_for_a_target_that_could_not_be_written(
    paying: Game, shop: Shop, target: object, said: str, code: int
) -> None:
    """What names and options alone can tell is told by the plan, not after the purchase."""
    paying.settings(targets=[target])
    planned = paying.run("plan")
    assert planned.exit == code
    assert planned.stdout.count(said) >= 1
    assert "buy" not in planned.stdout
    assert paying.run("doctor").exit == code
    ended = paying.run("build", "--yes")
    assert ended.exit == code
    assert said in ended.stderr
    assert shop.calls == 0


@pytest.mark.parametrize("service", ["paid", "free"])
@pytest.mark.parametrize(
    ("size", "targets", "said"),
    [
        ((40, 14), [{"sheet": {"max_width": 32}}], "1 frame of 40x14 px needs a sheet of 40x14"),
        ((14, 40), [{"sheet": {"max_height": 32}}], "1 frame of 14x40 px needs a sheet of 14x40"),
        (
            (700, 600),
            [{"rpgmaker": {"clip": "idle", "directions": "one"}}],
            "12 frames of 700x600 px need a sheet of 2100x2400 px",
        ),
    ],
)
def test_a_cell_that_no_sheet_holds_is_told_by_the_plan(
    paying: Game, shop: Shop, service: str, size: tuple[int, int], targets: list[object], said: str
) -> None:
    """However many frames come: a cell is never smaller than the sprite."""
    scale = max(1, max(size) // 175)
    drawn = sprite(size=(size[0] // scale, size[1] // scale))
    paying.write("assets/hero.png", png(drawn.resize(size, Image.Resampling.NEAREST)))
    paying.write("assets/hero.png.yaml", "sheet: false")
    paying.settings(targets=targets)
    if service == "free":
        paying.use_none()
    for command in ("plan", "build"):
        ended = paying.run(command, *(["--yes"] if command == "build" else []), "--only", HERO)
        assert ended.exit == 1
        assert said in ended.stdout + ended.stderr
    assert shop.calls == 0


@pytest.mark.parametrize(
    ("pivot", "flip", "crop", "is_bought"),
    [
        ([4000, 7], "x", "grow", False),
        ([-4000, 7], "x", "grow", False),
        ([1, 13], "x", "grow", False),
        ([4000, 7], "x", "original", True),
        ([4000, 7], "y", "grow", True),
        ("left", "x", "grow", True),
        ("center", "x", "grow", True),
    ],
)
def test_a_mirror_image_far_away_is_told_before_the_purchase(
    paying: Game, shop: Shop, pivot: object, flip: str, crop: str, is_bought: bool
) -> None:
    """A flip is about the pivot: the cell holds both, and the pivot keeps its share of it."""
    rules = RULES + f"      back: {{from: idle, flip: {flip}, crop: {crop}}}\n"
    paying.rules(rules.replace("    clips:", f"    pivot: {json.dumps(pivot)}\n    clips:"))
    paying.settings(targets=[{"sheet": {"max_width": 90}}])
    planned = paying.plan("--only", HERO)
    assert planned.exit == (0 if is_bought else 1), planned.stdout
    ended = paying.build("--yes", "--only", HERO)
    assert ended.exit == planned.exit, ended.stdout
    assert shop.calls == int(is_bought)
    assert is_bought or "x14 px need a sheet of" in ended.stdout


@pytest.mark.parametrize(
    ("target", "size", "advice"),
    [
        ("rpgmaker", (12, 14), "finds no clip walk_down"),
        ({"sheet": {"max_width": 16}}, (20, 20), "allow a larger one"),
        ({"godot": {"root": "elsewhere"}}, (12, 14), "to a folder that holds it"),
        ("gif", (300, 20), "is wider than 256"),
    ],
)
def test_advice_that_fits_many_sprites_is_given_once(
    game: Game, target: object, size: tuple[int, int], advice: str
) -> None:
    """Although each says its own size or path."""
    for number in range(6):
        drawn = sprite(tint=number, size=(size[0] + number, size[1] + number))
        game.write(f"assets/many{number}.png", png(drawn))
    game.rules(RULES.replace("**/", "many").replace("clips", "sheet: false\n    clips"))
    game.settings(targets=[target])
    for command in ("plan", "build", "doctor"):
        ended = game.run(command)
        said = ended.stdout + ended.stderr
        assert ended.exit
        assert said.count(advice) == 1, said
        assert "6 sources" in said or "6 sprites" in said
        assert "many5.png" in said or "and 3 more" in said or "and 1 more" in said
    assert len(game.build().report["steps"]) == 6  # type: ignore[arg-type]


def test_what_is_published_goes_on_when_a_limit_becomes_too_small_for_more(
    paying: Game, shop: Shop
) -> None:
    """Only a purchase is refused: of what was bought already, finishing says what it needs."""
    paying.settings(targets=[{"sheet": {"max_width": 60, "max_height": 28}}])
    paying.rules(RULES + "        frames: 8\n" if False else RULES)
    assert paying.build("--yes", "--only", HERO).exit == 0
    paying.rules(TWO_CLIPS)
    ended = paying.build("--yes", "--only", HERO)
    assert ended.exit == 1
    assert "12 frames of 12x14 px need a sheet" in ended.stdout
    assert set(ended.states().values()) == {("fresh", "fresh"), ("blocked", "failed")}
    assert shop.calls == 1


@pytest.mark.usefixtures("in_process")
def test_a_named_file_that_is_not_read_is_no_run_with_nothing_to_do(game: Game) -> None:
    """A build system would take the stamp for a file that was never made."""
    outside = game.write("../elsewhere/hero.png", (game.root / "assets" / "hero.png").read_bytes())
    (game.root / "assets" / "shared.png").symlink_to(outside)
    (game.root / "assets" / "folder").symlink_to(outside.parent)
    (game.root / "assets" / "gone.png").symlink_to("nowhere.png")
    game.write("assets/two\nlines.png", outside.read_bytes())
    stamp = game.root / "stamp"
    for only, said in {
        "assets/shared.png": "leads outside of the project",
        "shared.*": "leads outside of the project",
        "assets/folder/hero.png": "is a link to a folder",
        "assets/gone.png": "leads nowhere",
        "assets/two\nlines.png": "control character",
    }.items():
        ended = game.run("build", "--only", only, "--stamp", str(stamp))
        assert (ended.exit, said in ended.stderr) == (4, True), (only, ended)
        assert not stamp.exists()
    assert game.run("build", "--only", "assets/hero.png").exit == 0


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("assets", [["art"], ["assets", "art"]])
def test_a_folder_of_art_that_is_not_there_passes_no_gate(game: Game, assets: list[str]) -> None:
    """Nor does what else could not be read go unsaid because of it."""
    game.settings(assets=assets)
    (game.root / "assets" / "gone.png").symlink_to("nowhere.png")
    for command in (["plan", "--check"], ["build", "--frozen"], ["build"]):
        ended = game.run(*command)
        assert ended.exit in (4, 9)
        said = ended.stdout + ended.stderr
        assert "is not there" in said
        assert ("leads nowhere" in said) == ("assets" in assets)


def test_a_cell_that_is_not_there_is_told_before_its_mirror_image_is_looked_for(
    paying: Game,
) -> None:
    """The room that a flip needs is measured in the cell."""
    rules = RULES + "      back: {from: idle, flip: x}\n"
    stated = "    pivot: [90, 3]\n    cells: 6x7\n    pick: [99]\n    clips:"
    paying.rules(rules.replace("    clips:", stated))
    ended = paying.run("plan", "--only", HERO)
    assert ended.exit == 4
    assert "there is no cell 99" in ended.stdout
    paying.rules(rules.replace("    clips:", stated.replace("99", "0")))
    assert "buy" in paying.run("plan", "--only", HERO).stdout
