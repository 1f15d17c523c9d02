"""Buy a thousand clips: how late results are taken, how often is asked for them, and what it costs.

    python -m tests.bench.bench_jobs                    # all rows; about 40 minutes
    python -m tests.bench.bench_jobs --rows usual --jobs 100
    python -m tests.bench.bench_jobs --json

Real orders from a real project go through the scheduler, the client, the ledger and the store to
the built-in engine, whose timing is the vendor's divided by `--scale`; so are our own seconds. What
finishing costs is no part of this. `over ideal` compares with the same durations one after another
in as many places; lateness is from the engine's end of a job to our ledger's, in the vendor's
seconds. `quicker` and `slower` begin with the durations of a service that takes 90 s. `talk` is CPU
without what is done to pictures and for the disk: preparing requests, looking at results, keeping
them; `floor` is what bare http.client takes for a question, asked as often by as many threads just
before: compare with that, for the absolute figures grow with what else the machine does.

Goals: over ideal 1.05, 14 polls; late 2.0 s, 2.5 s after a change; 20 threads;
45 MB; 2 commits until the first poll.
"""

from __future__ import annotations

import argparse
import heapq
import http.client
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import NormalDist, mean
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from game import KEY_NAME, RULES, Game, Shop, png, shop_serving, sprite
from places import REPOSITORY

#: The vendor's: a median of 90 s, sigma 0.25; first poll after 45 s while unknown, then every 3 s.
USUAL_S, SIGMA, UNKNOWN_S, POLL_S = 90.0, 0.25, 45.0, 3.0


class Row(NamedTuple):
    """One setting: the service's median in seconds, what we know of it, and jobs at once."""

    name: str
    median_s: float = USUAL_S
    sigma: float = SIGMA
    learnt_s: float | None = USUAL_S
    in_flight: int = 10


ROWS = (
    Row("usual"),
    Row("unknown", learnt_s=None),
    Row("exact", sigma=0.0),
    Row("quicker", median_s=45.0),
    Row("slower", median_s=180.0),
    Row("single", in_flight=1),
    Row("thousand", median_s=900.0, learnt_s=900.0, in_flight=1000),
)
#: Jobs of a row that takes long, or whose figure needs few.
FEWER = {"single": 20}
#: How long bare questions are asked.
FLOOR_S = 4.0
TABLE = (
    *("over ideal", "polls", "CPU s", "CPU ms a job", "talk s", "talk ms a request"),
    *("floor ms a request", "talk over floor", "late s"),
    *("peak MB", "threads", "commits"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS])
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--scale", type=float, default=30.0, help="the vendor's seconds over ours")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--client", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.client:
        sys.stdout.write(json.dumps(buy(**json.loads(options.client))))
        return
    found = {}
    for row in ROWS:
        if not options.rows or row.name in options.rows:
            found[row.name] = measure(row, options.jobs, options.scale)
            if not options.json:
                sys.stdout.writelines(table(row.name, found[row.name]))
                sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")


def table(name: str, found: dict[str, float]) -> Iterator[str]:
    """Lay out one row."""
    yield f"{name}: {found['jobs']:.0f} jobs\n"
    yield from (f"  {title:18} {found[title]:10.3f}\n" for title in TABLE)


def measure(row: Row, jobs: int, scale: float) -> dict[str, float]:
    """Run an engine and a client of it, and compare their books."""
    jobs = min(jobs, FEWER.get(row.name, jobs))
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as folder:
        place = Path(folder)
        latency = f"{row.median_s / scale}:{row.sigma}"
        with shop_serving(place, "--latency", latency) as shop:
            shop.fund(20 * jobs)
            game = draw(place / "game", jobs, row.in_flight)
            game.environment["PIXELPIPE_STATE"] = str(place / "state")
            game.use(shop)
            order = {
                "root": str(game.root),
                "in_flight": row.in_flight,
                "scale": scale,
                "learnt_s": row.learnt_s,
            }
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.bench_jobs", "--client", json.dumps(order)],
                cwd=REPOSITORY,
                env=game.variables(),
                stdout=subprocess.PIPE,
                check=True,
            )
            return compared(json.loads(done.stdout), shop, row.in_flight, scale)


