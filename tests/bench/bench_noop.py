"""What it costs to find out that nothing has to be done.

    python -m tests.bench.bench_noop                     # 1,000 and 10,000 sprites
    python -m tests.bench.bench_noop --sizes 100000 --rounds 3
    python -m tests.bench.bench_noop --files             # no first build, and no command after it
    python -m tests.bench.bench_noop --json

Each subject is a whole process on the same tree: sprites, each with a sheet and a data file. They
take turns, and the median of the rounds counts. Compare columns of one run, never of two: the
machine's own speed moves. `bare` is the least that Python can do: scan, stat, and compare with one
select from SQLite. `files` is what pixelpipe does about files: scan, index, and a digest for each
source and output; `by index` is the whole command as it runs when it must look at everything, and
`pixelpipe` as it runs when nothing has changed. speed.md 8: at most 2.5 times `bare`, less `start`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline import keys, project
from pipeline.project import Facts, Index

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = "assets: [assets]\nservice: built-in\npacks: [props@1]\ntargets: [aseprite]\n"
OLD_NS = 1_600_000_000_000_000_000

BARE = """
import os, sqlite3, sys
root = sys.argv[1]
known = {row[0]: row[1:] for row in sqlite3.connect(root + "/bare.sqlite").execute(
    "SELECT path, size, mtime, inode FROM files")}
changed, stack = [], [root + "/assets"]
while stack:
    with os.scandir(stack.pop()) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                stack.append(entry.path)
            else:
                stat = entry.stat(follow_symlinks=False)
                if known.get(entry.path) != (stat.st_size, stat.st_mtime_ns, stat.st_ino):
                    changed.append(entry.path)
assert not changed, changed[:3]
"""
FILES = """
import sys
from pathlib import Path
from pipeline import project
root = Path(sys.argv[1])
index = project.Index.open(root)
scan = project.scan(root, ["assets"], [])
for path, stat in scan.files.items():
    if project.is_source(path):
        assert index.facts(index.digest(path, stat)) is not None
outputs = [path for path in scan.files if project.is_output(path)]
assert all(project.digests(root, outputs, index, files=scan.files).values())
index.keep(scan.files)
index.save()
"""

DODO = """
from pathlib import Path
import shutil

def copy(source, target):
    shutil.copyfile(source, target)

def task_copy():
    root = Path(__file__).parent
    for path in sorted((root / "assets").rglob("*[0-9].png")):
        name = path.relative_to(root).as_posix()
        target = root / "copies" / name
        yield {
            "name": name, "file_dep": [str(path)], "targets": [str(target)],
            "actions": [(copy, [str(path), str(target)])],
        }
"""


class Cost(NamedTuple):
    """What one process took."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", action="store_true", help="leave the whole command out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    results = {size: measure(size, options.rounds, not options.files) for size in options.sizes}
    if options.json:
        shown = {
            size: {k: v._asdict() for k, v in found.items()} for size, found in results.items()
        }
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
        return
    for size, found in results.items():
        sys.stdout.write("\n".join(table(size, found)) + "\n\n")


def table(size: int, found: dict[str, Cost]) -> Iterator[str]:
    """Lay out the results of one size."""
    start, bare = found["start"].cpu_ms, found["bare"].cpu_ms
    yield f"{size:,} sprites with two outputs each"
    yield f"{'':12} {'wall ms':>9} {'CPU ms':>9} {'peak MB':>8} {'CPU / bare':>11}"
    for name, cost in found.items():
        ratio = (cost.cpu_ms - start) / (bare - start) if name != "start" else 0
        yield f"{name:12} {cost.wall_ms:9.0f} {cost.cpu_ms:9.0f} {cost.peak_mb:8.0f} {ratio:11.2f}"


def measure(size: int, rounds: int, with_command: bool) -> dict[str, Cost]:
    """Make a tree of `size` sprites and let the subjects take turns on it."""
    with tempfile.TemporaryDirectory(prefix="bench-noop-") as folder:
        root = Path(folder)
        # In another process: a child's peak memory begins with that of the one that starts it.
        setting_up = multiprocessing.Process(target=set_up, args=(root, size, with_command))
        setting_up.start()
        setting_up.join()
        subjects = dict(commands(root, with_command))
        costs: dict[str, list[Cost]] = {name: [] for name in subjects}
        for turn in range(rounds + 1):  # the first one warms up
            for name, command in subjects.items():
                cost = run(command)
                if turn:
                    costs[name].append(cost)
    return {
        name: Cost(*(statistics.median(values) for values in zip(*found, strict=True)))
        for name, found in costs.items()
    }


