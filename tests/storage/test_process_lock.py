"""One process holds a file at a time: whoever dies lets go, and older releases keep out too."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from pipeline.storage.process_lock import HeldError, ProcessLock

_HOLD = """
import sys
from pathlib import Path
from pipeline.storage.process_lock import ProcessLock
lock = ProcessLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(place: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold `place`."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_held_file_is_refused_at_once_or_after_the_time_stated(tmp_path: Path) -> None:
    """Nobody waits who does not want to."""
    place = tmp_path / "one.lock"
    with holding(place):
        with pytest.raises(HeldError):
            ProcessLock(place).acquire(blocking=False)
        begun = time.monotonic()
        with pytest.raises(HeldError), ProcessLock(place, timeout_s=0.3):
            pass
        assert 0.3 <= time.monotonic() - begun < 5


def test_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    """The system sees to it, whatever the process was doing."""
    place = tmp_path / "one.lock"
    with holding(place) as process:
        process.kill()
        process.wait()
        with ProcessLock(place, timeout_s=5):
            pass
    assert place.exists()


def test_release_before_keeps_us_out_and_we_keep_it_out(tmp_path: Path) -> None:
    """Both run on one machine while somebody updates."""
    place = tmp_path / "one.lock"
    with FileLock(place), pytest.raises(HeldError):
        ProcessLock(place).acquire(blocking=False)
    with ProcessLock(place), pytest.raises(Timeout):
        FileLock(place).acquire(blocking=False)
    with ProcessLock(place), ProcessLock(tmp_path / "two.lock"):
        pass


def test_file_that_was_removed_while_we_waited_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    """Else two would hold it: one the file of before, one the file of now."""
    place = tmp_path / "one.lock"
    first = ProcessLock(place)
    first.acquire()
    waiting = ProcessLock(place, timeout_s=5)
    place.unlink()
    first.release()
    waiting.acquire()
    with pytest.raises(HeldError):
        ProcessLock(place).acquire(blocking=False)
    waiting.release()
    waiting.release()  # once more says nothing


def test_place_that_cannot_be_opened_is_an_error_and_no_lock(tmp_path: Path) -> None:
    """A folder that is not there, and a link that leads elsewhere."""
    with pytest.raises(FileNotFoundError):
        ProcessLock(tmp_path / "none/one.lock").acquire()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="link"):
        ProcessLock(tmp_path / "link").acquire()
    assert not (tmp_path / "elsewhere").exists()
