"""Where .ci/install-targets puts programs, and what happens to a test whose program is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

#: Read before a fixture clears the environment of tests.
TOOLS = Path(os.environ.get("PIXELPIPE_TARGET_TOOLS", Path.home() / ".cache/pixelpipe-targets"))
MUST_BE_THERE = os.environ.get("PIXELPIPE_REQUIRE_TARGETS") == "1"


def missing(name: str) -> NoReturn:
    """Skip by the program's name, or fail with PIXELPIPE_REQUIRE_TARGETS=1."""
    sentence = f"{name} is not installed; .ci/install-targets installs it"
    if MUST_BE_THERE:
        pytest.fail(sentence)
    pytest.skip(sentence)
