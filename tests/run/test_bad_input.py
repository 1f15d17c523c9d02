"""Bad input gets a sentence with the file's name, never a traceback; the rest is still built."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path

import pytest
from game import RULES, Game, Shop, png, sprite
from PIL import Image

from pipeline.core import png as container
from pipeline.core.errors import ConfigError

#: The same code without starting Python for every command; each exit code once for real
#: stands in test_cli and in the tests here that start processes themselves.
pytestmark = pytest.mark.usefixtures("in_process")


def _jpeg() -> bytes:
    stream = io.BytesIO()
    sprite().convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


def _apng() -> bytes:
    frames = [sprite(tint) for tint in range(3)]
    return png(frames[0], save_all=True, append_images=frames[1:], duration=100)


def _bomb() -> bytes:
    """Say 60,000 x 60,000 px in some kilobytes."""
    ihdr = (60_000).to_bytes(4, "big") * 2 + bytes((8, 6, 0, 0, 0))
    pixels = zlib.compress(bytes(1 << 20))
    return container.write(((b"IHDR", ihdr), (b"IDAT", pixels), (b"IEND", b"")))


def _with_note(text: bytes) -> bytes:
    """Carry a chunk with our keyword that we did not write so."""
    whole = png(sprite(3))
    note = container.chunk(b"iTXt", b"pixelpipe\0\0\0\0\0" + text)
    return whole[:33] + note + whole[33:]


WHOLE = png(sprite())
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"

REFUSED = {
    "empty": (b"", "empty"),
    "half": (WHOLE[: len(WHOLE) // 2], "cut off"),
    "headless": (WHOLE[:20], "cut off"),
    "without end": (WHOLE[:-12], "cut off"),
    "flipped": (WHOLE[:60] + bytes((WHOLE[60] ^ 1,)) + WHOLE[61:], "corrupt"),
    "jpeg": (_jpeg(), "JPEG"),
    "lfs": (LFS, "git lfs pull"),
    "text": (b"hello", "not a PNG"),
    "bomb": (_bomb(), "60000x60000"),
    "huge": (png(Image.new("RGBA", (4000, 4000), (9, 9, 9, 255))), "4000"),
    "wide": (png(sprite(0, (300, 40))), "wider than 256"),
    "transparent": (png(Image.new("RGBA", (16, 16))), "transparent"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_picture_is_named_and_the_rest_is_built(
    paying: Game, shop: Shop, name: str
) -> None:
    """Exit 4 (only a bad image failed), a sentence with path and remedy, nothing bought for it,
    nothing planned to be, and no second attempt at every start."""
    content, words = REFUSED[name]
    paying.write(f"assets/{name}.png", content)
    report = paying.make()
    assert report.exit == 4
    assert report.plan.credits == 60
    (line,) = {text for result in report.results if (text := result.step.error)}
    assert f"assets/{name}.png: " in line
    assert words in line
    assert len(line) < 300
    assert shop.calls == 3
    assert {"hero.anim.png", "slime.anim.png", "chest.anim.png"} <= paying.outputs()
    assert paying.make().exit == 4
    assert shop.calls == 3


def _indexed() -> bytes:
    image = sprite().convert("RGB").quantize(8)
    return png(image, transparency=image.getpixel((0, 0)))


TAKEN = {
    "16 bit": png(Image.new("I;16", (16, 16), 30_000)),
    "grey": png(sprite().convert("L")),
    "grey with alpha": png(sprite().convert("LA")),
    "1 bit": png(sprite().convert("1")),
    "indexed": _indexed(),
    "tiny": png(Image.new("RGBA", (1, 1), (200, 30, 30, 255))),
    "interlaced": png(sprite(), interlace=1),
}


@pytest.mark.parametrize("name", TAKEN)
def test_unusual_picture_is_animated(game: Game, name: str) -> None:
    """Other kinds of PNG are pictures too; what does not fit the service is said before buying."""
    for path in (game.root / "assets").glob("*.png"):
        path.unlink()
    game.write(f"assets/{name}.png", TAKEN[name])
    report = game.make()
    (result,) = report.results
    assert report.exit == 0, result.step.error
    assert f"{name}.anim.png" in game.outputs()


def test_apng_is_asked_about(paying: Game, shop: Shop) -> None:
    """It is an animation already: nothing is bought for it unasked, and it is no sheet."""
    paying.write("assets/moving.png", _apng())
    run = paying.run("build", "--yes")
    assert run.exit == 0
    assert "moving.png [idle]: is an animated picture already, an APNG of 3 frames" in run.stderr
    assert "sheet of several" not in run.stderr
    for command in (["plan"], ["why", "assets/moving.png"], ["doctor", "--offline"]):
        assert "is an animated picture already" in paying.run(*command).stdout
    assert shop.calls == 3
    paying.write("assets/moving.png.yaml", "sheet: false")
    assert paying.run("build", "--yes").exit == 0
    assert "moving.anim.png" in paying.outputs()


def test_apng_named_alone_is_called_what_it_is(game: Game, tmp_path: Path) -> None:
    """Where no project is."""
    (tmp_path / "moving.png").write_bytes(_apng())
    run = game.run("animate", str(tmp_path / "moving.png"), "hopping")
    assert "is an animated picture already, an APNG of 3 frames" in run.stdout + run.stderr


@pytest.mark.parametrize("text", [b"", b"{}", b'{"version": 99, "clips": []}', b"\xff\xfe"])
def test_chunk_with_our_keyword_ends_nothing(game: Game, text: bytes) -> None:
    """A damaged or newer mark of ours makes that file an output, and concerns no other file."""
    game.write("assets/copy.png", _with_note(text))
    run = game.build()
    assert run.exit == 0
    assert "copy.anim.png" not in game.outputs()


def test_renamed_output_is_no_source(game: Game) -> None:
    """What we made is never fed back, under whatever name somebody puts it."""
    assert game.make().exit == 0
    made = (game.root / "assets/hero.anim.png").read_bytes()
    game.write("assets/hero_sheet.png", made)
    assert game.build().exit == 0
    assert "hero_sheet.anim.png" not in game.outputs()


def test_unreadable_file_is_named(game: Game) -> None:
    """Without permission: a sentence, and the rest is built."""
    path = game.draw("secret.png", tint=8)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("root may read everything")
    run = game.run("build")
    assert run.exit == 4
    assert "secret.png" in run.stderr
    assert "hero.anim.png" in game.outputs()


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_links_and_pipes_neither_loop_nor_hang(game: Game) -> None:
    """A loop of links, a link out of the project, a broken one, a pipe, a folder named .png."""
    assets = game.root / "assets"
    (assets / "loop").symlink_to(assets)
    (assets / "self.png").symlink_to(assets / "self.png")
    (assets / "passwd.png").symlink_to("/etc/passwd")
    (assets / "gone.png").symlink_to("nowhere.png")
    (assets / "same.png").symlink_to("hero.png")
    os.mkfifo(assets / "pipe.png")
    (assets / "folder.png").mkdir()
    run = game.run("build")
    assert run.exit == 4
    for name in ("self.png", "passwd.png", "gone.png"):
        assert name in run.stderr
    assert {"hero.anim.png", "same.anim.png"} <= game.outputs()


NAMES = [
    "a b",
    "it's",
    'quo"te',
    "\U0001f409 dragon",
    "na\u00efve",
    "nai\u0308ve2",
    "per%cent",
    "dollar$HOME",
    "semi;colon",
    "[brackets]",
    "{stem}",
    "-dash",
    "..dots",
    "hash#tag",
    "back\\slash",
    "sn\u2028ow",
]


@pytest.mark.skipif(os.name == "nt", reason="such names are not possible there")
def test_names_of_all_kinds_are_built(game: Game) -> None:
    """Spaces, quotes, emoji and signs in names are names."""
    for number, name in enumerate(NAMES):
        game.draw(f"{name}.png", tint=10 + number)
    report = game.make()
    wrong = [f"{r.step.source!r}: {r.step.error}" for r in report.results if r.step.error]
    assert not wrong
    assert {f"{name}.anim.png" for name in NAMES if not name.startswith(".")} <= game.outputs()
    assert game.make().plan.is_up_to_date


@pytest.mark.parametrize("name", ["aux", "a" * 245, "new\nline", "tab\there"])
def test_name_that_outputs_cannot_have_is_refused_before_buying(
    paying: Game, shop: Shop, name: str
) -> None:
    """A device name of Windows, or one with no room for an ending: that file alone fails."""
    paying.draw(f"{name}.png", tint=40)
    run = paying.build("--yes")
    assert run.exit in (1, 4)
    assert f"assets/{name[:3]}" in run.stdout
    assert shop.calls == 3
    assert "hero.anim.png" in paying.outputs()


def test_name_that_is_no_text_is_named(game: Game) -> None:
    """A name that no JSON could hold is reported, and the rest is built."""
    if os.name == "nt":
        pytest.skip("names are text there")
    Path(os.fsdecode(os.fsencode(game.root / "assets") + b"/b\xffd.png")).write_bytes(WHOLE)
    run = game.run("build")
    assert run.exit == 4
    assert "UTF-8" in run.stderr
    assert "hero.anim.png" in game.outputs()


# -- YAML ---------------------------------------------------------------------------------------

BROKEN_RULES: dict[str, tuple[str | bytes, str]] = {
    "tab": ("rules:\n\t- name: x\n", "rules/own.yaml:2"),
    "duplicate key": (RULES + "    match: x.png\n", "match"),
    "unknown key": (RULES.replace("match:", "mach:"), "match"),
    "unknown clip key": (RULES + "      walk: {promt: x}\n", "prompt"),
    "wrong type": (RULES.replace("clips:", "clips: 5\n    x:"), "rules/own.yaml:"),
    "frames": (RULES + "      walk: {prompt: x, frames: 5}\n", "frames"),
    "unknown word": (RULES.replace("calmly", "{nmae}"), "nmae"),
    "not a mapping": ("- 1\n- 2\n", "rules/own.yaml"),
    "unclosed": ("rules: [\n", "rules/own.yaml"),
    "not text": (b"rules: \xff\xfe\n", "rules/own.yaml"),
    "alias bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        )
        + "rules: *i\n",
        "rules/own.yaml",
    ),
    "python tag": ("rules: !!python/object/apply:os.system ['exit 3']\n", "rules/own.yaml"),
    "budget in a rule": (RULES + "    service: built-in\n", "service"),
    "clip with a path": (RULES.replace("idle:", "../../idle:"), "rules/own.yaml"),
    "name with a slash": (RULES + "      a/b: x\n", "rules/own.yaml"),
}


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_broken_rules_are_one_sentence_with_file_and_line(game: Game, name: str) -> None:
    """Exit 3 before anything is done; the sentence names the place."""
    text, words = BROKEN_RULES[name]
    game.write("rules/own.yaml", text)
    sentence = _refusal(game)
    assert "rules/own.yaml" in sentence
    assert words in sentence


def _refusal(game: Game) -> str:
    with pytest.raises(ConfigError) as caught:
        game.make()
    assert caught.value.exit_code == 3
    assert game.outputs() == set()
    return str(caught.value)


def test_broken_rules_end_the_command_with_3(game: Game) -> None:
    """What the cases above raise is a sentence on standard error."""
    game.rules("rules: 5\n")
    run = game.run("build")
    assert run.exit == 3
    assert "rules/own.yaml:1: " in run.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("assets: ../elsewhere", "leaves the project"),
        ("assets: /etc", "absolute"),
        ("rules: ../../rules.yaml", "leaves the project"),
        ("servise: built-in", "service"),
        ("service: http://example.com/v1", "https"),
        ("budget: many", "budget"),
        ("api_key: pe_sk_x", "does not belong"),
        ("targets: [asprite]", "aseprite"),
        ("targets: [{aseprite: {layuot: x}}]", "lay"),
        ("jobs: 0", "jobs"),
        ("packs: [characters@99]", "characters"),
        ("service: x\nservice: y", "service"),
    ],
)
def test_broken_settings_are_one_sentence(game: Game, line: str, words: str) -> None:
    """Exit 3, file and line, the near miss; a key in the file is never repeated."""
    game.write("pixelpipe.yaml", f"{line}\n")
    sentence = _refusal(game)
    assert "pixelpipe.yaml" in sentence
    assert words in sentence
    assert "pe_sk_x" not in sentence


@pytest.mark.parametrize("path", ["../out", "/tmp/out", "a/../../b"])
def test_rule_cannot_write_outside_of_the_project(game: Game, path: str) -> None:
    """Whatever a rule's target says: nothing appears beside the project."""
    game.rules(RULES + f"    targets: [{{godot: {{root: '{path}'}}}}]\n")
    before = {entry.name for entry in game.root.parent.iterdir()}
    run = game.run("build")
    assert run.exit in (0, 1, 3)
    assert {entry.name for entry in game.root.parent.iterdir()} == before


def test_broken_override_concerns_its_file_only(game: Game) -> None:
    """`hero.png.yaml` with a fault: that source fails with line, the others are built."""
    game.write("assets/hero.png.yaml", "clips: {idle: {framez: 4}}\n")
    run = game.run("build")
    assert run.exit == 3
    assert "assets/hero.png.yaml:1" in run.stderr
    assert "frames" in run.stderr
    assert {"slime.anim.png", "chest.anim.png"} <= game.outputs()
    assert "hero.anim.png" not in game.outputs()
