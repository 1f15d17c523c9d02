"""`pixelpipe init`: what it finds, what it writes, and that it changes nothing of the user's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import call, run
from game import png, sprite
from places import SPRITES
from somebody import somebody_else

from pipeline.commands.doctor import placechecks
from pipeline.commands.init import first_rule, gameengines, inisettings, plugins, setup, starter
from pipeline.commands.init.listing import Listing, take
from pipeline.commands.init.setup import Setup
from pipeline.config import globs, packs, workspace
from pipeline.core.model import TargetChoice
from pipeline.plan.wish import Wish
from pipeline.run import survey

GODOT_4 = "config_version=5\n"
GODOT_3 = "config_version=4\n"
UNITY = "m_EditorVersion: 2022.3.1f1\n"
PHASER = '{"dependencies": {"phaser": "^3.80.0"}}'
PIXI = '{"devDependencies": {"pixi.js": "8"}}'
LOVE = "function love.draw() end\n"
BEVY = '[dependencies]\nbevy = { version = "0.14" }\n'
BEVY_WORKSPACE = '[workspace.dependencies]\nbevy = "0.14"\n'
DEFOLD = "[project]\ntitle = x\n"


def listing(files: dict[str, str]) -> Listing:
    """List paths with their texts as if they lay on disk."""
    parents = {str(parent) for path in files for parent in Path(path).parents}
    return Listing(
        files=tuple(sorted(path for path in files if not path.endswith("/"))),
        folders=tuple(sorted(parents - {"."} | {p[:-1] for p in files if p.endswith("/")})),
        texts=files,
    )


def decide(**files: str) -> Setup:
    """Decide on paths; `__` stands for a slash, `_dot_` for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    return setup.decide(listing(named))


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


@pytest.mark.parametrize(
    ("files", "name", "targets"),
    [
        ({"project.godot": GODOT_4}, "Godot 4", [("godot", {})]),
        ({"project.godot": GODOT_3}, "Godot 3", [("godot", {"version": 3})]),
        ({"project.godot": ""}, "Godot 4", [("godot", {})]),
        ({"game/project.godot": GODOT_4}, "Godot 4", [("godot", {"root": "game"})]),
        ({"ProjectSettings/ProjectVersion.txt": UNITY}, "Unity", [("unity", {})]),
        ({"package.json": PHASER}, "Phaser", [("web", {})]),
        ({"web/package.json": PIXI}, "PixiJS", [("web", {})]),
        ({"package.json": '{"dependencies": {"kaplay": "3001"}}'}, "KAPLAY", [("kaplay", {})]),
        ({"game/options.rpy": ""}, "Ren'Py", [("renpy", {})]),
        ({"vn/game/options.rpy": ""}, "Ren'Py", [("renpy", {"root": "vn/game"})]),
        ({"game.json": '{"gdVersion": {"major": 5}}'}, "GDevelop", [("gdevelop", {})]),
        ({"game.json": "{}"}, "", [("aseprite", {})]),
        ({"requirements.txt": "numpy\npygame-ce==2.5\n"}, "pygame", [("aseprite", {})]),
        ({"pyproject.toml": 'dependencies = [\n  "pygame>=2",\n]'}, "pygame", [("aseprite", {})]),
        ({"requirements.txt": "pygameish\n"}, "", [("aseprite", {})]),
        ({"main.lua": LOVE}, "LÖVE", [("love", {})]),
        ({"main.py": "import pygame\n"}, "pygame", [("aseprite", {})]),
        ({"requirements.txt": "numpy\npygame-ce>=2.4\n"}, "pygame", [("aseprite", {})]),
        ({"pyproject.toml": 'dependencies = ["pygame>=2"]\n'}, "pygame", [("aseprite", {})]),
        ({"Cargo.toml": BEVY}, "Bevy", [("bevy", {})]),
        ({"Cargo.toml": BEVY_WORKSPACE}, "Bevy", [("bevy", {})]),
        ({"crates/g/Cargo.toml": BEVY}, "Bevy", [("bevy", {"root": "crates/g/assets"})]),
        ({"Blob.yyp": ""}, "GameMaker", [("gamemaker", {})]),
        ({"game.project": DEFOLD}, "Defold", [("defold", {})]),
        ({"maps/one.tmx": ""}, "Tiled", [("tiled", {})]),
        ({"main.lua": LOVE, "one.tmx": ""}, "LÖVE", [("love", {})]),
        ({"package.json": "{}", "src/App.tsx": ""}, "", [("aseprite", {})]),
        ({"package.json": "[", "Cargo.toml": "[[", "main.lua": "print(1)"}, "", [("aseprite", {})]),
        ({"a/b/c/d/project.godot": GODOT_4}, "", [("aseprite", {})]),
        ({}, "", [("aseprite", {})]),
    ],
)
def test_the_engine_is_known_by_its_files(
    files: dict[str, str], name: str, targets: list[tuple[str, dict[str, object]]]
) -> None:
    """Nobody should have to know what a target is to get the right one."""
    found = setup.decide(listing(files))
    assert found.engine.kind.name == name
    assert [(one.name, dict(one.options)) for one in found.targets] == targets


