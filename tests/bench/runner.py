"""Run benchmarks one by one, keep their figures, and compare them with those of an earlier run."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import figures

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
#: The key, beside the names of benchmarks, of the yardstick that each of them had.
YARDSTICKS = "yardstick_ms"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; returns 1 when one of them failed, or got worse."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    options = _asked(arguments, tuple(known))
    if options.list:
        sys.stdout.writelines(f"{name:14} {_purpose(path)}\n" for name, path in known.items())
        return 0
    names = options.names or tuple(known)
    if not options.json and not options.against:
        return max(_printed(name, known[name]) for name in names)
    code, found = _measured({name: known[name] for name in names})
    if options.json == "-":
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    elif options.json:
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.against:
        before = json.loads(Path(options.against).read_text("utf-8"))
        code |= _compared(before, found, options.more)
    return code


def _asked(arguments: Sequence[str] | None, known: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run benchmarks and print their tables.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="one JSON object, kept in FILE"
    )
    parser.add_argument("--against", metavar="FILE", help="what an earlier run kept")
    parser.add_argument(
        "--more", type=float, default=figures.MORE_PERCENT, metavar="PERCENT",
        help="by how much a ratio must be worse to be told",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="say what there is")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if options.json in known:
        parser.error(f"{options.json} is a benchmark, not a file: name it before --json")
    return options


def _printed(name: str, path: Path) -> int:
    """Run one in a process of its own, and print what it prints; what it keeps is its own."""
    sys.stdout.write(f"== {name}: {_purpose(path)}\n\n")
    sys.stdout.flush()
    child = subprocess.Popen(_command(path), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = []
    with child.stdout:
        for line in child.stdout:
            said.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
    sys.stdout.write("\n")
    return _judged(name, child.wait(), figures.refused_text("".join(said)))


def _measured(chosen: Mapping[str, Path]) -> tuple[int, dict[str, object]]:
    """Run some one by one; returns whether one failed, and their figures with the yardsticks."""
    found: dict[str, object] = {}
    yards: dict[str, float] = {}
    codes = []
    for name, path in chosen.items():
        before = figures.yardstick_ms()
        code, found[name], why = _run(path)
        yards[name] = min(before, figures.yardstick_ms())
        codes.append(_judged(name, code, why))
    return max(codes), {**found, YARDSTICKS: yards}


def _run(path: Path) -> tuple[int, object, str]:
    """Return a benchmark's exit code, its figures, and why these are none."""
    speaks_json = '"--json"' in path.read_text("utf-8")
    command = [*_command(path), *(["--json"] if speaks_json else [])]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, stdout=subprocess.PIPE, text=True)
    if speaks_json and done.returncode == 0:
        found = json.loads(done.stdout)
        return 0, found, figures.refused(found)
    return done.returncode, {"text": done.stdout.splitlines()}, figures.refused_text(done.stdout)


def _command(path: Path) -> list[str]:
    package = path.parent.relative_to(REPOSITORY).as_posix().replace("/", ".")
    return [sys.executable, "-m", f"{package}.{path.stem}"]


def _judged(name: str, code: int, why: str) -> int:
    """Say why a benchmark has failed, if it has."""
    if why and not code:
        sys.stderr.write(f"{name}: {why}\n")
    return int(bool(code or why))


def _compared(before: Mapping[str, object], now: Mapping[str, object], more: float) -> int:
    """Print what got worse; returns 1 when something did, or when nothing could be compared."""
    names = [name for name in now if name in before and name != YARDSTICKS]
    if not names:
        sys.stderr.write("nothing to compare: the file has none of these benchmarks\n")
        return 1
    is_worse = False
    for name in names:
        yards = [
            dict(figures.flat(run.get(YARDSTICKS, {}))).get(name, 1.0) for run in (before, now)
        ]
        changes = figures.worse(
            before[name], now[name], yards=(yards[0], yards[1]), more_percent=more
        )
        sys.stdout.writelines(f"{name}: {change}\n" for change in changes)
        is_worse |= bool(changes)
    if not is_worse:
        sys.stdout.write(f"no ratio got worse by more than {more:g} %: {', '.join(names)}\n")
    return int(is_worse)


def _purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return path.read_text("utf-8").partition('"""')[2].partition("\n")[0]
