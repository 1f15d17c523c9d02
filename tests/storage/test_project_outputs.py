"""Reading sources in one piece, and writing outputs whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
from pathlib import Path

import pytest

from pipeline.core import keys
from pipeline.core.errors import AssetError, SourceError, StorageError
from pipeline.core.model import File
from pipeline.storage import files
from pipeline.storage.files import write


def file(path: str, content: bytes = b"new") -> File:
    """Return a file to publish."""
    return File(path=path, content=content)


def listing(root: Path) -> list[str]:
    """Return all files below `root`."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# -- read ---------------------------------------------------------------------------------------


def test_a_source_is_read_whole(tmp_path: Path) -> None:
    """What is hashed is what is uploaded, through a link as well."""
    (tmp_path / "a.png").write_bytes(b"abc")
    (tmp_path / "b.png").symlink_to("a.png")
    assert files.read(tmp_path, "a.png") == files.read(tmp_path, "b.png") == b"abc"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.png", "not there"),
        ("folder.png", "cannot be read|not a regular"),
        ("pipe.png", "not a regular file"),
        ("loop.png", "cannot be read"),
        ("huge.png", "MiB"),
        ("../x.png", "not a path inside"),
        ("a.png/x.png", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    """One bad file is a sentence in the report and never a traceback or a hang."""
    (tmp_path / "a.png").write_bytes(b"abc")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    with (tmp_path / "huge.png").open("wb") as stream:
        stream.truncate(65 << 20)
    with pytest.raises(SourceError, match=reason) as caught:
        files.read(tmp_path, name)
    assert name in str(caught.value)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Half of the old picture and half of the new one must not be bought."""
    path = tmp_path / "hero.png"
    path.write_bytes(b"a" * (8 << 20))
    stop = threading.Event()

    def rewrite() -> None:
        with path.open("r+b") as stream:
            for number in range(200_000):
                if stop.is_set():
                    break
                stream.seek(0)
                stream.write(b"%d" % number)
                stream.flush()

    def read_often() -> None:
        for _ in range(300):
            files.read(tmp_path, "hero.png")

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        with pytest.raises(SourceError, match="still changing"):
            read_often()
    finally:
        stop.set()
        writer.join()


# -- publish ------------------------------------------------------------------------------------


def test_files_are_written_with_their_folders_and_named(tmp_path: Path) -> None:
    """The names that come back are what changed on disk."""
    made = [file("a/b/hero.anim.json"), file("a/b/hero.anim.png", b"\x89PNG")]
    assert set(files.publish(tmp_path, made)) == {"a/b/hero.anim.png", "a/b/hero.anim.json"}
    assert (tmp_path / "a/b/hero.anim.png").read_bytes() == b"\x89PNG"
    assert listing(tmp_path) == ["a/b/hero.anim.json", "a/b/hero.anim.png"]


def test_equal_bytes_leave_the_file_alone(tmp_path: Path) -> None:
    """A new time stamp makes engines import again and make rebuild."""
    files.publish(tmp_path, [file("hero.anim.png"), file("hero.anim.json")])
    before = (tmp_path / "hero.anim.png").stat()
    changed = [file("hero.anim.png"), file("hero.anim.json", b"other")]
    assert files.publish(tmp_path, changed) == ("hero.anim.json",)
    after = (tmp_path / "hero.anim.png").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_pictures_are_switched_before_the_data_that_names_them(tmp_path: Path) -> None:
    """Whoever sees new data has to find the new sheet (see `publish`)."""
    names = ("hero.anim.json", "hero.anim.png", "hero.anim.tres", "hero.anim.walk.gif")
    written = files.publish(tmp_path, [file(name) for name in names])
    assert written == ("hero.anim.png", "hero.anim.walk.gif", "hero.anim.json", "hero.anim.tres")


def test_a_reader_sees_the_old_or_the_new_file_and_never_a_mix(tmp_path: Path) -> None:
    """Engines reload while we write."""
    contents = [bytes([65 + number]) * 200_000 for number in range(2)]
    files.publish(tmp_path, [file("x.anim.png", contents[0])])
    stop = threading.Event()
    mixed: list[int] = []

    def look() -> None:
        while not stop.is_set():
            content = (tmp_path / "x.anim.png").read_bytes()
            if content not in contents:
                mixed.append(len(content))

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(60):
        files.publish(tmp_path, [file("x.anim.png", contents[number % 2])])
    stop.set()
    reader.join()
    assert mixed == []


def test_a_full_disk_changes_nothing_and_names_the_file(tmp_path: Path) -> None:
    """The second file does not fit: the first must not be switched alone, nothing is left over."""
    files.publish(tmp_path, [file("x.anim.png", b"old")])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StorageError, match=r"^x\.anim\.json: cannot be written") as caught:
            files.publish(tmp_path, [file("x.anim.png"), file("x.anim.json", b"x" * 20_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.exit_code == 8
    assert listing(tmp_path) == ["x.anim.png"]
    assert (tmp_path / "x.anim.png").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../x.anim.png", "not a path inside"),
        ("/x.anim.png", "not a path inside"),
        ("out/x.anim.png", "outside of the project"),
        ("link.anim.png", "outside of the project"),
        ("aux.anim.png", "Windows reserves"),
        ("plain/x.anim.png", "cannot be written"),
        ("folder", "cannot be written"),
    ],
)
def test_places_where_nothing_may_be_written_are_refused(
    tmp_path: Path, path: str, reason: str
) -> None:
    """A rule must not write over `~/.bashrc`, nor a link lead us there."""
    root = tmp_path / "game"
    (root / "folder" / "x").mkdir(parents=True)
    (root / "plain").write_bytes(b"a file")
    (root / "out").symlink_to(tmp_path)
    (root / "link.anim.png").symlink_to(tmp_path / "victim")
    before = listing(tmp_path)
    with pytest.raises((AssetError, StorageError), match=reason):
        files.publish(root, [file("a.anim.png", b"first"), file(path)][1:])
    assert listing(tmp_path) == before


def test_one_bad_path_stops_the_set_before_its_first_file(tmp_path: Path) -> None:
    """A set that is half there is worse than none."""
    with pytest.raises(AssetError):
        files.publish(tmp_path, [file("a.anim.png"), file("nul.anim.png")])
    with pytest.raises(StorageError, match=r"A\.anim\.png"):
        files.publish(tmp_path, [file("A.anim.png"), file("a.anim.png")])
    assert listing(tmp_path) == []


def test_sets_that_are_written_together_fail_apart(tmp_path: Path) -> None:
    """A full disk, a forbidden name and a folder in the way concern their own sprites alone."""
    for name in ("before", "large", "after"):
        files.publish(tmp_path, [file(f"{name}.anim.png", b"old")])
    (tmp_path / "folder.anim.json").mkdir()
    sets = [
        [file("before.anim.png"), file("before.anim.json")],
        [file("large.anim.png"), file("large.anim.json", b"x" * 20_000)],
        [file("nul.anim.png")],
        [file("folder.anim.png"), file("folder.anim.json")],
        [file("after.anim.png"), file("after.anim.json")],
    ]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        done = files.publish_sets(tmp_path, sets)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert done[0] == ("before.anim.png", "before.anim.json")
    assert [type(one) for one in done[1:4]] == [StorageError, AssetError, StorageError]
    assert done[4] == ("after.anim.png", "after.anim.json")
    assert (tmp_path / "large.anim.png").read_bytes() == b"old"
    assert not [name for name in listing(tmp_path) if "tmp" in name or name.startswith("nul")]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what is synced")
def test_a_set_that_does_not_reach_the_disk_is_not_switched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses one file of many that are synced at once."""
    whole = os.fsync

    def refusing(descriptor: int) -> None:
        if "bad.anim.json" in os.readlink(f"/proc/self/fd/{descriptor}"):  # noqa: PTH115
            raise OSError(errno.EIO, "Input/output error")
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    names = [f"{n}" for n in range(9)] + ["bad"]
    sets = [[file(f"{name}.anim.png"), file(f"{name}.anim.json")] for name in names]
    *good, bad = files.publish_sets(tmp_path, sets)
    assert [len(one) for one in good if isinstance(one, tuple)] == [2] * 9
    assert isinstance(bad, StorageError)
    assert "bad.anim.json" in str(bad)
    assert len(listing(tmp_path)) == 18


def test_a_file_held_open_is_tried_again_for_a_while(tmp_path: Path) -> None:
    """An engine on Windows holds the old picture open while it imports it."""
    calls: list[Path] = []

    def rename(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) < 3:
            raise PermissionError(13, "held open")
        source.rename(target)

    (tmp_path / "new").write_bytes(b"new")
    write.replace(tmp_path / "new", tmp_path / "old", rename=rename, patience_s=(0, 0, 0))
    assert (tmp_path / "old").read_bytes() == b"new"
    calls.clear()
    with pytest.raises(PermissionError):
        write.replace(tmp_path / "new", tmp_path / "old", rename=rename, patience_s=(0,))
    assert len(calls) == 2


# -- remove -------------------------------------------------------------------------------------


def test_only_what_we_wrote_is_removed(tmp_path: Path) -> None:
    """A hand-edited output is the user's."""
    files.publish(tmp_path, [file("ours.anim.png"), file("edited.anim.png", b"edited")])
    digest = keys.digest(b"new")
    assert not files.remove(tmp_path, "edited.anim.png", digest, below=["."])
    assert not files.remove(tmp_path, "gone.anim.png", digest, below=["."])
    assert files.remove(tmp_path, "ours.anim.png", digest, below=["."])
    assert listing(tmp_path) == ["edited.anim.png"]
    (tmp_path.parent / "x.anim.png").write_bytes(b"new")
    assert not files.remove(tmp_path, "../x.anim.png", digest, below=["."])
    assert (tmp_path.parent / "x.anim.png").exists()
