"""Killed at any durable step, and built once more: no temporary file is left, anywhere."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import count
from pathlib import Path

import pytest
from crasher import Crasher, crashing_in
from game import Game, Shop, folder_in_memory, shop_serving
from guarantees import Shape

STAMPED = ("--depfile", ".pixelpipe/build.d", "--stamp", ".pixelpipe/build.stamp")
#: What must be among the steps, so that none is forgotten unseen.
FIRST = {
    *("before rename output", "before rename lock file", "before rename state"),
    *("before link secret", "before rename .gitignore", "after fsync", "after commit"),
    *("before rename bytes in the first store", "before rename record in the second store"),
    *("before rename .d", "before rename .stamp"),
}
AGAIN = {"before remove output", "before rename output", "before rename lock file"}
#: What changes no file: `tests/purchase/test_crash.py` dies there.
_TALK = ("_body", "sent", "animate", "download", "make")
#: What a build leaves beside outputs; a sign `*` stands for anything.
OURS = (
    *("game/pixelpipe.yaml", "game/pixelpipe.lock", "game/rules/own.yaml", "game/assets/s?.png*"),
    *("game/.pixelpipe/.gitignore", "game/.pixelpipe/tmp/state", "game/.pixelpipe/publish.guard"),
    *("game/.pixelpipe/build.d", "game/.pixelpipe/build.stamp"),
    *("*/bought/??/*.png", "*/bought/??/*.json"),
    *("state/secret", "state/ledger.*", "state/guards/*", "state/projects/*"),
    "state/holders/*",  # a day old, they go
)


class Room:
    """Makes one project again and again, and kills its builds."""

    def __init__(self, folder: Path, mall: Shop, crasher: Crasher) -> None:
        self._folder = folder
        self._mall = mall
        self._crasher = crasher
        self._numbers = count()
        self._built = self._new(sprites=2)
        self._killed(self._built, at=0)

    def first(self, at: int) -> list[str]:
        """Kill a project's first build, build once more, and look; returns the steps passed."""
        return self._killed(self._new(), at=at)

    def again(self, at: int) -> list[str]:
        """The same where one sprite got other rules and another one is gone."""
        folder = self._folder / str(next(self._numbers))
        shutil.copytree(self._built.root.parent, folder)
        variables = self._built.environment | {"PIXELPIPE_STATE": str(folder / "state")}
        game = Game(folder / "game", variables)
        game.write("assets/s0.png.yaml", "pivot: top\n")
        (game.root / "assets/s1.png").unlink()
        return self._killed(game, at=at)

    def _killed(self, game: Game, *, at: int) -> list[str]:
        run, steps = self._crasher.build(game, *STAMPED, at=at)
        assert run.exit in (-signal.SIGKILL, 0), run
        last, _ = self._crasher.build(game, *STAMPED, at=0)
        assert last.exit in (0, 7), last  # 7: killed inside of a POST
        assert strange(game) == set(), steps[-1]
        return steps

    def _new(self, sprites: int = 1) -> Game:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        game = Shape(sprites).make(folder, jobs=1)
        game.use(Shop(self._mall.url, self._mall.db, str(folder)))
        return game


def strange(game: Game) -> set[str]:
    """Return the files of a project and its user that are neither theirs nor a whole build's."""
    home = game.root.parent
    found = {one.relative_to(home).as_posix() for one in home.rglob("*") if not one.is_dir()}
    known = {f"game/{line['path']}" for line in game.locked() if "path" in line}
    return {one for one in found - known if not any(fnmatchcase(one, ours) for ours in OURS)}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give builds room, and an engine that sells to them."""
    with (
        folder_in_memory() as folder,
        shop_serving(folder) as mall,
        crashing_in(tmp_path_factory.mktemp("crasher")) as crasher,
    ):
        yield Room(folder, mall, crasher)


def test_the_steps_are_known(room: Room) -> None:
    """A writer that has moved out of sight would be one that nobody dies at."""
    assert set(room.first(0)) >= FIRST
    assert set(room.again(0)) >= AGAIN


@pytest.mark.parametrize("eighth", range(8))
def test_some_steps_of_a_first_build(room: Room, eighth: int) -> None:
    steps = len(room.first(0))
    room.first(1 + eighth * (steps - 1) // 8)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["first", "again"])
def test_every_step(room: Room, kind: str) -> None:
    build = getattr(room, kind)
    for at, step in enumerate(build(0), 1):
        if not step.endswith(_TALK):
            build(at)
