"""Run a pixelpipe command with short waits between tries, and say how much memory it had at most.

    python measured.py COMMAND …

The last line on standard error is the peak in MiB (Linux). The parent cannot know it: the system
counts what a process had before it became another program.
"""

from __future__ import annotations

import sys

from pipeline.cli import main
from pipeline.purchase import polling


def peak_mib() -> float:
    """Return the most memory that this process ever had, in MiB."""
    with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123  (as early as possible)
        line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    polling._BACKOFF_S = 0.005
    try:
        main()
    finally:
        print(peak_mib(), file=sys.stderr)
