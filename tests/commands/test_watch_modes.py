"""Watching with real files and the real watchdog: deletions, outputs, guards and modes.

"Told" means: yielded to the caller, who builds. Each case says what must be told, and how often.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from following import QUICK, Deaf, Following, png
from places import REPOSITORY

from pipeline.commands import watch
from pipeline.commands.watch import Timing, loop, notices, places
from pipeline.commands.watch.extras import Extras
from pipeline.commands.watch.loop import Moment, Watcher
from pipeline.core.model import File
from pipeline.storage import files
from pipeline.storage.files import Tree

HERO = "assets/hero.png"
both_modes = pytest.mark.parametrize("poll", [False, True], ids=["events", "scanner"])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one source."""
    (tmp_path / "assets").mkdir()
    (tmp_path / HERO).write_bytes(png())
    return tmp_path


# -- deletions, renames, own outputs ------------------------------------------------------------


@both_modes
def test_a_rename_is_told_by_both_names(root: Path, poll: bool) -> None:
    """The new name when it has settled, the old one after the grace time."""
    with Following(root, poll=poll) as following:
        (root / HERO).rename(root / "assets/knight.png")
        expected = {HERO: 1, "assets/knight.png": 1}
        assert following.settled(after_grace=True) == expected


@both_modes
def test_own_outputs_wake_nobody_but_their_deletion_does(root: Path, poll: bool) -> None:
    """A build that woke itself would never end; a lost output comes back."""
    outputs = [
        File(path=f"assets/hero.anim.{ext}", content=b"x") for ext in ("png", "json", "web.json")
    ]
    with Following(root, poll=poll) as following:
        for content in (b"x", b"yy"):
            files.publish(root, [File(path=file.path, content=content) for file in outputs])
            (root / "assets/hero.anim.png.import").write_text("an engine's")
        assert following.settled(after_grace=True) == {}
        (root / "assets/hero.anim.json").unlink()
        assert following.settled(after_grace=True) == {"assets/hero.anim.json": 1}


def test_a_share_that_vanishes_deletes_nothing(root: Path) -> None:
    """The assets folder is gone as a whole, for longer than the grace time."""
    with Following(root) as following:
        (root / "assets").rename(root / "unmounted")
        time.sleep(2 * QUICK.grace_s)
        (root / "unmounted").rename(root / "assets")
        assert following.settled(after_grace=True) == {}


def test_added_and_deleted_within_the_window_is_nothing(root: Path) -> None:
    """And deleted and added is one change: the end state counts."""
    with Following(root) as following:
        (root / "assets/brief.png").write_bytes(png(1))
        (root / "assets/brief.png").unlink()
        (root / HERO).unlink()
        (root / HERO).write_bytes(png(1))
        assert following.settled(after_grace=True) == {HERO: 1}


def test_many_saves_of_one_file_are_told_once_when_it_rests(root: Path) -> None:
    """Two quick events on one path must not start two jobs."""
    with Following(root) as following:
        for seed in range(10):
            (root / HERO).write_bytes(png(seed))
        assert following.settled() == {HERO: 1}


def test_a_steady_stream_on_one_file_delays_no_other(root: Path) -> None:
    """Each path has its own quiet time."""
    stop = threading.Event()

    def stream() -> None:
        number = 0
        while not stop.wait(QUICK.settle_s / 4):
            number += 1
            (root / "assets/noisy.png").write_bytes(png(number))

    writer = threading.Thread(target=stream)
    with Following(root) as following:
        writer.start()
        try:
            (root / HERO).write_bytes(png(1))
            following.wait_for(HERO)
            assert "assets/noisy.png" not in following.counts
        finally:
            stop.set()
            writer.join()
        assert following.settled() == {HERO: 1, "assets/noisy.png": 1}


