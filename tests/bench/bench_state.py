"""What it costs to know a project: rules, index, lock file, scan, digests.

    python -m tests.bench.bench_state
    python -m tests.bench.bench_state --files 30000 --json

In this process, each beside the least that Python can do where there is such a thing; the best of
the rounds counts. Goals: rules 100,000 files/s at 50 rules; state 2 microseconds an entry.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.config import matching, rule_file, yaml_document
from pipeline.core import keys
from pipeline.core.model import Source
from pipeline.storage import files, lock
from pipeline.storage.files import Stat
from pipeline.storage.lock import ClipLine, FileLine, Lock
from pipeline.storage.remembered import Facts
from pipeline.storage.state import State

KINDS = ("characters", "enemies", "props", "effects", "tiles", "ui", "items", "vehicles", "birds")
ROUNDS = 5


class Line(NamedTuple):
    """What one thing costs: entries per second, microseconds an entry, and that of the least."""

    per_second: float
    us: float
    least_us: float | None


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-state-") as folder:
        found = dict(measure(Path(folder), options.files))
    if options.json:
        shown = {name: line._asdict() for name, line in found.items()}
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
        return
    sys.stdout.write(f"{'':28}{'per second':>12} {'us each':>9} {'least us':>9} {'ratio':>7}\n")
    for name, line in found.items():
        least = f"{line.least_us:9.2f} {line.us / line.least_us:7.2f}" if line.least_us else ""
        sys.stdout.write(f"{name:28}{line.per_second:12,.0f} {line.us:9.2f} {least}\n")


def measure(root: Path, count: int) -> Iterator[tuple[str, Line]]:
    """Yield the lines of the table."""
    paths = [f"assets/{KINDS[n % 9]}/{n // 900}/thing{n:06}.png" for n in range(count)]
    yield "50 rules, a path", matched(paths)
    yield "index, a row", memory(root, paths)
    yield "lock file read, a line", locked(paths, lambda text: lock.parse(text))
    yield "lock file written, a line", written(paths)
    yield "scan, a file", scanning(root, paths)
    yield "scan with listing, a file", scanning(root, paths, is_listed=True)
    yield "request key", line(count, lambda: [keys.digest(path.encode()) for path in paths], None)


def line(count: int, work: Callable[[], object], least: Callable[[], object] | None) -> Line:
    """Time `work` on `count` entries beside the least."""
    us = 1e6 * best(work) / count
    return Line(1e6 / us, us, None if least is None else 1e6 * best(least) / count)


def best(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the quickest round."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def matched(paths: Sequence[str]) -> Line:
    """Match each path against 50 rules; the least is one alternation of all patterns."""
    patterns = [f"{KINDS[n % 9]}/**/{n}*.png" for n in range(41)]
    patterns += [f"{kind}/**/*.png" for kind in KINDS]
    stated = "".join(
        f"  - name: r{number}\n    match: {json.dumps(pattern)}\n    clips: {{idle: breathing}}\n"
        for number, pattern in enumerate(patterns)
    )
    loaded = rule_file.load([(yaml_document.parse(f"rules:\n{stated}", "rules.yaml"), "")])
    matcher = matching.Matcher(loaded, ["assets"])
    sources = [
        Source(path=path, byte_digest="", pixel_digest="", width=16, height=16, colors=4,
               opaque_share=1.0)
        for path in paths
    ]  # fmt: skip
    assert all(matcher.match(source) for source in sources[:100])
    wild = [
        pattern.replace("**/", "(?:.+/)?").replace("*.png", "[^/]*[.]png") for pattern in patterns
    ]
    joined = re.compile("assets/(?:" + "|".join(f"({one})" for one in wild) + ")")
    return line(
        len(paths),
        lambda: [matcher.match(source) for source in sources],
        lambda: [joined.fullmatch(path) for path in paths],
    )


def memory(root: Path, paths: Sequence[str]) -> Line:
    """Load what is remembered of files and pictures."""
    made = State.open(root, root / "home")
    for number, path in enumerate(paths):
        digest = keys.digest(path.encode())
        made.remember(path, Stat(number, 1, number, 1), digest)
        made.learn(path, digest, Facts(pixel_digest=digest, width=16, height=16, colors=4))
    made.save()

    def load() -> None:
        known = State.open(root, root / "home")
        for path in paths:
            known.facts(path, keys.digest(b""))

    return line(2 * len(paths), load, None)


def lines_of(paths: Sequence[str]) -> str:
    """Return a lock file of one clip and two files for each path."""
    clips, files = [], []
    for path in paths:
        digest = keys.digest(path.encode())
        clips.append(
            ClipLine(source=path, clip="idle", key=digest, digest=digest, service="built-in")
        )
        for end in (".anim.png", ".anim.json"):
            files.append(FileLine(path=path[:-4] + end, digest=digest, build=digest))
    return lock.text(Lock(clips=tuple(clips), files=tuple(files)))


def locked(paths: Sequence[str], read: Callable[[str], object]) -> Line:
    """Read a lock file; the least is to parse its lines as JSON."""
    text = lines_of(paths)
    return line(
        3 * len(paths),
        lambda: read(text),
        lambda: [json.loads(one) for one in text.splitlines()],
    )


def written(paths: Sequence[str]) -> Line:
    """Write a lock file."""
    found = lock.parse(lines_of(paths))
    return line(3 * len(paths), lambda: lock.text(found), None)


def scanning(root: Path, paths: Sequence[str], *, is_listed: bool = False) -> Line:
    """Scan a tree; the least is a recursive scandir with a stat of each file."""
    for path in paths:
        place = root / path
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    return line(
        len(paths),
        lambda: files.scan(root, ["assets"], [], is_listed=is_listed),
        lambda: bare(root),
    )


def bare(root: Path) -> int:
    """Stat every file."""
    count, stack = 0, [f"{root}/assets"]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    count += entry.stat(follow_symlinks=False).st_size
    return count


if __name__ == "__main__":
    main()
