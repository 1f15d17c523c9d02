"""Choosing targets, naming their files, and the golden texts that other programs read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

import hero_sheet
import pytest

from pipeline import targets
from pipeline.core import provenance
from pipeline.core.errors import AssetError, ConfigError
from pipeline.core.model import File, Sheet, TargetChoice
from pipeline.targets import registry, timing

#: Read at once: no variable of ours reaches a test (conftest.py).
WRITES_GOLDEN = bool(os.environ.get("PIXELPIPE_WRITE_GOLDEN"))
GOLDEN = Path(__file__).parent / "golden"
#: Sheets of two rows show a swap of x and y, and of top and bottom.
TWO_ROWS = TargetChoice(name="sheet", options={"columns": 4})
#: Every target with the options that change its form.
CHOICES = (
    TargetChoice(name="aseprite"),
    TargetChoice(name="aseprite", options={"form": "array"}),
    TargetChoice(name="godot"),
    TargetChoice(name="godot", options={"version": 3}),
    TargetChoice(name="godot", options={"form": "scene"}),
    TargetChoice(name="godot", options={"form": "library"}),
    TargetChoice(name="ase"),
    TargetChoice(name="web"),
    TargetChoice(name="kaplay"),
    TargetChoice(name="gdevelop"),
    TargetChoice(name="renpy", options={"root": "art"}),
    TargetChoice(name="unity"),
    TargetChoice(name="gamemaker"),
    TargetChoice(name="gamemaker", options={"form": "package"}),
    TargetChoice(name="frames"),
    TargetChoice(name="love"),
    TargetChoice(name="css"),
    TargetChoice(name="defold"),
    TargetChoice(name="defold", options={"form": "atlas"}),
    TargetChoice(name="libgdx"),
    TargetChoice(name="libgdx", options={"form": "legacy"}),
    TargetChoice(name="tiled"),
    TargetChoice(name="bevy", options={"root": "art"}),
    TargetChoice(name="rpgmaker", options={"directions": "one"}),
    TargetChoice(name="gif", options={"scale": 2}),
    TargetChoice(name="webp"),
    TargetChoice(name="apng"),
)

#: Those that write text.
PICTURES = {"ase", "frames", "rpgmaker", "gif", "webp", "apng"}
TEXTS = tuple(choice for choice in CHOICES if choice.name not in PICTURES)


def label(choice: TargetChoice) -> str:
    """Name a choice in test names and golden folders."""
    return "-".join([choice.name, *(f"{key}-{choice.options[key]}" for key in choice.options)])


def shapes(sheet: Sheet) -> tuple[tuple[str, int], ...]:
    """Return what the plan knows of a sheet's clips."""
    return tuple(
        (
            clip.name,
            targets.beats(timing.durations(sheet, clip), clip.direction, loop=clip.loop),
        )
        for clip in sheet.clips
    )


@pytest.mark.parametrize("per", ["source", "clip"])
@pytest.mark.parametrize("choice", CHOICES, ids=label)
def test_export_writes_exactly_the_paths_that_the_plan_saw(choice: TargetChoice, per: str) -> None:
    """A file that the plan did not look at could overwrite someone's work."""
    choices = (choice, TargetChoice(name="sheet", options={"per": per}))
    for sheet in hero_sheet.odd():
        if choice.name == "rpgmaker" and (per == "clip" or sheet.clips[0].name != "walk"):
            continue
        written = [file.path for file in targets.export(sheet, choices)]
        assert written == list(targets.paths(sheet.stem, shapes(sheet), choices))
        assert written[0] == f"{sheet.stem}.anim.png"
        assert all(path.startswith(f"{sheet.stem}.anim.") for path in written if "$" not in path)


def test_every_target_is_among_the_choices_here() -> None:
    """A new target must not escape the tests above and below."""
    assert {choice.name for choice in CHOICES} | {"sheet"} == set(registry.BUILT_IN)


@pytest.mark.parametrize("choice", CHOICES, ids=label)
def test_same_sheet_gives_the_same_bytes(choice: TargetChoice) -> None:
    """Outputs are committed: a build must not touch what did not change."""
    assert targets.export(hero_sheet.hero(), (choice,)) == targets.export(
        hero_sheet.hero(), (choice,)
    )


@pytest.mark.parametrize("choice", TEXTS, ids=label)
@pytest.mark.parametrize("sheet", [hero_sheet.hero(), hero_sheet.turning()], ids=lambda s: s.stem)
def test_texts_are_as_other_programs_were_seen_to_read_them(
    sheet: Sheet, choice: TargetChoice
) -> None:
    """Golden bytes; PIXELPIPE_WRITE_GOLDEN=1 writes them anew, to be read before a commit."""
    for file in targets.export(sheet, (choice, TWO_ROWS)):
        if is_text(file):
            compare(GOLDEN / label(choice) / Path(file.path).name, file.content)


def is_text(file: File) -> bool:
    """Say whether a file's bytes are the same with every version of Pillow."""
    pictures = {".png", ".gif", ".webp", ".apng", ".aseprite", ".yymps"}
    return Path(file.path).suffix not in pictures


def compare(path: Path, content: bytes) -> None:
    """Compare with the golden file, or write it when asked."""
    if WRITES_GOLDEN:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert path.read_bytes() == content