def test_two_engines_give_the_targets_of_both() -> None:
    """A game with a web page beside it wants both; the one at the root is shown."""
    found = decide(project_dot_godot=GODOT_4, site__package_dot_json=PHASER)
    assert [one.kind.name for one in found.engines] == ["Godot 4", "Phaser"]
    assert [one.name for one in found.targets] == ["godot", "web"]


@pytest.mark.parametrize(
    ("files", "assets", "ignore"),
    [
        (["assets/a/b.png", "icon.png"], ("assets",), ()),
        (["project.godot", "heroes/a.png", "fx/b.png", "addons/x/y.png"], ("fx", "heroes"), ()),
        (["game/project.godot", "game/sprites/a.png", "docs/x.png"], ("game/sprites",), ()),
        (
            ["ProjectSettings/ProjectVersion.txt", "Assets/Art/a.png", "Assets/Plugins/b.png"],
            ("Assets/Art",),
            (),
        ),
        (
            ["ProjectSettings/ProjectVersion.txt", "Assets/a.png", "Assets/Plugins/b.png"],
            ("Assets",),
            ("Plugins/",),
        ),
        (["package.json", "public/assets/a.png", "src/x.png"], ("public/assets", "src"), ()),
        (["Cargo.toml", "assets/deep/a.png", "other/b.png"], ("assets",), ()),
        (["x.yyp", "sprites/s/a.png", "art/b.png"], ("art",), ()),
        (["a.png", "icon.png"], (".",), ("icon.png",)),
        (["res/gfx/a.png", "res/logo.png"], ("res/gfx",), ()),
        (["src/icons/a.png", "docs/b.png"], ("assets",), ()),
        (["art/a.png", "art/a.anim.png", "art/screenshot1.png"], ("art",), ("screenshot*.png",)),
        ([], ("assets",), ()),
    ],
)
def test_the_art_is_found_where_games_keep_it(
    files: list[str], assets: tuple[str, ...], ignore: tuple[str, ...]
) -> None:
    """A wrong guess animates screenshots and the icons of plugins, or nothing."""
    texts = {
        "project.godot": GODOT_4,
        "game/project.godot": GODOT_4,
        "ProjectSettings/ProjectVersion.txt": UNITY,
        "package.json": PHASER,
        "Cargo.toml": BEVY,
    }
    found = setup.decide(listing({path: texts.get(path, "") for path in files}))
    assert found.assets == assets
    assert found.ignore == ignore
    assert not [path for path in found.sources if ".anim." in path or "icon" in path]


def test_a_folder_that_the_engine_fills_is_never_the_place_to_start() -> None:
    """GameMaker keeps each frame of each sprite as a PNG in `sprites/`: twenty credits apiece."""
    decided = decide(Blob_dot_yyp="", sprites__spr_hero__0a1b_dot_png="")
    assert decided.assets == ("art",)
    assert decided.is_missing


def test_pngs_elsewhere_are_named_and_not_taken() -> None:
    """What is left out silently is missed later."""
    found = setup.decide(listing({"art/a.png": "", "icon.png": "", "press/b.png": ""}))
    assert found.left_out == ((".", 1), ("press", 1))


