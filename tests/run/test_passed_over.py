"""What lies in an assets or a rules folder and is not taken is named once, with what to do."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from pathlib import Path
from typing import Literal

import pytest
from game import RULES, Game, png, sprite

pytestmark = pytest.mark.usefixtures("in_process")

#: File, and what its sentence says. `assets/hero.png` is there as well.
TABLE = [
    ("assets/Boss.Png", "rename it to Boss.png"),
    ("assets/boss.pNG", "rename it to boss.png"),
    ("assets/.boss.png", "is hidden and not taken: rename it to boss.png"),
    ("assets/boss.png ", "ends in a space or a full stop: rename it to boss.png"),
    ("assets/boss.png.", "ends in a space or a full stop: rename it to boss.png"),
    ("assets/boss.PNG. ", "ends in a space or a full stop: rename it to boss.PNG"),
    ("assets/boss.jpg", "only PNG files are taken: save it as PNG with a transparent background"),
    ("assets/boss.JPEG", "only PNG files are taken: save it as PNG with a transparent background"),
    ("assets/boss.webp", "only PNG files are taken: save it as PNG"),
    ("assets/boss.gif", "only PNG files are taken: save it as PNG"),
    ("assets/boss.bmp", "only PNG files are taken: save it as PNG"),
    ("assets/boss.tga", "only PNG files are taken: save it as PNG"),
    ("assets/boss.svg", "export a PNG in the size"),
    ("assets/boss.aseprite", "`aseprite -b boss.aseprite --save-as boss.png`"),
    ("assets/boss.ase", "`aseprite -b boss.ase --save-as boss.png`"),
    ("assets/boss.psd", "export a PNG beside it"),
    ("assets/boss.kra", "export a PNG beside it"),
    ("assets/boss.xcf", "export a PNG beside it"),
    ("assets/hero.png.yml", "rename it to hero.png.yaml"),
    ("assets/hero.png.YAML", "rename it to hero.png.yaml"),
    ("assets/hero.yaml", "an override of hero.png is called hero.png.yaml"),
    ("assets/hreo.png.yaml", "there is no hreo.png, but hero.png; rename it to hero.png.yaml"),
    ("assets/Hero.png.yaml", "there is no Hero.png, but hero.png; rename it to hero.png.yaml"),
    ("assets/dragon.png.yaml", "there is no dragon.png beside it"),
    ("assets/pixelpipeignore", "an ignore file is called .pixelpipeignore"),
    ("assets/.pixelpipe-ignore", "an ignore file is called .pixelpipeignore"),
    ("rules/more.yml", "rename it to more.yaml"),
    ("rules/more.YAML", "rename it to more.yaml"),
    ("rules/more.yaml.txt", "rename it to more.yaml"),
    ("rules/more.json", "rules are YAML"),
    ("rules/more.toml", "rules are YAML"),
    ("rules/deep/more.yaml", "write `rules/**/*.yaml`"),
]


@pytest.mark.parametrize(("path", "sentence"), TABLE, ids=[path for path, _ in TABLE])
def test_what_is_not_taken_is_told_by_plan(game: Game, path: str, sentence: str) -> None:
    """Silence would let a beginner look for the fault everywhere else."""
    game.write(path, png(sprite(9)) if path.lower().endswith(".png") else b"")
    run = game.run("plan")
    told = [line for line in run.stderr.splitlines() if line.startswith(f"note: {path}: ")]
    assert len(told) == 1, run.stderr
    assert sentence in told[0]
    found = game.plan().report["passed_over"]
    assert isinstance(found, list)
    assert [one["path"] for one in found] == [path]


@pytest.mark.parametrize("place", ["own.yaml", "assets/own.yaml", "rule/own.yaml"])
def test_rules_in_another_place_are_missed_by_name(game: Game, place: str) -> None:
    """It was "No rule matches" for every sprite, and no word of why."""
    (game.root / place).parent.mkdir(exist_ok=True)
    (game.root / "rules/own.yaml").rename(game.root / place)
    (game.root / "rules").rmdir()
    for command in ("plan", "build", "doctor"):
        told = game.run(command)
        assert "rules/*.yaml: there is no such file" in told.stdout + told.stderr, command


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
@pytest.mark.parametrize(
    ("path", "kind", "code", "sentence"),
    [
        ("rules/more.yaml", "link", 3, "is a link that leads nowhere"),
        ("rules/more.yaml", "pipe", 3, "cannot be read: is no regular file"),
        ("rules/.#more.yaml", "link", 0, "Nothing to do"),  # a lock of Emacs
        ("assets/boss.png", "pipe", 4, "is no regular file"),
        ("assets/hero.png.yaml", "pipe", 4, "is no regular file"),
        ("assets/boss.png", "link", 4, "is a link that leads nowhere"),
        ("assets/hero.png.yaml", "link", 4, "is a link that leads nowhere"),
    ],
)
def test_what_is_there_and_cannot_be_read_is_told_also_after_a_run(
    game: Game, path: str, kind: str, code: int, sentence: str
) -> None:
    """Without the rules of a link that leads nowhere something else would be bought."""
    game.rules(RULES)
    (game.root / "rules/own.yaml").rename(game.root / "sole.yaml")
    game.settings(rules=["rules/*.yaml", "sole.yaml"], service="built-in")
    for _ in range(2):
        assert game.run("build").exit == 0
        time.sleep(2.1)  # what is young is not remembered
    assert game.run("build").exit == 0
    place = game.root / path
    place.symlink_to("nowhere") if kind == "link" else os.mkfifo(place)
    for command in ("build", "plan"):
        ended = game.run(command)
        assert ended.exit == code, ended
        said = ended.stdout + ended.stderr
        assert (sentence in said and path in said) or not code, said


def test_a_source_that_no_rule_takes_for_its_capitals_is_told(game: Game) -> None:
    """Programs of Windows write `HERO.PNG`; the other sprites are taken, so the rule is in use."""
    game.draw("BOSS.PNG", tint=3)
    game.draw("deep/OGRE.PNG", tint=4)
    for command in ("plan", "build"):
        ended = game.run(command)
        assert ended.exit == 0
        assert (
            "assets/BOSS.PNG: is matched by no rule for its capital letters: case counts, and"
            " `**/*.png` of rule `heroes` would match boss.png (and 1 more)"
        ) in " ".join((ended.stdout + ended.stderr).split())
    game.write("rules/own.yaml", (game.root / "rules/own.yaml").read_text().replace(".png", ".*"))
    assert "capital letters" not in game.run("build").stderr


#: The one rule's pattern, and why it gets no file.
RULE_TABLE = [
    ("assets/*.png", 'write `match: "*.png"` instead of "assets/*.png"'),
    ("./assets/heroes/{name}.png", 'write `match: "heroes/{name}.png"` instead of'),
    ("Hero.png", "case counts, and the file is called hero.png"),
    ("dragons/*.png", "nothing below assets matches `dragons/*.png`"),
]


@pytest.mark.parametrize(("pattern", "sentence"), RULE_TABLE)
def test_a_rule_without_a_file_says_why(game: Game, pattern: str, sentence: str) -> None:
    """A pattern that matches nothing looks like one that works."""
    game.rules(RULES.replace("**/*.png", pattern))
    assert "note: rules/own.yaml:2: rule `heroes` gets no file: " in game.run("plan").stderr
    assert sentence in game.run("plan").stderr


def test_a_rule_in_the_shadow_of_another_names_it(game: Game) -> None:
    """And one whose conditions do not hold says that."""
    other = RULES.partition("\n")[2]
    game.rules(RULES + other.replace("heroes", "later").replace("**/*.png", "hero.png"))
    assert "`heroes` takes what its pattern matches (assets/hero.png)" in game.run("plan").stderr
    game.rules(RULES.replace("    clips:", "    when: {min_width: 200}\n    clips:"))
    assert "but its `when` does not hold there" in game.run("plan").stderr


def test_many_files_of_one_kind_are_one_sentence(game: Game) -> None:
    """Three hundred Photoshop files are one fact."""
    for number in range(30):
        game.write(f"assets/sheet{number}.psd", b"")
    told = [line for line in game.run("plan").stderr.splitlines() if ".psd" in line]
    assert len(told) == 1
    assert "and 29 more .psd files" in told[0]


def test_what_has_its_png_beside_it_or_is_ignored_is_not_told(game: Game) -> None:
    """An artist keeps hero.aseprite beside the hero.png that was exported from it."""
    game.write("assets/hero.aseprite", b"")
    game.write("assets/notes.txt", b"")
    game.write("assets/old/sketch.psd", b"")
    game.settings(ignore=["old/"])
    game.write("assets/more/x.jpg", b"")
    game.write("assets/more/.pixelpipeignore", b"*.jpg\n")
    assert game.run("plan").stderr == ""


def test_build_why_and_doctor_tell_it_as_well(game: Game) -> None:
    """Whichever command a person tries first."""
    game.write("assets/Boss.Png", png(sprite(9)))
    told = "is not taken, since its ending is neither .png nor .PNG: rename it to Boss.png"
    assert game.run("why", "assets/Boss.Png").stdout == f"assets/Boss.Png: {told}\n"
    for command in ("build", "doctor"):
        run = game.run(command)
        assert (run.stdout + run.stderr).count(told) == 1


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("art/x.png", "lies outside of the assets folders (assets)"),
        ("assets/ui/x.png", "is left out by `ignore:`"),
        ("assets/.old/x.png", "is hidden, or lies in a hidden folder"),
        ("assets/x.txt", "is no PNG"),
    ],
)
def test_why_says_why_a_file_is_no_source(game: Game, path: str, sentence: str) -> None:
    """`why` prints a sentence for every file that is there."""
    game.settings(ignore=["ui/"])
    game.write(path, png(sprite(9)))
    run = game.run("why", path)
    assert run.exit == 0
    assert sentence in run.stdout


def test_a_prompt_that_a_sign_cuts_short_is_a_note(game: Game) -> None:
    """Comments are legal, so it is no mistake; two blanks before the sign say that it is one."""
    game.rules(RULES.replace('"breathing calmly, a subtle idle loop"', "breathing #1 calmly"))
    run = game.run("plan")
    assert run.exit == 0
    assert "note: rules/own.yaml:5: the prompt ends before `#1 calmly`" in run.stderr
    game.rules(RULES.replace('idle loop"', 'idle loop" # slow'))
    assert game.run("plan").stderr == ""
    game.rules(RULES.replace('"breathing calmly, a subtle idle loop"', "breathing  # calmly"))
    assert game.run("plan").stderr == ""


def test_a_folder_without_any_png_says_what_to_do(game: Game) -> None:
    """The first run of somebody who put the art elsewhere."""
    for path in (game.root / "assets").iterdir():
        path.unlink()
    assert "holds no PNG" in game.run("plan").stderr


Form = Literal["NFC", "NFD"]
FORMS: list[tuple[Form, Form]] = [("NFC", "NFD"), ("NFD", "NFC")]


@pytest.mark.parametrize(("on_disk", "written"), FORMS)
def test_names_in_either_unicode_form_are_the_same(
    game: Game, on_disk: Form, written: Form
) -> None:
    """macOS hands out decomposed names, keyboards type composed ones: everywhere the same name."""

    def disk(text: str) -> str:
        return unicodedata.normalize(on_disk, text)

    def typed(text: str) -> str:
        return unicodedata.normalize(written, text)

    game.write(f"{disk('bühne')}/{disk('käfer')}.png", png(sprite(5)))
    game.write(f"{disk('bühne')}/{disk('öl')}.png", png(sprite(6)))
    game.write(f"{disk('bühne')}/{typed('käfer')}.png.yaml", b"clips: {idle: wobbling}\n")
    game.settings(assets=[typed("bühne")], ignore=[typed("öl.png")])
    game.rules(RULES.replace("**/*.png", typed("käfer*.png")))
    (only,) = json.loads(game.plan().stdout)["steps"]
    assert (only["prompt"], only["source"]) == ("wobbling", disk("bühne/käfer.png"))
    chosen = game.plan("--only", typed("bühne/käfer.png"))
    assert chosen.totals["clips"] == 1
    assert game.make().exit == 0
    shown = game.run("why", typed("bühne/käfer.png"))
    assert (shown.exit, "up to date" in shown.stdout) == (0, True)
    assert game.run("pick", typed("bühne/käfer.png")).exit == 0
    assert not Path(game.root, typed("bühne")).exists() or on_disk == written


@pytest.mark.parametrize("path", ["assets/Boss.Png", "assets/boss.psd"])
def test_what_comes_after_a_run_with_nothing_to_do_is_told(game: Game, path: str) -> None:
    """An answer from memory must not hide what was put there since."""
    assert game.make().exit == 0
    for _ in range(2):
        assert "Nothing to do: 3 clips up to date." in game.run("build").stdout
    game.write(path, png(sprite(9)) if path.endswith("Png") else b"")
    run = game.run("build")
    assert "Nothing to do: 3 clips up to date." in run.stdout
    assert f"note: {path}: " in run.stderr
    (game.root / path).unlink()
    assert game.run("build").stderr == ""


def test_what_is_told_stays_told_after_a_run_that_looked_at_one_file(game: Game) -> None:
    """The next run looks only at what changed, and the photograph lies there as before."""
    game.write("assets/boss.jpg", b"")
    game.make()
    for tint in (40, 41):
        assert "note: assets/boss.jpg: " in game.run("build").stderr
        game.draw("hero.png", tint=tint)
        assert game.run("build").exit == 0
    for command in ("build", "plan", "build"):
        assert "note: assets/boss.jpg: " in game.run(command).stderr


@pytest.mark.parametrize(
    ("box", "is_told"),
    [
        ([12, 0, 20, 5], True),
        ([0, 14, 5, 20], True),
        ([900, 900, 950, 950], True),
        ([11, 13, 20, 20], False),
        ([0, 0, 999, 999], False),
    ],
)
def test_a_box_outside_of_the_picture_is_told_once_with_its_size(
    game: Game, box: list[int], is_told: bool
) -> None:
    """It would name nothing, and the engine would ask for a box."""
    for name in ("more", "many"):
        game.draw(f"{name}.png", tint=len(name))
    game.write("rules/own.yaml", _boxed(f"parts: {{tail: {box}}}"))
    for command in ("plan", "build", "doctor"):
        ended = game.run(command)
        said = ended.stdout + ended.stderr
        told = [line for line in said.splitlines() if "lies outside of the 12x14 picture" in line]
        assert len(told) == int(is_told), said
        assert "name it by a box" not in said
        if told:
            assert f"rules/own.yaml:2: `parts: {{tail: {box}}}`" in told[0]
            assert "assets/chest.png (and of 4 more)" in told[0]


def test_a_box_outside_of_a_cell_or_in_an_override_is_told(game: Game) -> None:
    """A cell is the picture there; and an override has a file of its own."""
    game.write(
        "rules/own.yaml", _boxed("cells: 6x7\n    pick: [0]\n    parts: {tail: [6, 0, 9, 5]}")
    )
    assert "outside of the 6x7 cell of assets/chest.png (and of 2 more)" in game.run("plan").stderr
    game.rules(RULES)
    game.write("assets/hero.png.yaml", "parts: {tail: [90, 0, 95, 5]}")
    told = game.run("plan").stderr
    assert "assets/hero.png.yaml" in told
    assert "outside of the 12x14 picture of assets/hero.png, so" in told


def _boxed(line: str) -> str:
    said = RULES.replace("breathing calmly, a subtle idle loop", "the tail wags")
    return said.replace("    clips:", f"    kind: quadruped\n    {line}\n    clips:")
