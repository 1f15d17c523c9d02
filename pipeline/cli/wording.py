"""Words and widths that plan, question and build share."""

from __future__ import annotations

import sys
from collections.abc import Sized

from ..core.model import Step, StepKind


def verb(step: Step, *, is_paid: bool) -> str:
    """Return what a step does, as a person says it: what costs nothing is made, not bought."""
    return "make" if step.kind is StepKind.BUY and not is_paid else str(step.kind)


def name(step: Step) -> str:
    """Return how a step is called in lists: its source, and its clip."""
    return f"{step.source} [{step.clip}]" if step.clip else step.source


def reason(step: Step) -> str:
    """Return why, without the path that stands before it."""
    return step.reason.removeprefix(f"{step.source}: ")


def count(number: int | Sized, word: str) -> str:
    """Return "1 clip", "2 clips"."""
    number = number if isinstance(number, int) else len(number)
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def columns() -> int | None:
    """Return the width of the terminal that standard output is; None for a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    import shutil  # slow to load

    return shutil.get_terminal_size().columns


def fitting(text: str, room: int | None) -> str:
    """Return `text` in one line of `room` columns; None: as long as it is."""
    flat = " ".join(text.split())
    if room is None or len(flat) <= room:
        return flat
    return flat[: max(8, room - 1)].rstrip() + "…"


def seconds(number: float) -> str:
    """Return a duration in the unit that fits."""
    if number < 100:
        return f"{number:.0f} s"
    minutes = number / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