def test_a_project_inside_the_engines_folder_names_the_way_down() -> None:
    """Godot's paths start at its own folder, which may lie further up."""
    above = gameengines.recognise(listing({"project.godot": GODOT_4}))
    found = setup.decide(listing({"hero.png": ""}), setup.outer(above, "art/sprites"))
    assert found.targets == (TargetChoice(name="godot", options={"root": "res://art/sprites"}),)
    played = starter.Played(source="hero.png", clip="idle", outputs=())
    lines = "\n".join(starter.play(found.engine, played))
    assert "res://art/sprites/hero.anim.tres" in lines
    bevy = gameengines.recognise(listing({"Cargo.toml": BEVY}))
    assert setup.outer(bevy, "elsewhere") == ()
    assert setup.outer(bevy, "assets/x")[0].choice.options == {"root": "res://x"}


@pytest.mark.parametrize(
    "kind", [value for value in vars(gameengines).values() if isinstance(value, gameengines.Kind)]
)
def test_every_engine_shows_three_whole_lines(kind: gameengines.Kind) -> None:
    """A line with a hole in it cannot be pasted."""
    played = starter.Played(
        source="assets/2 heroes/h.png",
        clip="idle",
        outputs=("assets/2 heroes/h.anim.png", f"assets/2 heroes/h.anim{kind.ending}"),
    )
    lines = starter.play(gameengines.Found(kind=kind), played)
    assert len(lines) == 3
    assert "idle" in "".join(lines)
    assert "{{" not in "".join(lines)


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (("assets",), (TargetChoice(name="godot"),)),
        (
            (".", "a b", "2024", "ümlaut", "no", 'q"uote', "#x", "ab: c"),
            (TargetChoice(name="gif"),),
        ),
        (("x",), (TargetChoice(name="godot", options={"version": 3, "root": "res://a b"}),)),
    ],
)
def test_the_settings_read_back_as_they_were_meant(
    tmp_path: Path, names: tuple[str, ...], targets: tuple[TargetChoice, ...]
) -> None:
    """Folder names are not ours to choose, and YAML has opinions about them."""
    text = starter.project(
        assets=names,
        ignore=("*_n.png", "ui/"),
        rules="rules/*.yaml",
        packs=packs.newest(),
        targets=targets,
        engine="X",
    )
    make(tmp_path, {"pixelpipe.yaml": text})
    settings = workspace.open(tmp_path, {}, {}).settings
    assert settings.assets == names
    assert settings.ignore == ("*_n.png", "ui/")
    assert settings.targets == targets
    assert settings.packs == packs.newest()
    assert settings.budget.run is None


@pytest.mark.parametrize(
    ("paths", "match", "extends"),
    [
        ((), ("my_sprites/{name}.png",), ""),
        (("zork/qux.png", "zork/quux.png", "mobs/slime.png"), ("zork/{name}.png",), ""),
        (("mobs/slime.png", "mobs/qux.png"), ("mobs/qux.png",), ""),
        (("mobs/slime.png", "mobs/slime2.png"), ("mobs/{name}.png",), "creatures@1/slime"),
        (("slime.png", "mobs/bat.png", "mobs/slime.png"), ("./{name}.png",), "creatures@1/slime"),
        (("qux.png",), ("./{name}.png",), ""),
    ],
)
def test_the_first_rule_is_about_the_users_own_sprites(
    tmp_path: Path, paths: tuple[str, ...], match: tuple[str, ...], extends: str
) -> None:
    """And it takes none from a pack that knows it better: the first rule that matches wins."""

    def pack_rule(path: str) -> str:
        name = path.rpartition("/")[2]
        words = {"slime": "creatures@1/slime", "bat": "creatures@1/winged"}
        return next((label for word, label in words.items() if name.startswith(word)), "")

    first = first_rule.choose([f"assets/{path}" for path in paths], ["assets"], pack_rule)
    assert (first.match, first.extends) == (match, extends)
    make(
        tmp_path,
        {
            "rules/sprites.yaml": starter.rules(first),
            "pixelpipe.yaml": "assets: [assets]\npacks: [creatures@1]\n",
        },
    )
    rule = workspace.open(tmp_path, {}, {}).rules[0]
    assert rule.match == match
    hits = {p for p in paths for m in match if globs.regex([globs.compile(m)]).fullmatch(p)}
    assert bool(hits) == bool(paths)
    assert all(pack_rule(path) == extends for path in hits)


