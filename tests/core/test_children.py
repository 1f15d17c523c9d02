"""The environment of the Python processes that we start."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.core import children

MEMORY = "MALLOC_TRIM_THRESHOLD_"


def told(name: str) -> str:
    """Return what a child finds in a variable."""
    line = f"import os; print(os.environ[{name!r}])"
    command = [sys.executable, "-c", line]
    found = subprocess.run(
        command, env=children.environment(), capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def test_a_child_keeps_the_memory_of_a_sprite_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of a clip are larger than what the C library keeps by itself."""
    monkeypatch.delenv(MEMORY, raising=False)
    assert int(told(MEMORY)) == 256 << 20


def test_a_child_obeys_how_memory_is_set_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that has little of it."""
    monkeypatch.setenv(MEMORY, "4096")
    assert told(MEMORY) == "4096"
