"""What it costs to build a project for the first time with the built-in engine.

    python -m tests.bench.bench_first_build                    # 500 and 1,000 sprites
    python -m tests.bench.bench_first_build --sizes 1000 10000
    python -m tests.bench.bench_first_build --json

The real command on a project and a state folder of its own. CPU and peak memory are told apart by
process: the command, the engine, its renderers, and the workers that finish. Then the runs that
follow: all by index, by seal, with one sprite drawn over, and by seal again. Cost is to grow
linearly: compare `CPU ms / sprite`. Linux only (`/proc`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from bench_noop import REPOSITORY, run

CONFIG = "service: built-in\npacks: []\nrules: [rules.yaml]\ntargets: [aseprite]\n"
RULES = """\
rules:
  - name: all
    match: "**/*.png"
    clips:
      idle: {prompt: "breathing calmly, a subtle idle loop", frames: 8}
"""
#: Words in a command line that tell what a process is for, first match wins.
ROLES = (
    ("pipeline.finishing", "workers"),
    ("pipeline.engine", "engine"),
    ("forkserver", "renderers"),
    ("multiprocessing", "renderers"),
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
    parser.add_argument("--side", type=int, default=32, help="px of a sprite's side")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = {size: measure(size, options.side) for size in options.sizes}
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    for size, figures in found.items():
        sys.stdout.write("\n".join(table(size, figures)) + "\n\n")


def table(size: int, found: dict[str, float]) -> Iterator[str]:
    """Lay out the results of one size."""
    yield f"{size:,} sprites"
    for name, value in found.items():
        yield f"  {name:34} {value:10,.1f}"


def measure(size: int, side: int) -> dict[str, float]:
    """Build a project of `size` sprites, then run again."""
    with tempfile.TemporaryDirectory(prefix="bench-first-") as folder:
        root = Path(folder) / "game"
        environment = {**os.environ, "PIXELPIPE_STATE": str(Path(folder) / "state")}
        environment["PYTHONPATH"] = str(REPOSITORY)
        draw(root, size, side)
        command = [sys.executable, "-m", "pipeline", "build", str(root)]
        wall_s, used = watched(command, environment)
        found = {
            "wall s": wall_s,
            "sprites / s": size / wall_s,
            "CPU ms / sprite": 1000 * sum(use.cpu_s for use in used.values()) / size,
            **{f"CPU ms / sprite, {name}": 1000 * use.cpu_s / size for name, use in used.items()},
            **{f"peak MB, {name}": use.peak_mb for name, use in used.items()},
        }
        return found | later(root, command, environment)


def later(root: Path, command: Sequence[str], environment: dict[str, str]) -> dict[str, float]:
    """Measure the runs after the first build: wall ms of each."""
    os.environ.update(environment)
    found = {"then, all by index: wall ms": run(command).wall_ms}
    time.sleep(2.5)  # what was just written is compared by content for two seconds
    run(command)
    found["then, by seal: wall ms"] = min(run(command).wall_ms for _ in range(3))
    changed = next((root / "assets").rglob("*[0-9].png"))
    figure(random.Random("another"), Image.open(changed).width).save(changed)
    found["then, one drawn over: wall ms"] = run(command).wall_ms
    found["then, by seal and content: wall ms"] = run(command).wall_ms
    return found


def watched(command: Sequence[str], environment: dict[str, str]) -> tuple[float, dict[str, Use]]:
    """Run a command and look at its processes ten times a second."""
    begun = time.monotonic()
    child = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cpu_s: dict[int, tuple[str, float]] = {}
    peak_mb: dict[str, float] = {}
    while child.poll() is None:
        now_mb: dict[str, float] = {}
        for process in tree(child.pid):
            if (use := usage(process)) is not None:
                role, seconds, megabytes = use
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


def draw(root: Path, size: int, side: int) -> None:
    """Draw `size` different figures, a hundred to a folder."""
    chance = random.Random(size)
    for number in range(size):
        place = root / f"assets/{number // 100:04}/figure{number:06}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        figure(chance, side).save(place)
    (root / "pixelpipe.yaml").write_text(CONFIG, encoding="utf-8")
    (root / "rules.yaml").write_text(RULES, encoding="utf-8")


def figure(chance: random.Random, side: int) -> Image.Image:
    """Draw a head on a body in three colours and an outline."""
    image = Image.new("RGBA", (side, side))
    ink = (30, 20, 40, 255)
    skin, cloth, boots = ((*chance.choices(range(60, 250), k=3), 255) for _ in range(3))
    middle, unit = side // 2, side // 8
    boxes = (
        ((middle - unit, unit, middle + unit, 3 * unit), skin),
        ((middle - 2 * unit, 3 * unit, middle + 2 * unit, 6 * unit), cloth),
        ((middle - 2 * unit, 6 * unit, middle - unit // 2, 7 * unit), boots),
        ((middle + unit // 2, 6 * unit, middle + 2 * unit, 7 * unit), boots),
    )
    for (left, top, right, bottom), colour in boxes:
        image.paste(ink, (left - 1, top - 1, right + 1, bottom + 1))
        image.paste(colour, (left, top, right, bottom))
    image.putpixel((middle, 2 * unit), ink)
    return image


if __name__ == "__main__":
    main()
