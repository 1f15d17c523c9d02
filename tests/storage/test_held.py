"""Locks of files: one holder at a time, whoever asks and by whatever way the system has."""

from __future__ import annotations

import subprocess
import sys
import threading
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
    with held.hold(place):
        assert held.is_held(place)
        with pytest.raises(held.BusyError):
            held.hold(place)
    assert not held.is_held(place)
    held.hold(place).release()


def test_who_waits_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    """Waiting ends with the holder, not with the time that one would wait at most."""
    place = tmp_path / "a.lock"
    first = held.hold(place)
    timer = threading.Timer(0.2, first.release)
    timer.start()
    with held.hold(place, wait_s=60.0):
        assert held.is_held(place)
    timer.join()


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
    with held.hold(place):
        assert place.exists()
        assert held.is_held(place)


def test_the_package_and_the_system_take_the_same_lock(tmp_path: Path) -> None:
    """An older release beside this one, which locks by the package, is heard."""
    place = tmp_path / "a.lock"
    with FileLock(place), pytest.raises(held.BusyError):
        held.hold(place)
    with held.hold(place), pytest.raises(Timeout):
        FileLock(place).acquire(blocking=False)


def test_without_locks_of_the_system_the_package_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where there is no such module."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    place = tmp_path / "a.lock"
    with held.hold(place), pytest.raises(held.BusyError):
        held.hold(place)
    held.hold(place).release()
