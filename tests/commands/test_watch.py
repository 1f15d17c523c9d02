"""Watching with real files and the real watchdog: how files arrive, change, move and vanish.

"Told" means: yielded to the caller, who builds. Each case says what must be told, and how often.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

import msgspec
import pytest
from following import QUICK, Deaf, Following, HardOfHearing, png
from watchdog.events import FileCreatedEvent

from pipeline.commands.watch import Timing, loop, notices
from pipeline.commands.watch.extras import Extras
from pipeline.commands.watch.loop import Moment, Watcher
from pipeline.storage.files import Tree

HERO = "assets/hero.png"
both_modes = pytest.mark.parametrize("poll", [False, True], ids=["events", "scanner"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one source."""
    (tmp_path / "assets").mkdir()
    (tmp_path / HERO).write_bytes(png())
    return tmp_path


# -- the four ways in which a PNG arrives -------------------------------------------------------


@both_modes
def test_a_file_written_in_one_go_is_told_once(root: Path, poll: bool) -> None:
    """The plain case: an export from any editor."""
    with Following(root, poll=poll) as following:
        (root / "assets/new.png").write_bytes(png(1))
        assert following.settled() == {"assets/new.png": 1}


@both_modes
def test_a_file_written_in_three_pieces_is_told_once_and_whole(root: Path, poll: bool) -> None:
    """Pauses are longer than the settle time: only the missing end holds it back."""
    content = png(1, kilobytes=30)
    sizes: list[int] = []
    path = root / "assets/slow.png"

    def measure(changed: frozenset[str]) -> None:
        if "assets/slow.png" in changed:
            sizes.append(path.stat().st_size)

    with Following(root, poll=poll, work=measure) as following, path.open("wb") as stream:
        for piece in (content[:9_000], content[9_000:20_000], content[20_000:]):
            stream.write(piece)
            stream.flush()
            time.sleep(2 * QUICK.settle_s)
        assert following.settled() == {"assets/slow.png": 1}
    assert sizes == [len(content)]


@both_modes
def test_a_rename_over_an_old_file_is_told_once(root: Path, poll: bool) -> None:
    """Most editors save so; nothing is deleted in between as far as we tell."""
    with Following(root, poll=poll) as following:
        (root / "assets/.hero.png.tmp").write_bytes(png(1))
        (root / "assets/.hero.png.tmp").replace(root / HERO)
        assert following.settled(after_grace=True) == {HERO: 1}


