"""The parts of the watcher that need no watching: gate, wholeness, guard, mounts, places."""

from __future__ import annotations

from pathlib import Path

import pytest
from following import png
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.commands.watch import guard, mounts, places
from pipeline.commands.watch.extras import Extras
from pipeline.commands.watch.gate import Gate, Timing
from pipeline.commands.watch.whole import is_whole
from pipeline.storage.files import Scan, Stat

TIMING = Timing(settle_s=1, patience_s=10, grace_s=3)
A, B = Stat(1, 1, 1), Stat(2, 2, 2)


# -- gate ---------------------------------------------------------------------------------------


def test_a_change_is_told_after_its_quiet_time_and_once() -> None:
    """Two equal stats a settle time apart, and the file whole."""
    gate = Gate(TIMING, {"x.png": A})
    assert gate.note("x.png", B, 10)
    assert not gate.note("x.png", B, 10.9)
    assert gate.due(10.9) == []
    assert gate.next_due() == 11
    assert gate.due(11) == ["x.png"]
    gate.judge("x.png", B, 11, is_whole=True)
    assert gate.hand_over() == {"x.png"}
    assert not gate.note("x.png", B, 12)
    assert (gate.hand_over(), gate.next_due()) == (frozenset(), float("inf"))


def test_a_change_back_is_no_change() -> None:
    """The end state counts."""
    gate = Gate(TIMING, {"x.png": A})
    gate.note("x.png", B, 10)
    gate.note("x.png", A, 10.5)
    assert gate.due(99) == []


def test_another_change_starts_the_quiet_time_again() -> None:
    """Of this path only."""
    gate = Gate(TIMING, {})
    gate.note("x.png", A, 10)
    gate.note("y.png", A, 10)
    gate.note("x.png", B, 10.5)
    assert gate.due(11) == ["y.png"]
    gate.judge("y.png", B, 11, is_whole=True)  # it changed under our eyes
    assert not gate.has_settled
    assert gate.due(12) == ["x.png", "y.png"]


def test_half_a_file_waits_up_to_patience() -> None:
    """Somebody may go on writing; after that the build has to say what is wrong."""
    gate = Gate(TIMING, {})
    gate.note("x.png", A, 0)
    for now in range(1, 10):
        gate.judge("x.png", A, now, is_whole=False)
        assert not gate.has_settled
        assert gate.next_due() == now + 1
    gate.judge("x.png", A, 10, is_whole=False)
    assert gate.hand_over() == {"x.png"}


def test_a_file_that_never_rests_is_named_once() -> None:
    """It is not told before it rests."""
    gate = Gate(TIMING, {})
    named: list[str] = []
    for now in range(100):
        gate.note("x.png", Stat(now, 0, 0), now)
        named += gate.complaints()
    assert (named, gate.has_settled) == (["x.png"], False)


def test_a_deletion_needs_its_grace_and_a_complete_scan() -> None:
    """An unmounted share is not a thousand deleted sources."""
    gate = Gate(TIMING, {"x.png": A, "y.png": A})
    gate.note_absent("x.png", 10)
    gate.note_absent("y.png", 10)
    gate.note_absent("never-known.png", 10)
    assert not gate.has_overdue(12.9)
    assert gate.has_overdue(13)
    gate.confirm_missing({}, 13, is_complete=False)
    assert (gate.has_settled, gate.has_overdue(14)) == (False, False)
    gate.confirm_missing({"y.png"}, 14, is_complete=True)  # a scan for another reason
    assert (gate.has_settled, gate.has_overdue(15.9), gate.has_overdue(16)) == (False, False, True)
    gate.confirm_missing({"y.png"}, 16, is_complete=True)
    assert gate.hand_over() == {"x.png"}
    assert gate.next_due() == float("inf")


