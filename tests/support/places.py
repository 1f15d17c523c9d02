"""Where things lie: the repository, its sample project, and the optional folder beside it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "pipeline"
TESTS = REPOSITORY / "tests"
SUPPORT = TESTS / "support"
SAMPLE = REPOSITORY / "sample_project"
#: Real sprites and loops that a user's clone does not have: what wants them skips there.
SHARED = REPOSITORY.parent / "shared"
SPRITES = SHARED / "sprites"
