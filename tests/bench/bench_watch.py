"""How soon a save is told, and what waiting costs.

    python -m tests.bench.bench_watch                       # 100 and 10,000 folders
    python -m tests.bench.bench_watch --folders 20000 --saves 50
    python -m tests.bench.bench_watch --json

`seen` is from the end of the save to the loop's first look at it, `told` to the set that names it,
less the settle time. Goal: seen 5 ms at the 95th percentile with 10,000 folders. `ready` is
until the watches are armed. `idle` is the CPU of a watching process, in per cent of one core, while
another process walks all watched folders.

The rest is the real `pixelpipe watch` with a service that takes credits, again from the end of a
save and less the settle time: `asked` until the service has accepted the purchase (goal: 200 ms
at the median), `shown` until the placeholder stands beside the sprite (one second). `made` is the
same with the built-in engine, until the outputs of a sprite that was saved again are in place, in a
built project of `--sprites` (goal: 120 ms at the median, with 10,000: a first build of some
minutes). `stood in` is the same until the placeholder is, where all of them wait for a yes to be
bought (the same goal). `CPU` is what a save of either kind takes of the watching process.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import trees
from costs import run, set_apart
from following import png
from game import KEY_NAME, RULES, Game, Shop, shop_serving
from places import REPOSITORY
from service_load import cpu_s

from pipeline.commands import watch
from pipeline.commands.watch.gate import Gate

SETTLE_S = 0.2
IDLE_S = 10.0
IDLER = """
import os, sys, threading, time
from pathlib import Path
from pipeline.commands import watch
stop = threading.Event()
for told in watch.changes(Path(sys.argv[1]), ["assets"], [], stop=stop, poll=False):
    began = time.process_time()
    threading.Timer(float(sys.argv[2]), stop.set).start()
    print("armed", flush=True)
