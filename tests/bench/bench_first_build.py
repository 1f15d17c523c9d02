"""What it costs to build a project for the first time with the built-in engine.

    python -m tests.bench.bench_first_build                    # 500 and 1,000 sprites
    python -m tests.bench.bench_first_build --sizes 10000 100000    # an hour or two
    python -m tests.bench.bench_first_build --side 64 --frames 16
    python -m tests.bench.bench_first_build --against ../the-release-before --rounds 5
    python -m tests.bench.bench_first_build --json

The real command on a project and a state folder of its own. CPU and peak memory are told apart by
process: the command, the engine, its renderers, and the workers that finish. `stage` is the
command's own account of where the time went. Then the runs that follow: all by index, by seal,
with one sprite drawn over, and by seal again. Cost is to grow linearly, from 10,000 to 100,000
sprites within 15 %: compare `CPU ms / sprite`. Where other work shares the cores the wall time says
nothing, and the CPU time still does: `--against` builds the same with another checkout first, and
takes turns with it in each of the `--rounds`, of which the medians are told.
Linux only (`/proc`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import trees
from costs import REPOSITORY, run, set_apart

#: Words in a command line that tell what a process is for, first match wins.
ROLES = (
    ("pipeline.run.finish_pool", "workers"),
    ("engine.server.hands", "renderers"),
    ("multiprocessing", "renderers"),
    ("pipeline.engine", "engine"),
    ("pipeline build", "command"),
)
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Use(NamedTuple):
    """What the processes of one role took."""

    cpu_s: float
    peak_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1_000])
    parser.add_argument("--side", type=int, default=16, help="px of a sprite's side")
    parser.add_argument("--frames", type=int, default=8, help="frames of each clip")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="build with that one too")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the projects here")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if min(*options.sizes, options.rounds) < 1:
        parser.error("there is nothing to measure in a project of no sprites, or in no round")
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-first-") as temporary:
        folder = (options.keep or Path(temporary)).absolute()
        for size in options.sizes:
            rounds: dict[str, list[dict[str, float]]] = {}
            for number in range(options.rounds):
                for when, checkout in (("before", options.against), ("", REPOSITORY)):
                    if checkout is None:
                        continue
                    set_apart(folder / f"{when}state{number}")  # nothing was made there yet
                    place = folder / f"{when}of{size}{f'-{number}' if number else ''}"
                    trees.draw(place, size, options.side, options.frames)
                    taken = measure(place, size, checkout.absolute())
                    rounds.setdefault(f"{when} {size}".strip(), []).append(taken)
            found |= {name: medians(some) for name, some in rounds.items()}
            if not options.json:
                lines = (line for name in rounds for line in (*table(name, found[name]), ""))
                sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds."""
    return {
        name: statistics.median([one[name] for one in rounds if name in one]) for name in rounds[0]
    }


def table(name: str, found: dict[str, float]) -> Iterator[str]:
    """Lay out the results of one build."""
    yield f"{name} sprites"
    for name, value in found.items():
        yield f"  {name:34} {value:10,.1f}"


def measure(root: Path, size: int, checkout: Path) -> dict[str, float]:
    """Build a project of `size` sprites for the first time with a checkout, then run again."""
    log = root.with_suffix(".log")
    command = trees.build_command(root)
    with log.open("wb") as stream:
        wall_s, used = watched([*command, "--timings"], stream, checkout)
    made = sum(1 for _ in (root / "assets").rglob("*.anim.png"))
    assert made == size > 0, f"{made} of {size} sprites were built: see {log}"
    found = {
        "wall s": wall_s,
        "sprites / s": size / wall_s,
        "CPU ms / sprite": 1000 * sum(use.cpu_s for use in used.values()) / size,
        **{f"CPU ms / sprite, {name}": 1000 * use.cpu_s / size for name, use in used.items()},
        **{f"peak MB, {name}": use.peak_mb for name, use in used.items()},
        **stages(log.read_text("utf-8")),
    }
    return found | (later(root, size, command) if checkout == REPOSITORY else {})


def stages(log: str) -> dict[str, float]:
    """Return the seconds of each stage, as `--timings` says them."""
    found = re.findall(r"^ *([0-9.]+) s  (.+)$", log, re.MULTILINE)
    return {f"stage s, {name}": float(seconds) for seconds, name in found}


def later(root: Path, size: int, command: Sequence[str]) -> dict[str, float]:
    """Measure the runs after the first build: wall ms of each."""
    found = {"then, all by index: wall ms": run(command).wall_ms}
    time.sleep(2.5)  # what was just written is compared by content for two seconds
    run(command)
    found["then, by seal: wall ms"] = min(run(command).wall_ms for _ in range(3))
    trees.draw_over(root, size // 2)
    found["then, one drawn over: wall ms"] = run(command).wall_ms
    found["then, by seal and content: wall ms"] = run(command).wall_ms
    return found


def watched(command: Sequence[str], log: BinaryIO, checkout: Path) -> tuple[float, dict[str, Use]]:
    """Run a checkout's command and look at its processes ten times a second."""
    begun = time.monotonic()
    child = subprocess.Popen(command, cwd=checkout, stdout=subprocess.DEVNULL, stderr=log)
    cpu_s: dict[int, tuple[str, float]] = {}
    peak_mb: dict[str, float] = {}
    while child.poll() is None:
        now_mb: dict[str, float] = {}
        for process in tree(child.pid):
            if (use := usage(process)) is not None:
                role, seconds, megabytes = use
                # One that has ended, and is not yet waited for, has no command line any more.
                role = cpu_s.get(process, (role,))[0] if role == "other" else role
                cpu_s[process] = role, seconds
                now_mb[role] = now_mb.get(role, 0) + megabytes
        for role, megabytes in now_mb.items():
            peak_mb[role] = max(peak_mb.get(role, 0), megabytes)
        time.sleep(0.1)
    assert child.returncode == 0
    total: dict[str, float] = {}
    for role, seconds in cpu_s.values():
        total[role] = total.get(role, 0) + seconds
    return time.monotonic() - begun, {
        role: Use(seconds, peak_mb.get(role, 0)) for role, seconds in sorted(total.items())
    }


def tree(process: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            numbers = children.read_text().split()
        except OSError:
            continue
        for number in numbers:
            yield from tree(int(number))


def usage(process: int) -> tuple[str, float, float] | None:
    """Return role, CPU seconds and resident MB of a process; None when it is gone."""
    try:
        line = Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    role = next((name for word, name in ROLES if word in line), "other")
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS
    return role, cpu_s, int(fields[21]) * _PAGE / 1e6


if __name__ == "__main__":
    main()