def test_a_file_that_never_rests_is_complained_about(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A user who waits for it must not wonder; our own lock file in a long build is no worry."""
    lock = "pixelpipe.lock"
    with (
        caplog.at_level(logging.WARNING, "pipeline.commands.watch"),
        Following(root, extra=(lock,)) as following,
    ):
        seed = 0
        while "still changing" not in caplog.text:
            seed += 1
            (root / lock).write_text(f"{seed}")
            (root / HERO).write_bytes(png(seed))
            assert seed < 10_000
            time.sleep(0.02)
        assert HERO not in following.counts
        assert following.settled() == {HERO: 1, lock: 1}
    assert ["still changing" in record.message for record in caplog.records] == [True]


def test_half_a_file_is_told_when_nobody_goes_on_writing(root: Path) -> None:
    """The build has to say what is wrong with it; before that, the rest may still come."""
    halves = [b"", png()[:40], b"\x89PN", bytes(100)]
    with Following(root) as following:
        for number, content in enumerate(halves):
            (root / f"assets/half{number}.png").write_bytes(content)
        (root / "assets/jpeg.png").write_bytes(b"\xff\xd8\xff\xe0 not a PNG at all")
        assert following.settled() == {"assets/jpeg.png": 1}
        following.wait_for(*(f"assets/half{number}.png" for number in range(4)))


def test_saves_during_the_callers_work_are_told_afterwards(root: Path) -> None:
    """A build takes its time; what happens meanwhile is not dropped."""
    pending = [HERO, "assets/second.png"]

    def work(changed: frozenset[str]) -> None:
        if "assets/first.png" in changed:
            for name in pending:
                (root / name).write_bytes(png(7))

    with Following(root, work=work) as following:
        (root / "assets/first.png").write_bytes(png(1))
        following.wait_for(*pending)
        assert following.settled() == dict.fromkeys(["assets/first.png", *pending], 1)


# -- what is followed ---------------------------------------------------------------------------


@both_modes
def test_rules_settings_and_overrides_are_told(root: Path, poll: bool) -> None:
    """They change what is bought; some lie outside of the assets, some do not exist yet."""
    extra = ("pixelpipe.yaml", "rules/new.yaml", "assets/local.yaml")
    (root / "pixelpipe.yaml").write_text("a: 1")
    (root / "rules").mkdir()
    with Following(root, poll=poll, extra=extra) as following:
        for name in (*extra, "assets/hero.png.yaml", "assets/other.yaml", "rules/other.yaml"):
            (root / name).write_text("a: 2")
        following.wait_for(*extra, "assets/hero.png.yaml")
        assert following.settled() == dict.fromkeys([*extra, "assets/hero.png.yaml"], 1)


@both_modes
def test_a_rule_file_that_is_added_or_goes_is_told(root: Path, poll: bool) -> None:
    """`rules: [rules/*.yaml]` means the files that will be there, too."""
    (root / "rules").mkdir()
    (root / "rules/old.yaml").write_text("a: 1")
    with Following(root, poll=poll, extra=("rules/*.yaml",)) as following:
        (root / "rules/new.yaml").write_text("a: 1")
        (root / "rules/new.txt").write_text("a: 1")
        (root / "rules/old.yaml").unlink()
        expected = {"rules/new.yaml": 1, "rules/old.yaml": 1}
        assert following.settled(after_grace=True) == expected


def test_ignored_and_foreign_files_wake_nobody(root: Path) -> None:
    """Caches of engines change all the time."""
    names = ["raw/a.png", ".godot/b.png", "node_modules/c.png", "d.txt", "e.wip.png", ".f.png"]
    with Following(root, ignore=["raw/", "*.wip.png"]) as following:
        for name in names:
            (root / "assets" / name).parent.mkdir(exist_ok=True)
            (root / "assets" / name).write_bytes(png(1))
        assert following.settled() == {}


def test_an_ignore_file_holds_from_the_moment_it_is_saved(root: Path) -> None:
    """What was ignored and is not any more is new."""
    (root / "assets/raw").mkdir()
    (root / "assets/raw/a.png").write_bytes(png(1))
    (root / "assets/.pixelpipeignore").write_text("raw/\n")
    with Following(root) as following:
        (root / "assets/.pixelpipeignore").write_text("")
        following.wait_for("assets/raw/a.png")
        assert following.settled() == {"assets/raw/a.png": 1}


def test_the_whole_project_as_assets_is_watched_without_its_caches(root: Path) -> None:
    """`assets: [.]`: watchdog leaves out no folder, so those beside it are watched one by one."""
    for folder in (".git", ".godot/imported", "node_modules/x", "scenes"):
        (root / folder).mkdir(parents=True)
    with Following(root, assets=["."]) as following:
        watched = places.inotify_inodes() or set()
        assert (root / ".godot").stat().st_ino not in watched
        (root / "top.png").write_bytes(png(1))
        (root / "scenes/deep").mkdir()
        (root / "scenes/deep/a.png").write_bytes(png(2))
        (root / "fresh").mkdir()
        following.wait_for("top.png", "scenes/deep/a.png")
        (root / "fresh/b.png").write_bytes(png(3))
        following.wait_for("fresh/b.png")
        expected = {"top.png": 1, "scenes/deep/a.png": 1, "fresh/b.png": 1}
        assert following.settled() == expected


def test_assets_behind_a_link_are_followed(root: Path) -> None:
    """Events name the real place; told is the path that the project uses."""
    (root / "assets").rename(root / "real")
    (root / "assets").symlink_to("real")
    with Following(root) as following:
        (root / HERO).write_bytes(png(1))
        assert following.settled() == {HERO: 1}


# -- guards and modes ---------------------------------------------------------------------------


def test_changes_wait_until_git_is_done_and_come_at_once(root: Path) -> None:
    """A rebase makes states that nobody wants to buy."""
    (root / ".git").mkdir()
    (root / ".git/MERGE_HEAD").touch()
    with Following(root) as following:
        for number in range(3):
            (root / f"assets/{number}.png").write_bytes(png(number))
            time.sleep(1.5 * QUICK.settle_s)
        (root / "assets/2.png").unlink()
        (root / HERO).unlink()
        time.sleep(2 * QUICK.grace_s)
        assert following.told == []
        (root / ".git/MERGE_HEAD").unlink()
        following.wait_for("assets/0.png")
        assert following.told == [{"assets/0.png", "assets/1.png", HERO}]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_branch_switched_there_and_back_ends_where_it_began(root: Path) -> None:
    """Files that differ are told, in the state of the branch; the store makes it free."""

    def git(*words: str) -> None:
        names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *names, *words], cwd=root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    (root / HERO).write_bytes(png(1))
    (root / "assets/more.png").write_bytes(png(2))
    git("add", "-A")
    git("commit", "-qm", "two")
    with Following(root) as following:
        git("checkout", "-q", "main")
        assert following.settled(after_grace=True) == {HERO: 1, "assets/more.png": 1}
        git("checkout", "-q", "other")
        assert following.settled() == {HERO: 2, "assets/more.png": 2}


def test_a_dead_watch_is_replaced(root: Path) -> None:
    """A thread of watchdog that ended says nothing by itself."""
    wake = threading.Event()
    watches = notices.Notices(root, Extras(root), wake)
    watcher = Watcher(Tree(root, ["assets"], []), Extras(root), QUICK, notices=watches, wake=wake)
    watcher.start(Moment(0, 0))
    try:
        assert watches.is_sound()
        for emitter in list(watches._observer.emitters if watches._observer else ()):
            emitter.stop()
            emitter.join()
        assert not watches.is_sound()
        watcher.turn(Moment(2, 2))
        assert watches.is_sound()
        (root / "assets").rename(root / "other")
        (root / "assets").mkdir()
        assert not watches.is_sound()
    finally:
        watches.stop()


@pytest.mark.parametrize("later", [Moment(60, 60), Moment(0.2, 3600)], ids=["stopped", "slept"])
def test_after_a_gap_everything_is_looked_at(root: Path, later: Moment) -> None:
    """A laptop that slept, or SIGSTOP: the steady clock runs on in one case only."""
    watcher = Watcher(Tree(root, ["assets"], []), Extras(root), QUICK)
    watcher._notices = Deaf(
        root, Extras(root), threading.Event()
    )  # so that no scan is due by itself
    watcher.start(Moment(0, 0))
    try:
        (root / HERO).write_bytes(png(1))
        assert not watcher.turn(Moment(0.1, 0.1))
        assert watcher._gate.due(1e9) == []
        watcher.turn(later)
        assert watcher._gate.due(1e9) == [HERO]
    finally:
        watcher._notices.stop()


def test_too_few_watches_mean_scanning_and_a_hint(root: Path) -> None:
    """watchdog 7 goes on and sees nothing; the kernel's own list shows what is missing."""
    for number in range(60):
        (root / f"assets/{number}").mkdir()
    script = f"""
        import logging, pathlib, sys, threading
        from pipeline.commands import watch

        class Said(logging.StreamHandler):
            def emit(self, record):
                super().emit(record)
                said.set()

        def write():
            armed.wait()
            said.wait()
            (root / "assets/59/x.png").write_bytes((root / "assets/hero.png").read_bytes())

        pathlib.Path("/proc/sys/user/max_inotify_watches").write_text("20")
        said, armed, stop = (threading.Event() for _ in range(3))
        logging.basicConfig(level=logging.WARNING, handlers=[Said()])
        root = pathlib.Path({str(root)!r})
        threading.Thread(target=write, daemon=True).start()
        timing = watch.Timing(settle_s=0.1, poll_s=0.1)
        for told in watch.changes(root, ["assets"], [], stop=stop, timing=timing):
            armed.set()
            if told:
                print(sorted(told))
                stop.set()
    """
    unshare = shutil.which("unshare")
    probe = [str(unshare), "-Ur", "sh", "-c", "echo 20 > /proc/sys/user/max_inotify_watches"]
    if unshare is None or subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("no user namespaces here to set a limit in")
    done = subprocess.run(
        [unshare, "-Ur", sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True, text=True, timeout=60, cwd=REPOSITORY,
    )  # fmt: skip
    assert done.stdout == "['assets/59/x.png']\n", done.stderr
    assert "fs.inotify.max_user_watches" in done.stderr
    assert "scanning every" in done.stderr


def test_a_network_drive_is_scanned_and_that_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No events come from there; waiting for them would look like a broken program."""
    monkeypatch.setattr(watch.mounts, "network_type", lambda folder: "nfs4")
    stop = threading.Event()
    stop.set()
    with caplog.at_level(logging.INFO, "pipeline.commands.watch"):
        assert list(watch.changes(root, ["assets"], [], stop=stop)) == [frozenset()]
    assert "nfs4" in caplog.text
    assert "by a scan every" in caplog.text


def test_an_idle_watcher_stops_when_it_is_told_to(root: Path) -> None:
    """Ctrl-C must not wait for the next scan; no thread is left behind."""
    before = threading.active_count()
    with Following(root) as following:
        assert threading.active_count() > before
        assert following.settled() == {}
    assert threading.active_count() == before


def test_leaving_the_loop_ends_the_watches(root: Path) -> None:
    """A caller that breaks out of `for` leaves no threads either."""
    before = threading.active_count()
    changes = watch.changes(root, ["assets"], [], stop=threading.Event(), poll=False)
    assert next(changes) == frozenset()
    changes.close()  # type: ignore[attr-defined]  # an Iterator by contract, a generator in fact
    assert threading.active_count() == before


def test_an_idle_watcher_does_not_scan(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The battery of a laptop: one full scan in thirty seconds, none in between."""
    scans: list[float] = []
    real = Tree.scan

    def counted(tree: Tree) -> files.Scan:
        scans.append(0)
        return real(tree)

    watches = notices.Notices(root, Extras(root), threading.Event())
    watcher = Watcher(Tree(root, ["assets"], []), Extras(root), Timing(), notices=watches)
    watcher.start(Moment(0, 0))
    monkeypatch.setattr(Tree, "scan", counted)
    try:
        for tenth in range(1, 310):
            watcher.turn(Moment(tenth / 10, tenth / 10))
        assert len(scans) == 1
        assert loop._SCAN_SHARE <= 0.01
    finally:
        watches.stop()
