"""The process that forks commands which die when told, as a test holds it; see crashing.py."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forked import HANGS_S
from game import Game, Run
from places import REPOSITORY, SUPPORT


@dataclass
class Crasher:
    """Runs commands that die when told; see crashing.py."""

    process: subprocess.Popen[str]
    folder: Path

    def build(self, game: Game, *options: str, at: int) -> tuple[Run, list[str]]:
        """Build, dying at step `at`; returns how it ended and the steps that it passed."""
        order = {
            "arguments": ["build", "--json", "--yes", *options],
            "folder": str(self.folder),
            "project": str(game.root),
            "environment": game.variables(),
            "at": at,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        said = (self.folder / "stderr.txt").read_text("utf-8")
        assert "Traceback" not in said, said
        stdout = (self.folder / "stdout.txt").read_text("utf-8")
        return Run(answer["exit"], stdout, said), answer["steps"]


@contextmanager
def crashing_in(folder: Path) -> Iterator[Crasher]:
    """Start the process; what its commands say is written into `folder`."""
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "crashing.py")],
        cwd=REPOSITORY,
        env={**Game(REPOSITORY).variables(), "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Crasher(process, folder)
    finally:
        process.stdin.close()
        process.wait(timeout=HANGS_S)
        process.stdout.close()
