"""Where things lie: the repository, its sample project, and the optional folder beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "pipeline"
TESTS = REPOSITORY / "tests"
SUPPORT = TESTS / "support"
SAMPLE = REPOSITORY / "sample_project"
#: Real sprites and loops that a user's clone does not have: what wants them skips there.
SHARED = REPOSITORY.parent / "shared"
SPRITES = SHARED / "sprites"
T = TypeVar("T")


def some(found: Iterable[T], what: str) -> list[T]:
    """Return what is measured; raises SystemExit when that is nothing, which has no median."""
    there = list(found)
    if not there:
        raise SystemExit(f"nothing to measure: no {what}")
    return there


def art() -> list[Path]:
    """Return the shared sprites, or the sample project's where they are not there.

    A benchmark over nothing prints nothing but nan: raises SystemExit when there is no art at all.
    """
    found = sorted(SPRITES.rglob("*.png")) or [
        path for path in sorted(SAMPLE.rglob("*.png")) if ".anim" not in path.name
    ]
    if not found:
        raise SystemExit(f"no art to measure, neither in {SPRITES} nor in {SAMPLE}")
    return found
