"""What version control does to a file on its way is no edit of a person."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from game import Game, Shop, built

from pipeline.core import keys
from pipeline.storage.files import carried
from pipeline.storage.files.carried import Carried

pytestmark = pytest.mark.usefixtures("in_process")
SHEET, DATA = "assets/hero.anim.png", "assets/hero.anim.json"


def pointer(content: bytes) -> bytes:
    """Return what Git LFS leaves in place of a file that is not fetched."""
    lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{keys.digest(content)}")
    return "\n".join((*lines, f"size {len(content)}", "")).encode()


def states(game: Game) -> dict[str, str]:
    return {name: step for (name, _), (step, _) in game.plan().states().items()}


@pytest.mark.parametrize("path", [SHEET, DATA])
def test_a_pointer_is_not_fetched_and_never_adopted(game: Game, path: str) -> None:
    built(game)
    content = (game.root / path).read_bytes()
    game.write(path, pointer(content))
    told = game.run("plan", "--check")
    assert told.exit != 0
    assert "git lfs pull" in told.stdout + told.stderr
    adopted = game.run("adopt", "assets/hero.png")
    assert adopted.exit == 2
    assert "git lfs pull" in adopted.stderr
    verified = game.run("verify")
    assert "git lfs pull" in verified.stdout + verified.stderr
    assert game.run("restore", "assets/hero.png").exit == 0
    assert (game.root / path).read_bytes() == content


def test_pointers_in_place_of_bought_bytes_are_named(game: Game) -> None:
    built(game)
    for place in (game.root / ".pixelpipe/bought").rglob("*.*"):
        place.write_bytes(pointer(place.read_bytes()))
    (game.root / SHEET).unlink()
    elsewhere = {"PIXELPIPE_STATE": str(game.root / "elsewhere")}
    ended = game.build("--frozen", environment=elsewhere)
    assert ended.exit != 0
    assert "git lfs pull" in ended.stdout


@pytest.mark.parametrize("build", [[], ["--frozen"]])
def test_line_ends_are_mended_for_nothing(paying: Game, shop: Shop, build: list[str]) -> None:
    built(paying)
    whole = paying.files()[DATA][1]
    paying.write(DATA, whole.replace(b"\n", b"\r\n"))
    assert states(paying)["hero.png"] == "reuse"
    assert paying.run("adopt", "assets/hero.png").exit == 2
    paying.use_none()
    assert paying.build(*build).exit == 0
    assert paying.files()[DATA][1] == whole
    assert shop.calls == 3


@pytest.mark.parametrize(("old", "new"), [(b"\r\n", b"\n"), (b"\n", b"\r\n")])
def test_a_picture_that_git_took_for_text_is_made_again(game: Game, old: bytes, new: bytes) -> None:
    built(game)
    whole = (game.root / SHEET).read_bytes()
    game.write(SHEET, whole.replace(old, new))
    assert states(game)["hero.png"] == "reuse"
    assert game.build().exit == 0
    assert (game.root / SHEET).read_bytes() == whole


def test_a_person_s_edit_stays_an_edit(game: Game) -> None:
    built(game)
    text = (game.root / DATA).read_text()
    game.write(DATA, text.replace("idle", "rest").replace("\n", "\r\n"))
    assert states(game)["hero.png"] == "blocked"
    assert game.run("adopt", "assets/hero.png").exit == 0


LFS = b"version https://git-lfs.github.com/spec/v1\n"
OID = b"oid sha256:" + b"0" * 64 + b"\nsize 1\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (LFS + OID, Carried.POINTER),
        (LFS + b"ext-0-x sha256:1\n" + OID, Carried.POINTER),
        (LFS, None),
        (b"{\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> other\n}", Carried.MARKERS),
        (b"a ======= b", None),
        (b"\x89PNG\n\x1a\nrest", Carried.LINE_ENDS),
        (b"", None),
    ],
)
def test_each_change_is_known(tmp_path: Path, content: bytes, found: Carried | None) -> None:
    place = tmp_path / "file"
    place.write_bytes(content)
    assert carried.change(place, "0" * 64) is found
    assert carried.change(tmp_path / "none", None) is None


@pytest.mark.parametrize("line", [b"<<<<<<< a\n", b"=======\n", b"<<<<<<< a\n=======\n"])
def test_a_file_full_of_marks_is_read_in_time_that_grows_with_its_length(
    tmp_path: Path, line: bytes
) -> None:
    """A checkout may hold any file under an output's name; this one took hours."""
    place = tmp_path / "file"
    place.write_bytes(b"<<<<<<< a\n" + line * 400_000)
    assert carried.change(place, "0" * 64) is None
    place.write_bytes(place.read_bytes() + b"=======\n>>>>>>> b")
    assert carried.change(place, "0" * 64) is Carried.MARKERS


@pytest.mark.usefixtures("in_process")
def test_an_output_in_whose_place_a_file_without_end_lies_is_not_read_whole(game: Game) -> None:
    """It costs as much memory as the largest output, whoever asks."""
    assert game.run("build").exit == 0
    place = game.root / "assets/hero.anim.json"
    for record in (game.root / ".pixelpipe/bought").rglob("*.json"):
        os.truncate(record, 1 << 40)
    os.truncate(place, 1 << 40)
    expected = {"plan": 1, "build": 1, "verify": 8, "doctor": 1, "prune": 0, "clean": 0}
    for command, code in expected.items():
        ended = game.run(command)
        assert (ended.exit, "memory" in ended.stderr) == (code, False), (command, ended)
        assert place.stat().st_size == 1 << 40
