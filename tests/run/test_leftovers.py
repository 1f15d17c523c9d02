"""Nothing half written and nothing worthless stays behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from game import Game, Shop, built

from pipeline.api import Project, Wish
from pipeline.core import unfinished

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]


def opened(game: Game) -> Project:
    return Project(game.root, environment=game.variables())


def named(final: Path, process: int) -> Path:
    own = unfinished.name(final.name)
    return final.with_name(own.replace(f"tmp{os.getpid()}-", f"tmp{process}-"))


@pytest.mark.skipif(os.name == "nt", reason="there the age decides")
def test_what_a_killed_run_left_is_swept_by_the_next_one(game: Game, tmp_path: Path) -> None:
    built(game)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    bought = next((game.root / ".pixelpipe/bought").rglob("*.png"))
    copy = next(Path(os.environ["PIXELPIPE_STATE"]).rglob("*.png"))
    stamp = tmp_path / "out.stamp"
    finals = [game.root / "assets/hero.anim.png", game.root / "pixelpipe.lock", bought, copy, stamp]
    left = [named(final, ended.pid) for final in finals]
    kept = [named(final, os.getppid()) for final in finals]
    for place in (*left, *kept):
        place.write_bytes(b"half")
    (game.root / "assets/hero.anim.json").unlink()
    assert opened(game).build(Wish()).exit == 0
    assert game.run("build", "--stamp", str(stamp)).exit == 0
    assert [place for place in left if place.exists()] == []
    assert [place for place in kept if not place.exists()] == []


def test_age_decides_where_the_writer_is_not_known(tmp_path: Path) -> None:
    for name in ("pixelpipe-tmp1-ffffffff-0", "pixelpipe-tmp7-0", "0123.pixelpipe-tmp"):
        (tmp_path / f".a.{name}").write_bytes(b"half")
    assert unfinished.sweep(unfinished.inside(tmp_path), now_s=time.time()) == ()
    assert len(unfinished.sweep(unfinished.inside(tmp_path), now_s=time.time() + 400)) == 3


def test_a_namesake_of_this_process_that_was_killed_is_known(tmp_path: Path) -> None:
    mine, before = (tmp_path / unfinished.name(name) for name in "ab")
    for place in (mine, before):
        place.write_bytes(b"half")
    os.utime(before, (time.time(), unfinished._BEGUN_S - 1))
    assert unfinished.sweep([mine, before], now_s=unfinished._BEGUN_S + 9) == (before,)


def kept(game: Game) -> int:
    return len([one for one in (game.root / ".pixelpipe/bought").rglob("*.*") if one.is_file()])


def at_home() -> int:
    return len(list(Path(os.environ["PIXELPIPE_STATE"]).rglob("*.png")))


def saves(game: Game, project: Project, count: int) -> None:
    for tint in range(count):
        game.draw("hero.png", tint=tint * 5 + 11)
        assert project.build(Wish(yes=True)).exit == 0


def test_free_results_that_a_session_replaced_do_not_pile_up(game: Game) -> None:
    project = opened(game)
    assert project.build().exit == 0
    before = kept(game), at_home()
    saves(game, project, 6)
    assert (kept(game), at_home()) == before
    assert game.plan("--check").exit == 0
    assert game.run("verify").exit == 0
    game.draw("hero.png", tint=16)  # an older picture again: made again, for nothing
    assert project.build().exit == 0
    assert (kept(game), at_home()) == before


def test_what_was_paid_for_stays(paying: Game, shop: Shop) -> None:
    project = opened(paying)
    assert project.build(Wish(yes=True)).exit == 0
    before = kept(paying)
    saves(paying, project, 2)
    assert kept(paying) == before + 4
    assert shop.calls == 5


def test_what_another_run_made_stays(game: Game) -> None:
    built(game)
    before = kept(game)
    saves(game, opened(game), 3)
    assert kept(game) == before + 2


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_what_version_control_carries_stays(game: Game) -> None:
    project = opened(game)
    assert project.build().exit == 0
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*GIT, *arguments], cwd=game.root, check=True)
    before = kept(game)
    saves(game, project, 3)
    assert kept(game) == before + 2
    told = subprocess.run(
        [*GIT, "status", "--porcelain"], cwd=game.root, check=True, capture_output=True, text=True
    )
    assert not [line for line in told.stdout.splitlines() if line.startswith(" D")]


def test_a_copy_that_shares_a_result_keeps_it(game: Game) -> None:
    project = opened(game)
    shutil.copy(game.root / "assets/hero.png", game.root / "assets/twin.png")
    assert project.build().exit == 0
    saves(game, project, 2)
    (game.root / "assets/twin.anim.png").unlink()
    assert project.build().exit == 0
    assert game.run("verify").exit == 0