def draw(root: Path, jobs: int, in_flight: int) -> Game:
    """Draw a project of `jobs` sprites, each another one."""
    game = Game(root)
    game.settings(jobs=min(in_flight, 32))  # the most that a user may say
    game.rules(RULES)
    for number in range(jobs):
        picture = sprite(tint=number)  # repeats itself after 256
        picture.putpixel((5, 5), (number // 256, 90, 200, 255))
        game.write(f"assets/{number // 100:03}/s{number:04}.png", png(picture))
    return game


def compared(client: dict[str, object], shop: Shop, places: int, scale: float) -> dict[str, float]:
    """Lay the client's figures beside what the engine says of each job."""
    ours = client.pop("settled")
    assert isinstance(ours, dict)
    books = {job.id: job for job in shop.jobs()}
    assert books.keys() == ours.keys()
    assert all(job.credits_charged == 20 for job in books.values())
    ends = {id: job.finished_at or math.inf for id, job in books.items()}
    took = [ends[id] - job.created_at for id, job in books.items()]
    found = {name: float(str(value)) for name, value in client.items()}
    # Each job is posted once and downloaded once besides.
    talk_ms = 1000 * found["talk s"] / (len(ours) * (found["polls"] + 2))
    return found | {
        "jobs": float(len(ours)),
        "over ideal": found["wall s"] / ideal(took, places),
        "CPU ms a job": 1000 * found["CPU s"] / len(ours),
        "talk ms a request": talk_ms,
        "talk over floor": talk_ms / found["floor ms a request"],
        "late s": scale * mean(settled - ends[id] for id, settled in ours.items()),
    }


def ideal(took: Sequence[float], places: int) -> float:
    """Return how long jobs take that follow each other in so many places without a pause."""
    lanes = [0.0] * places
    for seconds in took:
        heapq.heappush(lanes, heapq.heappop(lanes) + seconds)
    return max(lanes)


def buy(root: str, in_flight: int, scale: float, learnt_s: float | None) -> dict[str, object]:
    """Buy everything that the project at `root` wants, as a build does, and take the time."""
    # Loaded here: the process that measures needs none of it.
    from pipeline.api import Project
    from pipeline.core.model import JobState, Taken
    from pipeline.purchase import download, orders, resolve
    from pipeline.purchase.jobs import Desk
    from pipeline.purchase.polling import Pace
    from pipeline.purchase.scheduler import Scheduler
    from pipeline.purchase.service.client import Service
    from pipeline.storage import pictures
    from pipeline.storage.store import Store

    project = Project(root)
    workspace = project.workspace
    plan = project.plan().plan
    aside = Aside()
    aside.take(download, "_check")
    aside.take(Store, "put")
    aside.take(pictures, "pixels")
    aside.take(resolve, "request")
    aside.take(resolve, "upload")
    planned = plan.sources
    wanted = [orders.order(workspace, planned, place, 0) for place in range(len(planned))]
    floor_ms = floor(workspace.service.base_url or "", min(in_flight, 10), POLL_S / scale)
    commits: list[int] = [0]
    threads = 0
    past = [Taken(seconds=seconds / scale, polls=9) for seconds in durations(learnt_s)]
    pace = Pace(unknown_s=UNKNOWN_S / scale, poll_s=POLL_S / scale, in_flight=in_flight, past=past)

    def observe(_: object) -> None:
        nonlocal threads
        threads = max(threads, threading.active_count())

    with (
        workspace.ledger(time.time()) as ledger,
        closing(Service(workspace.service.base_url or "", os.environ[KEY_NAME])) as service,
    ):
        ledger._base.set_trace_callback(lambda text: count(text, commits))
        desk = Desk(service, ledger, workspace.store(), time.time)
        begun, cpu = time.monotonic(), cpu_s()
        for outcome in Scheduler(desk, pace, observe, threading.Event()).run(wanted, []):
            assert outcome.job is not None
            assert outcome.job.state is JobState.BOUGHT, outcome
        wall_s, used_s = time.monotonic() - begun, cpu_s() - cpu
        talk_s = used_s - aside.seconds
        bought = ledger.jobs(order.request_key for order in wanted)
    return {
        "floor ms a request": floor_ms,
        "wall s": wall_s,
        "CPU s": used_s,
        "talk s": talk_s,
        "polls": mean(job.polls for job in bought),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "threads": threads,
        # One commit settles each job, and is not on the way.
        "commits": (commits[0] - len(bought)) / len(bought),
        "settled": {job.remote_id: job.settled_at for job in bought},
    }


def floor(url: str, threads: int, pause_s: float) -> float:
    """Return the CPU ms of a question that nothing but http.client asks."""
    parts = urlsplit(url)
    headers = {"Authorization": f"Bearer {os.environ[KEY_NAME]}"}
    asked: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        ends = time.monotonic() + FLOOR_S
        while time.monotonic() < ends:
            connection.request("GET", f"{parts.path}/balance", headers=headers)
            connection.getresponse().read()
            asked.append(1)
            time.sleep(pause_s)
        connection.close()

    pool = [threading.Thread(target=ask) for _ in range(threads)]
    cpu = cpu_s()
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return 1000 * (cpu_s() - cpu) / len(asked)


class Aside:
    """Adds up the CPU seconds of functions, in whatever thread they run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = threading.Lock()

    def take(self, place: object, name: str) -> None:
        """Let the time of a function be added from now on."""
        whole: Callable[..., object] = getattr(place, name)

        def timed(*arguments: object, **named: object) -> object:
            begun = time.thread_time()
            try:
                return whole(*arguments, **named)
            finally:
                with self._lock:
                    self.seconds += time.thread_time() - begun

        setattr(place, name, timed)


def durations(median_s: float | None) -> list[float]:
    """Return durations as a ledger would hold them, in the vendor's seconds."""
    if median_s is None:
        return []
    chance = random.Random(5)
    spread = NormalDist(math.log(median_s), SIGMA)
    return [math.exp(spread.inv_cdf(chance.random())) + POLL_S / 2 for _ in range(200)]


def count(statement: str, commits: list[int]) -> None:
    """Count what makes a change durable."""
    commits[0] += statement == "COMMIT"


def cpu_s() -> float:
    """Return the CPU seconds of this process: its own, and the system's for it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