def test_init_sets_a_godot_game_up_and_the_next_two_commands_work(tmp_path: Path) -> None:
    """The whole way of a new user, as a process."""
    root = make(
        tmp_path / "my game",
        {
            "project.godot": GODOT_4,
            "art/characters/hero.png": png(sprite()),
            "art/monsters/slime.png": png(sprite(3)),
            "icon.png": png(sprite(5)),
        },
    )
    done = run("init", root)
    assert done.code == 0, done.err
    assert "Found Godot 4 (project.godot)." in done.out
    assert "Found 2 PNGs in art/." in done.out
    assert "1 PNG in this folder itself" in done.out
    assert f"pixelpipe plan '{root}'" in done.out
    assert 'load("res://art/characters/hero.anim.tres")' in done.out
    assert 'sprite.play("idle")' in done.out
    assert "Default Texture Filter: Nearest" in done.out
    assert (root / ".pixelpipe" / ".gitignore").is_file()
    assert "*.anim.* -text" in (root / ".gitattributes").read_text()
    assert ".env" in (root / ".gitignore").read_text().splitlines()
    plan = run("plan", root, "--json")
    totals = plan.json()["totals"]
    assert isinstance(totals, dict)
    assert (plan.code, totals["sources"]) == (0, 2)


def test_init_again_changes_nothing(tmp_path: Path) -> None:
    """It may be run at any time; what it wrote is the user's from then on."""
    root = make(tmp_path, {"assets/hero.png": png(sprite())})
    assert call("init", root).code == 0
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    done = call("init", root)
    assert done.code == 0
    assert "Wrote:" not in done.out
    assert "Left alone: pixelpipe.yaml (yours)" in done.out
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


def test_nothing_of_the_users_is_overwritten(tmp_path: Path) -> None:
    """Own settings, own rules, own lines for git: all stay byte for byte, ours are added."""
    mine: dict[str, str | bytes] = {
        "pixelpipe.yaml": "# mine\nassets: [art]\nservice: built-in\n",
        ".gitattributes": b"*.png  -text\r\n*.anim.*   -text -merge",
        ".gitignore": "build/\n",
        "rules/sprites.yaml": "rules: []\n",
        "art/hero.png": png(sprite()),
        "project.godot": GODOT_4,
    }
    root = make(tmp_path, mine)
    done = call("init", root)
    assert done.code == 0, done.err
    for path, content in mine.items():
        now = (root / path).read_bytes()
        assert now.startswith(content if isinstance(content, bytes) else content.encode())
    assert (root / "pixelpipe.yaml").read_text() == mine["pixelpipe.yaml"]
    assert (root / "rules" / "sprites.yaml").read_text() == "rules: []\n"
    attributes = (root / ".gitattributes").read_bytes()
    assert attributes.count(b"*.anim.*") == 1
    assert b"-text -merge\r\n# pixelpipe\r\n.pixelpipe/bought/** -text -merge\r\n" in attributes
    assert (root / ".gitignore").read_text() == "build/\n# pixelpipe\n.env\n"
    assert "no target godot" in done.out


def test_a_rule_file_from_before_survives_lost_settings(tmp_path: Path) -> None:
    """Whoever deletes pixelpipe.yaml to start anew still has written the rules."""
    root = make(tmp_path, {"rules/sprites.yaml": "rules: []\n", "art/hero.png": png(sprite())})
    done = call("init", root)
    assert done.code == 0, done.err
    assert (root / "rules" / "sprites.yaml").read_text() == "rules: []\n"
    assert "Left alone: rules/sprites.yaml (yours)" in done.out


def test_files_that_cannot_be_added_to_are_left_with_the_lines_to_add(tmp_path: Path) -> None:
    """A link or a file in another encoding is not ours to rewrite."""
    root = make(
        tmp_path / "game", {"assets/hero.png": png(sprite()), ".gitignore": b"\xff\xfe\x00"}
    )
    outside = make(tmp_path, {"shared.attributes": "x\n"}) / "shared.attributes"
    (root / ".gitattributes").symlink_to(outside)
    done = call("init", root)
    assert done.code == 0, done.err
    assert outside.read_text() == "x\n"
    assert (root / ".gitignore").read_bytes() == b"\xff\xfe\x00"
    assert ".gitattributes: cannot be added to; please add: *.anim.* -text" in done.out


