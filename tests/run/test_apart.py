"""One source's fault is one source's: a bug met there leaves every other source as it should be."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import ClassVar

import pytest
from game import Game, Shop, folder_in_memory
from places import REPOSITORY

from pipeline.api import Project, Wish
from pipeline.core import apart, provenance
from pipeline.core.errors import BugError, NoRoomError, SourceError
from pipeline.run import execute, finish, finish_pool, publish, survey
from pipeline.run.report import Report
from pipeline.storage.files import write
from pipeline.targets import BUILT_IN

PACKAGE = REPOSITORY / "pipeline"
#: What runs for one source alone: pixels, sheets, grades, and the writing of its files.
WORKS = (
    "imaging/",
    "targets/",
    "run/finish.py",
    "run/grades.py",
    "run/survey.py",
    "run/publish.py",
)
BAD = "assets/hero"
#: Tests that share the functions among workers.
PARTS = 3
RULES = """\
rules:
  - name: heroes
    match: "**/*.png"
    grade: {hide: 1}
    clips:
      idle: "breathing calmly, a subtle idle loop"
      back: {from: idle, flip: x}
"""
#: Targets that refuse a plain project, or say the same as another.
ALONE = {"rpgmaker", "renpy"}


class Planted(Exception):
    """What nobody foresaw."""


class Watch:
    """Follows calls, and knows which source they are about."""

    #: The identity of code that begins with a source (its hash is that of all it holds), and how
    #: its arguments name the source.
    ENTRANCES: ClassVar = {
        id(finish.make.__code__): lambda names: names["task"].stem,
        id(survey._source.__code__): lambda names: names["path"][:-4],
        id(survey._wanted.__code__): lambda names: names["source"].stem,
        id(execute._Run._judged.__code__): lambda names: names["one"].source[:-4],
        id(execute._Run._shown.__code__): lambda names: names["one"].source.wanted.source.stem,
        id(publish.Publication._changes.__code__): lambda names: names["one"].source.stem,
        id(publish.Publication._published.__code__): lambda names: names["one"].source.stem,
        id(write._Set.write.__code__): lambda names: names["self"].files[0].path.partition(".")[0],
        id(write._Set.switch.__code__): lambda names: names["self"].files[0].path.partition(".")[0],
    }

    def __init__(self, plant: CodeType | None = None) -> None:
        self.stems: list[str] = []
        self.plant = plant
        self.has_raised = False
        self._met: dict[int, CodeType] = {}

    @property
    def seen(self) -> list[CodeType]:
        """The code of a stage that ran for the source, in the order in which it did first."""
        return [code for code in self._met.values() if is_work(code)]

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Take one of the many calls and returns of a build: in as few steps as that goes."""
        if event == "call":
            code = frame.f_code
            number = id(code)
            if number in self.ENTRANCES:
                self.stems.append(self.ENTRANCES[number](frame.f_locals))
            if BAD in self.stems:
                if code is self.plant:
                    self.has_raised = True
                    raise Planted("nobody foresaw this")
                if number not in self._met:
                    self._met[number] = code
        elif event == "return" and id(frame.f_code) in self.ENTRANCES:
            self.stems.pop()


def is_work(code: CodeType) -> bool:
    """Tell whether code is of a stage that works on one source."""
    path = Path(code.co_filename)
    if not path.is_relative_to(PACKAGE) or code.co_name.startswith("<"):
        return False
    return path.relative_to(PACKAGE).as_posix().startswith(WORKS)


def part_of(code: CodeType) -> int:
    """Tell which part a function belongs to, whatever else was called before it."""
    return zlib.crc32(f"{code.co_filename}:{code.co_qualname}".encode()) % PARTS


