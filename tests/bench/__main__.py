"""Run benchmarks and print their tables: all, or those that are named.

    python -m tests.bench                 # all of them, one after the other
    python -m tests.bench noop service    # these two
    python -m tests.bench --list
    python -m tests.bench noop --json     # one object: name to what it measured

Each is a module `bench_NAME` of this folder and takes more options when it is run by itself:
`python -m tests.bench.bench_noop --help`. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; returns 1 when one of them failed."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--list", action="store_true", help="say what there is")
    options = parser.parse_args(arguments)
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    if unknown := set(options.names) - known.keys():
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    if options.list:
        sys.stdout.writelines(f"{name:14} {_purpose(path)}\n" for name, path in known.items())
        return 0
    found = {}
    for name in options.names or known:
        found[name] = _run(name, known[name], as_json=options.json)
    if options.json:
        shown = {name: output for name, (_, output) in found.items()}
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
    return int(any(code for code, _ in found.values()))


def _run(name: str, path: Path, *, as_json: bool) -> tuple[int, object]:
    """Run one in a process of its own: what it loads and keeps is no part of the next."""
    speaks_json = '"--json"' in path.read_text("utf-8")
    command = [sys.executable, "-m", f"tests.bench.{path.stem}"]
    if not as_json:
        sys.stdout.write(f"== {name}: {_purpose(path)}\n\n")
        sys.stdout.flush()
        code = subprocess.run(command, cwd=REPOSITORY, check=False).returncode
        sys.stdout.write("\n")
        return code, None
    done = subprocess.run(
        [*command, *(["--json"] if speaks_json else [])],
        cwd=REPOSITORY,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if speaks_json and done.returncode == 0:
        return 0, json.loads(done.stdout)
    return done.returncode, {"text": done.stdout.splitlines()}


def _purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return path.read_text("utf-8").partition('"""')[2].partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