def test_a_rules_folder_of_somebody_else_is_not_read_as_ours(tmp_path: Path) -> None:
    """Every YAML file in the rules folder is a rule file: a linter's would be an error."""
    root = make(tmp_path, {"rules/eslint.yaml": "a: 1\n", "assets/hero.png": png(sprite())})
    assert call("init", root).code == 0
    assert (root / "pixelpipe_rules" / "sprites.yaml").is_file()
    assert run("plan", root).code == 0


def test_an_empty_folder_gets_an_assets_folder_and_advice(tmp_path: Path) -> None:
    """Nothing to animate yet is no error: init says where sprites go."""
    done = call("init", tmp_path)
    assert done.code == 0
    assert "Found no PNGs." in done.out
    assert "Put your PNGs (up to 256x256 px, one picture each) into assets/." in done.out
    assert (tmp_path / "assets").is_dir()
    assert call("plan", tmp_path).code == 0


def test_broken_settings_of_the_user_are_named_with_their_line(tmp_path: Path) -> None:
    """init must not hide an error that every other command stops at."""
    root = make(tmp_path, {"pixelpipe.yaml": "asets: [x]\n"})
    done = call("init", root)
    assert done.code == 3
    assert "pixelpipe.yaml:1: unknown key `asets`" in done.err


@pytest.mark.parametrize("what", ["missing", "a file"])
def test_a_place_that_is_no_folder_is_a_wrong_usage(tmp_path: Path, what: str) -> None:
    """A typing error in the path must not end in a traceback."""
    place = tmp_path / "place"
    if what == "a file":
        place.write_text("x")
    done = run("init", place)
    assert done.code == 2
    assert "place" in done.err


def test_a_read_only_folder_is_a_storage_error(tmp_path: Path) -> None:
    """The sentence names the file that could not be written."""
    root = make(tmp_path / "game", {"assets/hero.png": png(sprite())})
    root.chmod(0o555)
    call("init", "--help")  # loads what may not be readable to somebody else
    with somebody_else(tmp_path):
        done = call("init", root)
    root.chmod(0o755)
    assert done.code == 8
    assert "rules/sprites.yaml: cannot be written: Permission denied" in done.err


def test_a_folder_that_may_not_be_listed_is_a_storage_error(tmp_path: Path) -> None:
    """An unreadable folder must not look like an empty project."""
    root = make(tmp_path / "game", {"assets/hero.png": png(sprite())})
    root.chmod(0o311)
    call("init", "--help")  # loads what may not be readable to somebody else
    with somebody_else(tmp_path):
        done = call("init", root)
    root.chmod(0o755)
    assert done.code == 8
    assert "cannot be read" in done.err


@pytest.mark.parametrize(
    ("files", "name", "first"),
    [
        ({"project.godot": GODOT_4}, "godot", "addons/pixelpipe/plugin.gd"),
        ({"game/project.godot": GODOT_4}, "godot", "game/addons/pixelpipe/plugin.gd"),
        ({"project.godot": GODOT_3}, "godot", "addons/pixelpipe/plugin.gd"),
        ({}, "unity", "Assets/Editor/Pixelpipe/PixelpipeImporter.cs"),
        ({}, "aseprite", "tools/aseprite/pixelpipe.lua"),
    ],
)
def test_a_plugin_is_put_where_its_program_looks(
    tmp_path: Path, files: dict[str, str | bytes], name: str, first: str
) -> None:
    """In the engine's own folder; Godot 3 reads no Godot 4 script."""
    done = call("init", make(tmp_path, files), "--plugin", name)
    assert done.code == 0, done.err
    content = (tmp_path / first).read_bytes()
    kept = "godot3" if files.get("project.godot") == GODOT_3 else name
    assert content in [file.content for file in plugins.files(kept)]


