"""How the engine serves many callers: answers while it is busy, jobs a minute, credits at the end.

    python -m tests.bench.bench_service                  # all parts; about four minutes
    python -m tests.bench.bench_service --parts flow --jobs 200
    python -m tests.bench.bench_service --json

`polls` asks GET /balance and GET /jobs of an engine with 500 queued jobs by 50 callers, ten times
as often as the vendor asks them to, beside the same of an idle engine. `flow` sends sprites of 16
to 64 px, has each animated and fetches the results, 50 callers at once; `killed` does so too, while
the engine is ended by kill -9 in the middle and started again on its database. `server` is the CPU
of the process that answers, `renderers` of its workers, `callers` of this one. Credits are lost
that the books do not account for: held is charged and released, given is charged and left.

Goals: 50 ms at the 99th percentile of a busy engine, 2,000 jobs a minute on two cores that do
nothing else, no credit lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from costs import REPOSITORY, set_apart
from engine_server import Server, png
from service_load import INTERVAL_S, Books, Caller, Order, bodies, books, cpu_s, ordering

from pipeline.engine.server import local

PARTS = ("polls", "flow", "killed")
CREDITS = 1_000_000
CORES = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--queued", type=int, default=500)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if min(options.jobs, options.queued, options.clients) < 1:
        parser.error("there is nothing to measure without jobs and clients")
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-service-") as name:
        set_apart(Path(name) / "state")
        for part in options.parts:
            place = Path(name) / part
            place.mkdir()
            if part == "polls":
                found |= polls(place, options.queued, options.clients, options.seconds)
            else:
                jobs = options.jobs if part == "flow" else max(12, options.jobs // 4)
                found[part] = flow(place, jobs, options.clients, is_killed=part == "killed")
            if not options.json:
                sys.stdout.writelines(table(found))
                sys.stdout.flush()
                found = {}
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


def table(found: dict[str, dict[str, float]]) -> Iterator[str]:
    """Lay out one part."""
    for title, figures in found.items():
        yield f"{title}\n"
        yield from (f"  {name:26} {value:12,.2f}\n" for name, value in figures.items())


def polls(place: Path, queued: int, clients: int, seconds: float) -> dict[str, dict[str, float]]:
    """Ask an idle engine, then one with many jobs of 16 frames of 128 px in its queue."""
    with _engine(place) as server:
        first = server.submit()
        server.ended(first)
        idle = percentiles(asyncio.run(_polling(server, [first], clients, seconds)))
        image = png(128, 128)
        jobs = [server.submit(image=image, seed=seed, output_frames=16) for seed in range(queued)]
        busy = percentiles(asyncio.run(_polling(server, jobs, clients, seconds)))
    return {
        "idle": idle,
        "busy": busy | {f"over idle, {name}": busy[name] / idle[name] for name in idle},
    }


def percentiles(times: dict[str, list[float]]) -> dict[str, float]:
    """Return the median, 95th and 99th percentile of each kind of request, in ms."""
    return {
        f"{kind} {100 * share:.0f} % ms": sorted(taken)[int(len(taken) * share)]
        for kind, taken in times.items()
        for share in (0.5, 0.95, 0.99)
    }


async def _polling(
    server: Server, jobs: list[str], clients: int, seconds: float
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"/balance": [], "/jobs": []}
    until = time.perf_counter() + seconds

    async def one() -> None:
        async with Caller(lambda: server.url, server.key) as caller:
            await asyncio.sleep(random.random() * INTERVAL_S)
            while time.perf_counter() < until:
                for kind, taken in times.items():
                    query = f"?id={random.choice(jobs)}" if kind == "/jobs" else ""
                    began = time.perf_counter()
                    await caller.get(kind + query)
                    taken.append(1000 * (time.perf_counter() - began))
                    await asyncio.sleep(INTERVAL_S / 2)

    await asyncio.gather(*(one() for _ in range(clients)))
    return times


def flow(place: Path, jobs: int, clients: int, *, is_killed: bool) -> dict[str, float]:
    """Have many jobs made, perhaps by an engine that is killed; returns what that took."""
    orders = bodies(jobs)
    with _engine(place) as server:
        server.ended(server.submit())  # its workers are there
        killing = threading.Thread(target=_kill, args=(place, server, jobs // 2))
        if is_killed:
            killing.start()
        before, own, began = cpu_s(server.process.pid), time.process_time(), time.perf_counter()
        made, unsure = asyncio.run(ordering(lambda: server.url, server.key, orders, clients))
        wall_s, own = time.perf_counter() - began, time.process_time() - own
        after = cpu_s(server.process.pid)
        if is_killed:
            killing.join()
        found = _settled(place)
    seconds = sorted(one.seconds for one in made)
    told = {
        "jobs": float(len(made)),
        "unsure": float(unsure),
        "wall s": wall_s,
        "sent to shown, median s": seconds[len(seconds) // 2],
        "sent to shown, 95 % s": seconds[int(0.95 * len(seconds))],
        "credits held": float(found.held),
        "credits charged": float(found.charged),
        "credits released": float(found.released),
        "credits lost": float(found.lost),
    }
    _check(made, unsure, jobs, found)
    if is_killed:
        return told
    spent = {
        "server ms a job": 1000 * (after[0] - before[0]) / jobs,
        "renderers ms a job": 1000 * (after[1] - before[1]) / jobs,
        "callers ms a job": 1000 * own / jobs,
    }
    whole = {"jobs a minute": 60 * jobs / wall_s}
    if before[0]:
        whole["jobs a minute by CPU"] = CORES * 60_000 / sum(spent.values())
    return whole | spent | told


def _check(made: Sequence[Order], unsure: int, jobs: int, found: Books) -> None:
    """Refuse figures of a run in which a job or a credit went astray."""
    assert len(made) + unsure == jobs, (len(made), unsure)
    assert {one.id for one in made} <= found.jobs.keys(), "an accepted job is in no book"
    # One job came before all others, and what no caller was told of may have been accepted.
    assert len(found.jobs) <= 1 + len(made) + unsure, "there are jobs that nobody sent"
    assert all(found.jobs[one.id] == "success" and one.size for one in made)
    assert not found.lost, found._replace(jobs={})


def _settled(place: Path) -> Books:
    """Wait until no job is open, and return the books."""
    ends = time.monotonic() + 60
    while (found := books(place / "engine.sqlite")).open:
        assert time.monotonic() < ends, f"{found.open} jobs stay open"
        time.sleep(0.1)
    return found


def _kill(place: Path, server: Server, when: int) -> None:
    """Kill the engine in the middle of its work, and start it again on the same books."""
    while books(place / "engine.sqlite").charged < 20 * (
        when + 1
    ):  # one was made before all others
        time.sleep(0.02)
    server.process.kill()
    server.process.wait()
    server.process, server.url = start(place)


@contextmanager
def _engine(place: Path) -> Iterator[Server]:
    """Run an engine on books of its own, with an account that has enough."""
    db = place / "engine.sqlite"
    key = local.add_key(db)
    local.add_credits(db, CREDITS)
    server = Server(*start(place), key)
    try:
        yield server
    finally:
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait(timeout=30)


def start(place: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the engine on the books in `place`; returns its process and address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.engine", "serve", "--db", str(place / "engine.sqlite"),
         "--until-stdin-closes"],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["url"])


if __name__ == "__main__":
    main()
