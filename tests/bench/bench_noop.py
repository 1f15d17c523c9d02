"""What it costs to find out that nothing has to be done, or one thing, beside other programs.

    python -m tests.bench.bench_noop                     # 1,000 and 10,000 sprites
    python -m tests.bench.bench_noop --sizes 100000 --rounds 3 --keep FOLDER
    python -m tests.bench.bench_noop --install-peers     # doit, DVC, AssetPack: into a folder
    python -m tests.bench.bench_noop --files             # no first build, and no command after it
    python -m tests.bench.bench_noop --json

Each subject is a whole process on the same tree: sprites, each with a sheet and a data file. They
take turns, and the median of the rounds counts. Compare lines of one run, never of two: the
machine's own speed moves. `start` is an empty interpreter; `bare` is the least that Python can do:
scan, stat, and compare with one select from SQLite. `files` is what pixelpipe does about files when
it must look at each; `by index` is the whole command then, and `pixelpipe` as it runs when nothing
has changed. Peers copy each sprite once (see `peers`). Then one sprite is drawn over before each
round. "The work itself" is what that costs in a project of one sprite; `/ ours` is the CPU of each
over that of pixelpipe.

Goals: CPU at most 2.5 times `bare`, both less `start`; under 60 MB at 10,000
sprites and 150 MB at 100,000; one changed at most 100 ms above the no-op and the work itself.
A first build of 100,000 takes an hour: `--keep` leaves the projects for the next time, and takes
those that `bench_first_build --keep` left.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import peers
import trees
from costs import Cost, median, run, set_apart

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
import os
import sys
from pathlib import Path
from pipeline.storage import files as project
from pipeline.storage.state import State
root = Path(sys.argv[1])
state = State.open(root, Path(os.environ["PIXELPIPE_STATE"]))
scan = project.scan(root, ["assets"], [])
digests = project.digests(root, scan.files, state, files=scan.files)
for path in filter(project.is_source, scan.files):
    state.facts(path, digests[path])
assert all(digests.values())
state.save()
"""
#: The subject in a project of one sprite: what a change costs that no other file adds to.
ALONE = "alone"

#: Peers that do everything anew for one change are left out above this size: it takes minutes.
COARSE_MOST = 10_000

_Subjects = Mapping[str, Sequence[str]]


class Found(NamedTuple):
    """The costs of each subject, with nothing to do and with one sprite changed."""

    noop: dict[str, Cost]
    changed: dict[str, Cost]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", action="store_true", help="leave the whole command out")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the projects here")
    parser.add_argument("--install-peers", action="store_true", help=f"into {peers.folder()}")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if min(options.sizes) < 1 or options.rounds < 1:
        parser.error("there is nothing to measure without sprites and rounds")
    if options.install_peers:
        peers.install()
    results = {}
    with tempfile.TemporaryDirectory(prefix="bench-noop-") as temporary:
        folder = (options.keep or Path(temporary)).absolute()
        set_apart(folder / "state")
        for size in options.sizes:
            results[size] = measure(folder, size, options.rounds, is_built=not options.files)
            if not options.json:
                sys.stdout.write("\n".join(table(size, results[size])) + "\n\n")
    if options.json:
        sys.stdout.write(json.dumps(shown(results), indent=1) + "\n")


def shown(results: Mapping[int, Found]) -> dict[str, object]:
    """Return the results as JSON has them."""
    found = {
        size: {
            kind: {name: cost._asdict() for name, cost in costs.items()}
            for kind, costs in one._asdict().items()
        }
        for size, one in results.items()
    }
    return {"sizes": found, "missing": peers.missing()}