print(time.process_time() - began)
"""


class Result(NamedTuple):
    """Times in ms, CPU in per cent, memory of the watching process in MB."""

    ready_ms: float
    seen_median_ms: float
    seen_p95_ms: float
    told_median_ms: float
    told_p95_ms: float
    idle_percent: float
    asked_median_ms: float
    asked_p95_ms: float
    shown_median_ms: float
    shown_p95_ms: float
    made_median_ms: float
    made_p95_ms: float
    made_cpu_ms: float
    stood_in_median_ms: float
    stood_in_p95_ms: float
    stood_in_cpu_ms: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folders", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--saves", type=int, default=30)
    parser.add_argument("--sprites", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if min(*options.folders, options.saves, options.sprites - 1) < 1:
        parser.error("there is nothing to measure without folders, saves and two sprites")
    results = {count: measure(count, options.saves, options.sprites) for count in options.folders}
    if options.json:
        shown = {count: result._asdict() for count, result in results.items()}
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
        return
    sys.stdout.write(f"{'folders':24}" + "".join(f"{count:12,}" for count in results) + "\n")
    for name in Result._fields:
        values = (getattr(result, name) for result in results.values())
        sys.stdout.write(f"{name:24}" + "".join(f"{value:12.1f}" for value in values) + "\n")


def measure(folders: int, saves: int, sprites: int) -> Result:
    """Measure on a new tree of so many folders."""
    with tempfile.TemporaryDirectory(prefix="bench-watch-") as name:
        root = Path(name)
        for number in range(folders):
            (root / f"assets/{number // 100}/{number}").mkdir(parents=True)
        ready_ms, seen, told = follow(root, folders, saves)
        idle = idle_percent(root)
    asked, shown = chain(folders, saves)
    made, stood_in = drawn(sprites, saves)
    return Result(
        ready_ms=ready_ms,
        seen_median_ms=statistics.median(seen),
        seen_p95_ms=p95(seen),
        told_median_ms=statistics.median(told),
        told_p95_ms=p95(told),
        idle_percent=idle,
        asked_median_ms=statistics.median(asked),
        asked_p95_ms=p95(asked),
        shown_median_ms=statistics.median(shown),
        shown_p95_ms=p95(shown),
        made_median_ms=statistics.median(made.times_ms),
        made_p95_ms=p95(made.times_ms),
        made_cpu_ms=made.cpu_ms,
        stood_in_median_ms=statistics.median(stood_in.times_ms),
        stood_in_p95_ms=p95(stood_in.times_ms),
        stood_in_cpu_ms=stood_in.cpu_ms,
    )


def follow(root: Path, folders: int, saves: int) -> tuple[float, list[float], list[float]]:
    """Save files one by one and return (ready, seen, told) in ms."""
    looks: queue.Queue[tuple[frozenset[str], float]] = queue.Queue()
    sets: queue.Queue[tuple[frozenset[str], float]] = queue.Queue()
    stop = threading.Event()
    note = Gate.note

    def noted(gate: Gate, path: str, stat: object, now: float) -> bool:
        looks.put((frozenset([path]), time.perf_counter()))
        return note(gate, path, stat, now)  # type: ignore[arg-type]  # passed through as given

    def run() -> None:
        timing = watch.Timing(settle_s=SETTLE_S)
        for changed in watch.changes(root, ["assets"], [], stop=stop, timing=timing, poll=False):
            sets.put((changed, time.perf_counter()))

    Gate.note = noted  # type: ignore[method-assign,assignment]  # a probe, put back below
    began = time.perf_counter()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        ready = sets.get(timeout=60)[1] - began
        seen, told = [], []
        for number in range(saves):
            path = f"assets/{number * 7 % folders // 100}/{number * 7 % folders}/s{number}.png"
            (root / path).write_bytes(png(number))
            saved = time.perf_counter()
            seen.append(1000 * max(0.0, next_with(looks, path) - saved))
            told.append(1000 * (next_with(sets, path) - saved - SETTLE_S))
            time.sleep(0.05)
    finally:
        Gate.note = note  # type: ignore[method-assign]  # as it was
        stop.set()
        thread.join()
    return 1000 * ready, seen, told


def chain(folders: int, saves: int) -> tuple[list[float], list[float]]:
    """Save sprites while `pixelpipe watch` runs; return when they were bought and shown, in ms."""
    with tempfile.TemporaryDirectory(prefix="bench-watch-") as name:
        place = Path(name)
        set_apart(place / "state")
        with shop_serving(place, "--latency", "1") as shop:
            shop.fund(1_000_000)
            game = Game(place / "game")
            game.settings(watch={"settle": SETTLE_S})
            game.rules(RULES)
            game.use(shop)
            for number in range(folders):
                (game.root / f"assets/{number // 100}/{number}").mkdir(parents=True)
            game.draw("first.png")
            watching = game.start("watch", "--yes")
            try:
                bought(shop, 1)
                asked, shown = [], []
                for number in range(saves):
                    where = number * 7 % folders
                    path = game.draw(f"{where // 100}/{where}/s{number}.png", tint=number + 1)
                    saved = time.time()
                    asked.append(1000 * (bought(shop, number + 2) - saved - SETTLE_S))
                    shown.append(1000 * (appeared(path) - saved - SETTLE_S))
                    time.sleep(1.5)  # its purchase arrives
            finally:
                watching.terminate()
                watching.communicate(timeout=60)
    return asked, shown


class Saves(NamedTuple):
    """How long each save took until its outputs stood, and the CPU of the watch for one, in ms."""

    times_ms: list[float]
    cpu_ms: float


def drawn(sprites: int, saves: int) -> tuple[Saves, Saves]:
    """Save sprites again while a watch draws them, and while it lets them stand in."""
    with tempfile.TemporaryDirectory(prefix="bench-watch-") as name:
        place = Path(name)
        set_apart(place / "state")
        trees.draw(place / "game", sprites)
        with (place / "game/pixelpipe.yaml").open("a", encoding="utf-8") as settings:
            settings.write(f"watch: {{settle: {SETTLE_S}, burst: {min(50, sprites - 1)}}}\n")
        run(trees.build_command(place / "game"))
        made = _saved(place / "game", sprites, saves, {})
        with shop_serving(place) as shop:
            paid = {"PIXELPIPE_SERVICE": shop.url, KEY_NAME: shop.key}
            stood_in = _saved(place / "game", sprites, saves, paid)
            assert not shop.jobs(), "nothing was to be bought"
        return made, stood_in


def _saved(root: Path, sprites: int, saves: int, environment: dict[str, str]) -> Saves:
    """Watch a built project, and save some sprites; one more goes before, to warm up."""
    watching = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "watch", str(root)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert watching.stdout is not None
        watching.stdout.readline()
        watching.stdout.readline()  # the first build has ended
        threading.Thread(target=watching.stdout.read, daemon=True).start()
        _drawn(root, 0)
        before = cpu_s(watching.pid)[0]
        times = [_drawn(root, number * 7 % sprites) for number in range(1, saves + 1)]
        return Saves(times, 1000 * (cpu_s(watching.pid)[0] - before) / saves)
    finally:
        watching.terminate()
        watching.wait(timeout=60)


def _drawn(root: Path, number: int) -> float:
    """Draw a sprite over, and return how long its new sheet took, less the settle time."""
    sheet = trees.sprite_place(root, number).with_suffix(".anim.png")
    before = sheet.stat()
    trees.draw_over(root, number)
    saved, ends = time.time(), time.monotonic() + 60
    while (now := sheet.stat()).st_ino == before.st_ino:
        assert time.monotonic() < ends
        time.sleep(0.002)
    time.sleep(1)  # its lock file is written, and the watch is at rest
    return 1000 * (now.st_mtime - saved - SETTLE_S)


def bought(shop: Shop, count: int) -> float:
    """Wait for the service's so-manyth job, and return when it was accepted."""
    ends = time.monotonic() + 60
    while len(jobs := shop.jobs()) < count:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return max(job.created_at for job in jobs)


def appeared(sprite: Path) -> float:
    """Wait for a sprite's data file, and return when it was written."""
    output = sprite.with_suffix(".anim.json")
    ends = time.monotonic() + 60
    while not output.exists():
        assert time.monotonic() < ends
        time.sleep(0.005)
    return output.stat().st_mtime


def next_with(found: queue.Queue[tuple[frozenset[str], float]], path: str) -> float:
    """Return when `path` first came out of the queue."""
    while True:
        names, when = found.get(timeout=60)
        if path in names:
            return when


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


def idle_percent(root: Path) -> float:
    """Return the CPU of a watcher while this process walks its folders again and again."""
    child = subprocess.Popen(
        [sys.executable, "-c", IDLER, str(root), str(IDLE_S)],
        cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    until = time.monotonic() + IDLE_S
    while time.monotonic() < until:
        for _ in os.walk(root):
            pass
        time.sleep(0.2)
    cpu_s = float(child.communicate(timeout=60)[0])
    return 100 * cpu_s / IDLE_S


if __name__ == "__main__":
    main()
