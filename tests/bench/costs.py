"""What a whole process takes: time, CPU and memory, with all that it starts and waits for."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
#: What this machine may have set, and what would change what is measured.
_OURS = ("PIXEL_ENGINE_API_KEY", "PIXELENGINE_API_KEY", "PIXELPIPE_SERVICE", "CI")


class Cost(NamedTuple):
    """What one process took. Its peak memory is that of the largest of its processes."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def set_apart(state: Path) -> None:
    """Keep this machine's own state, key and settings out of all processes to come."""
    os.environ["PIXELPIPE_STATE"] = str(state)
    for name in _OURS:
        os.environ.pop(name, None)


def run(command: Sequence[str], cwd: Path = REPOSITORY) -> Cost:
    """Run one process to its end and return what it took."""
    began = os.times().elapsed
    child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    assert child.returncode == 0, (command[0], complaint.decode()[-500:])
    cpu_ms = 1000 * (usage.ru_utime + usage.ru_stime)
    return Cost(1000 * (os.times().elapsed - began), cpu_ms, usage.ru_maxrss / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(statistics.median(values) for values in zip(*costs, strict=True)))
