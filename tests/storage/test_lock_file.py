"""A lock file that is read again and again is read anew whenever somebody has written it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.core.errors import StorageError
from pipeline.storage import lock, lock_file, lock_text
from pipeline.storage.lock import ClipLine, Lock

OLD_NS = 1_700_000_000_000_000_000


def text(name: str = "hero", digest: str = "a") -> str:
    """Write a lock file of one line."""
    line = ClipLine(
        source=f"{name}.png", clip="idle", key="f" * 64, digest=digest * 64, service="s"
    )
    return lock.text(Lock(clips=(line,)))


def test_what_nobody_wrote_is_not_read_again(tmp_path: Path) -> None:
    """It is the same object then, so that all that was found out of it holds."""
    place = tmp_path / lock.NAME
    place.write_text(text())
    os.utime(place, ns=(OLD_NS, OLD_NS))
    time.sleep(2.1)  # the change of its times is young as well
    with lock_file.kept(tmp_path):
        first = lock_file.text(tmp_path)
        assert lock_file.text(tmp_path) is first
        place.chmod(0o600)  # a change of another kind: the stat differs, the text does not
        assert lock_file.text(tmp_path) is first
    assert lock_file.text(tmp_path) is not first


@pytest.mark.parametrize("times", [1, 200])
def test_every_change_is_seen_however_quick_and_alike(tmp_path: Path, times: int) -> None:
    """Of the same size, in place, within one tick of the file system's clock."""
    place = tmp_path / lock.NAME
    with lock_file.kept(tmp_path):
        for number in range(times):
            written = text(digest="0123456789abcdef"[number % 16])
            place.write_text(written)
            assert lock_file.text(tmp_path) == written
            assert lock_file.digest(lock_file.text(tmp_path)) == lock_file.digest(written)


def test_what_we_wrote_is_believed_only_when_it_is_there(tmp_path: Path) -> None:
    """Another process may write at the same moment."""
    place = tmp_path / lock.NAME
    with lock_file.kept(tmp_path):
        ours = text("ours")
        lock_file.wrote(tmp_path, ours, is_plain=True)
        place.write_text(text("other"))
        assert lock_file.text(tmp_path) == text("other")
        place.write_text(ours)
        lock_file.wrote(tmp_path, ours, is_plain=True)
        assert lock_file.text(tmp_path) is ours
        place.unlink()
        assert lock_file.text(tmp_path) == ""


def test_kept_text_says_what_any_text_says(tmp_path: Path) -> None:
    """Plain or not, and its digest."""
    for number, written in enumerate((text(), text() + "<<<<<<< ours\n", "")):
        root = tmp_path / str(number)
        root.mkdir()
        (root / lock.NAME).write_text(written)
        with lock_file.kept(root):
            found = lock_file.text(root)
            for _ in range(2):
                assert lock_file.is_plain(found) is lock_text.is_plain(written)
                assert lock_file.digest(found) == lock_file.digest("".join(list(written)))


def test_link_out_of_the_project_is_refused_also_later(tmp_path: Path) -> None:
    """The file that was read before may be replaced by one."""
    root = tmp_path / "game"
    root.mkdir()
    outside = tmp_path / "outside"
    outside.write_text(text("outside"))
    with lock_file.kept(root):
        assert lock_file.text(root) == ""
        (root / lock.NAME).symlink_to(outside)
        with pytest.raises(StorageError):
            lock_file.text(root)
