"""How a run of all tests is spread: where files stand, what begins first, what needs no company.

The tests of a file stay on one worker, since they share what is dear to set up. What takes long
begins first, so that nobody waits for one of them in the end, and each of those by itself.
A name that is no longer there costs time and nothing else; `tests/test_systems.py` tells of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

#: Free room that a run of all tests never fills, in bytes; each test clears up behind itself.
_ROOM = 4 << 30
_PREFIX = "pixelpipe-tests-"
_STALE_S = 2 * 60 * 60
#: Files and tests that take longest, longest first. A name of a test stands for all its cases.
LONGEST = (
    "tests/purchase/test_studio_crash.py::test_many_machines_that_are_killed_buy_sixty_clips_once",
    "tests/run/test_apart.py::test_a_fault_in_any_function_ends_its_source_alone",
    "tests/purchase/test_crash.py::test_killed_twice_at_every_step",
    "tests/run/test_cluster.py",
    "tests/commands/test_watch_versions.py",
    "tests/commands/test_watch_torture.py::test_a_large_tree_copied_in_twenty_times",
    "tests/run/test_killed.py::test_every_step",
    "tests/purchase/test_studio_crash.py",
    "tests/targets/test_pre_commit.py",
    "tests/targets/test_plugin_godot4.py",
    "tests/test_bench.py",
    "tests/commands/test_watch_saves.py",
    "tests/engine/test_engine_contract.py",
    "tests/targets/test_godot4.py",
    "tests/targets/test_demos.py",
    "tests/run/test_large_pictures.py",
    "tests/test_wheel.py",
    "tests/run/test_bounds.py",
    "tests/test_dockerfile.py",
    "tests/storage/test_shared_buckets.py",
    "tests/test_hostile_fuzz.py",
    "tests/commands/test_watch_chain.py",
    "tests/commands/test_watch_torture.py",
    "tests/purchase/test_restraint.py",
)


def memory() -> Path | None:
    """Return a folder in memory in which a whole run may stand and start programs, if any."""
    place = Path("/dev/shm")
    if not os.access(place, os.W_OK) or os.statvfs(place).f_flag & os.ST_NOEXEC:
        return None
    return place if shutil.disk_usage(place).free >= _ROOM else None


def room(place: Path) -> Path:
    """Make a folder there for the files of one run; what failed runs left two hours ago goes."""
    for left in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_S:
                shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    made.chmod(0o711)  # as the usual place: some tests look on as somebody else
    return made


def rank(nodeid: str) -> int:
    """Return where a test stands in the order; those that are not long stay as they are."""
    return next((at for at, name in enumerate(LONGEST) if nodeid.startswith(name)), len(LONGEST))


def company(nodeid: str) -> str:
    """Return what a test is run together with: its file, or nothing when it is a long one."""
    at = rank(nodeid)
    is_alone = at < len(LONGEST) and "::" in LONGEST[at]
    return nodeid if is_alone else nodeid.partition("::")[0]


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Make what gives files, and long tests, to workers, in the order of their collection."""
    from xdist.scheduler import LoadFileScheduling  # not needed where there are no workers

    config.option.loadscopereorder = False  # else the files of most tests come first
    made = LoadFileScheduling(config, log)
    made._split_scope = company
    return made