@pytest.fixture(scope="module")
def played(_mall: Shop) -> Iterator[Game]:
    """Buy the clips of three sprites once, for every target."""
    with folder_in_memory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIXELPIPE_STATE", str(folder / "state"))
        # A slow run writes its lock file in between, in the midst of a source; others do not.
        patch.setattr(publish, "_FLUSH_S", 3600.0)
        shop = Shop(_mall.url, _mall.db, "apart")
        shop.fund(1000)
        game = Game(folder / "game", {"PIXELPIPE_STATE": str(folder / "state")})
        game.settings(targets=[name for name in BUILT_IN if name not in ALONE])
        game.rules(RULES)
        for number, name in enumerate(("hero", "slime", "chest")):
            game.draw(f"{name}.png", tint=number)
        game.use(shop)
        report = game.make()
        assert report.exit == 0, [result.step.error for result in report.results]
        yield game


def watched(game: Game, watch: Watch) -> Report:
    """Make everything again from what was bought, nothing being known of any file."""
    for path in game.root.rglob("*.anim.*"):
        path.unlink()
    (game.root / ".pixelpipe" / "tmp" / "state").unlink(missing_ok=True)
    project = Project(game.root, environment=game.variables())
    sys.setprofile(watch)
    try:
        return project.build(Wish(max_credits=0))
    finally:
        sys.setprofile(None)


def check(game: Game, code: CodeType, whole: set[str], locked: list[dict[str, object]]) -> None:
    """Plant a fault in one function, and find it confined."""
    watch = Watch(code)
    report = watched(game, watch)
    name = f"{code.co_filename}:{code.co_name}"
    assert watch.has_raised, name
    ended = {(one.step.source, one.step.exit_code) for one in report.results}
    if report.exit == 0:  # what asks for it does without, as a count of what may be missing does
        raise AssertionError(f"{name}: the fault was swallowed")
    assert report.exit == 70, (name, ended)
    wrong = {source for source, exit in ended if exit}
    assert wrong == {f"{BAD}.png"}, (name, ended)
    told = next(one.step.error or "" for one in report.results if one.step.exit_code)
    assert "Planted: nobody foresaw this" in told, name
    assert Path(code.co_filename).name in told, told
    others = {path for path in whole if not path.startswith("hero.")}
    assert others <= game.outputs(), name
    kept = [line for line in locked if BAD not in json.dumps(line)]
    assert [line for line in game.locked() if BAD not in json.dumps(line)] == kept, name


def planted(game: Game) -> tuple[list[CodeType], set[str], list[dict[str, object]]]:
    """Return what can be planted, and how the project is when all is well."""
    watch = Watch()
    assert watched(game, watch).exit == 0
    return watch.seen, game.outputs(), game.locked()