def test_a_file_that_comes_back_was_not_deleted() -> None:
    """Delete and create is how some editors save."""
    gate = Gate(TIMING, {"x.png": A})
    gate.note_absent("x.png", 10)
    gate.note("x.png", A, 11)
    gate.confirm_missing({"x.png"}, 99, is_complete=True)
    assert not gate.has_settled
    gate.note_absent("x.png", 100)
    gate.confirm_missing({}, 103, is_complete=True)
    gate.note("x.png", B, 104)  # back before it was handed over: git held it
    assert gate.hand_over() == frozenset()
    assert gate.due(105) == ["x.png"]


def test_outputs_are_known_silently_and_missed_aloud() -> None:
    """Ours are never news; one that is gone comes back, also if no scan ever saw it."""
    gate = Gate(TIMING, {})
    assert not gate.note("x.anim.png", A, 10)
    assert not gate.note("x.anim.png", B, 10)
    gate.note_absent("x.anim.png", 11)
    gate.note_absent("y.anim.png", 11)
    gate.confirm_missing({}, 14, is_complete=True)
    assert gate.hand_over() == {"x.anim.png", "y.anim.png"}


_steps = st.lists(
    st.tuples(st.sampled_from(["x.png", "y.png"]), st.sampled_from([None, 1, 2, 3])), max_size=40
)


@given(_steps)
@settings(max_examples=200)
def test_what_was_told_adds_up_to_what_is_there(steps: list[tuple[str, int | None]]) -> None:
    """Whatever happens in whatever order: a caller that looks when told ends with the truth."""
    gate, disk, seen = Gate(TIMING, {}), dict[str, Stat](), dict[str, Stat]()
    now = 0.0
    for path, seed in [*steps, *[("", None)] * 12]:
        now += 0.7
        if path and seed is None:
            disk.pop(path, None)
        elif path and seed is not None:
            disk[path] = Stat(seed, 0, 0)
        gate.compare(disk, gate.known_below("."), now)
        gate.confirm_missing(disk, now, is_complete=True)
        for due in gate.due(now):
            gate.judge(due, disk[due], now, is_whole=True)
        for told in gate.hand_over():
            if told in disk:
                seen[told] = disk[told]
            else:
                del seen[told]  # a deletion is told of what was told before, and once
    assert seen == disk


# -- wholeness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", range(len(png())))
def test_no_beginning_of_a_png_is_whole(tmp_path: Path, length: int) -> None:
    """Every cut is found, wherever it falls."""
    place = tmp_path / "x.png"
    place.write_bytes(png()[:length])
    assert not is_whole(place, "x.png")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.png", png(), True),
        ("x.PNG", png() + b"trailing rubbish", True),
        ("x.png", png(kilobytes=300), True),
        ("x.png", png(kilobytes=300)[:-20], False),
        ("x.png", png()[:33] + bytes(60), False),
        ("x.png", bytes(4096), False),
        ("x.png", b"\xff\xd8\xff\xe0 JPEG", True),
        ("x.png", b"version https://git-lfs.github.com/spec/v1\n", True),
        ("x.yaml", b"a: 1", True),
        ("x.yaml", b"", False),
    ],
)
def test_a_whole_file_is_known(tmp_path: Path, name: str, content: bytes, expected: bool) -> None:
    """Reserved space is not; what is no PNG at all is, for the build to complain about."""
    (tmp_path / name).write_bytes(content)
    assert is_whole(tmp_path / name, name) is expected
    assert not is_whole(tmp_path / "gone.png", "gone.png")


# -- guard --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", guard.MARKS)
def test_each_mark_of_git_is_seen(tmp_path: Path, mark: str) -> None:
    """Above the project, in it, and where a worktree's file points to."""
    (tmp_path / "repo/.git/worktrees/w").mkdir(parents=True)
    (tmp_path / "repo/game").mkdir()
    (tmp_path / "w").mkdir()
    (tmp_path / "w/.git").write_text("gitdir: ../repo/.git/worktrees/w\n")
    roots = (tmp_path / "repo", tmp_path / "repo/game", tmp_path / "w")
    assert [guard.busy(root) for root in roots] == [None, None, None]
    (tmp_path / "repo/.git" / mark).touch()
    assert [guard.busy(root) for root in roots] == [f".git/{mark}", f".git/{mark}", None]
    (tmp_path / "repo/.git/worktrees/w" / mark).touch()
    assert guard.busy(tmp_path / "w") == f".git/{mark}"