def test_a_plugin_is_updated_but_an_edited_one_is_kept(tmp_path: Path) -> None:
    """Asking again for the plugin means its newest version, and never the loss of an edit."""
    root = make(tmp_path, {"project.godot": GODOT_4})
    assert call("init", root, "--plugin", "godot").code == 0
    script, dock = root / "addons/pixelpipe/plugin.gd", root / "addons/pixelpipe/dock.gd"
    shipped = script.read_bytes()
    script.write_bytes(b"# pixelpipe plugin version 0\n")
    dock.write_bytes(dock.read_bytes() + b"# my own line\n")
    (note,) = placechecks.plugins(root)
    assert "older" in note.text
    done = call("init", root, "--plugin", "godot")
    assert "plugin.gd  the godot plugin, brought up to date" in done.out
    assert "addons/pixelpipe/dock.gd (yours)" in done.out
    assert script.read_bytes() == shipped
    assert dock.read_bytes().endswith(b"# my own line\n")
    script.write_bytes(b"# pixelpipe plugin version 9999\n")
    assert "newer" in placechecks.plugins(root)[0].text


FILTER = "textures/canvas_textures/default_texture_filter"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[rendering]\n\n{FILTER}=0\n"),
        ("config_version=5", f"config_version=5\n\n[rendering]\n\n{FILTER}=0\n"),
        ("[a]\r\nb=1\r\n", f"[a]\r\nb=1\r\n\r\n[rendering]\r\n\r\n{FILTER}=0\r\n"),
        ("[rendering]\n\nx=1\n[z]\n", f"[rendering]\n\n{FILTER}=0\nx=1\n[z]\n"),
        ("[rendering]", f"[rendering]\n{FILTER}=0\n"),
        (f"[rendering]\n{FILTER}=1\n", f"[rendering]\n{FILTER}=1\n"),
        (f"[other]\n{FILTER}=1\n", f"[other]\n{FILTER}=1\n\n[rendering]\n\n{FILTER}=0\n"),
    ],
)
def test_a_setting_is_added_and_nothing_else_moves(before: str, after: str) -> None:
    """The engine's file is the user's: a stated filter stays, whatever it is."""
    assert inisettings.added(before, gameengines.GODOT_4.settings) == after
    assert inisettings.added(after, gameengines.GODOT_4.settings) == after


def test_nearest_is_set_only_when_asked_for(tmp_path: Path) -> None:
    """A global texture filter changes the whole game."""
    root = make(tmp_path, {"project.godot": GODOT_4})
    assert "`init --nearest` sets it" in call("init", root).out
    assert (root / "project.godot").read_text() == GODOT_4
    done = call("init", root, "--nearest")
    assert done.code == 0, done.err
    assert "Sharp pixels" not in done.out
    assert (root / "project.godot").read_text().endswith(f"[rendering]\n\n{FILTER}=0\n")
    assert "(states its texture filter)" in call("init", root, "--nearest").out


def test_help_tells_what_is_changed() -> None:
    """A command that writes into a game's folder says so before it does."""
    done = call("init", "-h")
    assert "Files that are there are never changed" in " ".join(done.out.split())


def test_the_walk_skips_caches_and_reads_only_markers(tmp_path: Path) -> None:
    """A node_modules folder has more PNGs than the game."""
    root = make(
        tmp_path,
        {
            "package.json": PHASER,
            "node_modules/x/logo.png": "x",
            ".git/y.png": "x",
            "dist/z.png": "x",
            "art/hero.png": "x",
        },
    )
    listed = take(root)
    assert listed.sources == ("art/hero.png",)
    assert dict(listed.texts) == {"package.json": PHASER}
    assert take(root, depth=0).files == ("package.json",)


@pytest.mark.skipif(not SPRITES.is_dir(), reason="the CC0 sprites are not here")
def test_real_art_is_matched_by_the_pinned_packs(tmp_path: Path) -> None:
    """41 sprites of many hands: each is matched, or listed as unmatched."""
    shutil.copytree(SPRITES, tmp_path / "assets")
    assert call("init", tmp_path).code == 0
    found = survey.take(workspace.open(tmp_path, {}, {}), Wish())
    assert len(found.wanted) + len(found.unmatched) + len(found.refused) == 41
    assert len(found.wanted) > 30
