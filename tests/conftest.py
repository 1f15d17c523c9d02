"""Fixtures: a project nobody else sees, and a shop that counts what it sold."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import spread
from command import call
from game import FOREIGN, RULES, Game, Run, Shop, shop_serving
from hypothesis import settings
from places import REPOSITORY

# How long an example takes says nothing on a machine that others use as well, and the same code is
# judged by the same examples each time. `--hypothesis-profile=hunt` looks for others.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("hunt", deadline=None, derandomize=False)
settings.load_profile("same")
# Before any fixture of a module or session, which `_no_user` comes too late for.
for _name in FOREIGN:
    os.environ.pop(_name, None)
# A disk takes milliseconds for each file that has to be durable, and nobody cuts the power here.
_own_room: Path | None = None
if "TMPDIR" not in os.environ and (_memory := spread.memory()):
    _own_room = spread.room(_memory)
    os.environ["TMPDIR"] = tempfile.tempdir = str(_own_room)

_numbers = count()
#: The folder of a test, and how many had failed before it.
_FOLDER = pytest.StashKey[tuple[Path, int]]()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run named files or tests in this process: workers take longer to start than most of them.

    The whole suite, or a folder of it, runs on all cores, and by one more worker than those: many
    tests wait for something.
    """
    are_files = [argument.partition("::")[0].endswith(".py") for argument in config.args]
    if are_files and all(are_files):
        return 0
    is_said = "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ
    return None if is_said else (os.cpu_count() or 1) + 1


def pytest_sessionfinish(exitstatus: int) -> None:
    """Give the memory back in the end, unless somebody may want to look at what failed."""
    if _own_room is not None and not exitstatus:
        atexit.register(shutil.rmtree, _own_room, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long first where there are workers."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: spread.rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Spread the tests as support/spread.py says, unless another way was asked for."""
    return spread.scheduler(config, log) if config.getoption("dist") == "loadfile" else None


def _folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """Make a folder in that of the run; the factory would look at all that are there."""
    place = factory.getbasetemp() / f"{name}-{next(_numbers)}"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder of this test's own, as pytest does, under a name given once."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = _folder(tmp_path_factory, name)
    request.node.stash[_FOLDER] = folder, request.session.testsfailed
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Empty the folder of a test that passed, since it may stand in memory.

    That comes after all fixtures: what a test has patched is mended then. The folder itself stays,
    so that nothing is remembered of its name under another test.
    """
    yield
    folder, failed = item.stash.get(_FOLDER, (None, 0))
    if folder is None or item.session.testsfailed != failed:
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _no_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's home, state folder, key and settings out of every test."""
    for name in (*FOREIGN, *(name for name in os.environ if name.startswith("PIXELPIPE_"))):
        monkeypatch.delenv(name, raising=False)
    # For what is started elsewhere; another version of a package may have been put before ours.
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(REPOSITORY), *before))))
    home = _folder(tmp_path_factory, "home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PIXELPIPE_STATE", str(home / "state"))


@pytest.fixture
def game(tmp_path: Path) -> Game:
    """Make a project of three sprites and one rule, on the built-in engine."""
    made = Game(tmp_path / "game")
    made.settings()
    made.rules(RULES)
    for number, name in enumerate(("hero", "slime", "chest")):
        made.draw(f"{name}.png", tint=number)
    return made


@pytest.fixture(scope="session")
def _mall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Serve one engine for all tests; each has an account of its own."""
    with shop_serving(tmp_path_factory.mktemp("mall")) as serving:
        yield serving


@pytest.fixture
def shop(_mall: Shop, request: pytest.FixtureRequest) -> Shop:
    """Open an account of 1,100 credits."""
    opened = Shop(_mall.url, _mall.db, request.node.nodeid)
    opened.fund(1000)
    return opened


@pytest.fixture
def paying(game: Game, shop: Shop) -> Game:
    """Let the project buy from the shop; nobody has said yes yet."""
    game.use(shop)
    return game


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run commands of games in this process: the same code, without starting Python each time."""

    def run(
        self: Game, *arguments: str, environment: Mapping[str, str] | None = None, **_: object
    ) -> Run:
        with monkeypatch.context() as patch:
            patch.chdir(self.root)
            ended = call(*arguments, environment={**self.environment, **(environment or {})})
        return Run(ended.code, ended.out, ended.err)

    monkeypatch.setattr(Game, "run", run)
