"""Both major versions of watchdog pass the torture; the other tests run with the newest one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from installed import TOOLS, missing
from places import REPOSITORY

OLDER = TOOLS / "watchdog-6"
FILES = ("test_watch.py", "test_watch_modes.py", "test_watch_torture.py", "test_watch_chain.py")
#: The longest says nothing about watchdog that the others do not say; scanning is without it.
LEFT_OUT = "not twenty_times and not scanner"


@pytest.mark.slow
def test_the_older_watchdog_passes_as_well(tmp_path: Path) -> None:
    """Version 6 loses overflows in silence and is blind in folders that were moved in."""
    if not OLDER.is_dir():
        missing("watchdog 6")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(OLDER), str(REPOSITORY)])}

    def started(*words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *words], cwd=REPOSITORY, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    version = "import watchdog.version; print(watchdog.version.VERSION_STRING)"
    running = {"6.": started("-c", version)}
    for name in FILES:  # at the same time: they wait for things to settle, mostly
        tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path / name}")
        running[name] = started(*tests, "-k", LEFT_OUT, str(Path(__file__).with_name(name)))
    said = {name: (one.communicate()[0], one.returncode) for name, one in running.items()}
    assert [text for text, code in said.values() if code] == []
    assert said.pop("6.")[0].startswith("6.")
    assert all("passed" in text for text, _ in said.values())
