"""What it costs to start, and to make one sprite, beside an empty interpreter.

    python -m tests.bench.bench_start
    python -m tests.bench.bench_start --rounds 30 --json
    python -m tests.bench.bench_start --sprites 1000 --against ../other-checkout

Whole processes in turn; the median of the rounds counts. Goals: CPU of `--help` and `--version` at
most 5 times `python -I -c pass`, and none of the heavy packages loaded; the `recipe` of the
README and `plan` with nothing to do as quick as `nothing to do`; at 1,000 sprites `plan --json`
then at most 120 ms, `one changed` and `animate` at most 350 ms more than `nothing to do`. `one
changed` is `build` after one was drawn over, `plan, changed` a plan of that, `animate` makes a clip
of a picture that was never seen, all with the built-in engine. With `--against` the same
commands of another checkout take turns with ours, each in a project of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

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
#: What is younger is compared by its content, not answered from memory.
YOUNG_S = 2.5


class Subject(NamedTuple):
    """A command of a checkout, and what is done before it, which is not measured."""

    words: Sequence[str]
    home: Path = REPOSITORY
    before: Callable[[], object] = int


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sprites", type=int, default=1)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        set_apart(Path(folder) / "state")
        ours = subjects(Path(folder) / "ours", options.sprites, REPOSITORY)
        taking = dict(ours)
        if options.against is not None:
            home = options.against.absolute()
            theirs = subjects(Path(folder) / "theirs", options.sprites, home)
            taking |= {f"{name} (other)": one for name, one in theirs.items()}
        costs = measure(taking, options.rounds)
        heavy = {name: loaded(one) for name, one in ours.items()}
    if options.json:
        shown = {name: cost._asdict() for name, cost in costs.items()}
        sys.stdout.write(json.dumps({"costs": shown, "heavy": heavy}, indent=1) + "\n")
        return
    sys.stdout.write(f"{'':22}{'CPU ms':>8} {'of empty':>9} {'wall ms':>8} {'peak MB':>8}  loads\n")
    for name, cost in costs.items():
        ratio = cost.cpu_ms / costs["empty"].cpu_ms
        figures = f"{cost.cpu_ms:8.1f} {ratio:9.2f} {cost.wall_ms:8.0f} {cost.peak_mb:8.0f}"
        sys.stdout.write(f"{name:22}{figures}  {' '.join(heavy.get(name, []))}\n")


def subjects(place: Path, sprites: int, home: Path) -> dict[str, Subject]:
    """Return what one checkout is measured at, in a project below `place` that it has built."""
    root, picture = place / "game", place / "alone" / "picture.png"
    trees.draw(root, sprites)
    picture.parent.mkdir()
    command = ["build", str(root)]
    for _ in range(3):  # two runs age it
        run([sys.executable, "-m", "pipeline", *command], home)
        time.sleep(YOUNG_S)
    recipe = ["--frozen", "--depfile", f"{place}/build.d", "--stamp", f"{place}/build.stamp"]

    def settle() -> None:
        time.sleep(YOUNG_S)
        run([sys.executable, "-m", "pipeline", *command], home)

    def draw_over() -> None:
        trees.draw_over(root, sprites // 2)

    def animated() -> None:
        for made in picture.parent.glob("*"):
            made.unlink()
        trees.figure(random.Random(time.time_ns()), 16).save(picture)

    return {
        "--version": Subject(["--version"], home),
        "--help": Subject(["--help"], home),
        "build --help": Subject(["build", "--help"], home),
        "nothing to do": Subject(command, home, settle),
        "recipe": Subject([*command, *recipe], home),
        "plan": Subject(["plan", str(root)], home),
        "plan --json": Subject(["plan", "--json", str(root)], home),
        "plan, changed": Subject(["plan", str(root)], home, draw_over),
        "one changed": Subject(command, home, draw_over),
        "animate": Subject(["animate", str(picture), "breathing calmly"], home, animated),
    }


def measure(taking: dict[str, Subject], rounds: int) -> dict[str, Cost]:
    """Run an empty interpreter and each command in turn."""
    costs: dict[str, list[Cost]] = {name: [] for name in ("empty", *taking)}
    for turn in range(rounds + 1):  # the first one warms up
        found = {"empty": run([sys.executable, "-I", "-c", "pass"])}
        for name, one in taking.items():
            one.before()
            found[name] = run([sys.executable, "-m", "pipeline", *one.words], one.home)
        for name, cost in found.items() if turn else ():
            costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def loaded(subject: Subject) -> list[str]:
    """Return which heavy packages a command loads."""
    subject.before()
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *subject.words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {name.partition(".")[0] for name in done.stderr.split()}
    return [name for name in HEAVY if name in names]


if __name__ == "__main__":
    main()
