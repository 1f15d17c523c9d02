"""Both major versions of watchdog pass the torture; the other tests run with the newest one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from game import REPOSITORY

TOOLS = Path(os.environ.get("PIXELPIPE_TARGET_TOOLS", Path.home() / ".cache/pixelpipe-targets"))
OLDER = TOOLS / "watchdog-6"
#: Read before a fixture clears the environment of tests.
MUST_BE_THERE = os.environ.get("PIXELPIPE_REQUIRE_TARGETS") == "1"
FILES = ("test_watch.py", "test_watch_modes.py", "test_watch_torture.py", "test_watch_chain.py")
#: The longest says nothing about watchdog that the others do not say; scanning is without it.
LEFT_OUT = "not twenty_times and not scanner"


@pytest.mark.slow
def test_the_older_watchdog_passes_as_well(tmp_path: Path) -> None:
    """Version 6 loses overflows in silence and is blind in folders that were moved in."""
    if not OLDER.is_dir():
        sentence = "watchdog 6 is not installed; .ci/install-targets installs it"
        (pytest.fail if MUST_BE_THERE else pytest.skip)(sentence)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(OLDER), str(REPOSITORY)])}
    version = "import watchdog.version; print(watchdog.version.VERSION_STRING)"
    files = [str(Path(__file__).with_name(name)) for name in FILES]
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'own'}"]
    for command, expected in (
        (["-c", version], "6."),
        ([*tests, "-k", LEFT_OUT, *files], "passed"),
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=REPOSITORY, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in done.stdout
