"""Finish the same sources by the processes of this machine and by a Dask cluster on it.

    python -m tests.bench.bench_dask                 # 240 tasks, two workers
    python -m tests.bench.bench_dask --tasks 2000
    python -m tests.bench.bench_dask --json

Real sprites, moved by the built-in engine and damaged as by a service. Both sides are warm, and
take turns, so that whatever else this machine does meets both. `workers` is the CPU of those who
finish (with Dask's nannies), `rest` that of this process and of the scheduler. Goal: the workers of
the cluster take at most 1.25 times what today's processes take. The results must be the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parent))

from bench_finish import MOTIONS, sprites
from costs import set_apart
from dasking import Farm, farm
from degraded_clips import damaged, planned, strip, true_frames
from game import Game

from pipeline.config.workers import Workers
from pipeline.core.model import Clip, Rule, TargetChoice
from pipeline.run import cluster, finish
from pipeline.run.finish_pool import Done, Finishing

#: So many tasks go first, uncounted.
_WARM = 48
#: So many tasks each side finishes before the other has its turn.
_TURN = 40
_DAMAGES = ("service", "codec", "blur")


class Took(NamedTuple):
    """What finishing took: wall time, and CPU a task."""

    seconds: float
    workers_ms: float
    rest_ms: float


def tasks(count: int) -> list[finish.Task]:
    """Return so many tasks of different sprites, motions and damages."""
    return list(itertools.islice(_each(), count))


def _each() -> Iterator[finish.Task]:
    drawn = list(sprites(7, 96))
    kinds = itertools.product(MOTIONS.values(), _DAMAGES)
    for number, ((prompt, damage), (name, pixels)) in enumerate(
        (kind, drawn[number % len(drawn)]) for number, kind in enumerate(itertools.cycle(kinds))
    ):
        plan = planned(pixels, prompt)
        sent = strip(damaged(name, damage, true_frames(pixels, plan), plan).frames)
        bought = finish.BoughtClip(
            clip="clip", take=0, content=sent, resolved=plan, digest="d", service="s", model="m"
        )
        yield finish.Task(
            stem=f"assets/s{number}",
            pixels=pixels,
            rule=Rule(name="r", match=("*",), clips=(Clip(name="clip", prompt=prompt),)),
            bought=(bought,),
            targets=(TargetChoice(name="aseprite"),),
        )


class _Side:
    """One way to finish, and what it has taken so far."""

    def __init__(self, finishing: Finishing, farmed: Farm | None, others: frozenset[int]) -> None:
        self._finishing, self._farmed, self._others = finishing, farmed, others
        self.digests: dict[str, str] = {}
        self._seconds = self._workers_s = self._rest_s = 0.0

    def finish(self, todo: Sequence[finish.Task], *, is_counted: bool = True) -> None:
        before, began = _cpu(self._farmed, self._others), time.perf_counter()
        self.digests.update(_results(self._finishing, todo))
        seconds, after = time.perf_counter() - began, _cpu(self._farmed, self._others)
        assert not self._finishing.notices, self._finishing.notices
        if is_counted:
            self._seconds += seconds
            self._workers_s += after[0] - before[0]
            self._rest_s += after[1] - before[1]

    def took(self, count: int) -> Took:
        return Took(self._seconds, 1000 * self._workers_s / count, 1000 * self._rest_s / count)


def measure(todo: Sequence[finish.Task], workers: int, farmed: Farm) -> tuple[Took, Took]:
    """Finish all tasks by processes of our own and on the cluster; returns what both took."""
    assert farmed.scheduler is not None
    others = frozenset(one.pid for one in (farmed.scheduler, *farmed.workers))
    with (
        cluster.lent(Workers(address=farmed.address), True) as (lender, trouble),
        Finishing(len(todo), None, workers) as own,
        Finishing(len(todo), lender, workers) as lending,
    ):
        assert lender is not None, trouble
        here, there = _Side(own, None, others), _Side(lending, farmed, others)
        for side in (here, there):
            side.finish(todo[:_WARM], is_counted=False)
        for at in range(0, len(todo), _TURN):
            for side in (here, there):
                side.finish(todo[at : at + _TURN])
    assert here.digests == there.digests, "the cluster made other files"
    return here.took(len(todo)), there.took(len(todo))


def _results(finishing: Finishing, todo: Sequence[finish.Task]) -> Iterator[tuple[str, str]]:
    """Yield a digest of what each task was finished to."""
    for done in _done(finishing, todo):
        assert done.finished is not None, done.error
        total = hashlib.sha256()
        for file in done.finished.files:
            total.update(repr(file).encode())
        yield done.source, total.hexdigest()


def _done(finishing: Finishing, todo: Sequence[finish.Task]) -> Iterator[Done]:
    for task in todo:
        yield from itertools.chain(*finishing.room())
        finishing.add(task.stem, task)
    yield from itertools.chain(*finishing.rest())


def _cpu(farmed: Farm | None, others: frozenset[int]) -> tuple[float, float]:
    """Return the CPU seconds of those who finish, and of us and who hands the tasks on."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    rest = own.ru_utime + own.ru_stime
    if farmed is None:
        ours = [one for one in psutil.Process().children() if one.pid not in others]
        return sum(map(_spent, ours)), rest
    assert farmed.scheduler is not None
    rest += _spent(psutil.Process(farmed.scheduler.pid))
    roots = [psutil.Process(one.pid) for one in farmed.workers]
    return sum(_spent(p) for one in roots for p in (one, *one.children(recursive=True))), rest


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=240)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    todo = tasks(options.tasks)
    with tempfile.TemporaryDirectory() as folder:
        set_apart(Path(folder) / "state")
        with farm(Path(folder) / "farm", Game(Path(folder))) as farmed:
            for _ in range(options.workers):
                farmed.add()
            here, there = measure(todo, options.workers, farmed)
    ratio = there.workers_ms / here.workers_ms
    if options.json:
        shown: dict[str, object] = {"tasks": len(todo), "workers_ratio": ratio}
        rows = {"here": here, "dask": there}
        shown |= {name: one._asdict() for name, one in rows.items()}
        sys.stdout.write(json.dumps(shown, indent=1) + "\n")
        return
    for name, one in (("processes here", here), ("Dask", there)):
        sys.stdout.write(
            f"{name:15} {one.seconds:7.1f} s   CPU a task: workers {one.workers_ms:6.1f} ms, "
            f"rest {one.rest_ms:5.1f} ms\n"
        )
    sys.stdout.write(f"workers: {ratio:.2f} times (goal: at most 1.25); {len(todo)} same results\n")


if __name__ == "__main__":
    main()
