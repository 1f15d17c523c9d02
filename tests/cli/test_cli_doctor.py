"""`pixelpipe doctor`: what would go wrong, found before money is spent."""

from __future__ import annotations

import os
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from command import Ended, call, run
from game import RULES, Game, Shop, png, sprite
from PIL import Image

from pipeline.commands.doctor import artchecks, checks, placechecks, poses
from pipeline.commands.doctor.checks import Finding, Level
from pipeline.config import packs, rule_file, workspace
from pipeline.core.png import chunk
from pipeline.imaging import decode, facts
from pipeline.purchase.account import Records
from pipeline.storage import files
from pipeline.storage.lock import ClipLine, Lock

KEY = "pe_sk_" + "secretsecretsecret"


def look(game: Game, *options: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run `doctor --json` in this process."""
    return call("doctor", game.root, "--json", *options, environment=game.variables(environment))


def found_by(done: Ended, subject: str) -> list[dict[str, object]]:
    """Return the findings about one subject."""
    findings = done.json()["findings"]
    assert isinstance(findings, list)
    return [one for one in findings if one["subject"] == subject]


def levels(done: Ended) -> dict[str, set[str]]:
    """Return the levels of each subject."""
    findings = done.json()["findings"]
    assert isinstance(findings, list)
    met: dict[str, set[str]] = {}
    for one in findings:
        met.setdefault(str(one["subject"]), set()).add(str(one["level"]))
    return met


def test_a_sound_project_has_nothing_but_ok(game: Game) -> None:
    """A doctor that finds something everywhere is not listened to."""
    done = game.run("doctor")
    assert done.exit == 0, done.stderr
    assert done.stdout.endswith("0 problems, 0 notes.\n")
    assert all(line.startswith("ok ") for line in done.stdout.splitlines()[:-1])


def test_it_changes_nothing_but_the_memo(game: Game) -> None:
    """It is run to look, also in a checkout that somebody else builds in."""
    before = {path for path in game.root.rglob("*") if ".pixelpipe" not in path.parts}
    look(game, "--offline")
    after = {path for path in game.root.rglob("*") if ".pixelpipe" not in path.parts}
    assert after == before
    assert not (game.root / ".pixelpipe" / "bought").exists()


def test_everything_that_can_be_wrong_with_a_sprite_is_named_once(game: Game) -> None:
    """All of it costs money or quality later; each kind is one line with its files."""
    assets = {
        "long.png": png(Image.new("RGBA", (300, 40), (9, 9, 9, 255))),
        "empty.png": b"",
        "pointer.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n",
        "clear.png": png(Image.new("RGBA", (20, 20))),
        "big.png": png(sprite().resize((48, 56), Image.Resampling.NEAREST)),
        "soft.png": png(sprite().resize((24, 28), Image.Resampling.BILINEAR)),
        "many.png": png(_gradient()),
        "profile.png": png(sprite(9), icc_profile=b"not the usual one" * 9),
        "sheet.png": png(_sheet()),
    }
    for name, content in assets.items():
        game.write(f"assets/{name}", content)
    done = look(game, "--offline")
    text = done.out
    assert done.code == 4, done.err
    for name, words in {
        "long": "300x40 px",
        "empty": "the file is empty",
        "pointer": "git lfs pull",
        "clear": "every pixel is transparent",
        "sheet": "looks like a sheet",
    }.items():
        assert f"assets/{name}.png: " in text
        assert words in text
    notes = {
        str(path): str(one["text"])
        for one in found_by(done, "sprites")
        if one["level"] == "note"
        for path in (one["paths"] if isinstance(one["paths"], list) else [])
    }
    assert "scaled up" in notes["assets/big.png"]
    assert "half-transparent" in notes["assets/soft.png"]
    assert "more than 64 colours" in notes["assets/many.png"]
    assert "colour profile" in notes["assets/profile.png"]
    assert "assets/hero.png" not in notes


def test_matte_near_the_art_is_named_before_it_is_paid_for(game: Game) -> None:
    """What a rule states is sent, whatever it costs: then it should be known."""
    clip = '{prompt: "breathing calmly", matte: "#d04058"}'
    game.rules(RULES.replace('"breathing calmly, a subtle idle loop"', clip))
    (note,) = (one for one in found_by(look(game, "--offline"), "sprites") if one["paths"])
    assert "a background near one of its colours" in str(note["text"])
    assert "assets/hero.png" in str(note["paths"])
    game.rules(RULES)
    assert not [one for one in found_by(look(game, "--offline"), "sprites") if one["paths"]]


def _gradient() -> Image.Image:
    image = Image.new("RGBA", (40, 40))
    for x in range(4, 36):
        for y in range(4, 36):
            image.putpixel((x, y), (8 * (x - 4), 8 * (y - 4), 90, 255))
    return image


def _sheet() -> Image.Image:
    image = Image.new("RGBA", (64, 64))
    for number in range(16):
        cell = sprite(number, (14, 14))
        image.paste(cell, (1 + 16 * (number % 4), 1 + 16 * (number // 4)))
    return image


def test_a_prompt_that_asks_for_another_pose_is_found_with_its_line(game: Game) -> None:
    """A model that animates one picture does not sit a standing knight down."""
    game.rules(RULES + '      sit: "the hero sits down on the ground"\n')
    (note,) = found_by(look(game, "--offline"), "prompts")
    assert "rules/" in str(note["text"])
    assert "“sits down”" in str(note["text"])
    assert "keyframes" in str(note["remedy"])


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("the knight sits down", "sits down"),
        ("turns to face the camera", "turns to face"),
        ("slowly opens\n the lid", "opens the lid"),
        ("draws his sword, then waits", "draws his sword"),
        ("collapses and dies", "collapses"),
        ("never turns around, breathing", None),
        ("walking to the right on the spot", None),
        ("a duck waddling", None),
        ("a low crouch, then a hop", None),
        ("turning in place like a coin", None),
        ("", None),
    ],
)
def test_pose_changes_are_read_from_the_prompt(prompt: str, words: str | None) -> None:
    """A false alarm at every hop would bury the true ones."""
    assert poses.asked(prompt) == words


def test_no_shipped_prompt_asks_for_another_pose() -> None:
    """Users learn prompting from the packs. A death alone ends in another pose than it began."""
    rules = rule_file.load([(packs.load(name), name) for name in packs.newest()])
    assert [one for one in checks.prompts(rules) if "[death]" not in one.text] == []


def test_a_key_is_named_by_prefix_and_place(game: Game, shop: Shop) -> None:
    """Which of the places holds the key is the question; the key itself is never the answer."""
    game.use(shop)
    done = game.run("doctor")
    assert done.exit == 0, done.stderr
    assert f"set by PIXEL_ENGINE_API_KEY ({shop.key[:14]}…)" in done.stdout
    assert "1100 credits available, 60 planned" in done.stdout
    assert shop.key not in done.stdout + done.stderr
    assert shop.calls == 0


@pytest.mark.parametrize(
    ("environment", "dotenv", "level", "words"),
    [
        ({}, None, Level.PROBLEM, "Account → API"),
        ({"PIXEL_ENGINE_API_KEY": KEY}, None, Level.OK, "set by PIXEL_ENGINE_API_KEY"),
        ({"PIXELENGINE_API_KEY": KEY}, None, Level.OK, "set by PIXELENGINE_API_KEY"),
        ({}, f"PIXEL_ENGINE_API_KEY='{KEY}'", Level.OK, "set by the file .env"),
        ({"PIXEL_ENGINE_API_KEY": "sk-other"}, None, Level.PROBLEM, "begin with pe_sk_"),
        ({"PIXEL_ENGINE_API_KEY": f"{KEY} x"}, None, Level.PROBLEM, "quotes and blanks"),
        ({"PIXEL_ENGINE_API_KEY": f"{KEY}ö"}, None, Level.PROBLEM, "is no key"),
        ({"PIXEL_ENGINE_API_KEY": "pe_sk_short"}, None, Level.PROBLEM, "is no key"),
    ],
)
def test_the_form_of_a_key_is_checked_without_showing_it(
    environment: Mapping[str, str], dotenv: str | None, level: Level, words: str
) -> None:
    """A wrong key costs a request and a riddle; a shown one costs the account."""
    first = checks.key(environment, dotenv, is_needed=True)[0]
    assert first.level is level
    assert words in first.line
    assert first.exit_code == (0 if level is Level.OK else 5)
    assert "secretsecretsecret" not in first.line
    assert "sk-other" not in first.line


def test_two_different_keys_are_pointed_out() -> None:
    """The one in the environment hides the one in .env."""
    found = checks.key(
        {"PIXEL_ENGINE_API_KEY": KEY}, f"PIXEL_ENGINE_API_KEY={KEY}2", is_needed=True
    )
    assert [one.level for one in found] == [Level.OK, Level.NOTE]


def test_no_key_is_no_problem_for_the_built_in_engine() -> None:
    """Trying without paying is the first thing that users do."""
    assert [one.level for one in checks.key({}, None, is_needed=False)] == [Level.OK]


def test_a_refused_key_and_too_few_credits_stop_with_5(game: Game, shop: Shop) -> None:
    """Both would end a build with 5, after it had begun."""
    game.use(shop)
    refused = look(game, environment={"PIXEL_ENGINE_API_KEY": KEY})
    assert refused.code == 5
    assert levels(refused)["service"] == {"problem"}
    for number in range(60):
        game.draw(f"extra_{number}.png", tint=number + 10)
    poor = look(game)
    assert poor.code == 5
    assert "1260 planned" in str(found_by(poor, "service")[0]["text"])


def test_a_service_that_is_not_there_stops_with_6_but_not_offline(game: Game) -> None:
    """Sprites can be looked at on a train."""
    environment = {"PIXELPIPE_SERVICE": "http://127.0.0.1:9/v1", "PIXEL_ENGINE_API_KEY": KEY}
    assert look(game, environment=environment).code == 6
    assert look(game, "--offline", environment=environment).code == 0


def test_broken_settings_are_a_finding_with_their_line(game: Game) -> None:
    """The most common fault of all; misspelt variables are told beside it."""
    game.write("pixelpipe.yaml", "asets: [x]\n")
    done = look(game, environment={"PIXELPIPE_SERVISE": "x"})
    assert done.code == 3
    assert "pixelpipe.yaml:1" in str(found_by(done, "settings")[0]["text"])
    assert "PIXELPIPE_SERVISE" in str(found_by(done, "environment")[0]["text"])


def test_a_folder_without_a_project_is_sent_to_init(tmp_path: Path) -> None:
    """There is nothing to look at yet."""
    done = run("doctor", tmp_path)
    assert done.code == 3
    assert "pixelpipe init" in done.err


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_a_place_that_is_no_folder_is_a_wrong_usage(tmp_path: Path, name: str) -> None:
    """A typing error is not a broken project."""
    (tmp_path / "file").write_text("")
    assert call("doctor", tmp_path / name).code == 2


def git(root: Path, *arguments: str) -> None:
    """Run git without the user's settings."""
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def test_a_key_in_a_tracked_file_is_named_by_line_and_not_shown(game: Game) -> None:
    """A client of this service once committed its preferences with a live key."""
    git(game.root, "init", "-q")
    game.write("prefs/editor.cfg", f"theme = dark\nkey = {KEY}\n")
    game.write("notes.txt", f"untracked {KEY}\n")
    git(game.root, "add", "prefs")
    game.write(".env", f"PIXEL_ENGINE_API_KEY={KEY}\n")
    game.write(".gitignore", "*.anim.png\n")
    done = look(game, "--offline", "--service", "built-in")
    committed, ignored, exposed = found_by(done, "git")
    assert committed["paths"] == ["prefs/editor.cfg:2"]
    assert committed["level"] == "problem"
    assert ignored["paths"] == ["assets/hero.anim.png"]
    assert ".env" in str(exposed["text"])
    assert KEY not in done.out + done.err
    assert done.code == 0


def test_names_that_differ_only_in_case_are_found() -> None:
    """On Windows and macOS one of them overwrites the other at checkout."""
    paths = ["a/Hero.png", "a/hero.png", "b/hero.png", "ü.png", "u\u0308.png"]
    found = checks.collisions(paths, files.fold)
    assert sorted(one.paths for one in found) == [
        ("a/Hero.png", "a/hero.png"),
        ("u\u0308.png", "ü.png"),
    ]


def test_an_old_pack_is_a_note() -> None:
    """Moving on is the user's decision: it may cost credits."""
    found = checks.old_packs(["props@1", "items@2", "own@1"], {"props": (1, 2), "items": (1, 2)})
    assert [one.text for one in found] == ["props@1 is in use, props@2 is the newest"]


def test_few_watches_are_a_note_with_the_command_that_helps(tmp_path: Path) -> None:
    """Folders beyond the limit are silently not watched."""
    (tmp_path / "max_user_watches").write_text("100\n")
    assert [one.level for one in placechecks.watches(40, tmp_path)] == [Level.OK]
    (note,) = placechecks.watches(60, tmp_path)
    assert note.level is Level.NOTE
    assert "sysctl" in note.remedy
    assert placechecks.watches(60, tmp_path / "elsewhere") == []


def test_open_and_unconfirmed_jobs_are_told(game: Game) -> None:
    """Money in doubt ends a build with 7, so it ends this with 7 as well."""
    opened = workspace.open(game.root, {"PIXELPIPE_STATE": str(game.root)}, {})
    (open_jobs,) = placechecks.records(opened, Records(open_jobs=2))
    (doubt,) = placechecks.records(opened, Records(open_jobs=2, unconfirmed=1))
    assert (open_jobs.level, open_jobs.exit_code) == (Level.NOTE, 0)
    assert (doubt.level, doubt.exit_code) == (Level.PROBLEM, 7)


def test_damaged_and_absent_bought_bytes_are_told_apart(paying: Game) -> None:
    """Damaged property is restored; what is not here was bought elsewhere."""
    assert paying.build("--yes").exit == 0
    assert levels(look(paying, "--offline"))["store"] == {"ok"}
    opened = workspace.open(paying.root, paying.variables(), {})
    for folder in opened.bought:
        for file in folder.rglob("*.png"):
            file.write_bytes(b"rotten")
    absent = ClipLine(source="x.png", clip="idle", key="0" * 64, digest="1" * 64, service="s")
    done = look(paying, "--offline")
    assert levels(done)["store"] == {"problem"}
    assert done.code == 8
    (note,) = placechecks.store(opened.store(), Lock(clips=(absent,)))
    assert (note.level, note.paths) == (Level.NOTE, ("x.png [idle]",))


def test_a_damaged_ledger_does_not_hide_the_rest(game: Game, tmp_path: Path) -> None:
    """One broken place must not end the look at all others."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "ledger.sqlite").write_bytes(b"no database at all, but long enough" * 40)
    done = look(game, environment={"PIXELPIPE_STATE": str(state)})
    assert done.code == 8
    assert levels(done)["records"] == {"problem"}
    assert "key" in levels(done)


def test_only_colours_other_than_srgb_are_remarked() -> None:
    """Most programs write sRGB in one form or another: that is what everybody sees."""
    srgb = b"name\0\0" + zlib.compress(b"....desc sRGB IEC61966-2.1")
    other = b"name\0\0" + zlib.compress(b"....desc Display P3")
    numbers = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    white = b"".join(number.to_bytes(4, "big") for number in numbers)
    for body, names in [
        (chunk(b"iCCP", srgb) + chunk(b"gAMA", (45455).to_bytes(4, "big")), ()),
        (chunk(b"iCCP", other), ("iCCP",)),
        (chunk(b"iCCP", b"name\0\0not zlib"), ("iCCP",)),
        (chunk(b"gAMA", (100000).to_bytes(4, "big")), ("gAMA",)),
        (chunk(b"cHRM", white), ()),
        (chunk(b"cHRM", white[:-4]), ("cHRM",)),
    ]:
        content = png(sprite())
        assert artchecks.colour_chunks(content[:33] + body + content[33:]) == names


def test_clean_art_gets_no_remark() -> None:
    """The sprites of a careful artist pass in silence."""
    content = png(sprite())
    pixels = decode(content, "hero.png")
    colors = facts(pixels).colors
    assert list(artchecks.remarks_of("hero.png", content, pixels, colors=colors)) == []


def test_the_exit_code_is_the_builds() -> None:
    """Notes and problems without a code do not stop a build."""
    problem = checks.problem("git", "a key is committed")
    bad = checks.problem("sprites", "x", exit_code=4)
    assert checks.exit_code([checks.note("a", "b"), problem]) == 0
    assert checks.exit_code([bad, problem]) == 4
    assert checks.exit_code([bad, checks.problem("key", "none", exit_code=5)]) == 5


def test_a_line_names_three_files_and_counts_the_rest() -> None:
    """Five hundred names in one line help nobody."""
    finding = Finding(
        level=Level.NOTE,
        subject="sprites",
        text="soft",
        paths=("a", "b", "c", "d", "e"),
        details=("1 %",),
    )
    assert finding.line == "note     sprites: soft (a: 1 %, b, c and 2 more)"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
@pytest.mark.parametrize("name", ["project.godot", "package.json", "Cargo.toml"])
def test_a_pipe_that_is_called_like_an_engines_file_is_not_waited_for(
    game: Game, name: str
) -> None:
    os.mkfifo(game.root / name)
    assert game.run("doctor", timeout_s=60).exit == 0
    assert game.run("init", timeout_s=60).exit == 0
