"""Locks of files: one holder at a time, whoever asks."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from pipeline.storage import held

_HOLDER = """
import sys, time
from pathlib import Path
from pipeline.storage import held
lock = held.hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_has_one_holder_until_it_lets_go(tmp_path: Path) -> None:
    """The second is told at once, and gets it afterwards."""
    place = tmp_path / "a.lock"
    with held.Lock(place):
        assert held.is_held(place)
        with pytest.raises(held.BusyError):
            held.hold(place)
    assert not held.is_held(place)
    held.hold(place).release()


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    """Waiting ends with the holder, not with the time that one would wait at most."""
    place, is_taken = tmp_path / "a.lock", threading.Event()

    def hold_a_moment() -> None:
        with held.Lock(place):
            is_taken.set()
            time.sleep(0.2)

    holder = threading.Thread(target=hold_a_moment)
    holder.start()
    assert is_taken.wait(timeout=60)
    with held.Lock(place, wait_s=60.0):
        assert held.is_held(place)
    holder.join()


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    """The system lets go of what a process held, however it ends."""
    place = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(place)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert held.is_held(place)
        holder.kill()
    assert not held.is_held(place)


def test_a_deleted_lock_file_is_made_anew(tmp_path: Path) -> None:
    """Who held it may delete it, and leaves no lock that nobody else can see."""
    place = tmp_path / "a.lock"
    first = held.hold(place)
    place.unlink()
    first.release()
    with held.Lock(place):
        assert place.exists()
        assert held.is_held(place)


def test_it_is_the_lock_that_the_last_release_takes(tmp_path: Path) -> None:
    """An older release beside this one is heard, and hears."""
    place = tmp_path / "a.lock"
    with FileLock(place), pytest.raises(held.BusyError):
        held.hold(place)
    with held.Lock(place), pytest.raises(Timeout):
        FileLock(place).acquire(blocking=False)
