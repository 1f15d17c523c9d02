"""Targets of other packages that cannot be loaded (the example that can: tests/targets/)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def say(code: str, path: Path) -> str:
    """Run `code` in a Python that finds the packages in `path`; return what it prints."""
    folders = os.pathsep.join([str(path), str(Path.cwd())])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def package(folder: Path, entry: str) -> None:
    """Write what an installed package with one entry point leaves behind."""
    information = folder / "broken-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[pixelpipe.targets]\nbroken = {entry}\n")


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("no_such_module:target", "target broken (no_such_module:target) cannot be loaded"),
        ("os:no_such_name", "target broken (os:no_such_name) cannot be loaded"),
        ("os:sep", "is not a pipeline.targets.Target"),
    ],
)
def test_broken_package_is_named(tmp_path: Path, entry: str, sentence: str) -> None:
    """The user must learn which package is at fault, without a traceback."""
    package(tmp_path, entry)
    code = (
        "from pipeline import targets\nfrom pipeline.core import errors\n"
        "try: targets.options('broken')\n"
        "except errors.ConfigError as exc: print(exc)"
    )
    assert sentence in say(code, tmp_path)
