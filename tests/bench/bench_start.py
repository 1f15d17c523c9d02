"""What it costs to start, beside an empty interpreter.

    python -m tests.bench.bench_start
    python -m tests.bench.bench_start --rounds 30 --json

Whole processes in turn; the median of the rounds counts. Goals: CPU of `--help` and
`--version` at most 5 times `python -I -c pass`, and none of the heavy packages loaded. The rest
shows where a command's start goes: `nothing to do` is `build` in a project of one sprite.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import trees
from costs import REPOSITORY, Cost, median, run, set_apart

HEAVY = (
    "numpy", "PIL", "requests", "watchdog", "rich", "starlette", "uvicorn", "yaml", "sqlite3",
)  # fmt: skip
LOADED = """
import sys
sys.argv = ["pixelpipe", *sys.argv[1:]]
from pipeline.__main__ import main
try:
    main()
except SystemExit:
    pass
print(*sorted(sys.modules), file=sys.stderr)
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        set_apart(Path(folder) / "state")
        root = Path(folder) / "game"
        trees.set_up(root, 1, is_built=True, with_peers=False)
        words = {
            "--version": ["--version"], "--help": ["--help"], "build --help": ["build", "--help"],
            "nothing to do": ["build", str(root)], "plan": ["plan", "--json", str(root)],
        }  # fmt: skip
        costs = measure(words, options.rounds)
        heavy = {name: loaded(command) for name, command in words.items()}
    if options.json:
        shown = {name: cost._asdict() for name, cost in costs.items()}
        sys.stdout.write(json.dumps({"costs": shown, "heavy": heavy}, indent=1) + "\n")
        return
    sys.stdout.write(f"{'':14}{'CPU ms':>8} {'of empty':>9} {'wall ms':>8} {'peak MB':>8}  loads\n")
    for name, cost in costs.items():
        ratio = cost.cpu_ms / costs["empty"].cpu_ms
        figures = f"{cost.cpu_ms:8.1f} {ratio:9.2f} {cost.wall_ms:8.0f} {cost.peak_mb:8.0f}"
        sys.stdout.write(f"{name:14}{figures}  {' '.join(heavy.get(name, []))}\n")


def measure(words: dict[str, list[str]], rounds: int) -> dict[str, Cost]:
    """Run an empty interpreter and each command in turn."""
    commands = {"empty": [sys.executable, "-I", "-c", "pass"]}
    commands |= {name: [sys.executable, "-m", "pipeline", *one] for name, one in words.items()}
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(rounds + 1):  # the first one warms up
        for name, command in commands.items():
            cost = run(command)
            if turn:
                costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def loaded(words: Sequence[str]) -> list[str]:
    """Return which heavy packages a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words], cwd=REPOSITORY, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    names = {name.partition(".")[0] for name in done.stderr.split()}
    return [name for name in HEAVY if name in names]


if __name__ == "__main__":
    main()
