"""Watching under load: afterwards, what was told adds up to what is on disk.

The caller here is a mirror: it reads each path that it is told of, as a build would. A file that
was missed, told half written or told twice without a change shows in the mirror or in the counts.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from following import QUICK, Following, png
from places import REPOSITORY
from saving import SAVES, save_by_rename, save_in_place

from pipeline.commands.watch import Timing, loop

#: More time to settle: under load a file may well be written in two turns of the scheduler.
CALM = msgspec.structs.replace(QUICK, settle_s=0.5, grace_s=1.5, patience_s=20.0)


class Mirror:
    """Holds the content of every file as it was when it was told."""

    def __init__(self, root: Path) -> None:
        """Start with what is there; the first set is empty and means just that."""
        self._root = root
        self.files = self.disk()

    def disk(self) -> dict[str, bytes]:
        """Read all sources there are now."""
        return {
            path.relative_to(self._root).as_posix(): path.read_bytes()
            for path in (self._root / "assets").rglob("*.png")
        }

    def take(self, changed: frozenset[str]) -> None:
        """Read what was told."""
        for path in changed:
            try:
                self.files[path] = (self._root / path).read_bytes()
            except OSError:
                self.files.pop(path, None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one source."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/hero.png").write_bytes(png())
    return tmp_path


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is room for a hundred thousand files: a tenth of the time."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 2 << 30:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def follow(root: Path, *torments: Callable[[], None], timing: Timing = CALM) -> Following:
    """Torment the project while a mirror follows it; after each of them both must be equal."""
    mirror = Mirror(root)
    with Following(root, timing=timing, work=mirror.take) as following:
        for torment in torments:
            torment()
            following.settled(after_grace=True)
            if mirror.files != mirror.disk():
                following.wait_until(lambda: mirror.files == mirror.disk())
    return following


# -- every editor's way to save -----------------------------------------------------------------


def test_every_editors_way_to_save_is_told_once(root: Path) -> None:
    """New files and old ones, all at once."""
    names = [f"assets/{kind}-{save.__name__}.png" for save in SAVES for kind in ("new", "old")]
    for name in names[1::2]:
        (root / name).write_bytes(png())

    def torment() -> None:
        for number, name in enumerate(names):
            SAVES[number // 2](root / name, png(number + 1, kilobytes=number))

    counts = follow(root, torment).counts
    assert {name: counts[name] for name in names} == dict.fromkeys(names, 1)


# -- bursts -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("save", [save_in_place, save_by_rename], ids=["written", "renamed"])
def test_five_thousand_saves_without_a_pause_are_told_once_each(
    root: Path, save: Callable[[Path, bytes], None]
) -> None:
    """watchdog 7 loses up to half of the renames; events only wake the scanner."""
    names = [f"assets/{number // 500}/{number}.png" for number in range(5_000)]
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)

    def torment() -> None:
        for number, name in enumerate(names):
            save(root / name, png(number))

    counts = follow(root, torment).counts
    assert {name: counts[name] for name in names} == dict.fromkeys(names, 1)


@pytest.mark.slow
def test_five_thousand_renames_without_a_pause_are_told_by_both_names(root: Path) -> None:
    """Each new name once it has settled, each old one after the grace."""
    for number in range(5_000):
        (root / f"assets/{number}.png").write_bytes(png(number))

    def torment() -> None:
        for number in range(5_000):
            (root / f"assets/{number}.png").rename(root / f"assets/{number}x.png")

    counts = follow(root, torment).counts
    names = [f"assets/{number}{end}.png" for number in range(5_000) for end in ("", "x")]
    assert {name: counts[name] for name in names} == dict.fromkeys(names, 1)


@pytest.mark.slow
def test_a_large_tree_copied_in_twenty_times_is_told_once_each(roomy: Path) -> None:
    """1,000 folders, 4,000 files: other watchers miss a sixth of them. Then 10,000 and 20,000
    folders are watched, where watchdog 7 with its default events would wake itself for ever from
    4,096 on: a save in any of them is told."""
    root, pack = roomy / "game", roomy / "pack"
    (root / "assets").mkdir(parents=True)
    for number in range(1_000):
        folder = pack / f"{number // 100}/{number % 100 // 10}/{number}"
        folder.mkdir(parents=True)
        for part in range(4):
            (folder / f"{part}.png").write_bytes(png(number * 4 + part))

    def copy_in(copies: range) -> None:
        for copy in copies:  # by another process, as it would be
            subprocess.run(["cp", "-r", str(pack), str(root / f"assets/copy{copy}")], check=True)

    def save_late(copies: int) -> None:
        for number in range(0, 1_000, 53):
            folder = root / f"assets/copy{number % copies}/{number // 100}"
            (folder / f"late{copies}.png").write_bytes(png(1))

    torments = [
        act
        for copies in (10, 20)
        for act in (partial(copy_in, range(copies - 10, copies)), partial(save_late, copies))
    ]
    counts = follow(root, *torments).counts
    late = len(list(root.rglob("late*.png")))
    assert late >= 20
    assert len([path for path in counts if "/copy" in path]) == 80_000 + late
    assert {path for path, times in counts.items() if times > 1 and "marker" not in path} == set()


@pytest.mark.slow
def test_a_stopped_watcher_finds_what_overflowed_the_queue(root: Path) -> None:
    """SIGSTOP, 12,000 files, SIGCONT: the kernel's queue of 16,384 events is full long before."""
    script = f"""
        import json, pathlib, sys, threading
        from pipeline.commands import watch
        timing = watch.Timing(settle_s=0.5, reconcile_s=1000.0)
        stop = threading.Event()
        root = pathlib.Path({str(root)!r})
        for told in watch.changes(root, ["assets"], [], stop=stop, timing=timing, poll=False):
            print(json.dumps(sorted(told)), flush=True)
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    names = {f"assets/{number}.png" for number in range(12_000)}
    told: list[str] = []
    giving_up = threading.Timer(120, child.kill)
    giving_up.start()
    try:
        assert child.stdout.readline() == "[]\n"
        child.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        for number, name in enumerate(sorted(names)):
            (root / name).write_bytes(png(number))
        # A minute is no different: a turn that comes more than five seconds late looks everywhere.
        time.sleep(max(0.0, loop._GAP_S + 0.5 - (time.monotonic() - stopped)))
        child.send_signal(signal.SIGCONT)
        while not names <= set(told) and (line := child.stdout.readline()):
            told += json.loads(line)
    finally:
        giving_up.cancel()
        child.kill()
        child.communicate()
    assert sorted(told) == sorted(names)


# -- anything goes ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "pause_s"), [(1, 0), (2, 0.03), (3, 0.03)])
def test_whatever_happens_the_mirror_ends_equal(root: Path, seed: int, pause_s: float) -> None:
    """Random saves, renames, deletions, folders moved in, out and inside, the root replaced."""
    dice = random.Random(seed)
    outside = root / "outside"
    outside.mkdir()

    def torment() -> None:
        for step in range(400):
            _misuse(root / "assets", outside, dice, step)
            time.sleep(dice.choice((0, 0, 0.002, pause_s)))  # a burst, and saves that just settle

    follow(root, torment, timing=QUICK)


_MISUSES = ("save", "rename", "delete", "dir", "in", "out", "move", "root")


def _misuse(assets: Path, outside: Path, dice: random.Random, step: int) -> None:
    """Do one random thing to the assets."""
    folders = [assets, *(path for path in assets.rglob("*") if path.is_dir())]
    sources = list(assets.rglob("*.png"))
    folder = dice.choice(folders)
    match dice.choice(("save", "save", *_MISUSES)):
        case "save":
            dice.choice(SAVES)(folder / f"{dice.randrange(20)}.png", png(step))
        case "rename" if sources:
            dice.choice(sources).replace(folder / f"{dice.randrange(20)}.png")
        case "delete" if sources:
            dice.choice(sources).unlink()
        case "dir":
            (folder / f"d{step}" / "deep").mkdir(parents=True)
        case "in":
            (outside / f"i{step}").mkdir()
            (outside / f"i{step}/a.png").write_bytes(png(step))
            (outside / f"i{step}").rename(folder / f"i{step}")
        case "out" if folder != assets:
            folder.rename(outside / f"o{step}")
        case "move" if folder != assets:
            folder.rename(assets / f"m{step}")
        case "root" if step % 20 == 0:
            shutil.copytree(assets, outside / f"r{step}")
            shutil.rmtree(assets)
            (outside / f"r{step}").rename(assets)
        case _:
            pass
