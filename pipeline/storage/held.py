"""Locks that a process holds for as long as it lives: the system lets go of them when it dies."""

from __future__ import annotations

from pathlib import Path


def is_held(place: Path) -> bool:
    """Tell whether a living process holds the lock file at `place`; False where nothing is told."""
    if not place.exists():
        return False
    from filelock import FileLock, Timeout  # slow to load, and most runs ask nobody

    probe = FileLock(place)
    try:
        probe.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:
        return False
    probe.release()
    return False
