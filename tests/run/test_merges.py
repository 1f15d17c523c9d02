"""Two branches that changed one sprite, merged by the real git: nothing is lost, and it is free."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from game import Game, Shop, built, png, sprite
from PIL import Image

from pipeline.api import Project, Wish
from pipeline.commands import takes
from pipeline.commands.init import starter
from pipeline.core import provenance
from pipeline.core.model import Preference

pytestmark = [
    pytest.mark.skipif(not shutil.which("git"), reason="git is not installed"),
    pytest.mark.usefixtures("in_process"),
]
HERO = "assets/hero.png"
WHO = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]


def git(game: Game, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        ["git", *WHO, *arguments], cwd=game.root, capture_output=True, text=True, check=False
    )
    assert fails or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(game: Game, text: str) -> None:
    git(game, "add", "-A")
    git(game, "commit", "-qm", text)


@pytest.fixture(params=["new", "old"])
def repository(paying: Game, request: pytest.FixtureRequest) -> Game:
    """Commit a game whose clips are bought, with today's attributes or an earlier release's."""
    text = "\n".join(starter.GITATTRIBUTES) + "\n"
    is_old = request.param == "old"
    paying.write(".gitattributes", text.replace(" -merge", "") if is_old else text)
    built(paying)
    git(paying, "init", "-q", "-b", "main")
    commit(paying, "base")
    git(paying, "branch", "other")
    return paying


def edited(game: Game, tint: int, text: str) -> None:
    game.draw("hero.png", tint=tint)
    built(game)
    commit(game, text)


def merged(game: Game, *, side: str = "--ours") -> None:
    """Merge the other branch; the sprite that git cannot merge is taken from one side."""
    git(game, "checkout", "-q", "main")
    git(game, "merge", "other", fails=True)
    for line in git(game, "diff", "--name-only", "--diff-filter=U").split():
        if line.endswith(".png") and ".anim." not in line:
            git(game, "checkout", side, line, fails=True)
    commit(game, "merge")


def check(game: Game, shop: Shop, calls: int, state: Path) -> None:
    """A colleague without a key builds everything for nothing, and is done then."""
    game.use_none()
    fresh = {"PIXELPIPE_STATE": str(state)}
    ended = game.build(environment=fresh)
    assert ended.exit == 0, ended.stdout
    assert {state for _, state in ended.states().values()} <= {"done", "fresh", "removed"}
    again = game.plan("--check", environment=fresh)
    assert again.exit == 0, again.stdout
    assert game.run("verify", environment=fresh).exit == 0
    assert shop.calls == calls
    assert "<<<<" not in (game.root / "pixelpipe.lock").read_text()


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_edit_against_edit(repository: Game, shop: Shop, side: str, tmp_path: Path) -> None:
    edited(repository, 30, "mine")
    git(repository, "checkout", "-q", "other")
    edited(repository, 60, "theirs")
    merged(repository, side=side)
    kept = (repository.root / HERO).read_bytes()
    assert kept == png(sprite(30 if side == "--ours" else 60))
    check(repository, shop, 5, tmp_path / "other")


def test_rename_against_edit(repository: Game, shop: Shop, tmp_path: Path) -> None:
    (repository.root / HERO).rename(repository.root / "assets/knight.png")
    built(repository)
    commit(repository, "rename")
    git(repository, "checkout", "-q", "other")
    edited(repository, 60, "edit")
    merged(repository, side="--theirs")
    check(repository, shop, 4, tmp_path / "other")


@pytest.mark.parametrize("stays", [True, False])
def test_delete_against_edit(repository: Game, shop: Shop, stays: bool, tmp_path: Path) -> None:
    (repository.root / HERO).unlink()
    built(repository)
    commit(repository, "delete")
    git(repository, "checkout", "-q", "other")
    edited(repository, 60, "edit")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "other", fails=True)
    if not stays:
        (repository.root / HERO).unlink()
    commit(repository, "merge")
    check(repository, shop, 4, tmp_path / "other")
    assert ("hero.anim.png" in repository.outputs()) == stays


def test_two_takes_of_one_clip(repository: Game, shop: Shop, tmp_path: Path) -> None:
    reroll(repository)
    commit(repository, "take 1")
    git(repository, "checkout", "-q", "other")
    edited(repository, 60, "another")
    reroll(repository)
    commit(repository, "its take 1")
    merged(repository)
    check(repository, shop, 6, tmp_path / "other")


def test_two_people_who_bought_the_same_bytes(repository: Game, shop: Shop, tmp_path: Path) -> None:
    """Their records differ in the seed, and `git add -A` leaves both in the file."""
    reroll(repository, seed=1)
    commit(repository, "take 1")
    git(repository, "checkout", "-q", "other")
    repository.environment["PIXELPIPE_STATE"] = str(tmp_path / "colleague")
    reroll(repository, seed=2)
    commit(repository, "its take 1")
    merged(repository)
    is_old = "-merge" not in (repository.root / ".gitattributes").read_text()
    assert marked(repository) is is_old
    (repository.root / "assets/hero.anim.png").unlink()
    check(repository, shop, 5, tmp_path / "other")
    assert not marked(repository)


def marked(game: Game) -> bool:
    """Tell whether a record holds the marks of a merge."""
    records = (game.root / ".pixelpipe/bought").rglob("*.json")
    return any(b"<<<<<<<" in one.read_bytes() for one in records)


def reroll(game: Game, seed: int | None = None) -> None:
    opened = Project(game.root, environment=game.variables())
    assert (
        takes.reroll(opened, HERO, preference=Preference(seed=seed), wish=Wish(yes=True)).exit == 0
    )


# -- what no line of the lock file names ----------------------------------------------------------


def test_what_animate_made_is_taken_over(game: Game) -> None:
    assert game.run("animate", HERO, "breathing calmly").exit == 0
    assert "hero.anim.png" in game.outputs()
    assert game.build().exit == 0
    assert "assets/hero.anim.png" in str(game.locked())
    assert game.plan("--check").exit == 0


def forgotten(game: Game) -> None:
    (game.root / "pixelpipe.lock").unlink()
    shutil.rmtree(game.root / ".pixelpipe")


def test_a_folder_copied_without_its_lock_is_taken_over(paying: Game, shop: Shop) -> None:
    paying.settings(targets=["aseprite", "gif", "godot", "frames"])
    built(paying)
    forgotten(paying)
    ended = paying.build()
    assert ended.exit == 0, ended.stdout
    assert shop.calls == 3
    assert paying.plan("--check").exit == 0


def test_a_copied_purchase_without_its_bytes_is_not_bought_again(
    paying: Game, shop: Shop, tmp_path: Path
) -> None:
    built(paying)
    forgotten(paying)
    other = {"PIXELPIPE_STATE": str(tmp_path / "another")}
    ended = paying.build("--yes", environment=other)
    assert {step for step, _ in ended.states().values()} == {"ask"}
    assert "--rebuild-lock" in ended.stdout
    paying.run("verify", "--rebuild-lock", environment=other)
    assert paying.build(environment=other).exit == 0
    assert shop.calls == 3


@pytest.mark.parametrize("has_bytes", [True, False])
@pytest.mark.parametrize("has_made_its_own", [True, False])
def test_what_was_bought_is_never_replaced_for_nothing_where_the_lock_is_lost(
    paying: Game, shop: Shop, tmp_path: Path, has_bytes: bool, has_made_its_own: bool
) -> None:
    """A clone whose lock file is ignored, and no key: the built-in engine painted over it all."""
    other = {"PIXELPIPE_STATE": str(tmp_path / "another")}
    built(paying)
    bought = {path: content for path, (_, content) in paying.files().items() if ".anim." in path}
    paying.use_none()
    forgotten(paying) if not has_bytes else (paying.root / "pixelpipe.lock").unlink()
    if has_made_its_own:
        for path in bought:
            (paying.root / path).unlink()
        assert paying.build(environment=other).exit == 0
        (paying.root / "pixelpipe.lock").unlink()
        for path, content in bought.items():
            paying.write(path, content)
    ended = paying.build(environment=other)
    assert {step for step, _ in ended.states().values()} == {"ask"}
    assert ended.exit == 9
    assert "--rebuild-lock" in ended.stdout
    assert paying.plan("--check", environment=other).exit == 9
    assert paying.build("--frozen", environment=other).exit == 9
    paying.run("verify", "--rebuild-lock", environment=other)
    assert paying.build(environment=other).exit == 0
    found = {path: content for path, (_, content) in paying.files().items() if ".anim." in path}
    assert found == bought
    assert shop.calls == 3


def test_a_lock_that_lost_one_source_s_lines_costs_no_purchase(paying: Game, shop: Shop) -> None:
    """A merge was settled with one side's lock file: the other side's sprites stay as bought."""
    built(paying)
    lock = paying.root / "pixelpipe.lock"
    lines = [one for one in lock.read_text("utf-8").splitlines(True) if "slime" not in one]
    lock.write_text("".join(lines), "utf-8")
    standing = (paying.root / "assets/slime.anim.png").read_bytes()
    paying.use_none()
    assert paying.build().states()["slime.png", "idle"][0] == "ask"
    assert (paying.root / "assets/slime.anim.png").read_bytes() == standing


def test_a_painted_sheet_without_a_lock_is_a_person_s(game: Game) -> None:
    built(game)
    sheet = game.root / "assets/hero.anim.png"
    clips = provenance.read(sheet.read_bytes())
    assert clips
    image = Image.open(sheet).convert("RGBA")
    image.putpixel((0, 0), (1, 2, 3, 255))
    painted = provenance.embed(png(image), clips)
    sheet.write_bytes(painted)
    forgotten(game)
    assert game.build().states()["hero.png", "idle"][0] == "blocked"
    assert sheet.read_bytes() == painted


def test_a_foreign_file_of_our_name_is_never_taken_over(game: Game) -> None:
    game.write("assets/hero.anim.json", "{}")
    game.write("assets/slime.anim.png", png(sprite(9)))
    ended = game.build().states()
    assert [ended[name, "idle"][0] for name in ("hero.png", "slime.png")] == ["blocked"] * 2
    assert (game.root / "assets/hero.anim.json").read_text() == "{}"