def commands(root: Path, with_command: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the subjects that this machine has."""
    python = sys.executable
    yield "start", [python, "-I", "-c", "pass"]
    yield "bare", [python, "-I", "-c", BARE, str(root)]
    yield "files", [python, "-c", FILES, str(root)]
    if with_command:
        yield "by index", [python, "-m", "pipeline", "build", "--json", str(root)]
        yield "pixelpipe", [python, "-m", "pipeline", "build", str(root)]
    if shutil.which("git"):
        yield "git status", ["git", "-C", str(root), "status", "--porcelain"]
    if shutil.which("ninja"):
        yield "ninja", ["ninja", "-C", str(root)]
    if importlib.util.find_spec("doit"):
        yield "doit", [python, "-m", "doit", "-f", str(root / "dodo.py")]
    if shutil.which("make"):
        yield "make", ["make", "-r", "-s", "-C", str(root)]


def run(command: Sequence[str]) -> Cost:
    """Run one process to its end and return what it took."""
    began = os.times().elapsed
    child = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert child.stderr is not None
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    assert child.returncode == 0, (command[0], complaint.decode()[-500:])
    cpu_ms = 1000 * (usage.ru_utime + usage.ru_stime)
    return Cost(1000 * (os.times().elapsed - began), cpu_ms, usage.ru_maxrss / 1024)


def set_up(root: Path, size: int, with_command: bool) -> None:
    """Make the tree and bring it up to date."""
    make_tree(root, size)
    if with_command:
        build = [sys.executable, "-m", "pipeline", "build", str(root)]
        subprocess.run(build, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    prepare(root)
    if with_command:
        for _ in range(2):  # what is young is compared by content: two runs find it aged
            time.sleep(2.5)
            subprocess.run(build, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)


def make_tree(root: Path, size: int) -> None:
    """Write `size` sprites of 16x16, a hundred to a folder."""
    (root / "pixelpipe.yaml").write_text(CONFIG, encoding="utf-8")
    for number in range(size):
        place = root / f"assets/props/{number // 100:04}/crate{number:06}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(sprite(number))


def sprite(number: int) -> bytes:
    """Return a PNG of a crate whose colours tell its number."""
    edge, face = (90, 60, 30, 255), (number >> 16 & 255, number >> 8 & 255, number & 255, 255)
    clear = (0, 0, 0, 0)
    rows = bytearray()
    for y in range(16):
        rows.append(0)
        for x in range(16):
            inner = min(x, y, 15 - x, 15 - y)
            rows += bytes(clear if inner < 2 else edge if inner < 4 else face)
    chunks = [
        (b"IHDR", bytes((0, 0, 0, 16, 0, 0, 0, 16, 8, 6, 0, 0, 0))),
        (b"IDAT", zlib.compress(bytes(rows))),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in chunks
    )


def prepare(root: Path) -> None:
    """Give every sprite its outputs and every subject the state of a finished run."""
    sources = sorted((root / "assets").rglob("*[0-9].png"))
    for place in sources:
        for suffix in (".anim.png", ".anim.json"):
            output = place.with_suffix(suffix)
            if not output.exists():
                output.write_bytes(place.read_bytes())
    write_build_files(root, [path.relative_to(root).as_posix() for path in sources])
    quietly("ninja", "-C", str(root))
    if importlib.util.find_spec("doit"):
        quietly(sys.executable, "-m", "doit", "-f", str(root / "dodo.py"))
    for place in root.rglob("*"):
        if place.suffix in (".png", ".json"):
            os.utime(place, ns=(OLD_NS, OLD_NS))
    quietly("ninja", "-C", str(root), "-t", "restat")
    quietly("git", "-C", str(root), "init", "-q")
    quietly("git", "-C", str(root), "add", "-A")
    remember(root)
    write_bare(root)


def remember(root: Path) -> None:
    """Fill the index; what a real build has put there stays."""
    index = Index.open(root)
    for path, stat in project.scan(root, ["assets"], []).files.items():
        digest = keys.digest((root / path).read_bytes())
        index.remember(path, stat, digest)
        if project.is_source(path) and index.facts(digest) is None:
            index.learn(digest, Facts(pixel_digest=digest, width=16, height=16, colors=2))
    index.save()


def write_bare(root: Path) -> None:
    """Write the index of the bare script."""
    database = sqlite3.connect(root / "bare.sqlite")
    database.execute("CREATE TABLE files(path TEXT, size INT, mtime INT, inode INT)")
    rows = (
        (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino)
        for path in (root / "assets").rglob("*")
        if path.is_file() and (stat := path.stat())
    )
    with database:
        database.executemany("INSERT INTO files VALUES(?, ?, ?, ?)", rows)
    database.close()


def write_build_files(root: Path, sources: Sequence[str]) -> None:
    """Write a Makefile, a build.ninja and a .gitignore."""
    rules, edges, sheets = [], ["rule cp", " command = cp $in $out"], []
    for path in sources:
        sheet = f"copies/{path}"
        (root / sheet).parent.mkdir(parents=True, exist_ok=True)
        sheets.append(sheet)
        rules.append(f"{sheet}: {path}\n\tcp $< $@")
        edges.append(f"build {sheet}: cp {path}")
    (root / "Makefile").write_text(f"all: {' '.join(sheets)}\n" + "\n".join(rules) + "\n")
    (root / "build.ninja").write_text("\n".join(edges) + "\n")
    (root / "dodo.py").write_text(DODO)
    (root / ".gitignore").write_text(".pixelpipe/\ncopies/\nbare.sqlite\n.ninja_*\n.doit*\n")


def quietly(*command: str) -> None:
    """Run a peer, if this machine has it."""
    if shutil.which(command[0]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