def test_every_png_says_where_it_comes_from() -> None:
    """Without the chunk an output would be taken for a source."""
    for choice in CHOICES:
        for file in targets.export(hero_sheet.hero(), (choice,)):
            if file.path.endswith((".png", ".apng")):
                clips = provenance.read(file.content)
                assert clips, file.path
    whole = provenance.read(targets.export(hero_sheet.hero(), ())[0].content)
    assert whole == hero_sheet.hero().provenance


def test_naming_files_loads_neither_pillow_nor_numpy() -> None:
    """A run with nothing to do must start at once."""
    code = (
        "import sys\n"
        "from pipeline import targets\n"
        "from pipeline.core.model import TargetChoice as T\n"
        "targets.names()\n"
        f"for name in {registry.BUILT_IN!r}:\n"
        "    targets.paths('a/b', (('walk', 4),), (T(name=name),))\n"
        "assert not {'PIL', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (TargetChoice(name="godott"), "did you mean 'godot'"),
        (TargetChoice(name="xyz"), "known: .*aseprite"),
        (TargetChoice(name="gif", options={"scal": 2}), "did you mean 'scale'"),
        (TargetChoice(name="gif", options={"scale": "2"}), "'2' is not of type int"),
        (TargetChoice(name="gif", options={"scale": True}), "True is not of type int"),
        (TargetChoice(name="gif", options={"scale": 17}), "17 is not within 1..16"),
        (TargetChoice(name="godot", options={"version": 2}), "2 is none of 3, 4"),
        (TargetChoice(name="aseprite", options={"form": "list"}), "'list' is none of hash, array"),
    ],
)
def test_wrong_choice_is_refused_with_the_near_miss(choice: TargetChoice, sentence: str) -> None:
    """A misspelt option that is ignored costs an afternoon."""
    for call in (
        lambda: targets.check(choice),
        lambda: targets.export(hero_sheet.hero(), (choice,)),
        lambda: targets.paths("a", (("walk", 4),), (choice,)),
    ):
        with pytest.raises(ConfigError, match=sentence):
            call()


def test_whole_number_may_be_spelt_as_a_float() -> None:
    """YAML, JSON and flags spell 3 in more ways than one."""
    three = TargetChoice(name="godot", options={"version": 3.0})
    text = targets.export(hero_sheet.hero(), (three,))[1].content
    assert b"format=2" in text
    targets.check(three)
    with pytest.raises(ConfigError, match=r"3\.5 is not of type int"):
        targets.check(TargetChoice(name="godot", options={"version": 3.5}))


def test_two_writers_of_one_path_are_refused() -> None:
    """The second would overwrite the first, and every build would write both."""
    twice = (TargetChoice(name="gif"), TargetChoice(name="gif", options={"scale": 2}))
    with pytest.raises(ConfigError, match=r"two targets write a\.anim\.walk\.gif"):
        targets.paths("a", (("walk", 4),), twice)
    with pytest.raises(ConfigError, match="differ in more than case"):
        targets.paths("a", (("walk", 4), ("Walk", 4)), (TargetChoice(name="gif"),))


def test_options_can_be_described() -> None:
    """The JSON Schema for editors is made of these."""
    for name in targets.names():
        for option in targets.options(name).values():
            assert option.doc
            assert isinstance(option.default, option.kind)
            assert not option.choices or option.default in option.choices


def test_godot_path_starts_at_its_own_project() -> None:
    """`res://` is the folder of project.godot, which need not be ours."""
    sheet = hero_sheet.hero(stem="game/art/hero")
    for root, path in {
        ".": "res://game/art/hero.anim.png",
        "game": "res://art/hero.anim.png",
        "game/": "res://art/hero.anim.png",
        "res://sub/dir": "res://sub/dir/game/art/hero.anim.png",
    }.items():
        choice = TargetChoice(name="godot", options={"root": root})
        text = targets.export(sheet, (choice,))[1].content.decode()
        assert f'path="{path}"' in text
    with pytest.raises(ConfigError, match="is not inside other/"):
        targets.export(sheet, (TargetChoice(name="godot", options={"root": "other"}),))


def test_sheet_too_large_for_graphics_cards_is_refused_in_a_sentence() -> None:
    """A texture that an engine cannot load must not be written silently."""
    small = TargetChoice(name="sheet", options={"max_width": 32, "max_height": 32})
    with pytest.raises(AssetError, match="32x96 px, more than 32x32"):
        targets.export(hero_sheet.hero(), (small,))


@pytest.mark.parametrize(
    "name", ["50%25 off", "key #1", "what?", 'a"b', "back\\slash", "Grüne Höhle", "a+b&c=(d)'"]
)
def test_addresses_lead_to_the_sheet_whatever_it_is_called(name: str) -> None:
    """A browser takes `#`, `?` and `%` for parts of an address."""
    sheet = hero_sheet.hero(stem=f"art/{name}")
    choices = (TargetChoice(name="css"), TargetChoice(name="web"), TargetChoice(name="kaplay"))
    files = {
        file.path: file.content.decode("utf-8", "replace")
        for file in targets.export(sheet, choices)
    }
    css = files[f"art/{name}.anim.css"]
    address = re.findall(r'url\("((?:[^"\\]|\\.)*)"\)', css)[0]
    addresses = [re.sub(r"\\(.)", r"\1", address)]
    for kind in ("web", "kaplay"):
        addresses.append(json.loads(files[f"art/{name}.anim.{kind}.json"])["meta"]["image"])
    for one in addresses:
        split = urllib.parse.urlsplit(one)
        assert (split.query, split.fragment) == ("", "")
        assert urllib.parse.unquote(split.path) == f"{name}.anim.png"
