"""The real command as a process of its own, or on the real code where many cases are needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import forked
from click.testing import CliRunner
from places import REPOSITORY

from pipeline.cli import words
from pipeline.core.errors import PixelpipeError


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """The one JSON object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def run(
    *arguments: str | Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Ended:
    """Run `pixelpipe` as a process; `user` is the one that it runs as."""
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), **(environment or {})}
    words = [str(argument) for argument in arguments]
    if user is None and forked.can(variables):
        ended = forked.run("pipeline", words, cwd or Path.cwd(), variables, 60)
        assert "Traceback" not in ended.stderr, ended.stderr
        return Ended(*ended)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=cwd,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        user=user,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def call(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command in this process: the same code, without starting Python."""
    done = CliRunner().invoke(
        words.root, [str(argument) for argument in arguments], env=environment
    )
    if isinstance(done.exception, PixelpipeError):
        return Ended(done.exception.exit_code, done.stdout, str(done.exception))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)
