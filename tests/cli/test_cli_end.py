"""The process ends as soon as all is said: nobody waits for Python to clear up."""

from __future__ import annotations

import subprocess
import sys

from places import REPOSITORY

_RUN = """
import atexit, sys
import pipeline.__main__ as entrance
atexit.register(print, "cleared up")
def main():
    atexit.register(print, "told")
    print("said", end="")
    {ends}
entrance.main = main
entrance.run()
"""


def ended(ends: str) -> subprocess.CompletedProcess[str]:
    """Run a command line that ends so."""
    return subprocess.run(
        [sys.executable, "-c", _RUN.format(ends=ends)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_process_ends_with_its_code_once_all_was_said_and_told() -> None:
    """What a package registers while we run is called; what came before us has had its time."""
    for ends, code in (("pass", 0), ("sys.exit()", 0), ("sys.exit(9)", 9)):
        done = ended(ends)
        assert (done.returncode, done.stdout) == (code, "saidtold\n")
        assert not done.stderr


def test_error_and_text_are_left_to_python() -> None:
    """It has something to say."""
    done = ended("1 / 0")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "cleared up" in done.stdout
    assert ended("sys.exit('words')").stderr == "words\n"