def test_a_fault_anywhere_ends_its_source_alone(played: Game) -> None:
    codes, whole, locked = planted(played)
    assert len(codes) > 150
    for code in codes[:: len(codes) // 9]:
        check(played, code, whole, locked)
    assert watched(played, Watch()).exit == 0
    assert (played.outputs(), played.locked()) == (whole, locked)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_fault_in_any_function_ends_its_source_alone(played: Game, part: int) -> None:
    codes, whole, locked = planted(played)
    for code in (code for code in codes if part_of(code) == part):
        check(played, code, whole, locked)
    assert watched(played, Watch()).exit == 0
    assert (played.outputs(), played.locked()) == (whole, locked)


def test_a_bug_says_what_and_where() -> None:
    with pytest.raises(BugError) as told, apart.apart():
        provenance.is_ours(7)  # type: ignore[arg-type]
    assert "AttributeError" in str(told.value)
    assert "core/png.py:" in str(told.value)
    assert "Traceback" in told.value.trace


def test_what_concerns_every_source_is_no_fault_of_one() -> None:
    with pytest.raises(SourceError), apart.apart():
        raise SourceError("ours")
    with pytest.raises(OSError, match="full"), apart.apart():
        raise OSError(28, "full")
    with pytest.raises(KeyboardInterrupt), apart.apart():
        raise KeyboardInterrupt
    with pytest.raises(NoRoomError), apart.apart():
        raise MemoryError
    with pytest.raises(BugError), apart.apart():
        sys.exit(3)


class Unsendable(Exception):
    """An error that cannot be unpickled: it wants more than it keeps."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


TARGET = """\
from pipeline.core.errors import AssetError
from pipeline.targets import Target

class Odd(AssetError):
    def __init__(self, one, two):
        super().__init__("odd")
        self.look = lambda: one

def contents(drawn):
    if drawn.naming.stem.endswith("7"):
        raise Odd(1, 2)
    if drawn.naming.stem.endswith("8"):
        raise SystemExit(0)
    if drawn.naming.stem.endswith("9"):
        import os
        os._exit(3)
    return (b"good",)

target = Target(name="odd", paths=lambda naming: (naming.path("odd"),), contents=contents)
"""


def test_a_foreign_target_that_fails_in_another_process_ends_its_source_alone(
    game: Game, tmp_path: Path
) -> None:
    package = tmp_path / "site"
    (package / "odd_target-1.dist-info").mkdir(parents=True)
    (package / "odd_target.py").write_text(TARGET)
    (package / "odd_target-1.dist-info" / "METADATA").write_text("Name: odd-target\nVersion: 1\n")
    (package / "odd_target-1.dist-info" / "entry_points.txt").write_text(
        "[pipelpipe.targets]\nodd = odd_target:target\n".replace("pipelpipe", "pixelpipe")
    )
    for number in range(27):
        game.draw(f"crowd/many{number}.png", tint=number)
    game.settings(targets=["odd"])
    paths = f"{package}:{REPOSITORY}"
    ended = game.build(environment={"PYTHONPATH": paths})
    wrong = {name for (name, _), (_, state) in ended.states().items() if state == "failed"}
    assert wrong == {f"many{n}.png" for n in (7, 8, 9, 17, 18, 19)}
    assert ended.exit == 70
    assert len([path for path in game.outputs() if path.endswith(".odd")]) == 30 - 6
    assert "odd_target.py" in ended.stdout


def test_a_picture_that_breaks_the_upload_costs_its_source_alone(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.purchase import resolve

    whole = resolve.request

    def broken(request: object, *rest: object, **named: object) -> object:
        if getattr(request, "source", "") == "assets/slime.png":
            raise ZeroDivisionError("no pixels")
        return whole(request, *rest, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(resolve, "request", broken)
        report = paying.make()
    assert report.exit == 70
    assert shop.calls == 2
    assert {path for path in paying.outputs() if path.endswith(".png")} == {
        "hero.anim.png",
        "chest.anim.png",
    }
    assert paying.make().exit == 0
    assert shop.calls == 3


def test_a_bug_while_a_result_is_fetched_leaves_a_job_that_the_next_run_takes_up(
    paying: Game, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.purchase import download

    whole = download.fetch
    said: list[object] = []

    def broken(*given: object, **named: object) -> object:
        if not said:
            said.append("once")
            raise IndexError("an odd answer")
        return whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(download, "fetch", broken)
    report = paying.make()
    assert report.exit == 70
    assert sum(result.state == "done" for result in report.results) == 2
    again = paying.make()
    assert again.exit == 0
    assert (shop.calls, shop.charged) == (3, 60)


def test_a_lack_of_memory_in_one_picture_leaves_the_others(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = finish.make

    def broken(task: finish.Task) -> finish.Finished:
        if task.stem == BAD:
            raise MemoryError
        return whole(task)

    monkeypatch.setattr(finish, "make", broken)
    report = game.make()
    assert report.exit == 8
    assert {"slime.anim.png", "chest.anim.png"} <= game.outputs()
    assert len(report.results) < finish_pool._PAYS_FROM


def test_watch_goes_on_after_a_bug(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.commands.watch.follow import Follower

    whole = survey.take
    said: list[object] = []

    def broken(*given: object) -> survey.Survey:
        if not said:
            said.append("once")
            raise RuntimeError("planted")
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(survey, "take", broken)
    project = Project(game.root, environment=game.variables())
    bugs = []
    for event in Follower(project, Wish(), lambda _: None, poll=True).run():
        if isinstance(event, BugError):
            bugs.append(str(event))
            game.draw("late.png", tint=9)
        elif isinstance(event, Report) and "late.anim.png" in game.outputs():
            break  # a build that began before the sprite had settled comes first
    (bug,) = bugs
    assert "RuntimeError: planted" in bug
