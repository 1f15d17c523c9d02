"""A disk that is full at any moment, or read-only: exit 8 and a sentence; nothing lost or twice."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import faulty_engine
import guarantees
import pytest
from faulty_engine import Faulty
from game import Game, Shop
from guarantees import Shape

from pipeline.core.errors import StorageError

SINGLE, BATCH = Shape(sprites=3), Shape(sprites=2, is_batch=True)
#: Free KiB beside the project: nothing, and what ends it in the store, the outputs, the lock file.
BESIDE_PROJECT = (0, 4, 12, 16, 24, 32, 48, 200)
#: Free KiB beside the ledger: around what its tables take, and around the megabyte that is kept
#: for answers, where a purchase is sent and only just written down; the last is surely enough.
BESIDE_LEDGER = (0, 4, 16, 64, 120, 250, 1000, *range(1100, 1320, 20), 3000)


#: How the system and SQLite name it; the last when shared memory finds no room.
FULL = ("No space left", "disk is full", "disk I/O error")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    """Run an engine whose own disk is not full."""
    with faulty_engine.running(tmp_path_factory.mktemp("engine")) as found:
        yield found


class Disk:
    """A disk of 8 MiB of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def fill(self, *, left_kib: int) -> None:
        """Leave so much free."""
        found = os.statvfs(self.place)
        taken = found.f_bavail * found.f_frsize - left_kib * 1024
        (self.place / "filler").write_bytes(bytes(max(0, taken)))

    def free(self) -> None:
        """Let all of it be free again."""
        (self.place / "filler").unlink()

    def lock(self, *, is_locked: bool) -> None:
        """Let nothing be written, by nobody, or let it be written again."""
        option = "remount,ro" if is_locked else "remount,rw"
        subprocess.run(["mount", "-o", option, self.place], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[], Disk]]:
    """Mount small disks, and take them away in the end."""
    places: list[Path] = []

    def mounted() -> Disk:
        place = tmp_path / f"disk{len(places)}"
        place.mkdir()
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True
        )
        if made.returncode:
            pytest.skip(f"cannot mount a disk: {made.stderr.decode().strip()}")
        places.append(place)
        return Disk(place)

    yield mounted
    for place in places:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def selling(
    engine: Faulty, folder: Path, disk: Disk, shape: Shape, place: str
) -> Iterator[tuple[Game, Shop]]:
    """Make a project on the disk, or only its ledger, and sell to it."""
    folder.mkdir()
    game = shape.make(disk.place if place == "project" else folder, jobs=2)
    state = disk.place if place == "ledger" else folder
    game.environment["PIXELPIPE_STATE"] = str(state / "state")
    with engine.shop("", str(folder)) as shop:
        shop.fund(1000)
        game.use(shop)
        yield game, shop


def survive(game: Game, shop: Shop, disk: Disk, shape: Shape) -> bool:
    """Build on a full disk and again on a free one; tell whether it had been too full."""
    said = ""
    try:
        assert game.make().exit == 0
    except StorageError as exc:
        said = str(exc)
    assert not said or any(word in said for word in FULL), said
    disk.free()
    assert not guarantees.books(game, shop).in_doubt, "what was answered must be written down"
    assert game.make().exit == 0
    guarantees.check(game, shop, 0)
    assert shop.calls == shape.clips
    assert shop.charged == shape.credits
    return bool(said)


@pytest.mark.parametrize(
    "shape", [SINGLE, pytest.param(BATCH, marks=pytest.mark.slow)], ids=["single", "batch"]
)
@pytest.mark.parametrize("place", ["project", "ledger"])
def test_disk_is_full_at_some_moment(
    engine: Faulty, tmp_path: Path, small_disk: Callable[[], Disk], place: str, shape: Shape
) -> None:
    """However much is left, what was sent is known, and the next build completes it for nothing."""
    ends = {}
    for left_kib in BESIDE_PROJECT if place == "project" else BESIDE_LEDGER:
        disk = small_disk()
        with selling(engine, tmp_path / str(left_kib), disk, shape, place) as (game, shop):
            disk.fill(left_kib=left_kib)
            ends[left_kib] = survive(game, shop, disk, shape)
    assert set(ends.values()) == {True, False}, "both sides of enough"


@pytest.mark.parametrize("place", ["project", "ledger"])
def test_full_disk_is_one_sentence_and_exit_8(
    engine: Faulty, tmp_path: Path, small_disk: Callable[[], Disk], place: str
) -> None:
    """The real command: what is full, and what to do; with --json nothing but the object."""
    disk = small_disk()
    with selling(engine, tmp_path / "one", disk, SINGLE, place) as (game, shop):
        disk.fill(left_kib=0)
        for options in ((), ("--json",)):
            run = game.run("build", "--yes", *options)
            assert run.exit == 8
            said = [line for line in run.stderr.splitlines() if line.startswith("pixelpipe: ")]
            assert len(said) == 1
            assert any(word in said[0] for word in FULL)
            assert str(disk.place) in said[0]
            assert run.stdout == ""
        assert (shop.calls == 0) is (place == "ledger")


@pytest.mark.parametrize("place", ["project", "ledger"])
def test_read_only_disk_is_one_sentence_and_exit_8(
    engine: Faulty, tmp_path: Path, small_disk: Callable[[], Disk], place: str
) -> None:
    """Nothing is bought that could not be kept, and once it can be, it is."""
    disk = small_disk()
    with selling(engine, tmp_path / "one", disk, SINGLE, place) as (game, shop):
        disk.lock(is_locked=True)
        run = game.run("build", "--yes")
        assert run.exit == 8
        said = [line for line in run.stderr.splitlines() if line.startswith("pixelpipe: ")]
        assert len(said) == 1
        assert "ead-only file system" in said[0] or "readonly database" in said[0], said
        assert shop.calls == 0
        disk.lock(is_locked=False)
        assert game.make().exit == 0
        assert shop.calls == SINGLE.clips
        assert shop.charged == SINGLE.credits