@both_modes
def test_a_folder_of_twenty_copied_in_is_told_once_each(
    root: Path, poll: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An asset pack is unzipped into the project."""
    pack = tmp_path_factory.mktemp("pack")
    for number in range(20):
        (pack / f"{number}.png").write_bytes(png(number))
    with Following(root, poll=poll) as following:
        shutil.copytree(pack, root / "assets/pack")
        assert following.settled() == {f"assets/pack/{number}.png": 1 for number in range(20)}


# -- how programs save, move and lose files -----------------------------------------------------


def test_a_plain_overwrite_is_told_once(root: Path) -> None:
    """Three or four events arrive for one save."""
    with Following(root) as following:
        (root / HERO).write_bytes(png(1))
        assert following.settled() == {HERO: 1}


def test_a_visible_temporary_file_is_not_told(root: Path) -> None:
    """Temporary names of editors are no pictures, also when they show."""
    with Following(root) as following:
        for name in ("hero.png.tmp", "hero.png~", "~hero.tmp", ".goutputstream-X1"):
            (root / "assets" / name).write_bytes(png(1))
        (root / "assets/hero.png.tmp").replace(root / HERO)
        assert following.settled(after_grace=True) == {HERO: 1}


def test_a_save_by_rename_from_outside_is_told_once(root: Path) -> None:
    """Neither modified nor closed arrives, only created."""
    with Following(root) as following:
        (root / "outside.png").write_bytes(png(1))
        (root / "outside.png").replace(root / HERO)
        assert following.settled() == {HERO: 1}


def test_a_save_with_a_backup_is_told_once_and_deletes_nothing(root: Path) -> None:
    """It looks like a rename and a new file; the grace time covers it."""
    with Following(root) as following:
        (root / HERO).rename(root / "assets/hero.png~")
        time.sleep(QUICK.settle_s)
        (root / HERO).write_bytes(png(1))
        (root / "assets/hero.png~").unlink()
        assert following.settled(after_grace=True) == {HERO: 1}


def test_a_touch_is_told_once_at_most(root: Path) -> None:
    """The digest decides that nothing changed. watchdog 6 tells of it, 7 does not."""
    with Following(root) as following:
        (root / HERO).touch()
        assert following.settled()[HERO] <= 1
        (root / HERO).write_bytes(png(1))
        assert following.settled()[HERO] >= 1


def test_reading_wakes_nobody(root: Path) -> None:
    """Our own hasher, an indexer and an antivirus read all day."""
    with Following(root) as following:
        for _ in range(20):
            (root / HERO).read_bytes()
            list((root / "assets").iterdir())
        assert following.settled() == {}


def test_files_in_folders_just_made_are_told(root: Path) -> None:
    """watchdog sees their creation at best, and closes nine times in three hundred."""
    names = [f"assets/{number}/b/c/x.png" for number in range(60)]
    with Following(root) as following:
        for number, name in enumerate(names):
            (root / name).parent.mkdir(parents=True)
            (root / name).write_bytes(png(number))
        following.wait_for(*names)
        assert following.settled() == dict.fromkeys(names, 1)


def test_a_folder_moved_in_is_seen_then_and_later(root: Path) -> None:
    """watchdog 6 is blind below it: the watches are counted and set anew."""
    (root / "elsewhere/deep").mkdir(parents=True)
    (root / "elsewhere/deep/a.png").write_bytes(png(1))
    with Following(root) as following:
        (root / "elsewhere").rename(root / "assets/in")
        following.wait_for("assets/in/deep/a.png")
        (root / "assets/in/deep/b.png").write_bytes(png(2))
        following.wait_for("assets/in/deep/b.png")
        time.sleep(2 * loop._VERIFY_S)  # no scan is under way any more that could find it
        (root / "assets/in/deep/a.png").write_bytes(png(3))
        assert following.settled() == {"assets/in/deep/a.png": 2, "assets/in/deep/b.png": 1}


def test_a_folder_moved_out_takes_its_files_with_it(root: Path) -> None:
    """One event arrives, for the folder alone."""
    (root / "assets/sub").mkdir()
    (root / "assets/sub/a.png").write_bytes(png(1))
    with Following(root) as following:
        (root / "assets/sub").rename(root / "elsewhere")
        assert following.settled(after_grace=True) == {"assets/sub/a.png": 1}


def test_a_renamed_folder_is_told_by_both_names(root: Path) -> None:
    """The build pairs them by digest; later writes are seen."""
    (root / "assets/old").mkdir()
    (root / "assets/old/a.png").write_bytes(png(1))
    with Following(root) as following:
        (root / "assets/old").rename(root / "assets/new")
        expected = {"assets/old/a.png": 1, "assets/new/a.png": 1}
        assert following.settled(after_grace=True) == expected
        (root / "assets/new/a.png").write_bytes(png(2))
        assert following.settled() == {**expected, "assets/new/a.png": 2}


def test_lost_events_are_made_good_by_the_next_full_scan(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An overflow is invisible: no error, no log, the observer is alive."""
    monkeypatch.setattr(notices, "Notices", Deaf)
    (root / "assets/gone.png").write_bytes(png())
    timing = msgspec.structs.replace(QUICK, reconcile_s=0.3)
    with Following(root, timing=timing) as following:
        (root / HERO).write_bytes(png(1))
        (root / "assets/new.png").write_bytes(png(2))
        (root / "assets/gone.png").unlink()
        expected = {HERO: 1, "assets/new.png": 1, "assets/gone.png": 1}
        assert following.settled(after_grace=True) == expected


def test_a_burst_drops_names_and_looks_everywhere(root: Path) -> None:
    """Above a thousand notices their names are worth less than a scan."""
    collector = notices.Collector(root, Extras(root), threading.Event())
    for number in range(notices.BURST + 1):
        collector.dispatch(FileCreatedEvent(str(root / f"assets/{number}.png")))
    assert collector.take() == notices.Dirty(
        is_everything=True, is_doubtful=True, total=notices.BURST + 1
    )
    assert collector.take() == notices.Dirty()


def test_a_burst_in_small_portions_is_a_burst(root: Path) -> None:
    """After SIGCONT a busy machine delivers the queue bit by bit, less what was dropped."""
    watches = HardOfHearing(root, Extras(root), threading.Event())
    watcher = Watcher(Tree(root, ["assets"], []), Extras(root), Timing(), notices=watches)
    watcher.start(Moment(0, 0))
    try:
        (root / HERO).write_bytes(png(1))
        told = [watcher.turn(Moment(step / 50, step / 50)) for step in range(200)]
    finally:
        watches.stop()
    assert [changed for changed in told if changed] == [{HERO}]


def test_an_event_that_cannot_be_read_kills_nothing(root: Path) -> None:
    """An exception in the handler would end watchdog's thread in silence."""
    wake = threading.Event()
    collector = notices.Collector(root, Extras(root), wake)
    collector.dispatch(None)  # type: ignore[arg-type]  # that is the point
    assert collector.take().is_everything
    assert wake.is_set()


def test_an_assets_folder_deleted_and_made_again_stays_watched(root: Path) -> None:
    """watchdog's observer is alive and blind; the folder's inode tells."""
    with Following(root) as following:
        shutil.rmtree(root / "assets")
        (root / "assets").mkdir()
        (root / "assets/new.png").write_bytes(png(1))
        following.wait_for("assets/new.png", HERO)
        (root / "assets/new.png").write_bytes(png(2))
        assert following.settled() == {"assets/new.png": 2, HERO: 1}


@both_modes
def test_a_rewrite_with_size_and_time_as_before_is_told(root: Path, poll: bool) -> None:
    """Some exporters put the time back; the change of the inode cannot be put back."""
    before = (root / HERO).stat()
    with Following(root, poll=poll) as following:
        with (root / HERO).open("r+b") as stream:
            stream.write(png(1))
        os.utime(root / HERO, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (root / HERO).stat().st_size == before.st_size
        assert following.settled() == {HERO: 1}