# -- mounts -------------------------------------------------------------------------------------

_MOUNTS = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:40 / /mnt/share rw shared:1 - cifs //server/share rw
24 22 0:41 / /mnt/c rw - 9p C:\134 rw
25 22 0:42 / /home/me/my\040art rw - fuse.sshfs me@host: rw
26 22 0:43 / /over rw - nfs4 host:/x rw
27 26 0:44 / /over rw - ext4 /dev/vdb rw
28 23 0:45 / /mnt/share/local rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/game", None),
        ("/mnt/share/game", "cifs"),
        ("/mnt/shared/game", None),
        ("/mnt/c/Users/me/game", "9p"),
        ("/home/me/my art", "fuse.sshfs"),
        ("/home/me", "fuse.sshfs"),
        ("/over/game", None),
        ("/mnt/share/local/game", None),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(folder: str, kind: str | None) -> None:
    """Decided for each file system, not for each machine: WSL has both."""
    assert mounts.network_mount(folder, _MOUNTS) == kind


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    """The real table has the real form."""
    assert mounts.network_type(tmp_path) in {None, *mounts.NETWORK}


# -- places -------------------------------------------------------------------------------------


def scan(folders: list[str], pruned: list[str]) -> Scan:
    """Return a scan that found these folders."""
    return Scan(files={}, folders=dict.fromkeys(folders, 1), pruned=tuple(pruned))


@pytest.mark.parametrize(
    ("folders", "pruned", "expected"),
    [
        (["assets", "assets/a"], [], {("assets", True)}),
        (["assets", "assets/a"], [".git"], {("assets", True)}),
        (
            ["assets", "assets/a", "assets/a/x", "assets/b"],
            ["assets/a/.cache"],
            {("assets", False), ("assets/a", False), ("assets/a/x", True), ("assets/b", True)},
        ),
        (["assets", *(f"assets/{n}" for n in range(99))], ["assets/.x"], {("assets", True)}),
    ],
)
def test_caches_are_not_watched_unless_that_takes_too_many_watches(
    folders: list[str], pruned: list[str], expected: set[tuple[str, bool]]
) -> None:
    """Each separate watch costs threads; each watched cache costs watches and noise."""
    assert places.choose(scan(folders, pruned), ["assets"]) == expected


def test_extra_files_are_watched_by_their_folder_once() -> None:
    """`rules/` lies outside of the assets, `assets/x.yaml` is covered."""
    names = ["p.yaml", "rules/a.yaml", "assets/x.yaml"]
    chosen = places.choose(scan(["assets"], []), ["assets"], Extras(Path(), names).places())
    assert chosen == {("assets", True), (".", False), ("rules", False)}


def test_globs_are_watched_where_they_may_find_something() -> None:
    """A rule file that is added counts at once, also in a folder that is added."""
    globs = ["rules/*.yaml", "**/px/*.yaml", "packs/*/rules.yaml", "assets/**/x.yaml"]
    chosen = places.choose(scan(["assets"], []), ["assets"], Extras(Path(), globs[:1]).places())
    assert chosen == {("assets", True), ("rules", False)}
    chosen = places.choose(scan(["assets"], []), ["assets"], Extras(Path(), globs[1:]).places())
    assert chosen == {("assets", True), (".", True)}


def test_a_glob_means_what_it_finds(tmp_path: Path) -> None:
    """Files that are there, and those that would be found if they were."""
    names = ["r/a.yaml", "r/s/b.yaml", "r/a.txt", "c.yaml", "x/y/px.yaml", "px.yaml"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for patterns in (["r/*.yaml"], ["**/px.yaml"], ["[cx].yaml", "r/*/b.yaml"], ["c.yaml"], []):
        extras = Extras(tmp_path, patterns)
        found = set(extras.stats())
        assert found == {name for name in names if name in extras}
        assert found == {
            path.relative_to(tmp_path).as_posix()
            for pattern in patterns
            for path in tmp_path.glob(pattern)
        }