def measure(folder: Path, size: int, rounds: int, *, is_built: bool) -> Found:
    """Let the subjects take turns on a tree of `size` sprites."""
    root, alone = folder / f"of{size}", folder / "alone"
    # In other processes: a child's peak memory begins with that of the one that starts it.
    _apart(trees.set_up, root, size, is_built=is_built, with_peers=True)
    _apart(trees.write_bare, root)
    if is_built:
        _apart(trees.set_up, alone, 1, is_built=True, with_peers=False)
    subjects = dict(commands(root, is_built=is_built))
    if is_built:
        subjects[ALONE] = trees.build_command(alone)
    noop = turns(subjects, rounds, lambda: None)
    if not is_built:
        return Found(noop, {})
    others = [peer for peer in peers.here(root) if not peer.is_coarse or size <= COARSE_MOST]
    kept = ("pixelpipe", ALONE, *(peer.name for peer in others))
    changing = {name: command for name, command in subjects.items() if name in kept}

    def change() -> None:
        _apart(trees.draw_over, root, size // 2)
        _apart(trees.draw_over, alone, 0)

    changed = turns(changing, rounds, change)
    for command in changing.values():  # what is kept is up to date again
        run(command)
    return Found(noop, changed)


def turns(subjects: _Subjects, rounds: int, before: Callable[[], None]) -> dict[str, Cost]:
    """Run each subject once a round, after `before`; returns the median of each."""
    costs: dict[str, list[Cost]] = {name: [] for name in subjects}
    for turn in range(rounds + 1):  # the first one warms up
        before()
        for name, command in subjects.items():
            cost = run(command)
            if turn:
                costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def commands(root: Path, *, is_built: bool) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the subjects that this machine has."""
    python = sys.executable
    yield "start", [python, "-I", "-c", "pass"]
    yield "bare", [python, "-I", "-c", BARE, str(root)]
    yield "files", [python, "-c", FILES, str(root)]
    if is_built:
        yield "by index", [*trees.build_command(root), "--json"]
        yield "pixelpipe", trees.build_command(root)
    for peer in peers.here(root):
        yield peer.name, peer.command


def table(size: int, found: Found) -> Iterator[str]:
    """Lay out the results of one size."""
    start, bare = found.noop["start"].cpu_ms, found.noop["bare"].cpu_ms
    yield f"{size:,} sprites with two outputs each"
    yield f"{'':12}{'nothing to do':>34}{'one changed':>38}"
    titles = f"{'wall ms':>9} {'CPU ms':>9} {'peak MB':>8}"
    yield f"{'':12} {titles} {'CPU / bare':>11} {'/ ours':>7} {titles} {'/ ours':>7}"
    for name, cost in found.noop.items():
        if name == ALONE:
            continue
        ratio = (cost.cpu_ms - start) / (bare - start) if name != "start" else 0
        line = f"{name:12} {_figures(cost)} {ratio:11.2f} {_over_ours(found.noop, name)}"
        if name in found.changed:
            line += f" {_figures(found.changed[name])} {_over_ours(found.changed, name)}"
        yield line
    if found.changed:
        yield _above(found)
    if missing := peers.missing():
        yield f"not here: {', '.join(missing)} (see --install-peers)"


def _over_ours(costs: Mapping[str, Cost], name: str) -> str:
    """Return the CPU of a subject over that of pixelpipe, or nothing where that did not run."""
    ours = costs.get("pixelpipe")
    return f"{costs[name].cpu_ms / ours.cpu_ms:7.2f}" if ours else " " * 7


def _figures(cost: Cost) -> str:
    return f"{cost.wall_ms:9.0f} {cost.cpu_ms:9.0f} {cost.peak_mb:8.0f}"


def _above(found: Found) -> str:
    """Say what a change costs above the no-op and the work itself."""
    parts = []
    for kind in ("wall_ms", "cpu_ms"):
        noop, changed = (
            {name: getattr(costs[name], kind) for name in ("pixelpipe", ALONE)}
            for costs in (found.noop, found.changed)
        )
        work = changed[ALONE] - noop[ALONE]
        parts.append((changed["pixelpipe"] - noop["pixelpipe"] - work, work))
    (wall_ms, work_ms), (cpu_ms, work_cpu_ms) = parts
    return (
        f"one changed: {wall_ms:.0f} ms (CPU {cpu_ms:.0f}) above the no-op and the work itself, "
        f"which takes {work_ms:.0f} ms (CPU {work_cpu_ms:.0f})"
    )


def _apart(make: Callable[..., None], *arguments: object, **named: object) -> None:
    """Call in another process."""
    child = multiprocessing.Process(target=make, args=arguments, kwargs=named)
    child.start()
    child.join()
    assert child.exitcode == 0


if __name__ == "__main__":
    main()
